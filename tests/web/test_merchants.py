"""`klat merchants`: what is set stands on the page, and nothing else can be set."""

import asyncio
import os
import sys

import pytest

from tracking.commands.merchants import WrongMerchantRequest, checked_link
from tracking.store.merchants import Merchant, Merchants

LINK = "https://shop.example.com/help"


@pytest.fixture
def klat(database_url, tmp_path):
    """The command: its exit code, what it printed, what it complained of."""

    async def run(*words):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "tracking", "merchants", *words),
            env=os.environ | {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaint = await process.communicate()
        return process.returncode, printed.decode(), complaint.decode()

    return run


async def test_what_is_set_stands_on_the_page_and_in_the_list(world, klat):
    made = await world.register(await world.key("merchant", "Your shop"), recipient=None)
    page = made.json["tracking_url"].removeprefix("http://track.test")
    assert LINK not in (await world.call("GET", page)).text
    told = ("--name", " Your shop ", "--help-link", LINK, "--language", "et")
    assert await klat("set", *told) == (0, "set for Your shop\n", "")
    shown = (await world.call("GET", page)).text
    assert f'href="{LINK}"' in shown
    assert '<html lang="et"' in shown
    assert await klat("list") == (0, f"Your shop\t{LINK}\tet\n", "")


async def test_what_is_not_given_stays_and_what_is_empty_goes(world):
    await world.key("merchant", "A")
    await world.key("merchant", "B")
    merchants = Merchants(world.pool)
    assert await merchants.change_merchant("A", help_link=LINK, language="lv")
    assert await merchants.change_merchant("A", language="")
    assert await merchants.list_merchants() == [
        Merchant("A", LINK, None),
        Merchant("B", None, None),
    ]
    assert await merchants.change_merchant("A", help_link="", language="en")
    assert (await merchants.list_merchants())[0] == Merchant("A", None, "en")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--name", "A"), "nothing to set: give --help-link or --language"),
        (("--name", "A", "--language", "xx"), "--language: must be one of lv, lt, et, en, ru"),
        (
            ("--name", "A", "--language", "lv"),
            "--name: no shop of this name has a key; see klat merchants list",
        ),
    ],
)
async def test_what_cannot_be_set_is_one_line_and_1(klat, words, complaint):
    assert await klat("set", *words) == (1, "", f"{complaint}\n")


async def test_without_shops_the_list_says_so(klat):
    assert await klat("list") == (0, "no shop has a key yet\n", "")


@pytest.mark.parametrize(
    "link", [None, "", LINK, "mailto:help@shop.example.com", "tel:+37167000000"]
)
def test_these_are_addresses_for_a_shopper(link):
    assert checked_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://shop.example.com",
        "https:",
        "https:///help",
        "https://[shop",
        "mailto:",
        "mailto:nobody",
        "tel:abc",
        "shop.example.com",
        "https://shop.example.com/he lp",
        "java\nscript:alert(1)",
        "https://shop.example.com/" + "a" * 500,
    ],
)
def test_these_are_none(link):
    with pytest.raises(WrongMerchantRequest, match="--help-link: must be like https://"):
        checked_link(link)
