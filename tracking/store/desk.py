"""Parcels as the notifier sees them, whom they concern, and what was decided to be said of them."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import asyncpg

from schemas.notice import Addressee, Channel, Decision, Key, NoticeState, Occasion, Told
from schemas.said import Said
from schemas.shipment import ShipmentState
from schemas.shop import ShopSettings, ShopTerms
from tracking.sql import SQL
from tracking.store.cases import case_answers
from tracking.store.estimates import Eta, eta_in
from tracking.store.merchants import kept_settings, kept_terms
from tracking.store.push import SealedSubscription, push_subscriptions_of
from tracking.store.suppressions import Suppression, suppressions_of

_KNOWN: Final = frozenset(Occasion)


class SubjectBonus(NamedTuple):
    """The bonus code of a parcel, sealed; sums in cents. `at`: when it came to be worth this.

    `is_withdrawn`: nothing is left as it was not owed, and the shopper is to be told. `for_delay`:
    the policy grants it; else support did, for whatever reason.
    """

    code: str
    currency: str
    until: datetime
    granted: int
    left: int
    at: datetime
    is_withdrawn: bool
    for_delay: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """A registered parcel as it stands, and whom it concerns. `contact` is sealed.

    Help link and language of the shop stand beside its `settings`. `has_told_or_asked`: the shopper
    has said how it was, or has a case.
    """

    shipment_id: UUID
    carrier: str
    tracking_number: str
    version: int
    state: ShipmentState
    contact: str | None
    country: str | None
    language: str | None
    order: str | None
    promise_by: datetime | None
    notify: Mapping[str, bool]
    registered_at: datetime
    merchant_id: UUID
    merchant_name: str
    merchant_help: str | None
    merchant_language: str | None
    settings: ShopSettings
    terms: ShopTerms
    told: Mapping[Key, Told]
    has_told_or_asked: bool = False
    bonus: SubjectBonus | None = None
    eta: Eta | None = None
    subscriptions: Sequence[SealedSubscription] = ()  # the latest first


def notice_id(shipment_id: UUID, key: Key) -> UUID:
    """One id for one notice, however often it is decided: providers know it by this."""
    return uuid5(shipment_id, "\x1f".join(("notice", *key)))


class Desk:
    """Who decides, inside a transaction, `holds`: nobody else does on these shipments meanwhile."""

    def __init__(self, conn: asyncpg.Connection, *, holds: bool) -> None:
        self._conn, self._holds = conn, holds
        self._unanswered: list[tuple[UUID, UUID]] = []

    async def subjects(self, ids: Sequence[UUID]) -> list[Subject]:
        if self._holds:
            await hold_subjects(self._conn, ids)
        found = await notice_subjects(self._conn, ids)
        told: dict[UUID, dict[Key, Told]] = {row["shipment_id"]: {} for row in found}
        for row in await notices_of(self._conn, list(told)):
            key = key_of(row)
            told[row["shipment_id"]][key] = Told(
                key,
                NoticeState(row["state"]),
                row["due_at"],
                row["changed_at"],
                row["reason"],
                row["until"],
                Said.kept(row["said"]) if row["said"] else None,
            )
            if row["needs_another_way"]:
                self._unanswered.append((row["shipment_id"], row["notice_id"]))
        subscribed = await push_subscriptions_of(self._conn, list(told))
        return [
            _subject(row, told[row["shipment_id"]], subscribed.get(row["shipment_id"], ()))
            for row in found
        ]

    async def suppressions(self, hashes: Sequence[bytes]) -> list[Suppression]:
        """What stands against these addresses."""
        return await suppressions_of(self._conn, hashes)

    async def decide_notices(
        self,
        decisions: Sequence[tuple[Subject, Decision]],
        facts: Mapping[UUID, str],
        now: datetime,
    ) -> None:
        """Keeps them. Whoever looked for every other way says so by `answered`."""
        rows = [
            (
                subject.shipment_id,
                *each.key,
                notice_id(subject.shipment_id, each.key),
                NoticeState.DROPPED if each.reason else NoticeState.PLANNED,
                each.reason,
                each.due_at,
                each.until,
                facts.get(subject.shipment_id),
                subject.version,
                subject.merchant_id,
            )
            for subject, each in decisions
        ]
        if rows:
            await self._conn.execute(SQL["decide_notices"], *zip(*rows, strict=True), now)

    async def answered(self) -> None:
        """What of these subjects needed another way has had its answer."""
        if self._unanswered:
            await answer_notices(self._conn, self._unanswered)

    async def answers(
        self, wanted: Sequence[tuple[UUID, UUID]]
    ) -> list[tuple[UUID, UUID, str, str]]:
        """Of these shipments and messages: both, the sealed words, the language of who asked."""
        return await case_answers(self._conn, wanted)

    async def note(self, noting: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
        """Who did it, in the same transaction."""
        await noting(self._conn)


async def hold_subjects(conn: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    await conn.execute(SQL["hold_subjects"], ids)


async def notice_subjects(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    return await conn.fetch(SQL["notice_subjects"], ids)  # type: ignore[no-any-return]  # no types


async def notices_of(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those that this release knows."""
    return known(await conn.fetch(SQL["notices_of"], ids))


def known(rows: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """A later release, running beside, may plan what this one has no words for: left to it."""
    return [row for row in rows if row["occasion"] in _KNOWN]


async def answer_notices(conn: asyncpg.Connection, unanswered: Sequence[tuple[UUID, UUID]]) -> None:
    await conn.execute(SQL["answer_notices"], *zip(*unanswered, strict=True))


def key_of(row: asyncpg.Record) -> Key:
    return Key(
        Occasion(row["occasion"]),
        row["round"],
        Channel(row["channel"]),
        Addressee(row["addressee"]),
    )


def _subject(
    row: asyncpg.Record, told: Mapping[Key, Told], subscriptions: Sequence[SealedSubscription]
) -> Subject:
    return Subject(
        shipment_id=row["shipment_id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        version=row["version"],
        state=ShipmentState.kept(row["state"]),
        contact=row["contact"],
        country=row["country"],
        language=row["language"],
        order=row["order_ref"],
        promise_by=row["promise_by"],
        notify=json.loads(row["notify"]),
        registered_at=row["registered_at"],
        merchant_id=row["merchant_id"],
        merchant_name=row["merchant_name"],
        merchant_help=row["merchant_help"],
        merchant_language=row["merchant_language"],
        settings=kept_settings(row["settings"]),
        terms=kept_terms(row["terms"]),
        told=told,
        has_told_or_asked=row["has_told"] or row["has_asked"],
        bonus=_bonus(row),
        eta=eta_in(row),
        subscriptions=subscriptions,
    )


def _bonus(row: asyncpg.Record) -> SubjectBonus | None:
    if row["bonus_code"] is None:
        return None
    return SubjectBonus(
        code=row["bonus_code"],
        currency=row["bonus_currency"],
        until=row["bonus_until"],
        granted=row["bonus_granted"],
        left=row["bonus_left"],
        at=row["bonus_at"],
        is_withdrawn=row["bonus_withdrawn"] and row["bonus_tell"],
        for_delay=row["bonus_for_delay"],
    )
