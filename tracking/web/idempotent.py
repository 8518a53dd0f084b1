"""A call that a shop sends twice happens once: the Idempotency-Key of merchant POSTs."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from tracking.errors import StoreUnavailable
from tracking.store.idempotency import Calls, EarlierCall
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answered, in the form in which it is kept and told again."""

    status: int
    body: str


def idempotency_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise HttpProblem(
            400,
            "An Idempotency-Key is needed",
            "Send a header Idempotency-Key of 1 to 255 visible ASCII characters, new for each"
            " call and the same when a call is sent again",
        )
    return key


async def once(
    request: web.Request,
    merchant_id: UUID,
    request_hashes: Sequence[bytes],
    work: Callable[[], Awaitable[Answer]],
) -> web.Response:
    """The answer of `work`, or the one that an earlier call with this key was given.

    `request_hashes` are fingerprints of what is asked, the first of them to be kept.
    """
    deps, key = request.app[DEPS], idempotency_key(request)
    calls, context = Calls(deps.pool), f"idempotency:{merchant_id}:{key}"
    if not await calls.claim_call(merchant_id, key, request_hashes[0], now=deps.now()):
        earlier = await calls.earlier_call(merchant_id, key)
        kept = _earlier(earlier, request_hashes)
        return _response(kept.status, deps.sealer.open_text(kept.body, context), replayed=True)
    try:
        answer = await work()
    except BaseException:
        with suppress(StoreUnavailable):  # it is then taken over after a minute
            await calls.drop_call(merchant_id, key)
        raise
    sealed = deps.sealer.seal_text(answer.body, context)
    await calls.finish_call(merchant_id, key, answer.status, sealed)
    return _response(answer.status, answer.body)


def _earlier(earlier: EarlierCall | None, request_hashes: Sequence[bytes]) -> Answer:
    if earlier is not None and earlier.request_hash not in request_hashes:
        raise HttpProblem(422, "This Idempotency-Key was used for another body")
    if earlier is None or earlier.status is None or earlier.body is None:
        raise HttpProblem(
            409, "A call with this Idempotency-Key is running", headers={"Retry-After": "1"}
        )
    return Answer(earlier.status, earlier.body)


def _response(status: int, body: str, *, replayed: bool = False) -> web.Response:
    media = "application/json" if status < 400 else "application/problem+json"
    headers = {"Idempotency-Replayed": "true"} if replayed else None
    return web.Response(status=status, text=body, content_type=media, headers=headers)
