"""A form with a file (RFC 7578), read into memory within limits; nothing is written to a disk."""

import asyncio
from typing import Final

import aiohttp
from aiohttp import web

from tracking.web.bodies import too_large
from tracking.web.console.guard import refuse_elsewhere, refuse_foreign
from tracking.web.problem import HttpProblem

_MOST_PARTS: Final = 12
_READ_LIMIT: Final = 30.0  # seconds
_CHUNK: Final = 64 * 1024


async def read_parts(request: web.Request, limit: int) -> dict[str, bytes]:
    """The last of each field. Raises HttpProblem for what another site sent, for more than `limit`
    bytes in all parts together, and for nonsense.
    """
    refuse_elsewhere(request)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpProblem(415, "Bodies must not be compressed")
    if not request.content_type.startswith("multipart/form-data"):
        raise HttpProblem(400, "The form could not be read")
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(_READ_LIMIT):
            parts = await _parts(request, limit)
    except TimeoutError:
        raise HttpProblem(408, "The body did not arrive in time") from None
    except (ValueError, AssertionError, ConnectionError, web.PayloadAccessError) as error:
        raise HttpProblem(400, "The form could not be read") from error
    refuse_foreign(request, parts.pop("form", b"").decode(errors="replace"))
    return parts


async def _parts(request: web.Request, limit: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    reader, left = await request.multipart(), limit
    for _ in range(_MOST_PARTS):
        part = await reader.next()
        if part is None:
            return found
        if not isinstance(part, aiohttp.BodyPartReader):
            raise ValueError("a part of parts")  # noqa: TRY004 - what came is wrong, no type
        body = bytearray()
        while chunk := await part.read_chunk(_CHUNK):
            body += chunk
            if len(body) > left:
                raise too_large(limit)
        left -= len(body)
        found[part.name or ""] = bytes(body)
    raise ValueError("too many parts")
