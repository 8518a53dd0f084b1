"""Which addresses are on the internet. Whatever a stranger names and we connect to must be there.

An address may hold another one inside (RFC 4291 mapped, RFC 3056 6to4, RFC 6052 NAT64); what counts
is where the packets end. Pure: no name is resolved here.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import idna

PORTS: Final = frozenset({443, 8443})
"""Where HTTPS is served; behind another port there may be anything."""

LONGEST_URL: Final = 2000  # characters
_UNICAST = IPv6Network("2000::/3")  # all that is given out to be used: RFC 4291, IANA
_NAT64 = IPv6Network("64:ff9b::/96")
# Not in the registry's list of what is not global, and no place for a server either.
_NOWHERE_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_NOWHERE_6 = IPv6Network("3fff::/20")  # RFC 9637, documentation
_PLAIN = re.compile(r"[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")  # RFC 3986, without a fragment
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last part of a host: an IPv4 address, somehow
INSIDE: Final = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".onion")
"""Ends of names that no nameserver of the internet answers for (RFC 6761, 6762, 7686, 8375)."""
_DEFAULT_PORT = {"http": 80, "https": 443}


def is_public(text: str) -> bool:
    """Whether this is an IP address of the internet; anything that is none is not."""
    try:
        return _is_public(ip_address(text))
    except ValueError:
        return False


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not any(address in network for network in _NOWHERE_4)
        )
    inner = _inner(address)
    if inner is not None:
        return _is_public(inner)
    is_given_out = address in _UNICAST and address not in _NOWHERE_6
    return is_given_out and address.is_global and address.scope_id is None


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which this one leads. Teredo (RFC 4380) is not global as it is."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def outgoing_url(text: str, *, allow_private: bool = False) -> str:
    """The address in one spelling: host in ASCII and lower case, no port that goes without saying.

    https on the ports above, to a name or an address on the internet; `allow_private` also takes
    http, any port and any host. A name may still resolve to anywhere: whoever connects looks again.
    Raises ValueError that says what is wrong, and never repeats the address.
    """
    if len(text) > LONGEST_URL:
        raise ValueError(f"is longer than {LONGEST_URL} characters")
    if "\\" in text or any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("holds a character that no address has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if parts.scheme not in (_DEFAULT_PORT if allow_private else ("https",)):
        raise ValueError("must start with https://")
    if "@" in parts.netloc:
        raise ValueError("must hold no user or password")
    if "#" in text:
        raise ValueError("must hold no fragment")
    if not _PLAIN.fullmatch(parts.path + parts.query):
        raise ValueError("must be percent-encoded after the host")
    host = _host(parts.hostname or "", allow_private=allow_private)
    if not allow_private and port not in {None, *PORTS}:
        raise ValueError(f"must use port {' or '.join(map(str, sorted(PORTS)))}")
    said = "" if port in {None, _DEFAULT_PORT[parts.scheme]} else f":{port}"
    return urlunsplit((parts.scheme, host + said, parts.path or "/", parts.query, ""))


def _host(told: str, *, allow_private: bool) -> str:
    if ":" in told:
        return f"[{_literal(told, allow_private=allow_private)}]"
    name = _ascii(told.removesuffix("."))
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _literal(name, allow_private=allow_private)
    if not all(map(_LABEL.fullmatch, labels)) or len(name) > 253:
        raise ValueError("names no host")
    if (len(labels) == 1 or name.endswith(INSIDE)) and not allow_private:
        raise ValueError("names no host on the internet")
    return name


def _ascii(name: str) -> str:
    try:
        return name.lower() if name.isascii() else idna.encode(name, uts46=True).decode()
    except UnicodeError:
        raise ValueError("names no host") from None


def _literal(text: str, *, allow_private: bool) -> str:
    """An address in its usual spelling only: 0177.0.0.1 and 2130706433 are other names of one."""
    try:
        address = str(ip_address(text))
    except ValueError:
        raise ValueError("names no host") from None
    if not allow_private and not is_public(address):
        raise ValueError("names no host on the internet")
    return address
