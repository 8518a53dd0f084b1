"""Subscribing from the tracking page: what is taken, what is refused, and who may ask."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry
from push_browser import CURVE, Browser, encoded
from pydantic import SecretStr
from sms_gateway import answering, serving

from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.endings import SendingMetrics
from consumers.notices.gate import Gate, GateMetrics, Pace
from consumers.notices.preparing import Preparing
from consumers.notices.sending import Sending
from notifier.channels.web_push import WebPush
from notifier.ways import PushWay
from schemas.notice import Channel
from tracking.push import MOST, device_of, subscription_id
from tracking.store.notices import Notices
from tracking.vapid import new_vapid_key, private_key, public_key
from tracking.web.app import make_app
from tracking.web.serving import serve

ENDPOINT = "https://push.example.com/wpush/v2/gAAAAABk"
VAPID = new_vapid_key()
LINKS = "http://track.test"


@pytest.fixture
async def push(world):
    """The world with a VAPID key; `asked` holds the parcels that were decided anew."""
    asked = []

    async def redecide(ids, why, _):
        asked.extend(ids)

    settings = world.deps.settings.model_copy(update={"vapid_private_key": SecretStr(VAPID)})
    changed = replace(
        world.deps, settings=settings, redecide=redecide, registry=CollectorRegistry()
    )
    app = make_app(changed)
    runner = await serve(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    yield replace(world, url=f"http://{host}:{port}", deps=changed, app=app), asked
    await runner.cleanup()


@pytest.fixture
async def path(push):
    return await linked(push[0])


async def linked(world, number="CE123456789EE"):
    made = await world.register(await world.key("merchant", "Shop"), tracking_number=number)
    return made.json["tracking_url"].removeprefix(LINKS)


async def subscribe(world, path, body=None, lang="lv", **headers):
    body = Browser().body() if body is None else body
    data = body if isinstance(body, bytes) else json.dumps(body)
    headers = {"Content-Type": "application/json", **headers}
    return await world.call("POST", f"{path}/push?lang={lang}", data=data, headers=headers)


async def rows(world):
    return await world.pool.fetch("SELECT * FROM push_subscription")


async def told(world, path, device):
    return (await world.call("GET", f"{path}/push/{device}")).json["language"]


async def test_a_browser_subscribes_is_known_and_stops(push, path):
    world, asked = push
    device = device_of(subscription_id(ENDPOINT))
    assert await told(world, path, device) is None
    made = await subscribe(world, path)
    assert (made.status, made.json) == (200, {"device": device, "language": "lv"})
    (row,) = await rows(world)
    assert asked == [row["shipment_id"]]
    assert await told(world, path, device) == "lv"
    for _ in range(2):
        stopped = await world.call("DELETE", f"{path}/push/{device}")
        assert (stopped.status, stopped.text) == (204, "")
    assert await rows(world) == []
    assert await told(world, path, device) is None


async def test_twice_is_once_and_the_language_is_that_of_the_last(push, path):
    world, _ = push
    browser = Browser()
    for lang in ("lv", "et", "xx"):
        assert (await subscribe(world, path, browser.body(), lang)).status == 200
    (row,) = await rows(world)
    assert row["language"] == "en"


async def test_another_link_of_the_parcel_knows_the_browser_and_other_parcels_do_not(push, path):
    world, _ = push
    other, again = await linked(world, "CE2"), await linked(world)
    device = (await subscribe(world, path)).json["device"]
    assert again != path
    assert await told(world, again, device) == "lv"
    assert await told(world, other, device) is None
    await world.call("DELETE", f"{other}/push/{device}")
    assert await told(world, path, device) == "lv"


async def test_one_parcel_has_so_many_browsers_and_no_more(push, path):
    world, _ = push
    for number in range(MOST + 1):
        world.clock.pass_by(seconds=1)
        await subscribe(world, path, Browser().body(f"{ENDPOINT}{number}"))
    assert len(await rows(world)) == MOST
    first = device_of(subscription_id(f"{ENDPOINT}0"))
    assert await told(world, path, first) is None


def body(**changed):
    keys = {**Browser().body()["keys"], **changed.pop("keys", {})}
    return {**Browser().body(), "keys": keys, **changed}


WRONG = [
    (b"", 400, None),
    (b"{", 400, None),
    (b"\xff\xfe", 400, None),
    ([], 422, ""),
    ({}, 422, "/endpoint"),
    (body(endpoint=None), 422, "/endpoint"),
    (body(endpoint=17), 422, "/endpoint"),
    (body(endpoint="x"), 422, "/endpoint"),
    (body(endpoint=f"{ENDPOINT}/{'a' * 2048}"), 422, "/endpoint"),
    (body(endpoint="https://push.example.com/\u0000"), 422, "/endpoint"),
    (body(endpoint="https://push.example.com/ā"), 422, "/endpoint"),
    (body(keys={"p256dh": "A" * 87}), 422, "/keys/p256dh"),
    (body(keys={"p256dh": "x"}), 422, "/keys/p256dh"),
    (body(keys={"p256dh": None}), 422, "/keys/p256dh"),
    (body(keys={"auth": "x" * 21}), 422, "/keys/auth"),
    (body(keys={"auth": encoded(b"x" * 32)}), 422, "/keys/auth"),
    (body(expirationTime="never"), 422, "/expirationTime"),
    (b"[" * 1000, 400, None),
    (b" " * 9000, 413, None),
]


@pytest.mark.parametrize(("sent", "status", "place"), WRONG)
async def test_what_is_no_subscription_is_refused_where_it_is_wrong(
    push, path, sent, status, place
):
    world, asked = push
    answer = await subscribe(world, path, sent)
    assert answer.status == status
    if place is not None:
        assert place in {each["pointer"] for each in answer.json["errors"]}
    assert (await rows(world), asked) == ([], [])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/a",
        "ftp://push.example.com/a",
        "https://user:secret@push.example.com/a",
        "https://user@push.example.com/a",
        "https://push.example.com:8443/a",
        "https://push.example.com:0/a",
        "https://push.example.com:99999/a",
        "https://push.example.com/a#b",
        "https://127.0.0.1/a",
        "https://2130706433/a",
        "https://0x7f.0x1/a",
        "https://0177.0.0.1/a",
        "https://127.1/a",
        "https://[::1]/a",
        "https://[::ffff:10.0.0.1]/a",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a",
        "https://rabbitmq/a",
        "https://printer.local/a",
        "https://db.internal/a",
        "https://x.localhost/a",
        "https://push.example.com./a",
        "https://push.example.com\\@127.0.0.1/a",
        "https://push.example.com%2f@127.0.0.1/a",
        "https:///a",
        "https://-/a",
        "https://[v1.a]/a",
        "//push.example.com/a",
    ],
)
async def test_an_endpoint_leads_to_the_internet_by_tls_or_nowhere(push, path, endpoint):
    world, _ = push
    answer = await subscribe(world, path, Browser().body(endpoint))
    assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (
        422,
        ["/endpoint"],
    )
    assert "secret" not in answer.text
    assert await rows(world) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dZ8:APA91bH-x_y",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk-x_y",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2b3c%3d",
        "https://push.example.com:443/a",
        "https://PUSH.example.com/a",
        "https://push.xn--bcher-kva.example/a",
    ],
)
async def test_the_push_services_that_there_are_are_taken(push, path, endpoint):
    world, _ = push
    sent = {**Browser().body(endpoint), "newInBrowsers": {"x": 1}}
    assert (await subscribe(world, path, sent)).status == 200


async def test_other_sites_can_neither_subscribe_nor_stop(push, path):
    world, _ = push
    here = world.url.removeprefix("http://")
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": f"http://{here}"}, 200),
    ):
        before = len(await rows(world))
        answer = await subscribe(world, path, **headers)
        assert answer.status == status, headers
        assert (len(await rows(world)) > before) or before or status == 403
        if status == 403:
            device = device_of(subscription_id(ENDPOINT))
            gone = await world.call("DELETE", f"{path}/push/{device}", headers=headers)
            assert gone.status == 403


async def test_without_a_link_there_is_nothing(push, path):
    world, _ = push
    for other in ("/t/nobody", "/t/" + "a" * 22):
        assert (await subscribe(world, other)).status == 404
        assert (await world.call("GET", f"{other}/push/x")).status == 404
        assert (await world.call("DELETE", f"{other}/push/x")).status == 404
    await world.pool.execute("UPDATE public_link SET revoked_at = now()")
    assert (await subscribe(world, path)).status == 404
    assert await rows(world) == []


async def test_a_link_that_is_over_subscribes_nobody(push, path):
    world, _ = push
    world.clock.now += timedelta(days=400)
    assert (await subscribe(world, path)).status == 404


@pytest.mark.parametrize("device", ["x", "A" * 42, "A" * 44, "%00", "ā", "a.b"])
async def test_what_names_no_browser_is_not_told(push, path, device):
    world, _ = push
    assert await told(world, path, device) is None
    assert (await world.call("DELETE", f"{path}/push/{device}")).status == 204


async def test_one_address_may_not_ask_without_end(push, path):
    world, _ = push
    statuses = [(await subscribe(world, path)).status for _ in range(40)]
    assert statuses[:30] == [200] * 30
    assert 429 in statuses
    assert (await world.call("DELETE", f"{path}/push/x")).status == 429
    elsewhere = await subscribe(world, path, **{"X-Forwarded-For": "203.0.113.9"})
    assert elsewhere.status == 200


async def test_without_a_vapid_key_nothing_is_offered_or_taken(world):
    path = await linked(world)
    assert (await subscribe(world, path)).status == 404
    page = (await world.call("GET", path)).text
    assert 'id="push"' not in page
    assert "push." not in page
    assert "manifest" not in page


async def test_the_page_carries_our_public_key(push, path):
    world, _ = push
    page = (await world.call("GET", path)).text
    assert f'data-key="{public_key(private_key(VAPID))}"' in page
    assert VAPID not in page


async def test_the_worker_is_ours_is_asked_for_each_time_and_reaches_the_pages_only(push):
    world, _ = push
    answer = await world.call("GET", "/sw.js")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "fetch" not in answer.text.replace("It fetches nothing", "")
    icon = answer.text.split('icon: "')[1].split('"')[0]
    assert (await world.call("HEAD", icon)).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("lang", "name"), [("lv", "Sūtījuma izsekošana"), ("en", "Parcel tracking")]
)
async def test_the_page_can_be_put_on_the_home_screen(push, path, lang, name):
    world, _ = push
    page = (await world.call("GET", f"{path}?lang={lang}")).text
    address = page.split('rel="manifest" href="')[1].split('"')[0]
    answer = await world.call("GET", address)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = answer.json
    assert (manifest["name"], manifest["lang"], manifest["display"]) == (name, lang, "standalone")
    assert "start_url" not in manifest, "the page itself opens, whose link no file may hold"
    for icon in manifest["icons"]:
        drawn = await world.call("HEAD", icon["src"])
        assert (drawn.status, drawn.headers["Content-Type"]) == (200, "image/png")


async def test_what_is_counted_and_logged_names_no_endpoint(push, path):
    world, _ = push
    device = (await subscribe(world, path)).json["device"]
    await world.call("DELETE", f"{path}/push/{device}")
    registry = world.deps.registry
    for outcome in ("made", "ended"):
        name, labels = "klat_push_subscriptions_total", {"outcome": outcome}
        assert registry.get_sample_value(name, labels) == 1
    name = "klat_http_requests_total"
    labels = {"method": "DELETE", "route": "/t/{token}/push/{device}", "status": "204"}
    assert registry.get_sample_value(name, labels) == 1


async def test_from_the_tap_to_the_message(world):
    """A browser subscribes by HTTP, a parcel comes, and the browser reads what its service took."""
    browser, key = Browser(), ec.generate_private_key(CURVE)
    settings = world.deps.settings.model_copy(update={"vapid_private_key": SecretStr(VAPID)})
    deps = replace(world.deps, settings=settings, allow_private=True, registry=CollectorRegistry())
    runner = await serve(make_app(deps), "127.0.0.1", 0)
    here = replace(world, url="http://{}:{}".format(*runner.addresses[0][:2]), deps=deps)
    path, notices = await linked(here), Notices(world.pool)

    async def unused(*_):
        raise AssertionError

    async with serving(answering(201)) as service, aiohttp.ClientSession() as session:
        made = await subscribe(here, path, browser.body(f"{service.url}/a"), "ru")
        assert made.status == 200
        (row,) = await rows(here)
        await world.scanned("CE123456789EE", "accepted", "delivered")
        served, registry = frozenset({Channel.PUSH}), CollectorRegistry()
        metrics = DecisionMetrics(registry)
        deciding = Deciding(notices, deps.sealer, served, metrics, lambda: None)
        await deciding.decide({row["shipment_id"]: "fact"}, world.clock())
        way = PushWay(WebPush(session, key, "mailto:a@shop.example"), b"topics")
        preparing = Preparing(
            notices, way, deps.sealer, unused, "http://track.test", channels={way.channel}
        )
        gate = Gate(Channel.PUSH, Pace(), GateMetrics(registry))
        counts = SendingMetrics(registry)
        sending = Sending(notices, preparing, unused, counts, gate, clock=world.clock)
        running = asyncio.create_task(sending.run())
        async with asyncio.timeout(10):
            await service.asked.wait()
            await sending.close()
        await running
    await runner.cleanup()
    (sent,) = service.bodies
    said = browser.read(sent)
    assert (said["page"], said["lang"]) == (f"{LINKS}{path}", "ru")
    assert said["title"] == "Посылка доставлена"
