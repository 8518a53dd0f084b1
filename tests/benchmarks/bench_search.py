"""The search box among a million registered parcels, at 20 searches a second.

The yardstick: a bare asyncpg look-up of a parcel by its primary key, at the same rate. Whatever is
typed, it is read as everything it may be, looked for by several indexes, opened and made sure.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from roles import KEY
from stack import Stack

from schemas.contact import Recipient
from schemas.shipment import shipment_id
from tracking.contact import Contact, seal_contact
from tracking.sealing import Sealer
from tracking.search.blind import blind_terms
from tracking.search.find import search
from tracking.search.terms import terms_of
from tracking.store.pool import open_pool

COUNT, CHUNK = 1_000_000, 20_000
RATE, SEARCHES = 20, 300  # fifteen seconds of each
SHOP = UUID(int=7)
FIRST = 200  # names, of which the most common has three parcels of a hundred, as in Latvia
PARTS = "bēr kal oz liep vīt grau zir kra egl pet jan mar and kru sil zar vil rud bal mel tau put"
ENDS = "ziņš niņš oliņš iņš elis ītis āns ovs enko auskas ienė mägi saar son"
START = datetime(2026, 1, 1, tzinfo=UTC)


async def searching(stack: Stack) -> list[tuple[str, float, float]]:
    """One box: numbers, orders, phones, mail, names with a slip, postcodes."""
    pool = await open_pool(await stack.database(), size=6)
    sealer, chance = Sealer([KEY]), random.Random(7)
    try:
        people = await _fill(pool, sealer)
        bare = await _paced(lambda _: _by_key(pool, chance))
        rows = [("bare look-up by primary key: p50, ms", bare[0], 1.0), ("  p99", bare[1], 1.0)]
        for name, typed in _asked(people, chance).items():
            p50, p99 = await _paced(lambda n, typed=typed: search(pool, sealer, typed(n)))
            rows += [(f"{name}: p50, ms", p50, p50 / bare[0]), ("  p99", p99, p99 / bare[1])]
    finally:
        await pool.close()
    return rows


def _asked(people: list[Recipient], chance: random.Random) -> dict[str, Callable[[int], str]]:
    def whose(n: int) -> Recipient:
        return people[n * 769 % len(people)]

    ways: dict[str, Callable[[int], str]] = {
        "tracking number": lambda n: f"CE{n * 769 % COUNT}",
        "order": lambda n: f"#{n * 769 % COUNT}",
        "phone, without its prefix": lambda n: (whose(n).phone or "")[4:],
        "e-mail": lambda n: whose(n).email or "",
        "name": lambda n: whose(n).name or "",
        "name with a slip": lambda n: _slip(whose(n).name or "", chance),
        "surname alone": lambda n: (whose(n).name or "").split()[1],
        "first name alone, up to 30,000 have it": lambda n: (whose(n).name or "").split()[0],
        "postcode": lambda n: whose(n).postcode or "",
    }
    mixed = list(ways.values())
    return {**ways, "all of these in turn (aim: p99 100)": lambda n: mixed[n % len(mixed)](n)}


def _slip(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _people() -> Iterator[Recipient]:
    chance = random.Random(3)
    parts, ends = PARTS.split(), ENDS.split()
    first = ["".join(chance.choices(parts, k=2)).capitalize() + "s" for _ in range(FIRST)]
    weights = [1 / (place + 10) for place in range(FIRST)]
    for n in range(COUNT):
        surname = "".join(chance.choices(parts, k=2)) + chance.choice(ends)
        yield Recipient(
            name=f"{chance.choices(first, weights)[0]} {surname.capitalize()}",
            phone=f"+3712{n:07}",
            email=f"user{n}@example.lv",
            country="LV",
            postcode=f"LV-{chance.randrange(1000, 5800)}",
        )


async def _fill(pool: asyncpg.Pool, sealer: Sealer) -> list[Recipient]:
    sql = "INSERT INTO merchant (merchant_id, name, created_at) VALUES ($1, 'Shop', $2)"
    await pool.execute(sql, SHOP, START)
    made = await pool.fetchval("SELECT pg_get_indexdef('person_index_by_term'::regclass)")
    await pool.execute("DROP INDEX person_index_by_term")  # made at once, as of a backup
    people, some = list[Recipient](), list[Recipient]()
    for n, person in enumerate(_people()):
        people.append(person)
        if len(people) == CHUNK:
            await _copy(pool, sealer, people, n + 1 - CHUNK)
            some += people[:: CHUNK // 100]
            people = []
    await pool.execute(made, timeout=600)
    await pool.execute("VACUUM ANALYZE", timeout=600)
    return some


async def _copy(pool: asyncpg.Pool, sealer: Sealer, people: list[Recipient], start: int) -> None:
    shipments, registrations, index = [], [], []
    for n, person in enumerate(people, start):
        number, at = f"CE{n}", START + timedelta(seconds=10 * n)
        key, contact = shipment_id("omniva", number), Contact(recipient=person)
        state = json.dumps({"status": "in_transit"})
        shipments.append((key, "omniva", number, 1, 1, "in_transit", state, True, at, at))
        sealed = seal_contact(sealer, key, contact)
        registrations.append((key, SHOP, str(n), "LV", sealed, "{}", b"d", at))
        index.append((key, SHOP, at, sealer.key_id, "", blind_terms(sealer, terms_of(contact))))
    for table, rows, columns in (
        ("shipment", shipments, _SHIPMENT),
        ("registration", registrations, _REGISTRATION),
        ("person_index", index, None),
    ):
        async with pool.acquire() as conn:
            await conn.copy_records_to_table(table, records=rows, columns=columns, timeout=300)


_SHIPMENT = [
    *("shipment_id", "carrier", "tracking_number", "journey", "version", "status", "state"),
    *("simple", "created_at", "changed_at"),
]
_REGISTRATION = [
    *("shipment_id", "merchant_id", "order_ref", "country", "contact", "notify", "digest"),
    "registered_at",
]


async def _by_key(pool: asyncpg.Pool, chance: random.Random) -> None:
    key = shipment_id("omniva", f"CE{chance.randrange(COUNT)}")
    await pool.fetchrow("SELECT * FROM shipment WHERE shipment_id = $1", key)


async def _paced(work: Callable[[int], Awaitable[object]]) -> tuple[float, float]:
    """Started at an even rate whatever each takes: p50 and p99 in milliseconds."""
    started, spent = time.perf_counter(), list[float]()

    async def one(n: int) -> None:
        due = started + n / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        begun = time.perf_counter()
        await work(n)
        spent.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(one(n) for n in range(SEARCHES)))
    spent.sort()
    return spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
