"""Where providers call back: proven, read, and handed to whom it concerns."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from consumers.notices.bounces import Bounces
from consumers.notices.receipts import Settling
from consumers.notices.replies import Replies
from notifier.receipts import generic, twilio
from notifier.receipts.signed import is_bearer, is_signed, secret_of
from tracking.settings import Settings
from tracking.web.deps import Admit, Call, Take, Verdict

TWILIO, TWILIO_INBOUND = "/callbacks/twilio", "/callbacks/twilio/inbound"
SMS, SMS_INBOUND = "/callbacks/sms", "/callbacks/sms/inbound"
MAIL = "/callbacks/mail"

Proven = Callable[[Call], bool]


class Ends(NamedTuple):
    """To whom what comes back is handed."""

    settling: Settling
    replies: Replies
    bounces: Bounces


def callbacks_of(settings: Settings, ends: Ends) -> Mapping[str, Take]:
    """By their paths, those that the settings open."""
    found: dict[str, Take] = {}
    token = settings.twilio_auth_token
    if settings.sms_provider == "twilio" and token is not None:
        door = TwilioDoor(token.get_secret_value(), settings.public_url, ends)
        found |= {TWILIO: door.receipts, TWILIO_INBOUND: door.inbound}
    secret = settings.sms_callback_secret
    if settings.sms_provider == "http" and secret is not None:
        gateway = GatewayDoor(secret.get_secret_value(), ends)
        found |= {SMS: gateway.receipts, SMS_INBOUND: gateway.inbound}
    if settings.mail_callback_secret is not None:
        found[MAIL] = MailDoor(settings.mail_callback_secret.get_secret_value(), ends).take
    return found


def admitting(settings: Settings) -> Mapping[str, Admit]:
    """By their paths, those callbacks whose headers prove who calls."""
    secret = settings.mail_callback_secret
    return {} if secret is None else {MAIL: partial(_is_bearer, secret.get_secret_value())}


def _is_bearer(secret: str, headers: Mapping[str, str]) -> bool:
    return is_bearer(headers, secret)


class TwilioDoor:
    def __init__(self, token: str, public_url: str, ends: Ends) -> None:
        self._token, self._public_url, self._ends = token, public_url, ends

    async def receipts(self, call: Call) -> Verdict:
        form = self._form(call)
        if form is None:
            return Verdict.NOT_PROVEN
        receipt = twilio.receipt(form, _reference(call.target))
        await self._ends.settling.apply("twilio", [receipt], call.now)
        return Verdict.TAKEN

    async def inbound(self, call: Call) -> Verdict:
        form = self._form(call)
        if form is None:
            return Verdict.NOT_PROVEN
        await self._ends.replies.take("twilio", [twilio.reply(form)], call.now)
        return Verdict.TAKEN

    def _form(self, call: Call) -> twilio.Form | None:
        """None where it is not Twilio's."""
        form = twilio.read_form(call.body)
        signature = call.headers.get("X-Twilio-Signature", "")
        url = f"{self._public_url}{call.target}"
        return form if twilio.is_twilios(url, form, signature, self._token) else None


class GatewayDoor:
    def __init__(self, secret: str, ends: Ends) -> None:
        self._secret, self._ends = secret_of(secret), ends

    async def receipts(self, call: Call) -> Verdict:
        documents = self._documents(call)
        if isinstance(documents, list):
            read = [generic.receipt(each) for each in documents]
            await self._ends.settling.apply("http", read, call.now)
            return Verdict.TAKEN
        return documents

    async def inbound(self, call: Call) -> Verdict:
        documents = self._documents(call)
        if isinstance(documents, list):
            await self._ends.replies.take("http", list(map(generic.reply, documents)), call.now)
            return Verdict.TAKEN
        return documents

    def _documents(self, call: Call) -> list[object] | Verdict:
        if not is_signed(call.headers, call.body, self._secret, call.now):
            return Verdict.NOT_PROVEN
        found = generic.documents(call.body)
        return Verdict.UNREADABLE if found is None else found


class MailDoor:
    def __init__(self, secret: str, ends: Ends) -> None:
        self._secret, self._ends = secret, ends

    async def take(self, call: Call) -> Verdict:
        if not is_bearer(call.headers, self._secret):
            return Verdict.NOT_PROVEN
        await self._ends.bounces.take(call.body, call.now)
        return Verdict.TAKEN


def _reference(target: str) -> str | None:
    return next(iter(parse_qs(urlsplit(target).query).get("reference", [])), None)
