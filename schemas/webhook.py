"""Webhooks and the log of facts: what a shop asks for, and what it is answered."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.api import Problem
from schemas.base import Frozen
from schemas.facts import CloudEvent, Fact
from schemas.network import LONGEST_URL

TEST: Final = "webhook.test"
MOST_TYPES: Final = 50
FACT_TYPES: Final = tuple(
    sorted(kind.model_fields["type"].default for kind in get_args(get_args(Fact)[0]))
)


class WebhookState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """`gone`: it answered 410. `failing`: whatever was sent failed for five days."""

    GONE = "gone"
    FAILING = "failing"
    SHOP = "shop"
    OPERATOR = "operator"


class DeliveryState(StrEnum):
    """A delivery that is `claimed` is being sent; `failed` is given up, unless sent again."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"


def _known(value: str) -> str:
    if value not in FACT_TYPES:
        raise ValueError(f"is no type of fact: known are {', '.join(FACT_TYPES)}")
    return value


FactType = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": list(FACT_TYPES)}),
]
FactTypes = Annotated[list[FactType], Field(min_length=1, max_length=MOST_TYPES)]
Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]


class WebhookWanted(Frozen):
    """`POST /v1/webhooks`: where facts are to be posted, and which; `types` null: all of them."""

    url: Url
    types: FactTypes | None = None


class WebhookChange(Frozen):
    """`PATCH /v1/webhooks/{id}`: what is given replaces what was; `types` null: all of them."""

    url: Url | None = None
    types: FactTypes | None = None
    state: WebhookState | None = None


class WebhookBody(Frozen):
    """A webhook as its shop sees it. Instants are UTC.

    `since` is when it came to this state. `failures` counts those since the latest success, the
    first of which was at `failing_since`. Nothing is sent before `paused_until`. Until
    `previous_secret_until` the former secret signs beside the new one.
    """

    webhook_id: UUID
    url: str
    types: list[str] | None
    state: WebhookState
    reason: DisabledReason | None
    since: datetime
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime


class WebhookWithSecret(WebhookBody):
    """The answer to who makes a webhook or rotates its secret: it is told this once."""

    secret: str


class WebhookList(Frozen):
    """In the order in which they were made."""

    webhooks: list[WebhookBody]


class AttemptBody(Frozen):
    """A fact on its way to a webhook. Instants are UTC; `delivery_id` is sent as `webhook-id`.

    `outcome` says in a word how the latest try ended, `status` which HTTP status was answered if
    any was. `tries` counts since it was planned or last asked for.
    """

    delivery_id: UUID
    fact_id: str | None
    type: str
    state: DeliveryState
    tries: int
    outcome: str | None
    status: int | None
    response_ms: int | None
    tried_at: datetime | None
    next_try_at: datetime | None
    created_at: datetime


class AttemptList(Frozen):
    """The latest first."""

    attempts: list[AttemptBody]


class DeliveryAsked(Frozen):
    """What was asked to be sent: by this id it stands in the list of attempts."""

    delivery_id: UUID


class WebhookEvent(CloudEvent):
    """A fact as a shop gets it: a CloudEvent whose `time` stands in it as `timestamp` once more.

    So it is an envelope of Standard Webhooks (`type`, `timestamp`, `data`), too.
    """

    timestamp: datetime


class FactPage(Frozen):
    """Facts in the order of the shop's log; `next` is what to ask `after` the next time."""

    facts: list[WebhookEvent]
    next: str
    has_more: bool


class CursorProblem(Problem):
    """410: what comes after this cursor is not kept whole; `next` is where it can be gone on."""

    next: str


class WebhookTest(Frozen):
    """`data` of a `webhook.test`."""

    webhook_id: UUID
    message: Literal["This is a test."] = "This is a test."


def webhook_event(cloud_event: str, time: str) -> str:
    """The JSON of a WebhookEvent from that of a CloudEvent, whose own `time` this is."""
    return f'{cloud_event.rstrip()[:-1]},"timestamp":"{time}"}}'


def event_of_test(webhook_id: UUID, delivery_id: UUID, at: datetime) -> str:
    """The JSON of a WebhookEvent that says nothing of any parcel."""
    event: dict[str, Any] = {
        "id": f"test:{delivery_id}",
        "type": TEST,
        "subject": str(webhook_id),
        "time": at,
        "data": WebhookTest(webhook_id=webhook_id),
        "timestamp": at,
    }
    return WebhookEvent(**event).model_dump_json()
