"""Klāt's roles as processes of their own, as an operator runs them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from stack import Stack

from tracking.local.endpoint import free_port

KEY = "A" * 43 + "="


class RoleProcess:
    def __init__(self, process: asyncio.subprocess.Process, env: dict[str, str]) -> None:
        self.process, self.env = process, env

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.env['KLAT_HTTP_PORT']}"


@asynccontextmanager
async def role(
    stack: Stack, database: str, name: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[RoleProcess]:
    """One `klat serve ROLE`, ready to serve; stopped at the end."""
    ports = {"KLAT_HTTP_PORT": str(free_port()), "KLAT_OPS_PORT": str(free_port())}
    env = os.environ | ports | {
        "KLAT_DATABASE_URL": database,
        "KLAT_AMQP_URL": stack.amqp_url,
        "KLAT_SECRET_KEYS": KEY,
    } | (settings or {})  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tracking", "serve", name, "--drain", "0"),
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_ready(ports["KLAT_OPS_PORT"])
        yield RoleProcess(process, env)
    finally:
        process.terminate()
        await process.wait()


async def _until_ready(ops_port: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{ops_port}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
