"""The words of answers that are about to be sent, read and opened for all of a turn at once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog

from schemas.notice import Occasion
from tracking.sealing import SealBroken, Sealer
from tracking.store.desk import Desk
from tracking.store.notices import Claimed
from tracking.threads import message_context

log = structlog.get_logger()


class Answer(NamedTuple):
    """`language` is that in which the shopper asked."""

    text: str
    language: str


async def answers_to(
    desk: Desk, claimed: Sequence[Claimed], sealer: Sealer
) -> Mapping[UUID, Answer]:
    """By notice; without those that are forgotten, or that no key opens."""
    wanted = {
        (each.shipment_id, UUID(each.key.round)): each.notice_id
        for each in claimed
        if each.key.occasion is Occasion.CASE_REPLY
    }
    if not wanted:
        return {}
    found = {}
    for shipment_id, message_id, sealed, language in await desk.answers(list(wanted)):
        try:
            text = sealer.open_text(sealed, message_context(message_id))
        except SealBroken:
            log.warning("case.sealed_with_another_key", message_id=message_id)
            continue
        found[wanted[shipment_id, message_id]] = Answer(text, language)
    return found
