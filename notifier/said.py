"""What a message tells its reader to go by, and whether that still holds. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from notifier.round_names import errand
from schemas.notice import Channel
from schemas.said import Said
from schemas.scan import Window
from schemas.shipment import ShipmentState

_SOONER: Final = timedelta(hours=1)  # a limit that moved by less changes nobody's day
_ANOTHER_DAY: Final = timedelta(hours=12)
_MOVED: Final = timedelta(hours=1)


def said_of(state: ShipmentState, now: datetime) -> Said:
    """What a message of this state says; the code may be sealed, which tells as well."""
    window = state.estimate if state.estimate and is_ahead(state.estimate, now) else None
    return Said(
        at=now,
        place=place_of(state) or None,
        code=_digest(state.pickup_code),
        qr=_digest(state.pickup_qr),
        until=state.pickup_until,
        window=window,
    )


def place_of(state: ShipmentState) -> str:
    """By its id: names are spelt in many ways."""
    place = state.pickup_place
    return errand(place.place_id or "") if place else ""


def _digest(code: str | None) -> str | None:
    return sha256(code.encode()).hexdigest()[:16] if code else None


def is_ahead(window: Window, now: datetime) -> bool:
    over = window.ends or window.starts
    return over is not None and over > now


def misleads_to_collect(said: Said | None, state: ShipmentState, channel: Channel) -> bool:
    """Whoever goes by it stands before a closed door: another code, or less time. Mails show the
    QR, too; all others lead to the page for it.
    """
    if said is None:
        return False
    code, qr, until = _digest(state.pickup_code), _digest(state.pickup_qr), state.pickup_until
    is_sooner = bool(until and said.until and until <= said.until - _SOONER)
    shows_another = channel is Channel.EMAIL and bool(qr and said.qr and qr != said.qr)
    return is_sooner or shows_another or (code is not None and code != said.code)


def reminds_of_another_day(said: Said | None, state: ShipmentState) -> bool:
    until = state.pickup_until
    if said is None or said.until is None or until is None:
        return False
    return abs(until - said.until) >= _ANOTHER_DAY


def is_of_hours(window: Window | None) -> bool:
    return window is not None and not window.day_only


def tells_another_time(said: Window | None, window: Window) -> bool:
    """A window that moved by an hour and more, or is told where only the day was, or nothing."""
    if window.day_only:
        return bool(said and said.ends and window.starts and window.starts >= said.ends)
    if said is None or said.day_only:
        return True
    pairs = ((said.starts, window.starts), (said.ends, window.ends))
    return any(abs(now - before) >= _MOVED for before, now in pairs if before and now)
