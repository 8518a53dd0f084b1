"""What became of the notices of a parcel, for shop and support: each decision with its reason."""

import json
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import asyncpg
import structlog

from schemas.api import NoticeBody
from schemas.explained import RULE, explained
from schemas.notice import Occasion
from schemas.price import Cost
from tracking.sealing import SealBroken, Sealer
from tracking.store.notices import Notices

log = structlog.get_logger()

HIDDEN = "[hidden]"
"""Stands in kept words for what opens the locker or the page."""


def content_context(notice_id: UUID) -> str:
    """What the kept words of a notice are bound to."""
    return f"notice:{notice_id}"


async def told(pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID) -> list[NoticeBody]:
    """Every notice of a parcel, in the order in which they were or are due."""
    rows = await Notices(pool).of_shipment(shipment_id)
    return [_body(row, sealer) for row in sorted(rows, key=lambda row: (row["due_at"], *row[1:5]))]


def _body(row: asyncpg.Record, sealer: Sealer) -> NoticeBody:
    fields = dict(row)
    content, _ = fields.pop("content"), fields.pop("needs_another_way")
    fields["cost"] = _cost(fields["cost"], fields.pop("currency"))
    del fields["shipment_id"], fields["said"]
    words = _words(content, row["notice_id"], sealer) if content else {}
    return NoticeBody(
        **fields,
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
    """For a terminal: a line a notice, and below it why, after which news, and the words."""
    return [line for each in notices for line in (_line(each), *_below(each))]


def _below(each: NoticeBody) -> Iterator[str]:
    if each.explanation:
        yield f"    {each.reason}: {each.explanation}"
    news = f" after {each.fact_id}" if each.fact_id else ""
    language = f", in {each.language}" if each.language else ""
    decided = f"{each.planned_at:%Y-%m-%d %H:%M:%S}"
    yield f"    when {each.rule}; decided {decided}{news}, version {each.version}{language}"
    for text in filter(None, (each.subject, each.text)):
        yield from (f"    | {line}" for line in text.splitlines() if line.strip())


def _line(each: NoticeBody) -> str:
    when = f"{each.due_at:%Y-%m-%d %H:%M}"
    what = f"{each.occasion} by {each.channel} to {each.addressee}"
    why = f" ({each.reason})" if each.reason else ""
    by = f", {each.provider} {each.provider_id or ''}".rstrip() if each.provider else ""
    return f"{when}  {what}: {each.state}{why}{by}{_spent(each)}"


def _spent(each: NoticeBody) -> str:
    """A text message's parts, and what they cost where a price is known."""
    if each.segments is None:
        return ""
    parts = f", {each.segments} segment{'' if each.segments == 1 else 's'}"
    return f"{parts}, {each.cost.amount} {each.cost.currency}" if each.cost else parts
