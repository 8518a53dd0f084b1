"""Who gave low marks is turned to: what they said is a case, in the transaction that keeps it."""

from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from schemas.case import Opener, Topic
from schemas.survey import SurveyAnswer
from tracking.cases import Question, put
from tracking.sealing import Sealer
from tracking.store.registrations import registration_for_update
from tracking.surveys import TurnTo
from tracking.words.language import choose


def turning(sealer: Sealer) -> TurnTo:
    async def turn_to(
        conn: asyncpg.Connection, shipment_id: UUID, answer: SurveyAnswer, now: datetime
    ) -> None:
        registration = await registration_for_update(conn, shipment_id)
        if registration is None:
            return  # nobody registered it, so nobody turns to anybody
        question = Question(
            topic=Topic.FEEDBACK,
            text=_said(answer),
            language=choose(registration.language),
            reply_by=None,
            form_id=uuid5(shipment_id, "survey"),
            opened_by=Opener.SURVEY,
        )
        await put(conn, sealer, shipment_id, question, now)

    return turn_to


def _said(answer: SurveyAnswer) -> str:
    """In figures and signs, whatever language is read; then their own words."""
    marks = [
        f"{answer.recommend}/10" if answer.recommend is not None else None,
        f"★ {answer.courier}/5" if answer.courier is not None else None,
        f"📦 {answer.packaging}" if answer.packaging is not None else None,
    ]
    return "\n".join(filter(None, (" · ".join(filter(None, marks)), answer.word)))
