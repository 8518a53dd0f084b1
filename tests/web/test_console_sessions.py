"""Where somebody is logged in, and how it ends; how many may log in at once."""

import asyncio

import pytest
from test_console_login import EMAIL, FORM, OWN, Browser, made
from two_shops import OURS, logs_in, shop

from schemas.staff import StaffRole
from tracking.staff import passwords
from tracking.staff.login import IDLE
from tracking.staff.passwords import MOST_WAITING, TooManyPasswords, is_password


@pytest.fixture
async def ours(world):
    return await shop(world, OURS, "CE000000001EE")


async def account(world, who):
    answer = await world.call("GET", "/support/account", headers=who)
    handles = answer.text.split('name="session" value="')[1:]
    return answer, [each.partition('"')[0] for each in handles]


async def is_in(world, who) -> bool:
    return (await world.call("GET", "/support", headers=who)).status == 200


async def test_one_sees_ones_own_sessions_and_ends_another(world, ours):
    here = ours.offices[StaffRole.SUPPORT]
    there = await logs_in(world, here.staff)
    answer, handles = await account(world, here.cookie)
    assert answer.text.count("last used") == 2, "those of other people are not there"
    assert answer.text.count("<strong>this one</strong>") == 1
    (other, others) = handles
    assert others == "others"
    kept = await world.pool.fetch("SELECT session_hash FROM staff_session")
    assert not any(row[0].hex() in answer.text for row in kept), "the hash stays here"
    form = {"form": here.form, "session": other}
    path = "/support/account/sessions"
    done = await world.call("POST", path, headers=here.cookie, data=form)
    assert done.headers["Location"] == "/support/account?ended"
    assert (await is_in(world, here.cookie), await is_in(world, there.cookie)) == (True, False)
    assert await world.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'sessions_ended'")
    twice = await world.call("POST", path, headers=here.cookie, data=form)
    assert twice.status == 303


async def test_all_others_end_at_once_and_nobody_elses(world, ours):
    here, lead = ours.offices[StaffRole.SUPPORT], ours.offices[StaffRole.LEAD]
    there = await logs_in(world, here.staff)
    form = {"form": here.form, "session": "others"}
    await world.call("POST", "/support/account/sessions", headers=here.cookie, data=form)
    assert [await is_in(world, each.cookie) for each in (here, there, lead)] == [True, False, True]
    assert (await account(world, here.cookie))[1] == [], "nothing is left to end"


async def test_a_session_of_somebody_else_is_not_ended_by_its_handle(world, ours):
    here, lead = ours.offices[StaffRole.SUPPORT], ours.offices[StaffRole.LEAD]
    there = await logs_in(world, here.staff)
    _, handles = await account(world, here.cookie)
    form = {"form": lead.form, "session": handles[0]}
    await world.call("POST", "/support/account/sessions", headers=lead.cookie, data=form)
    assert await is_in(world, there.cookie)
    this = {"form": here.form, "session": ""}
    await world.call("POST", "/support/account/sessions", headers=here.cookie, data=this)
    assert await is_in(world, here.cookie)


async def test_what_has_ended_by_itself_is_not_shown(world, ours):
    here = ours.offices[StaffRole.SUPPORT]
    world.clock.now += IDLE / 2
    there = await logs_in(world, here.staff)
    assert (await account(world, there.cookie))[0].text.count("last used") == 2
    world.clock.now += IDLE / 2
    assert (await account(world, there.cookie))[0].text.count("last used") == 1


async def test_a_new_password_ends_every_other_session_and_a_log_in_is_a_new_one(world):
    browser = Browser(world)
    await browser.enters(await made(world))
    old = {each.value for each in world.http.cookie_jar if each.key == "klat_staff"}
    stolen = {"Cookie": f"klat_staff={old.pop()}"}
    world.http.cookie_jar.clear()
    assert await is_in(world, stolen)
    await browser.follows(await browser.logs_in(OWN))
    fresh = next(each.value for each in world.http.cookie_jar if each.key == "klat_staff")
    assert fresh not in stolen["Cookie"], "each log-in has a token of its own"
    await browser.get("/support/password")
    better = "desmit gaiļi dzied ļoti skaļi"
    await browser.post("/support/password", password=better, present=OWN)
    world.http.cookie_jar.clear()
    assert not await is_in(world, stolen)


async def test_more_passwords_than_can_be_looked_at_soon_are_sent_away(world, monkeypatch):
    once = await made(world)
    monkeypatch.setattr(passwords, "_verified", lambda *_: False)
    for _ in range(2):
        await passwords._AT_ONCE.acquire()
    waiting = [asyncio.create_task(is_password(None, "x")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyPasswords):
        await is_password(None, "x")
    data = {"email": EMAIL, "password": once}
    answer = await world.call("POST", "/support/login", data=data)
    assert (answer.status, 1 <= int(answer.headers["Retry-After"]) <= 5) == (503, True)
    assert "try again in a minute" in answer.text
    assert await world.pool.fetchval("SELECT count(*) FROM login_try") == 0, "no try was lost"
    for _ in range(2):
        passwords._AT_ONCE.release()
    assert await asyncio.gather(*waiting) == [False] * MOST_WAITING
    monkeypatch.undo()
    assert (await world.call("POST", "/support/login", data=data)).status == 303, "room again"


async def test_who_gives_up_waiting_leaves_the_queue(world):
    for _ in range(2):
        await passwords._AT_ONCE.acquire()
    waiting = [asyncio.create_task(is_password(None, "x")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for _ in range(2):
        passwords._AT_ONCE.release()
    assert passwords._Queue.waiting == 0
    assert not await is_password(None, "x")


async def test_the_page_of_the_account_has_one_form_token(world, ours):
    here = ours.offices[StaffRole.SUPPORT]
    answer, _ = await account(world, here.cookie)
    assert set(FORM.findall(answer.text)) == {here.form}
