"""Which ways the settings open. None is no fault: notices are decided, and say `no_provider`."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp

from consumers.notices.receipts import CALLBACK
from notifier.channels.email import SmtpMail
from notifier.channels.sms import SmsProvider
from notifier.channels.twilio import TwilioSms
from notifier.deliver import Way
from notifier.ways import MailWay, SmsWay
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import PREFIX, Settings


def channels_of(settings: Settings) -> frozenset[Channel]:
    """What `ways_of` opens, for who only decides."""
    served = {Channel.SMS: settings.sms_provider != "none", Channel.EMAIL: bool(settings.smtp_url)}
    return frozenset(channel for channel, is_served in served.items() if is_served)


def ways_of(settings: Settings, session: aiohttp.ClientSession) -> list[Way]:
    """Raises ConfigurationError, a line for each setting that is missing."""
    return list(_ways(settings, session))


def _ways(settings: Settings, session: aiohttp.ClientSession) -> Iterator[Way]:
    if settings.sms_provider != "none":
        yield SmsWay(_sms(settings, session))
    if settings.smtp_url is not None:
        sender = _needed("mail_from", settings.mail_from, "smtp_url")
        yield MailWay(_smtp(settings.smtp_url.get_secret_value(), settings), sender)


def _smtp(url: str, settings: Settings) -> SmtpMail:
    """Servers distrust a client that says `localhost`: it says where the pages are."""
    hello = urlsplit(settings.public_url).hostname or "localhost"
    try:
        return SmtpMail(url, hello=hello, connections=settings.mail_concurrency)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _sms(settings: Settings, session: aiohttp.ClientSession) -> SmsProvider:
    if settings.sms_provider != "twilio":
        raise ConfigurationError(f"{PREFIX}SMS_PROVIDER: only none and twilio are there so far")
    token = settings.twilio_auth_token
    given = "sms_provider"
    return TwilioSms(
        session,
        _needed("twilio_account_sid", settings.twilio_account_sid, given),
        _needed("twilio_auth_token", token.get_secret_value() if token else None, given),
        _needed("twilio_from", settings.twilio_from, given),
        api_url=settings.twilio_api_url,
        status_callback=f"{settings.public_url}{CALLBACK}",
    )


def _needed(name: str, value: str | None, given: str) -> str:
    if value is None:
        raise ConfigurationError(
            f"{PREFIX}{name.upper()}: is not set, and {PREFIX}{given.upper()} needs it"
        )
    return value
