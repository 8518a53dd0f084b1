"""A claimed notice is held against the state of now, worded and addressed. Nothing leaves here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

import structlog

from consumers.notices.limits import SmsLimits
from consumers.notices.subject import address, contact_of, situation_of
from consumers.notices.wording import values_of
from notifier.deliver import Outgoing, Way
from notifier.policy import check
from notifier.required import MissingValueError
from notifier.values import Values
from schemas.contact import Person
from schemas.notice import Addressee, Channel, NoticeState
from tracking.contact import Contact
from tracking.notices import HIDDEN, content_context
from tracking.sealing import Sealer
from tracking.store.notices import Claimed, Ending, Handing, Notices, Subject

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


class Preparing:
    """For one way. `link` makes addresses of new tracking pages, one for each notice."""

    def __init__(
        self,
        notices: Notices,
        way: Way,
        sealer: Sealer,
        link: Link,
        limits: SmsLimits | None = None,
    ) -> None:
        self._notices, self.way, self._sealer, self._link = notices, way, sealer, link
        self._limits = limits or SmsLimits()

    async def prepare(
        self, claimed: Sequence[Claimed], now: datetime
    ) -> tuple[list[Ready], list[Ending]]:
        """Those that are true and can be said; how the others end."""
        subjects = await self._notices.look(sorted({each.shipment_id for each in claimed}))
        by_id = {subject.shipment_id: subject for subject in subjects}
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
        self, claimed: Claimed, subject: Subject | None, now: datetime
    ) -> _True | Ending:
        if subject is None:
            return Ending(claimed, NoticeState.DROPPED, "no_longer_registered")
        contact = contact_of(subject, self._sealer)
        situation = situation_of(subject, contact, {self.way.channel}, self._limits)
        decision = check(situation, claimed.key, now)
        if decision.reason is not None:
            return Ending(claimed, NoticeState.DROPPED, decision.reason)
        if decision.due_at > now:
            return Ending(claimed, NoticeState.PLANNED, None, decision.due_at)
        assert contact is not None, "without one the decision has a reason"
        return _True(claimed, subject, _person(contact, claimed.key.addressee))

    def _worded(self, true: _True, link: str, now: datetime) -> Ready | Ending:
        claimed, subject, person = true
        to = address(person, self.way.channel)
        assert to is not None, "without one the decision has a reason"
        values = values_of(subject, person, claimed.key, link, self._sealer, now)
        try:
            words = self.way.compose(values)
        except MissingValueError as error:
            return Ending(claimed, NoticeState.DROPPED, f"lacks_{'_'.join(error.fields)}")
        content = self._content(claimed, words, values)
        handing = Handing(claimed, values.language, content, subject.version)
        if self.way.channel is Channel.SMS:
            handing = self._charged(handing, subject, to, words["text"], now)
        return Ready(handing, Outgoing(claimed.notice_id, to, person.name, values, words))

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


def _or_fault(claimed: Claimed, work: Callable[[], T]) -> T | Ending:
    """A notice that breaks us costs only itself: the others of its turn go on."""
    try:
        return work()
    except Exception as error:
        log.exception("notice.not_worded", error_type=type(error).__name__)
        return Ending(claimed, NoticeState.FAILED, "fault")


def _person(contact: Contact, addressee: Addressee) -> Person:
    person = contact.recipient if addressee is Addressee.RECIPIENT else contact.buyer
    assert person is not None, "without one the decision has a reason"
    return person


def _shown(words: Mapping[str, str], values: Values) -> dict[str, str]:
    secrets = [values.link, *filter(None, (values.code, values.stop))]
    shown = {part: text for part, text in words.items() if part != "html"}
    for secret in secrets:
        shown = {part: text.replace(secret, HIDDEN) for part, text in shown.items()}
    return shown
