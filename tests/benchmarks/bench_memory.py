"""Memory of one ingest process while it drains 300,000 waiting messages."""

import asyncio

import psutil
from roles import role
from stack import Stack
from workload import events

from consumers.topology import CARRIER_QUEUE, declare, topology

COUNT = 300_000
LIMIT = 200.0  # megabytes
_LOOK_EVERY = 0.5  # seconds


async def draining(stack: Stack, count: int = COUNT) -> list[tuple[str, float, float]]:
    """Rows: name, megabytes, share of the limit."""
    async with stack.channel() as channel:
        await declare(channel, topology())
        await channel.queue_purge(CARRIER_QUEUE)
    bodies = events(count)
    for start in range(0, count, 10_000):
        await stack.add(bodies[start : start + 10_000])
    async with role(stack, await stack.database(), "ingest") as ingest:
        seen = await _watched(stack, psutil.Process(ingest.process.pid))
    quarter, end = seen[len(seen) // 4], seen[-1]
    return [
        ("peak", max(seen), max(seen) / LIMIT),
        ("after a quarter of the time", quarter, quarter / LIMIT),
        ("at the end", end, end / LIMIT),
    ]


async def _watched(stack: Stack, process: psutil.Process) -> list[float]:
    seen: list[float] = []
    async with stack.channel() as channel:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            seen.append(process.memory_info().rss / 1e6)
            declared = await channel.queue_declare(CARRIER_QUEUE, passive=True)
            if declared.message_count == 0:
                return seen
