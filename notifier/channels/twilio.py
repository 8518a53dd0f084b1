"""SMS by Twilio's Messages API, and by whoever offers the same.

Sources: www.twilio.com/docs/messaging/api/message-resource, /docs/api/errors,
/docs/usage/webhooks/webhooks-connection-overrides. The API knows no idempotency key, so whatever is
ambiguous stays so until a status callback settles it.
"""

import base64
import re
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import aiohttp

from notifier.channels.base import Handed, Outcome
from notifier.channels.exchange import Answer, Limits, post
from notifier.channels.sms import handed
from notifier.receipts.twilio import RETRIES

_LONGEST: Final = 36_000  # seconds, of ValidityPeriod; less or more is error 21624
_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}")
_SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")

# 21211 no phone number, 21610 opted out by STOP, 21614 no mobile number, 21635 a landline.
_BAD_ADDRESS: Final = frozenset({21211, 21610, 21614, 21635})
# 20429 too many requests; 20503 unavailable, whose page says to try again (that of 20500 says that
# a repeat may be a second message). The others are for the operator to repair, and every message
# waits for that: 20003 credentials, 21212, 21603, 21606 and 21661 the sender.
_WAIT: Final = frozenset({20429, 20503, 20003, 21212, 21603, 21606, 21661})


class TwilioSms:
    """`sender` is a number, a name, or the id of a messaging service (MG...).

    `status_callback` is where Twilio posts receipts; the reference is added to its query, so that
    a receipt finds its notice even when the answer to the request was lost.
    """

    name = "twilio"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account_sid: str,
        auth_token: str,
        sender: str,
        *,
        api_url: str = "https://api.twilio.com",
        status_callback: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        account = quote(account_sid, safe="")
        self._url = f"{api_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        basic = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._session, self._limits = session, limits or Limits()
        self._sender, self._callback = sender, status_callback

    async def send(
        self,
        to: str,
        text: str,
        reference: str,
        valid_seconds: int | None = None,
        sender: str | None = None,
    ) -> Handed:
        form = {"To": to, **_sender(sender or self._sender), "Body": text}
        if valid_seconds is not None:
            form["ValidityPeriod"] = str(max(1, min(valid_seconds, _LONGEST)))
        if self._callback:
            form["StatusCallback"] = callback(self._callback, reference)
        # "replace": half a surrogate pair must not raise an error that quotes the text.
        body = urlencode(form, errors="replace").encode()
        answer = await post(self._session, self._url, body, self._headers, self._limits)
        return answer if isinstance(answer, Handed) else read(answer)


def _sender(sender: str) -> dict[str, str]:
    return {"MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From": sender}


def callback(url: str, reference: str) -> str:
    """Where the receipts of one notice are posted, and that they are posted again if need be.

    A signature is made without the fragment (notifier.receipts.twilio).
    """
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"reference": reference}))))
    return urlunsplit(parts._replace(query=query, fragment=RETRIES))


def read(answer: Answer) -> Handed:
    """What Twilio's answer means: by its error code where that says more, else by HTTP's status."""
    code, sid = answer.document.get("code"), answer.document.get("sid")
    known = sid if isinstance(sid, str) and _SID.fullmatch(sid) else None
    if answer.is_success or not isinstance(code, int) or not 9999 < code < 100_000:
        return handed(answer, None, known)
    if code in _WAIT:
        return Handed(Outcome.RETRY, str(code), retry_after=answer.retry_after)
    if code in _BAD_ADDRESS:
        return Handed(Outcome.REFUSED, str(code), address_is_bad=True)
    return handed(answer, str(code), None)
