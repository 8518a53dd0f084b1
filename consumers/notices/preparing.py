"""A claimed notice is held against the state of now, worded and addressed. Nothing leaves here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

import structlog

from consumers.notices.answering import Answer, answers_to
from consumers.notices.concerned import (
    Concerned,
    address,
    concerned,
    person_of,
    subscriptions_of,
)
from consumers.notices.limits import SmsLimits
from consumers.notices.subject import Means, situation_of
from consumers.notices.wording import Links, values_of
from notifier.deliver import Outgoing, Way
from notifier.policy import check
from notifier.required import MissingValueError
from notifier.said import said_of
from notifier.values import Values
from schemas.contact import Person
from schemas.notice import Channel, NoticeState, Occasion
from schemas.push import Subscription
from tracking.apart import apart
from tracking.links import NewLink, Receiver
from tracking.mail_proof import mail_proof
from tracking.notices import HIDDEN, content_context
from tracking.sealing import Sealer
from tracking.store.desk import Subject
from tracking.store.notices import Claimed, Ending, Handing, Notices
from tracking.suppression import StopLink, address_hashes, stop_token

log = structlog.get_logger()

T = TypeVar("T")
Link = Callable[[Sequence[NewLink], datetime], Awaitable[list[str]]]


class Ready(NamedTuple):
    """What goes to the provider, and what is kept of it before it does."""

    handing: Handing
    outgoing: Outgoing


class _True(NamedTuple):
    """Still worth saying, to this person or these browsers, until then. `asked` is the hash under
    which the person asked for less.
    """

    claimed: Claimed
    subject: Subject
    person: Person
    to: str | None
    subscriptions: Sequence[Subscription]
    asked: bytes | None


class Preparing:
    """For one way. `link` makes paths of new tracking pages, one for each notice; they lie below
    `site` unless the shop has a host of its own. `channels` are all that some provider serves.
    """

    def __init__(
        self,
        notices: Notices,
        way: Way,
        sealer: Sealer,
        link: Link,
        site: str,
        limits: SmsLimits | None = None,
        *,
        channels: AbstractSet[Channel],
    ) -> None:
        self._notices, self.way, self._sealer = notices, way, sealer
        self._link, self._site, self._limits = link, site, limits or SmsLimits()
        self._means = Means(channels, self._limits)

    async def prepare(
        self, claimed: Sequence[Claimed], now: datetime
    ) -> tuple[list[Ready], list[Ending]]:
        """Those that are true and can be said; how the others end. Raises KlatError."""
        parts = await apart(partial(self._prepared, now), claimed, _at_fault)
        return [one for ready, _ in parts for one in ready], [
            one for _, endings in parts for one in endings
        ]

    async def _prepared(
        self, now: datetime, claimed: Sequence[Claimed]
    ) -> tuple[list[Ready], list[Ending]]:
        async with self._notices.look() as desk:
            found = await concerned(desk, {each.shipment_id for each in claimed}, self._sealer)
            answers = await answers_to(desk, claimed, self._sealer)
        by_id = {known.subject.shipment_id: known for known in found}
        looked = [
            _or_fault(each, partial(self._looked_at, each, by_id.get(each.shipment_id), now))
            for each in claimed
        ]
        true = [each for each in looked if isinstance(each, _True)]
        pages = await self._pages(true, now)
        worded = [
            _or_fault(
                each.claimed,
                partial(self._worded, each, page, now, answers.get(each.claimed.notice_id)),
            )
            for each, page in zip(true, pages, strict=True)
        ]
        outcomes = [*(each for each in looked if isinstance(each, Ending)), *worded]
        ready = [each for each in outcomes if isinstance(each, Ready)]
        return ready, [each for each in outcomes if isinstance(each, Ending)]

    async def _pages(self, true: Sequence[_True], now: datetime) -> list[str]:
        """New ones; but a browser opens the page at which it subscribed, and gets no other."""
        if self.way.channel is Channel.PUSH:
            return [each.subscriptions[0].page for each in true]
        wanted = [NewLink(each.subject.shipment_id, self._receiver(each.to)) for each in true]
        paths = await self._link(wanted, now) if wanted else []
        pairs = zip(true, paths, strict=True)
        return [f"{self._site_of(each.subject)}{path}{_below(each)}" for each, path in pairs]

    def _receiver(self, to: str | None) -> Receiver | None:
        return Receiver(self.way.channel, to) if to else None

    def _looked_at(
        self, claimed: Claimed, known: Concerned | None, now: datetime
    ) -> _True | Ending:
        if known is None:
            return Ending(claimed, NoticeState.DROPPED, "no_longer_registered")
        decision = check(situation_of(known, self._means), claimed.key, now)
        if decision.reason is not None:
            return Ending(claimed, NoticeState.DROPPED, decision.reason)
        claimed = claimed._replace(until=decision.until)
        if decision.due_at > now:
            return Ending(claimed, NoticeState.PLANNED, None, decision.due_at)
        subscriptions: Sequence[Subscription] = ()
        if self.way.channel is Channel.PUSH:
            subscriptions = subscriptions_of(known.subject, self._sealer)
            if not subscriptions:
                return Ending(claimed, NoticeState.DROPPED, "contact_unreadable")
        # Nobody is known where a browser subscribed at a parcel without a recipient.
        person = person_of(known.contact, claimed.key.addressee) or Person()
        to = address(person, self.way.channel)
        assert to or subscriptions, "without one the decision has a reason"
        against = known.against.get((claimed.key.addressee, self.way.channel))
        asked = against.under if against else None
        return _True(claimed, known.subject, person, to, subscriptions, asked)

    def _worded(
        self, true: _True, page: str, now: datetime, answer: Answer | None
    ) -> Ready | Ending:
        claimed, subject, person = true.claimed, true.subject, true.person
        sent_to = self._hash(true.to) if true.to else None
        links = Links(page, self._stop(subject, true.asked or sent_to))
        values = values_of(subject, person, claimed.key, links, self._sealer, now, answer)
        try:
            words = self.way.compose(values)
        except MissingValueError as error:
            return Ending(claimed, NoticeState.DROPPED, f"lacks_{'_'.join(error.fields)}")
        content = self._content(claimed, words, values)
        handing = Handing(
            claimed,
            values.language,
            content,
            subject.version,
            address_hash=sent_to,
            said=said_of(subject.state, now).model_dump_json(exclude_none=True),
        )
        if self.way.channel is Channel.SMS and true.to:
            handing = self._charged(handing, subject, true.to, words["text"], now)
        outgoing = Outgoing(
            claimed.notice_id,
            subject.shipment_id,
            claimed.until,
            true.to or "",
            person.name,
            values,
            words,
            _sender(subject, self.way.channel),
            true.subscriptions,
            mail_proof(self._sealer, claimed.notice_id) if self._is_mail else "",
        )
        return Ready(handing, outgoing)

    @property
    def _is_mail(self) -> bool:
        return self.way.channel is Channel.EMAIL

    def _stop(self, subject: Subject, under: bytes | None) -> str | None:
        """Of mails: it shows and ends what stands, also where that was asked under a former key."""
        if under is None or not self._is_mail:
            return None
        token = stop_token(self._sealer, StopLink(subject.merchant_id, Channel.EMAIL, under))
        return f"{self._site_of(subject)}/stop/{token}"

    def _hash(self, to: str) -> bytes:
        return address_hashes(self._sealer, self.way.channel, to)[0]

    def _site_of(self, subject: Subject) -> str:
        return subject.terms.links or self._site

    def _charged(
        self, handing: Handing, subject: Subject, to: str, text: str, now: datetime
    ) -> Handing:
        charge = self._limits.prices.charge(to, text)
        draws = self._limits.draws(subject, to, charge, self._sealer, now)
        return handing._replace(**charge._asdict(), draws=draws)

    def _content(self, claimed: Claimed, words: Mapping[str, str], values: Values) -> str:
        """The words as sent, but for what opens the locker or the page."""
        kept = json.dumps(_shown(words, values), ensure_ascii=False)
        return self._sealer.seal_text(kept, content_context(claimed.notice_id))


def _below(true: _True) -> str:
    """An answer leads to what was said."""
    return "/help" if true.claimed.key.occasion is Occasion.CASE_REPLY else ""


def _or_fault(claimed: Claimed, work: Callable[[], T]) -> T | Ending:
    """A notice that breaks us costs only itself: the others of its turn go on."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - it is told
        return _fault(claimed, error)


def _at_fault(claimed: Claimed, error: Exception) -> tuple[list[Ready], list[Ending]]:
    return [], [_fault(claimed, error)]


def _fault(claimed: Claimed, error: Exception) -> Ending:
    log.error("notice.not_worded", error_type=type(error).__name__, exc_info=error)
    return Ending(claimed, NoticeState.FAILED, "fault")


def _sender(subject: Subject, channel: Channel) -> str | None:
    """The shop's own, where it has one."""
    match channel:
        case Channel.SMS:
            return subject.terms.sms_from
        case Channel.EMAIL:
            return subject.terms.mail_from
        case Channel.PUSH:
            return None


def _shown(words: Mapping[str, str], values: Values) -> dict[str, str]:
    bonus = values.bonus.code if values.bonus else None
    secrets = [values.link, *filter(None, (values.code, values.stop, bonus))]
    shown = {part: text for part, text in words.items() if part != "html"}
    for secret in secrets:
        shown = {part: text.replace(secret, HIDDEN) for part, text in shown.items()}
    return shown
