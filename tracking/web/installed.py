"""What a browser keeps of us: the worker that shows pushes."""

from pathlib import Path
from typing import Final

from aiohttp import web

from tracking.web.assets import static_path
from tracking.web.routing import Route

WORKER: Final = (
    (Path(__file__).parent / "worker" / "sw.js")
    .read_text(encoding="utf-8")
    .replace('"ICON"', f'"{static_path("icon-192.png")}"')
)
"""Its address never changes, so browsers ask for it each time."""


async def get_worker(_: web.Request) -> web.Response:
    headers = {"Cache-Control": "no-cache", "Content-Type": "text/javascript; charset=utf-8"}
    return web.Response(text=WORKER, headers=headers)


INSTALLED_ROUTES = (
    Route(
        "GET",
        "/sw.js",
        get_worker,
        "The worker of the pages: shows pushes",
        access="none",
        answers={200: "text/javascript"},
    ),
)
