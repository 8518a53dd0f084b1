"""A command of ours as a supervised child: it serves once /readyz says so, while /healthz does."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tracking.errors import ConfigurationError, StartError
from tracking.local.process import spawn, stop

EXIT_CONFIGURATION = 78
STOP_LIMIT = 12.0  # seconds; longer than a role takes at the most
_PAUSE = 0.1
_PROBE_LIMIT = aiohttp.ClientTimeout(total=5)


@dataclass
class Child:
    """`ops_port` is where it answers probes; without one it serves as soon as it runs.

    `log` takes what it writes to stdout. Why it refuses to start stays on our stderr.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    ops_port: int | None = None
    log: Path | None = None
    stop_limit: float = STOP_LIMIT
    _process: Process | None = field(default=None, init=False)

    async def start(self) -> None:
        self._process = await spawn(self.command, env=self.env, log=self.log, errors_to_log=False)
        async with aiohttp.ClientSession(timeout=_PROBE_LIMIT) as session:
            while not await self._is_ready(session):
                self._require_alive(self._process)
                await asyncio.sleep(_PAUSE)

    async def wait(self) -> int:
        assert self._process is not None
        code = await self._process.wait()
        _refuse_misconfigured(self.name, code)
        return code

    async def look(self) -> str | None:
        """Only whether it is alive: that it lacks the broker, another start would not mend."""
        if self.ops_port is None:
            return None
        async with aiohttp.ClientSession(timeout=_PROBE_LIMIT) as session:
            return None if await self._says(session, "healthz") else "its /healthz does not answer"

    async def stop(self) -> None:
        await stop(self._process, grace=self.stop_limit, how=signal.SIGTERM)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        return self.ops_port is None or await self._says(session, "readyz")

    async def _says(self, session: aiohttp.ClientSession, probe: str) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self.ops_port}/{probe}") as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _require_alive(self, process: Process) -> None:
        if process.returncode is not None:
            _refuse_misconfigured(self.name, process.returncode)
            raise StartError(f"{self.name} ended at once (exit code {process.returncode})")


def _refuse_misconfigured(name: str, code: int) -> None:
    """What is set wrongly stays wrong: another start would not help. The child has said why."""
    if code == EXIT_CONFIGURATION:
        raise ConfigurationError(f"{name} does not accept its settings")
