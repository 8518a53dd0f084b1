"""A file of parcels: what looks like a slip is said beside its line, as the call would warn."""

import re

import pytest
from shop_desk import ShopDesk
from test_console_registrations import goes_on, parcels, rows, sends

LINES = (
    "tracking_number;carrier;language;promise_by",
    "CE100000001EE;omniva;lv;01.12.2099",
    "CE100000002EE;omnvia;;",
    "CE100000003EE;quite another;;",
    "CE100000004EE;omniva;;01.11.2020",
    "CE100000005EE;omniva;pl;",
    "CE100000006EE;zz9;;",
)
FILE = "\r\n".join(LINES).encode()


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world)


async def test_what_looks_like_a_slip_is_said_and_registered_all_the_same(desk):
    looked = await sends(desk, file=FILE)
    said = {row[0]: row[2:] for row in rows(looked)[1:]}
    assert said["2"] == ["will be registered", "", ""]
    assert said["3"][:2] == ["will be registered", "carrier"]
    assert said["3"][2].endswith("Did you mean omniva?")
    assert said["4"][0] == "cannot be registered"
    assert said["5"][1] == "promise_by"
    assert said["5"][2].startswith("is over already")
    assert said["6"][1] == "language"
    assert said["7"][2] == "is not known here, so nothing of the parcel may ever be heard"
    assert "4 lines look like slips" in looked.text
    assert "<code>promise_by</code> is over already" in looked.text
    shown = re.findall(r"<bdi>(\w+)</bdi>", looked.text)
    assert shown[-1] == "CE100000001EE", "what is plain stands below"

    done = await goes_on(desk, looked)
    assert await parcels(desk) == 5
    assert "4 lines look like slips" in done.text
    again = await sends(desk, file=FILE)
    assert "look like slips" not in again.text, "what is registered just so is left as it is"


async def test_the_call_warns_of_the_same(world):
    shop = await world.key("merchant", "Shop")
    fields = {"carrier": "omnvia", "recipient": {"language": "pl"}}
    answer = await world.register(shop, promise={"by": "2020-11-01"}, **fields)
    warned = {each["pointer"]: each["warning"] for each in answer.json["warnings"]}
    assert set(warned) == {"/carrier", "/promise/by", "/recipient/language"}
    assert warned["/carrier"].endswith("did you mean omniva?")
    assert "waits for your yes" in warned["/promise/by"]
