"""/openapi.json and /asyncapi.json say what is true."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from staging import event, parcel

import tracking
from schemas.api import Problem, Receipt, ShipmentRegistered
from schemas.facts import FACT, cloud_event
from schemas.shipment import shipment_id
from tracking.web.app import ALL_ROUTES, CONSOLE_ROUTES

ROOT = Path(tracking.__file__).parents[1]


def validator(document, place):
    """A validator of the schema at this place of the document."""
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry = Registry().with_resource("doc:", resource)
    schema = {"$ref": f"doc:#{place}"}
    return jsonschema.Draft202012Validator(schema, registry=registry)


@pytest.fixture
async def described(world):
    answer = await world.call("GET", "/openapi.json")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return answer.json


async def test_openapi_is_valid_and_names_every_route(described, world):
    validate(described)
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "http://track.test"}]
    served = {
        (route.method, route.resource.canonical)
        for route in world.app.router.routes()
        if route.method != "HEAD"
    } - {(route.method, route.path.replace(":.*}", "}")) for route in CONSOLE_ROUTES}
    told = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert told == served
    assert len(told) == len(ALL_ROUTES)


async def test_operations_have_ids_of_their_own(described):
    ids = [op["operationId"] for item in described["paths"].values() for op in item.values()]
    assert len(ids) == len(set(ids))


async def test_real_bodies_fit_their_schemas(described, world):
    shop = await world.key("merchant", "Shop")
    await world.waits_in_locker("CE123456789EE")
    made = (await world.register(shop)).json
    found = (await world.call("GET", "/v1/shipments?order=1001", headers=shop)).json
    key = await world.key("courier", carrier="omniva")
    posted = await world.call("POST", "/v1/events", headers=key, json=[event(), {}])
    problem = await world.call("POST", "/v1/shipments", headers=shop, json={})
    for name, body in (
        ("ShipmentRegistration", parcel()),
        ("Event", event()),
        ("ShipmentRegistered", made),
        ("ShipmentFound", found),
        ("Receipt", posted.json),
        ("Problem", problem.json),
    ):
        validator(described, f"/components/schemas/{name}").validate(body)
    for model, body in (
        (ShipmentRegistered, made),
        (Receipt, posted.json),
        (Problem, problem.json),
    ):
        model.model_validate(body)


async def test_the_schemas_refuse_what_the_handlers_refuse(described):
    for name, body in (
        ("ShipmentRegistration", parcel(colour="red")),
        ("ShipmentRegistration", parcel(carrier="DPD Latvija")),
        ("Event", event(status="lost in space")),
        ("Event", event(carrier=None)),
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator(described, f"/components/schemas/{name}").validate(body)


async def test_the_keys_of_a_route_are_told(described):
    paths = described["paths"]
    assert paths["/v1/events"]["post"]["security"] == [{"bearer": []}, {"basic": []}]
    assert {} in paths["/v1/carriers/{carrier}/events"]["post"]["security"]
    assert paths["/t/{token}"]["get"]["security"] == []
    assert paths["/callbacks/mail"]["post"]["security"] == [{"callback": []}]
    schemes = set(described["components"]["securitySchemes"])
    assert schemes == {"bearer", "basic", "callback"}
    asked = [one for _, _, each in operations(described) for one in each["security"]]
    assert {name for one in asked for name in one} == schemes


def operations(document):
    """Each with its method and path."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


# What stands for itself: it asks no database and reads no body.
FROM_MEMORY = {
    ("GET", "/v1/carriers/{carrier}/events"),
    ("GET", "/t/{token}/unlock"),
    ("GET", "/t/{token}/survey"),
    ("GET", "/static/{name}"),
    ("GET", "/sw.js"),
    ("GET", "/openapi.json"),
    ("GET", "/asyncapi.json"),
}
WITHOUT_BODY = {
    ("POST", "/v1/webhooks/{webhook_id}/rotate"),
    ("POST", "/v1/webhooks/{webhook_id}/test"),
    ("POST", "/v1/webhooks/{webhook_id}/attempts/{delivery_id}/resend"),
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/approve"),
}


async def test_whatever_writes_says_what_it_takes_and_how_that_may_fail(described):
    """A body may be too long, compressed, cut off, or too slow: 413, 415, 400, 408."""
    seen = set()
    for method, path, operation in operations(described):
        if method not in {"POST", "PUT", "PATCH"}:
            assert "requestBody" not in operation, (method, path)
        elif "requestBody" not in operation:
            seen.add((method, path))
        else:
            assert operation["requestBody"]["content"], (method, path)
            missing = {"400", "408", "413", "415"} - set(operation["responses"])
            assert not missing, (method, path, missing)
    assert seen == WITHOUT_BODY
    schema = described["paths"]["/v1/settings"]["put"]["requestBody"]["content"]
    assert schema["application/json"]["schema"]["$ref"].startswith("#/components/schemas/ShopSett")


async def test_whatever_needs_the_database_says_that_it_may_be_away(described):
    silent = {
        (m, path) for m, path, each in operations(described) if "503" not in each["responses"]
    }
    assert silent == FROM_MEMORY


HEADER = re.compile(r'headers\.get(?:all)?\("([\w-]+)"')
# Of every request, or described as a security scheme; those of browsers are none of a caller's.
OF_ANY_REQUEST = {"authorization", "content-encoding", "accept-language", "x-forwarded-for"}
OF_BROWSERS = {"origin", "sec-fetch-site"}
OF_AN_ANSWER = {"allow"}
READ_BY_AIOHTTP = {"if-none-match"}


async def test_each_header_that_is_read_is_described(described):
    folders = ("tracking/web", "tracking/carriers", "notifier/receipts", "consumers/notices")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    read = {name.lower() for file in files for name in HEADER.findall(file.read_text())}
    told = {
        each["name"].lower(): path
        for _, path, operation in operations(described)
        for each in operation["parameters"]
        if each["in"] == "header"
    }
    assert {"x-twilio-signature", "webhook-id", "if-match"} <= read
    assert read - OF_ANY_REQUEST - OF_BROWSERS - OF_AN_ANSWER == set(told) - READ_BY_AIOHTTP
    assert "authorization" not in told, "OpenAPI has a security scheme for it, and ignores this"


async def test_asyncapi_tells_both_exchanges_and_every_fact(world):
    document = (await world.call("GET", "/asyncapi.json")).json
    assert document["asyncapi"] == "3.0.0"
    exchanges = [
        channel["bindings"]["amqp"]["exchange"] for channel in document["channels"].values()
    ]
    assert [(e["name"], e["type"]) for e in exchanges] == [
        ("courier.events", "topic"),
        ("klat.facts", "topic"),
    ]
    assert all(exchange["durable"] for exchange in exchanges)
    events = "/channels/courierEvents/messages/events/payload"
    validator(document, events).validate(event())
    validator(document, events).validate([event(), event()])
    with pytest.raises(jsonschema.ValidationError):
        validator(document, events).validate(event(colour="red"))


async def test_every_reference_leads_somewhere(world):
    for path in ("/openapi.json", "/asyncapi.json"):
        document = (await world.call("GET", path)).json
        references = list(_references(document))
        assert references
        for reference in references:
            target = document
            for part in reference.removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


async def test_a_fact_fits_the_message_of_its_routing_key(world):
    document = (await world.call("GET", "/asyncapi.json")).json
    fact = FACT.validate_python(
        {
            "type": "shipment.details_changed",
            "shipment_id": shipment_id("omniva", "CE1"),
            "version": 3,
            "carrier": "omniva",
            "tracking_number": "CE1",
            "status": "in_transit",
            "recorded_at": world.clock(),
            "changed": ["estimate"],
        }
    )
    body = json.loads(cloud_event(fact))
    place = "/components/messages/{}/payload"
    validator(document, place.format("shipment.details_changed")).validate(body)
    with pytest.raises(jsonschema.ValidationError):
        validator(document, place.format("shipment.delivered")).validate(body)
