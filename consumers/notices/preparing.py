"""A claimed notice is held against the state of now, worded and addressed. Nothing leaves here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.notices.subject import address, contact_of, situation_of
from consumers.notices.wording import values_of
from notifier.deliver import Outgoing, Way
from notifier.policy import check
from notifier.required import MissingValueError
from notifier.values import Values
from schemas.contact import Person
from schemas.notice import Addressee, NoticeState
from tracking.contact import Contact
from tracking.notices import HIDDEN, content_context
from tracking.sealing import Sealer
from tracking.store.notices import Claimed, Ending, Handing, Notices, Subject

Link = Callable[[UUID, datetime], Awaitable[str]]


class Ready(NamedTuple):
    """What goes to the provider, and what is kept of it before it does."""

    handing: Handing
    outgoing: Outgoing


class Preparing:
    """For one way. `link` makes the address of a new tracking page."""

    def __init__(self, notices: Notices, way: Way, sealer: Sealer, link: Link) -> None:
        self._notices, self.way, self._sealer, self._link = notices, way, sealer, link

    async def prepare(
        self, claimed: Sequence[Claimed], now: datetime
    ) -> tuple[list[Ready], list[Ending]]:
        """Those that are true and can be said; how the others end."""
        async with self._notices.desk() as desk:
            subjects = await desk.subjects(sorted({each.shipment_id for each in claimed}))
        by_id = {subject.shipment_id: subject for subject in subjects}
        ready: list[Ready] = []
        endings: list[Ending] = []
        for each in claimed:
            outcome = await self._prepared(each, by_id.get(each.shipment_id), now)
            if isinstance(outcome, Ready):
                ready.append(outcome)
            else:
                endings.append(outcome)
        return ready, endings

    async def _prepared(
        self, claimed: Claimed, subject: Subject | None, now: datetime
    ) -> Ready | Ending:
        if subject is None:
            return Ending(claimed, NoticeState.DROPPED, "no_longer_registered")
        contact = contact_of(subject, self._sealer)
        situation = situation_of(subject, contact, {self.way.channel})
        decision = check(situation, claimed.key, now)
        if decision.reason is not None:
            return Ending(claimed, NoticeState.DROPPED, decision.reason)
        if decision.due_at > now:
            return Ending(claimed, NoticeState.PLANNED, None, decision.due_at)
        assert contact is not None, "without one the decision has a reason"
        return await self._worded(claimed, subject, contact, now)

    async def _worded(
        self, claimed: Claimed, subject: Subject, contact: Contact, now: datetime
    ) -> Ready | Ending:
        person = _person(contact, claimed.key.addressee)
        to = address(person, self.way.channel)
        assert to is not None, "without one the decision has a reason"
        link = await self._link(subject.shipment_id, now)
        values = values_of(subject, person, claimed.key, link, self._sealer, now)
        try:
            words = self.way.compose(values)
        except MissingValueError as error:
            return Ending(claimed, NoticeState.DROPPED, f"lacks_{'_'.join(error.fields)}")
        content = self._content(claimed, words, values)
        handing = Handing(claimed, values.language, content, subject.version)
        return Ready(handing, Outgoing(claimed.notice_id, to, person.name, values, words))

    def _content(self, claimed: Claimed, words: Mapping[str, str], values: Values) -> str:
        """The words as sent, but for what opens the locker or the page."""
        kept = json.dumps(_shown(words, values), ensure_ascii=False)
        return self._sealer.seal_text(kept, content_context(claimed.notice_id))


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
