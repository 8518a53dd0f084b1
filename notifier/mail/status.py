"""Enhanced status codes of mail (RFC 3463) and what they say about an address."""

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")

# Subject 1, addressing, where it is the recipient's: no such mailbox, no such domain, wrong syntax,
# moved away, a domain that takes no mail (RFC 7505). Not 1.7 and 1.8, which are about the sender,
# nor 1.0 and 1.4, which servers also say of senders and of what they could not find out.
_BAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})


def enhanced(text: str) -> str | None:
    """The first status code in a reply or a report, such as 5.1.1."""
    found = _ENHANCED.search(text)
    return ".".join(str(int(part)) for part in found.groups()) if found else None


def names_bad_address(status: str | None) -> bool:
    """Whether nothing can ever arrive at this address. Refused for policy or spam is not that."""
    return status in _BAD
