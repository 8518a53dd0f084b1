"""What is wrong is told in words that whoever sent it can do something with."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from pydantic import TypeAdapter, ValidationError

import schemas
from schemas.api import Amount, Reference
from schemas.base import CountryCode, CurrencyCode, Frozen
from schemas.faults import OF_PATTERN, words
from schemas.scan import CarrierCode, EventId, TrackingNumber
from schemas.status import Handover


def models(model: type[Frozen] = Frozen) -> set[type[Frozen]]:
    return {model}.union(*map(models, model.__subclasses__()))


def patterns(schema: object) -> set[str]:
    """Every pattern in a JSON schema."""
    inner = schema.values() if isinstance(schema, dict) else schema
    if not isinstance(schema, dict | list):
        return set()
    own = {schema["pattern"]} if isinstance(schema, dict) and "pattern" in schema else set()
    return own.union(*map(patterns, inner))


def test_every_pattern_of_the_models_has_its_words():
    for module in iter_modules(schemas.__path__):
        import_module(f"schemas.{module.name}")
    found = set().union(*(patterns(model.model_json_schema()) for model in models()))
    assert found == set(OF_PATTERN)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (EventId, "", "is empty"),
        (EventId, "a\0b", "holds a NUL, a line break or another control character"),
        (Reference, "", "is empty"),
        (Reference, " ", "is empty"),
        (CarrierCode, "DPD Latvija", "not a carrier code such as omniva: 2 to 32 of a-z, 0-9"),
        (TrackingNumber, "", "not a tracking number such as CE123456789EE: at most 63 letters"),
        (CountryCode, "Latvia", "not a country code of two capital letters such as LV"),
        (CurrencyCode, "eur", "not a currency code of three capital letters such as EUR"),
        (Amount, "1e3", 'not an amount such as "49.90"; at most ten digits'),
        (Handover, "hands", "must be 'recipient', 'neighbour', 'safe_place', 'mailbox', 'locker'"),
        (EventId, "a" * 201, "is longer than 200 characters"),
        (Reference, "a" * 101, "is longer than 100 characters"),
    ],
)
def test_a_fault_in_plain_words(kind, value, said):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    (fault,) = refused.value.errors()
    assert words(fault).startswith(said)
    assert not re.search(r"[\^$\\]", words(fault))
