"""POST /v1/carriers/{carrier}/events: the carrier's own words, passed on byte for byte."""

import hashlib
import hmac
import json
import unicodedata
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import aiohttp

from tracking.carriers import CARRIERS
from tracking.keys import secret_context
from tracking.store.keys import Keys
from tracking.web.bodies import MAX_BODY
from tracking.web.keyring import KEYRING

SAMPLES = Path(__file__).parent.parent / "carriers" / "samples"
NATIVE = sorted(set(CARRIERS) - {"klat"})


async def post(world, key, carrier, body, query="", **headers):
    headers = {"Content-Type": "application/json", **key, **headers}
    path = f"/v1/carriers/{carrier}/events{query}"
    return await world.call("POST", path, data=BytesIO(body), headers=headers)


async def test_every_payload_is_passed_on_unchanged(world):
    for carrier in NATIVE:
        key = await world.key("courier", carrier=carrier)
        samples = [file.read_bytes() for file in sorted((SAMPLES / carrier).iterdir())]
        assert samples
        for body in samples:
            world.broker.messages.clear()
            answer = await post(world, key, carrier, body)
            assert answer.status == 202, carrier
            (message,) = world.broker.messages
            assert message.body == body
            assert message.routing_key == f"carrier.{carrier}"
            assert message.headers["x-format"] == "native"
            assert message.headers["content-type"] == "application/json"
            assert message.headers["x-received-at"] == world.clock().isoformat()


async def test_events_are_counted(world):
    body = (SAMPLES / "venipak" / "locker.json").read_bytes()
    answer = await post(world, await world.key("courier", carrier="venipak"), "venipak", body)
    assert answer.json["accepted"] > 1
    assert answer.json["rejected"] == []


async def test_a_payload_that_names_no_parcel_is_told_which(world):
    body = (SAMPLES / "posti" / "returned.json").read_bytes()
    key = await world.key("courier", carrier="posti")
    answer = await post(world, key, "posti", body, "?tracking_number=jjfi00000000000000001")
    assert (answer.status, answer.json["accepted"] > 0) == (202, True)
    assert world.broker.messages[0].headers["x-tracking-number"] == "JJFI00000000000000001"
    unnamed = await post(world, key, "posti", body)
    assert (unnamed.status, unnamed.json["accepted"]) == (202, 0)
    assert "add ?tracking_number= (RabbitMQ: the header" in unnamed.json["rejected"][0]["error"]
    for wrong in ("%00", "a%0d%0ab", "a" * 200, "%ff"):
        assert (await post(world, key, "posti", body, f"?tracking_number={wrong}")).status == 400


async def test_what_has_an_unknown_shape_is_kept_and_said(world):
    key = await world.key("courier", carrier="omniva")
    answer = await post(world, key, "omniva", b'{"greetings": "from afar"}')
    assert (answer.status, answer.json["accepted"]) == (202, 0)
    assert answer.json["rejected"][0]["index"] == 0
    assert len(world.broker.messages) == 1


NO_DATA = (
    b"",
    b"no data",
    b"{",
    b"<a><b></a>",
    b"\xff\xfe",
    b"[" * 10_000,
    b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
)


async def test_what_is_no_data_at_all_is_refused(world):
    key = await world.key("courier", carrier="omniva")
    for body in NO_DATA:
        assert (await post(world, key, "omniva", body)).status == 400, body
    assert world.broker.messages == []


async def test_limits_are_those_of_the_other_format(world):
    key = await world.key("courier", carrier="omniva")
    assert (await post(world, key, "omniva", b" " * (1024 * 1024 + 1))).status == 413
    packed = await post(world, key, "omniva", b"x", **{"Content-Encoding": "br"})
    assert packed.status == 415
    world.broker.away = True
    away = await post(world, key, "omniva", b"{}")
    assert (away.status, 3 <= int(away.headers["Retry-After"]) <= 8) == (503, True)


async def test_who_may_post(world):
    body = b"{}"
    assert (await post(world, {}, "omniva", body)).status == 401
    other = await world.key("courier", carrier="dpd")
    assert (await post(world, other, "omniva", body)).status == 403
    for role in ("merchant", "support"):
        assert (await post(world, await world.key(role), "omniva", body)).status == 403
    own = await world.key("courier", carrier="omniva")
    assert (await post(world, own, "omniva", body)).status == 202
    key = own["Authorization"].split()[1]
    basic = {"Authorization": aiohttp.encode_basic_auth("omniva", key)}
    assert (await post(world, basic, "omniva", body)).status == 202


async def test_who_can_prove_nothing_is_refused_before_the_body_is_read(world):
    large = b" " * (MAX_BODY + 1)
    unknown = {"Authorization": "Bearer unknown"}
    assert (await post(world, {}, "dpd", large)).status == 401  # which signs nothing
    assert (await post(world, {}, "easypost", large)).status == 401  # no secret is set
    assert (await post(world, unknown, "dpd", large)).status == 401
    key = await world.key("courier", carrier="dpd")
    assert (await post(world, key, "dpd", large)).status == 413


async def test_the_address_answers_carriers_that_ask_first(world):
    assert (await world.call("GET", "/v1/carriers/inpost/events")).json == {"carrier": "inpost"}
    assert (await world.call("HEAD", "/v1/carriers/inpost/events")).status == 200


async def test_carriers_without_a_format_of_their_own_have_no_address(world):
    key = await world.key("courier", carrier="omniva")
    for carrier in ("nobody", "klat", "..%2f", "%00"):
        for answer in (
            await post(world, key, carrier, b"{}"),
            await world.call("GET", f"/v1/carriers/{carrier}/events"),
        ):
            assert answer.status == 404
            assert f"Only {', '.join(NATIVE)} are read" in answer.json["detail"]
            assert "posts to /v1/events in Klāt's format" in answer.json["detail"]


async def test_a_misspelt_carrier_is_told_which_one_may_be_meant(world):
    answer = await post(world, {}, "venipack", b"{}")
    assert answer.json["detail"].endswith("; did you mean venipak?")


async def test_a_signature_stands_for_a_key(world):
    body = (SAMPLES / "easypost" / "event.json").read_bytes()
    secret = "sécret"
    good = {"X-Hmac-Signature": _easypost(body, secret)}
    assert (await post(world, {}, "easypost", body, **good)).status == 401
    sealed = world.deps.sealer.seal_text(secret, secret_context("easypost"))
    await Keys(world.pool).save_carrier_secret("easypost", sealed, now=world.clock())
    await world.app[KEYRING].refresh()
    assert (await post(world, {}, "easypost", body, **good)).status == 202
    assert world.broker.messages[0].body == body
    for wrong in (
        {},
        {"X-Hmac-Signature": ""},
        {"X-Hmac-Signature": _easypost(body, "other")},
        {"X-Hmac-Signature": _easypost(body + b" ", secret)},
    ):
        assert (await post(world, {}, "easypost", body, **wrong)).status == 401
    assert (await post(world, {}, "aftership", body, **good)).status == 401
    assert len(world.broker.messages) == 1


def _easypost(body: bytes, secret: str) -> str:
    key = unicodedata.normalize("NFKD", secret).encode()
    return "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()


async def test_a_reader_that_fails_does_not_cost_the_payload(world, monkeypatch):
    def broken(*_):
        raise KeyError("a mistake of ours")

    changed = {**CARRIERS, "omniva": replace(CARRIERS["omniva"], parse=broken)}
    monkeypatch.setattr("tracking.web.courier.CARRIERS", changed)
    key = await world.key("courier", carrier="omniva")
    answer = await post(world, key, "omniva", json.dumps({"a": 1}).encode())
    assert (answer.status, answer.json["accepted"]) == (202, 0)
    assert answer.json["rejected"][0]["error"].startswith("kept in quarantine")
    assert len(world.broker.messages) == 1
