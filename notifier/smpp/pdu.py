"""PDUs of SMPP 3.4 as octets and back: one table of fields for each command. Pure.

Source: SMPP Protocol Specification v3.4, issue 1.2, sections 3.2, 4 and 5.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final, NamedTuple, TypeAlias

HEADER: Final = struct.Struct(">IIII")  # command_length, command_id, command_status, sequence
LONGEST: Final = 68 * 1024  # octets: 64 KiB of message_payload and all that may stand around it
LAST_SEQUENCE: Final = 0x7FFFFFFF
_RESPONSE: Final = 0x80000000
_TLV: Final = struct.Struct(">HH")  # tag, length


class Command(IntEnum):
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    BIND_TRANSCEIVER = 0x00000009
    ENQUIRE_LINK = 0x00000015
    GENERIC_NACK = 0x80000000
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015


class Tag(IntEnum):
    """Of the optional parameters, those that are read."""

    RECEIPTED_MESSAGE_ID = 0x001E
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Kind(Enum):
    OCTET = "octet"  # one, a number
    TEXT = "text"  # C-octet string: Latin-1, ended by NUL
    SIZED = "sized"  # an octet that says how many follow


class Field(NamedTuple):
    """`most`: how long a text may be, its NUL not counted."""

    name: str
    kind: Kind = Kind.OCTET
    most: int = 0


Value: TypeAlias = int | str | bytes

_MESSAGE: Final = (
    Field("service_type", Kind.TEXT, 5),
    Field("source_addr_ton"),
    Field("source_addr_npi"),
    Field("source_addr", Kind.TEXT, 20),
    Field("dest_addr_ton"),
    Field("dest_addr_npi"),
    Field("destination_addr", Kind.TEXT, 20),
    Field("esm_class"),
    Field("protocol_id"),
    Field("priority_flag"),
    Field("schedule_delivery_time", Kind.TEXT, 16),
    Field("validity_period", Kind.TEXT, 16),
    Field("registered_delivery"),
    Field("replace_if_present_flag"),
    Field("data_coding"),
    Field("sm_default_msg_id"),
    Field("short_message", Kind.SIZED, 254),
)
_MESSAGE_ID: Final = (Field("message_id", Kind.TEXT, 64),)

FIELDS: Final[Mapping[Command, Sequence[Field]]] = {
    Command.BIND_TRANSCEIVER: (
        Field("system_id", Kind.TEXT, 15),
        Field("password", Kind.TEXT, 64),  # 8 in the standard; some centres give longer ones
        Field("system_type", Kind.TEXT, 12),
        Field("interface_version"),
        Field("addr_ton"),
        Field("addr_npi"),
        Field("address_range", Kind.TEXT, 40),
    ),
    Command.BIND_TRANSCEIVER_RESP: (Field("system_id", Kind.TEXT, 15),),
    Command.SUBMIT_SM: _MESSAGE,
    Command.SUBMIT_SM_RESP: _MESSAGE_ID,
    Command.DELIVER_SM: _MESSAGE,
    Command.DELIVER_SM_RESP: _MESSAGE_ID,
    **dict.fromkeys((Command.UNBIND, Command.UNBIND_RESP), ()),
    **dict.fromkeys((Command.ENQUIRE_LINK, Command.ENQUIRE_LINK_RESP), ()),
    Command.GENERIC_NACK: (),
}


class Malformed(ValueError):  # noqa: N818 - named for what was found
    """A PDU that does not hold what its command has."""


class Header(NamedTuple):
    """`command` as it came: it may be none that is known here."""

    length: int
    command: int
    status: int
    sequence: int

    @property
    def is_response(self) -> bool:
        return bool(self.command & _RESPONSE)


@dataclass(frozen=True, slots=True)
class Body:
    """Its repr says nothing: it holds a person's number and words."""

    values: Mapping[str, Value] = field(repr=False)
    parameters: Mapping[int, bytes] = field(repr=False)

    def number(self, name: str) -> int:
        value = self.values.get(name, 0)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def octets(self, name: str) -> bytes:
        value = self.values.get(name, b"")
        return value if isinstance(value, bytes) else b""


def encode(
    command: Command, sequence: int, values: Mapping[str, Value] | None = None, *, status: int = 0
) -> bytes:
    """The PDU; a field that is not named is 0 or empty. ValueError names one that cannot be."""
    given = values or {}
    body = b"".join(_packed(each, given.get(each.name)) for each in FIELDS[command])
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def _packed(of: Field, value: Value | None) -> bytes:
    match of.kind, value:
        case Kind.OCTET, int(number) if number < 256:
            return bytes([number])
        case Kind.OCTET, None:
            return b"\0"
        case Kind.TEXT, str(text) if len(text) <= of.most and text.isascii() and "\0" not in text:
            return text.encode() + b"\0"
        case (Kind.TEXT, None) | (Kind.SIZED, None):
            return b"\0"
        case Kind.SIZED, bytes(octets) if len(octets) <= of.most:
            return bytes([len(octets)]) + octets
        case _:
            raise ValueError(f"{of.name}: does not fit its field of SMPP")


def read_header(octets: bytes) -> Header:
    return Header(*HEADER.unpack(octets))


def decode(command: Command, body: bytes) -> Body:
    """What follows the header. An answer that is an error may be empty. Raises Malformed."""
    values: dict[str, Value] = {}
    if not body and command & _RESPONSE:
        return Body(values, {})
    rest = body
    for each in FIELDS[command]:
        values[each.name], rest = _unpacked(each, rest)
    return Body(values, _parameters(rest))


def _unpacked(of: Field, octets: bytes) -> tuple[Value, bytes]:
    """What is longer than the standard allows is read all the same."""
    if of.kind is Kind.TEXT:
        text, end, rest = octets.partition(b"\0")
        if not end:
            raise Malformed(f"{of.name}: has no end")
        return text.decode("latin-1"), rest
    if not octets:
        raise Malformed(f"{of.name}: is missing")
    if of.kind is Kind.OCTET:
        return octets[0], octets[1:]
    size = octets[0] + 1
    if len(octets) < size:
        raise Malformed(f"{of.name}: is cut")
    return octets[1:size], octets[size:]


def _parameters(octets: bytes) -> dict[int, bytes]:
    """The optional ones, unknown tags included; of one told twice the first."""
    found: dict[int, bytes] = {}
    while octets:
        if len(octets) < _TLV.size:
            raise Malformed("an optional parameter is cut")
        tag, size = _TLV.unpack_from(octets)
        value, octets = octets[_TLV.size : _TLV.size + size], octets[_TLV.size + size :]
        if len(value) < size:
            raise Malformed("an optional parameter is cut")
        found.setdefault(tag, value)
    return found
