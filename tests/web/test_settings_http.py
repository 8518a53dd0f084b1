"""`/v1/settings`: a shop says how it wants its notices, and is told what it cannot want."""

import pytest

from schemas.shop import ShopSettings

WHOLE = {
    "help": "https://shop.example.com/help",
    "language": "et",
    "brand": {"name": "Pood", "colour": "#aa3300", "logo": "https://shop.example.com/logo.png"},
    "notices": {"delivered": ["sms", "email"], "registered": []},
    "quiet": {"starts": "22:00", "ends": "07:30"},
    "sms": {
        "spelling": "full",
        "countries": ["EE"],
        "daily_cap": {"amount": "10.00", "currency": "EUR"},
    },
    "parcel_markup": False,
    "survey": "off",
}


@pytest.fixture
def also_set():
    return {"sms_prices": "LV=0.045,EE=0.05"}


async def test_what_is_put_is_read_again_and_what_is_left_out_is_as_by_default(world):
    shop = await world.key("merchant")
    first = await world.call("GET", "/v1/settings", headers=shop)
    assert (first.status, first.json) == (200, ShopSettings().model_dump(mode="json"))
    put = await world.call("PUT", "/v1/settings", headers=shop, json=WHOLE)
    assert (put.status, put.json) == (200, WHOLE)
    assert (await world.call("GET", "/v1/settings", headers=shop)).json == WHOLE
    assert (await world.call("PUT", "/v1/settings", headers=shop, json={})).json == first.json


async def test_a_shop_sees_and_changes_only_its_own(world):
    one, other = await world.key("merchant", "one"), await world.key("merchant", "other")
    await world.call("PUT", "/v1/settings", headers=one, json=WHOLE)
    assert (await world.call("GET", "/v1/settings", headers=other)).json["help"] is None
    for role in ("courier", "support"):
        key = await world.key(role, carrier="omniva" if role == "courier" else None)
        for method in ("GET", "PUT"):
            assert (await world.call(method, "/v1/settings", headers=key, json={})).status == 403


async def test_of_two_who_change_it_at_once_the_second_is_told(world):
    shop = await world.key("merchant")
    tag = (await world.call("GET", "/v1/settings", headers=shop)).headers["ETag"]
    seen = {**shop, "If-Match": tag}
    assert (await world.call("PUT", "/v1/settings", headers=seen, json=WHOLE)).status == 200
    late = await world.call("PUT", "/v1/settings", headers=seen, json={})
    assert late.status == 412
    assert (await world.call("GET", "/v1/settings", headers=shop)).json == WHOLE


@pytest.mark.parametrize(
    "told", ["{0}", "*{0}", '"{0}', '{0}", "', "'{0}'", '"{0}" x', '""{0}""', ""]
)
async def test_a_tag_that_cannot_be_read_is_no_leave_to_change_anything(world, told):
    shop = await world.key("merchant")
    tag = (await world.call("GET", "/v1/settings", headers=shop)).headers["ETag"].strip('"')
    seen = {**shop, "If-Match": told.format(tag)}
    answer = await world.call("PUT", "/v1/settings", headers=seen, json=WHOLE)
    assert (answer.status, answer.json["title"]) == (400, "If-Match cannot be read")
    assert 'with its quotes, such as "0123456789abcdef", or *' in answer.json["detail"]
    assert (await world.call("GET", "/v1/settings", headers=shop)).json["help"] is None


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("*", 200),
        ('"{0}"', 200),
        ('W/"{0}"', 200),
        ('"other", "{0}"', 200),
        ('"other"', 412),
        ('"*"', 412),
    ],
)
async def test_what_a_tag_may_look_like(world, told, status):
    """Weak ones, too: a proxy that compresses answers makes them so."""
    shop = await world.key("merchant")
    tag = (await world.call("GET", "/v1/settings", headers=shop)).headers["ETag"].strip('"')
    seen = {**shop, "If-Match": told.format(tag)}
    answer = await world.call("PUT", "/v1/settings", headers=seen, json=WHOLE)
    assert answer.status == status


@pytest.mark.parametrize(
    ("body", "pointer", "error"),
    [
        ({"colour": "#aa3300"}, "/colour", "is no field here"),
        ({"brand": {"colour": "red"}}, "/brand/colour", "not a colour such as #0d5560"),
        ({"brand": {"logo": "http://a.example/x"}}, "/brand/logo", "must be like https://"),
        ({"brand": {"logo": 'https://a.example/"onerror'}}, "/brand/logo", "must be like https://"),
        ({"brand": {"name": "\u202e"}}, "/brand/name", "is empty"),
        ({"brand": {"name": "\u200d"}}, "/brand/name", "shows nothing"),
        ({"brand": {"name": "\u3164\u200c \ufe0f"}}, "/brand/name", "shows nothing"),
        ({"brand": {"name": "\u2800"}}, "/brand/name", "shows nothing"),
        ({"brand": {"logo": "https://a.example/o'b.png"}}, "/brand/logo", "must be like https://"),
        ({"brand": {"logo": "HTTPS://a.example/x"}}, "/brand/logo", "must be like https://"),
        ({"help": "javascript:alert(1)"}, "/help", "must be like https://"),
        ({"help": "https://a.example/o'b"}, "/help", "must be like https://"),
        ({"help": "Mailto:a@a.example"}, "/help", "must be like https://"),
        ({"notices": {"registered": ["email", "sms"]}}, "/notices", "registered: must not hold"),
        ({"language": "xx"}, "/language", "must be 'lv'"),
        ({"notices": {"deliverd": []}}, "/notices/deliverd", "must be 'registered'"),
        ({"notices": {"delivered": ["fax"]}}, "/notices/delivered/0", "must be 'sms'"),
        ({"quiet": {"starts": "25:00"}}, "/quiet/starts", ""),
        ({"quiet": {"starts": "21:00+02:00"}}, "/quiet", "are local times such as 21:00"),
        ({"sms": {"countries": ["lv"]}}, "/sms/countries/0", "not a country code"),
        ({"sms": {"countries": ["LV", "US"]}}, "/sms/countries", "some of EE, LT, LV; leave it"),
        ({"sms": {"countries": []}}, "/sms/countries", "some of EE, LT, LV; leave it out"),
        ({"parcel_markup": "yes"}, "/parcel_markup", ""),
        ({"sms": {"daily_cap": {"amount": "-1", "currency": "EUR"}}}, "/sms/daily_cap/amount", ""),
        (
            {"sms": {"daily_cap": {"amount": "1", "currency": "USD"}}},
            "/sms/daily_cap",
            "text messages are paid in EUR",
        ),
    ],
)
async def test_what_it_cannot_want_names_the_field_and_changes_nothing(world, body, pointer, error):
    shop = await world.key("merchant")
    await world.call("PUT", "/v1/settings", headers=shop, json=WHOLE)
    answer = await world.call("PUT", "/v1/settings", headers=shop, json=body)
    assert answer.status == 422
    (found,) = [each for each in answer.json["errors"] if each["pointer"].startswith(pointer)]
    assert error in found["error"]
    assert "[key]" not in found["pointer"]
    assert (await world.call("GET", "/v1/settings", headers=shop)).json == WHOLE


class TestWithoutPrices:
    @pytest.fixture
    def also_set(self):
        return {}

    async def test_a_cap_that_nobody_could_keep_is_refused(self, world):
        shop = await world.key("merchant")
        answer = await world.call("PUT", "/v1/settings", headers=shop, json=WHOLE)
        assert answer.status == 422
        (error,) = answer.json["errors"]
        assert error["pointer"] == "/sms/daily_cap"
        assert "ask the operator" in error["error"]
