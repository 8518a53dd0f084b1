"""Which ways the settings open, and what is said where one is missing."""

import json

import aiohttp
import pytest
from pydantic import SecretStr
from sms_gateway import answering, closes_after_reading, serving

from consumers.notices.gate import Pace, pace_of
from consumers.notices.limits import Cap, limits_of
from consumers.notices.ways import Sessions, channels_of, smpp_of, ways_of
from notifier.channels.base import Handed, Outcome
from schemas.inbox import InboxMessage
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import Settings
from tracking.vapid import new_vapid_key

MAIL = {"smtp_url": SecretStr("smtp://mail.example:25"), "mail_from": "parcels@shop.example"}
TWILIO = {
    "sms_provider": "twilio",
    "twilio_account_sid": "AC0",
    "twilio_auth_token": SecretStr("secret"),
    "twilio_from": "Veikals",
}
PUSH = {"vapid_private_key": SecretStr(new_vapid_key())}


HTTP = {
    "sms_provider": "http",
    "sms_url": "https://sms.example/send",
    "sms_token": SecretStr("secret"),
}
SMPP = {
    "sms_provider": "smpp",
    "smpp_url": SecretStr("smpp://klat:secret@smsc.example"),
    "sms_from": "Veikals",
}


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


async def keep(_: InboxMessage) -> bool:
    raise AssertionError("nothing is sent here")


@pytest.mark.parametrize(
    ("given", "channels"),
    [
        ({}, []),
        (MAIL, [(Channel.EMAIL, "smtp")]),
        (MAIL | TWILIO, [(Channel.SMS, "twilio"), (Channel.EMAIL, "smtp")]),
        (HTTP, [(Channel.SMS, "http")]),
        (SMPP, [(Channel.SMS, "smpp")]),
        (PUSH, [(Channel.PUSH, "web_push")]),
    ],
)
async def test_what_is_set_is_open(session, given, channels):
    settings = Settings().model_copy(update=given)
    ways = ways_of(settings, Sessions(session, session), keep, smpp_of(settings))
    assert [(way.channel, way.provider) for way in ways] == channels
    assert channels_of(settings) == {channel for channel, _ in channels}
    for way in ways:
        await way.close()


@pytest.mark.parametrize(
    ("given", "providers"),
    [
        ({}, {"sms": "inbox", "email": "inbox", "push": "inbox"}),
        (MAIL, {"sms": "inbox", "email": "smtp", "push": "inbox"}),
        (MAIL | TWILIO, {"sms": "twilio", "email": "smtp", "push": "inbox"}),
    ],
)
async def test_in_the_demo_the_inbox_is_the_way_where_no_provider_is(session, given, providers):
    settings = Settings(demo=True).model_copy(update=given)
    ways = ways_of(settings, Sessions(session, session), keep)
    assert {way.channel: way.provider for way in ways} == providers
    assert channels_of(settings) == set(providers)
    assert channels_of(settings.model_copy(update={"demo": False})) == {
        channel for channel, provider in providers.items() if provider != "inbox"
    }
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
        (HTTP | {"sms_url": None}, "KLAT_SMS_URL: is not set, and KLAT_SMS_PROVIDER needs it"),
        (HTTP | {"sms_token": None}, "KLAT_SMS_TOKEN: is not set"),
        (SMPP | {"smpp_url": None}, "KLAT_SMPP_URL: is not set"),
        (SMPP | {"sms_from": None}, "KLAT_SMS_FROM: is not set"),
        (SMPP | {"smpp_url": SecretStr("smpp://u:secret@h?x=1")}, "KLAT_SMPP_URL: knows these"),
        (SMPP | {"sms_from": "Rīgas veikals"}, "KLAT_SMS_FROM: must be a number"),
    ],
)
async def test_what_is_missing_is_named(session, given, said):
    settings = Settings().model_copy(update=given)
    with pytest.raises(ConfigurationError) as refused:
        ways_of(settings, Sessions(session, session), keep, smpp_of(settings))
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_each_that_is_missing_has_its_own_line(session):
    given = {"sms_provider": "twilio", "smtp_url": MAIL["smtp_url"]}
    with pytest.raises(ConfigurationError) as refused:
        ways_of(Settings().model_copy(update=given), Sessions(session, session), keep)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "KLAT_TWILIO_ACCOUNT_SID",
        "KLAT_TWILIO_AUTH_TOKEN",
        "KLAT_TWILIO_FROM",
        "KLAT_MAIL_FROM",
    ]


async def test_a_gateway_of_ones_own_is_asked_as_it_is_set(session):
    async with serving(answering(201, '{"id": "17"}')) as gateway:
        given = HTTP | {"sms_url": f"{gateway.url}/send", "sms_from": "Veikals"}
        settings = Settings().model_copy(update=given)
        (way,) = ways_of(settings, Sessions(session, session), keep)
        handed = await way._provider.send("+37120000001", "text", "reference", 60)
    assert handed == Handed(Outcome.ACCEPTED, provider_id="17")
    (request,), (body,) = gateway.requests, gateway.bodies
    assert (request.path, request.headers["Authorization"]) == ("/send", "Bearer secret")
    assert json.loads(body)["from"] == "Veikals"


@pytest.mark.parametrize(("is_set", "outcome"), [(0, Outcome.AMBIGUOUS), (1, Outcome.RETRY)])
async def test_only_an_idempotent_gateway_is_asked_again(session, is_set, outcome):
    async with serving(closes_after_reading) as gateway:
        given = HTTP | {"sms_url": gateway.url, "sms_idempotent": is_set}
        (way,) = ways_of(Settings().model_copy(update=given), Sessions(session, session), keep)
        handed = await way._provider.send("+37120000001", "text", "reference", 60)
    assert handed.outcome is outcome


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
