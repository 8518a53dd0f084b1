"""`klat up`: what is killed comes back, what is stopped leaves nothing behind.

The servers are real; the roles are stand-ins, so that this tests the supervisor alone.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest

from tracking.errors import ConfigurationError, StartError
from tracking.local.child import Child
from tracking.local.endpoint import MOST_PORT, free_port, is_free
from tracking.local.folder import owned, settings_for
from tracking.local.health import Disk
from tracking.local.process import report
from tracking.local.supervisor import LONGEST_PAUSE, next_pause, supervised
from tracking.local.up import ops_ports
from tracking.role import Role
from tracking.settings import Settings

KLAT = Path(sys.executable).with_name("klat")
FAKE = Path(__file__).with_name("fake_klat.py")
LIMIT = 60  # seconds for anything here to happen


def named(word, part):
    """Whether a part of a command line, or the end of a path, has this word."""
    return re.search(rf"\b{word}\b", part.rpartition("/")[2])


@dataclass
class Stack:
    """A running `klat up`, and what it has said."""

    folder: Path
    http_port: int = field(default_factory=free_port)
    ops_port: int = field(default_factory=free_port)
    said: list[str] = field(default_factory=list)

    async def start(self):
        ports = (str(self.http_port), str(self.ops_port))
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(FAKE), "up", str(self.folder), *ports),
            stdout=asyncio.subprocess.PIPE,
        )
        await self.hears(f"ready http://127.0.0.1:{self.http_port}")

    async def hears(self, text):
        """Read on until a line holds the text."""
        async with asyncio.timeout(LIMIT):
            while line := (await self.process.stdout.readline()).decode():
                self.said.append(line)
                if text in line:
                    return line
        raise AssertionError(f"{text!r} was never said: {self.said}")

    async def comes_back(self, child):
        ended = json.loads(await self.hears(f'"child": "{child}", "restart_in"'))
        await self.hears(f'"child": "{child}", "event": "child.serving"')
        return ended

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words):
        (found,) = [
            process
            for process in psutil.Process(self.process.pid).children()
            if all(any(named(word, part) for part in process.cmdline()) for word in words)
        ]
        return found


@pytest.fixture(scope="module")
async def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("up") / "data")
    await stack.start()
    yield stack
    if stack.process.returncode is None:
        stack.process.kill()
        await stack.process.wait()


async def query(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_it_says_it_is_ready_on_a_line_of_its_own_and_then_what_to_try(stack):
    assert stack.said[-1] == f"ready http://127.0.0.1:{stack.http_port}\n"
    ports = json.loads((stack.folder / "stack.json").read_text())["ops_ports"]
    listed = ", ".join(
        f"{role} {ports[role]}"
        for role in ["web", "ingest", "relay", "clock", "notices", "webhooks", "compensation"]
    )
    assert await stack.hears("operator's ports") == f"operator's ports: {listed}\n"
    assert await stack.hears("open ") == "open http://127.0.0.1/t/link\n"
    assert await stack.hears("logs: ") == f"logs: {stack.folder}/*.log\n"
    assert {path.stem for path in stack.folder.glob("*.log")} == {*Role, "simulate"}


async def test_each_role_answers_where_the_stack_file_says(stack):
    ports = json.loads((stack.folder / "stack.json").read_text())["ops_ports"]
    assert ports["web"] == stack.ops_port
    async with aiohttp.ClientSession() as http:
        for role, port in ports.items():
            assert str(port) == stack.child(FAKE.name, role).environ()["KLAT_OPS_PORT"]
            async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.status == 200


def test_the_other_roles_have_the_next_free_ports():
    first = free_port()
    settings = Settings(http_port=first + 1, ops_port=first)
    taken = next(port for port in range(first + 2, first + 50) if is_free(port))
    with socket.create_server(("127.0.0.1", taken)):
        ports = ops_ports(settings, list(Role))
        assert ports == ops_ports(settings, list(Role))
        free = [port for port in range(taken, taken + 50) if is_free(port)]
    others = ["ingest", "relay", "clock", "notices", "webhooks", "compensation"]
    assert ports == {"web": first, **dict(zip(others, free, strict=False))}


def test_a_port_above_which_there_are_too_few_is_refused():
    with pytest.raises(ConfigurationError, match="--ops-port: too few free ports"):
        ops_ports(Settings(ops_port=MOST_PORT), list(Role))


def test_other_commands_join_the_stack_by_its_folder(stack):
    said = subprocess.run(
        [KLAT, "env", "--data-dir", stack.folder], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    settings = settings_for(stack.folder)
    assert said == [
        f"KLAT_DATABASE_URL={settings.database()}",
        f"KLAT_AMQP_URL={settings.broker()}",
    ]
    assert len(settings.secret_keys) == 1


def test_servers_of_ones_own_are_told_though_nothing_runs_here(tmp_path):
    given = {"KLAT_DATABASE_URL": "postgresql://u@h/d", "KLAT_AMQP_URL": "amqp://h"}
    env = os.environ | given
    said = subprocess.run(
        [KLAT, "env", "--data-dir", tmp_path], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert said == "".join(f"{name}={value}\n" for name, value in given.items())


async def test_the_schema_is_there(stack):
    url = settings_for(stack.folder).database()
    assert await query(url, "SELECT count(*) FROM schema_migration") > 0


@pytest.mark.parametrize(
    "role", ["web", "ingest", "relay", "clock", "notices", "webhooks", "compensation"]
)
async def test_a_killed_role_comes_back(stack, role):
    stack.child(FAKE.name, role).kill()
    assert (await stack.comes_back(role))["exit_code"] == -signal.SIGKILL


async def test_a_killed_postgres_comes_back_with_its_rows(stack):
    url = settings_for(stack.folder).database()
    await query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    stack.child("postgres", "listen_addresses").kill()
    await stack.comes_back("postgres")
    assert await query(url, "SELECT answer FROM kept") == 42


async def test_a_killed_rabbitmq_comes_back(stack):
    stack.child("beam").kill()
    await stack.comes_back("rabbitmq")


def test_a_second_one_on_the_same_folder_is_refused(stack):
    ended = klat_up("--data-dir", stack.folder, "--http-port", free_port())
    assert ended.returncode == 78
    assert ended.stderr == f"{stack.folder} is in use by another `klat up`\n"


def test_one_port_for_both_is_refused(tmp_path):
    port = free_port()
    ended = klat_up("--data-dir", tmp_path, "--http-port", port, "--ops-port", port)
    assert ended.returncode == 78
    assert ended.stderr == "--http-port and --ops-port: must differ\n"


@pytest.mark.parametrize("option", ["--http-port", "--ops-port"])
def test_a_taken_port_is_refused(stack, tmp_path, option):
    taken = str(settings_for(stack.folder).database().split(":")[-1].split("/")[0])
    ended = klat_up("--data-dir", tmp_path, option, taken)
    assert ended.returncode == 78
    assert ended.stderr == f"port {taken} is taken: choose another with {option}\n"


async def test_sigterm_ends_all_of_it_and_the_next_start_goes_on(stack):
    url = settings_for(stack.folder).database()
    await query(url, "CREATE TABLE left_behind AS SELECT 42 AS answer")
    family, began = stack.family(), time.monotonic()
    stack.process.send_signal(signal.SIGTERM)
    assert await stack.process.wait() == 0
    assert time.monotonic() - began < 25
    assert await last_alive(family) == []
    assert_nothing_runs(stack.folder)
    await stack.start()
    assert settings_for(stack.folder).database() == url
    assert await query(url, "SELECT answer FROM left_behind") == 42


async def test_nothing_survives_a_supervisor_that_was_killed(stack):
    family = stack.family()
    assert len(family) > 5
    stack.process.kill()
    await stack.process.wait()
    assert await last_alive(family) == []


def assert_nothing_runs(folder):
    """The addresses are kept, and lead nowhere."""
    ended = subprocess.run(
        [KLAT, "env", "--data-dir", folder], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 78
    assert (ended.stdout, ended.stderr) == (
        "",
        f"nothing runs in {folder}: start it with `klat up --data-dir {folder}`\n",
    )


async def last_alive(processes):
    """Those that do not end. A zombie has ended; whoever adopted it has not looked yet."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while alive := [each for each in processes if is_alive(each)]:  # noqa: ASYNC110 - others
                await asyncio.sleep(0)
    return alive


def is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def klat_up(*options):
    """Try to start one that must refuse, with servers it would not have to start."""
    elsewhere = {"KLAT_DATABASE_URL": "postgresql://127.0.0.1:1/x", "KLAT_AMQP_URL": "amqp://x"}
    return subprocess.run(
        [KLAT, "up", *map(str, options)],
        env=os.environ | elsewhere,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


def test_a_database_that_is_not_there_is_one_line_and_1(tmp_path):
    ended = klat_up("--data-dir", tmp_path, *ports())
    assert ended.returncode == 1
    assert ended.stderr == "database unavailable: ConnectionRefusedError\n"


def ports():
    return ("--http-port", free_port(), "--ops-port", free_port())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    ended = klat_up("--data-dir", tmp_path / "file" / "data")
    assert ended.returncode == 78
    assert ended.stderr == f"{tmp_path}/file/data: Not a directory\n"


def test_a_full_disk_is_refused(tmp_path):
    with pytest.raises(StartError, match="the disk is full"), owned(tmp_path, needed_space=2**62):
        pass


def test_a_server_that_filled_the_disk_says_so_and_not_what_came_of_it(tmp_path):
    log = tmp_path / "postgres.log"
    log.write_text("FATAL: could not extend file: No space left on device\nPANIC: abort\n")
    assert report("it ended", log, ["PANIC"]) == f"it ended: the disk of {tmp_path} is full"


async def test_a_role_that_refuses_its_settings_is_not_started_again(tmp_path):
    refusing = Child("web", [sys.executable, "-c", "raise SystemExit(78)"], os.environ)
    with pytest.RaisesGroup(ConfigurationError):
        async with supervised([refusing], Disk(tmp_path), start_limit=LIMIT):
            await asyncio.Event().wait()


async def test_a_role_that_never_gets_ready_is_named(tmp_path):
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    silent = Child("web", command, os.environ, ops_port=free_port())
    with pytest.RaisesGroup(pytest.RaisesExc(StartError, match="not ready after 0 s: web")):
        async with supervised([silent], Disk(tmp_path), start_limit=0.2):
            pass


@pytest.mark.parametrize(
    ("previous", "ran", "pause"),
    [
        (None, 0, 0.5),
        (0.5, 1, 1),
        (1, 29, 2),
        (16, 0, LONGEST_PAUSE),
        (LONGEST_PAUSE, 0, LONGEST_PAUSE),
        (LONGEST_PAUSE, 30, 0.5),  # it ran well: the crash counts as the first again
    ],
)
def test_the_pause_grows_while_it_keeps_crashing(previous, ran, pause):
    assert next_pause(previous, ran) == pause
