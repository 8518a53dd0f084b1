"""The connector: nobody inside is reached, whatever a URL, a nameserver or an answer says."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager

import pytest
from sms_gateway import answering, serving
from test_network import INSIDE

from notifier.channels.webhook import Failure, Limits, Reply, post_webhook
from notifier.outgoing import (
    LOOKUPS,
    AddressRefused,
    PublicResolver,
    public_socket,
    safe_session,
)

LIMITS = Limits(total=2.0, connect=1.0, rest=0.2)


def addresses(*found, port=8443):
    """What a nameserver says, as the system tells it."""
    return [
        (
            socket.AF_INET6 if ":" in each else socket.AF_INET,
            socket.SOCK_STREAM,
            6,
            "",
            (each, port, 0, 0) if ":" in each else (each, port),
        )
        for each in found
    ]


def saying(*answers):
    """A nameserver that says these in turn, the last for ever; and how often it was asked."""
    left, asked = list(answers), []

    def lookup(host, port, family):
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return [(f, k, p, c, (a[0], port, *a[2:])) for f, k, p, c, a in found]

    return lookup, asked


@asynccontextmanager
async def counting():
    """A server inside; how often it was connected to."""
    connections = []

    async def accept(_, writer):
        connections.append(writer)
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], connections


async def post(session, url):
    return await post_webhook(session, url, b"{}", {}, LIMITS)


@pytest.mark.parametrize("address", [each for each in INSIDE if "%" not in each])
def test_no_socket_is_made_for_an_address_inside(address):
    (info,) = addresses(address)
    with pytest.raises(AddressRefused):
        public_socket(info)


@pytest.mark.parametrize("port", [22, 25, 80, 5432, 5672, 6379, 9090, 0])
def test_no_socket_is_made_for_another_port(port):
    (info,) = addresses("93.184.216.34", port=port)
    with pytest.raises(AddressRefused):
        public_socket(info)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700:4700::1111"])
@pytest.mark.parametrize("port", [443, 8443])
def test_one_is_made_for_an_address_on_the_internet(address, port):
    (info,) = addresses(address, port=port)
    public_socket(info).close()


async def test_of_what_a_nameserver_says_only_the_internet_is_left():
    lookup, _ = saying(addresses("10.0.0.1", "93.184.216.34", "::1", "2606:4700:4700::1111"))
    found = await PublicResolver(lookup=lookup).resolve("shop.example", 443)
    assert [each["host"] for each in found] == ["93.184.216.34", "2606:4700:4700::1111"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "0.0.0.0"])
async def test_a_name_that_leads_inside_reaches_nobody(address):
    async with counting() as (port, connections):
        lookup, _ = saying(addresses(address))
        async with safe_session(lookup=lookup) as session:
            reply = await post(session, f"https://shop.example:{port}/")
    assert (reply, connections) == (Reply(failure=Failure.ADDRESS_REFUSED), [])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0"])
async def test_nor_does_an_address_that_stands_in_the_url(host):
    """Of an address aiohttp asks no resolver: the socket is refused."""
    async with counting() as (port, connections), safe_session() as session:
        reply = await post(session, f"https://{host}:{port}/")
    assert (reply, connections) == (Reply(failure=Failure.ADDRESS_REFUSED), [])


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "localhost."]
)
async def test_nor_another_spelling_of_one(host):
    async with counting() as (port, connections), safe_session() as session:
        reply = await post(session, f"https://{host}:{port}/")
    assert reply.status is None
    assert connections == []


async def test_a_name_that_is_asked_twice_is_checked_twice(monkeypatch):
    """Rebinding: the internet at the first look, inside at the second. Each look is one connect."""
    async with counting() as (port, connections):
        lookup, asked = saying(addresses("93.184.216.34"), addresses("127.0.0.1"))
        made = []

        def not_on_the_wire(info):
            made.append(info[4][0])
            raise OSError("the tests do not reach the internet")

        monkeypatch.setattr("notifier.outgoing.public_socket", not_on_the_wire)
        monkeypatch.setattr("notifier.outgoing._NAMES_KEPT", 0)
        async with safe_session(lookup=lookup) as session:
            first = await post(session, f"https://shop.example:{port}/")
            await asyncio.sleep(0.01)  # what was looked up is too old now
            second = await post(session, f"https://shop.example:{port}/")
    assert (first.failure, second.failure) == (Failure.UNREACHABLE, Failure.ADDRESS_REFUSED)
    assert (made, asked) == (["93.184.216.34"], ["shop.example"] * 2)
    assert connections == []


async def test_a_resolver_that_lies_past_its_check_still_gets_no_socket():
    """The second wall stands alone: what the resolver let through is looked at once more."""
    async with counting() as (port, connections), safe_session() as session:
        lookup, _ = saying(addresses("127.0.0.1"))
        session.connector._resolver = PublicResolver(allow_private=True, lookup=lookup)
        reply = await post(session, f"https://shop.example:{port}/")
    assert (reply, connections) == (Reply(failure=Failure.ADDRESS_REFUSED), [])


@pytest.mark.parametrize("fault", [OSError("no such name"), UnicodeError("label too long")])
async def test_a_name_that_is_none_is_not_reached(fault):
    lookup, _ = saying(fault)
    async with safe_session(lookup=lookup) as session:
        assert await post(session, "https://shop.example/") == Reply(failure=Failure.UNREACHABLE)


async def test_a_nameserver_that_hangs_holds_up_neither_other_names_nor_the_end():
    release = threading.Event()
    lookup, _ = saying(OSError("no such name"))

    def hanging(host, port, family):
        if host == "slow.example":
            release.wait()
        return lookup(host, port, family)

    async with safe_session(lookup=hanging) as session:
        slow = asyncio.create_task(post(session, "https://slow.example/"))
        assert await post(session, "https://other.example/") == Reply(failure=Failure.UNREACHABLE)
        assert await slow == Reply(failure=Failure.TIMEOUT)
    release.set()


async def test_so_many_names_are_looked_up_at_a_time_and_no_more():
    release, inside, most = threading.Event(), 0, 0
    lock = threading.Lock()

    def counted(host, port, family):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        release.wait()
        with lock:
            inside -= 1
        return addresses("93.184.216.34")

    resolver = PublicResolver(lookup=counted)
    looks = [asyncio.create_task(resolver.resolve(f"{n}.example")) for n in range(2 * LOOKUPS)]
    while inside < LOOKUPS:  # noqa: ASYNC110 - threads are being started
        await asyncio.sleep(0.01)
    release.set()
    assert len(await asyncio.gather(*looks)) == 2 * LOOKUPS
    assert most == LOOKUPS


async def test_whoever_gave_up_on_a_name_gives_its_place_back():
    release = threading.Event()

    def hanging(host, port, family):
        release.wait()
        return addresses("93.184.216.34")

    resolver = PublicResolver(lookup=hanging)
    for _ in range(LOOKUPS):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await resolver.resolve("shop.example")
    release.set()
    assert await resolver.resolve("shop.example")


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    async with counting() as (port, connections), serving(answering(204)) as shop:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        async with safe_session(allow_private=True) as session:
            assert (await post(session, shop.url)).status == 204
    assert connections == []


async def test_no_cookie_is_kept_and_no_redirect_followed():
    inside = serving(answering(200))
    async with inside as secret, safe_session(allow_private=True) as session:
        moved = answering(307, Location=secret.url, Set_Cookie="a=b")
        async with serving(moved) as shop:
            for _ in range(2):
                assert (await post(session, shop.url)).status == 307
    assert secret.requests == []
    assert all("Cookie" not in request.headers for request in shop.requests)
