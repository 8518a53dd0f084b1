"""POST /t/{token}/unlock: postcode or end of the phone, five tries, a pause, a cookie."""

import asyncio
from datetime import timedelta

import pytest
from people import NAME
from staging import START

from tracking.store.links import FIRST_PAUSE, LONGEST_PAUSE, TRIES
from tracking.web.unlock import UNLOCKED_FOR

NUMBER = "CE123456789EE"


@pytest.fixture
async def path(world):
    return await waiting(world, NUMBER)


async def waiting(world, number, **fields):
    shop = await world.key("merchant", "Shop")
    made = await world.register(shop, tracking_number=number, **fields)
    await world.waits_in_locker(number)
    return made.json["tracking_url"].removeprefix("http://track.test")


async def answer(world, path, text, **headers):
    return await world.call("POST", f"{path}/unlock", data={"answer": text}, headers=headers)


async def test_the_right_answer_opens_the_parcel(world, path):
    for right in ("LV-1010", "lv 1010", "1010", " LV1010 ", "0001"):
        world.http.cookie_jar.clear()
        opened = await answer(world, path, right)
        assert (opened.status, opened.headers["Location"]) == (303, path), right
        (cookie,) = opened.headers.getall("Set-Cookie")
        parts = {part.partition("=")[0].strip() for part in cookie.split(";")}
        assert parts == {"klat_unlock", "HttpOnly", "Max-Age", "Path", "SameSite"}
        assert f"Path={path}" in cookie
        page = (await world.call("GET", path)).text
        assert "482" in page
        assert "913" in page
        assert "Put in by Anna" in page
        assert NAME not in page


async def test_a_wrong_answer_is_said_and_counted(world, path):
    for left in (4, 3, 2, 1):
        wrong = await answer(world, path, "9999")
        assert wrong.status == 422
        assert str(left) in wrong.text
        assert "Set-Cookie" not in wrong.headers
        assert "482" not in wrong.text
    assert (await answer(world, path, "1010")).status == 303


async def test_after_five_wrong_answers_even_the_right_one_waits(world, path):
    for _ in range(TRIES):
        await answer(world, path, "9999")
    paused = await answer(world, path, "1010")
    assert (paused.status, "Set-Cookie" in paused.headers) == (429, False)
    assert 'name="answer"' not in paused.text
    assert 'name="answer"' not in (await world.call("GET", path)).text
    world.clock.now += FIRST_PAUSE
    assert 'name="answer"' in (await world.call("GET", path)).text
    assert (await answer(world, path, "1010")).status == 303


async def test_pauses_grow_to_a_day(world, path):
    pauses = []
    for _ in range(9):
        for _ in range(TRIES):
            await answer(world, path, "9999", **{"X-Forwarded-For": f"203.0.113.{len(pauses)}"})
        until = await world.pool.fetchval("SELECT paused_until FROM challenge")
        pauses.append(until - world.clock.now)
        world.clock.now = until
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


async def test_answers_at_the_same_time_are_five_all_the_same(world, path):
    answers = await asyncio.gather(*(answer(world, path, "9999") for _ in range(20)))
    assert sorted(a.status for a in answers) == [422] * TRIES + [429] * 15
    assert await world.pool.fetchval("SELECT wrong FROM challenge") == TRIES


async def test_an_empty_answer_costs_no_try(world, path):
    for text in ("", "   "):
        assert (await answer(world, path, text)).status == 303
    assert await world.pool.fetchval("SELECT count(*) FROM challenge") == 0


async def test_the_cookie_opens_its_own_parcel_only(world, path):
    other = await waiting(world, "CE2")
    opened = await answer(world, path, "1010")
    value = opened.response.cookies["klat_unlock"].value
    world.http.cookie_jar.clear()
    forged = {"Cookie": f"klat_unlock={value}"}
    assert "Anna" in (await world.call("GET", path, headers=forged)).text
    assert "Anna" not in (await world.call("GET", other, headers=forged)).text
    for broken in (value[:-4], value[::-1], "x", "", "ā", '"', "A" * 3000):
        cookie = {"Cookie": f"klat_unlock={broken}"}
        page = await world.call("GET", path, headers=cookie)
        assert (page.status, "Anna" in page.text) == (200, False)


async def test_the_cookie_ends(world, path):
    opened = await answer(world, path, "1010")
    cookie = {"Cookie": f"klat_unlock={opened.response.cookies['klat_unlock'].value}"}
    world.clock.now = START + UNLOCKED_FOR - timedelta(seconds=1)
    assert "Anna" in (await world.call("GET", path, headers=cookie)).text
    world.clock.now += timedelta(seconds=1)
    assert "Anna" not in (await world.call("GET", path, headers=cookie)).text


async def test_forms_of_other_sites_are_refused(world, path):
    here = world.url.removeprefix("http://")
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": f"http://{here}"}, 303),
        ({"Origin": "null"}, 303),
        ({}, 303),
    ):
        assert (await answer(world, path, "1010", **headers)).status == status, headers
    assert await world.pool.fetchval("SELECT count(*) FROM challenge") == 0


async def test_forms_that_are_none(world, path):
    for body, status in (
        (b"\xff\xfe", 400),
        (b"&".join(b"a=%d" % n for n in range(50)), 400),
        (b"answer=" + b"1" * 5000, 413),
        (b"answer=%00%ff", 303),
        (b"question=1010", 303),
        (b"", 303),
    ):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = await world.call("POST", f"{path}/unlock", data=body, headers=form)
        assert sent.status == status, body[:20]


async def test_where_nobody_is_known_there_is_nothing_to_answer(world):
    for number, recipient in (("CE1", None), ("CE2", {"name": "A"}), ("CE3", {"postcode": "--"})):
        path = await waiting(world, number, recipient=recipient)
        assert 'name="answer"' not in (await world.call("GET", path)).text
        assert (await answer(world, path, "1010")).status == 303
        assert "Set-Cookie" not in (await answer(world, path, "")).headers
        assert "Anna" not in (await world.call("GET", path)).text


async def test_one_address_may_not_try_many_parcels(world, path):
    statuses = set()
    for n in range(70):
        number = f"CE{n // 4}"
        if n % 4 == 0:
            other = await waiting(world, number)
        statuses.add((await answer(world, other, "9999")).status)
        if 429 in statuses:
            break
    assert n >= 60
    assert (await answer(world, path, "9999", **{"X-Forwarded-For": "203.0.113.9"})).status == 422


async def test_the_chosen_language_survives_the_form(world, path):
    opened = await world.call("POST", f"{path}/unlock?lang=et", data={"answer": "1010"})
    assert opened.headers["Location"] == f"{path}?lang=et"
    again = await world.call("GET", f"{path}/unlock?lang=et")
    assert (again.status, again.headers["Location"]) == (303, f"{path}?lang=et")


class TestBehindTls:
    @pytest.fixture
    def public_url(self):
        return "https://track.test"

    async def test_the_cookie_travels_by_tls_only(self, world):
        shop = await world.key("merchant", "Shop")
        url = (await world.register(shop)).json["tracking_url"]
        opened = await answer(world, url.removeprefix("https://track.test"), "1010")
        assert "Secure" in opened.headers["Set-Cookie"]
        chosen = await world.call("GET", "/t/nobody?lang=et")
        assert "Secure" in chosen.headers["Set-Cookie"]
