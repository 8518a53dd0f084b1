"""Where providers say what became of a message, and what people write back.

Proven by a signature or a secret of their own; none of them needs a key.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import web

from tracking.web.bodies import MAX_BODY, read_body
from tracking.web.deps import DEPS, Call, Verdict
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route

_SMALL: Final = 64 * 1024
_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_BODY: Final = (400, 408, 413, 415)  # what may be wrong with any
_FAULTS: Final = (*_BODY, 403, 404, 503)


class _Door(NamedTuple):
    """`unproven` and `unreadable` say what to look at. `status` is that of who is not proven."""

    unproven: str
    unreadable: str = ""
    limit: int = _SMALL
    status: int = 403


_TWILIO: Final = _Door(
    "The signature is not Twilio's: KLAT_TWILIO_AUTH_TOKEN, or KLAT_PUBLIC_URL, differs"
)
_GATEWAY: Final = _Door(
    "webhook-id, webhook-timestamp and webhook-signature do not prove this body: look at"
    " KLAT_SMS_CALLBACK_SECRET, and at the clock",
    "One JSON object is taken, or an array of up to 500",
)
_MAIL: Final = _Door(
    "Authorization: Bearer does not hold KLAT_MAIL_CALLBACK_SECRET", "", MAX_BODY, 401
)


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
    admit = deps.admit.get(request.path)
    if admit is not None and not admit(request.headers):
        raise _unproven(door)
    body = await read_body(request, door.limit)
    match await take(Call(request.path_qs, request.headers, body, deps.now())):
        case Verdict.NOT_PROVEN:
            raise _unproven(door)
        case Verdict.UNREADABLE:
            raise HttpProblem(400, "The body cannot be read", door.unreadable)
        case Verdict.TAKEN:
            return


def _unproven(door: _Door) -> HttpProblem:
    """401 asks for what the headers lack, as RFC 9110 wants it (15.5.2)."""
    asked = {"WWW-Authenticate": "Bearer"} if door.status == 401 else None
    title = HTTPStatus(door.status).phrase
    return HttpProblem(door.status, title, door.unproven, headers=asked)


_FORM: Final = ("application/x-www-form-urlencoded",)
_SIGNED: Final = (
    Parameter("webhook-id", "header", "Standard Webhooks: an id of the message", required=True),
    Parameter("webhook-timestamp", "header", "Seconds since 1970, when it was sent", required=True),
    Parameter("webhook-signature", "header", "v1, and the HMAC in base64", required=True),
)
_TWILIOS: Final = Parameter(
    "X-Twilio-Signature", "header", "Twilio's HMAC-SHA1 of address and form", required=True
)
_REFERENCE: Final = Parameter("reference", "query", "The notice, as it was named to Twilio")

CALLBACK_ROUTES = (
    Route(
        "POST",
        "/callbacks/twilio",
        post_twilio,
        "Twilio's status callback",
        access="signature",
        parameters=(_TWILIOS, _REFERENCE),
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
        parameters=(_TWILIOS,),
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
        problems=_FAULTS,
    ),
    Route(
        "POST",
        "/callbacks/sms/inbound",
        post_sms_inbound,
        "Text messages that came in at such a gateway: one, or an array",
        access="signature",
        parameters=_SIGNED,
        answers={204: None},
        problems=_FAULTS,
    ),
    Route(
        "POST",
        "/callbacks/mail",
        post_mail,
        "A mail that came back: a report of delivery, a complaint",
        access="secret",
        media=("message/rfc822",),
        answers={204: None},
        problems=(*_BODY, 401, 404, 503),
    ),
)
