"""Every value of every sample, one after another, replaced by something it should not be."""

import json
from collections.abc import Iterator

import pytest
from reading import SAMPLES

from schemas.scan import Scan
from tracking.carriers import CARRIERS
from tracking.carriers.base import Malformed, ParseContext

JUNK = (None, True, -1, 1e300, "", "x", "9" * 500, [], [None], [[]], {}, {"a": 1}, "2026-13-45")
CONTEXT = ParseContext(tracking_number="AB123456789LV")
MINE = sorted(
    (path.parent.name, path.name)
    for path in SAMPLES.glob("*/*.json")
    if path.parent.name in CARRIERS
)


def changed(value: object) -> Iterator[object]:
    """All copies of a JSON value in which one node is junk."""
    yield from JUNK
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in inner:
        for other in changed(child):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = other
            yield copy


@pytest.mark.parametrize(("code", "name"), MINE)
def test_a_sample_with_any_one_value_broken_is_read_or_refused(code, name):
    value = json.loads((SAMPLES / code / name).read_bytes())
    for broken in changed(value):
        try:
            parsed = CARRIERS[code].parse(json.dumps(broken).encode(), CONTEXT)
        except Malformed:
            continue
        assert all(isinstance(scan, Scan) for scan in parsed.scans)
