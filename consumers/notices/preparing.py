"""A claimed notice is held against the state of now, worded and addressed. Nothing leaves here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

import structlog

from consumers.notices.concerned import Concerned, address, concerned, person_of
from consumers.notices.subject import situation_of
from consumers.notices.wording import Links, values_of
from notifier.deliver import Outgoing, Way
from notifier.policy import check
from notifier.required import MissingValueError
from notifier.values import Values
from schemas.contact import Person
from schemas.notice import Channel, NoticeState
from tracking.notices import HIDDEN, content_context
from tracking.sealing import Sealer
from tracking.store.notices import Claimed, Ending, Handing, Notices, Subject
from tracking.suppression import StopLink, address_hashes, stop_token

log = structlog.get_logger()

T = TypeVar("T")
Link = Callable[[Sequence[UUID], datetime], Awaitable[list[str]]]


class Ready(NamedTuple):
    """What goes to the provider, and what is kept of it before it does."""

    handing: Handing
    outgoing: Outgoing


class _True(NamedTuple):
    """Still worth saying, to this person."""

    claimed: Claimed
    subject: Subject
    person: Person
    to: str


class Preparing:
    """For one way. `link` makes paths of new tracking pages, one for each notice; they lie below
    `site` unless the shop has a host of its own.
    """

    def __init__(self, notices: Notices, way: Way, sealer: Sealer, link: Link, site: str) -> None:
        self._notices, self.way, self._sealer = notices, way, sealer
        self._link, self._site = link, site

    async def prepare(
        self, claimed: Sequence[Claimed], now: datetime
    ) -> tuple[list[Ready], list[Ending]]:
        """Those that are true and can be said; how the others end."""
        async with self._notices.desk() as desk:
            found = await concerned(desk, {each.shipment_id for each in claimed}, self._sealer)
        by_id = {known.subject.shipment_id: known for known in found}
        looked = [
            _or_fault(each, partial(self._looked_at, each, by_id.get(each.shipment_id), now))
            for each in claimed
        ]
        true = [each for each in looked if isinstance(each, _True)]
        links = await self._link([each.subject.shipment_id for each in true], now) if true else []
        worded = [
            _or_fault(each.claimed, partial(self._worded, each, link, now))
            for each, link in zip(true, links, strict=True)
        ]
        outcomes = [*(each for each in looked if isinstance(each, Ending)), *worded]
        ready = [each for each in outcomes if isinstance(each, Ready)]
        return ready, [each for each in outcomes if isinstance(each, Ending)]

    def _looked_at(
        self, claimed: Claimed, known: Concerned | None, now: datetime
    ) -> _True | Ending:
        if known is None:
            return Ending(claimed, NoticeState.DROPPED, "no_longer_registered")
        decision = check(situation_of(known, {self.way.channel}), claimed.key, now)
        if decision.reason is not None:
            return Ending(claimed, NoticeState.DROPPED, decision.reason)
        if decision.due_at > now:
            return Ending(claimed, NoticeState.PLANNED, None, decision.due_at)
        person = person_of(known.contact, claimed.key.addressee)
        to = address(person, self.way.channel)
        assert person is not None, "without one the decision has a reason"
        assert to is not None, "without one the decision has a reason"
        return _True(claimed, known.subject, person, to)

    def _worded(self, true: _True, path: str, now: datetime) -> Ready | Ending:
        claimed, subject, person, to = true
        links = self._links(subject, path, to)
        values = values_of(subject, person, claimed.key, links, self._sealer, now)
        try:
            words = self.way.compose(values)
        except MissingValueError as error:
            return Ending(claimed, NoticeState.DROPPED, f"lacks_{'_'.join(error.fields)}")
        content = self._content(claimed, words, values)
        handing = Handing(claimed, values.language, content, subject.version)
        sender = _sender(subject, self.way.channel)
        outgoing = Outgoing(claimed.notice_id, to, person.name, values, words, sender)
        return Ready(handing, outgoing)

    def _links(self, subject: Subject, path: str, to: str) -> Links:
        site, channel = subject.terms.links or self._site, self.way.channel
        newest = address_hashes(self._sealer, channel, to)[0]
        stop = stop_token(self._sealer, StopLink(subject.merchant_id, channel, newest))
        return Links(f"{site}{path}", f"{site}/stop/{stop}")

    def _content(self, claimed: Claimed, words: Mapping[str, str], values: Values) -> str:
        """The words as sent, but for what opens the locker or the page."""
        kept = json.dumps(_shown(words, values), ensure_ascii=False)
        return self._sealer.seal_text(kept, content_context(claimed.notice_id))


def _or_fault(claimed: Claimed, work: Callable[[], T]) -> T | Ending:
    """A notice that breaks us costs only itself: the others of its turn go on."""
    try:
        return work()
    except Exception as error:
        log.exception("notice.not_worded", error_type=type(error).__name__)
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
    secrets = [values.link, *filter(None, (values.code, values.stop))]
    shown = {part: text for part, text in words.items() if part != "html"}
    for secret in secrets:
        shown = {part: text.replace(secret, HIDDEN) for part, text in shown.items()}
    return shown
