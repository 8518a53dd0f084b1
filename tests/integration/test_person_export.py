"""Someone with many parcels and long payloads is handed over in pieces; nobody waits for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

import asyncpg
import command
import pytest
from consuming import SEALER
from people import NAME, PHONE
from person_world import NATIVE, PersonWorld

from schemas.person import PersonExport
from schemas.status import Status
from tracking.errors import StoreUnavailable
from tracking.person import export as exporting
from tracking.person import who
from tracking.person.erase import plan
from tracking.person.export import export
from tracking.person.who import Share, whom_of
from tracking.search.terms import Kind
from tracking.settings import Settings
from tracking.store.person import delete_parcels
from tracking.store.pool import connection, open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DHL = "00340434161094042557"
MANY = 45


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=1)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool) -> PersonWorld:
    """Many parcels with two scans each, and one that came in payloads of its own."""
    world = await PersonWorld.open(pool, NOW)
    for n in range(MANY - 1):
        number = f"CE{n:09}EE"
        await world.register(number)
        await world.scanned(
            world.scan(number, Status.ACCEPTED, 1, description=f"From {NAME}"),
            world.scan(number, Status.IN_TRANSIT, 2, description=f"To {NAME}"),
        )
    await world.register(DHL, carrier="dhl")
    for hour in range(10, 22):
        told = json.loads(json.dumps(NATIVE))
        told["shipments"][0]["events"][0]["timestamp"] = f"2026-11-20T{hour}:00:00+01:00"
        await world.native(told)
    return world


async def shares(world: PersonWorld) -> list[Share]:
    planned = await plan(world.pool, SEALER, whom_of(SEALER, Kind.PHONE, PHONE), now=NOW)
    return list(planned.shares)


async def test_the_pieces_are_the_document_and_nothing_less_can_be_read(world):
    pieces = [each async for each in export(world.pool, SEALER, await shares(world), NOW)]
    document = PersonExport.model_validate_json("".join(pieces))
    assert "".join(pieces) == document.model_dump_json(indent=2, exclude_none=True)
    parcels = {each.tracking_number: each for each in document.parcels}
    (dhl,) = [each for number, each in parcels.items() if number == DHL]
    assert (len(parcels), len(dhl.scans)) == (MANY, 12)
    assert all(each.raw for each in dhl.scans)
    assert {len(each.scans) for number, each in parcels.items() if number != DHL} == {2}
    for end in range(len(pieces)):
        with pytest.raises(ValueError, match="Expecting"):
            json.loads("".join(pieces[:end]))


async def test_of_nobody_it_is_whole_as_well(world):
    pieces = [each async for each in export(world.pool, SEALER, [], NOW)]
    assert PersonExport.model_validate_json("".join(pieces)).parcels == []


async def test_a_few_parcels_and_payloads_are_read_at_once(world, monkeypatch):
    sizes: dict[str, list[int]] = {"rows_of_parcels": [], "raw_payloads_of": []}
    for name, noted in sizes.items():
        monkeypatch.setattr(exporting, name, noting(getattr(exporting, name), noted))
    pieces = [len(each) async for each in export(world.pool, SEALER, await shares(world), NOW)]
    assert sizes == {"rows_of_parcels": [20, 20, 5], "raw_payloads_of": [8, 4]}
    assert max(pieces) < sum(pieces) / MANY * 2


def noting(real, sizes: list[int]):
    async def read(conn, ids, *more):
        sizes.append(len(ids))
        return await real(conn, ids, *more)

    return read


class Turns:
    """How often others of this process had a turn, at each call of what is watched."""

    def __init__(self) -> None:
        self.now, self.seen = 0, []
        self._others: asyncio.Task[None] | None = None

    def watching(self, real):
        def call(*arguments):
            self.seen.append(self.now)
            return real(*arguments)

        return call

    async def __aenter__(self) -> Self:
        self._others = asyncio.create_task(self._count())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._others.cancel()
        with suppress(asyncio.CancelledError):
            await self._others

    async def _count(self) -> None:
        while True:
            self.now += 1
            await asyncio.sleep(0)


async def test_between_two_parcels_others_have_a_turn_and_the_connection(world, monkeypatch):
    """The pool has one: who writes slowly to somebody slow holds it from nobody."""
    turns, whose = Turns(), await shares(world)
    real = exporting.parcel_without_scans
    monkeypatch.setattr(exporting, "parcel_without_scans", turns.watching(real))
    async with turns:
        async for _ in export(world.pool, SEALER, whose, NOW):
            if len(turns.seen) % 10 == 1:
                assert await world.pool.fetchval("SELECT 1", timeout=5) == 1
    assert len(set(turns.seen)) == MANY


async def test_between_two_contacts_too_while_the_parcels_are_looked_for(world, monkeypatch):
    turns = Turns()
    monkeypatch.setattr(who, "roles_of", turns.watching(who.roles_of))
    async with turns:
        await shares(world)
    assert len(set(turns.seen)) == MANY


async def test_a_parcel_that_is_forgotten_meanwhile_is_left_out(world):
    whose = await shares(world)
    async with connection(world.pool) as conn:
        await delete_parcels(conn, [whose[-1].parcel.shipment_id])
    pieces = [each async for each in export(world.pool, SEALER, whose, NOW)]
    assert len(PersonExport.model_validate_json("".join(pieces)).parcels) == MANY - 1


async def test_a_file_that_was_not_written_to_its_end_is_none(
    world, database_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(Settings, "keys", lambda _: ["a key of the tests"])
    real, file = exporting.scan_of, tmp_path / "person.json"
    left = iter(range(30))

    def breaking(*arguments):
        if next(left, None) is None:
            raise StoreUnavailable
        return real(*arguments)

    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}
    words = ("person", "export", "--phone", PHONE, "--out", str(file))
    with monkeypatch.context() as broken:
        broken.setattr(exporting, "scan_of", breaking)
        assert (await command.klat(*words, env=env)).code != 0
    assert not file.exists()
    ended = await command.klat(*words, env=env)
    assert (ended.code, ended.complaint) == (0, f"{MANY} parcels\n")
    assert len(json.loads(file.read_text())["parcels"]) == MANY
