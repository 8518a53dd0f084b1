"""The HTTP interface on a real socket and a real PostgreSQL; only the broker is a list."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import asyncpg
import pytest
from staging import Broker, Clock, World

from consumers.notices.by_hand import Saying
from consumers.notices.limits import SmsLimits
from consumers.notices.subject import Means
from notifier.preview import preview
from schemas.notice import Channel
from tracking.frames import Frames
from tracking.live import LiveHub
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.store.notices import Notices
from tracking.store.pool import open_pool
from tracking.web.app import make_app
from tracking.web.deps import Deps
from tracking.web.serving import serve


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=8)
    yield pool
    await pool.close()


@pytest.fixture
def public_url() -> str:
    return "http://track.test"


@pytest.fixture
def also_set() -> dict[str, Any]:
    """Settings beside database and address."""
    return {}


def saying(pool: asyncpg.Pool) -> Saying:
    means = Means(frozenset({Channel.SMS, Channel.EMAIL}), SmsLimits())
    return Saying(Notices(pool), Sealer(["a key of the tests"]), means)


@pytest.fixture
async def world(
    pool: asyncpg.Pool, database_url: str, public_url: str, also_set: dict[str, Any]
) -> AsyncIterator[World]:
    broker, clock = Broker(), Clock()
    broker.open.set()
    deps = Deps(
        pool=pool,
        sealer=Sealer(["a key of the tests"]),
        settings=Settings(database_url=database_url, public_url=public_url, **also_set),
        publish=broker,
        hub=LiveHub(),
        frames=Frames(pool),
        preview=preview,
        by_hand=saying(pool),
        now=clock,
    )
    app = make_app(deps)
    runner = await serve(app, "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield World(f"http://{host}:{port}", http, pool, deps, broker, clock, app)
    await runner.cleanup()
