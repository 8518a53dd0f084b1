"""A shopper says how it was: kept once; who gives low marks is turned to."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from schemas.survey import SurveyAnswer
from tracking.domain.survey import is_low
from tracking.sealing import Sealer
from tracking.store.pool import transaction
from tracking.store.surveys import answer_survey

log = structlog.get_logger()

TurnTo = Callable[[asyncpg.Connection, UUID, SurveyAnswer, datetime], Awaitable[None]]
"""What follows from low marks, in the transaction of the answer: a case, where there are cases."""


def survey_context(shipment_id: UUID) -> str:
    """What a sealed word is bound to."""
    return f"survey:{shipment_id}"


async def take_answer(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    answer: SurveyAnswer,
    *,
    now: datetime,
    turn_to: TurnTo | None = None,
) -> bool:
    """False where it was answered before: the first answer stands. Raises StoreUnavailable."""
    word = answer.word and sealer.seal_text(answer.word, survey_context(shipment_id))
    async with transaction(pool) as conn:
        if not await answer_survey(conn, shipment_id, answer, word or None, now):
            return False
        low = is_low(answer)
        if low and turn_to is not None:
            await turn_to(conn, shipment_id, answer, now)
    if low:
        log.info("survey.low_marks", shipment_id=shipment_id)
    return True
