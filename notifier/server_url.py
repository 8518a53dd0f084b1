"""The address of the operator's server, as a setting holds it: scheme, login, host, options."""

from collections.abc import Callable, Collection
from urllib.parse import SplitResult, urlsplit

Fault = Callable[[str], ValueError]
"""What is wrong, as an error that names the setting and repeats nothing of it."""


def split_server_url(url: str, schemes: Collection[str], example: str, fault: Fault) -> SplitResult:
    """Its parts; the port can be read. Raises what `fault` makes."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
    except ValueError:
        raise fault(f"is no address such as {example}; in a password write / as %2F") from None
    if parts.scheme not in schemes:
        raise fault(f"must start with {' or '.join(f'{each}://' for each in schemes)}")
    if not parts.hostname or not parts.hostname.isprintable():
        raise fault("names no host")
    if parts.path not in {"", "/"} or parts.fragment:
        raise fault("has a path or a #; in a password write / as %2F and # as %23")
    return parts
