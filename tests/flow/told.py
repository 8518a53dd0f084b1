"""What a set of messages must leave behind, read by the adapters alone."""

from collections.abc import Iterable

from schemas.scan import scan_key
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext
from tracking.local.simulate.story import Message


def scans_in(messages: Iterable[Message]) -> set[tuple[str, str, bytes]]:
    """Carrier, number and key of every event in them."""
    return {each for message in messages for each in _scans(message)}


def _scans(message: Message) -> list[tuple[str, str, bytes]]:
    reader = CARRIERS[message.sender if message.native else "klat"]
    try:
        parsed = reader.parse(message.body, ParseContext(tracking_number=message.number))
    except Malformed:
        return []
    return [(scan.carrier, scan.tracking_number, scan_key(scan)) for scan in parsed.scans]
