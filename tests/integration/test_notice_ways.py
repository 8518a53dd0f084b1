"""Which ways the settings open, and what is said where one is missing."""

import aiohttp
import pytest
from pydantic import SecretStr

from consumers.notices.gate import Pace, pace_of
from consumers.notices.limits import Cap, limits_of
from consumers.notices.ways import ways_of
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import Settings

MAIL = {"smtp_url": SecretStr("smtp://mail.example:25"), "mail_from": "parcels@shop.example"}
TWILIO = {
    "sms_provider": "twilio",
    "twilio_account_sid": "AC0",
    "twilio_auth_token": SecretStr("secret"),
    "twilio_from": "Veikals",
}


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("given", "channels"),
    [({}, []), (MAIL, [Channel.EMAIL]), (MAIL | TWILIO, [Channel.SMS, Channel.EMAIL])],
)
async def test_what_is_set_is_open(session, given, channels):
    ways = ways_of(Settings().model_copy(update=given), session)
    assert [way.channel for way in ways] == channels
    for way in ways:
        await way.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MAIL | {"mail_from": None}, "KLAT_MAIL_FROM: is not set, and KLAT_SMTP_URL needs it"),
        (
            MAIL | {"smtp_url": SecretStr("smtp://user@mail.example")},
            "KLAT_SMTP_URL: ",
        ),
        (TWILIO | {"twilio_from": None}, "KLAT_TWILIO_FROM: is not set"),
        (TWILIO | {"twilio_auth_token": None}, "KLAT_TWILIO_AUTH_TOKEN: is not set"),
        ({"sms_provider": "smpp"}, "KLAT_SMS_PROVIDER: only none and twilio"),
    ],
)
async def test_what_is_missing_is_named(session, given, said):
    with pytest.raises(ConfigurationError) as refused:
        ways_of(Settings().model_copy(update=given), session)
    assert str(refused.value).startswith(said)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("prices", "lacking"),
    [
        ((), "LV, LT, EE; add LV=… or *=…"),
        ((("LV", 45_000),), "LT, EE; add LT=… or *=…"),
        ((("LV", 1), ("LT", 1), ("EE", 0)), None),
        ((("*", 1),), None),
    ],
)
def test_a_cap_that_nobody_could_keep_stops_the_start(prices, lacking):
    given = {"sms_prices": prices, "sms_daily_cap": 1_000_000}
    settings = Settings().model_copy(update=given)
    if lacking is None:
        assert limits_of(settings).daily_cap == Cap(1_000_000, "EUR")
        return
    with pytest.raises(ConfigurationError) as refused:
        limits_of(settings)
    assert str(refused.value) == (
        f"KLAT_SMS_DAILY_CAP: cannot be kept, as KLAT_SMS_PRICES has no price for {lacking}"
    )


def test_without_a_cap_nothing_needs_a_price():
    limits = limits_of(Settings().model_copy(update={"sms_alike": 0}))
    assert (limits.daily_cap, limits.alike) == (None, None)


def test_pace_is_that_of_the_settings():
    given = {"sms_rate": 5.0, "sms_concurrency": 3, "mail_rate": 7.0, "mail_concurrency": 4}
    settings = Settings().model_copy(update=given)
    assert pace_of(settings, Channel.SMS) == Pace(5.0, 3)
    assert pace_of(settings, Channel.EMAIL) == Pace(7.0, 4)
