"""Situations to decide on, and a shopper's phone that keeps what it was sent."""

from datetime import UTC, datetime, timedelta

from notifier.occasions import BonusStanding, Parcel
from notifier.policy import check, decide
from notifier.said import said_of
from notifier.situation import Reach, Situation, Wishes
from schemas.notice import Addressee, Channel, Decision, Key, NoticeState, Told
from schemas.scan import Location, Window
from schemas.shipment import ShipmentState
from schemas.status import Status

NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # in Riga; a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RIGA = "Europe/Riga"


def state(status: Status, since: datetime = NOON, **fields) -> ShipmentState:
    return ShipmentState(status=status, since=since, **fields)


def waiting(
    until: datetime | None, since: datetime = NOON, place: str = "9901", code: str | None = None
) -> ShipmentState:
    where = Location(name="Rīga Akropole", place_id=place)
    pickup = {"pickup_until": until, "pickup_place": where, "pickup_code": code}
    return state(Status.READY_FOR_PICKUP, since, **pickup)


def coming(
    starts: datetime, ends: datetime, since: datetime = NOON, *, attempts: int = 0
) -> ShipmentState:
    window = Window(**{"from": starts, "to": ends})
    return state(Status.OUT_FOR_DELIVERY, since, estimate=window, attempts=attempts)


def everybody(*, sms: str | None = None, email: str | None = None, push: str | None = None):
    obstacles = {Channel.SMS: sms, Channel.EMAIL: email, Channel.PUSH: push}
    return [Reach(Addressee.RECIPIENT, obstacles)]


class Shopper:
    """Applies decisions as the store would, and sends what is due at once."""

    def __init__(self, reaches=None, wishes: Wishes | None = None, promise_by=None) -> None:
        self.reaches = reaches or everybody()
        self.wishes = wishes or Wishes()
        self.promise_by = promise_by
        self.bonus: BonusStanding | None = None
        self.expected_at: datetime | None = None
        self.told: dict[Key, Told] = {}
        self.sent: list[tuple[datetime, Key]] = []

    def situation(self, now_state: ShipmentState, registered: datetime = NOON) -> Situation:
        parcel = Parcel(now_state, registered, self.promise_by, RIGA, self.bonus, self.expected_at)
        return Situation(parcel, self.reaches, self.told, self.wishes)

    def hear(self, now_state: ShipmentState, now: datetime) -> list[Decision]:
        """News came: decide and keep what was decided."""
        decisions = decide(self.situation(now_state), now)
        for each in decisions:
            kept = NoticeState.DROPPED if each.reason else NoticeState.PLANNED
            self.told[each.key] = Told(each.key, kept, each.due_at, now, each.reason, each.until)
        return decisions

    def send_due(self, now_state: ShipmentState, now: datetime) -> None:
        for key, told in list(self.told.items()):
            if told.state is NoticeState.PLANNED and told.due_at <= now:
                decision = check(self.situation(now_state), key, now)
                self.told[key] = self._handled(decision, now_state, now)

    def _handled(self, decision: Decision, now_state: ShipmentState, now: datetime) -> Told:
        if decision.reason:
            dropped = NoticeState.DROPPED
            return Told(decision.key, dropped, decision.due_at, now, decision.reason)
        if decision.due_at > now:
            planned = NoticeState.PLANNED
            return Told(decision.key, planned, decision.due_at, now, None, decision.until)
        self.sent.append((now, decision.key))
        said = said_of(now_state, now)
        return Told(decision.key, NoticeState.SENT, decision.due_at, now, None, None, said)

    def live(self, now_state: ShipmentState, now: datetime) -> list[str]:
        """News and what is due; what was sent by it, as "occasion/channel"."""
        before = len(self.sent)
        self.hear(now_state, now)
        self.send_due(now_state, now)
        return sorted(f"{key.occasion}/{key.channel}" for _, key in self.sent[before:])
