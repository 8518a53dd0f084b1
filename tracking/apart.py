"""Many at once; where data among them breaks us, each alone, so that it costs only itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from tracking.sealing import SealBroken

T = TypeVar("T")
R = TypeVar("R")

# What comes of values that nobody thought of, as of a later release, or of a key that is gone; not
# what the database says.
OF_DATA: Final = (
    ArithmeticError, AttributeError, LookupError, SealBroken, TypeError, ValueError,
)  # fmt: skip


async def apart(
    work: Callable[[Sequence[T]], Awaitable[R]],
    many: Sequence[T],
    fault: Callable[[T, Exception], R],
) -> list[R]:
    """What came of the parts in which it went; `fault` says what comes of one that breaks alone.

    Of nothing comes nothing. Raises whatever is no fault of data.
    """
    if not many:
        return []
    try:
        return [await work(many)]
    except OF_DATA as error:
        if len(many) == 1:
            return [fault(many[0], error)]
    middle = len(many) // 2
    return [*await apart(work, many[:middle], fault), *await apart(work, many[middle:], fault)]
