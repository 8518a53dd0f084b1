"""A message in the demo's inbox: what would be on a phone or in a mailbox, whole."""

from uuid import UUID

from pydantic import Field

from schemas.base import Frozen
from schemas.notice import Channel, Occasion


class InboxMessage(Frozen):
    """As its reader gets it, codes and links included; its repr shows none of it.

    `title` is the subject of a mail or the title of a push. `html` needs nothing from elsewhere:
    its images are in it. `url` is what a tap on a push opens.
    """

    notice_id: UUID
    channel: Channel
    occasion: Occasion
    language: str
    sender: str = Field(repr=False)
    to: str = Field(repr=False)
    title: str | None = Field(default=None, repr=False)
    text: str = Field(repr=False)
    html: str | None = Field(default=None, repr=False)
    url: str | None = Field(default=None, repr=False)
