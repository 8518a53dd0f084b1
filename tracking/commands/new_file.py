"""The file that a command writes: a new one, for whoever runs it; whole, or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tracking.errors import KlatError


@contextmanager
def new_file(out: Path) -> Iterator[TextIO]:
    """Of a file that is there nothing is overwritten; what was not written to its end is removed.

    Raises KlatError.
    """
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KlatError(f"--out: {out} is there already; name a new file") from None
    except OSError as error:
        raise KlatError(f"--out: {out}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        out.unlink(missing_ok=True)
        raise
