"""Which ways the settings open, and what is said where one is missing."""

import aiohttp
import pytest
from pydantic import SecretStr

from consumers.notices.ways import Sessions, channels_of, ways_of
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
        (MAIL, [Channel.EMAIL]),
        (MAIL | TWILIO, [Channel.SMS, Channel.EMAIL]),
        (PUSH, [Channel.PUSH]),
    ],
)
async def test_what_is_set_is_open(session, given, channels):
    settings = Settings().model_copy(update=given)
    ways = ways_of(settings, Sessions(session, session), keep)
    assert [way.channel for way in ways] == channels
    assert channels_of(settings) == set(channels), "who only decides knows of the same"
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
        ({"sms_provider": "smpp"}, "KLAT_SMS_PROVIDER: only none and twilio"),
    ],
)
async def test_what_is_missing_is_named(session, given, said):
    with pytest.raises(ConfigurationError) as refused:
        ways_of(Settings().model_copy(update=given), Sessions(session, session), keep)
    assert str(refused.value).startswith(said)
    assert "secret" not in str(refused.value)
