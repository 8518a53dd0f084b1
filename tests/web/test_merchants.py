"""`klat merchants`: what is set stands on the page, and nothing else can be set."""

import json

import command
import pytest
from pydantic import ValidationError

from schemas.shop import ShopSettings
from tracking.store.merchants import Merchant, Merchants

LINK = "https://shop.example.com/help"


@pytest.fixture
def klat(database_url, tmp_path):
    """The command: its exit code, what it printed, what it complained of."""
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}

    async def run(*words):
        return await command.klat("merchants", *words, env=env)

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


async def test_what_is_not_given_stays_and_what_is_empty_goes(world, klat):
    await world.key("merchant", "A")
    await world.key("merchant", "B")
    granted = ("--mail-from", "Parcels@A.example", "--sms-from", "A veikals")
    cap = ("--sms-daily-cap", "20.00 EUR", "--links", "https://t.a.example/")
    assert (await klat("set", "--name", "A", "--help-link", LINK, *granted, *cap))[0] == 0
    assert await klat("set", "--name", "A", "--language", "lv", "--sms-from", "") == (
        0,
        "set for A\n",
        "",
    )
    assert json.loads((await klat("terms", "--name", "A"))[1]) == {
        "mail_from": "Parcels@a.example",
        "sms_from": None,
        "sms_daily_cap": {"amount": "20.00", "currency": "EUR"},
        "links": "https://t.a.example",
    }
    settings = json.loads((await klat("settings", "--name", "A"))[1])
    assert (settings["help"], settings["language"]) == (LINK, "lv")
    assert await Merchants(world.pool).list_merchants() == [
        Merchant("A", LINK, "lv"),
        Merchant("B", None, None),
    ]


async def test_a_cap_in_another_currency_would_stop_every_text_and_is_refused(world, klat):
    await world.key("merchant", "A")
    code, _, complaint = await klat("set", "--name", "A", "--sms-daily-cap", "20 USD")
    assert code
    assert "--sms-daily-cap: text messages are paid in EUR" in complaint
    assert (await klat("set", "--name", "A", "--sms-daily-cap", "20"))[1] == (
        "set for A: at most 20 EUR a day on text messages\n"
    )


async def test_settings_are_loaded_from_a_file_whole_or_not_at_all(world, klat, tmp_path):
    await world.key("merchant", "A")
    file = tmp_path / "a.toml"
    file.write_text(
        'language = "lv"\n[brand]\nname = "Ā veikals"\n[notices]\ndelivered = ["sms"]\n'
        "[quiet]\nstarts = 22:30:00\n"
    )
    code, printed, complaint = await klat("settings", "--name", "A", "--load", str(file))
    assert (code, complaint) == (0, "")
    assert json.loads(printed)["quiet"] == {"starts": "22:30", "ends": "08:00"}
    file.write_text('languge = "lv"\n[brand]\ncolour = "red"\n')
    assert await klat("settings", "--name", "A", "--load", str(file)) == (
        1,
        "",
        "/brand/colour: not a colour such as #0d5560\n/languge: is no field here\n",
    )
    found = json.loads((await klat("settings", "--name", "A"))[1])
    assert found["brand"]["name"] == "Ā veikals"


async def test_a_brand_and_a_host_of_its_own_stand_where_the_shopper_sees_them(world, klat):
    key = await world.key("merchant", "A GmbH")
    await klat("set", "--name", "A GmbH", "--links", "https://t.a.example")
    await world.call("PUT", "/v1/settings", headers=key, json={"brand": {"name": "A veikals"}})
    made = await world.register(key)
    url = made.json["tracking_url"]
    assert url.startswith("https://t.a.example/t/")
    page = (await world.call("GET", url.removeprefix("https://t.a.example"))).text
    assert "A veikals" in page
    assert "A GmbH" not in page


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--name", "A"), "nothing to set: give --help-link, --language or another option"),
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
    ("option", "value", "complaint"),
    [
        ("--language", "xx", "--language: must be 'lv', 'lt', 'et', 'en' or 'ru'"),
        ("--help-link", "javascript:1", "--help-link: must be like https://shop.example.com/help"),
        ("--mail-from", "nobody", "--mail-from: not an e-mail address"),
        ("--sms-from", "A much too long name", "--sms-from: must be a number"),
        ("--sms-daily-cap", "-1 EUR", "--sms-daily-cap: not an amount"),
        ("--sms-daily-cap", "1 euro", "--sms-daily-cap: not a currency code"),
        ("--links", "https://t.a.example/x?y", "--links: must be like https://t.shop.example.com"),
        ("--links", "http://t.a.example", "--links: must be like https://t.shop.example.com"),
    ],
)
async def test_what_is_none_of_these_is_said_of_its_option(world, klat, option, value, complaint):
    await world.key("merchant", "A")
    code, _, said = await klat("set", "--name", "A", option, value)
    assert code == 1
    assert said.startswith(complaint)
    assert said.count("\n") == 1


@pytest.mark.parametrize("link", [None, LINK, "mailto:help@shop.example.com", "tel:+37167000000"])
def test_these_are_addresses_for_a_shopper(link):
    assert ShopSettings(help=link).help == link


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
    with pytest.raises(ValidationError, match="must be like https://"):
        ShopSettings(help=link)
