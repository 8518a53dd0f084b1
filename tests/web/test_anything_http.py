"""Whatever is sent, no answer is a 5xx and no broken thing reaches the broker."""

import json
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from staging import event

from schemas.api import ShipmentRegistration
from schemas.scan import Event
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext

WORDS = st.text(max_size=12) | st.sampled_from(
    ["omniva", "in_transit", "stored", "\0", "\ud83d\ude00", "2026-11-20", "last_delivery", "LV"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*Event.model_fields, "colour"])
CHANGED = st.builds(
    lambda changes: {**event(), **changes}, st.dictionaries(FIELDS, JSON, max_size=3)
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    CHANGED.map(lambda value: json.dumps(value).encode()),
    st.lists(CHANGED | JSON, max_size=5).map(lambda value: json.dumps(value).encode()),
    st.lists(CHANGED.map(json.dumps) | st.text(max_size=30), max_size=5).map(
        lambda lines: "\n".join(lines).encode(errors="replace")
    ),
)
MEDIA = st.sampled_from(["application/json", "application/x-ndjson", "text/plain", "a/b; c", "ā"])
often = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def omniva(world):
    return await world.key("courier", carrier="omniva")


@often
@given(body=BODIES, media=MEDIA)
async def test_events(world, omniva, body, media):
    world.broker.messages.clear()
    headers = {**omniva, "Content-Type": media}
    answer = await world.call("POST", "/v1/events", data=BytesIO(body), headers=headers)
    assert answer.status in {202, 400, 403, 413, 422}
    accepted = 0
    for message in world.broker.messages:
        parsed = CARRIERS["klat"].parse(message.body, ParseContext())
        assert parsed.problems == []
        assert {scan.carrier for scan in parsed.scans} == {"omniva"}
        accepted += len(parsed.scans)
    if answer.status == 202:
        assert answer.json["accepted"] == accepted
        places = [each["index"] for each in answer.json["rejected"]]
        assert places == sorted(set(places))
    else:
        assert accepted == 0


@pytest.fixture
async def couriers(world):
    """A key of every carrier that has a format of its own."""
    carriers = sorted(set(CARRIERS) - {"klat"})
    return {carrier: await world.key("courier", carrier=carrier) for carrier in carriers}


@often
@given(body=BODIES, carrier=st.sampled_from(sorted(set(CARRIERS) - {"klat"})))
async def test_native_payloads(world, couriers, body, carrier):
    path = f"/v1/carriers/{carrier}/events"
    answer = await world.call("POST", path, data=BytesIO(body), headers=couriers[carrier])
    assert answer.status in {202, 400}


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


@often
@given(fields=st.dictionaries(st.sampled_from([*ShipmentRegistration.model_fields]), JSON))
async def test_registrations(world, shop, fields):
    answer = await world.register(shop, **fields)
    assert answer.status in {200, 201, 400, 422}


@often
@given(query=st.text(max_size=30), name=st.sampled_from(["order", "tracking_number", "carrier"]))
async def test_questions(world, shop, query, name):
    asked = {"carrier": "omniva", "tracking_number": "CE1", name: query}
    answer = await world.call("GET", "/v1/shipments", headers=shop, params=asked)
    assert answer.status in {400, 404}


@pytest.fixture
async def path(world, shop):
    return (await world.register(shop)).json["tracking_url"].removeprefix("http://track.test")


@often
@given(
    form=st.binary(max_size=60) | st.text(max_size=30).map(lambda text: f"answer={text}".encode())
)
async def test_forms(world, path, form):
    sent = await world.call("POST", f"{path}/unlock", data=BytesIO(form))
    assert sent.status in {303, 400, 422, 429}
    assert "Set-Cookie" not in sent.headers


@often
@given(token=st.text(max_size=30), below=st.sampled_from(["", "/stream", "/unlock"]))
async def test_links(world, token, below):
    path = "/t/" + "".join(f"%{byte:02x}" for byte in token.encode()) + below
    assert (await world.call("GET", path)).status in {303, 404, 429}
