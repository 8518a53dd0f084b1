"""The examples of docs/ are run, their tables compared with the code."""

import json
import re
import shlex
from pathlib import Path

import pytest

from schemas.api import ShipmentRegistration
from schemas.scan import Confidence, Event
from schemas.shop import ShopSettings
from schemas.status import Handover, Status
from tracking.carriers import CARRIERS
from tracking.carriers.lockers import LOCKER_CODES

DOCS = Path(__file__).parents[2] / "docs"
COURIERS, SHOPS = (DOCS / name for name in ("couriers.md", "shops.md"))
_EXAMPLE = re.compile(r"```sh\n(curl (?:(?!```).)*)```\s+```json (\d+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def also_set():
    return {"sms_prices": "LV=0.045"}


def examples(page: Path) -> list[tuple[list[str], int, object]]:
    """Each curl command with the status and body that the page says it is answered with."""
    return [
        (shlex.split(command.replace("\\\n", " ")), int(status), json.loads(body))
        for command, status, body in _EXAMPLE.findall(page.read_text())
    ]


async def curl(world, words, key):
    """What curl would do with the options that our pages use."""
    url, headers, data, method = words[1], {}, None, None
    words = [word.replace("$KEY", key) for word in words]
    for option, value in zip(words[2::2], words[3::2], strict=True):
        match option:
            case "-H":
                name, _, text = value.partition(": ")
                headers[name] = text
            case "-d" | "--data-binary":
                data = value.encode()
            case "-X":
                method = value
            case _:
                raise AssertionError(option)
    assert url.startswith("$KLAT/")
    method = method or ("GET" if data is None else "POST")
    return await world.call(method, url.removeprefix("$KLAT"), headers=headers, data=data)


def fits(said, answered) -> bool:
    """Whether an answer is what the page says; "…" stands for anything."""
    match said:
        case "…":
            return isinstance(answered, str)
        case dict():
            return set(said) == set(answered) and all(fits(said[k], answered[k]) for k in said)
        case list():
            return len(said) == len(answered) and all(map(fits, said, answered))
    return said == answered


@pytest.mark.parametrize(
    ("page", "role", "carrier"), [(COURIERS, "courier", "omniva"), (SHOPS, "merchant", None)]
)
async def test_examples_are_answered_as_the_page_says(world, page, role, carrier):
    key = (await world.key(role, carrier=carrier))["Authorization"].split()[1]
    found = examples(page)
    assert len(found) == page.read_text().count("```json ") >= 3
    for words, status, body in found:
        answer = await curl(world, words, key)
        assert (answer.status, fits(body, answer.json)) == (status, True), answer.text


def names_in(page: Path, heading: str) -> set[str]:
    """The names in the first column of the table under this column heading."""
    table = page.read_text().split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    firsts = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {name for first in firsts for name in re.findall(r"`(\w+)`", first)}


def test_tables_name_what_there_is():
    assert names_in(COURIERS, "field") == set(Event.model_fields)
    assert names_in(COURIERS, "status") == set(Status)
    assert names_in(COURIERS, "code") == set(LOCKER_CODES)
    assert all(f"`{each}`" in SHOPS.read_text() for each in Confidence)
    assert names_in(SHOPS, "field") <= set(ShipmentRegistration.model_fields)
    assert names_in(SHOPS, "setting") == set(ShopSettings.model_fields)


def test_every_carrier_with_a_format_is_named():
    text = COURIERS.read_text()
    listed = text.split("tracking calls answer:")[1].split(". ", 1)[0]
    assert set(re.findall(r"`(\w+)`", listed)) == set(CARRIERS) - {"klat"}
    signing = text.split("**You sign?**")[1].split("the signature", 1)[0]
    assert set(re.findall(r"`(\w+)`", signing)) == {c.code for c in CARRIERS.values() if c.verify}
    assert all(f"`{handover}`" in text for handover in Handover)


def test_codes_of_lockers_mean_what_the_page_says():
    table = COURIERS.read_text().split("| code | means |", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        _, codes, means, _ = line.split("|")
        for code in re.findall(r"`(\w+)`", codes):
            meaning = LOCKER_CODES[code]
            words = [word for word in (meaning.status, meaning.reason) if word]
            assert (", ".join(words) or "shown, changes nothing") == means.strip()
