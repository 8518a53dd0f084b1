"""`klat simulate`: couriers and lockers that are not there, for a stack to try out."""

import asyncio
import signal
import time
from typing import Annotated

import typer

from consumers.connection import Publisher
from tracking.commands.stack import DataDir, refuse_ended
from tracking.local.folder import settings_for
from tracking.local.simulate import run
from tracking.logs import configure_logging
from tracking.settings import Settings


def simulate(
    couriers: Annotated[int, typer.Option(min=1, max=1000, help="Couriers at work.")] = 4,
    rate: Annotated[float, typer.Option(min=0.01, max=10_000, help="Events a second.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Tell the same lives again.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Post courier and locker events of whole parcel lives until stopped, and keep a demo."""
    settings = settings_for(data_dir)
    settings.broker()
    refuse_ended(settings, "amqp_url")
    configure_logging(settings.log_format, role="simulate")
    plan = run.Plan(couriers, rate, time.time_ns() if seed is None else seed)
    asyncio.run(_until_stopped(settings, plan))


async def _until_stopped(settings: Settings, plan: run.Plan) -> None:
    work = asyncio.ensure_future(_work(settings, plan))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await asyncio.wait({work})
    if not work.cancelled():
        work.result()


async def _work(settings: Settings, plan: run.Plan) -> None:
    publisher = Publisher(settings.broker(), "klat simulate")
    async with asyncio.TaskGroup() as group:
        group.create_task(publisher.run(), name="publisher")
        await run.simulate(settings, plan, publisher.publish_event, typer.echo)
