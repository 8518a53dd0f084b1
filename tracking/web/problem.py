"""Errors as RFC 9457 problem+json: raised anywhere below, answered in one place."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import web
from pydantic import ValidationError

from schemas.api import FieldError, Problem
from schemas.faults import words
from tracking.errors import BrokerUnavailable, KlatError, StatementTooSlow, StoreUnavailable
from tracking.staff.passwords import TooManyPasswords

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()

_BACK_IN = (3, 8)  # seconds; brokers and databases come back in about that
REQUEST_LIMIT = 30.0  # seconds for anything but a live stream
MAX_ERRORS = 20


class HttpProblem(KlatError):  # noqa: N818 - named for what RFC 9457 calls it
    """An answer that is not what the caller hoped for."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.body = Problem(
            title=title, status=status, detail=detail, errors=list(errors) if errors else None
        )
        self.headers = headers or {}


def invalid_body(errors: Sequence[FieldError]) -> HttpProblem:
    """422 that points at each field."""
    return HttpProblem(422, "The body does not fit", errors=errors[:MAX_ERRORS])


def field_errors(error: ValidationError) -> list[FieldError]:
    """What the model found, the first of it; repeats nothing of what was sent."""
    found = error.errors(include_url=False, include_input=False)
    return [
        FieldError(pointer=pointer(*_place(each["loc"])), error=words(each))
        for each in found[: 2 * MAX_ERRORS]  # as many again may be told already
    ]


def _place(location: Sequence[str | int]) -> Sequence[str | int]:
    """Of a fault in a key pydantic says so behind it, and that is no part of the document."""
    return location[:-1] if location and location[-1] == "[key]" else location


def pointer(*path: str | int) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def not_found() -> HttpProblem:
    """One answer for what is not there and for what the caller may not see."""
    return HttpProblem(404, "Not found")


def retry_after(least: int, most: int) -> dict[str, str]:
    """Within these seconds: who was sent away together must not come back together."""
    return {"Retry-After": str(random.randint(least, most))}  # noqa: S311 - spread, not secret


def unavailable(title: str) -> HttpProblem:
    """503: what is needed is away for the moment."""
    return HttpProblem(503, title, headers=retry_after(*_BACK_IN))


def problem_response(problem: HttpProblem) -> web.Response:
    return web.Response(
        status=problem.status,
        text=problem.body.model_dump_json(exclude_none=True),
        content_type="application/problem+json",
        headers=problem.headers,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outer edge: whatever was raised leaves as a problem, a fault of ours without a word."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return problem_response(_from_aiohttp(error))
    except KlatError as error:
        return problem_response(as_problem(error))
    except TimeoutError:
        return problem_response(unavailable("It took too long"))
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception:
        log.exception("http.failed", method=request.method)
        return problem_response(HttpProblem(500, "Something went wrong here"))


def as_problem(error: KlatError) -> HttpProblem:
    match error:
        case HttpProblem():
            return error
        case BrokerUnavailable():
            return unavailable("Events cannot be accepted now")
        case StoreUnavailable():
            return unavailable("The database cannot be reached")
        case TooManyPasswords():
            return HttpProblem(503, "Too many log in at once", headers=retry_after(1, 5))
        case StatementTooSlow():
            return unavailable("It took too long")
        case _:
            log.error("http.failed", exc_info=error)
            return HttpProblem(500, "Something went wrong here")


def _from_aiohttp(error: web.HTTPException) -> HttpProblem:
    allow = error.headers.get("Allow")
    return HttpProblem(error.status, error.reason, headers={"Allow": allow} if allow else None)
