"""All that happened to a parcel as one list: scans, messages, promises, money, staff. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

from schemas.api import NoticeBody
from schemas.compensation import CompensationBody, CompensationMove, CompensationState
from schemas.notice import Addressee, NoticeState
from schemas.promise import Mover
from schemas.shipment import EntryKind, HistoryEntry
from schemas.staff import Action
from tracking.by_hand import is_by_support
from tracking.domain.promise import Promise
from tracking.staff.notes import Note
from tracking.web.console.aside import beside_entries
from tracking.web.console.conversation import said_in
from tracking.web.console.entry import Entry, Kind
from tracking.web.console.life import Life, Seen
from tracking.web.console.rules import rule_said
from tracking.web.notice_words import ABOUT, BY
from tracking.web.timeline import line_of
from tracking.words.catalog import N_, Words, isolated
from tracking.words.dates import Calendar
from tracking.words.money import money_text

_STATE: Final[Mapping[NoticeState, str]] = {
    NoticeState.PLANNED: N_("waits until then"),
    NoticeState.CLAIMED: N_("being sent"),
    NoticeState.HANDED: N_("being given to the provider"),
    NoticeState.SENT: N_("sent"),
    NoticeState.DELIVERED: N_("arrived"),
    NoticeState.FAILED: N_("did not arrive"),
    NoticeState.UNKNOWN: N_("may have left"),
    NoticeState.DROPPED: N_("not sent"),
}
_WRONG: Final = frozenset({NoticeState.FAILED, NoticeState.UNKNOWN})
MOVED: Final[Mapping[CompensationState, str]] = {
    CompensationState.PROPOSED: N_("waits for a yes"),
    CompensationState.APPROVED: N_("waits for the shop"),
    CompensationState.ISSUED: N_("granted"),
    CompensationState.REDEEMED: N_("used"),
    CompensationState.REVOKED: N_("taken back"),
    CompensationState.REFUSED: N_("refused"),
    CompensationState.FAILED: N_("the shop's system did not do it"),
}
_MOVER: Final[Mapping[Mover, str]] = {
    Mover.SHOP: N_("by the shop"),
    Mover.RULE: N_("by the shop's rule"),
    Mover.SHOPPER: N_("moved by the shopper"),
    Mover.CARRIER: N_("moved by the carrier"),
}
ACTIONS_SAID: Final[Mapping[Action, str]] = {
    Action.LOGGED_IN: N_("logged in"),
    Action.LOGGED_OUT: N_("logged out"),
    Action.IDENTITY_TIED: N_("logged in by the provider of identities for the first time"),
    Action.PASSWORD_CHANGED: N_("changed the password"),
    Action.SESSIONS_ENDED: N_("ended sessions of their own"),
    Action.ROLE_CHANGED: N_("was given another role or other shops"),
    Action.SECOND_FACTOR_SET: N_("set up the second factor"),
    Action.SEARCHED: N_("searched"),
    Action.PARCEL_SEEN: N_("looked at the parcel"),
    Action.PAYLOAD_SEEN: N_("looked at a payload"),
    Action.CONTACT_CORRECTED: N_("corrected the recipient"),
    Action.NOTE_ADDED: N_("wrote a note"),
    Action.MESSAGE_SENT: N_("had a message sent"),
    Action.COMPENSATION_APPROVED: N_("said yes to a compensation"),
    Action.COMPENSATION_REFUSED: N_("said no to a compensation"),
    Action.COMPENSATION_GRANTED: N_("granted a sum by hand"),
    Action.EVENT_ADDED: N_("told an event by hand"),
    Action.EVENT_RETRACTED: N_("took an event back"),
    Action.LINK_MADE: N_("made a new link"),
    Action.LINKS_REVOKED: N_("revoked the links"),
    Action.PERSON_LOOKED_UP: N_("looked at everything that is kept of a person"),
    Action.PERSON_EXPORTED: N_("downloaded a person's data"),
    Action.PERSON_ERASED: N_("erased a person"),
    Action.SHOP_CHANGED: N_("changed the settings"),
    Action.POLICY_LOADED: N_("put rules into force"),
    Action.PARCELS_REGISTERED: N_("registered parcels from a file"),
    Action.WEBHOOK_MADE: N_("added a webhook"),
    Action.WEBHOOK_CHANGED: N_("changed a webhook"),
    Action.WEBHOOK_DELETED: N_("removed a webhook"),
    Action.WEBHOOK_ROTATED: N_("made a new secret of a webhook"),
    Action.WEBHOOK_TESTED: N_("tested a webhook"),
    Action.DELIVERY_RESENT: N_("sent a delivery again"),
    Action.KEY_MADE: N_("made a key"),
    Action.KEY_REVOKED: N_("ended a key"),
    Action.CODE_MAPPED: N_("said what a code means"),
    Action.CODE_UNMAPPED: N_("took back what a code means"),
    Action.QUARANTINE_RETRIED: N_("tried the quarantine again"),
    Action.QUARANTINE_DISMISSED: N_("closed an entry of the quarantine"),
    Action.CASE_OPENED: N_("wrote down a question"),
    Action.CASE_ANSWERED: N_("answered"),
    Action.CASE_SOLVED: N_("closed a case"),
    Action.CASE_REOPENED: N_("opened a case again"),
    Action.CASE_HANDED_OVER: N_("handed a case over"),
    Action.SUPPORT_TEXT_CHANGED: N_("changed a text of the shop"),
}
_SHOWN_THEMSELVES: Final = frozenset({Action.NOTE_ADDED, Action.CASE_OPENED, Action.CASE_ANSWERED})

_WHO: Final[Mapping[str, str]] = {
    "policy": N_("by the rules"),
    "shop": N_("by the shop"),
    "operator": N_("by the operator"),
    "endpoint": N_("by the shop's system"),
    "support": N_("by support"),
}
_WHY: Final[Mapping[str, str]] = {
    "owed": N_("it is owed"),
    "not_owed": N_("it turned out not to be owed"),
    "not_owed_used_is_kept": N_("it turned out not to be owed; what is used is kept"),
    "redeemed": N_("used for an order"),
    "above_role": N_("it is more than the role may grant"),
    "above_approval": N_("so much needs a yes"),
    "budget_spent": N_("the month's money is spent"),
    "promise_over": N_("the promise was over when it was told"),
    "shopper_cap": N_("as much as one shopper gets in a month"),
}


@dataclass(frozen=True, slots=True)
class Day:
    heading: Markup
    entries: Sequence[Entry]


def _moved(before: CompensationMove | None, move: CompensationMove) -> str:
    """Granted once; then it may be worth another sum."""
    if before is None or {before.state, move.state} != {CompensationState.ISSUED}:
        return MOVED[move.state]
    if move.amount == before.amount:
        return MOVED[move.state]
    return N_("raised") if move.amount.cents > before.amount.cents else N_("lowered")


class Teller:
    """`page` are the words of the shopper's page, `words` those of the console."""

    def __init__(self, words: Words, page: Words, calendar: Calendar) -> None:
        self.words, self.page, self.calendar = words, page, calendar

    def story(self, life: Life) -> list[Day]:
        """The latest first."""
        found = [self._timed(each) for each in self._all(life)]
        found.sort(key=lambda each: each.at, reverse=True)
        return [
            Day(self.calendar.heading(day), list(entries))
            for day, entries in groupby(found, key=self._day)
        ]

    def _day(self, entry: Entry) -> date:
        return self.calendar.day_of(entry.at)

    def _timed(self, entry: Entry) -> Entry:
        iso = self.calendar.local(entry.at).isoformat(timespec="seconds")
        return replace(entry, iso=iso, time=entry.time or self.calendar.time(entry.at))

    def _all(self, life: Life) -> Iterator[Entry]:
        abroad = len({e.scan.location.country for e in life.view.history if e.scan.location}) > 1
        for scan in life.view.history:
            yield self._scan(scan, abroad=abroad)
        for notice in life.notices:
            yield self._message(notice)
        for place, promise in enumerate(life.promises):
            yield self._promise(promise, is_first=place == 0)
        for paid in life.paid:
            yield from self._money(paid)
        for seen in life.audit:
            if seen.row.action not in _SHOWN_THEMSELVES:
                yield self._staff(seen)
        for thread in life.threads:
            yield from said_in(thread, self.words, self.page)
        for note in life.notes:
            yield self._note(note)
        yield from beside_entries(life.beside, self.words, self.page)

    def _scan(self, entry: HistoryEntry, *, abroad: bool) -> Entry:
        line, scan = line_of(entry, self.page, self.calendar, abroad=abroad), entry.scan
        received = self.calendar.on(entry.received_at)
        more = [self.words.gettext("received %(when)s", when=received)]
        if scan.code:
            more.append(self.words.gettext("code %(code)s", code=scan.code))
        more.append(self.words.gettext("time as sent: %(raw)s", raw=scan.time.raw))
        details = [each for each in (line.place, line.cause, line.description) if each]
        if is_by_support(scan.event_id):
            details.append(self.words.gettext("told by support"))
        elif scan.event_id:
            more.append(self.words.gettext("event %(id)s", id=scan.event_id))
        return Entry(
            entry.at,
            Kind.SCAN,
            line.text,
            details=details,
            more=more,
            is_wrong=entry.kind is EntryKind.UNRECOGNISED,
            is_void=line.taken_back,
            time=line.about,
            scan=entry.key,
        )

    def _message(self, notice: NoticeBody) -> Entry:
        is_ahead = notice.state is NoticeState.PLANNED
        return Entry(
            notice.due_at if is_ahead else notice.changed_at,
            Kind.MESSAGE,
            self.words.gettext(
                "%(way)s: %(about)s",
                way=self.page.gettext(BY[notice.channel]),
                about=self.page.gettext(ABOUT[notice.occasion]),
            ),
            self.words.gettext(_STATE[notice.state]),
            list(self._why(notice)),
            list(self._said(notice)),
            is_wrong=notice.state in _WRONG,
            is_void=notice.state is NoticeState.DROPPED,
        )

    def _why(self, notice: NoticeBody) -> Iterator[Markup]:
        if notice.addressee is Addressee.BUYER:
            yield self.words.gettext("to the buyer")
        if notice.to:
            yield self.words.gettext("to %(address)s", address=notice.to)
        if notice.explanation:
            yield self.words.gettext(notice.explanation)

    def _said(self, notice: NoticeBody) -> Iterator[Markup]:
        yield self.words.gettext("said when: %(rule)s", rule=self.words.gettext(notice.rule))
        if notice.reason:
            yield self.words.gettext("reason %(code)s", code=notice.reason)
        if notice.provider:
            given = " ".join(filter(None, (notice.provider, notice.provider_id)))
            yield self.words.gettext("provider %(name)s", name=given)
        for text in filter(None, (notice.subject, notice.text)):
            yield Markup('<span class="said">{}</span>').format(text)

    def _promise(self, promise: Promise, *, is_first: bool) -> Entry:
        by = self.calendar.by(promise.by)
        text = N_("Promised %(by)s") if is_first else N_("Promised anew %(by)s")
        return Entry(
            promise.at,
            Kind.PROMISE,
            self.words.gettext(text, by=by),
            details=[self.words.gettext(_MOVER[promise.mover])],
        )

    def _money(self, paid: CompensationBody) -> Iterator[Entry]:
        for before, move in zip((None, *paid.moves), paid.moves, strict=False):
            yield Entry(
                move.at,
                Kind.MONEY,
                self.words.gettext(
                    "%(amount)s: %(rule)s",
                    amount=money_text(move.amount, self.page),
                    rule=rule_said(paid.rule, self.words),
                ),
                self.words.gettext(_moved(before, move)),
                more=[
                    self._by(move),
                    self.words.gettext(
                        "policy %(name)s, version %(n)s",
                        name=paid.policy,
                        n=str(paid.policy_version),
                    ),
                ],
                is_wrong=move.state is CompensationState.FAILED,
            )

    def _by(self, move: CompensationMove) -> Markup:
        """Who moved it and why; what a person wrote is shown as it stands."""
        whom = self.words.gettext(_WHO[move.by]) if move.by in _WHO else escape(move.by)
        if move.why is None:
            return whom
        why = self.words.gettext(_WHY[move.why]) if move.why in _WHY else isolated(move.why)
        return Markup("{}: {}").format(whom, why)

    def _staff(self, seen: Seen) -> Entry:
        said = (seen.detail.get("why"), seen.detail.get("whom"))
        told = [*seen.detail.get("fields", ()), *filter(None, said)]
        return Entry(
            seen.row.at,
            Kind.STAFF,
            self.words.gettext(
                "%(who)s %(did)s",
                who=seen.row.email,
                did=self.words.gettext(ACTIONS_SAID[seen.row.action]),
            ),
            details=[isolated(", ".join(told))] if told else [],
        )

    def _note(self, note: Note) -> Entry:
        said = Markup('<span class="said">{}</span>').format(note.text)
        title = self.words.gettext("Note by %(who)s", who=note.email)
        return Entry(note.at, Kind.STAFF, title, details=[said])
