"""Hearing less: by the link of a mail, by a mail program's one click, from the parcel's page."""

from uuid import UUID

import pytest
from people import EMAIL

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.choices import BY_STOP_LINK, Choice, ShopWay, Standing, wishes
from tracking.store.merchants import Merchants
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import StopLink, address_hashes, read_stop_token, stop_token

ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
async def shop_id(world) -> UUID:
    await world.key("merchant", "Veikals")
    return await Merchants(world.pool).merchant_named("Veikals")


@pytest.fixture
def link(world, shop_id) -> StopLink:
    newest = address_hashes(world.deps.sealer, Channel.EMAIL, EMAIL)[0]
    return StopLink(shop_id, Channel.EMAIL, newest)


@pytest.fixture
def path(world, link) -> str:
    return f"/stop/{stop_token(world.deps.sealer, link)}"


async def now(world, *links) -> Standing:
    """What holds by this way, under whatever hashes of the address."""
    hashes = [link.address_hash for link in links]
    way = ShopWay(links[0].merchant_id, links[0].channel, hashes)
    return (await wishes(Suppressions(world.pool), [way], [BY_STOP_LINK]))[0].standing


async def chosen(world, path, choice):
    return await world.call("POST", path, data={"choice": choice})


async def test_looking_changes_nothing(world, path, link):
    for _ in range(2):
        page = await world.call("GET", path)
        assert (page.status, "Veikals" in page.text) == (200, True)
    assert await now(world, link) is Standing.EVERYTHING


@pytest.mark.parametrize("choice", Choice)
async def test_each_choice_holds_and_is_shown_and_twice_is_once(world, path, link, choice):
    for before in Choice:
        await chosen(world, path, before)
        for _ in range(2):
            answer = await chosen(world, path, choice)
            assert answer.status == 303
        assert await now(world, link) == choice
    shown = await world.call("GET", answer.headers["Location"])
    assert "Saved." in shown.text
    assert f'value="{choice}"' not in shown.text, "it is offered what it does not have"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=x"),
    ],
)
async def test_a_mail_program_says_stop_with_one_click(world, path, link, body, kind):
    """RFC 8058: no cookie, no page, no redirection."""
    for _ in range(2):
        answer = await world.call("POST", path, data=body, headers={"Content-Type": kind})
        assert (answer.status, answer.text) == (200, "unsubscribed\n")
    assert await now(world, link) is Standing.NOTHING


async def test_it_holds_for_this_shop_and_this_way_only(world, path, link):
    await chosen(world, path, "nothing")
    others = [
        link._replace(merchant_id=UUID(int=7)),
        link._replace(channel=Channel.SMS),
        link._replace(address_hash=address_hashes(world.deps.sealer, Channel.EMAIL, "b@c.lv")[0]),
    ]
    assert {await now(world, other) for other in others} == {Standing.EVERYTHING}


async def test_a_complaint_ends_with_the_wish_to_hear_again_and_a_stop_does_not(world, path, link):
    store = Suppressions(world.pool)

    async def against(reason, shop):
        new = Suppression(link.address_hash, link.channel, shop, reason, Level.ALL)
        await store.suppress([new], now=world.clock())

    await against(SuppressionReason.COMPLAINT, link.merchant_id)
    assert await now(world, link) is Standing.NOTHING
    await chosen(world, path, "everything")
    assert await now(world, link) is Standing.EVERYTHING
    await against(SuppressionReason.STOP, EVERYBODY)
    await chosen(world, path, "everything")
    assert await now(world, link) is Standing.STOPPED
    page = await world.call("GET", path)
    assert "START" in page.text
    assert "<button" not in page.text
    assert "This holds for all parcels from" not in page.text, "it holds for every shop's"


async def test_what_the_operator_wrote_down_for_every_shop_says_so_and_offers_nothing(
    world, path, link
):
    """Buttons that change nothing, under "Saved.", would be a riddle."""
    asked = SuppressionReason.ASKED
    everywhere = Suppression(link.address_hash, link.channel, EVERYBODY, asked, Level.ALL)
    await Suppressions(world.pool).suppress([everywhere], now=world.clock())
    page = await world.call("GET", f"{path}?lang=en")
    assert "whichever shop a parcel comes from" in page.text
    assert "<button" not in page.text
    assert "This holds for all parcels from" not in page.text
    assert (await world.call("POST", path, data={"choice": "everything"})).status == 403
    assert await now(world, link) is Standing.EVERYWHERE


@pytest.mark.parametrize("token", ["a", "A" * 66, "A" * 5000, "%00", "..%2F", "ā"])
async def test_what_is_no_link_of_ours_is_not_found(world, token):
    for method in ("GET", "POST"):
        answer = await world.call(
            method, f"/stop/{token}", data=ONE_CLICK if method == "POST" else None
        )
        assert answer.status == 404


async def test_a_link_that_was_changed_is_none(world, path, link):
    token = path.removeprefix("/stop/")
    for place in range(0, len(token), 7):
        letter = "A" if token[place] != "A" else "B"
        changed = f"{token[:place]}{letter}{token[place + 1 :]}"
        assert read_stop_token(world.deps.sealer, changed) is None
    assert read_stop_token(world.deps.sealer, token) == link


@pytest.mark.parametrize(
    "body", [b"", b"choice=all", b"\xff", b"a=1&" * 50, b"choice=nothing" * 400]
)
async def test_a_wrong_form_changes_nothing(world, path, link, body):
    answer = await world.call(
        "POST", path, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status in {400, 413}
    assert await now(world, link) is Standing.EVERYTHING


async def test_a_parcel_without_a_contact_says_that_nobody_is_written_to(world):
    made = await world.register(await world.key("merchant", "Veikals"), recipient=None)
    parcel = made.json["tracking_url"].removeprefix("http://track.test")
    page = await world.call("GET", f"{parcel}/messages?lang=lv")
    assert page.status == 200
    assert "<form" not in page.text


def test_mailboxes_that_differ_in_case_are_one_and_ways_are_not(world):
    sealer = world.deps.sealer
    one = address_hashes(sealer, Channel.EMAIL, "Ilze@Example.org")
    assert address_hashes(sealer, Channel.EMAIL, " ilze@example.org") == one
    assert address_hashes(sealer, Channel.SMS, "ilze@example.org") != one
