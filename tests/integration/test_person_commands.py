"""`klat person`: planned, asked, erased, proven; exported; and erased again after a restore."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import command
import pytest
from consuming import SEALER
from people import DOOR_CODE, EMAIL, NAME, PHONE, said_of_people
from person_world import NATIVE, OTHER, PersonWorld, head

from schemas.person import PersonExport
from schemas.status import Status
from tracking.person.erase import plan
from tracking.person.export import export
from tracking.person.receipts import NoReceipt, read_receipts, reapply, receipts
from tracking.person.who import find_person, whom_of
from tracking.sealing import Sealer
from tracking.search.terms import Kind
from tracking.settings import Settings
from tracking.store.pool import connection, open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBER, DHL = "CE123456789EE", "00340434161094042557"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def world(pool) -> PersonWorld:
    world = await PersonWorld.open(pool, NOW)
    key = await world.register(NUMBER)
    await world.delivered(NUMBER)
    await world.everywhere(NUMBER, key)
    return world


@pytest.fixture
def klat(database_url, tmp_path, monkeypatch):
    """Exit code, what is printed, and what is said of a fault; under the key of the tests."""
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}
    monkeypatch.setattr(Settings, "keys", lambda _: ["a key of the tests"])

    async def run(*words: str, typed: str = "") -> command.Ended:
        return await command.klat("person", *words, env=env, typed=f"{typed}\n")

    return run


async def contacts(pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM registration WHERE contact IS NOT NULL")


async def test_planned_asked_and_proven(klat, world, tmp_path):
    code, printed, _ = await klat("erase", "--phone", PHONE, "--plan")
    assert code == 0
    assert f"name {NAME}" in printed
    assert f"omniva {NUMBER}  Shop  as recipient  delivered" in printed
    assert "staff_notes" in printed

    code, _, said = await klat("erase", "--phone", PHONE, typed="+37120000002")
    assert (code, "nothing was changed" in said, await contacts(world.pool)) == (1, True, 1)

    code, printed, said = await klat("erase", "--phone", PHONE, typed=PHONE)
    assert (code, await contacts(world.pool)) == (0, 0), said
    proof = [line.split() for line in printed.partition("elsewhere")[2].splitlines() if line]
    assert {row[0] for row in proof} >= {"registration", "scan", "audit", "raw_payload"}
    assert {(row[3], row[4], row[5]) for row in proof} == {("0", "0", "0")}

    code, printed, _ = await klat("check", "--email", EMAIL)
    assert (code, "registration" in printed) == (0, True)
    assert (await klat("erase", "--phone", PHONE, "--yes"))[0] == 1

    listed = (await klat("receipts"))[1]
    assert not said_of_people(listed)
    assert "\tdone\t" in listed
    assert listed.rstrip().endswith("found 0 after")


async def test_what_is_asked_about_first(klat, world):
    await world.register("CE2", recipient={"name": OTHER, "phone": PHONE})
    await world.scanned(world.scan("CE2", Status.IN_TRANSIT, 30))
    code, _, said = await klat("erase", "--phone", PHONE, "--yes")
    assert (code, "--name" in said) == (1, True)
    recent = datetime.now(UTC) - timedelta(days=1)
    await world.pool.execute("UPDATE shipment SET changed_at = $1", recent)
    code, _, said = await klat("erase", "--phone", PHONE, "--name", OTHER, "--yes")
    assert (code, "--even-under-way" in said) == (1, True)
    words = ("--phone", PHONE, "--name", OTHER, "--even-under-way", "--yes", "--quick")
    code, printed, _ = await klat("erase", *words)
    assert (code, "elsewhere" in printed, await contacts(world.pool)) == (0, False, 1)
    code, _, said = await klat("erase", "--phone", PHONE, "--email", EMAIL)
    assert (code, "Name one of" in said) == (1, True)
    code, _, said = await klat("erase", "--parcel", "CE404")
    assert (code, "no parcel has this number" in said) == (1, True)


async def test_a_check_finds_who_is_there(klat, world):
    code, printed, said = await klat("check", "--phone", PHONE)
    assert (code, "Something was found" in said) == (1, True)
    assert not said_of_people(printed)


async def test_the_export_is_one_new_file_for_its_owner_only(klat, world, tmp_path):
    file = tmp_path / "person.json"
    assert (await klat("export", "--parcel", NUMBER, "--out", str(file)))[0] == 0
    assert file.stat().st_mode & 0o777 == 0o600
    found = PersonExport.model_validate_json(file.read_text())
    assert [each.tracking_number for each in found.parcels] == [NUMBER]
    code, _, said = await klat("export", "--parcel", NUMBER, "--out", str(file))
    assert (code, "is there already" in said) == (1, True)


async def exported(world: PersonWorld, kind: Kind = Kind.PHONE, text: str = PHONE):
    planned = await plan(world.pool, SEALER, whom_of(SEALER, kind, text), now=NOW)
    pieces = [each async for each in export(world.pool, SEALER, planned.shares, NOW)]
    return PersonExport.model_validate_json("".join(pieces))


async def test_everything_is_in_it_opened_and_nothing_of_others(world):
    await world.register(DHL, carrier="dhl")
    two = json.loads(json.dumps(NATIVE))
    two["shipments"].append({**two["shipments"][0], "id": "00340434161094042558"})
    await world.native()
    document = await exported(world)
    parcels = {each.tracking_number: each for each in document.parcels}
    mine, other = parcels[NUMBER], parcels[DHL]
    assert (mine.roles, mine.recipient.name, mine.shop) == (["recipient"], NAME, "Shop")
    assert [each.scan.pickup.code for each in mine.scans if each.scan.pickup] == [DOOR_CODE]
    assert mine.rows["staff_note"][0]["text"] == f"{NAME}, {PHONE}"
    assert mine.rows["notice"][0]["content"] == f"{NAME}, {PHONE}"
    assert mine.rows["case_message"][0]["author"] == "shopper"
    assert {row["action"] for row in mine.rows["audit"]} == {"contact_corrected"}
    assert mine.rows["survey"][0]["recommend"] == 3
    assert "token_hash" not in mine.rows["public_link"][0]
    assert NAME in other.scans[0].raw
    assert json.loads(document.model_dump_json())["schema_version"] == 1


async def test_a_payload_with_other_peoples_parcels_is_not_handed_over(world):
    await world.register(DHL, carrier="dhl")
    two = json.loads(json.dumps(NATIVE))
    two["shipments"].append({**two["shipments"][0], "id": "00340434161094042558"})
    await world.native(two)
    document = await exported(world)
    (dhl,) = [each for each in document.parcels if each.tracking_number == DHL]
    assert [each.raw for each in dhl.scans] == [None]


async def test_a_buyer_is_not_shown_what_belongs_to_the_recipient(world):
    buyer = {"name": OTHER, "email": "zane.kalnina@example.org"}
    await world.register("CE4", buyer=buyer)
    await world.delivered("CE4")
    document = await exported(world, Kind.EMAIL, buyer["email"])
    (parcel,) = document.parcels
    assert (parcel.recipient, parcel.scans, parcel.state.signed_by) == (None, [], None)
    assert not said_of_people(document.model_dump_json())


async def erased_by(klat, world) -> list[str]:
    assert (await klat("erase", "--phone", PHONE, "--yes", "--quick"))[0] == 0
    return [each.model_dump_json() for each in await receipts(world.pool)]


async def restored(world: PersonWorld) -> None:
    """A backup of before: the person is there, the receipt and the index are not."""
    for table in ("erasure", "person_index"):
        await world.pool.execute(f"DELETE FROM {table}")
    await world.pool.execute("UPDATE shipment SET erased_at = NULL")
    await world.pool.execute("DELETE FROM registration")
    await world.pool.execute("DELETE FROM scan")
    await world.register(NUMBER)
    await world.scanned(world.scan(NUMBER, Status.DELIVERED, 5, signed_by=NAME))
    await world.pool.execute("DELETE FROM person_index")


async def test_after_a_restore_they_are_erased_again_by_the_receipts(klat, world, tmp_path):
    file = tmp_path / "receipts.jsonl"
    await erased_by(klat, world)
    assert (await klat("receipts", "--out", str(file)))[0] == 0
    assert not said_of_people(file.read_text())
    await restored(world)
    assert await contacts(world.pool) == 1
    code, printed, said = await klat("reapply", str(file))
    assert (code, "contacts" in printed) == (0, True), said
    assert await contacts(world.pool) == 0
    assert (await world.pool.fetchrow("SELECT done_at, work FROM erasure"))["work"] is None
    assert (await klat("reapply", str(file)))[1] == "", "again it finds nobody"


async def test_by_another_newest_key_as_well_and_not_who_registered_since(klat, world):
    lines = await erased_by(klat, world)
    await restored(world)
    world.now = datetime.now(UTC) + timedelta(days=1)
    await world.register("CE9")
    rotated = Sealer(["a new key", "a key of the tests"])
    done = await reapply(world.pool, rotated, read_receipts(lines), NOW)
    assert done["contacts"] == 1
    async with connection(world.pool) as conn:
        found = await find_person(conn, SEALER, whom_of(SEALER, Kind.PHONE, PHONE))
    assert [share.parcel.shipment_id for share in found.shares] == [head("CE9")]


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"erasure_id": 1}'])
def test_what_is_no_file_of_receipts_is_refused(text):
    with pytest.raises(NoReceipt):
        read_receipts([text])
