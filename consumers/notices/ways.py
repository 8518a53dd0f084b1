"""Which ways the settings open. None is no fault: notices are decided, and say `no_provider`."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import aiohttp

from consumers.notices.callbacks import TWILIO
from notifier.channels.email import SmtpMail
from notifier.channels.http_sms import HttpSms
from notifier.channels.smpp import SmppSms
from notifier.channels.sms import SmsProvider
from notifier.channels.twilio import TwilioSms
from notifier.deliver import Way
from notifier.smpp.url import parse_smpp_url
from notifier.ways import MailWay, SmsWay
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import PREFIX, Settings

_NEEDED = {
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "http": ("sms_url", "sms_token"),
    "smpp": ("smpp_url", "sms_from"),
    "none": (),
}


def channels_of(settings: Settings) -> frozenset[Channel]:
    """What `ways_of` opens, for who only decides."""
    served = {Channel.SMS: settings.sms_provider != "none", Channel.EMAIL: bool(settings.smtp_url)}
    return frozenset(channel for channel, is_served in served.items() if is_served)


def ways_of(
    settings: Settings, session: aiohttp.ClientSession, smpp: SmppSms | None = None
) -> list[Way]:
    """`smpp` is what `smpp_of` made. Raises ConfigurationError, a line for each that is missing."""
    missing = [
        *_missing(settings, _NEEDED[settings.sms_provider], "sms_provider"),
        *(_missing(settings, ("mail_from",), "smtp_url") if settings.smtp_url else ()),
    ]
    if missing:
        raise ConfigurationError("\n".join(missing))
    return list(_ways(settings, session, smpp))


def smpp_of(settings: Settings) -> SmppSms | None:
    """The way over a message centre, if that is set. Raises ConfigurationError."""
    if settings.sms_provider != "smpp" or not settings.smpp_url or not settings.sms_from:
        return None
    try:
        server = parse_smpp_url(settings.smpp_url.get_secret_value())
        return SmppSms(server, settings.sms_from)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _missing(settings: Settings, names: Sequence[str], given: str) -> list[str]:
    return [
        f"{PREFIX}{name.upper()}: is not set, and {PREFIX}{given.upper()} needs it"
        for name in names
        if getattr(settings, name) is None
    ]


def _ways(
    settings: Settings, session: aiohttp.ClientSession, smpp: SmppSms | None
) -> Iterator[Way]:
    provider = smpp or _sms(settings, session)
    if provider is not None:
        yield SmsWay(provider)
    if settings.smtp_url is not None:
        smtp = _smtp(settings.smtp_url.get_secret_value(), settings.public_url)
        yield MailWay(smtp, settings.mail_from or "")


def _smtp(url: str, public_url: str) -> SmtpMail:
    """Servers distrust a client that says `localhost`: it says where the pages are."""
    try:
        return SmtpMail(url, hello=urlsplit(public_url).hostname or "localhost")
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _sms(settings: Settings, session: aiohttp.ClientSession) -> SmsProvider | None:
    """Over HTTP; what it needs is there."""
    match settings.sms_provider:
        case "twilio":
            token = settings.twilio_auth_token
            return TwilioSms(
                session,
                settings.twilio_account_sid or "",
                token.get_secret_value() if token else "",
                settings.twilio_from or "",
                api_url=settings.twilio_api_url,
                status_callback=f"{settings.public_url}{TWILIO}",
            )
        case "http":
            secret = settings.sms_token
            return HttpSms(
                session,
                settings.sms_url or "",
                token=secret.get_secret_value() if secret else None,
                sender=settings.sms_from,
                is_idempotent=bool(settings.sms_idempotent),
            )
        case _:
            return None
