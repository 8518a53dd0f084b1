"""What shoppers thought of a delivery: asked and answered once for a parcel."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.survey import SurveyAnswer, SurveyMode
from tracking.sql import SQL


class SurveyStanding(NamedTuple):
    """Whether the shop asks, and whether it was answered."""

    mode: SurveyMode
    is_answered: bool


async def survey_standing(conn: asyncpg.Connection, shipment_id: UUID) -> SurveyStanding | None:
    """None where no shop registered it, or its people were erased."""
    row = await conn.fetchrow(SQL["survey_standing"], shipment_id)
    return SurveyStanding(SurveyMode(row["mode"]), row["is_answered"]) if row else None


async def answer_survey(
    conn: asyncpg.Connection,
    shipment_id: UUID,
    answer: SurveyAnswer,
    sealed_word: str | None,
    now: datetime,
) -> bool:
    """False where it was answered before, or nobody is to be asked."""
    return (
        await conn.fetchval(
            SQL["answer_survey"],
            shipment_id,
            now,
            answer.recommend,
            answer.courier,
            answer.packaging,
            sealed_word,
        )
        is not None
    )
