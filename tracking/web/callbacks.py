"""Where providers say what became of a message. Proven by their signature; it needs no key."""

from aiohttp import web

from tracking.web.bodies import read_body
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route

_MAX_BODY = 64 * 1024


async def post_twilio(request: web.Request) -> web.Response:
    """204 whatever it says: only what could not be proven, or not be kept, is told to Twilio."""
    deps = request.app[DEPS]
    if deps.receive is None:
        raise not_found()
    body = await read_body(request, _MAX_BODY)
    signature = request.headers.get("X-Twilio-Signature", "")
    if not await deps.receive(request.path_qs, signature, body, deps.now()):
        raise HttpProblem(
            403,
            "Forbidden",
            "The signature is not Twilio's: KLAT_TWILIO_AUTH_TOKEN, or KLAT_PUBLIC_URL, differs",
        )
    return web.Response(status=204)


CALLBACK_ROUTES = (
    Route(
        "POST",
        "/callbacks/twilio",
        post_twilio,
        "Twilio's status callback",
        access="signature",
        media=("application/x-www-form-urlencoded",),
        answers={204: None},
        problems=(403, 404, 408, 413, 415, 503),
    ),
)
