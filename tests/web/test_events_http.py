"""POST /v1/events: what is taken, what is refused, and what the broker gets of it."""

import gzip
import json
from io import BytesIO

import pytest
from staging import event

from schemas.faults import OF_PATTERN
from schemas.scan import NUMBER


@pytest.fixture
async def omniva(world):
    return await world.key("courier", carrier="omniva")


async def post(world, key, body, media="application/json", **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await world.call(
        "POST", "/v1/events", data=BytesIO(data), headers={**key, "Content-Type": media, **headers}
    )


async def test_one_event_is_accepted_when_the_broker_has_confirmed_it(world, omniva):
    answer = await post(world, omniva, event())
    assert answer.status == 202
    assert set(answer.json) == {"receipt", "accepted", "rejected"}
    assert (answer.json["accepted"], answer.json["rejected"]) == (1, [])
    (message,) = world.broker.messages
    assert message.routing_key == "carrier.omniva"
    assert json.loads(message.body) == event()
    assert message.headers["x-received-at"] == world.clock().isoformat()
    assert message.headers["x-receipt"] == answer.json["receipt"]
    assert message.headers["content-type"] == "application/json"


async def test_an_array_goes_on_in_its_order_in_messages_of_a_hundred(world, omniva):
    events = [event(event_id=f"e{n}", description="ā" * n) for n in range(250)]
    answer = await post(world, omniva, events)
    assert (answer.status, answer.json["accepted"]) == (202, 250)
    assert [len(json.loads(m.body)) for m in world.broker.messages] == [100, 100, 50]
    assert world.broker.events() == events


async def test_lines_go_on_as_arrays(world, omniva):
    events = [event(event_id=f"e{n}") for n in range(3)]
    body = b"\n".join(json.dumps(each).encode() for each in events) + b"\n"
    answer = await post(world, omniva, body, media="application/x-ndjson")
    assert (answer.status, answer.json["accepted"]) == (202, 3)
    (message,) = world.broker.messages
    assert json.loads(message.body) == events


async def test_a_bad_event_costs_only_itself_and_its_field_is_named(world, omniva):
    events = [
        event(event_id="good"),
        event(colour="red"),
        event(occurred_at="yesterday"),
        event(status=None),
        "nonsense",
        event(status="lost in space"),
        event(event_id="also good"),
    ]
    answer = await post(world, omniva, events)
    assert (answer.status, answer.json["accepted"]) == (202, 2)
    errors = {each["index"]: each["error"] for each in answer.json["rejected"]}
    assert list(errors) == [1, 2, 3, 4, 5]
    assert errors[1].startswith("colour")
    assert errors[2].startswith("occurred_at")
    assert errors[5].startswith("status")
    assert [each["event_id"] for each in world.broker.events()] == ["good", "also good"]


async def test_all_that_is_wrong_with_an_event_is_told_at_once(world, omniva):
    bad = event(event_id="", tracking_number="!", occurred_at="yesterday", description="a\0b")
    bad |= {"code": "a\nb", "location": {"country": "Latvia"}, "colour": "red", "retracts": ""}
    (rejected,) = (await post(world, omniva, [bad])).json["rejected"]
    assert rejected["error"].split("; ") == [
        "event_id: is empty",
        f"tracking_number: {OF_PATTERN[NUMBER]}",
        "occurred_at: not an ISO 8601 time such as 2026-11-20T14:03:00+02:00",
        "code: holds a NUL, a line break or another control character",
        "description: holds a NUL or half a surrogate pair",
        "location.country: not a country code of two capital letters such as LV",
        "retracts: is empty",
        "colour: is no field here",
    ]
    many = {f"k{n}": 1 for n in range(30)}
    (rejected,) = (await post(world, omniva, event(**many))).json["rejected"]
    assert rejected["error"].endswith("k9: is no field here; and 20 more")


async def test_two_events_on_a_line_are_a_broken_line(world, omniva):
    one = json.dumps(event()).encode()
    answer = await post(world, omniva, b"%b,%b\n%b" % (one, one, one))
    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert [each["index"] for each in answer.json["rejected"]] == [0]
    assert world.broker.events() == [event()]
    many = b"\n".join([b",".join([one] * 600)] * 2)
    answer = await post(world, omniva, many)
    assert (answer.json["accepted"], len(answer.json["rejected"])) == (0, 2)


async def test_a_broken_line_costs_only_itself(world, omniva):
    body = b'{"carrier": \n' + json.dumps(event()).encode() + b"\n\xff\xfe\n"
    answer = await post(world, omniva, body, media="application/x-ndjson")
    assert answer.status == 202
    assert [each["index"] for each in answer.json["rejected"]] == [0, 2]
    assert world.broker.events() == [event()]


async def test_an_array_without_events_is_taken_and_nothing_of_it(world, omniva):
    answer = await post(world, omniva, [])
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 0, [])
    assert world.broker.messages == []


async def test_when_every_event_is_bad_nothing_is_published(world, omniva):
    answer = await post(world, omniva, event(colour="red"))
    assert (answer.status, answer.json["accepted"]) == (202, 0)
    assert len(answer.json["rejected"]) == 1
    assert world.broker.messages == []


async def test_events_of_lockers_take_the_lockers_way(world):
    key = await world.key("courier", carrier="riga-lockers")
    stored = event(carrier="riga-lockers", status=None, code="Stored")
    moved = event(carrier="riga-lockers", event_id="a2")
    answer = await post(world, key, [stored, moved])
    assert answer.json["accepted"] == 2
    by_key = {m.routing_key: json.loads(m.body) for m in world.broker.messages}
    assert by_key == {"locker.riga-lockers": [stored], "carrier.riga-lockers": [moved]}


async def test_a_key_posts_for_its_own_carrier_only(world, omniva):
    answer = await post(world, omniva, [event(), event(carrier="dpd")])
    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert answer.json["rejected"] == [
        {"index": 1, "error": "carrier: this key may post for omniva only"}
    ]
    alone = await post(world, omniva, event(carrier="dpd"))
    assert alone.status == 403
    assert {each["carrier"] for each in world.broker.events()} == {"omniva"}


UNREADABLE = {
    "nothing": b"",
    "blanks": b"   \n",
    "cut off": b"{",
    "prose": b"no json at all",
    "a number": b"12",
    "a text": b'"text"',
    "no UTF-8": b"\xff\xfe\x00",
    "broken UTF-8": b'{"carrier": "\xc3\x28"}',
    "a raw NUL": b'{"carrier": "a\x00b"}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
}


async def test_a_body_that_cannot_be_read_is_refused_whole(world, omniva):
    for name, body in UNREADABLE.items():
        answer = await post(world, omniva, body)
        assert (answer.status, answer.json["status"]) == (400, 400), name
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert world.broker.messages == []


NO_TEXT = {"a NUL": "\0", "half a surrogate pair": "\ud800", "the other half": "\udc00"}
PLACES = {
    "description": lambda text: {"description": text},
    "location.city": lambda text: {"location": {"city": text}},
    "location.place_id": lambda text: {"location": {"place_id": text}},
    "event_id": lambda text: {"event_id": text},
    "code": lambda text: {"status": None, "code": text},
    "tracking_number": lambda text: {"tracking_number": text},
    "occurred_at": lambda text: {"occurred_at": text},
    "estimate.from": lambda text: {"estimate": {"from": text}},
    "pickup.code": lambda text: {"pickup": {"code": text}},
    "retracts": lambda text: {"status": None, "retracts": text},
    "a": lambda text: {f"a{text}": 1},
}


@pytest.mark.parametrize("what", NO_TEXT)
@pytest.mark.parametrize("form", ["array", "lines", "alone"])
async def test_what_is_no_text_costs_only_its_event_and_its_field_is_named(
    world, omniva, what, form
):
    bad = {place: event(**told(f"x{NO_TEXT[what]}y")) for place, told in PLACES.items()}
    for place, broken in bad.items():
        world.broker.messages.clear()
        events = [broken] if form == "alone" else [event(event_id="b"), broken, event()]
        lines = [json.dumps(each) for each in events]
        body = "\n".join(lines) if form != "array" else f"[{','.join(lines)}]"
        answer = await post(world, omniva, body.encode())
        assert answer.status == 202, place
        (rejected,) = answer.json["rejected"]
        assert rejected["index"] == (0 if form == "alone" else 1)
        assert rejected["error"].startswith(place), rejected
        assert world.broker.events() == [each for each in events if each is not broken]


async def test_what_only_looks_like_it_is_taken(world, omniva):
    texts = ["the text \\u0000", "\\ud800", "\U0001f4e6", "\\\\udc00"]
    events = [event(event_id=str(n), description=each) for n, each in enumerate(texts)]
    answer = await post(world, omniva, [*events, event(description="\ud800")])
    assert (answer.json["accepted"], len(answer.json["rejected"])) == (4, 1)
    assert world.broker.events() == events


async def test_at_most_a_thousand_also_where_one_of_them_is_no_text(world, omniva):
    one = json.dumps(event(description="\ud800")).encode()
    assert (await post(world, omniva, b"[%b]" % b",".join([one] * 1001))).status == 413


async def test_at_most_a_thousand_events(world, omniva):
    full = [event(event_id=f"e{n}") for n in range(1000)]
    assert (await post(world, omniva, full)).json["accepted"] == 1000
    answer = await post(world, omniva, [*full, event()])
    assert answer.status == 413
    assert (await post(world, omniva, b"[%b0]" % (b"0," * 400_000))).status == 413
    assert (await post(world, omniva, b"0\n" * 400_000)).status == 413


async def test_at_most_a_mebibyte_whether_announced_or_not(world, omniva):
    big = b" " * (1024 * 1024 + 1)
    assert (await post(world, omniva, big)).status == 413

    async def trickle():
        for _ in range(300):
            yield b" " * 4096

    answer = await world.call("POST", "/v1/events", data=trickle(), headers=omniva)
    assert answer.status == 413
    just = json.dumps(event()).encode()
    assert (await post(world, omniva, just + b" " * (1024 * 1024 - len(just)))).status == 202


async def test_compressed_bodies_are_refused_unread(world, omniva):
    bomb = gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")
    answer = await post(world, omniva, bomb, **{"Content-Encoding": "gzip"})
    assert answer.status == 415
    assert answer.headers["Accept-Encoding"] == "identity"


async def test_without_the_broker_nothing_is_accepted(world, omniva):
    world.broker.away = True
    answer = await post(world, omniva, event())
    assert (answer.status, 3 <= int(answer.headers["Retry-After"]) <= 8) == (503, True)
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_events_are_accepted_while_the_database_is_away(world, omniva):
    assert (await post(world, omniva, event())).status == 202
    await world.pool.close()
    assert (await post(world, omniva, event(event_id="a2"))).status == 202
    unknown = await world.call("GET", "/v1/shipments?order=1", headers=omniva)
    assert unknown.status == 403


async def test_only_couriers_post_events(world):
    for role, status in (("merchant", 403), ("support", 403), (None, 401)):
        answer = await post(world, await world.key(role) if role else {}, event())
        assert answer.status == status
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert world.broker.messages == []
