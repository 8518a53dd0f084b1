"""Klāt's own format: one event, an array of them, or one a line; any carrier, any locker operator.

A code is read by the table of the event's carrier, then by that of locker events. The carrier need
not be one that Klāt knows; a local time is then read in the home market's zone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schemas.base import is_plausible, iso_time, trusted
from schemas.scan import Event, EventPickup, EventWindow, Location, Pickup, Scan, Window
from tracking.carriers.base import Carrier, Malformed, Meaning, ParseContext, Parsed
from tracking.carriers.lockers import LOCKER_CODES
from tracking.carriers.payload import collect, read_json, trimmed, verdict
from tracking.carriers.times import day_bounds, is_day, local_time, read_time

HOME_ZONE = "Europe/Riga"

Find = Callable[[str], Carrier | None]

_ONE = TypeAdapter(Event)
_MANY = TypeAdapter(list[Event])


def carrier_of(find: Find) -> Carrier:
    """The carrier "klat", which reads codes and local times as the carriers that `find` knows."""
    return Carrier(
        code="klat",
        name="Klāt",
        zone=HOME_ZONE,
        codes=LOCKER_CODES,
        parse=lambda body, context: parse(body, context, find),
        normalise=_normalise,
    )


def parse(body: bytes, context: ParseContext, find: Find) -> Parsed:
    def scan(event: Event) -> Scan:
        return scan_of(event, find, context.zone)

    content = trimmed(body)
    if not content:
        raise Malformed("", "no event in the body")
    try:
        if content.startswith(b"{") and b"\n" not in content:
            return collect([_ONE.validate_json(content)], scan)
        events = _many(content)
    except ValidationError:
        return _one_by_one(content, scan)
    return collect(events, scan)


def _many(content: bytes) -> list[Event]:
    """Each line alone: joined, two events on one line would pass as two lines."""
    if content.startswith(b"["):
        return _MANY.validate_json(content)
    return [_ONE.validate_json(line) for line in _lines(content) or [content]]


def _lines(content: bytes) -> list[bytes]:
    """The lines, if the body looks like one event a line; a bad line may come first."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    whole = [line for line in lines[:2] if line.startswith(b"{") and line.endswith(b"}")]
    return lines if whole and len(lines) > 1 else []


def _one_by_one(content: bytes, scan: Callable[[Event], Scan]) -> Parsed:
    """The slow way, for the finding about each bad event and the good ones beside it."""
    try:
        found: Any = read_json(content)
    except Malformed:
        lines = _lines(content)
        if not lines:
            raise
        return collect(lines, lambda line: scan(_ONE.validate_python(read_json(line))))
    events = found if isinstance(found, list) else [found]
    return collect(events, lambda event: scan(_ONE.validate_python(event)))


def places_of_scans(parsed: Parsed) -> list[int]:
    """Where in the body each scan stood: an event is a scan or a problem, never both."""
    bad = {problem.index for problem in parsed.problems}
    return [place for place in range(len(parsed.scans) + len(bad)) if place not in bad]


def scan_of(event: Event, find: Find, zone: str | None = None) -> Scan:
    """The event as a scan. Its status wins over what its code means; the code is kept."""
    carrier = find(event.carrier)
    local = zone or (carrier.zone if carrier else HOME_ZONE)
    fields = {
        "carrier": event.carrier,
        "tracking_number": event.tracking_number,
        "time": read_time(event.occurred_at, local, field="occurred_at"),
        "event_id": event.event_id,
        "status": event.status,
        "reason": event.reason,
        "handover": event.handover,
        "code": event.code,
        "recognised": True,
        "description": event.description,
        "location": event.location and trusted(Location, dict(event.location.__dict__)),
        "estimate": _estimate(event.estimate, local),
        "pickup": _pickup(event.pickup, local),
        "retracts": event.retracts,
        "signed_by": None,
        "note": None,
    }
    if event.status is None and event.retracts is None and event.code is not None:
        fields.update(_read(event, _meaning(event.code, carrier)))
    return trusted(Scan, fields)


def _estimate(told: EventWindow | None, zone: str) -> Window | None:
    if told is None:
        return None
    starts = _limit(told.starts, zone, last=False)
    ends = _limit(told.ends, zone, last=True)
    if starts is None and ends is None:
        return None
    days = all(map(is_day, filter(None, (told.starts, told.ends))))
    # A day ends where the next one begins: the day before ends just where this one starts.
    if starts and ends and (starts > ends or (days and starts == ends)):
        raise Malformed("estimate", "'from' is later than 'to'")
    return trusted(Window, {"starts": starts, "ends": ends, "day_only": told.day_only or days})


def _pickup(told: EventPickup | None, zone: str) -> Pickup | None:
    if told is None:
        return None
    until = _limit(told.until, zone, last=True)
    return trusted(Pickup, {"until": until, "code": told.code, "qr": None})


def _limit(told: str | None, zone: str, *, last: bool) -> datetime | None:
    """The first or the last instant that is meant: of a day, of an hour that comes twice.

    None for a year that nobody means. An offset that is given stays.
    """
    if told is None or not is_plausible(given := iso_time(told)):
        return None
    if given.tzinfo is not None:
        return given
    if is_day(told):
        return day_bounds(given.date(), zone)[last]
    moment = local_time(told, given, zone)
    return (last and moment.alternative) or moment.at


def _read(event: Event, meaning: Meaning | None) -> dict[str, Any]:
    """What the code says, where the event itself does not."""
    if meaning is None:
        return {"recognised": False}
    return {key: getattr(event, key) or value for key, value in verdict(meaning).items()}


def _meaning(code: str, carrier: Carrier | None) -> Meaning | None:
    known = carrier.meaning(code) if carrier else None
    return known or LOCKER_CODES.get(_normalise(code))


def _normalise(code: str) -> str:
    return code.strip().casefold()
