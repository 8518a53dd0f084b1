"""Which ways the settings open. None is no fault: notices are decided, and say `no_provider`."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from consumers.notices.callbacks import TWILIO
from notifier.channels.email import SmtpMail
from notifier.channels.http_sms import HttpSms
from notifier.channels.smpp import SmppSms
from notifier.channels.sms import SmsProvider
from notifier.channels.twilio import TwilioSms
from notifier.channels.web_push import WebPush
from notifier.deliver import Way
from notifier.inbox import InboxWay, Keep
from notifier.outgoing import safe_session
from notifier.smpp.url import parse_smpp_url
from notifier.ways import MailWay, PushWay, SmsWay
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import PREFIX, Settings
from tracking.vapid import private_key

_DEMO_SENDER = "parcels@shop.example"

_NEEDED = {
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "http": ("sms_url", "sms_token"),
    "smpp": ("smpp_url", "sms_from"),
    "none": (),
}


def channels_of(settings: Settings) -> frozenset[Channel]:
    """What `ways_of` opens, for who only decides."""
    if settings.demo:
        return frozenset(Channel)
    served = {
        Channel.SMS: settings.sms_provider != "none",
        Channel.EMAIL: bool(settings.smtp_url),
        Channel.PUSH: bool(settings.vapid_private_key),
    }
    return frozenset(channel for channel, is_served in served.items() if is_served)


class Sessions(NamedTuple):
    """`gateways` are the operator's choice and may lie in its network; `push` services are named by
    visitors, so that their session reaches the internet only (notifier.outgoing).
    """

    gateways: aiohttp.ClientSession
    push: aiohttp.ClientSession


def open_sessions() -> Sessions:
    """How many are under way at a time is for who sends to say: a wait for a connection would look
    like a gateway out of reach. Whatever is allowed to webhooks, which shops name, push services
    are named by anybody.
    """
    unlimited = aiohttp.TCPConnector(limit=0)
    return Sessions(aiohttp.ClientSession(connector=unlimited), safe_session())


def refuse_incomplete(settings: Settings) -> None:
    """Raises ConfigurationError, a line for each setting that is missing."""
    missing = [
        *_missing(settings, _NEEDED[settings.sms_provider], "sms_provider"),
        *(_missing(settings, ("mail_from",), "smtp_url") if settings.smtp_url else ()),
    ]
    if missing:
        raise ConfigurationError("\n".join(missing))


def ways_of(
    settings: Settings, sessions: Sessions, keep: Keep, smpp: SmppSms | None = None
) -> list[Way]:
    """`smpp` is what `smpp_of` made. In the demo every channel without a provider leads to the
    inbox that `keep` fills. Raises ConfigurationError as `refuse_incomplete` does.
    """
    refuse_incomplete(settings)
    ways = list(_ways(settings, sessions, smpp))
    return [*ways, *_inboxes(settings, ways, keep)] if settings.demo else ways


def _inboxes(settings: Settings, ways: Collection[Way], keep: Keep) -> Iterator[Way]:
    served = {way.channel for way in ways}
    sender = settings.mail_from or _DEMO_SENDER
    for channel in Channel:
        if channel not in served:
            yield InboxWay(channel, keep, sender)


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


def _ways(settings: Settings, sessions: Sessions, smpp: SmppSms | None) -> Iterator[Way]:
    provider = smpp or _sms(settings, sessions.gateways)
    if provider is not None:
        yield SmsWay(provider)
    if settings.smtp_url is not None:
        smtp = _smtp(settings.smtp_url.get_secret_value(), settings)
        yield MailWay(smtp, settings.mail_from or "")
    if settings.vapid_private_key is not None:
        yield _push(settings.vapid_private_key.get_secret_value(), settings, sessions.push)


def _push(key: str, settings: Settings, session: aiohttp.ClientSession) -> PushWay:
    push = WebPush(session, private_key(key), settings.push_contact())
    return PushWay(push, hashlib.sha256(b"klat push topic\x1f" + key.encode()).digest())


def _smtp(url: str, settings: Settings) -> SmtpMail:
    """Servers distrust a client that says `localhost`: it says where the pages are."""
    hello = urlsplit(settings.public_url).hostname or "localhost"
    try:
        return SmtpMail(url, hello=hello, connections=settings.mail_concurrency)
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
