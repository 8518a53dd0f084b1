"""AsyncAPI 3.0: what goes into and comes out of RabbitMQ, from the same models."""

from importlib.metadata import version
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from schemas.facts import CloudEvent, Fact
from schemas.scan import Event

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_EVENTS, _FACTS = "courier.events", "klat.facts"
_MAX_EVENTS = 100


def asyncapi() -> Json:
    """The exchanges that couriers publish to and that everybody else may bind queues to."""
    facts = _facts()
    names, schemas = models_json_schema(
        [(Event, "validation"), *((model, "serialization") for model in facts.values())],
        ref_template=_REF,
    )
    event = names[Event, "validation"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Klāt",
            "version": version("klat"),
            "description": "Events of couriers in, facts about shipments out. At least once, in"
            " no promised order: events are told apart by their id, facts by their version.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"courierEvents": _events_channel(event), "facts": _facts_channel(facts)},
        "operations": {
            "postEvents": _operation("receive", "courierEvents"),
            "readFacts": _operation("send", "facts"),
        },
        "components": {
            "schemas": schemas["$defs"],
            "messages": {
                kind: _fact_message(kind, names[model, "serialization"])
                for kind, model in facts.items()
            },
        },
    }


def _facts() -> dict[str, Any]:
    """Every fact by its type, which is also its routing key."""
    union = get_args(get_args(Fact)[0])
    return {model.model_fields["type"].default: model for model in union}


def _events_channel(event: Json) -> Json:
    many = {"type": "array", "items": event, "maxItems": _MAX_EVENTS}
    return {
        "address": "{source}.{carrier}",
        "description": "Persistent messages of at most 1 MiB.",
        "parameters": {
            "source": {"enum": ["carrier", "locker"]},
            "carrier": {"description": "The code of the carrier or locker operator"},
        },
        "messages": {
            "events": {
                "contentType": "application/json",
                "payload": {"anyOf": [event, many]},
            },
            "native": {
                "summary": "The carrier's own payload",
                "headers": {
                    "type": "object",
                    "required": ["x-format"],
                    "properties": {
                        "x-format": {"const": "native"},
                        "x-tracking-number": {"type": "string"},
                    },
                },
                "payload": {},
            },
        },
        "bindings": _exchange(_EVENTS),
    }


def _facts_channel(facts: dict[str, Any]) -> Json:
    return {
        "address": "{type}",
        "parameters": {"type": {"enum": list(facts), "description": "The type of the fact"}},
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in facts},
        "bindings": _exchange(_FACTS),
    }


def _exchange(name: str) -> Json:
    exchange = {
        "name": name,
        "type": "topic",
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}}


def _fact_message(kind: str, data: Json) -> Json:
    """CloudEvents 1.0 in structured mode, `data` being the fact."""
    envelope = CloudEvent.model_json_schema(mode="serialization")
    properties = envelope["properties"] | {"type": {"const": kind}, "data": data}
    payload = {
        "type": "object",
        "properties": properties,
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    }
    return {"name": kind, "contentType": "application/cloudevents+json", "payload": payload}


def _operation(action: str, channel: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}},
    }
