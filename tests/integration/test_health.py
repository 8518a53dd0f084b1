"""What runs but serves no more is started again; what is only slow, or has no room, is not."""

import asyncio
import errno
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from consuming import until
from rabbit import erlang
from structlog.testing import capture_logs

from tracking.local import child as children
from tracking.local import health, supervisor
from tracking.local.child import Child
from tracking.local.endpoint import free_port
from tracking.local.health import FEWEST, LOOK_EVERY, PATIENCE, Disk, Looks
from tracking.local.supervisor import supervised

FAKE = Path(__file__).with_name("fake_klat.py")
FULL = 2**62  # bytes that no disk has
LIMIT = 60


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(health, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(health, "LOOK_LIMIT", 0.5)
    monkeypatch.setattr(health, "PATIENCE", 1.0)


@pytest.fixture
def web():
    port = free_port()
    env = os.environ | {"KLAT_OPS_PORT": str(port)}
    command = [sys.executable, str(FAKE), "serve", "web"]
    return Child("web", command, env, ops_port=port, stop_limit=0.5)


@asynccontextmanager
async def running(service, disk):
    """Supervised, with what is logged meanwhile as (event, child)."""
    with capture_logs() as logs:
        async with supervised([service], disk, start_limit=LIMIT):
            yield logs


def said(logs, event, times=1):
    async def holds():
        return len([line for line in logs if line["event"] == event]) >= times

    return until(holds)


def of(logs, event):
    return [line for line in logs if line["event"] == event]


@pytest.mark.usefixtures("_impatient")
async def test_a_role_that_hangs_is_named_and_started_again(web, tmp_path):
    async with running(web, Disk(tmp_path)) as logs:
        first = web._process
        first.send_signal(signal.SIGSTOP)
        await said(logs, "child.serving", times=2)
        assert web._process.pid != first.pid
        assert await web.look() is None
    (given_up,) = of(logs, "child.not_serving")
    assert (given_up["child"], given_up["error"]) == ("web", "no answer within 0 s")
    assert of(logs, "child.ended")[0]["restart_in"] == 0.5


class Deaf(Child):
    """Started for the second time it hangs: it runs, and answers nobody."""

    starts = 0

    async def start(self):
        self.starts += 1
        words = self.command
        if self.starts == 2:
            self.command = [sys.executable, "-c", "import signal; signal.pause()"]
        try:
            await super().start()
        finally:
            self.command = words


@pytest.mark.usefixtures("_impatient")
async def test_a_role_that_hangs_when_it_is_started_again_is_given_up_too(
    web, tmp_path, monkeypatch
):
    monkeypatch.setattr(supervisor, "START_GRACE", 2.0)
    monkeypatch.setattr(supervisor, "GOOD_RUN", 0.1)
    service = Deaf(web.name, web.command, web.env, web.ops_port, stop_limit=0.5)
    async with running(service, Disk(tmp_path)) as logs:
        service._process.kill()
        await said(logs, "child.serving", times=2)
        assert service.starts >= 3  # on a busy machine an honest start may be given up, too
    given_up = of(logs, "child.not_serving")[0]
    assert (given_up["child"], given_up["error"]) == ("web", "its /healthz does not answer")
    pauses = [line["restart_in"] for line in of(logs, "child.ended")]
    assert pauses[:2] == [0.5, 1.0], "a start in vain is no good run, however long it takes"


async def test_a_role_that_only_waits_for_others_is_alive(tmp_path):
    """Its /readyz says 503 for as long as it likes; its /healthz says 200."""
    port = free_port()
    env = os.environ | {"KLAT_OPS_PORT": str(port)}
    waiting = Child("ingest", [sys.executable, str(FAKE), "serve", "waiting"], env, ops_port=port)
    starting = asyncio.create_task(waiting.start())
    await until(lambda: _looks_well(waiting))
    assert not starting.done()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await waiting.stop()


async def _looks_well(service):
    return await service.look() is None


class Watched(Disk):
    """Counts how often somebody asked: once a look."""

    asked = 0

    def is_full(self):
        self.asked += 1
        return super().is_full()


@pytest.mark.usefixtures("_impatient")
async def test_while_the_disk_is_full_that_is_said_once_and_nobody_is_started_again(web, tmp_path):
    disk = Watched(tmp_path, tight=FULL)
    async with running(web, disk) as logs:
        first = web._process
        first.send_signal(signal.SIGSTOP)
        await until(lambda: _asked(disk, 2 * FEWEST))
        assert [line["event"] for line in logs] == ["child.serving", "disk.full"]
        disk._tight = 0
        await said(logs, "child.serving", times=2)
        assert web._process.pid != first.pid
    assert len(of(logs, "disk.full")) == len(of(logs, "disk.has_room")) == 1


class NoRoom(Child):
    """Its second start finds the disk full."""

    starts = 0

    async def start(self):
        self.starts += 1
        if self.starts == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        await super().start()


async def test_a_start_that_finds_no_room_ends_nobody_else(web, tmp_path):
    service = NoRoom(web.name, web.command, web.env, web.ops_port)
    async with running(service, Disk(tmp_path)) as logs:
        service._process.kill()
        await said(logs, "child.serving", times=2)
    assert [line.get("error") for line in of(logs, "child.ended")] == [
        None,
        "No space left on device",
    ]


async def _asked(disk, times):
    return disk.asked >= times


@pytest.mark.timeout(180)  # RabbitMQ starts three times, and slowly on a busy machine
async def test_a_node_that_runs_and_serves_nobody_is_started_again(rabbitmq, tmp_path, monkeypatch):
    """As after a full disk: Erlang runs, the broker in it has ended."""
    monkeypatch.setattr(health, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(health, "PATIENCE", 1.0)
    await rabbitmq.stop()
    async with running(rabbitmq, Disk(tmp_path)) as logs:
        assert await rabbitmq.look() is None
        node = rabbitmq._node
        await erlang(rabbitmq, "ok = application:stop(rabbit).")
        assert await rabbitmq.look() is not None
        assert node.returncode is None
        await said(logs, "child.serving", times=2)
        assert await rabbitmq.look() is None
    assert of(logs, "child.not_serving")[0]["error"] == "AMQPConnectionError"
    await rabbitmq.start()


async def test_a_server_that_is_stopped_in_its_tracks_does_not_serve(postgres, monkeypatch):
    monkeypatch.setattr("tracking.local.postgres._LOOK_LIMIT", 0.3)
    assert await postgres.look() is None
    postgres._process.send_signal(signal.SIGSTOP)
    try:
        assert await postgres.look() == "TimeoutError"
    finally:
        postgres._process.send_signal(signal.SIGCONT)
    monkeypatch.undo()
    assert await postgres.look() is None


def verdict(*looks):
    """What is thought after these looks, each (seconds, whether it serves)."""
    seen = Looks()
    return [seen.note(serves=serves, now=now) for now, serves in looks]


def test_one_good_look_among_bad_ones_is_enough():
    looks = [(LOOK_EVERY * n, n % 6 == 5) for n in range(100)]
    assert not any(verdict(*looks))


def test_it_is_given_up_after_a_minute_of_nothing_but_bad_looks():
    looks = [(1000 + LOOK_EVERY * n, False) for n in range(8)]
    assert verdict(*looks) == [now - 1000 >= PATIENCE for now, _ in looks]
    assert PATIENCE >= 60


def test_one_that_starts_again_has_longer():
    looks = Looks(grace=120)
    given_up = [looks.note(serves=False, now=LOOK_EVERY * n) for n in range(20)]
    assert given_up.index(True) * LOOK_EVERY == PATIENCE + 120


def test_a_machine_that_slept_between_two_looks_gives_nobody_up():
    looks = [(1000 * n, False) for n in range(FEWEST)]
    assert verdict(*looks) == [False] * (FEWEST - 1) + [True]


def test_a_probe_of_a_role_fails_before_the_look_is_over():
    assert children._PROBE_LIMIT.total < health.LOOK_LIMIT
