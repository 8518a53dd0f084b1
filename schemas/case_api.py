"""Cases as a shop asks and reads them over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from schemas.base import Frozen, Instant, clean_lines
from schemas.case import LONGEST, Author, CaseState, Opener, Topic
from schemas.languages import LANGUAGES


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError("no language of ISO 639-1, such as lv")
    return value


def _words(value: str) -> str:
    found = clean_lines(value)
    if not found:
        raise ValueError("shows nothing")
    return found


Words = Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(_words)]


class CaseQuestion(Frozen):
    """`POST /v1/shipments/{id}/cases`: what a shopper asked in the shop's own form.

    `reply_by` without a value: the answer is read on the page of the parcel only. `language` of the
    answer; by default the recipient's.
    """

    topic: Topic = Topic.OTHER
    text: Words
    reply_by: Literal["sms", "email"] | None = None
    language: Annotated[str, AfterValidator(_language)] | None = None


class CaseMessageBody(Frozen):
    """`text` is null when it is no longer kept. `proven` false: whoever wrote it had the link to
    the page only, and may be somebody else than the recipient.
    """

    at: Instant
    author: Literal[Author.SHOPPER, Author.STAFF]
    text: str | None
    proven: bool


class CaseBody(Frozen):
    """One matter of one parcel. `follows`: the case before it about the same matter."""

    case_id: UUID
    topic: Topic
    opened_by: Opener
    state: CaseState
    language: str
    reply_by: Literal["sms", "email"] | None
    contacts: int
    follows: UUID | None
    opened_at: Instant
    asked_at: Instant
    answered_at: Instant | None
    solved_at: Instant | None
    messages: list[CaseMessageBody]


class CaseList(Frozen):
    cases: list[CaseBody]
