"""Every command on the folder of a `klat up` that has ended says so, and how to start it."""

import fcntl
import shlex

import pytest
from typer.testing import CliRunner

from tracking import cli
from tracking.errors import ConfigurationError, StoreUnavailable
from tracking.local.endpoint import free_port
from tracking.local.folder import owned, remember, secret_key


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What `klat up` leaves: its lock, its addresses, its key."""
    for name in ("KLAT_DATABASE_URL", "KLAT_AMQP_URL", "KLAT_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "my data"
    with owned(folder, needed_space=0):
        nowhere = f"127.0.0.1:{free_port()}"
        addresses = {
            "database_url": f"postgresql://klat@{nowhere}/klat",
            "amqp_url": f"amqp://klat@{nowhere}/klat",
        }
        remember(folder, {}, **addresses)
        secret_key(folder)
    return folder


COMMANDS = [
    "env",
    "keys list",
    "merchants list",
    "migrate --check",
    "migrate",
    "parked list",
    "parked replay",
    "quarantine list",
    "serve ingest",
    "show CE1",
    "simulate",
]


def ended(command: str, folder) -> BaseException | None:
    words = [*shlex.split(command), "--data-dir", str(folder)]
    return CliRunner().invoke(cli.app, words).exception


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_runs_there(folder, command):
    found = ended(command, folder)
    assert isinstance(found, ConfigurationError)
    assert str(found) == f"nothing runs in {folder}: start it with `klat up --data-dir '{folder}'`"


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_ever_ran_there(folder, tmp_path, command):
    assert str(ended(command, tmp_path)).endswith(
        f"is not set, and {tmp_path} holds no stack started by `klat up`"
    )


def test_while_it_runs_the_database_itself_is_what_is_away(folder):
    with (folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert isinstance(ended("keys list", folder), StoreUnavailable)


def test_so_it_is_where_the_address_was_given(folder, monkeypatch):
    monkeypatch.setenv("KLAT_DATABASE_URL", f"postgresql://klat@127.0.0.1:{free_port()}/klat")
    assert isinstance(ended("keys list", folder), StoreUnavailable)
