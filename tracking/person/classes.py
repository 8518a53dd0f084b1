"""Every table: whether it may name somebody, where, and what becomes of that.

docs/security.md shows it, and tests hold both it and the schema against it: a table that is new has
to be thought about before it is released.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.retention import DAYS, DataClass


class Names(StrEnum):
    """Whom a table may name."""

    SHOPPERS = "shoppers"
    NOBODY = "nobody"  # also where a parcel is told by its number, which its carrier knows
    OPERATOR = "the operator's"  # staff, shops, keys


class Kept(NamedTuple):
    """`what`: what of it may name somebody. `erased`: what becomes of that; empty: it goes whole.

    `until`: the class by whose age it goes by itself.
    """

    names: Names
    what: str = ""
    erased: str = ""
    until: tuple[DataClass, ...] = ()


_C = DataClass.CONTACTS
_PEOPLE, _NOBODY, _OPERATOR = Names.SHOPPERS, Names.NOBODY, Names.OPERATOR

TABLES: Final[Mapping[str, Kept]] = {
    "registration": Kept(
        _PEOPLE,
        "recipient and buyer, sealed; the shop's reference; keyed hash of what it posted",
        "blank; the hash and the rest stay",
        (_C,),
    ),
    "person_index": Kept(_PEOPLE, "keyed hashes of four bytes", "deleted", (_C,)),
    "scan": Kept(
        _PEOPLE,
        "texts of couriers, places to the door, who signed; pickup codes, sealed",
        "blank; status, instants, town and carrier stay",
        (_C,),
    ),
    "unrecognised_scan": Kept(_PEOPLE, "the same, as it was told", "blank", (_C,)),
    "shipment": Kept(
        _PEOPLE, "who signed, place, pickup code, sealed", "blank; the state stays", (_C,)
    ),
    "standing": Kept(_PEOPLE, "words of the place where it waits", "blank", (_C,)),
    "raw_payload": Kept(
        _PEOPLE, "whatever the carrier wrote, sealed", "deleted", (_C, DataClass.RAW_PAYLOADS)
    ),
    "raw_parcel": Kept(
        _NOBODY, "which payload speaks of which parcel", "deleted", (DataClass.RAW_PARCELS,)
    ),
    "notice": Kept(
        _PEOPLE,
        "words as sent, sealed; keyed hash of the address; what was said",
        "blank; that and why it was sent stays",
        (_C, DataClass.NOTICE_TEXTS, DataClass.NOTICES),
    ),
    "inbox_message": Kept(_PEOPLE, "of the demo: whole messages, sealed", "deleted", (_C,)),
    "public_link": Kept(_PEOPLE, "keyed hash of whom it went to", "revoked", (_C, DataClass.LINKS)),
    "push_subscription": Kept(
        _PEOPLE, "endpoint of a browser, sealed", "deleted", (_C, DataClass.PUSH_SUBSCRIPTIONS)
    ),
    "challenge": Kept(_NOBODY, "wrong answers to the second factor", "deleted", (_C,)),
    "staff_note": Kept(_PEOPLE, "what staff wrote, sealed", "deleted", (_C,)),
    "case_message": Kept(
        _PEOPLE,
        "what shoppers and staff wrote, sealed",
        "deleted",
        (_C, DataClass.CASE_TEXTS, DataClass.CASES),
    ),
    "support_case": Kept(_NOBODY, until=(DataClass.CASES,)),
    "survey": Kept(_PEOPLE, "the free word, sealed", "blank; marks stay", (_C,)),
    "audit": Kept(
        _PEOPLE,
        "what staff typed, sealed; the e-mail of staff",
        "blank, of searches too; who saw and did what stays",
        (_C, DataClass.AUDIT),
    ),
    "bonus": Kept(_PEOPLE, "the code, hashed and sealed", "deleted; the sum stays"),
    "bonus_redemption": Kept(_NOBODY),
    "compensation": Kept(
        _PEOPLE, "why it was refused, as it was typed", "blank; sums and evidence stay", (_C,)
    ),
    "compensation_move": Kept(
        _PEOPLE, "why, as it was typed; keyed hash of an address", "blank; sums stay", (_C,)
    ),
    "quarantine": Kept(
        _PEOPLE,
        "bytes that could not be applied, sealed",
        "deleted where they speak of a parcel of theirs, or have phone or e-mail; "
        "for one shop: where of its parcels alone",
        (DataClass.RESOLVED_QUARANTINE,),
    ),
    "parked_message": Kept(
        _PEOPLE, "messages that failed, sealed", "the same", (DataClass.REPLAYED_MESSAGES,)
    ),
    "idempotency": Kept(
        _PEOPLE, "answers to shops, sealed; for 48 hours", "the same; for one shop: its own"
    ),
    "suppression": Kept(
        _PEOPLE,
        "keyed hash of an address that is not written to",
        "stays: it is the person's own wish",
    ),
    "erasure": Kept(
        _PEOPLE,
        "keyed hashes of who was erased; while it lasts, of whom, sealed",
        "stays: by it a backup is erased again",
    ),
    "sms_quota": Kept(
        _PEOPLE, "keyed hash of the first digits of numbers", "stays", (DataClass.SMS_QUOTAS,)
    ),
    "outcome": Kept(_NOBODY),
    "promise": Kept(_NOBODY),
    "deadline": Kept(_NOBODY),
    "eta": Kept(_NOBODY),
    "outbox": Kept(_NOBODY),
    "merchant_fact": Kept(_NOBODY, until=(DataClass.FACTS,)),
    "merchant_log": Kept(_NOBODY),
    "webhook_delivery": Kept(_NOBODY, until=(DataClass.WEBHOOK_DELIVERIES,)),
    "early_receipt": Kept(_NOBODY),
    "transit_histogram": Kept(_NOBODY),
    "transit_histogram_made": Kept(_NOBODY),
    "carrier_heard": Kept(_NOBODY),
    "measure": Kept(_NOBODY),
    "measure_part": Kept(_NOBODY),
    "measure_due": Kept(_NOBODY),
    "measure_state": Kept(_NOBODY),
    "code_map": Kept(_NOBODY),
    "lease": Kept(_NOBODY),
    "schema_migration": Kept(_NOBODY),
    "support_text": Kept(_OPERATOR),
    "staff": Kept(_OPERATOR),
    "staff_session": Kept(_OPERATOR, until=(DataClass.STAFF_SESSIONS,)),
    "staff_identity": Kept(_OPERATOR),
    "login_try": Kept(_OPERATOR, until=(DataClass.LOGIN_TRIES,)),
    "merchant": Kept(_OPERATOR),
    "api_key": Kept(_OPERATOR),
    "webhook": Kept(_OPERATOR),
    "carrier_secret": Kept(_OPERATOR),
    "payout_secret": Kept(_OPERATOR),
    "policy": Kept(_OPERATOR),
}


def table_rows() -> list[list[str]]:
    """Of those that may name shoppers, as docs/security.md shows them."""
    return [
        [f"`{table}`", kept.what, kept.erased, "; ".join(map(_age, kept.until)) or "–"]
        for table, kept in TABLES.items()
        if kept.names is Names.SHOPPERS
    ]


def _age(kind: DataClass) -> str:
    return f"`{kind}` {DAYS[kind]} d"
