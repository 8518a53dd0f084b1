"""What a message said that its reader goes by: kept, to see later whether it still holds."""

from schemas.base import Frozen, Instant
from schemas.scan import Estimate


class Said(Frozen):
    """`code` is a digest of the sealed code: the same for the same one, and nothing opens by it.

    `until` when it can be collected; `window`, when it comes, where that lay ahead then. UTC.
    """

    code: str | None = None
    until: Instant | None = None
    window: Estimate = None
