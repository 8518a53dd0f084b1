"""An exception as it may be logged: where it came from and its type, not what it quotes."""

import traceback
from collections.abc import Iterator
from types import TracebackType

from structlog.typing import ExcInfo

from tracking.errors import KlatError

_DEEPEST = 30  # frames, and links of a chain


def describe(exc_info: ExcInfo) -> str:
    """The type, then the frames from the innermost out, then what caused it in the same way."""
    return "\ncaused by ".join(_one(error) for error in _chain(exc_info[1]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen and len(seen) < _DEEPEST:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> str:
    lines = [_name(error), *_frames(error.__traceback__)]
    if isinstance(error, BaseExceptionGroup):
        lines += [f"one of them {_one(inner)}" for inner in error.exceptions[:_DEEPEST]]
    return "\n".join(lines)


def _name(error: BaseException) -> str:
    """Only our own errors are known to quote nobody."""
    name = type(error).__qualname__
    return f"{name}: {error}" if isinstance(error, KlatError) else name


def _frames(trace: TracebackType | None) -> list[str]:
    frames = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    return frames[: -_DEEPEST - 1 : -1]
