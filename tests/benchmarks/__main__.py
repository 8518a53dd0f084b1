"""`make bench`: every benchmark in one run on one set of servers, printed as a table.

`python tests/benchmarks ingest live` runs some of them.
"""

import logging
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop
from bench_batches import hundred_events_a_message
from bench_clock import clock
from bench_ingest import one_event_a_message
from bench_live import live
from bench_measures import measuring
from bench_memory import draining
from bench_notices import notices
from bench_search import searching
from bench_webhooks import webhooks
from stack import Stack, stack

from tracking.roles.run import tune_collector

Bench = Callable[[Stack], Awaitable[list[tuple[str, float, float]]]]
BENCHES: dict[str, tuple[Bench, str, str]] = {
    "ingest": (one_event_a_message, "events/s", "of (a)"),
    "batches": (hundred_events_a_message, "events/s", "of the loop"),
    "live": (live, "ms", "times"),
    "memory": (draining, "MB", "of 200 MB"),
    "notices": (notices, "", ""),
    "webhooks": (webhooks, "", ""),
    "clock": (clock, "", ""),
    "search": (searching, "", ""),
    "measures": (measuring, "", ""),
}


async def main(names: list[str]) -> None:
    async with stack() as running:
        for name in names:
            bench, unit, ratio = BENCHES[name]
            print(f"\n{name}: {(bench.__doc__ or '').strip().splitlines()[0]}")
            for row, figure, share in await bench(running):
                print(f"  {row:48s} {figure:10,.1f} {unit:9s} {share:6.2f} {ratio}", flush=True)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tune_collector()  # as a role does
    uvloop.run(main(sys.argv[1:] or list(BENCHES)))
