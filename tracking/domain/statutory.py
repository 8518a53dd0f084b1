"""By when the law has a parcel delivered to a consumer, and what he may do after that. Pure.

Directive 2011/83/EU, article 18, in the law of each member state: by the agreed date, else within
30 days of the order; then the consumer sets an extra term that is appropriate; if that passes, too,
he may withdraw and is refunded without undue delay. It is a warning for the shop, not advice: its
lawyer reads the law, and the shop sets what it takes for an appropriate term.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

EU: Final = "Directive 2011/83/EU, article 18 (eur-lex.europa.eu/eli/dir/2011/83/oj)"
SOURCES: Final[Mapping[str, str]] = {
    "LV": "Patērētāju tiesību aizsardzības likums, article 30 (likumi.lv/ta/id/23309)",
    **dict.fromkeys(
        (
            *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
            *("IE", "IT", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        ),
        EU,
    ),
}
"""By country of delivery; elsewhere nothing is watched."""
WITHOUT_DATE: Final = timedelta(days=30)


class Statutory(NamedTuple):
    """From `overdue_at` on the consumer may set an extra term; from `withdrawal_at` on, where a
    shop has said how long such a term is, he may withdraw.
    """

    overdue_at: datetime
    withdrawal_at: datetime | None
    source: str


def statutory(
    country: str,
    agreed_by: datetime | None,
    ordered_at: datetime,
    extra_term: timedelta | None,
) -> Statutory | None:
    """None where no law that we know of says so."""
    source = SOURCES.get(country)
    if source is None:
        return None
    overdue_at = agreed_by or ordered_at + WITHOUT_DATE
    return Statutory(overdue_at, overdue_at + extra_term if extra_term else None, source)


def stage(of: Statutory, now: datetime) -> int:
    """0: in time; 1: an extra term may be set; 2: the consumer may withdraw."""
    if now < of.overdue_at:
        return 0
    return 2 if of.withdrawal_at is not None and now >= of.withdrawal_at else 1
