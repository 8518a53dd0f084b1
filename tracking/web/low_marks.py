"""Low marks of a delivery open a case, in which the shopper's marks and words stand first."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from schemas.case import Opener, Topic
from schemas.survey import SurveyAnswer
from tracking.cases import Question, ask_within
from tracking.surveys import TurnTo
from tracking.web.deps import Deps
from tracking.web.page import PACKAGING
from tracking.words.catalog import Words


def turning_to(deps: Deps, words: Words, *, proven: bool) -> TurnTo:
    """`words`: of the page on which it was answered; `proven`: whether the recipient did."""

    async def turn_to(
        conn: asyncpg.Connection, shipment_id: UUID, answer: SurveyAnswer, now: datetime
    ) -> None:
        question = Question(
            Topic.FEEDBACK,
            "\n".join(_said(answer, words)),
            words.language,
            None,
            uuid5(shipment_id, "survey"),
            Opener.SURVEY,
            proven=proven,
        )
        await ask_within(conn, deps.pool, deps.sealer, shipment_id, question, now)

    return turn_to


def _said(answer: SurveyAnswer, words: Words) -> Iterator[str]:
    """The questions and what was answered, one a line; their own words last."""
    if answer.recommend is not None:
        asked = words.gettext("Would you recommend this shop to a friend?")
        yield f"{asked} {answer.recommend}/10"
    if answer.courier is not None:
        yield f"{words.gettext('How was the courier?')} {answer.courier}/5 ★"
    if answer.packaging is not None:
        packed = words.gettext("How was it packed?")
        yield f"{packed} {words.gettext(PACKAGING[answer.packaging])}"
    if answer.word:
        yield answer.word
