"""A small site that serves parcels with the headers of the real one, and the browser to see it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from parcels import NOW, STATES
from playwright.async_api import Browser, async_playwright

from schemas.notice import Channel
from tracking.choices import Raising, Standing
from tracking.push import device_of, subscription_id
from tracking.web.assets import STATIC
from tracking.web.choices_page import WayCard, render_choices
from tracking.web.installed import WORKER
from tracking.web.page import render_message_page, render_tracking_page
from tracking.web.security import CSP
from tracking.web.view import ParcelView, UnlockState

SHOP = "Latvijas grāmatu un kanceleju nams"
CARD = re.compile(r"(\w+)\.(\w+)(?:\.(\w+))?")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Line:
    """The live stream of the site, in the hands of the test."""

    answer: int = 200  # 204: the story is over; 503: no room
    asked: list[str] = field(default_factory=list)  # the query of every request
    open: list[asyncio.Queue[str | None]] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, holds: Callable[["Line"], bool]) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: holds(self))

    def update(self, version: int) -> None:
        for queue in self.open:
            queue.put_nowait(f"id: {version}\nevent: update\ndata: {{}}\n\n")

    def cut(self) -> None:
        for queue in self.open:
            queue.put_nowait(None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.query_string)
        if self.answer != 200:
            await self._tell()
            return web.Response(status=self.answer)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        queue.put_nowait("retry: 10\n\n")
        self.open.append(queue)
        await self._tell()
        try:
            while (event := await queue.get()) is not None:
                await response.write(event.encode())
        finally:
            self.open.remove(queue)
            await asyncio.shield(self._tell())
        return response

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@dataclass
class Push:
    """Whom the site tells, in the hands of the test: languages by parcel and device."""

    told: dict[tuple[str, str], str] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 200

    async def subscribe(self, request: web.Request) -> web.Response:
        if self.answer != 200:
            return web.Response(status=self.answer)
        self.bodies.append(await request.json())
        endpoint = self.bodies[-1]["endpoint"]
        key = (request.match_info["name"], device_of(subscription_id(endpoint)))
        self.told[key] = request.query["lang"]
        return web.json_response({"device": key[1], "language": self.told[key]})

    async def ask(self, request: web.Request) -> web.Response:
        key = (request.match_info["name"], request.match_info["device"])
        return web.json_response({"device": key[1], "language": self.told.get(key)})

    async def stop(self, request: web.Request) -> web.Response:
        if self.answer != 200:
            return web.Response(status=self.answer)
        self.told.pop((request.match_info["name"], request.match_info["device"]), None)
        return web.Response(status=204)


async def worker(_: web.Request) -> web.Response:
    return web.Response(text=WORKER, content_type="text/javascript")


@dataclass
class Site:
    url: str
    views: dict[str, ParcelView]
    line: Line = field(default_factory=Line)
    push: Push = field(default_factory=Push)
    read: list[str] = field(default_factory=list)  # every page asked for
    answers: list[str] = field(default_factory=list)  # every second factor given

    async def page(self, request: web.Request) -> web.Response:
        self.read.append(request.path_qs)
        return self._shown(request, request.match_info["name"])

    async def unlock(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.answers.append(str((await request.post())["answer"]))
        wrong = replace(self.views[name], unlock=UnlockState.WRONG, tries_left=4)
        self.views[name] = STATES["ready_unlocked"] if self.answers[-1] == "1010" else wrong
        return self._shown(request, name)

    async def choices(self, request: web.Request) -> web.Response:
        """Each way as it stands, by `name`: sms.everything-email.nothing.by_message, or none."""
        ways = [
            WayCard(Channel(way), Standing(now), Raising(raising or "here"), "/stop/x")
            for way, now, raising in CARD.findall(request.match_info["name"])
        ]
        path, language = request.path, request.query.get("lang", "en")
        saved = "saved" in request.query
        page = render_choices(ways, SHOP, language, path=path, saved=saved, back="/t/delivered")
        return html(page)

    def _shown(self, request: web.Request, name: str) -> web.Response:
        language = request.query.get("lang", "en")
        if name not in self.views:
            return html(render_message_page("not_found", language, path=request.path))
        view = replace(self.views[name], path=f"/t/{name}")
        return html(render_tracking_page(view, language, now=NOW))


def html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


async def static(request: web.Request) -> web.Response:
    file = STATIC[request.path]
    return web.Response(body=file.body, headers={"Content-Type": file.content_type})


async def headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = CSP


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    app = web.Application()
    site = Site("", dict(STATES))
    app.add_routes(
        [
            web.get("/t/{name}", site.page),
            web.post("/t/{name}/unlock", site.unlock),
            web.get("/t/{name}/stream", site.line.serve),
            web.get("/choices/{name}", site.choices),
            web.get("/static/{file}", static),
            web.get("/sw.js", worker),
            web.post("/t/{name}/push", site.push.subscribe),
            web.get("/t/{name}/push/{device}", site.push.ask),
            web.delete("/t/{name}/push/{device}", site.push.stop),
        ]
    )
    app.on_response_prepare.append(headers)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    site.line.cut()
    await runner.cleanup()


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()
