"""Sockets: an application on a port, with limits on everything a client may hold open."""

import logging
from http import HTTPStatus

from aiohttp import web, web_response
from aiohttp.http_exceptions import HttpProcessingError

from tracking.web.problem import HttpProblem, problem_response

KEEPALIVE = 75.0  # seconds; also how long the headers of a request may take
SHUTDOWN = 8.0  # seconds for answers in hand
# Connections that wait to be accepted, as far as the kernel allows. Beyond them it drops and resets
# what callers take for an outage: a burst while the process is busy must wait, not fail.
BACKLOG = 4096
MAX_LINE = 8190  # bytes, request line and each header

_handle_error = web.RequestHandler.handle_error


def _without_echo(
    protocol: web.RequestHandler,
    request: web.BaseRequest,
    status: int = 500,
    exc: BaseException | None = None,
    message: str | None = None,
) -> web.StreamResponse:
    """The answer of aiohttp itself repeats what it could not read, secrets and all."""
    _handle_error(protocol, request, status, exc, message)  # logs, or gives up a begun answer
    response = problem_response(HttpProblem(status, HTTPStatus(status).phrase))
    response.force_close()
    return response


# Answers to what is not even HTTP pass no application, so they say this of their own accord.
web_response.SERVER_SOFTWARE = "klat"  # type: ignore[attr-defined]
# The server makes its handlers by itself and offers no place to name another class.
web.RequestHandler.handle_error = _without_echo  # type: ignore[assignment,method-assign]


class _OursOnly(logging.Filter):
    """A client that breaks its request or leaves is no fault of ours, and may say anything."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError | ConnectionError)


def make_runner(app: web.Application, shutdown: float = SHUTDOWN) -> web.AppRunner:
    logger = logging.getLogger("klat.http")
    logger.addFilter(_OURS_ONLY)
    return web.AppRunner(
        app,
        access_log=None,
        logger=logger,
        handle_signals=False,
        keepalive_timeout=KEEPALIVE,
        shutdown_timeout=shutdown,
        max_line_size=MAX_LINE,
        max_field_size=MAX_LINE,
        max_headers=64,
        lingering_time=2.0,
        auto_decompress=False,
    )


_OURS_ONLY = _OursOnly()


async def serve(
    app: web.Application, host: str, port: int, *, shutdown: float = SHUTDOWN
) -> web.AppRunner:
    """Listen; `runner.cleanup()` ends it, `runner.addresses` says where."""
    runner = make_runner(app, shutdown)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
    return runner
