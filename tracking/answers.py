"""Plans that an answer is sent by e-mail or text message, in the transaction that keeps it."""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from schemas.case import ANSWER_LASTS
from schemas.notice import Addressee, Channel, Decision, Key, Occasion
from tracking.store.desk import Desk

WHY: Final = "case"
"""Stands where other notices have the id of the news after which they were decided."""


async def plan_answer(
    conn: asyncpg.Connection, shipment_id: UUID, message_id: UUID, by: Channel, now: datetime
) -> None:
    """Senders do the rest: what is in the way of it, and the night, are asked right before."""
    desk = Desk(conn, holds=True)
    (subject,) = await desk.subjects([shipment_id])
    key = Key(Occasion.CASE_REPLY, str(message_id), by, Addressee.RECIPIENT)
    decision = Decision(key, now, now + ANSWER_LASTS)
    await desk.decide_notices([(subject, decision)], {shipment_id: WHY}, now)
