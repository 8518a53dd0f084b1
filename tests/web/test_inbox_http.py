"""/demo/inbox: there in the demo and nowhere else; what it shows, and what its frames may do."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from people import DOOR_CODE, PHONE

from schemas.inbox import InboxMessage
from schemas.notice import Channel, Occasion
from tracking.inbox import InboxKeeper
from tracking.web.app import ALL_ROUTES
from tracking.web.inbox import DEMO_ROUTES
from tracking.web.inbox_page import linked
from tracking.web.mail import framed
from tracking.web.security import CSP, FRAMED, FRAMING

NUMBER = "CE123456789EE"
LINK = "http://track.test/t/abcdefghijklmnopqrstuv"
EVIL = "<script>alert(1)</script>\u202e" + "<img src=x onerror=y>" * 500


async def test_outside_the_demo_there_is_none(world):
    for path in ("/demo/inbox", f"/demo/inbox/{uuid4()}/mail"):
        answer = await world.call("GET", path)
        assert (answer.status, answer.json["title"]) == (404, "Not Found")
    assert "/demo" not in (await world.call("GET", "/openapi.json")).text
    assert not set(DEMO_ROUTES) & set(ALL_ROUTES)


async def planned(world, *, channel: Channel, occasion: Occasion = Occasion.READY_FOR_PICKUP):
    """A notice of the parcel, which waits for eight in the morning; its id."""
    notice_id = uuid4()
    await world.pool.execute(
        """
        INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state,
                            due_at, until, version, planned_at, changed_at)
        SELECT shipment_id, $2, $3, $4, 'recipient', $1, 'planned', $5, $5, 1, $5, $5 FROM shipment
        """,
        notice_id,
        occasion,
        str(notice_id),
        channel,
        world.clock() + timedelta(hours=22),
    )
    return notice_id


async def kept(world, channel: Channel, text: str, **fields: str):
    """A message in the inbox; the id of its notice."""
    notice_id = await planned(world, channel=channel)
    await world.pool.execute("UPDATE notice SET state = 'sent' WHERE notice_id = $1", notice_id)
    message = InboxMessage(
        notice_id=notice_id,
        channel=channel,
        occasion=Occasion.READY_FOR_PICKUP,
        language="lv",
        text=text,
        **{"sender": "Veikals", "to": PHONE, **fields},
    )
    assert await InboxKeeper(world.pool, world.deps.sealer).keep(message)
    return notice_id


class TestInTheDemo:
    @pytest.fixture
    def also_set(self):
        return {"demo": True}

    @pytest.fixture
    async def world(self, world):
        await world.scanned(NUMBER, "accepted")
        return world

    async def test_an_empty_one_says_what_to_do(self, world):
        page = await world.call("GET", "/demo/inbox?lang=en")
        assert page.status == 200
        assert "Nothing has come yet" in page.text
        assert "post an event as a courier" in page.text
        assert "Nothing waits." in page.text

    async def test_a_text_message_is_a_bubble_whose_link_opens(self, world):
        await kept(world, Channel.SMS, f"Veikals: Sūtījums gaida.\nKods: {DOOR_CODE}\n{LINK}")
        page = (await world.call("GET", "/demo/inbox?lang=lv")).text
        (bubble,) = re.findall(r'<li class="bubble".*?</li>', page, re.DOTALL)
        assert f"Kods: {DOOR_CODE}\n" in bubble
        assert f'<a href="{LINK}" target="_blank" rel="noreferrer">{LINK}</a>' in bubble
        assert "Īsziņas" in page

    async def test_a_push_is_a_card_that_opens_its_page(self, world):
        await kept(world, Channel.PUSH, "Drīz.", title="Kurjers jau ved", url=LINK)
        await kept(world, Channel.PUSH, "Drīz.", title="Nekur", url="javascript:alert(1)")
        page = (await world.call("GET", "/demo/inbox")).text
        assert f'<a href="{LINK}" target="_blank" rel="noreferrer"><bdi>Kurjers jau ved' in page
        assert "<h3><bdi>Nekur</bdi></h3>" in page

    async def test_a_mail_opens_in_a_frame(self, world):
        html = "<!doctype html>\n<html><head>\n<title>T</title></head><body><h1>Gaida</h1></body>"
        fields = {"title": "Sūtījums ir gatavs", "html": html, "to": "Kāds <k@example.org>"}
        mail = await kept(world, Channel.EMAIL, f"Kods: {DOOR_CODE}", **fields)
        closed = (await world.call("GET", "/demo/inbox?lang=en")).text
        assert "Sūtījums ir gatavs" in closed
        assert "<iframe" not in closed
        assert DOOR_CODE not in closed
        opened = (await world.call("GET", f"/demo/inbox?lang=en&mail={mail}")).text
        (frame,) = re.findall(r"<iframe[^>]*>", opened)
        assert f'src="/demo/inbox/{mail}/mail"' in frame
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
        assert "Kāds &lt;k@example.org&gt;" in opened
        assert f"Kods: {DOOR_CODE}" in opened
        shown = await world.call("GET", f"/demo/inbox/{mail}/mail")
        assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<head><base target="_blank">' in shown.text
        assert "<h1>Gaida</h1>" in shown.text

    async def test_each_page_has_the_policy_that_it_needs(self, world):
        mail = await kept(world, Channel.EMAIL, "Text", title="T", html="<head></head>")
        policies = {
            path: (await world.call("GET", path)).headers["Content-Security-Policy"]
            for path in ("/demo/inbox", f"/demo/inbox/{mail}/mail", "/nowhere")
        }
        assert list(policies.values()) == [FRAMING, FRAMED, CSP]

    @pytest.mark.parametrize("notice_id", [str(UUID(int=1)), "nothing", "%00", "x" * 3000])
    async def test_a_mail_that_is_not_there_is_not_found(self, world, notice_id):
        assert (await world.call("GET", f"/demo/inbox/{notice_id}/mail")).status == 404
        assert (await world.call("GET", f"/demo/inbox?mail={notice_id}")).status == 200
        assert (await world.call("GET", f"/demo/inbox?parcel={notice_id}")).status == 200

    async def test_what_waits_stands_there_with_its_time(self, world):
        await planned(world, channel=Channel.SMS)
        page = (await world.call("GET", "/demo/inbox?lang=en")).text
        (waits,) = re.findall(r'<ol class="waiting">.*?</ol>', page, re.DOTALL)
        assert "Ready to collect" in waits
        assert f"Text message, <bdi>{NUMBER}</bdi>" in waits
        assert "tomorrow at 08:00" in waits

    async def test_one_parcel_alone_in_any_language(self, world):
        await kept(world, Channel.SMS, "One")
        await world.scanned("CE2", "accepted")
        other = await world.pool.fetchval(
            "SELECT shipment_id FROM shipment WHERE tracking_number = 'CE2'"
        )
        page = (await world.call("GET", f"/demo/inbox?lang=en&parcel={other}")).text
        assert "One" not in page
        assert f'href="/demo/inbox?lang=ru&amp;parcel={other}"' in page
        assert f">{NUMBER}</option>" in page

    async def test_hostile_words_stay_words(self, world):
        fields = {"title": EVIL, "sender": EVIL, "to": EVIL}
        for channel in (Channel.SMS, Channel.PUSH):
            await kept(world, channel, EVIL, **fields)
        mail = await kept(world, Channel.EMAIL, EVIL, html="<head></head>", **fields)
        page = (await world.call("GET", f"/demo/inbox?mail={mail}")).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 8

    async def test_the_description_names_it(self, world):
        paths = (await world.call("GET", "/openapi.json")).json["paths"]
        assert {"/demo/inbox", "/demo/inbox/{notice_id}/mail"} <= set(paths)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("<b>", "&lt;b&gt;"),
        (f"a {LINK}", f'a <a href="{LINK}" target="_blank" rel="noreferrer">{LINK}</a>'),
        ("javascript:alert(1) //x", "javascript:alert(1) //x"),
    ],
)
def test_only_addresses_of_pages_become_links(text, html):
    assert linked(text) == html


def test_an_address_ends_where_markup_begins():
    assert linked('https://x/"><script>') == (
        '<a href="https://x/" target="_blank" rel="noreferrer">https://x/</a>'
        "&#34;&gt;&lt;script&gt;"
    )


def test_only_the_head_of_a_mail_is_touched():
    asked = "@media (prefers-color-scheme: dark) { a {} }"
    html = f"<head>\n<style>{asked}</style></head><body><head>{asked} light dark</body>"
    assert framed(html) == html.replace("<head>", '<head><base target="_blank">', 1)
    for scheme, rule in (("dark", "(min-width: 0)"), ("light", "(max-width: 0)")):
        head, _, body = framed(html, scheme).partition("</head>")
        assert f"@media {rule} {{" in head
        assert body == f"<body><head>{asked} light dark</body>"
