"""Reading what callers send: bounded in size, time, depth and kind before anything looks at it."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from schemas.api import FieldError
from tracking.web.problem import MAX_ERRORS, HttpProblem, field_errors, invalid_body, pointer

MAX_BODY = 1024 * 1024
_READ_LIMIT = 20.0  # seconds for a whole body
_ESCAPED_NUL = b"\\u0000"

M = TypeVar("M", bound=BaseModel)


async def read_body(request: web.Request, limit: int = MAX_BODY) -> bytes:
    """The body as it was sent; compressed ones are refused, so that none can swell."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpProblem(
            415, "Bodies must not be compressed", headers={"Accept-Encoding": "identity"}
        )
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(_READ_LIMIT):
            return await _read(request, limit)
    except TimeoutError:
        raise HttpProblem(408, "The body did not arrive in time") from None
    except web.HTTPException:
        raise
    except (web.PayloadAccessError, ConnectionError, ValueError) as error:
        raise HttpProblem(400, "The body could not be read") from error


async def _read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def too_large(limit: int) -> HttpProblem:
    return HttpProblem(413, "The body is too large", f"At most {limit} bytes are taken")


def _nul_errors(body: bytes) -> list[FieldError]:
    """A NUL in a text is never meant and cannot be stored. The first few, without repeats."""
    if _ESCAPED_NUL not in body:
        return []
    # Each may stand below a key as long as the body: all places together could fill the memory.
    places = dict.fromkeys(islice(nuls_in(_decoded(body)), MAX_ERRORS))
    return [FieldError(pointer=place, error="holds a NUL") for place in places]


def _decoded(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:  # which its reader will say
        return None


def nuls_in(value: Any, *path: str | int) -> Iterator[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield pointer(*path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from nuls_in(item, *path, index)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from nuls_in(name, *path)
            yield from nuls_in(item, *path, name)


def parse_body(model: type[M], body: bytes) -> M:
    """The body as this model; 400 where it is no JSON, 422 where a field is wrong."""
    nuls = _nul_errors(body)
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise not_json(error.errors(include_input=False)[0]["msg"]) from None
        told = {each.pointer for each in nuls}
        others = [each for each in field_errors(error) if each.pointer not in told]
        raise invalid_body([*nuls, *others]) from None
    if nuls:
        raise invalid_body(nuls)
    return parsed


def not_json(why: str) -> HttpProblem:
    return HttpProblem(400, "The body is not JSON", why[:200])
