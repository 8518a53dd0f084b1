"""`klat simulate` as a newcomer meets it: the text, its links and its commands."""

import asyncio
import re
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

pytestmark = pytest.mark.timeout(120)
LINK = re.compile(r"http://\S+/t/\S+")


class Simulator:
    """The command as a process; `text` is what it wrote for the visitor."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.folder = Path(environment["KLAT_DATA_DIR"])
        self.file = self.folder / "demo.txt"

    async def __aenter__(self) -> str:
        self.file.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "tracking", "simulate", "--rate", "20"]
        self._process = await asyncio.create_subprocess_exec(*command, env=self._environment)
        async with asyncio.timeout(30):
            while not self.file.exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.05)
        return self.file.read_text()

    async def __aexit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await self._process.wait() == 0


def commands_in(text: str) -> list[list[str]]:
    """The curl commands, as a shell reads them."""
    date = subprocess.run(["date", "-Is"], capture_output=True, text=True, check=True).stdout
    whole = text.replace("\\\n", " ").replace("$(date -Is)", date.strip())
    return [shlex.split(line) for line in whole.splitlines() if line.strip().startswith("curl")]


async def call(stack, command: list[str]) -> tuple[int, dict]:
    """What curl would be answered; it is given headers and perhaps a body."""
    given = list(zip(command[2::2], command[3::2], strict=True))
    headers = dict(value.split(": ", 1) for flag, value in given if flag == "-H")
    bodies = [value for flag, value in given if flag == "-d"]
    assert len(headers) + len(bodies) == len(given)
    method, body = ("POST", bodies[0]) if bodies else ("GET", None)
    async with stack.http.request(method, command[1], headers=headers, data=body) as answer:
        return answer.status, await answer.json()


async def test_the_demo_is_what_its_text_says(stack, environment):
    simulator = Simulator(environment)
    async with simulator as text:
        links = LINK.findall(text)
        assert len(links) == len(set(links)) == 9
        for link in links:
            async with stack.http.get(link) as page:
                assert page.status == 200
                assert "Demo veikals" in await page.text()
        post, read, measures = commands_in(text)
        assert (await call(stack, post))[0] == 202
        assert (await call(stack, measures))[0] == 200
        async with asyncio.timeout(10):
            while (await call(stack, read))[1]["status"] != "out_for_delivery":  # noqa: ASYNC110 - others
                await asyncio.sleep(0.05)
        for key in re.findall(r"klat_live_\w+", text):
            assert await is_live(stack, key)
    for file in ("demo.txt", "demo.json"):
        assert stat.S_IMODE((simulator.folder / file).stat().st_mode) == 0o600


async def is_live(stack, key: str) -> bool:
    """Whether the key opens anything: what is not there is not found, what is shut says so."""
    address = f"{stack.url}/v1/shipments/{uuid4()}"
    async with stack.http.get(address, headers={"Authorization": f"Bearer {key}"}) as answer:
        return answer.status in {403, 404}


async def meanwhile(environment: dict[str, str], *options: str) -> None:
    """Another simulator beside the first: couriers only. It tells its name when it has begun."""
    command = [sys.executable, "-P", "-m", "tracking", "simulate", *options]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    while b"simulate.started" not in await process.stdout.readline():
        assert process.returncode is None
    process.send_signal(signal.SIGTERM)
    rest, _ = await process.communicate()
    assert process.returncode == 0
    assert b"demo.txt" not in rest


async def test_it_goes_on_with_what_it_made_and_begins_anew_elsewhere(stack, environment):
    simulator, registered = Simulator(environment), "SELECT count(*) FROM registration"
    async with simulator as text:
        pass
    before = await stack.pool.fetchval(registered)
    async with simulator as again:
        await meanwhile(environment, "--couriers", "1")
        assert simulator.file.read_text() == again
    assert again == text
    assert await stack.pool.fetchval(registered) == before
    await stack.pool.execute("TRUNCATE shipment, registration, public_link, api_key, idempotency")
    async with simulator as anew:
        pass
    assert not set(LINK.findall(anew)) & set(LINK.findall(text))
