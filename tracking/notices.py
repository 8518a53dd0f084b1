"""What became of the notices of a parcel, for shop and support: each decision with its reason."""

import json
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import asyncpg
import structlog

from schemas.api import NoticeBody
from schemas.explained import RULE, explained
from schemas.notice import Channel, Occasion
from schemas.price import Cost
from tracking.contact import open_contact
from tracking.sealing import SealBroken, Sealer
from tracking.store.notices import Notices
from tracking.store.registrations import Registrations
from tracking.suppression import address_hashes

log = structlog.get_logger()

REPLACED = "replaced"
HIDDEN = "[hidden]"
"""Stands in kept words for what opens the locker or the page."""


def content_context(notice_id: UUID) -> str:
    """What the kept words of a notice are bound to."""
    return f"notice:{notice_id}"


async def told(pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID) -> list[NoticeBody]:
    """Every notice of a parcel, in the order in which they were or are due."""
    rows = await Notices(pool).of_shipment(shipment_id)
    known = await _addresses(pool, sealer, shipment_id)
    in_order = sorted(rows, key=lambda row: (row["due_at"], *row[1:5]))
    return [_body(row, sealer, known) for row in in_order]


async def _addresses(pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID) -> Mapping[bytes, str]:
    """Those of the registration, masked, by their hashes."""
    registration = await Registrations(pool).registration(shipment_id)
    try:
        contact = open_contact(sealer, shipment_id, registration.contact if registration else None)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=shipment_id)
        return {}
    return {
        each: masked(to)
        for person in (contact.recipient, contact.buyer)
        if person
        for channel, to in ((Channel.SMS, person.phone), (Channel.EMAIL, person.email))
        if to
        for each in address_hashes(sealer, channel, to)
    }


def masked(to: str) -> str:
    """Enough for whoever has it before them to know it again."""
    name, at, domain = to.partition("@")
    return f"{name[0]}…@{domain}" if at else f"{to[:4]}…{to[-2:]}"


def _body(row: asyncpg.Record, sealer: Sealer, known: Mapping[bytes, str]) -> NoticeBody:
    fields = dict(row)
    content, sent_to = fields.pop("content"), fields.pop("address_hash")
    fields["cost"] = _cost(fields["cost"], fields.pop("currency"))
    for of_ours in ("shipment_id", "said", "needs_another_way"):
        del fields[of_ours]
    words = _words(content, row["notice_id"], sealer) if content else {}
    return NoticeBody(
        **fields,
        to=known.get(sent_to, REPLACED) if sent_to else None,
        rule=RULE[Occasion(row["occasion"])],
        explanation=explained(row["reason"]),
        subject=words.get("subject"),
        text=words.get("text") or _of_push(words),
    )


def _of_push(words: Mapping[str, str]) -> str | None:
    said = [words[part] for part in ("title", "body") if part in words]
    return "\n".join(said) or None


def _cost(millionths: int | None, currency: str | None) -> Cost | None:
    if millionths is None or currency is None:
        return None
    return Cost.from_millionths(millionths, currency)


def _words(content: str, notice_id: UUID, sealer: Sealer) -> dict[str, str]:
    try:
        words: dict[str, str] = json.loads(sealer.open_text(content, content_context(notice_id)))
    except SealBroken:
        log.warning("notice.sealed_with_another_key", message_id=notice_id)
        return {}
    return words


def lines(notices: Sequence[NoticeBody]) -> list[str]:
    """For a terminal: a line a notice, and below it why, after which news, and the words. UTC."""
    return [line for each in notices for line in (_line(each), *_below(each))]


def _below(each: NoticeBody) -> Iterator[str]:
    if each.explanation:
        yield f"    {each.reason}: {each.explanation}"
    news = f" after {each.fact_id}" if each.fact_id else ""
    language = f", in {each.language}" if each.language else ""
    decided = f"{each.planned_at:%Y-%m-%d %H:%M:%SZ}"
    yield f"    when {each.rule}; decided {decided}{news}, version {each.version}{language}"
    for text in filter(None, (each.subject, each.text)):
        yield from (f"    | {line}" for line in text.splitlines() if line.strip())


def _line(each: NoticeBody) -> str:
    when = f"{each.due_at:%Y-%m-%d %H:%MZ}"
    to = f" {each.to}" if each.to else ""
    what = f"{each.occasion} by {each.channel} to {each.addressee}{to}"
    why = f" ({each.reason})" if each.reason else ""
    by = f", {each.provider} {each.provider_id or ''}".rstrip() if each.provider else ""
    return f"{when}  {what}: {each.state}{why}{by}{_spent(each)}"


def _spent(each: NoticeBody) -> str:
    """A text message's parts, and what they cost where a price is known."""
    if each.segments is None:
        return ""
    parts = f", {each.segments} segment{'' if each.segments == 1 else 's'}"
    return f"{parts}, {each.cost.amount} {each.cost.currency}" if each.cost else parts
