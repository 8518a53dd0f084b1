"""What a search answers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schemas.base import Frozen
from schemas.status import Status


class Match(StrEnum):
    """By what a parcel was found, the surest first."""

    LINK = "link"
    TRACKING_NUMBER = "tracking_number"
    ORDER = "order"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    SIMILAR_NAME = "similar_name"
    POSTCODE = "postcode"
    PLACE = "place"


class SearchQuery(Frozen):
    """`POST /v1/search`: what a person is found by does not stand in an address."""

    q: str


class SearchHit(Frozen):
    """A parcel that was found. `name` and `postcode` are of who is meant, else the recipient's.

    `is_buyer`: that is the buyer.
    """

    shipment_id: UUID
    carrier: str
    tracking_number: str
    status: Status
    changed_at: datetime
    registered_at: datetime | None
    order: str | None
    merchant: str | None
    name: str | None
    postcode: str | None
    is_buyer: bool
    matched: tuple[Match, ...]


class SearchResult(Frozen):
    """The best first, at most 50. `more`: others fit too; a longer text finds fewer."""

    hits: tuple[SearchHit, ...]
    more: bool
