"""What one shop has erased takes nothing along that is another's, whatever it calls its parcels."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from consuming import SEALER
from people import EMAIL, NAME, PHONE
from person_world import NATIVE, OTHER, RECIPIENT, PersonWorld

from tracking.person.check import check
from tracking.person.erase import erase, plan
from tracking.person.progress import Done
from tracking.person.who import whom_of, whom_of_parcel
from tracking.search.terms import Kind
from tracking.store.pool import open_pool

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
YEAR, NUMBER, DHL, THEIRS = "2026", "CE123456789EE", "00340434161094042557", "CE987654321EE"
OWN = {"carrier": "omniva", "tracking_number": NUMBER, "description": NAME}


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool) -> PersonWorld:
    """Ours: a parcel of a usual number, and one that it calls 2026."""
    world = await PersonWorld.open(pool, NOW)
    await world.register(NUMBER)
    await world.register(YEAR)
    await world.register(DHL, carrier="dhl")
    return world


@pytest.fixture
async def another(pool) -> PersonWorld:
    """The same person buys there, too."""
    world = await PersonWorld.open(pool, NOW, "Another")
    await world.register(THEIRS)
    return world


class Kept:
    """What could not be applied, kept answers and searches: their words, while they are kept."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def quarantined(self, said: object, number: str | None = None, **fields: object) -> UUID:
        key, finger = uuid4(), uuid4().bytes
        told = {"carrier": "omniva", "native": False, "reason": "malformed", **fields}
        await self.pool.execute(
            "INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, size,"
            " sealed, carrier, native, tracking_number, first_at, last_at)"
            " VALUES ($1, $2, 's', $3, 'd', 1, $4, $5, $6, $7, $8, $8)",
            key, finger, told["reason"], SEALER.seal(said_as(said), f"quarantine:{finger.hex()}"),
            told["carrier"], told["native"], number, NOW,
        )  # fmt: skip
        return key

    async def parked(self, said: object, key: str = "carrier.omniva", **headers: str) -> UUID:
        parked = uuid4()
        await self.pool.execute(
            "INSERT INTO parked_message VALUES ($1, 'q', 'x', $2, $3, $4, 'E', 5, $5)",
            parked, key, json.dumps(headers), SEALER.seal(said_as(said), f"parked:{parked}"), NOW,
        )  # fmt: skip
        return parked

    async def answered(self, shop: UUID, said: str) -> str:
        key = f"call-{uuid4()}"
        body = SEALER.seal_text(said, f"idempotency:{shop}:{key}")
        await self.pool.execute(
            "INSERT INTO idempotency VALUES ($1, $2, 'h', 200, $3, $4)", shop, key, body, NOW
        )
        return key

    async def searched(self, typed: str, shops: list[UUID] | None) -> UUID:
        staff, line = uuid4(), uuid4()
        await self.pool.execute(
            "INSERT INTO staff (staff_id, email, name, role, shops, password, created_at)"
            " VALUES ($1, $2, 'A', 'support', $3, 'p', $4)",
            staff, f"{staff}@example.org", shops, NOW,
        )  # fmt: skip
        detail = SEALER.seal_text(json.dumps({"q": typed, "found": []}), f"audit:{line}")
        await self.pool.execute(
            "INSERT INTO audit VALUES ($1, $2, $3, 'e', 'searched', NULL, $4)",
            line, NOW, staff, detail,
        )  # fmt: skip
        return line

    async def left(self) -> set[UUID | str]:
        rows = await self.pool.fetch(
            "SELECT quarantine_id::text AS id FROM quarantine WHERE sealed IS NOT NULL"
            " UNION ALL SELECT parked_id::text FROM parked_message"
            " UNION ALL SELECT key FROM idempotency"
            " UNION ALL SELECT audit_id::text FROM audit WHERE detail IS NOT NULL"
        )
        return {row["id"] for row in rows}


def said_as(said: object) -> bytes:
    return said.encode() if isinstance(said, str) else json.dumps(said).encode()


@pytest.fixture
def kept(pool) -> Kept:
    return Kept(pool)


async def erased(world: PersonWorld, whom, only=None) -> Done:
    planned = await plan(world.pool, SEALER, whom, only=only, now=NOW)
    return await erase(world.pool, SEALER, planned, by="admin", now=NOW)


def of(shop: PersonWorld | None):
    return whom_of(SEALER, Kind.PHONE, PHONE, name=NAME, shop=shop and shop.merchant_id)


async def others(kept: Kept, another: PersonWorld) -> set[str]:
    """What speaks of them, and is not the shop's."""
    theirs = {**OWN, "tracking_number": THEIRS}
    ids = [
        await kept.quarantined(f"in {YEAR}, {PHONE}"),
        await kept.quarantined(f"{NUMBER} {NAME} {PHONE} {EMAIL}"),
        await kept.quarantined([OWN, theirs]),
        await kept.quarantined([OWN, {"carrier": "omniva"}]),
        await kept.quarantined(theirs, reason="unknown_code"),
        await kept.quarantined({**OWN, "carrier": "dpd"}),
        await kept.parked(f"{YEAR} {NUMBER} {PHONE}"),
        await kept.parked([OWN, theirs]),
        await kept.answered(another.merchant_id, f"{YEAR} {NUMBER} {PHONE}"),
        await kept.searched(PHONE, None),
        await kept.searched(PHONE, [another.merchant_id]),
    ]
    return {str(each) for each in ids}


async def test_in_the_name_of_one_shop_nothing_of_another_goes(kept, shop, another):
    stay = await others(kept, another)
    both = await kept.searched(NUMBER, [shop.merchant_id, another.merchant_id])
    await kept.quarantined(OWN)
    await kept.quarantined({**OWN, "tracking_number": YEAR})
    await kept.quarantined(OWN, reason="unknown_code")
    await kept.quarantined("cannot be read", NUMBER)
    await kept.quarantined(NATIVE, carrier="dhl", native=True)
    await kept.parked(OWN)
    await kept.parked(NATIVE, "carrier.dhl", **{"x-format": "native"})
    await kept.answered(shop.merchant_id, f"for {PHONE}")
    await kept.answered(shop.merchant_id, f"it is {NUMBER}")
    await kept.searched(PHONE, [shop.merchant_id])
    done = await erased(shop, of(shop))
    assert await kept.left() == {*stay, str(both)}
    assert done.rows["quarantine"] == 5
    assert (done.rows["parked_messages"], done.rows["kept_answers"]) == (2, 2)
    looks = await check(shop.pool, SEALER, done.work)
    assert {table for table, look in looks.items() if look.found} == set()
    assert looks["quarantine"].elsewhere, "the operator is told of it"


async def test_the_operator_looks_through_all_of_it(kept, shop, another):
    """By what tells the person alone: the year of a parcel does not."""
    await others(kept, another)
    year = await kept.answered(another.merchant_id, f"in {YEAR}")
    await erased(shop, of(None))
    assert await kept.left() == {year}


async def test_one_parcel_in_the_name_of_its_shop_is_no_way_to_the_others(kept, shop, another):
    stay = await others(kept, another)
    phone = await kept.answered(shop.merchant_id, f"for {PHONE}")
    await kept.answered(shop.merchant_id, f"it is {NUMBER}")
    await kept.quarantined(OWN)
    key = await shop.pool.fetchval(
        "SELECT shipment_id FROM shipment WHERE tracking_number = $1", NUMBER
    )
    await erased(shop, whom_of_parcel(SEALER, key, shop=shop.merchant_id), [key])
    assert await kept.left() == {*stay, phone}, "another parcel of the shop has this phone"


async def test_a_phone_of_two_names_alone_tells_nobody(kept, shop):
    await shop.register("CE222222222EE", recipient={**RECIPIENT, "name": OTHER})
    phone = await kept.answered(shop.merchant_id, f"for {PHONE}, {EMAIL}")
    search = await kept.searched(PHONE, [shop.merchant_id])
    await kept.answered(shop.merchant_id, f"it is {NUMBER}, for {PHONE}")
    await erased(shop, of(shop))
    assert await kept.left() == {phone, str(search)}


async def test_anothers_shop_does_not_count_for_whose_phone_it_is(kept, shop, another):
    await another.register("CE222222222EE", recipient={**RECIPIENT, "name": OTHER})
    await kept.answered(shop.merchant_id, f"for {PHONE}")
    await erased(shop, of(shop))
    assert await kept.left() == set()
