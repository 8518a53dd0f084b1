"""How long each class of data is kept, and how an operator says otherwise: "contacts=30d"."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

_ENTRY: Final = re.compile(r"(?P<kind>[a-z_]+)\s*=\s*(?P<days>[0-9]{1,5})d")
_LONGEST: Final = 3650  # days


class DataClass(StrEnum):
    """What is deleted, or says less, when it is old enough."""

    CONTACTS = "contacts"
    UNCLAIMED = "unclaimed"
    RAW_PAYLOADS = "raw_payloads"
    RAW_PARCELS = "raw_parcels"
    RESOLVED_QUARANTINE = "resolved_quarantine"
    REPLAYED_MESSAGES = "replayed_messages"
    NOTICE_TEXTS = "notice_texts"
    NOTICES = "notices"
    LINKS = "links"
    FACTS = "facts"
    WEBHOOK_DELIVERIES = "webhook_deliveries"
    PUSH_SUBSCRIPTIONS = "push_subscriptions"
    SMS_QUOTAS = "sms_quotas"
    STAFF_SESSIONS = "staff_sessions"
    LOGIN_TRIES = "login_tries"
    AUDIT = "audit"
    CASE_TEXTS = "case_texts"
    CASES = "cases"


DAYS: Final[Mapping[DataClass, int]] = {
    DataClass.CONTACTS: 90,
    DataClass.UNCLAIMED: 180,
    DataClass.RAW_PAYLOADS: 90,
    DataClass.RAW_PARCELS: 90,
    DataClass.RESOLVED_QUARANTINE: 30,
    DataClass.REPLAYED_MESSAGES: 30,
    DataClass.NOTICE_TEXTS: 90,
    DataClass.NOTICES: 730,
    # The page is gone 90 days after the end, which comes after 90 days of silence at the latest.
    DataClass.LINKS: 200,
    DataClass.FACTS: 30,
    DataClass.WEBHOOK_DELIVERIES: 30,
    DataClass.PUSH_SUBSCRIPTIONS: 90,
    DataClass.SMS_QUOTAS: 2,
    DataClass.STAFF_SESSIONS: 1,
    DataClass.LOGIN_TRIES: 1,
    DataClass.AUDIT: 730,
    DataClass.CASE_TEXTS: 90,
    DataClass.CASES: 730,
}


class KeptFor(NamedTuple):
    """A class of data, and for how long it is kept."""

    kind: DataClass
    days: int

    def __str__(self) -> str:
        return f"{self.kind}={self.days}d"


def kept_for(text: str) -> KeptFor:
    """Of "contacts=30d". Raises ValueError, with what is wrong."""
    found = _ENTRY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text.strip()[:40]!r} is not a class of data and days: contacts=90d")
    if found["kind"] not in set(DataClass):
        raise ValueError(f"knows no {found['kind'][:40]!r}; there are {', '.join(DataClass)}")
    days = int(found["days"])
    if not 1 <= days <= _LONGEST:
        raise ValueError(f"{found['kind']}: from 1d to {_LONGEST}d")
    return KeptFor(DataClass(found["kind"]), days)


def ages(changed: Iterable[KeptFor]) -> dict[DataClass, timedelta]:
    """Of every class: as the operator says, else as the release does."""
    days = {**DAYS, **{each.kind: each.days for each in changed}}
    return {kind: timedelta(days=number) for kind, number in days.items()}
