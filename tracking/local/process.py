"""Child processes that never outlive us, and end when told to."""

import asyncio
import ctypes
import errno
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import disk_usage

from tracking.errors import ConfigurationError

_PR_SET_PDEATHSIG = 1
_FULL = os.strerror(errno.ENOSPC)
TIGHT = 50 * 2**20  # bytes; with less, a server's log may not even say that the disk is full
_libc = ctypes.CDLL(None)


async def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path | None = None,
    errors_to_log: bool = True,
    death_signal: signal.Signals = signal.SIGKILL,
    folder: Path | None = None,
) -> Process:
    """Start a child in a session of its own, so that Ctrl-C at a terminal reaches only us.

    Its output goes to `log`, or where ours goes; so do its errors, unless told otherwise. It runs
    in `folder`, where it may leave a core, or where we run.
    """
    output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            env=env,
            cwd=folder,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT if errors_to_log else None,
            start_new_session=True,
            preexec_fn=_die_with_parent(death_signal),
        )
    except (FileNotFoundError, PermissionError) as error:
        raise ConfigurationError(f"{command[0]}: cannot be run ({error.strerror})") from error
    finally:
        if output is not None:
            os.close(output)


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def before_exec() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)

    return before_exec


async def stop(process: Process | None, *, grace: float, how: signal.Signals) -> None:
    """Ask the process to end; after `grace` seconds end it."""
    if process is None or process.returncode is not None:
        return
    process.send_signal(how)
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        process.kill()
        await process.wait()


def report(what: str, log: Path, marks: Sequence[str]) -> str:
    """Say in one line why a server failed: the last line of its log that holds one of the marks."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    if any(_FULL in line for line in lines) or disk_usage(log.parent).free < TIGHT:
        return f"{what}: the disk of {log.parent} is full"
    telling = [line for line in lines if any(mark in line for mark in marks)]
    return f"{what}: {(telling or lines or ['no word'])[-1]} (more in {log})"
