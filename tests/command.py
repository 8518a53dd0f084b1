"""`klat` as somebody types it, in the process of the tests: a start of its own takes a second.

What only a process of its own shows (signals, exit codes of roles, what is imported) is tested with
one: test_refused, test_serve, test_settings.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import NamedTuple

from typer.testing import CliRunner

from tracking.__main__ import main


class Ended(NamedTuple):
    """How a command ended: its exit code, its answer, and its complaint on standard error."""

    code: int
    printed: str
    complaint: str


async def klat(*words: str, env: Mapping[str, str], typed: str = "") -> Ended:
    """Beside the loop of the test: a command has one of its own."""
    return await asyncio.to_thread(run_klat, *words, env=env, typed=typed)


def run_klat(*words: str, env: Mapping[str, str] | None = None, typed: str = "") -> Ended:
    """Streams and environment are those of the command while it runs."""
    with CliRunner().isolation(typed, env) as (out, err, _):
        try:
            main(words)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()  # csv writes beside typer
        return Ended(code, out.getvalue().decode(), err.getvalue().decode())
