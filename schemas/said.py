"""What a message said that its reader goes by: kept, to see later whether it still holds."""

from schemas.base import Frozen, Instant
from schemas.scan import Estimate


class Said(Frozen):
    """`at` when it was worded; `place` the id of where it can be collected, and `until` when.

    `code` and `qr` are digests of the sealed ones: nothing opens by them. `window`: when it comes,
    where that lay ahead then. UTC.
    """

    at: Instant | None = None
    place: str | None = None
    code: str | None = None
    qr: str | None = None
    until: Instant | None = None
    window: Estimate = None
