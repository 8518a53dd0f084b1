"""Where providers say what became of a message, and what people write back.

Proven by a signature or a secret of their own; none of them needs a key.
"""

from typing import Final, NamedTuple

from aiohttp import web

from tracking.web.bodies import MAX_BODY, read_body
from tracking.web.deps import DEPS, Call, Verdict
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route

_SMALL: Final = 64 * 1024
_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_FAULTS: Final = (403, 404, 408, 413, 415, 503)


class _Door(NamedTuple):
    """`unproven` and `unreadable` say what to look at."""

    unproven: str
    unreadable: str = ""
    limit: int = _SMALL


_TWILIO: Final = _Door(
    "The signature is not Twilio's: KLAT_TWILIO_AUTH_TOKEN, or KLAT_PUBLIC_URL, differs"
)
_GATEWAY: Final = _Door(
    "webhook-id, webhook-timestamp and webhook-signature do not prove this body: look at"
    " KLAT_SMS_CALLBACK_SECRET, and at the clock",
    "One JSON object is taken, or an array of up to 500",
)
_MAIL: Final = _Door("Authorization: Bearer does not hold KLAT_MAIL_CALLBACK_SECRET", "", MAX_BODY)


async def post_twilio(request: web.Request) -> web.Response:
    """204 whatever it says: only what could not be proven, or not be kept, is told to Twilio."""
    await _hand_over(request, _TWILIO)
    return web.Response(status=204)


async def post_twilio_inbound(request: web.Request) -> web.Response:
    """No words of ours: Twilio itself confirms STOP and START."""
    await _hand_over(request, _TWILIO)
    return web.Response(text=_TWIML, content_type="text/xml")


async def post_sms(request: web.Request) -> web.Response:
    await _hand_over(request, _GATEWAY)
    return web.Response(status=204)


async def post_sms_inbound(request: web.Request) -> web.Response:
    await _hand_over(request, _GATEWAY)
    return web.Response(status=204)


async def post_mail(request: web.Request) -> web.Response:
    """204 for any mail: one that reports nothing is none of ours to complain of."""
    await _hand_over(request, _MAIL)
    return web.Response(status=204)


async def _hand_over(request: web.Request, door: _Door) -> None:
    deps = request.app[DEPS]
    take = deps.callbacks.get(request.path)
    if take is None:
        raise not_found()
    body = await read_body(request, door.limit)
    match await take(Call(request.path_qs, request.headers, body, deps.now())):
        case Verdict.NOT_PROVEN:
            raise HttpProblem(403, "Forbidden", door.unproven)
        case Verdict.UNREADABLE:
            raise HttpProblem(400, "The body cannot be read", door.unreadable)
        case Verdict.TAKEN:
            return


_FORM: Final = ("application/x-www-form-urlencoded",)
_SIGNED: Final = (
    Parameter("webhook-id", "header", "Standard Webhooks: an id of the message", required=True),
    Parameter("webhook-timestamp", "header", "Seconds since 1970, when it was sent", required=True),
    Parameter("webhook-signature", "header", "v1, and the HMAC in base64", required=True),
)

CALLBACK_ROUTES = (
    Route(
        "POST",
        "/callbacks/twilio",
        post_twilio,
        "Twilio's status callback",
        access="signature",
        media=_FORM,
        answers={204: None},
        problems=_FAULTS,
    ),
    Route(
        "POST",
        "/callbacks/twilio/inbound",
        post_twilio_inbound,
        "A text message that came in at Twilio",
        access="signature",
        media=_FORM,
        answers={200: "text/xml"},
        problems=_FAULTS,
    ),
    Route(
        "POST",
        "/callbacks/sms",
        post_sms,
        "Receipts of an SMS gateway of one's own: one, or an array",
        access="signature",
        parameters=_SIGNED,
        answers={204: None},
        problems=(400, *_FAULTS),
    ),
    Route(
        "POST",
        "/callbacks/sms/inbound",
        post_sms_inbound,
        "Text messages that came in at such a gateway: one, or an array",
        access="signature",
        parameters=_SIGNED,
        answers={204: None},
        problems=(400, *_FAULTS),
    ),
    Route(
        "POST",
        "/callbacks/mail",
        post_mail,
        "A mail that came back: a report of delivery, a complaint",
        access="signature",
        media=("message/rfc822",),
        answers={204: None},
        problems=_FAULTS,
    ),
)
