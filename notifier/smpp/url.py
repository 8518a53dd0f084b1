"""KLAT_SMPP_URL: which message centre, as whom, and how it is spoken to. Pure."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote

from notifier.server_url import split_server_url
from notifier.smpp.message_id import Ids

_EXAMPLE: Final = "smpp://system_id:password@smsc.example.com:2775/?window=10"
_SMPP, _SMPPS = 2775, 3550  # IANA; by custom
_RANGES: Final = {
    "window": (1, 1000),
    "enquire_link": (1, 600),
    "source_ton": (0, 6),
    "source_npi": (0, 18),
    "registered_delivery": (0, 1),
}
_KNOWN: Final = (*_RANGES, "system_type", "message_ids")


@dataclass(frozen=True, slots=True)
class SmppServer:
    """`window`: how many submit_sm may wait for their answers. `enquire_link` in seconds.

    `source_ton`, `source_npi`: None where they follow from the sender. `registered_delivery`:
    whether receipts are asked for.
    """

    host: str
    port: int
    tls: bool
    system_id: str = field(repr=False)
    password: str = field(repr=False)
    system_type: str = ""
    window: int = 10
    enquire_link: int = 30
    source_ton: int | None = None
    source_npi: int | None = None
    registered_delivery: bool = True
    message_ids: Ids = Ids.AS_IS


def parse_smpp_url(url: str) -> SmppServer:
    """The centre that the address names. ValueError is one line and repeats nothing of it."""
    parts = split_server_url(url, ("smpp", "smpps"), _EXAMPLE, _fault)
    options = _options(parts.query)
    tls = parts.scheme == "smpps"
    system_id, password = _login(parts)
    return SmppServer(
        host=parts.hostname or "",
        port=parts.port or (_SMPPS if tls else _SMPP),
        tls=tls,
        system_id=system_id,
        password=password,
        system_type=_written(options.get("system_type", ""), "system_type", 12),
        window=_number(options, "window", 10),
        enquire_link=_number(options, "enquire_link", 30),
        source_ton=_number(options, "source_ton", 0) if "source_ton" in options else None,
        source_npi=_number(options, "source_npi", 0) if "source_npi" in options else None,
        registered_delivery=bool(_number(options, "registered_delivery", 1)),
        message_ids=_ids(options.get("message_ids", Ids.AS_IS)),
    )


def _login(parts: SplitResult) -> tuple[str, str]:
    system_id, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not system_id or not password:
        raise _fault(f"names no system_id or no password, as in {_EXAMPLE}")
    return _written(system_id, "system_id", 15), _written(password, "password", 64)


def _options(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True)
    if set(found) - set(_KNOWN):
        raise _fault(f"knows these options: {', '.join(_KNOWN)}")
    return {name: values[-1] for name, values in found.items()}


def _number(options: dict[str, str], name: str, default: int) -> int:
    least, most = _RANGES[name]
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= most:
        raise _fault(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _ids(text: str) -> Ids:
    try:
        return Ids(text)
    except ValueError:
        raise _fault(f"message_ids must be one of {', '.join(Ids)}") from None


def _written(text: str, name: str, most: int) -> str:
    if len(text) > most or not text.isascii() or not (text == "" or text.isprintable()):
        raise _fault(f"{name} must be up to {most} printable characters of ASCII")
    return text


def _fault(what: str) -> ValueError:
    return ValueError(f"KLAT_SMPP_URL: {what}")
