"""Two shops with everything that a shop can have, and people who work for one of them each."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from people import DOOR_CODE, EMAIL, NAME, PHONE, POSTCODE
from test_compensations_http import POLICY
from yarl import URL

from schemas.case import Topic
from schemas.staff import StaffRole
from tracking.cases import Question, ask
from tracking.ids import uuid7
from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.staff.login import LoggedIn, Login
from tracking.store.merchants import Merchants
from tracking.store.staff import Staff, StaffStore
from tracking.watch import look_at

FORM = re.compile(r'name="form" value="([0-9a-f]{64})"')
SEEN = re.compile(r'name="seen" value="([0-9a-f]{32})"')
OURS, THEIRS = "Zvejnieks", "Sāncensis"
WAITING = "CE777777770EE"
NUMBER, ORDER, NOTE = "CE777777777EE", "RIVAL-7001", "she paid twice"
HOOK = "https://rival.example/hooks"
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
    seen: str = ""


async def office(world, role: StaffRole, shop: Shop) -> Office:
    """Somebody who has logged in, with both factors."""
    email = f"{role}@{shop.name.lower().encode('ascii', 'ignore').decode()}.example"
    staff = Staff(
        staff_id=uuid7(world.clock()),
        email=email,
        name=f"{role} of {shop.name}",
        role=role,
        shops=(shop.merchant,),
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
    found.ids["merchant_id"] = str(merchant)
    found.ids["quarantine_id"] = str(uuid7(world.clock()))  # which is no shop's
    await load_policy(world.pool, merchant, POLICY, now=world.clock())
    made = (await world.register(key, tracking_number=number, **fields)).json
    found.ids["shipment_id"] = made["shipment_id"]
    found.ids["token"] = made["tracking_url"].rpartition("/")[2]
    question = Question(Topic.DAMAGED, f"Of {name}", "lv", None, uuid7(world.clock()))
    shipment_id = UUID(made["shipment_id"])
    case = await ask(world.pool, world.deps.sealer, shipment_id, question, now=world.clock())
    found.ids["case_id"] = str(case.case_id)
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
    await world.scanned(number, "accepted")
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
    lead = theirs.offices[StaffRole.LEAD]
    path = f"/support/parcels/{theirs.ids['shipment_id']}"
    form = {"form": lead.form, "text": NOTE}
    noted = await world.call("POST", f"{path}/notes", headers=lead.cookie, data=form)
    assert noted.status == 303
    page = await world.call("GET", path, headers=lead.cookie)
    theirs.seen = SEEN.search(page.text)[1]
    return ours, theirs


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
        HOOK,
        THEIRS,
        str(theirs.merchant),
        *(each.staff.email for each in theirs.offices.values()),
        *(theirs.ids[name] for name in ("shipment_id", "webhook_id", "delivery_id", "token")),
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
