"""All of `klat simulate`, put together: keys, couriers, the demo."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import structlog

from tracking.local.simulate.couriers import Pace, drive
from tracking.local.simulate.demo import Demo, Tell
from tracking.local.simulate.lives import Lives
from tracking.local.simulate.sending import LIMIT, Sender
from tracking.local.simulate.shop import Shop, live_keys, notify, promise
from tracking.local.simulate.state import claimed, load
from tracking.local.simulate.text import Addresses
from tracking.local.simulate.voices import VOICES
from tracking.settings import Settings
from tracking.web.deps import Publish

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` is events a second, of all couriers together."""

    couriers: int
    rate: float
    seed: int


async def simulate(settings: Settings, plan: Plan, publish: Publish, tell: Tell) -> None:
    """Run until cancelled. Waits for whatever is away, and goes on."""
    with claimed(settings.data_dir) as ours:
        state = load(settings.data_dir, datetime.now(UTC))
        keys = await live_keys(settings.database(), state.keys, _CODES)
        log.info("simulate.started", couriers=plan.couriers, rate=plan.rate, seed=plan.seed)
        async with aiohttp.ClientSession(timeout=LIMIT) as http, asyncio.TaskGroup() as group:
            sender = Sender(http, settings.public_url, keys, publish)
            if ours:
                await promise(settings.database())
                state = state.model_copy(update={"keys": keys})
                shop = Shop(http, settings.public_url, keys["merchant"], notify(settings))
                demo = Demo(settings.data_dir, _addresses(settings), shop, sender.send, tell, state)
                group.create_task(demo.run(), name="demo")
            lives, pace = Lives(plan.seed), Pace(plan.rate)
            for number in range(plan.couriers):
                group.create_task(drive(lives, pace, sender.send), name=f"courier-{number}")


_CODES = {code for voice in VOICES for code in (voice.sender, voice.carrier)}


def _addresses(settings: Settings) -> Addresses:
    ops = f"http://127.0.0.1:{settings.ops_port}"
    text = settings.data_dir / "demo.txt"
    return Addresses(settings.public_url, ops, text, has_inbox=settings.demo)
