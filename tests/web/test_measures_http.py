"""`GET /v1/measures`: a shop sees itself and nobody else; as JSON and as a table."""

import csv
import io
from datetime import timedelta

import pytest
from measured import counted, fill, open_shop
from staging import START

from schemas.measures import By, Measures
from tracking.measures import asked

TODAY = START.date()


@pytest.fixture
async def shop(world):
    """The key of a shop with a year behind it."""
    await fill(world, await open_shop(world, "Zvejnieks"))
    return await world.key("merchant", "Zvejnieks")


async def got(world, key, query: str = "") -> Measures:
    answer = await world.call("GET", f"/v1/measures{query}", headers=key)
    assert answer.status == 200, answer.text
    return Measures.model_validate_json(answer.text)


async def test_a_shop_reads_its_last_twelve_months(world, shop):
    found = await got(world, shop)
    assert (found.first.isoformat(), found.last) == ("2025-12-01", TODAY)
    assert (found.zone, found.as_of, found.by) == ("Europe/Riga", START, By.MONTH)
    assert len(found.periods) == 12
    assert sum(each.figures.parcels for each in found.periods) == found.total.parcels == 1000
    assert found.periods[0].figures.parcels == 0, "nothing is not left out"
    assert found.periods[0].figures.on_time.percent is None
    by_carrier = {each.carrier: each.figures for each in found.carriers}
    assert list(by_carrier) == ["omniva", "dpd", "venipak"]
    assert by_carrier["venipak"].on_time.percent == 65.2  # 217 of 333
    assert by_carrier["omniva"].on_time.percent == 97.9
    total = found.total
    assert total.on_time.whole == 1000
    assert total.messages["sms"].went.percent == 90.0
    assert [(each.total.amount, each.per_parcel.amount) for each in total.message_cost] == [
        ("45.000000", "0.045000")
    ]
    assert (total.cases, total.contacts, total.contacts_per_thousand) == (50, 60, 60.0)
    assert (total.solved_in_one.part, total.solved_in_one.whole) == (40, 50)
    assert (total.recommend.score, total.recommend.answers) == (40, 100)
    assert (total.packaging.percent, total.too_big.percent) == (40.0, 20.0)
    assert 20 * 60 < total.first_answer.p50_minutes < 31 * 60, "25.5 hours, to a fifth"
    assert [(each.topic, each.cases) for each in found.topics] == [
        ("where_is_it", 33),
        ("damaged", 17),
    ]
    assert sum(each.cases for each in found.hours) == 50


async def test_another_time_another_carrier(world, shop):
    of_week = await got(world, shop, "?from=2026-11-09&to=2026-11-15&by=day&carrier=dpd")
    assert [each.figures.parcels for each in of_week.periods] in (
        [1, 2, 1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1, 2, 1],
        [2, 1, 1, 2, 1, 1, 2],
    )
    assert [each.carrier for each in of_week.carriers] == ["dpd"]
    assert of_week.before.parcels in {9, 10}
    weeks = await got(world, shop, "?from=2026-11-01&to=2026-11-20&by=week")
    days = [(each.first.day, each.last.day) for each in weeks.periods]
    assert days == [(1, 1), (2, 8), (9, 15), (16, 20)], "cut where what was asked for ends"
    assert (await got(world, shop, "?from=2020-01-01&to=2020-02-01")).total.parcels == 0


async def test_another_shop_is_not_there(world, shop):
    rival = await open_shop(world, "Rival")
    key = await world.key("merchant", "Rival")
    assert (await got(world, key)).total.parcels == 0
    assert (await got(world, key)).carriers == []
    own = await world.pool.fetchval("SELECT merchant_id FROM merchant WHERE name = 'Zvejnieks'")
    for path in ("/v1/measures", "/v1/measures.csv"):
        asked_ = await world.call("GET", f"{path}?shop={own}", headers=key)
        nowhere = await world.call("GET", f"{path}?shop=nonsense", headers=key)
        assert (asked_.status, asked_.text) == (nowhere.status, nowhere.text)
        assert asked_.status == 404
    assert (await got(world, key, f"?shop={rival}")).total.parcels == 0
    assert (await got(world, shop, f"?shop={own}")).total.parcels == 1000


async def test_support_reads_all_shops_or_one(world, shop):
    rival = await open_shop(world, "Rival")
    await world.register(await world.key("merchant", "Rival"))
    world.clock.pass_by(minutes=2)
    await counted(world)
    desk = await world.key("support")
    assert (await got(world, desk)).total.parcels == 1001
    assert (await got(world, desk, f"?shop={rival}")).total.parcels == 1


async def test_couriers_and_strangers_read_nothing(world):
    courier = await world.key("courier", carrier="omniva")
    for path in ("/v1/measures", "/v1/measures.csv"):
        assert (await world.call("GET", path, headers=courier)).status == 403
        assert (await world.call("GET", path)).status == 401


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "from: not a day"),
        ("to=2026-13-01", "to: not a day"),
        ("from=2026-11-20&to=2026-11-19", "from: a day after"),
        ("from=2000-01-01", "from: more than five years"),
        ("from=0001-01-01", "from: not between"),
        ("to=9999-12-31", "to: not between"),
        ("from=2025-01-01&by=day", "by: more than 400"),
        ("by=year", "by: not one of day, week, month"),
        ("carrier=%00", "carrier: not a code"),
        ("carrier=DPD%20Latvija", "carrier: not a code"),
    ],
)
async def test_what_cannot_be_shown_is_said(world, query, said):
    key = await world.key("merchant", "Shop")
    answer = await world.call("GET", f"/v1/measures?{query}", headers=key)
    assert (answer.status, answer.json["detail"].startswith(said)) == (400, True), answer.text


async def test_as_a_table_it_says_the_same(world, shop):
    answer = await world.call("GET", "/v1/measures.csv", headers=shop)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == 'attachment; filename="klat-measures-2025-12-01-2026-11-20.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    found = await got(world, shop)
    assert [row["carrier"] for row in rows] == [*[""] * 12, "omniva", "dpd", "venipak"]
    last = found.periods[-1].figures
    assert rows[11]["first"] == "2026-11-01"
    assert rows[11]["parcels"] == str(last.parcels)
    assert rows[11]["on_time_percent"] == str(last.on_time.percent)
    assert (rows[0]["nps"], rows[0]["on_time_percent"]) == ("", ""), "not known is not nothing"
    assert rows[14]["bonus_cost_EUR"] == found.carriers[2].figures.bonus_cost[0].total.amount
    assert {None, "nps"} & set(rows[0]) == {"nps"}, "as many cells as columns"


async def test_no_cell_is_a_formula(world):
    """Of what others may name, a carrier's code is all that stands in it."""
    shop = await open_shop(world, "Shop")
    await world.pool.execute(
        "INSERT INTO measure"
        " SELECT (jsonb_populate_record(NULL::measure, z || jsonb_build_object("
        " 'merchant_id', $1::uuid, 'span', 'month', 'day', $2::date, 'carrier', '=1+1',"
        " 'parcels', 1))).*"
        " FROM (SELECT jsonb_object_agg(column_name, 0) AS z FROM information_schema.columns"
        "       WHERE table_name = 'measure' AND data_type = 'integer') AS x",
        shop,
        TODAY.replace(day=1),
    )
    key = await world.key("merchant", "Shop")
    text = (await world.call("GET", "/v1/measures.csv", headers=key)).text
    assert ",'=1+1,1," in text
    assert ",=1" not in text


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2025-12-01", "2026-11-20"),
        ({"to": "2026-01-31"}, "2025-02-01", "2026-01-31"),
        ({"to": "2024-12-01"}, "2024-01-01", "2024-12-01"),
        ({"from": "2026-11-20"}, "2026-11-20", "2026-11-20"),
        ({"from": " ", "to": ""}, "2025-12-01", "2026-11-20"),
    ],
)
def test_what_is_left_out_is_the_last_year(query, first, last):
    found = asked(query, TODAY)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


async def test_the_day_is_that_of_riga(world):
    """At half past ten in the evening, UTC, it is tomorrow there."""
    world.clock.now = START.replace(hour=22, minute=30)
    key = await world.key("merchant", "Shop")
    assert (await got(world, key)).last == TODAY + timedelta(days=1)
