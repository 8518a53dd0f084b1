"""The second factor: postcode or last four digits of the phone, and what proves it later."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aiohttp import web

from schemas.contact import Recipient, normal_postcode
from tracking.errors import KlatError
from tracking.sealing import Sealer
from tracking.web.limits import Buckets
from tracking.web.security import cookie_name, is_https

UNLOCKED_FOR = timedelta(hours=12)
_COOKIE = "klat_unlock"
_DIGITS = 4
TRIES = web.AppKey("tries", Buckets)


def tries() -> Buckets:
    """Answers an address may give, over all links; each parcel has its own count in the store."""
    return Buckets(burst=60, per_second=0.5)


def answers(recipient: Recipient | None) -> list[str]:
    """What opens the parcel: postcode with and without its country's letters, end of the phone."""
    if recipient is None:
        return []
    found = []
    if recipient.postcode and (postcode := normal_postcode(recipient.postcode)):
        found.append(postcode)
        if recipient.country and postcode.startswith(recipient.country):
            found.append(postcode.removeprefix(recipient.country))
    if recipient.phone:
        found.append(recipient.phone[-_DIGITS:])
    return [answer for answer in found if answer]


def is_right(answer: str, accepted: list[str]) -> bool:
    """Compares with each of them, always to the end; `answer` is letters and digits, upper case."""
    given = _digest(answer)
    return any([hmac.compare_digest(given, _digest(each)) for each in accepted])  # noqa: C419 - no short cut


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()


def grant(
    response: web.Response, request: web.Request, sealer: Sealer, shipment: UUID, now: datetime
) -> None:
    """A cookie for this link only; what it says, and that we said it, is sealed."""
    token, until = request.match_info["token"], now + UNLOCKED_FOR
    response.set_cookie(
        cookie_name(request.app, _COOKIE),
        sealer.seal_text(f"{shipment} {until.timestamp():.0f}", f"unlock:{token}"),
        path=f"/t/{token}",
        max_age=int(UNLOCKED_FOR.total_seconds()),
        httponly=True,
        secure=is_https(request.app),
        samesite="Lax",
    )


def is_granted(request: web.Request, sealer: Sealer, shipment: UUID, now: datetime) -> bool:
    cookie = request.cookies.get(cookie_name(request.app, _COOKIE))
    if not cookie:
        return False
    try:
        said = sealer.open_text(cookie, f"unlock:{request.match_info['token']}")
    except (KlatError, ValueError):
        return False
    whom, _, until = said.partition(" ")
    return whom == str(shipment) and now < datetime.fromtimestamp(int(until), UTC)


def is_from_elsewhere(request: web.Request) -> bool:
    """Whether another site's page sent this form. Our pages say no-referrer, so their Origin may
    be "null"; browsers that say that also say Sec-Fetch-Site where it can be trusted.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] != request.host
