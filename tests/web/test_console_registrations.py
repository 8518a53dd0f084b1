"""Parcels from a file in the console: looked at first, registered once, said line by line."""

import base64
import csv
import io
import re
from html import escape, unescape

import aiohttp
import pytest
from shop_desk import ShopDesk, plain

from schemas.staff import StaffRole
from tracking.bulk.lines import read_lines
from tracking.bulk.run import Outcome, foresee, register_lines
from tracking.bulk.table import LONGEST, read_table
from tracking.errors import StoreUnavailable
from tracking.register import register

HEAD = "tracking_number;order;name;phone;country;postcode"
GOOD = "CE100000001EE;1001;Jānis Bērziņš;20000001;LV;LV-1010"
SEEN = re.compile(r'name="seen" value="([0-9a-f]{32})"')
TEXT = re.compile(r'<textarea name="text" hidden readonly>\n(.*?)</textarea>', re.DOTALL)
REPORT = re.compile(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="klat-report')


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world)


async def sends(desk, *, file=None, **fields):
    """As a browser does."""
    form = aiohttp.FormData()
    await desk.page("/registrations")
    for name, value in {"form": desk.browser.form, "carrier": "omniva", **fields}.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(file or b""), filename="parcels.csv", content_type="text/csv")
    answer = await desk.world.call("POST", f"{desk.path}/registrations", data=form)
    answer.raw, answer.text = answer.text, plain(answer.text)
    return answer


async def goes_on(desk, looked):
    """The button below what was looked at."""
    text = unescape(TEXT.search(looked.raw)[1]).replace("\n", "\r\n")
    return await sends(desk, text=text, seen=SEEN.search(looked.text)[1], do="register")


def rows(answer):
    report = base64.b64decode(REPORT.search(answer.raw)[1]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(report, newline="")))


def file(*lines):
    return "\r\n".join([HEAD, *lines]).encode("utf-8-sig")


async def parcels(desk):
    return await desk.world.pool.fetchval("SELECT count(*) FROM registration")


async def test_a_file_is_looked_at_and_then_registered_once(desk):
    body = file(GOOD, "CE100000002EE;1002;=cmd|x;;;", "-bad?;1003;Ieva;12;;")
    looked = await sends(desk, file=body)
    assert (looked.status, await parcels(desk)) == (200, 0)
    assert "Nothing is registered yet" in looked.text
    assert "Register 2 lines" in looked.text
    assert "<code>phone</code> must be a phone number" in looked.text
    assert [row[:3] for row in rows(looked)] == [
        ["line", "parcel number", "what becomes of it"],
        ["2", "CE100000001EE", "will be registered"],
        ["3", "CE100000002EE", "will be registered"],
        ["4", "'-bad?", "cannot be registered"],
    ]
    assert rows(looked)[3][3] == "tracking_number | phone"

    done = await goes_on(desk, looked)
    assert (done.status, await parcels(desk)) == (200, 2)
    assert [row[2] for row in rows(done)[1:]] == [
        "registered",
        "registered",
        "cannot be registered",
    ]
    assert "Go on with" not in done.text

    again = await sends(desk, file=body)
    assert [row[2] for row in rows(again)[1:3]] == ["is registered just so"] * 2
    assert "Register " not in again.text.partition('id="report"')[2].partition("</form>")[0]
    ((action, detail),) = await desk.audit()
    assert (action, detail["what"]) == ("parcels_registered", "2")
    kept = await desk.world.pool.fetch("SELECT merchant_id FROM registration")
    assert {row["merchant_id"] for row in kept} == {desk.shop}


async def test_it_is_the_same_registration_as_by_the_call(desk):
    shop = await desk.world.key("merchant", "Shop")
    done = await goes_on(desk, await sends(desk, file=file(GOOD)))
    assert "registered" in done.text
    found = await desk.world.call("GET", "/v1/shipments?order=1001", headers=shop)
    assert (found.status, found.json["tracking_number"]) == (200, "CE100000001EE")
    changed = file(GOOD.replace("1001", "1009"))
    looked = await sends(desk, file=changed)
    assert "what the file says takes its place" in looked.text
    done = await goes_on(desk, looked)
    assert rows(done)[1][2] == "brought up to date"
    found = await desk.world.call("GET", "/v1/shipments?order=1009", headers=shop)
    assert found.status == 200


async def test_another_shops_parcel_is_not_taken(desk):
    other = await desk.world.key("merchant", "Other")
    await desk.world.register(other, tracking_number="CE100000001EE")
    looked = await sends(desk, file=file(GOOD))
    assert "is registered by another shop" in looked.text
    done = await goes_on(desk, looked)
    assert rows(done)[1][2] == "is registered by another shop"
    owner = await desk.world.pool.fetchval("SELECT merchant_id FROM registration")
    assert owner == desk.other


async def test_what_was_not_looked_at_is_looked_at_first(desk):
    looked = await sends(desk, file=file(GOOD))
    sign = SEEN.search(looked.text)[1]
    other = await sends(
        desk, text=file(GOOD, "CE100000002EE;;;;;").decode(), seen=sign, do="register"
    )
    assert "Nothing is registered yet" in other.text
    assert await parcels(desk) == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "There is nothing in it"),
        (HEAD.encode() + "\nCE1;1;Bērziņš;;;".encode("windows-1257"), "Line 2 is no UTF-8"),
        (f"{HEAD}\n{GOOD}".encode("utf-16"), "It is UTF-16"),
        (HEAD.encode() + b"\nCE1;\0", "Line 2 holds a NUL"),
        (HEAD.encode() + b'\nCE1;"x;;;;\n', "From line 2 on it cannot be read"),
        (HEAD.encode() + b"\n" + b"x" * (LONGEST - 100), "From line 2 on it cannot be read"),
        (b"x" * (LONGEST + 1), "It is larger than 2 MB"),
        (b"number\nCE1", "No column is called tracking_number"),
    ],
)
async def test_a_file_that_is_none_is_said_to_be_none(desk, body, said):
    answer = await sends(desk, file=body)
    assert (answer.status, said in answer.text) == (422, True)


async def test_what_was_pasted_stays_in_the_box_to_be_mended(desk):
    wrong = "number;<b>\nCE1;x"
    answer = await sends(desk, text=wrong)
    assert answer.status == 422
    assert f'spellcheck="false">\n{escape(wrong)}</textarea>' in answer.raw.replace("\r", "")
    assert "number;" not in (await sends(desk, file=wrong.encode())).text, "of a file it would be"


async def test_what_is_far_too_long_or_no_form_is_refused(desk):
    assert (await sends(desk, file=b"x" * (3 * 1024 * 1024))).status == 413
    await desk.page("/registrations")
    path = f"{desk.path}/registrations"
    assert (await desk.browser.post(path, text="x")).status == 400, "no multipart"
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n" * 20):
        answer = await desk.world.call("POST", path, data=body, headers=broken)
        assert answer.status in {400, 403}, body
    foreign = {**broken, "Sec-Fetch-Site": "cross-site"}
    assert (await desk.world.call("POST", path, data=b"", headers=foreign)).status == 403


async def test_markup_in_a_file_stays_text(desk):
    body = file("CE1;<script>alert(1)</script>;</textarea><b>x;;;")
    looked = await sends(desk, file=body)
    assert "<script>alert" not in looked.raw
    assert "</textarea><b>" not in looked.raw
    assert (await goes_on(desk, looked)).status == 200
    assert await desk.world.pool.fetchval("SELECT order_ref FROM registration") is not None


async def test_a_support_person_registers_nothing(desk):
    await desk.becomes(StaffRole.SUPPORT)
    form = aiohttp.FormData({"form": "x", "text": HEAD})
    form.add_field("file", io.BytesIO(), filename="x")
    answer = await desk.world.call("POST", f"{desk.path}/registrations", data=form)
    assert answer.status == 403


async def read(desk, *lines):
    whole = read_lines(
        read_table(file(*lines).decode("utf-8-sig").replace("\r", "")).lines, "omniva"
    )
    deps, now = desk.world.deps, desk.world.clock()
    return whole, await foresee(deps.pool, deps.sealer, desk.shop, whole, now)


async def test_what_there_is_no_time_for_is_left_and_done_the_next_time(desk):
    deps, now = desk.world.deps, desk.world.clock()
    lines = [f"CE10000000{n}EE;;;;;" for n in range(6)]
    whole, foreseen = await read(desk, *lines)
    turns = iter([True] * 3 + [False] * 9)
    given = {"now": now, "is_time": lambda: next(turns)}
    outcomes = await register_lines(deps.pool, deps.sealer, desk.shop, whole, foreseen, **given)
    assert sorted(outcomes.values()) == ["left"] * 3 + ["registered"] * 3
    whole, foreseen = await read(desk, *lines)
    assert sorted(foreseen.values()) == ["new"] * 3 + ["same"] * 3
    given = {"now": now, "is_time": lambda: True}
    outcomes = await register_lines(deps.pool, deps.sealer, desk.shop, whole, foreseen, **given)
    assert sorted(outcomes.values()) == ["registered"] * 3 + ["same"] * 3


async def test_when_the_database_goes_what_was_done_stays_done(desk, monkeypatch):
    deps, now = desk.world.deps, desk.world.clock()
    lines = [f"CE10000000{n}EE;;;;;" for n in range(9)]
    whole, foreseen = await read(desk, *lines)
    calls = iter(range(100))

    async def failing(*args, **options):
        if next(calls) >= 3:
            raise StoreUnavailable("away")
        return await register(*args, **options)

    monkeypatch.setattr("tracking.bulk.run.register", failing)
    given = {"now": now, "is_time": lambda: True}
    with pytest.raises(StoreUnavailable):
        await register_lines(deps.pool, deps.sealer, desk.shop, whole, foreseen, **given)
    monkeypatch.undo()
    assert await parcels(desk) == 3
    whole, foreseen = await read(desk, *lines)
    outcomes = await register_lines(deps.pool, deps.sealer, desk.shop, whole, foreseen, **given)
    assert (await parcels(desk), set(outcomes.values())) == (9, {Outcome.REGISTERED, Outcome.SAME})


async def test_an_old_registration_is_told_again_as_its_number_may_name_another_parcel(desk):
    await goes_on(desk, await sends(desk, file=file(GOOD)))
    _, foreseen = await read(desk, GOOD)
    assert set(foreseen.values()) == {Outcome.SAME}
    desk.world.clock.pass_by(days=61)
    _, foreseen = await read(desk, GOOD)
    assert set(foreseen.values()) == {Outcome.CHANGES}
