"""Addresses of mail as they go over the wire: nothing in one can end a header or a command."""

import re
from dataclasses import dataclass, field

import idna

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\]+")
_ASCII_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# RFC 5321, 4.5.3.1: octets
_MAX_LOCAL = 64
_MAX_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Party:
    """Who writes or is written to. Its repr says nothing."""

    address: str = field(repr=False)
    name: str | None = field(default=None, repr=False)


def wire_address(value: str, what: str) -> str:
    """The address with its domain in A-labels (RFC 5890), the local part as it is written.

    A local part beyond ASCII stays so: no other form of it exists, it needs a server that knows
    SMTPUTF8 (RFC 6531). ValueError names `what`, never the address.
    """
    local, _, domain = value.rpartition("@")
    address = f"{_local(local, what)}@{_domain(domain, what)}"
    if len(address.encode()) > _MAX_ADDRESS:
        raise ValueError(f"{what}: is longer than {_MAX_ADDRESS} bytes")
    return address


def _local(local: str, what: str) -> str:
    """Unquoted, as `schemas.contact` takes them."""
    if not _LOCAL.fullmatch(local) or not local.isprintable() or "" in local.split("."):
        raise ValueError(f"{what}: is not an e-mail address")
    if len(local.encode()) > _MAX_LOCAL:
        raise ValueError(f"{what}: has more than {_MAX_LOCAL} bytes before its @")
    return local


def _domain(domain: str, what: str) -> str:
    try:
        # ASCII names are kept: mail goes to some that IDNA would refuse (underscores, "--").
        name = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        raise ValueError(f"{what}: has a domain that cannot exist") from None
    if not _ASCII_DOMAIN.fullmatch(name):
        raise ValueError(f"{what}: has a domain that cannot exist")
    return name
