"""On the hosts that shops have for their links there are pages of parcels, and nothing else."""

import re

import pytest

from tracking.web.hosts import HOSTS
from tracking.web.routing import ROUTES

THEIRS = "t.shop.example"


@pytest.fixture
async def hosts(world):
    """A shop has a host of its own; another one has ours."""
    await world.register(await world.key("merchant", "Shop"))
    await world.key("merchant", "Other")
    terms = {"Shop": f"https://{THEIRS}:8443", "Other": "http://track.test"}
    for name, site in terms.items():
        await world.pool.execute(
            "UPDATE merchant SET terms = json_build_object('links', $2::text) WHERE name = $1",
            name,
            site,
        )
    await world.app[HOSTS].refresh()
    return world.app[HOSTS]


def path_of(route) -> str:
    path = route.path.replace("{carrier}", "omniva")
    return re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", path)


OF_PAGES = ("/t/", "/stop/", "/static/", "/sw.js")


async def test_every_route_but_those_of_pages_is_404_there(world, hosts):
    key = await world.key("merchant", "Shop")
    there = 0
    for route in world.app[ROUTES]:
        headers = {**key, "Host": THEIRS, "Idempotency-Key": route.path}
        options = {"json": {}} if route.method in {"POST", "PUT", "PATCH"} else {}
        answer = await world.call(route.method, path_of(route), headers=headers, **options)
        here = await world.call(
            route.method, path_of(route), headers={**headers, "Host": "track.test"}, **options
        )
        if route.path.startswith(OF_PAGES):
            assert (answer.status, answer.text) == (here.status, here.text), route.path
            there += 1
        else:
            assert (answer.status, "Set-Cookie" in answer.headers) == (404, False), route.path
            assert answer.text == '{"type":"about:blank","title":"Not found","status":404}'
    assert 10 < there < len(world.app[ROUTES]) / 2


async def test_the_page_of_a_parcel_is_there_with_what_belongs_to_it(world, hosts):
    made = (await world.register(await world.key("merchant", "Shop"))).json
    path = f"/t/{made['tracking_url'].rpartition('/')[2]}"
    page = await world.call("GET", path, headers={"Host": f"{THEIRS}:8443"})
    assert page.status == 200
    (style,) = set(re.findall(r'href="(/static/page[^"]+\.css)"', page.text))
    assert (await world.call("GET", style, headers={"Host": THEIRS})).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (THEIRS, 404),
        (f"{THEIRS}:1234", 404),
        (THEIRS.upper(), 404),
        (f"{THEIRS}.", 404),
        ("track.test", 200),
        ("other.example", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("[", 200),
    ],
)
async def test_a_host_is_known_however_it_is_written(world, hosts, host, status):
    answer = await world.call("GET", "/support/login", headers={"Host": host})
    assert answer.status == status


async def test_a_host_that_is_taken_away_is_an_ordinary_one_again(world, hosts):
    await world.pool.execute("UPDATE merchant SET terms = NULL")
    await hosts.refresh()
    answer = await world.call("GET", "/support/login", headers={"Host": THEIRS})
    assert answer.status == 200
