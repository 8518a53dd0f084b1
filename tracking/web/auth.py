"""Which caller may do what: Authorization: Bearer, or Basic with the key as its password."""

import base64
import binascii
from collections.abc import Set as AbstractSet
from typing import Literal

from aiohttp import web

from tracking.keys import Role
from tracking.store.keys import ApiKey
from tracking.web.keyring import KEYRING
from tracking.web.problem import Handler, HttpProblem

Scheme = Literal["Bearer", "Basic"]
"""A browser asks its user for a password where it is told Basic, and shows an error otherwise."""
CALLER = web.RequestKey("caller", ApiKey)


def guarded(handler: Handler, roles: AbstractSet[Role], scheme: Scheme = "Bearer") -> Handler:
    """The handler, for callers in one of these roles; `scheme` is what others are asked for."""

    async def guard(request: web.Request) -> web.StreamResponse:
        caller = await authenticate(request, scheme)
        if caller.role not in roles:
            raise forbidden(f"This call is for keys of the role {' or '.join(sorted(roles))}")
        return await handler(request)

    return guard


async def authenticate(request: web.Request, scheme: Scheme = "Bearer") -> ApiKey:
    """The caller, also kept with the request. Raises a 401 problem."""
    key = presented_key(request)
    caller = await request.app[KEYRING].find(key) if key else None
    if caller is None:
        raise unauthorised("No valid API key was given", scheme)
    request[CALLER] = caller
    return caller


def presented_key(request: web.Request) -> str | None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            return _password(credentials.strip())
        case _:
            return None


def _password(credentials: str) -> str | None:
    """For webhooks that can only be given an address with user and password in it."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return None


def unauthorised(detail: str, scheme: Scheme = "Bearer") -> HttpProblem:
    return HttpProblem(
        401, "Unauthorised", detail, headers={"WWW-Authenticate": f'{scheme} realm="klat"'}
    )


def forbidden(detail: str) -> HttpProblem:
    return HttpProblem(403, "Forbidden", detail)
