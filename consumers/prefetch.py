"""How many deliveries may wait here: as many as wanted, fewer for a while after trouble.

Large ones would fill the memory. One that the client cannot read (a routing key that is no UTF-8)
costs the connection, and everything that waited with it is delivered again, twenty times at most:
it has to come alone.
"""

import structlog

log = structlog.get_logger()

BUFFER_BYTES = 64 * 1024 * 1024  # bodies that may wait
_SOON = 5.0  # seconds after attaching
_LOSSES = 2  # so soon, one after the other


class Prefetch:
    """`count` is what to ask the broker for at the next attaching."""

    def __init__(self, full: int) -> None:
        self._full = self.count = full
        self._passed = 0
        self._losses = 0
        self._attached_at: float | None = None

    def attached(self, at: float) -> None:
        self._attached_at = at

    def lost(self, at: float) -> None:
        """The line was lost, unless it was left on purpose."""
        if self._attached_at is None:
            return
        soon = at - self._attached_at < _SOON
        self._losses = self._losses + 1 if soon else 0
        self._passed, self._attached_at = 0, None
        if self._losses >= _LOSSES:
            self._set(1)

    def too_large(self, size: int, messages: int) -> None:
        """These fill the buffer: ask for so many that half of it is enough."""
        self._set(max(BUFFER_BYTES * messages // (2 * size), 2))

    def passed(self, size: int, messages: int) -> bool:
        """So much was taken; True when all is well again and attaching anew restores the count."""
        if self.count == self._full:
            return False
        is_small = size * self._full <= messages * BUFFER_BYTES // 2
        self._passed = self._passed + messages if is_small else 0
        if self._passed < self._full:
            return False
        self._set(self._full)
        return True

    def _set(self, count: int) -> None:
        if count != self.count:
            log.info("prefetch.changed", prefetch=count)
        self.count, self._passed, self._losses, self._attached_at = count, 0, 0, None
