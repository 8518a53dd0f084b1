"""Measures on the real database: counted by day, in any order, once; closed before sources go."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from promise_shop import DAY, HOUR, NOON, Shop

from schemas.measures import By
from schemas.retention import ages, kept_for
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking import retention
from tracking.measures import Asked, measures
from tracking.measuring import OPEN_FOR, SOURCES, count_due, mark_due, open_for, opens, rebuild
from tracking.sql import SQL
from tracking.store.measures import Span, count_measures, mark_months, take_due
from tracking.store.pool import open_pool

TODAY = NOON.date()
YEAR = Asked(date(2025, 12, 1), TODAY)
NEVER = timedelta()
SPACE = UUID(int=5)
POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted"
    " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)
CELLS = "SELECT to_jsonb(m)::text FROM measure AS m ORDER BY 1"
PARTS = "SELECT to_jsonb(m)::text FROM measure_part AS m ORDER BY 1"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


def key_of(number: int) -> UUID:
    return shipment_id("omniva", f"CE{number}")


class Desk:
    """What shoppers ask and think, as others write it down."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.numbers = shop, count(1)

    async def asks(
        self,
        number: int = 1,
        *,
        at: datetime,
        topic: str = "where_is_it",
        follows: UUID | None = None,
        opened_by: str = "shopper",
        now: datetime | None = None,
        contacts: int = 1,
    ) -> UUID:
        case_id = uuid5(SPACE, f"{number} {next(self.numbers)}")
        await self.shop.pool.execute(
            "INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state,"
            " language, contacts, follows, opened_at, asked_at, changed_at)"
            " VALUES ($1, $2, $3, $4, $5, 'open', 'lv', $6, $7, $8, $8, $9)",
            key_of(number),
            case_id,
            self.shop.merchant_id,
            topic,
            opened_by,
            contacts,
            follows,
            at,
            now or at,
        )
        return case_id

    async def change(self, case_id: UUID, now: datetime, **columns: object) -> None:
        for name, value in columns.items():
            await self.shop.pool.execute(CHANGES[name], case_id, value, now)

    async def answers(self, number: int, at: datetime, recommend: int | None, **more) -> None:
        await self.shop.pool.execute(
            "INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend,"
            " courier, packaging) VALUES ($1, $2, 'omniva', $3, $4, $5, $6)",
            key_of(number),
            self.shop.merchant_id,
            at,
            recommend,
            more.get("courier"),
            more.get("packaging"),
        )

    async def is_told(self, number: int, state: str, at: datetime, **more) -> None:
        await self.shop.pool.execute(
            "INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id,"
            " state, due_at, until, version, planned_at, changed_at, cost, currency, merchant_id)"
            " VALUES ($1, 'delivered', $2, $3, 'recipient', gen_random_uuid(), $4, $5, $5, 1, $5,"
            " $5, $6, $7, $8)"
            " ON CONFLICT (shipment_id, occasion, round, channel, addressee) DO UPDATE"
            " SET state = EXCLUDED.state, changed_at = EXCLUDED.changed_at, cost = EXCLUDED.cost",
            key_of(number),
            more.get("round", ""),
            more.get("channel", "sms"),
            state,
            at,
            more.get("cost"),
            "EUR" if more.get("cost") else None,
            self.shop.merchant_id,
        )


CHANGES = {
    "answered_at": (
        "UPDATE support_case SET answered_at = $2, state = 'answered', changed_at = $3"
        " WHERE case_id = $1"
    ),
    "solved_at": (
        "UPDATE support_case SET solved_at = $2, state = 'solved', changed_at = $3"
        " WHERE case_id = $1"
    ),
    "contacts": (
        "UPDATE support_case SET contacts = $2, state = 'open', solved_at = NULL, changed_at = $3"
        " WHERE case_id = $1"
    ),
}


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


async def round_at(pool: asyncpg.Pool, now: datetime) -> int:
    await mark_due(pool, now, every=NEVER)
    return await count_due(pool, at_once=2)


async def cells(pool: asyncpg.Pool) -> tuple[list[str], list[str]]:
    found = await pool.fetch(CELLS), await pool.fetch(PARTS)
    return [row[0] for row in found[0]], [row[0] for row in found[1]]


async def from_scratch(pool: asyncpg.Pool, now: datetime) -> tuple[list[str], list[str]]:
    await pool.execute("DELETE FROM measure")
    await pool.execute("DELETE FROM measure_part")
    await pool.execute("UPDATE measure_state SET looked_at = '-infinity'")
    await round_at(pool, now)
    return await cells(pool)


async def test_what_happened_to_parcels_is_counted(shop, desk, pool):
    await shop.load(POLICY)
    for number in range(1, 7):
        await shop.promise(number, by=NOON + 6 * HOUR)
        await shop.scan(Status.IN_TRANSIT, number, at=NOON)
    for number in range(1, 5):
        await shop.scan(Status.DELIVERED, number, at=NOON + 5 * HOUR)
    await shop.pass_time(NOON + 2 * DAY)
    for number, state in ((1, "delivered"), (2, "sent"), (3, "failed"), (4, "dropped")):
        await desk.is_told(number, state, shop.now, cost=45_000 if number < 3 else None)
    await desk.is_told(5, "delivered", shop.now, channel="push")
    await round_at(pool, shop.now)
    found = (await measures(pool, YEAR)).total
    assert found.parcels == 6
    assert (found.on_time.part, found.on_time.whole, found.on_time.percent) == (4, 6, 66.7)
    sms = found.messages["sms"]
    assert (sms.went.part, sms.went.whole, sms.confirmed) == (2, 3, 1)
    assert sms.went.percent is None, "of three nothing is said"
    assert (found.messages["push"].went.part, found.messages_went.whole) == (1, 4)
    assert [each.total.amount for each in found.message_cost] == ["0.090000"]
    assert [each.per_parcel.amount for each in found.message_cost] == ["0.015000"]
    assert [each.total.amount for each in found.bonus_cost] == ["6.000000"]


async def test_a_bonus_that_is_taken_back_costs_nothing_any_more(shop, pool):
    await shop.load(POLICY)
    await shop.promise(1, by=NOON + 6 * HOUR)
    await shop.scan(Status.IN_TRANSIT, 1, at=NOON)
    await shop.pass_time(NOON + 2 * DAY)
    await shop.pump()
    await round_at(pool, shop.now)
    assert [each.total.amount for each in (await measures(pool, YEAR)).total.bonus_cost] == [
        "3.000000"
    ]
    await shop.scan(Status.DELIVERED, 1, at=NOON + HOUR)
    await shop.pump()
    await round_at(pool, shop.now)
    found = (await measures(pool, YEAR)).total
    assert (found.bonus_cost, found.on_time.part) == ([], 1)


async def test_what_shoppers_asked_is_counted(shop, desk, pool):
    for number in range(1, 7):
        await shop.register(number)
    now = NOON
    first = await desk.asks(1, at=now)
    await desk.change(first, now, answered_at=now + HOUR, solved_at=now + HOUR)
    await desk.asks(1, at=now + 3 * DAY, follows=first, topic="not_received")
    second = await desk.asks(2, at=now, topic="damaged")
    await desk.change(second, now, solved_at=now + HOUR)
    third = await desk.asks(3, at=now, contacts=3)
    await desk.change(third, now, solved_at=now + HOUR)
    late = await desk.asks(4, at=now)
    await desk.change(late, now, solved_at=now + HOUR)
    await desk.asks(4, at=now + HOUR + 14 * DAY, follows=late)
    await desk.asks(5, at=now, opened_by="survey", topic="feedback")
    await desk.asks(6, at=now, opened_by="staff")
    await round_at(pool, now + 20 * DAY)
    wanted = Asked(TODAY, TODAY + 20 * DAY)
    found = await measures(pool, wanted)
    total = found.total
    assert (total.cases, total.contacts, total.contacts_per_thousand) == (7, 9, 1500.0)
    assert (total.repeats.part, total.repeats.whole) == (4, 9)
    assert (total.solved_in_one.part, total.solved_in_one.whole) == (2, 4)
    assert (total.first_answer.cases, total.first_answer.p50_minutes) == (1, None)
    assert [(each.topic, each.cases) for each in found.topics] == [
        ("where_is_it", 5),
        ("damaged", 1),
        ("not_received", 1),
    ]
    hours = {(each.weekday, each.hour): each.cases for each in found.hours}
    assert hours == {(5, 12): 5, (1, 12): 1, (5, 13): 1}, "noon in Riga is ten in UTC"


async def test_what_shoppers_thought_is_counted_on_the_day_they_said_it(shop, desk, pool):
    marks = [10, 9, 9, 8, 3, None]
    packed = ["right", "right", "too_big", "damaged", "right", "right"]
    for number, (mark, how) in enumerate(zip(marks, packed, strict=True), 1):
        await shop.register(number)
        await desk.answers(number, NOON + 40 * DAY, mark, packaging=how, courier=number % 5 + 1)
    await round_at(pool, NOON + 41 * DAY)
    found = await measures(pool, Asked(TODAY, TODAY + 41 * DAY))
    assert [each.figures.recommend.score for each in found.periods] == [None, 40]
    assert [each.figures.parcels for each in found.periods] == [6, 0]
    score = found.total.recommend
    assert (score.answers, score.promoters, score.passives, score.detractors) == (5, 3, 1, 1)
    assert (found.total.packaging.percent, found.total.too_big.part) == (33.3, 1)
    assert (found.total.courier.average, found.total.courier.answers) == (2.83, 6)


async def test_a_day_is_one_of_riga_also_when_the_clocks_change(shop, pool):
    for number, at in enumerate(
        (
            datetime.fromisoformat("2026-10-24T23:59:59+03:00"),
            datetime.fromisoformat("2026-10-25T00:00:00+03:00"),
            datetime.fromisoformat("2026-10-25T23:59:59+02:00"),
            datetime.fromisoformat("2026-10-26T00:00:00+02:00"),
        ),
        1,
    ):
        shop.now = at
        await shop.register(number)
    await round_at(pool, NOON)
    found = await measures(pool, Asked(date(2026, 10, 24), date(2026, 10, 26), By.DAY))
    assert [each.figures.parcels for each in found.periods] == [1, 2, 1]


async def test_each_carrier_and_each_shop_by_itself(shop, desk, pool):
    other = await Shop.open(pool, "Other")
    await shop.register(1)
    await other.register(2)
    await shop.register(3, carrier="dpd")
    await round_at(pool, NOON)
    found = await measures(pool, YEAR)
    assert [(each.carrier, each.figures.parcels) for each in found.carriers] == [
        ("omniva", 2),
        ("dpd", 1),
    ]
    assert (await measures(pool, YEAR, [other.merchant_id])).total.parcels == 1
    assert (await measures(pool, YEAR, [])).total.parcels == 0
    of_dpd = await measures(pool, YEAR._replace(carrier="dpd"), [shop.merchant_id])
    assert of_dpd.total.parcels == 1
    assert [each.carrier for each in of_dpd.carriers] == ["dpd"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-08-15", "2026-11-20"),
        ("2026-09-01", "2026-10-31"),
        ("2026-09-02", "2026-10-30"),
        ("2026-10-03", "2026-10-03"),
        ("2026-08-31", "2026-09-30"),
    ],
)
async def test_by_month_by_week_and_by_day_are_the_same_in_all(shop, desk, pool, first, last):
    for number in range(1, 12):
        shop.now = NOON - number * 9 * DAY
        await shop.register(number, carrier="dpd" if number % 3 else "omniva")
        await desk.is_told(number, "sent", shop.now, cost=number * 1000)
    await round_at(pool, NOON)
    days = date.fromisoformat(first), date.fromisoformat(last)
    by_day, by_week, by_month = [await measures(pool, Asked(*days, by)) for by in By]
    assert by_day.total == by_week.total == by_month.total
    assert by_day.carriers == by_week.carriers == by_month.carriers
    assert by_day.before == by_month.before
    inside = [n for n in range(1, 12) if days[0] <= (NOON - n * 9 * DAY).date() <= days[1]]
    assert by_month.total.parcels == len(inside)


async def test_it_is_said_until_when_all_is_counted(shop, pool):
    assert (await measures(pool, YEAR)).as_of is None
    await shop.register(1)
    await mark_due(pool, NOON)
    assert (await measures(pool, YEAR)).as_of is None, "the first count is not done"
    await count_due(pool)
    assert (await measures(pool, YEAR)).as_of == NOON
    await shop.register(2)
    await mark_due(pool, NOON + HOUR)
    assert (await measures(pool, YEAR)).as_of == NOON, "what came since is not counted yet"
    await count_due(pool)
    assert (await measures(pool, YEAR)).as_of == NOON + HOUR


async def test_days_of_which_nothing_changed_are_left_alone(shop, pool):
    await shop.register(1)
    shop.now = NOON + DAY
    await shop.register(2)
    assert await round_at(pool, shop.now) == 2
    assert await round_at(pool, shop.now + HOUR) == 1, "of the day before nothing is new"
    assert await round_at(pool, shop.now + 2 * HOUR) == 0


async def test_it_is_looked_once_a_minute_whoever_does_it(shop, pool):
    assert await mark_due(pool, NOON)
    assert not await mark_due(pool, NOON + timedelta(seconds=59))
    assert await mark_due(pool, NOON + timedelta(seconds=60))
    assert not await mark_due(pool, NOON - DAY), "a clock that is behind"


async def test_what_was_committed_late_is_found(shop, desk, pool):
    """A transaction began before somebody looked, and ended after that."""
    await shop.register(1)
    await round_at(pool, NOON + 30 * DAY)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(
            "INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend)"
            " VALUES ($1, $2, 'omniva', $3, 10)",
            key_of(1),
            shop.merchant_id,
            NOON + 30 * DAY,
        )
        await round_at(pool, NOON + 30 * DAY + timedelta(minutes=1))
    await round_at(pool, NOON + 30 * DAY + timedelta(minutes=2))
    found = await measures(pool, Asked(TODAY, TODAY + 31 * DAY))
    assert found.total.recommend.answers == 1


async def test_a_day_is_closed_before_its_sources_go(shop, desk, pool):
    await shop.register(1)
    await desk.is_told(1, "delivered", NOON)
    await round_at(pool, NOON)
    kept = await cells(pool)
    now = NOON + OPEN_FOR + DAY
    await pool.execute("DELETE FROM notice")
    await desk.asks(1, at=NOON, now=now)
    assert await round_at(pool, now) == 0
    assert await rebuild(pool, date(2026, 1, 1), now) == 0
    assert await cells(pool) == kept


async def test_within_that_time_a_change_is_counted(shop, desk, pool):
    await shop.register(1)
    await round_at(pool, NOON)
    await desk.is_told(1, "delivered", NOON + OPEN_FOR - DAY)
    assert await round_at(pool, NOON + OPEN_FOR - DAY) == 1
    assert (await measures(pool, YEAR)).total.messages["sms"].confirmed == 1


COUNTED = ("notice", "registration", "outcome", "compensation", "support_case", "survey")
DELETES = re.compile(rf"DELETE FROM ({'|'.join(COUNTED)})\b")


def test_whatever_is_deleted_of_what_is_counted_closes_its_day_before():
    """Of what retention deletes by age; whoever adds a rule meets this."""
    deleting = {r.kind for r in retention.RULES if DELETES.search(SQL[r.prune.__name__])}
    assert deleting == set(SOURCES)


@pytest.mark.parametrize(
    ("kept", "days"),
    [("cases=730d", 180), ("cases=90d", 88), ("notices=30d", 28), ("contacts=1d", 180),
     ("notices=1d", 1)],
)  # fmt: skip
def test_a_day_is_closed_before_the_operator_has_its_sources_deleted(kept, days):
    assert open_for(ages([kept_for(kept)])) == timedelta(days=days)


async def test_so_a_day_may_be_closed_sooner(shop, desk, pool):
    await shop.register(1)
    await round_at(pool, NOON)
    await desk.is_told(1, "delivered", NOON + 30 * DAY)
    month = open_for(ages([kept_for("notices=30d")]))
    await mark_due(pool, NOON + 30 * DAY, open_=month)
    assert await count_due(pool) == 0
    assert await rebuild(pool, TODAY, NOON + 30 * DAY, open_=month) == 0
    assert await rebuild(pool, TODAY, NOON + 30 * DAY) == 1


async def test_a_rebuild_ends_the_same_and_mends_what_is_wrong(shop, desk, pool):
    for number in range(1, 4):
        shop.now = NOON + number * DAY
        await shop.register(number)
        await desk.asks(number, at=shop.now)
    await round_at(pool, shop.now)
    right = await cells(pool)
    await pool.execute("UPDATE measure SET parcels = 99")
    await pool.execute("DELETE FROM measure_part WHERE kind = 'hour'")
    assert await rebuild(pool, opens(shop.now), shop.now) == 3
    assert await cells(pool) == right


async def test_several_count_at_once(shop, desk, pool):
    for number in range(1, 13):
        shop.now = NOON + number * DAY
        await shop.register(number)
        await desk.asks(number, at=shop.now)
    await mark_due(pool, shop.now)
    counted = await asyncio.gather(*(count_due(pool, at_once=1) for _ in range(4)))
    assert sum(counted) == 12
    found = await cells(pool)
    assert found == await from_scratch(pool, shop.now)


async def test_a_month_is_not_added_up_while_one_of_its_days_is_counted(shop, pool):
    """Its mark is held by who counts the day, also where it stood there before."""
    await shop.register(1)
    await mark_due(pool, NOON)
    month = "INSERT INTO measure_due VALUES ($1, 'month', $2, $3)"
    await pool.execute(month, shop.merchant_id, TODAY.replace(day=1), NOON)
    async with pool.acquire() as conn, conn.transaction():
        days = await take_due(conn, Span.DAY, 5)
        await count_measures(conn, days, "Europe/Riga", DAY)
        await mark_months(conn, days)
        assert await count_due(pool) == 0
        assert await pool.fetchval("SELECT count(*) FROM measure") == 0
    assert await count_due(pool) == 0
    found = await pool.fetch("SELECT span, parcels FROM measure ORDER BY span")
    assert [tuple(row) for row in found] == [("day", 1), ("month", 1)]


async def test_what_changes_while_it_is_counted_is_counted_again(shop, desk, pool):
    """Somebody has taken the day; what makes it due again waits for that, and is not lost."""
    await shop.register(1)
    await mark_due(pool, NOON)
    async with pool.acquire() as conn:
        begun = conn.transaction()
        await begun.start()
        assert len(await conn.fetch(SQL["take_due"], "day", 5)) == 1
        await desk.asks(1, at=NOON, now=NOON + HOUR)
        marking = asyncio.create_task(mark_due(pool, NOON + HOUR))
        while not await pool.fetchval(WAITING):
            assert not marking.done()
        await begun.commit()
    assert await marking
    assert await count_due(pool) == 1
    assert (await measures(pool, YEAR)).total.cases == 1


async def test_what_takes_too_long_is_done_in_smaller_steps(shop, pool):
    """The server ends a statement at its limit, as somebody does here."""
    for number in range(1, 4):
        shop.now = NOON + number * DAY
        await shop.register(number)
    await mark_due(pool, shop.now)
    async with pool.acquire() as conn:
        begun = conn.transaction()
        await begun.start()
        await conn.execute("LOCK TABLE measure IN SHARE MODE")
        counting = asyncio.create_task(count_due(pool, at_once=2))
        while not await pool.fetchval(WAITING):
            assert not counting.done()
        await pool.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        await begun.rollback()
    assert await counting == 3
    assert (await cells(pool)) == await from_scratch(pool, shop.now)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.integers(1, 4)),
        st.tuples(st.just("tell"), st.integers(1, 4), st.sampled_from(["sent", "failed"])),
        st.tuples(st.just("ask"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("solve"), st.integers(0, 3)),
        st.tuples(st.just("write"), st.integers(0, 3)),
        st.tuples(st.just("think"), st.integers(1, 4), st.integers(0, 10)),
        st.tuples(st.just("deliver"), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.integers(1, 70)),  # hours
        st.tuples(st.just("mark")),
        st.tuples(st.just("count")),
        st.tuples(st.just("kill")),
    ),
    min_size=4,
    max_size=25,
)
SHOPS = count(1)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
async def test_any_order_of_changes_and_rounds_ends_as_counted_from_scratch(pool, steps):
    await pool.execute(
        "TRUNCATE measure, measure_part, measure_due, registration, shipment, notice, outcome,"
        " support_case, survey, scan, outbox, deadline, standing, promise, eta, person_index"
    )
    await pool.execute("UPDATE measure_state SET looked_at = '-infinity'")
    shop = await Shop.open(pool, f"Shop {next(SHOPS)}")
    desk, seen = Desk(shop), Seen()
    for step in steps:
        await _step(shop, desk, seen, step)
    await round_at(pool, shop.now)
    found = await cells(pool)
    assert found == await from_scratch(pool, shop.now)


class Seen:
    """What there is to change: cases are asked of parcels that are known, surveys answered once."""

    def __init__(self) -> None:
        self.parcels, self.thought = set[int](), set[int]()
        self.cases = list[UUID]()


async def _step(shop, desk, seen, step) -> None:
    shop.now += timedelta(minutes=7)
    match step:
        case ("register", number):
            await shop.promise(number, by=NOON + DAY)
            seen.parcels.add(number)
        case ("tell", number, state):
            await desk.is_told(number, state, shop.now, cost=1000)
        case ("ask", number, follows) if number in seen.parcels:
            before = seen.cases[-1] if seen.cases and follows else None
            seen.cases.append(await desk.asks(number, at=shop.now, follows=before))
        case ("solve", place) if place < len(seen.cases):
            await desk.change(seen.cases[place], shop.now, solved_at=shop.now)
        case ("write", place) if place < len(seen.cases):
            await desk.change(seen.cases[place], shop.now, contacts=place + 2)
        case ("think", number, mark) if number not in seen.thought:
            seen.thought.add(number)
            await desk.answers(number, shop.now, mark)
        case ("deliver", number):
            await shop.scan(Status.DELIVERED, number)
        case ("wait", hours):
            shop.now += hours * HOUR
        case ("mark",):
            await mark_due(shop.pool, shop.now, every=NEVER)
        case ("count",):
            await count_due(shop.pool, at_once=1)
        case ("kill",):
            await _killed(shop.pool)


async def _killed(pool: asyncpg.Pool) -> None:
    """A process had a day in hand and was not heard of again."""
    async with pool.acquire() as conn:
        begun = conn.transaction()
        await begun.start()
        await conn.fetch(SQL["take_due"], "day", 1)
        await conn.execute("DELETE FROM measure")
        await begun.rollback()
