"""Messages that support has sent: what can be said now, by which ways, and the form for it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from aiohttp import web
from markupsafe import Markup

from schemas.explained import explained
from schemas.notice import Addressee, Occasion
from tracking.web.console.frame import words_for
from tracking.web.deps import DEPS, Offered
from tracking.web.notice_words import ABOUT, BY
from tracking.words.catalog import Words

# Of ways that nobody misses nothing is said.
_UNSAID: Final = frozenset({"not_subscribed", "same_as_recipient"})


class Choice(NamedTuple):
    choice: UUID
    way: Markup
    to: str | None
    why_not: Markup | None


class Saying(NamedTuple):
    """What can be said of one occasion, and by which ways."""

    about: Markup
    choices: Sequence[Choice]


async def sayings(request: web.Request, shipment_id: UUID, shopper: Words) -> list[Saying]:
    """Raises StoreUnavailable."""
    deps = request.app[DEPS]
    if deps.by_hand is None:
        return []
    found = await deps.by_hand.offered(shipment_id, deps.now())
    shown = [each for each in found if each.reason not in _UNSAID]
    words = words_for(request)
    return [
        Saying(shopper.gettext(ABOUT[occasion]), [_choice(each, words, shopper) for each in group])
        for occasion, group in groupby(shown, key=_occasion)
    ]


def _occasion(offered: Offered) -> Occasion:
    return offered.occasion


def _choice(offered: Offered, words: Words, shopper: Words) -> Choice:
    way = shopper.gettext(BY[offered.channel])
    if offered.addressee is Addressee.BUYER:
        way = words.gettext("%(way)s to the buyer", way=way)
    why = explained(offered.reason)
    return Choice(offered.choice, way, offered.to, words.gettext(why) if why else None)
