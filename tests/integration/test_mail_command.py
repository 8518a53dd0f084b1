"""`klat mail bounce` as a mail server's pipe runs it: what it takes, and how it ends."""

import asyncio
import io
import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from notice_shop import FakeWay, Shop
from notice_world import BOTH
from test_notice_callbacks import report

from notifier.channels.base import Handed, Outcome
from schemas.notice import Channel
from tracking.commands.mail import read_mail
from tracking.mail_proof import mail_proof
from tracking.sealing import Sealer
from tracking.store.pool import open_pool


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=4)
    yield await Shop.open(pool)
    await pool.close()


KEY = Fernet.generate_key().decode()


async def piped(raw: bytes, database_url: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"KLAT_DATABASE_URL": database_url, "KLAT_SECRET_KEYS": KEY}
    command = [sys.executable, "-P", "-m", "tracking", "mail", "bounce"]
    return await asyncio.to_thread(
        subprocess.run, command, input=raw, env=environment, capture_output=True, check=False
    )


async def test_a_report_settles_its_notice(shop, database_url):
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    accepted = Handed(Outcome.ACCEPTED, provider_id="q-1")
    await shop.send(FakeWay(Channel.EMAIL, "smtp", answers=[accepted]), BOTH)
    notice_id = (await shop.row(channel="email"))["notice_id"]
    message_id = f"<{notice_id}.{mail_proof(Sealer([KEY]), notice_id)}@shop.example>"
    for _ in range(2):
        ended = await piped(report(message_id), database_url)
        assert (ended.returncode, ended.stdout) == (0, b"")
    row = await shop.row(channel="email")
    assert (row["state"], row["reason"]) == ("failed", "5.1.1")


@pytest.mark.parametrize("raw", [b"", b"Subject: I am away\n\nBye", b"\xff\0" * 1_000_000])
async def test_any_other_mail_is_taken(database_url, raw):
    assert (await piped(raw, database_url)).returncode == 0


async def test_while_the_database_is_away_the_mail_server_shall_keep_it():
    ended = await piped(b"", "postgresql://nobody@127.0.0.1:1/klat")
    assert ended.returncode == 75
    assert ended.stderr.startswith(b"database unavailable")
    assert ended.stderr.count(b"\n") == 1


async def test_so_it_shall_while_the_schema_is_too_old(empty_database_url):
    message_id = "<018f0000-0000-7000-8000-000000000001@shop.example>"
    ended = await piped(report(message_id), empty_database_url)
    assert (ended.returncode, ended.stderr) == (75, b"UndefinedTableError\n")


async def test_without_settings_it_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("KLAT_DATA_DIR", str(tmp_path))
    assert (await piped(b"", "")).returncode == 78


def test_a_mail_without_end_fills_no_memory_and_is_read_to_its_end():
    stream = io.BytesIO(b"x" * 5_000_000)
    assert len(read_mail(stream)) == 1024 * 1024
    assert stream.read() == b""
