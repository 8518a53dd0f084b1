"""Which ways the settings open. None is no fault: notices are decided, and say `no_provider`."""

import hashlib
from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp

from consumers.notices.receipts import CALLBACK
from notifier.channels.email import SmtpMail
from notifier.channels.sms import SmsProvider
from notifier.channels.twilio import TwilioSms
from notifier.channels.web_push import WebPush
from notifier.deliver import Way
from notifier.inbox import InboxWay, Keep
from notifier.outgoing import safe_session
from notifier.ways import MailWay, PushWay, SmsWay
from schemas.notice import Channel
from tracking.errors import ConfigurationError
from tracking.settings import PREFIX, Settings
from tracking.vapid import private_key

_DEMO_SENDER = "parcels@shop.example"


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


def open_sessions(settings: Settings) -> Sessions:
    allow_private = settings.webhook_allow_private
    return Sessions(aiohttp.ClientSession(), safe_session(allow_private=allow_private))


def ways_of(settings: Settings, sessions: Sessions, keep: Keep) -> list[Way]:
    """In the demo every channel without a provider leads to the inbox that `keep` fills.

    Raises ConfigurationError, a line for each setting that is missing.
    """
    ways = list(_ways(settings, sessions))
    return [*ways, *_inboxes(settings, ways, keep)] if settings.demo else ways


def _inboxes(settings: Settings, ways: Collection[Way], keep: Keep) -> Iterator[Way]:
    served = {way.channel for way in ways}
    sender = settings.mail_from or _DEMO_SENDER
    for channel in Channel:
        if channel not in served:
            yield InboxWay(channel, keep, sender)


def _ways(settings: Settings, sessions: Sessions) -> Iterator[Way]:
    if settings.sms_provider != "none":
        yield SmsWay(_sms(settings, sessions.gateways))
    if settings.smtp_url is not None:
        sender = _needed("mail_from", settings.mail_from, "smtp_url")
        yield MailWay(_smtp(settings.smtp_url.get_secret_value(), settings.public_url), sender)
    if settings.vapid_private_key is not None:
        yield _push(settings.vapid_private_key.get_secret_value(), settings, sessions.push)


def _push(key: str, settings: Settings, session: aiohttp.ClientSession) -> PushWay:
    push = WebPush(session, private_key(key), settings.push_contact())
    return PushWay(push, hashlib.sha256(b"klat push topic\x1f" + key.encode()).digest())


def _smtp(url: str, public_url: str) -> SmtpMail:
    """Servers distrust a client that says `localhost`: it says where the pages are."""
    try:
        return SmtpMail(url, hello=urlsplit(public_url).hostname or "localhost")
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
