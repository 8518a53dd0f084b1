"""The operator's port, the log line of a request, and the limits of the sockets."""

import asyncio
import json

import aiohttp
import pytest
import structlog
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families
from staging import event

from tracking.web import bodies, serving
from tracking.web.courier import IN_FLIGHT
from tracking.web.limits import InFlight
from tracking.web.ops import Readiness, make_ops_app
from tracking.web.serving import serve


@pytest.fixture
async def ops():
    state = {"database": True, "broker": True}
    readiness = Readiness({name: (lambda n=name: _answer(state[n])) for name in state})
    registry = CollectorRegistry()
    Counter("things", "Things", registry=registry).inc()
    runner = await serve(make_ops_app(readiness, registry), "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
        yield readiness, state, http
    await runner.cleanup()


async def _answer(state):
    if isinstance(state, Exception):
        raise state
    return state


async def ready(http):
    async with http.get("/readyz") as response:
        return response.status, await response.json()


async def test_alive_asks_nobody(ops):
    _, state, http = ops
    state["database"] = OSError("gone")
    async with http.get("/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "alive"})


async def test_ready_needs_everything_or_anything_as_the_role_does(ops):
    readiness, state, http = ops
    assert await ready(http) == (
        200,
        {"status": "ready", "checks": {"database": True, "broker": True}},
    )
    state["broker"] = OSError("gone")
    assert (await ready(http))[0] == 503
    readiness.need = "any"
    assert await ready(http) == (
        200,
        {"status": "ready", "checks": {"database": True, "broker": False}},
    )
    state["database"] = False
    assert (await ready(http))[0] == 503


async def test_what_is_always_needed_is_needed_beside_anything(ops):
    readiness, state, http = ops
    readiness.need, state["schema"] = "any", False
    readiness.always = {"schema": lambda: _answer(state["schema"])}
    assert await ready(http) == (
        503,
        {"status": "not ready", "checks": {"database": True, "broker": True, "schema": False}},
    )
    state["schema"] = True
    assert (await ready(http))[0] == 200


async def test_a_process_that_is_about_to_stop_is_not_ready(ops):
    readiness, _, http = ops
    readiness.draining = True
    assert await ready(http) == (
        503,
        {"status": "draining", "checks": {"database": True, "broker": True}},
    )


async def test_a_check_that_hangs_fails(ops, monkeypatch):
    readiness, _, http = ops
    monkeypatch.setattr("tracking.web.ops.CHECK_LIMIT", 0.01)
    readiness.checks = {"database": asyncio.Event().wait}
    assert (await ready(http))[0] == 503


async def test_metrics_are_those_of_the_registry(ops):
    async with ops[2].get("/metrics") as response:
        assert response.headers["Content-Type"].startswith("text/plain")
        families = list(text_string_to_metric_families(await response.text()))
    assert {"things"} == {family.name for family in families} - {"things_created"}


async def test_a_request_is_counted_by_its_route(world):
    made = await world.register(await world.key("merchant"))
    token = made.json["tracking_url"].rpartition("/")[2]
    await world.call("GET", f"/t/{token}?lang=lv")
    await world.call("GET", "/nowhere/at/all")
    wrong = await world.call("PROPFIND", "/v1/events")
    assert (wrong.headers["Allow"], wrong.json["status"]) == ("POST", 405)
    found = {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for metric in world.deps.registry.collect()
        for s in metric.samples
        if s.name == "klat_http_requests_total"
    }
    assert found == {
        ("POST", "/v1/shipments", "201"): 1,
        ("GET", "/t/{token}", "200"): 1,
        ("GET", "unmatched", "404"): 1,
        ("other", "unmatched", "405"): 1,
    }


async def test_events_are_counted_by_what_became_of_them(world):
    key = await world.key("courier", carrier="omniva")
    await world.call("POST", "/v1/events", headers=key, json=[event(), event(colour="red")])
    world.broker.away = True
    await world.call("POST", "/v1/events", headers=key, json=event())
    value = world.deps.registry.get_sample_value
    assert value("klat_ingest_events_total", {"outcome": "accepted"}) == 1
    assert value("klat_ingest_events_total", {"outcome": "rejected"}) == 1
    assert value("klat_ingest_turned_away_total") == 1


async def test_the_log_line_holds_route_status_and_key_and_nothing_else(world):
    made = await world.register(await world.key("merchant"))
    url = made.json["tracking_url"].removeprefix("http://track.test")
    with structlog.testing.capture_logs() as lines:
        await world.call("GET", url + "?lang=lv&secret=1")
        await world.call("POST", url + "/unlock", data={"answer": "1010"})
    assert [line["event"] for line in lines] == ["http.request"] * 2
    assert set(lines[0]) == {"event", "log_level", "method", "route", "status_code", "ms", "key_id"}
    assert lines[0]["route"] == "/t/{token}"
    written = json.dumps(lines, default=str)
    for secret in (url[3:], "secret", "1010", "lang"):
        assert secret not in written


async def test_above_the_bound_callers_are_sent_away_at_once(world):
    key = await world.key("courier", carrier="omniva")
    world.app._state[IN_FLIGHT] = InFlight(messages=2, size=1024 * 1024)
    world.broker.open.clear()

    async def post():
        return await world.call("POST", "/v1/events", headers=key, json=event())

    held = [asyncio.create_task(post()) for _ in range(2)]
    while world.broker.waiting < 2:  # noqa: ASYNC110 - the broker's side of it
        await asyncio.sleep(0)
    away = await post()
    assert (away.status, 1 <= int(away.headers["Retry-After"]) <= 5) == (503, True)
    world.broker.open.set()
    assert [(await task).status for task in held] == [202, 202]
    assert (await post()).status == 202


def test_what_is_in_flight_is_bounded_in_number_and_size():
    bound = InFlight(messages=10, size=100)
    with bound.hold(60):
        with pytest.raises(Exception, match="Too many"), bound.hold(60):
            pass
        with bound.hold(40):
            pass
    with bound.hold(100):
        pass


async def raw(world, *parts: bytes) -> bytes:
    """What the server answers to these bytes."""
    host, _, port = world.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for part in parts:
        writer.write(part)
        await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


_POST = b"POST /v1/events HTTP/1.1\r\nHost: a\r\n"
_GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
NO_HTTP = {
    "noise": b"\x00\xff\x00\xff\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "a long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long header": _GET + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": _GET + b"".join(b"X%d: a\r\n" % n for n in range(200)) + b"\r\n",
    "a negative length": _POST + b"Content-Length: -1\r\n\r\n",
    "two lengths": _POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": (
        _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
}


async def test_what_is_no_http_is_answered_without_a_word_about_us(world, caplog):
    for name, request in NO_HTTP.items():
        answer = await raw(world, request)
        assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), name
        for word in (b"Python", b"aiohttp", b"Traceback"):
            assert word not in answer, name
    assert caplog.records == []


async def test_a_body_that_does_not_come_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr(bodies, "_READ_LIMIT", 0.05)
    key = (await world.key("courier", carrier="omniva"))["Authorization"].encode()
    host, _, port = world.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: "
        + key
        + b"\r\nContent-Length: 100\r\n\r\n{"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()


async def test_headers_that_do_not_come_are_not_waited_for(world, monkeypatch):
    monkeypatch.setattr(serving, "KEEPALIVE", 0.2)
    runner = await serve(make_ops_app(Readiness({}), CollectorRegistry()), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"GET /healthz HTTP/1.1\r\nHost:")
    assert await reader.read() == b""
    writer.close()
    await runner.cleanup()


async def test_a_client_that_leaves_in_the_middle_harms_nobody(world):
    key = (await world.key("courier", carrier="omniva"))["Authorization"].encode()
    host, _, port = world.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: "
        + key
        + b"\r\nContent-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    writer.transport.abort()
    assert (await world.call("GET", "/openapi.json")).status == 200
    assert world.broker.messages == []
