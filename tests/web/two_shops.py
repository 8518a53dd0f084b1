"""Two shops with everything that a shop can have, and people who work for one of them each."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from people import DOOR_CODE, EMAIL, NAME, PHONE, POSTCODE
from test_compensations_http import POLICY
from yarl import URL

from schemas.staff import StaffRole
from tracking.decode import Decoder, Envelope
from tracking.ids import uuid7
from tracking.ingest import Batch, ingest
from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.staff.login import LoggedIn, Login
from tracking.store.merchants import Merchants
from tracking.store.staff import Staff, StaffStore
from tracking.threads import threads_of
from tracking.watch import look_at

FORM = re.compile(r'name="form" value="([0-9a-f]{64})"')
SEEN = re.compile(r'name="seen" value="([0-9a-f]{32})"')
TIER = re.compile(r'name="tier" value="([0-9]+)"')
CHOICE = re.compile(r'name="choice" value="([0-9a-f-]{36})" required>')
OURS, THEIRS = "Zvejnieks", "Sāncensis"
WAITING = "CE777777770EE"
NUMBER, ORDER, NOTE = "CE777777777EE", "RIVAL-7001", "she paid twice"
HOOK = "https://rival.example/hooks"
QUESTION, ANSWER, WORD = "The lid is torn", "Another one leaves today", "He rang thrice"
HELP, TITLE = "Ring the rival's depot", "Where does the rival leave it"
RULES = POLICY.replace("3.00", "2.50").replace("2026-01-01", "2099-01-01")  # as a lead may
CODE = "ROBOT-{number}"
OTHER_PERSON = {
    "name": "Anete Ozola",
    "phone": "+37120000099",
    "email": "anete@example.org",
    "language": "lv",
    "postcode": "LV-3001",
    "country": "LV",
}


@dataclass
class Office:
    """A person in the console, by their cookie: the form token of their session besides."""

    staff: Staff
    cookie: dict[str, str]
    form: str


@dataclass
class Shop:
    """`ids` has what stands in paths: each name of a path's part and whom it means here."""

    name: str
    merchant: Any
    key: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)
    offices: dict[StaffRole, Office] = field(default_factory=dict)
    operator: Office | None = None


async def office(world, role: StaffRole, shop: Shop | None) -> Office:
    """Somebody who has logged in, with both factors; without a shop, who sees all of them."""
    name = shop.name.lower().encode("ascii", "ignore").decode() if shop else "operator"
    email = f"{role}@{name}.example"
    staff = Staff(
        staff_id=uuid7(world.clock()),
        email=email,
        name=f"{role} of {shop.name if shop else name}",
        role=role,
        shops=(shop.merchant,) if shop else None,
        password="hashed",
        one_time_until=None,
        totp="sealed",
        totp_step=0,
        disabled_at=None,
        created_at=world.clock(),
    )
    assert await StaffStore(world.pool).insert_staff(staff)
    return await logs_in(world, staff)


async def logs_in(world, staff: Staff) -> Office:
    """Somewhere, perhaps once more."""
    login = Login(world.pool, world.deps.sealer)
    begun = await login._begin(staff, second=True, now=world.clock())
    assert isinstance(begun, LoggedIn)
    cookie = {"Cookie": f"klat_staff={begun.token}"}
    page = await world.call("GET", "/support", headers=cookie)
    return Office(staff, cookie, FORM.search(page.text)[1])


async def shop(world, name: str, number: str, **fields: Any) -> Shop:
    """A shop with a parcel that was scanned, a webhook that was tried, and people."""
    key = await world.key("merchant", name)
    merchant = await Merchants(world.pool).merchant_named(name)
    found = Shop(name, merchant, key)
    await load_policy(world.pool, merchant, POLICY, now=world.clock())
    made = (await world.register(key, tracking_number=number, **fields)).json
    found.ids["shipment_id"], found.ids["number"] = made["shipment_id"], number
    found.ids["merchant_id"] = str(merchant)
    found.ids["token"] = made["tracking_url"].rpartition("/")[2]
    found.ids["tier"], found.ids["form"] = "1", "notes"  # tier 0 is issued, 1 waits
    hook = await world.call(
        "POST",
        "/v1/webhooks",
        headers={**key, "Idempotency-Key": f"hook-{name}".encode("ascii", "ignore").decode()},
        json={"url": HOOK if name == THEIRS else "https://own.example/hooks"},
    )
    found.ids["webhook_id"] = hook.json["webhook_id"]
    path = f"/v1/webhooks/{hook.json['webhook_id']}/test"
    tried = await world.call("POST", path, headers={**key, "Idempotency-Key": f"try-{number}"})
    found.ids["delivery_id"] = tried.json["delivery_id"]
    # The key of a scan is of what it says: theirs says something else.
    await world.scanned(number, "accepted", description=f"By {name}" if name == THEIRS else None)
    key = "SELECT encode(scan_key, 'hex') FROM scan WHERE shipment_id = $1"
    found.ids["key"] = await world.pool.fetchval(key, made["shipment_id"])
    for role in StaffRole:
        found.offices[role] = await office(world, role, found)
    return found


async def two_shops(world) -> tuple[Shop, Shop]:
    """Ours, and theirs: one parcel is late, with bonuses, a notice and a note; another waits."""
    ours = await shop(world, OURS, "CE000000001EE", order="1", recipient=OTHER_PERSON)
    theirs = await shop(world, THEIRS, NUMBER, order=ORDER)
    await world.register(theirs.key, tracking_number=WAITING, order=f"{ORDER}-2")
    await world.waits_in_locker(WAITING)
    await _was_told(world, theirs)
    await _is_owed(world, (ours, theirs))
    await _talks(world, theirs)
    operator = await office(world, StaffRole.ADMIN, None)
    for each in (ours, theirs):
        each.operator = operator
        each.ids["case_id"] = await _case(world, each)
        each.ids["quarantine_id"] = await _not_understood(world, each.ids["number"])
        await _has_a_table(world, each)
        await looks_around(world, each)
    return ours, theirs


async def _talks(world, theirs: Shop) -> None:
    """Staff to each other, and in words of their own to shoppers."""
    lead = theirs.offices[StaffRole.LEAD]
    path = f"/support/parcels/{theirs.ids['shipment_id']}/notes"
    await _posted(world, lead, path, text=NOTE)
    told = {"shop": theirs.ids["merchant_id"], "language": "en", "kind": "help"}
    await _posted(
        world, lead, "/support/texts", **told, topic="not_received", title=TITLE, text=HELP
    )


async def _case(world, shop: Shop) -> str:
    """What a shopper asked on the telephone, the answer, and a word for a colleague."""
    lead = shop.offices[StaffRole.LEAD]
    path = f"/support/parcels/{shop.ids['shipment_id']}/cases"
    words = (QUESTION, ANSWER, WORD) if shop.name == THEIRS else ("Where?", "Here", "Look")
    asked, answer, word = words
    made = await _posted(world, lead, path, topic="damaged", text=asked)
    case_id = made.headers["Location"].rpartition("#case-")[2]
    await _posted(world, lead, f"{path}/{case_id}/reply", text=answer, seen="1")
    await _posted(world, lead, f"{path}/{case_id}/assign", word=word)
    return case_id


async def _posted(world, office: Office, path: str, **fields: str) -> Any:
    form = {"form": office.form, "id": str(uuid4()), **fields}
    answer = await world.call("POST", path, headers=office.cookie, data=form)
    assert answer.status == 303, (path, answer.status)
    return answer


async def _not_understood(world, number: str) -> str:
    """What its carrier said of the parcel in a code of its own."""
    deps, now, code = world.deps, world.clock(), CODE.format(number=number)
    body = (
        f'{{"carrier": "omniva", "tracking_number": "{number}", "code": "{code}",'
        ' "occurred_at": "2026-11-19T10:00:00+02:00"}'
    )
    envelope = Envelope("carrier.omniva", native=False, received_at=now, tracking_number=None)
    decoded = Decoder(deps.sealer).decode(body.encode(), envelope)
    await ingest(world.pool, Batch(scans=decoded.scans), deps.sealer, now=now)
    found = "SELECT quarantine_id::text FROM quarantine WHERE code = $1"
    return await world.pool.fetchval(found, code)


async def looks_around(world, shop: Shop) -> None:
    """What the pages say that forms send back with them, as they stand now."""
    ids, lead = shop.ids, shop.offices[StaffRole.LEAD]
    parcel = await _read(world, lead, f"/support/parcels/{ids['shipment_id']}")
    ids["seen"] = SEEN.search(parcel)[1]
    for name, offered in (("next_tier", TIER), ("choice", CHOICE)):
        found = offered.search(parcel)
        ids[name] = found[1] if found else ids[name]  # of nobody's parcel: nothing any more
    threads = await threads_of(world.pool, world.deps.sealer, UUID(ids["shipment_id"]))
    ids["said"] = next(each.sign for each in threads if str(each.case.case_id) == ids["case_id"])
    path = f"/support/shops/{ids['merchant_id']}"
    settings = await _read(world, lead, f"{path}/settings")
    ids["quiet"] = SEEN.search(settings.partition('id="f-quiet"')[2])[1]
    ids["mail"] = re.search(r'/settings/mail\?([^"]+)"', settings)[1]
    ids["rules"] = await _tried(world, lead, f"{path}/policies", {"do": "try", "text": RULES})


async def _has_a_table(world, shop: Shop) -> None:
    """Of one parcel more, looked at and not registered yet."""
    ids, lead = shop.ids, shop.offices[StaffRole.LEAD]
    ids["table"] = f"tracking_number;order;country\nCE55{ids['number'][4:]};{shop.name};LV"
    path = f"/support/shops/{ids['merchant_id']}/registrations"
    table = aiohttp.FormData(default_to_multipart=True)
    for name, value in (("form", lead.form), ("carrier", "omniva"), ("text", ids["table"])):
        table.add_field(name, value)
    ids["looked"] = await _tried(world, lead, path, table)


async def _read(world, office: Office, path: str) -> str:
    answer = await world.call("GET", path, headers=office.cookie)
    assert answer.status == 200, (path, answer.status)
    return unescape(answer.text)


async def _tried(world, office: Office, path: str, sent: Any) -> str:
    """The sign of what was looked at, with which it is then done."""
    if isinstance(sent, dict):
        sent = {"form": office.form, **sent}
    answer = await world.call("POST", path, headers=office.cookie, data=sent)
    assert answer.status == 200, (path, answer.status)
    return SEEN.search(answer.text)[1]


async def _was_told(world, theirs: Shop) -> None:
    await world.pool.execute(
        """
        INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state,
                            due_at, until, version, planned_at, changed_at)
        VALUES ($1, 'ready_for_pickup', 1, 'sms', 'recipient', $2, 'delivered', $3, $3, 1, $3, $3)
        """,
        theirs.ids["shipment_id"],
        uuid7(world.clock()),
        world.clock(),
    )


async def _is_owed(world, shops: tuple[Shop, ...]) -> None:
    ids = [each.ids["shipment_id"] for each in shops]
    for day in (23, 26):
        now = world.clock().replace(day=day)
        await look_at(world.pool, ids, now=now)
        await judge(world.pool, ids, world.deps.sealer, now=now)
    for each in shops:
        sealed = await world.pool.fetchval(
            "SELECT code FROM bonus WHERE shipment_id = $1", each.ids["shipment_id"]
        )
        context = f"bonus:{each.ids['shipment_id']}"
        each.ids["code"] = world.deps.sealer.open_text(sealed, context)


_THEIR_IDS = (
    "shipment_id",
    "webhook_id",
    "delivery_id",
    "token",
    "case_id",
    "quarantine_id",
    "key",
)


def given_away(text: str, theirs: Shop) -> list[str]:
    """What of the other shop stands in this text."""
    national = PHONE.removeprefix("+371")
    secrets = {
        *NAME.split(),
        PHONE,
        national,
        f"{national[:2]} {national[2:5]} {national[5:]}",
        EMAIL,
        POSTCODE,
        DOOR_CODE,
        NUMBER,
        WAITING,
        ORDER,
        NOTE,
        QUESTION,
        ANSWER,
        WORD,
        HELP,
        TITLE,
        CODE.format(number=NUMBER),
        HOOK,
        THEIRS,
        str(theirs.merchant),
        *(each.staff.email for each in theirs.offices.values()),
        *(theirs.ids[name] for name in _THEIR_IDS),
        theirs.ids["shipment_id"].replace("-", ""),
        theirs.ids["code"],
    }
    folded = text.casefold()
    return sorted(each for each in secrets if each.casefold() in folded)


def path_of(route, ids: dict[str, str]) -> str:
    """Raises AssertionError where a part of the path is none of these."""
    missing = set(re.findall(r"\{(\w+)\}", route.path)) - set(ids)
    assert not missing, f"say in two_shops.py whose {missing} of {route.path} are"
    return re.sub(r"\{(\w+)\}", lambda part: str(URL.build(path=ids[part[1]])), route.path)
