"""What stands beside a parcel as lines of its story: posts to the shop, the shopper. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup

from schemas.suppression import Level, SuppressionReason
from schemas.webhook import DeliveryState
from tracking.domain.standing import DeadlineKind
from tracking.store.beside import Beside, Posted, Wish
from tracking.web.console.entry import Entry, Kind
from tracking.web.notice_words import BY
from tracking.words.catalog import N_, Words, isolated
from tracking.words.dates import Calendar
from tracking.words.language import SUPPORTED

_STATE: Final[Mapping[DeliveryState, str]] = {
    DeliveryState.WAITING: N_("waits until then"),
    DeliveryState.CLAIMED: N_("being sent"),
    DeliveryState.DELIVERED: N_("taken by the shop"),
    DeliveryState.FAILED: N_("given up"),
}
_DID: Final[Mapping[tuple[SuppressionReason, Level], str]] = {
    (SuppressionReason.ASKED, Level.ALL): N_("asked for no messages"),
    (SuppressionReason.ASKED, Level.UNIMPORTANT): N_("asked for fewer messages"),
    (SuppressionReason.STOP, Level.ALL): N_("answered STOP"),
    (SuppressionReason.STOP, Level.UNIMPORTANT): N_("answered STOP"),
    (SuppressionReason.COMPLAINT, Level.ALL): N_("said that a mail is spam"),
    (SuppressionReason.COMPLAINT, Level.UNIMPORTANT): N_("said that a mail is spam"),
    (SuppressionReason.BAD_ADDRESS, Level.ALL): N_("cannot be reached there"),
    (SuppressionReason.BAD_ADDRESS, Level.UNIMPORTANT): N_("cannot be reached there"),
}
_WAITS: Final[Mapping[DeadlineKind, str]] = {
    DeadlineKind.PROMISE: N_("the promise ends"),
    DeadlineKind.OVERDUE: N_("it is later by a further step of the rules"),
    DeadlineKind.PICKUP: N_("the time to collect it ends"),
    DeadlineKind.STALLED: N_("nothing was heard for so long that it is stuck"),
    DeadlineKind.EXPIRED: N_("nothing was heard for so long that it is given up"),
    DeadlineKind.ESTIMATE: N_("the estimate is over"),
    DeadlineKind.STATUTORY: N_("a time of the law ends"),
    DeadlineKind.REVIEW: N_("it is looked at anew"),
}


def waited_for(beside: Beside, words: Words, calendar: Calendar) -> Iterator[tuple[Markup, Markup]]:
    """When it is looked at again, and why: nobody has to do anything for it."""
    for each in beside.deadlines:
        yield calendar.on(each.due_at), words.gettext(_WAITS[each.kind])


def beside_entries(beside: Beside, words: Words, page: Words) -> Iterator[Entry]:
    """`page` are the words of the shopper's page."""
    for posted in beside.posted:
        yield _posted(posted, words)
    for each in beside.subscribed:
        name = SUPPORTED.get(each.language, each.language)
        details = [words.gettext("in %(language)s", language=name)]
        yield Entry(
            each.at, Kind.SHOPPER, words.gettext("asked to be told in the browser"), details=details
        )
    for wish in beside.wishes:
        yield _wish(wish, words, page)
    guesses = beside.guesses
    if guesses is not None and guesses.paused_until is not None:
        text = N_("%(n)s wrong answers to the question before the code; open again then")
        title = words.gettext(text, n=str(guesses.wrong))
        yield Entry(guesses.paused_until, Kind.SHOPPER, title, is_wrong=True)


def _posted(posted: Posted, words: Words) -> Entry:
    return Entry(
        _posted_at(posted),
        Kind.WEBHOOK,
        words.gettext("to the shop: %(type)s", type=posted.type),
        words.gettext(_STATE[posted.state]),
        more=list(_how(posted, words)),
        is_wrong=posted.state is DeliveryState.FAILED,
    )


def _posted_at(posted: Posted) -> datetime:
    if posted.state is DeliveryState.WAITING:
        return posted.due_at
    return posted.tried_at or posted.created_at


def _how(posted: Posted, words: Words) -> Iterator[Markup]:
    """Its host only: an address may hold a secret of the shop's."""
    if posted.url:
        yield isolated(urlsplit(posted.url).hostname or "")
    else:
        yield words.gettext("the webhook is gone")
    if posted.outcome:
        told = " ".join(map(str, filter(None, (posted.outcome, posted.status))))
        yield words.gettext("outcome %(code)s", code=told)
    if posted.tries:
        yield words.gettext("tries: %(n)s", n=str(posted.tries))
    if posted.response_ms is not None:
        yield words.gettext("answered in %(n)s ms", n=str(posted.response_ms))


def _wish(wish: Wish, words: Words, page: Words) -> Entry:
    return Entry(
        wish.since,
        Kind.SHOPPER,
        words.gettext(
            "%(way)s: %(about)s",
            way=page.gettext(BY[wish.channel]),
            about=words.gettext(_DID[wish.reason, wish.level]),
        ),
        is_wrong=wish.reason is SuppressionReason.BAD_ADDRESS,
    )
