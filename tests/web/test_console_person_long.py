"""A person with much: a file that comes in pieces, and an erasure that takes more than one page."""

import asyncio
import json
import re

import aiohttp
import pytest
from people import NAME, PHONE
from test_console_actions import becomes
from test_console_login import Browser, made
from test_console_parcel import Desk
from test_console_person import erased, noted

from schemas.staff import StaffRole
from tracking.errors import StoreUnavailable
from tracking.person import export as exporting
from tracking.person import progress
from tracking.person import sweep as sweeping
from tracking.search.find import search
from tracking.web.console import person, person_page
from tracking.web.console.errors import for_people
from tracking.web.console.guard import for_staff

NUMBER = "CE123456789EE"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
GO_ON = "press again, and it goes on where it was"


@pytest.fixture
async def desk(world):
    """Three parcels of one person that are over, and answers that are kept of them."""
    shop = await world.key("merchant", "Shop")
    answer = await world.register(shop)
    for n in (2, 3):
        await world.register(shop, tracking_number=f"CE00000000{n}EE", order=str(n))
    for number in (NUMBER, "CE000000002EE", "CE000000003EE"):
        await world.scanned(number, "accepted", "delivered", signed_by=NAME)
    browser = Browser(world)
    await browser.enters(await made(world))
    desk = Desk(world, browser, answer.json["shipment_id"])
    await becomes(desk, StaffRole.ADMIN)
    return desk


async def exported(desk: Desk):
    await desk.browser.get(f"{desk.path}/person")
    return await desk.browser.post(f"{desk.path}/person/export", of="recipient_phone")


async def test_the_file_comes_in_pieces_with_the_headers_of_a_page(desk):
    answer = await exported(desk)
    assert answer.status == 200
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="person-{desk.id}.json"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.json["parcels"]) == 3


async def test_a_file_that_breaks_off_is_not_taken_for_whole(desk, monkeypatch):
    """And others are served as before."""
    monkeypatch.setattr(exporting, "scan_of", broken)
    with pytest.raises(aiohttp.ClientError):
        await exported(desk)
    monkeypatch.undo()
    assert (await exported(desk)).status == 200


def broken(*_: object) -> None:
    raise StoreUnavailable


async def test_what_fails_before_its_first_piece_is_said_on_a_page(desk, monkeypatch):
    monkeypatch.setattr(exporting, "suppression_rows", broken)
    answer = await exported(desk)
    assert (answer.status, "try again in a minute" in answer.text) == (503, True)


async def test_a_file_that_takes_too_long_breaks_off(desk, monkeypatch):
    async def slow(*_: object) -> None:
        await asyncio.sleep(5)

    monkeypatch.setattr(exporting, "raw_payloads_of", slow)
    handler = for_people(for_staff(person.post_export), 0.3)
    route = next(
        each
        for each in desk.world.app.router.routes()
        if each.method == "POST" and each.resource.canonical.endswith("/person/export")
    )
    monkeypatch.setattr(route, "_handler", handler)
    await desk.world.pool.execute("UPDATE scan SET raw_digest = 'd'")
    with pytest.raises(aiohttp.ClientError):
        await exported(desk)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "makes it by the command klat person export."),
        ("lv", "ar komandu klat person export."),
    ],
)
async def test_too_many_parcels_for_a_file_are_the_command_s(desk, monkeypatch, lang, said):
    for module in (person, person_page):
        monkeypatch.setattr(module, "MOST_IN_A_FILE", 2)
    page = await desk.browser.get(f"{desk.path}/person?lang={lang}")
    assert (said in page.text, "/person/export" in page.text) == (True, False)
    answer = await desk.browser.post(f"{desk.path}/person/export", of="recipient_phone")
    assert (answer.status, said in answer.text, PHONE in answer.text) == (409, True, False)
    assert "person_exported" not in await noted(desk)


async def test_pressed_again_an_erasure_goes_on_until_it_is_done(desk, monkeypatch):
    """With time for one step, of one row or one parcel, at each press."""
    monkeypatch.setattr(person, "WORK", 0.0)
    monkeypatch.setattr(progress, "AT_ONCE", 1)
    monkeypatch.setattr(sweeping, "_AT_ONCE", 1)
    answer, presses = await erased(desk), 1
    while GO_ON in answer.text:
        assert presses < 12
        assert NAME in (await desk.browser.get(f"{desk.path}/person")).text
        assert "begun and is not done yet" in desk.browser.page.text
        fields = dict(HIDDEN.findall(answer.text))
        assert fields["typed"] == NUMBER
        answer = await desk.browser.post(f"{desk.path}/person/erase", **fields)
        presses += 1
    assert (answer.status, "Receipt" in answer.text) == (200, True)
    assert presses > 3
    row = await desk.world.pool.fetchrow("SELECT * FROM erasure")
    assert (row["done_at"] is None, row["work"]) == (False, None)
    assert json.loads(row["rows"])["kept_answers"] == 3
    assert not (await search(desk.world.pool, desk.world.deps.sealer, PHONE)).hits
    assert (await noted(desk)).count("person_erased") == presses


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "what was begun goes on where it was"),
        ("lv", "iesāktais turpināsies no vietas, kur apstājās"),
    ],
)
async def test_who_was_cut_off_is_not_told_that_nothing_happened(desk, monkeypatch, lang, said):
    with monkeypatch.context() as away:
        away.setattr(sweeping, "kept_searches", broken)
        await desk.browser.get(f"{desk.path}/person?of=recipient_phone&lang={lang}")
        told = {"of": "recipient_phone", "typed": NUMBER}
        answer = await desk.browser.post(f"{desk.path}/person/erase", **told)
    assert (answer.status, said in answer.text) == (503, True)
    answer = await desk.browser.post(f"{desk.path}/person/erase", **told)
    assert (answer.status, "<h2" in answer.text) == (200, True)
    assert not (await search(desk.world.pool, desk.world.deps.sealer, PHONE)).hits
    assert await desk.world.pool.fetchval("SELECT count(*) FROM erasure") == 1


async def test_both_forms_have_a_limit_of_their_own_and_not_that_of_a_page(desk):
    """A page has ten seconds, and any other answer thirty."""
    routes = {each.path.rpartition("/")[2]: each for each in person.PERSON_PAGES}
    assert [routes[form].timed for form in ("export", "erase")] == [False, False]
    assert person.WORK < person.ERASE_LIMIT == 60
