"""Whatever fits the description, or just does not, is answered as the description says.

Schemathesis makes the calls out of the description itself, for each role of key and for nobody,
with ids that are there and ids that are not. They are the same calls each time.
"""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from two_shops import THEIRS, shop

from consumers.connection import Publisher
from consumers.topology import declare_first, topology
from tracking.keys import Role
from tracking.web.app import ALL_ROUTES
from tracking.web.openapi import openapi


@schemathesis.serializer("message/rfc822", "application/x-ndjson")
def as_text(_, value):
    """Media types that it does not know."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


DESCRIBED = schemathesis.openapi.from_dict(openapi(ALL_ROUTES, "http://127.0.0.1"))
OPERATIONS = [result.ok() for result in DESCRIBED.get_all_operations()]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
ENDLESS = {"/t/{token}/stream"}  # once it is open; it has tests of its own
ROLES = {(each.method.lower(), each.path): each.roles for each in ALL_ROUTES}


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
async def theirs(world):
    return await shop(world, THEIRS, "CE1")


async def is_as_described(world, theirs, role, key, data):
    """One call that this role may make, or that asks for no key."""
    open_to = [each for each in OPERATIONS if role in ROLES[each.method, each.path]]
    unguarded = [each for each in OPERATIONS if not ROLES[each.method, each.path]]
    operation = data.draw(st.sampled_from(open_to) if open_to else st.sampled_from(unguarded))
    names = {each.name for each in operation.iter_parameters() if each.location == "path"}
    ids = {**theirs.ids, "carrier": "omniva"} if operation.method != "delete" else {}
    known = {name: ids[name] for name in names if name in ids}
    is_there = operation.path not in ENDLESS and data.draw(st.booleans())
    mode = data.draw(st.sampled_from(MODES))
    case = data.draw(operation.as_strategy(mode, path_parameters=known if is_there else None))
    headers = key
    if data.draw(st.booleans()):
        headers = {**key, "Idempotency-Key": f"call-{next(world.numbers)}"}
    answer = await asyncio.to_thread(
        case.call, base_url=world.url, headers=headers, allow_redirects=False, timeout=20
    )
    # Of events each counts for itself: who sends nonsense is told so in a 202 (decision 11).
    strict = [] if role is Role.COURIER else [negative_data_rejection]
    case.validate_response(answer, checks=[*CHECKS, *strict])


@bounded(100)
@given(data=st.data())
async def test_to_a_shop(world, theirs, data):
    await is_as_described(world, theirs, Role.MERCHANT, theirs.key, data)


@bounded(40)
@given(data=st.data())
async def test_to_support(world, theirs, data):
    key = await world.key("support")
    await is_as_described(world, theirs, Role.SUPPORT, key, data)


@bounded(60)
@given(data=st.data())
async def test_to_who_has_a_link_or_nothing(world, theirs, data):
    await is_as_described(world, theirs, None, {}, data)


@pytest.fixture
async def broker(world, amqp_url):
    """A real one behind the courier's calls."""
    wanted = topology()
    publisher = Publisher(amqp_url, "tests", lambda channel: declare_first(channel, wanted=wanted))
    running = asyncio.create_task(publisher.run())
    await publisher.connected()
    world.broker.real = publisher.publish_event
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@bounded(40)
@given(data=st.data())
async def test_to_a_courier(world, broker, theirs, data):
    key = await world.key("courier", carrier="omniva")
    await is_as_described(world, theirs, Role.COURIER, key, data)
