"""The carrier's bill: a line of a table for each parcel that was late or lost by it. Pure.

Parcels that were late because of the shopper before they were late at all are not the carrier's to
pay, and stand in no line.
"""

from datetime import UTC, datetime
from typing import Final

from tracking.store.outcomes import Claim, Score

CLAIM_COLUMNS: Final = (
    "tracking_number",
    "shop",
    "order",
    "service",
    "country",
    "claim",
    "promised_by",
    "arrived_at",
    "late_hours",
    "handed_over_at",
    "first_moved_at",
    "last_out_for_delivery_at",
    "attempts",
    "carrier_said_by",
    "status",
    "reason",
    "value",
    "value_currency",
    "paid",
    "paid_currency",
    "shipment_id",
)
SCORE_COLUMNS: Final = (
    "carrier",
    "service",
    "parcels",
    "on_time_percent",
    "late_hours_p50",
    "late_hours_p90",
    "first_try_percent",
    "days_in_locker_p50",
    "silent_parcels",
    "lost",
)
_FORMULA: Final = frozenset("=+-@\t\r")


def claim_row(claim: Claim, now: datetime) -> list[str]:
    """As its columns are named. What has not arrived is as late as now; what was the shopper's
    doing from some time on, as late as then.
    """
    ended = min([claim.arrived_at or now, *([claim.stopped_at] if claim.stopped_at else [])])
    late = (ended - claim.promised_by).total_seconds() / 3600 if claim.promised_by else None
    cells = [
        claim.tracking_number,
        claim.merchant_name,
        claim.order_ref,
        claim.service,
        claim.country,
        "lost" if claim.is_lost else "late",
        _at(claim.promised_by),
        _at(claim.arrived_at),
        None if late is None or late < 0 else f"{late:.1f}",
        _at(claim.accepted_at),
        _at(claim.in_transit_at),
        _at(claim.out_for_delivery_at),
        str(claim.attempts),
        _at(claim.estimate_by),
        claim.status,
        claim.reason,
        _money(claim.value_cents),
        claim.value_currency,
        _money(claim.cents),
        claim.currency,
        str(claim.shipment_id),
    ]
    return [plain_cell(each) for each in cells]


def score_row(score: Score) -> list[str]:
    return [
        score.carrier,
        plain_cell(score.service),
        str(score.parcels),
        _percent(score.on_time, score.judged),
        _number(score.late_p50),
        _number(score.late_p90),
        _percent(score.first_try, score.arrived),
        _number(score.locker_days),
        str(score.silent),
        str(score.lost),
    ]


def plain_cell(value: str | None) -> str:
    """What a spreadsheet would take for a formula is a text."""
    text = value or ""
    return f"'{text}" if text[:1] in _FORMULA else text


def _at(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def _money(cents: int | None) -> str | None:
    return f"{cents // 100}.{cents % 100:02d}" if cents is not None else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
