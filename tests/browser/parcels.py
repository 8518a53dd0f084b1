"""Parcels for the page: one view for each state worth looking at."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.api import Money
from schemas.scan import Confidence, Location, Scan, ScanTime, Window
from schemas.shipment import EntryKind, HistoryEntry, ShipmentState
from schemas.status import Handover, Reason, Status
from tracking.estimates import days_of
from tracking.web.view import BonusView, ParcelView, SurveyView, UnlockState

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)  # Friday, 14:20 in Riga
PATH = "/t/wJ4cVb8Qe2nRk5TzXy7Lm0"

RIGA = Location(name="Rīga Šķirotava", city="Rīga", country="LV")
KAUNAS = Location(name="Kauno skirstymo centras", city="Kaunas", country="LT")
LOCKER = Location(
    name="Rīga Akropole",
    address="Maskavas iela 257",
    city="Rīga",
    country="LV",
    lat=56.9254,
    lon=24.1713,
    place_id="9901",
)
STREET = Location(name="Centra pakomāts", address="Brīvības iela 12", city="Rīga", country="LV")


def local(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """November 2026 in Riga."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=2)


def entry(at: datetime, status: Status | None, **fields: Any) -> HistoryEntry:
    kind = fields.pop("kind", EntryKind.STATUS)
    confidence = fields.pop("confidence", Confidence.EXACT)
    key = fields.pop("key", f"{at.timestamp():.0f}-{status}")
    time = ScanTime(
        raw=at.isoformat(), at=at, confidence=confidence, alternative=fields.pop("ends", None)
    )
    scan = Scan(carrier="omniva", tracking_number="CE1", time=time, status=status, **fields)
    return HistoryEntry(
        key=key, kind=kind, at=at, confidence=confidence, received_at=at, version=1, scan=scan
    )


REGISTERED = entry(local(18, 9, 12), Status.INFO_RECEIVED)
ACCEPTED = entry(local(18, 17, 40), Status.ACCEPTED, location=KAUNAS)
SORTED = entry(local(19, 2, 5), Status.IN_TRANSIT, location=KAUNAS)
ARRIVED = entry(local(20, 6, 31), Status.IN_TRANSIT, location=RIGA)
OUT = entry(local(20, 8, 4), Status.OUT_FOR_DELIVERY, location=RIGA)
IN_LOCKER = entry(
    local(20, 10, 15), Status.READY_FOR_PICKUP, handover=Handover.LOCKER, location=LOCKER
)
ON_THE_WAY = [ARRIVED, SORTED, ACCEPTED, REGISTERED]
BROUGHT = [OUT, *ON_THE_WAY]
STAGES = {
    Status.INFO_RECEIVED: REGISTERED.at,
    Status.ACCEPTED: ACCEPTED.at,
    Status.IN_TRANSIT: SORTED.at,
}
BROUGHT_STAGES = {**STAGES, Status.OUT_FOR_DELIVERY: OUT.at}
NOT_KNOWN = entry(local(20, 9), None, kind=EntryKind.UNRECOGNISED, recognised=False, code="TRA12")
TODAY = Window(starts=local(20, 14), ends=local(20, 16))


def parcel(state: dict[str, Any], history: list[HistoryEntry], **fields: Any) -> ParcelView:
    known = {"since": history[0].at, "last_scan_at": history[0].at} if history else {}
    values: dict[str, Any] = {
        "version": 5,
        "as_of": NOW,
        "carrier_name": "Omniva",
        "tracking_number": "CE123456789EE",
        "zone": "Europe/Riga",
        "path": PATH,
        "carrier_page": "https://www.omniva.example/track?barcode=CE123456789EE",
        "merchant_name": "Zaļā Lapa",
        "merchant_help": "mailto:palidziba@zalalapa.example",
        "unlock": UnlockState.LOCKED,
    }
    return ParcelView(
        state=ShipmentState(**{**known, **state}), history=history, **{**values, **fields}
    )


def ready(**fields: Any) -> ParcelView:
    state = {
        "status": Status.READY_FOR_PICKUP,
        "handover": Handover.LOCKER,
        "stages": {**STAGES, Status.READY_FOR_PICKUP: IN_LOCKER.at},
        "pickup_place": LOCKER,
        "pickup_until": local(22, 18),
        **fields.pop("state", {}),
    }
    return parcel(state, [IN_LOCKER, *ON_THE_WAY], **{"has_pickup_code": True, **fields})


def unlocked(**fields: Any) -> ParcelView:
    state = {"pickup_code": "384201", "pickup_qr": "KLAT:9901:384201", **fields.pop("state", {})}
    return ready(unlock=UnlockState.UNLOCKED, state=state, **fields)


def stopped(status: Status, reason: Reason | None = None, **fields: Any) -> ParcelView:
    """A parcel whose way out for delivery ended in `status` today at 11:20."""
    handover = fields.pop("handover", None)
    last = entry(local(20, 11, 20), status, reason=reason, handover=handover, location=RIGA)
    state = {
        "status": status,
        "reason": reason,
        "handover": handover,
        "stages": BROUGHT_STAGES,
        **fields.pop("state", {}),
    }
    return parcel(state, [last, *BROUGHT], **fields)


def in_transit(**fields: Any) -> ParcelView:
    state = {"status": Status.IN_TRANSIT, "stages": STAGES, **fields.pop("state", {})}
    return parcel(state, ON_THE_WAY, **fields)


def out_for_delivery(**fields: Any) -> ParcelView:
    state = {
        "status": Status.OUT_FOR_DELIVERY,
        "stages": BROUGHT_STAGES,
        "estimate": TODAY,
        **fields.pop("state", {}),
    }
    return parcel(state, BROUGHT, **fields)


def bonus(**fields: Any) -> BonusView:
    amount = Money.from_cents(fields.pop("cents", 300), "EUR")
    return BonusView(amount, local(20) + timedelta(days=90), **fields)


CODE = "7K2M-9QXT-04HB"
LATE = Window(ends=local(19, 18))

STATES: dict[str, ParcelView] = {
    "pending": parcel({}, []),
    "not_understood": parcel({}, [NOT_KNOWN]),
    "info_received": parcel({"status": Status.INFO_RECEIVED}, [REGISTERED]),
    "in_transit": in_transit(
        state={"estimate": Window(starts=local(21, 0), ends=local(22, 0), day_only=True)}
    ),
    "out_for_delivery": out_for_delivery(),
    "ready_locked": ready(),
    "ready_wrong": ready(unlock=UnlockState.WRONG, tries_left=3),
    "ready_paused": ready(unlock=UnlockState.PAUSED, paused_until=local(20, 15, 10)),
    "ready_unlocked": unlocked(),
    "attempt_failed": stopped(
        Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT, state={"attempts": 2}
    ),
    "held_customs": stopped(
        Status.HELD, Reason.CUSTOMS_DUTIES, state={"stages": STAGES, "estimate": TODAY}
    ),
    "delivered": stopped(Status.DELIVERED, handover=Handover.LOCKER, unlock=UnlockState.IMPOSSIBLE),
    "asked_how_it_was": stopped(Status.DELIVERED, handover=Handover.RECIPIENT, survey=SurveyView()),
    "told_how_it_was": stopped(
        Status.DELIVERED, handover=Handover.RECIPIENT, survey=SurveyView(is_answered=True)
    ),
    "returning": stopped(
        Status.RETURNING,
        Reason.PICKUP_MISSED,
        state={"stages": {**STAGES, Status.RETURNING: local(20, 11, 20)}},
    ),
    "returned": stopped(
        Status.RETURNED,
        state={"stages": {**STAGES, Status.RETURNING: local(20, 8), Status.RETURNED: NOW}},
    ),
    "exception": stopped(Status.EXCEPTION, Reason.CARRIER_DAMAGED),
    "on_sunday": in_transit(state={"estimate": Window(starts=local(22, 14), ends=local(22, 16))}),
    "within_days": in_transit(state={"estimate": Window(starts=local(20, 9), ends=local(23, 18))}),
    "within_two_months": in_transit(
        state={"estimate": Window(starts=local(28, 9), ends=local(28) + timedelta(days=5))}
    ),
    "promised": in_transit(promise=Window(ends=local(21, 18))),
    "promised_with_estimate": in_transit(
        promise=Window(ends=local(23, 18)),
        state={"estimate": Window(starts=local(21, 10), ends=local(21, 12))},
    ),
    "late": in_transit(promise=Window(ends=local(19, 18)), state={"reason": Reason.WEATHER}),
    "late_with_estimate": in_transit(
        promise=Window(ends=local(19, 18)),
        state={"estimate": Window(starts=local(21, 10), ends=local(21, 12))},
    ),
    "known_by_others": in_transit(expected=days_of(local(21, 15), local(22, 19), "Europe/Riga")),
    "late_known_by_others": in_transit(
        promise=Window(ends=local(19, 18)),
        expected=days_of(local(21, 9), local(21, 19), "Europe/Riga"),
    ),
    "bonus_locked": in_transit(promise=LATE, bonus=bonus()),
    "bonus_wrong": in_transit(promise=LATE, bonus=bonus(), unlock=UnlockState.WRONG, tries_left=3),
    "bonus_unlocked": in_transit(promise=LATE, bonus=bonus(code=CODE), unlock=UnlockState.UNLOCKED),
    "bonus_elsewhere": in_transit(
        promise=LATE, bonus=bonus(cents=450), unlock=UnlockState.IMPOSSIBLE
    ),
    "ready_with_bonus": ready(bonus=bonus()),
    "ready_unlocked_with_bonus": unlocked(bonus=bonus(code=CODE)),
    "cancelled": stopped(Status.CANCELLED, Reason.SENDER_CANCELLED, state={"stages": STAGES}),
    "expired": stopped(Status.EXPIRED, state={"stages": STAGES}),
}
