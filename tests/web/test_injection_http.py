"""Whatever a courier, a shop or a shopper writes, wherever it is shown: it stays a text.

Each text goes by HTTP into every field that takes it (the fields are those of the models), through
the pipeline, and is looked for on pages, in JSON, in frames and in logs. A page has exactly the
elements that it has with a harmless text. Mails, text messages and pushes have the same
in tests/notifier (test_notice_rendering.py, test_mail_message.py).
"""

import csv
import io
import json
import re
from uuid import uuid4

import pytest
from hostile_texts import (
    AT_THE_DOOR,
    HARMLESS,
    MARK,
    TEXTS,
    filled,
    is_calm,
    is_formula,
    skeleton,
    strings,
    text_fields,
    unshowable,
)
from staging import event, parcel
from two_shops import shop

from schemas.api import ShipmentRegistration
from schemas.scan import Event
from schemas.shop import ShopSettings
from schemas.staff import Action, StaffRole
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext
from tracking.commands.audit import _row
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.staff.audit import note
from tracking.store.staff import StaffStore

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")  # machines are told codes to the letter
WRITABLE = {name: text for name, text in TEXTS.items() if name not in AT_THE_DOOR}
FOUND_BY = frozenset({"carrier", "tracking_number", "event_id", "occurred_at", "retracts"})
SEEN_BY = frozenset({"language", "country", "promise", "value"})  # or the page is another one
PERSON = {"name": "x", "language": "en", "postcode": "LV-1010", "country": "LV"}
PLACE = {"name": "x", "city": "x", "country": "LV"}


@pytest.fixture
async def zvejnieks(world):
    return await shop(world, "Zvejnieks", "CE0")


class Told:
    """A parcel of which a shop and a courier have told everything in one text."""

    def __init__(self, world, zvejnieks, number: str) -> None:
        self.world, self.shop, self.number = world, zvejnieks, number

    async def by_the_shop(self, text: str) -> set:
        base = parcel(tracking_number=self.number, order=f"o-{self.number}", recipient=PERSON)
        keep = FOUND_BY | SEEN_BY
        body, taken = filled(ShipmentRegistration, base, text, keep)
        body["recipient"] |= {"language": "en", "country": "LV", "postcode": "LV-1010"}
        headers = {**self.shop.key, "Idempotency-Key": f"i-{self.number}"}
        headers |= {"Content-Type": "application/json"}
        answer = await self.world.call(
            "POST", "/v1/shipments", headers=headers, data=json.dumps(body)
        )
        assert answer.status == 201, answer.text
        self.id = answer.json["shipment_id"]
        self.link = f"/t/{answer.json['tracking_url'].rpartition('/')[2]}"
        return taken

    async def by_the_courier(self, text: str, key) -> set:
        base = event(
            tracking_number=self.number,
            event_id=f"e-{self.number}",
            status="ready_for_pickup",
            handover="locker",
            location=PLACE,
            pickup={"code": "x"},
        )
        body, taken = filled(Event, base, text, FOUND_BY)
        body["location"]["country"] = "LV"
        self.world.broker.messages.clear()
        headers = {**key, "Content-Type": "application/json"}
        answer = await self.world.call("POST", "/v1/events", headers=headers, data=json.dumps(body))
        assert answer.json["accepted"] == 1, answer.text
        (message,) = self.world.broker.messages
        scans = CARRIERS["klat"].parse(message.body, ParseContext()).scans
        sealer, now = self.world.deps.sealer, self.world.clock()
        batch = Batch(scans=[incoming(each, now, sealer) for each in scans])
        await ingest(self.world.pool, batch, sealer, now=now)
        return taken

    async def pages(self, staff) -> dict[str, str]:
        """Every page that shows it, by what it is."""
        call, path = self.world.call, f"/support/parcels/{self.id}"
        self.world.http.cookie_jar.clear()
        found = {"tracking page": await call("GET", f"{self.link}?lang=en")}
        await call("POST", f"{self.link}/unlock", data={"answer": "1010"})
        found["unlocked"] = await call("GET", f"{self.link}?lang=en")
        found["messages"] = await call("GET", f"{self.link}/messages?lang=en")
        found["console"] = await call("GET", path, headers=staff.cookie)
        form = {"form": staff.form, "q": self.number}
        found["search"] = await call("POST", "/support/search", headers=staff.cookie, data=form)
        assert {each.status for each in found.values()} == {200}
        return {name: _alike(each.text, self) for name, each in found.items()}

    async def documents(self, desk) -> dict[str, str]:
        call, at = self.world.call, f"/v1/shipments/{self.id}"
        found = {
            "shipment": await call("GET", at, headers=self.shop.key),
            "notices": await call("GET", f"{at}/notices", headers=self.shop.key),
            "compensations": await call("GET", f"{at}/compensations", headers=self.shop.key),
            "search": await call("GET", f"/v1/search?q={self.number}", headers=desk),
            "by number": await call(
                "GET",
                f"/v1/shipments?carrier=omniva&tracking_number={self.number}",
                headers=self.shop.key,
            ),
        }
        assert {each.status for each in found.values()} == {200}
        return {name: each.text for name, each in found.items()}

    async def frames(self) -> list[str]:
        """What a live page is sent."""
        headers = {"Last-Event-ID": "0"}
        url = f"{self.world.url}{self.link}/stream"
        async with self.world.http.get(url, headers=headers) as line:
            assert line.status == 200
            read = b""
            while b"data:" not in read or not read.endswith(b"\n\n"):
                read += await line.content.readany()
        return read.decode().split("\n\n")


def _alike(page: str, told: Told) -> str:
    """Without what differs from parcel to parcel anyway."""
    for own in (told.number, told.id, told.link):
        page = page.replace(own, "")
    return page


async def tell(world, zvejnieks, key, text) -> tuple[Told, set, set]:
    told = Told(world, zvejnieks, f"CE{uuid4().hex[:12].upper()}")
    return told, await told.by_the_shop(text), await told.by_the_courier(text, key)


async def test_a_page_has_the_elements_that_it_has_with_a_harmless_text(world, zvejnieks, caplog):
    key, desk = await world.key("courier", carrier="omniva"), await world.key("support")
    lead = zvejnieks.offices[StaffRole.LEAD]
    calm, by_shop, by_courier = await tell(world, zvejnieks, key, HARMLESS)
    expected = {name: skeleton(page) for name, page in (await calm.pages(lead)).items()}
    frames = await calm.frames()
    assert {("order",), ("recipient", "name"), ("service",), ("buyer", "name")} <= by_shop
    assert {("description",), ("location", "name"), ("location", "city"), ("code",)} <= by_courier
    assert all(MARK in expected[name][1] for name in ("unlocked", "console", "search"))
    for name, text in WRITABLE.items():
        told, of_shop, of_courier = await tell(world, zvejnieks, key, text)
        assert of_courier, name
        for page, html in (await told.pages(lead)).items():
            parts, shown = skeleton(html)
            usual = expected[page]
            if of_shop == by_shop and of_courier == by_courier:
                assert parts == usual[0], (name, page)
            assert {each for each in parts if each not in usual[0]} == set(), (name, page)
            assert unshowable(shown) <= unshowable(usual[1]), (name, page)
            assert is_calm(shown), (name, page)
            assert "zzz49" not in shown, (name, page)
        for document, body in (await told.documents(desk)).items():
            said = list(strings(json.loads(body)))
            assert not any(map(CONTROLS.search, said)), (name, document)
            assert all(map(is_calm, said)), (name, document)
        sent = await told.frames()
        assert len(sent) == len(frames), name
        for frame, usual_frame in zip(sent, frames, strict=True):
            names = re.findall(r"(?m)^(\w+):", frame)
            assert names == re.findall(r"(?m)^(\w+):", usual_frame), name
    assert MARK not in caplog.text
    told_of = await world.pool.fetchval("SELECT count(*) FROM shipment")
    assert told_of == len(WRITABLE) + 2, "nothing was dropped"


async def test_what_is_refused_is_not_repeated(world, zvejnieks):
    """Neither in the answer nor in a header of it, whatever field it stood in."""
    for text in TEXTS.values():
        for path in text_fields(ShipmentRegistration):
            if path:
                body = parcel(tracking_number="CE1")
                for part in path[:-1]:
                    body = body | {part: body.get(part) or {}}
                wrong = json.dumps({**body, path[0]: [text]})
                headers = {**zvejnieks.key, "Idempotency-Key": uuid4().hex}
                headers |= {"Content-Type": "application/json"}
                answer = await world.call("POST", "/v1/shipments", headers=headers, data=wrong)
                assert answer.status in {400, 422}
                assert MARK not in answer.text + str(answer.headers), path


async def test_a_shop_s_brand_stays_a_name_in_samples_and_mails(world, zvejnieks):
    path = "/support/notices?occasion=delivered&lang=en"

    async def look(text):
        body, taken = filled(ShopSettings, {}, text, frozenset({"quiet", "sms", "language"}))
        headers = {**zvejnieks.key, "Content-Type": "application/json"}
        put = await world.call("PUT", "/v1/settings", headers=headers, data=json.dumps(body))
        assert put.status == 200, put.text
        page = await world.call("GET", path, headers=zvejnieks.key)
        mail = await world.call("GET", path.replace("?", "/mail?"), headers=zvejnieks.key)
        assert (page.status, mail.status) == (200, 200)
        return taken, [skeleton(each.text) for each in (page, mail)]

    named, calm = await look(HARMLESS)
    assert ("brand", "name") in named
    assert all(MARK in shown for _, shown in calm)
    for name, text in WRITABLE.items():
        taken, seen = await look(text)
        for (parts, shown), (usual, usually) in zip(seen, calm, strict=True):
            if taken == named:
                assert parts == usual, name
            assert set(parts) <= set(usual), name
            assert unshowable(shown) <= unshowable(usually), name
            assert is_calm(shown), name


async def test_what_a_shopper_or_staff_types_stays_a_text(world, zvejnieks):
    """The forms that there are: second factor, search, note, reason, recipient, log-in."""
    key = await world.key("courier", carrier="omniva")
    told, _, _ = await tell(world, zvejnieks, key, HARMLESS)
    lead = zvejnieks.offices[StaffRole.LEAD]
    at = f"/support/parcels/{told.id}"
    forms = {
        "second factor": (f"{told.link}/unlock?lang=en", {}, ("answer",)),
        "log-in": ("/support/login", {}, ("email", "password")),
        "search": ("/support/search", lead.cookie, ("q",)),
        "recipient": (f"{at}/recipient", lead.cookie, ("name", "phone", "email", "postcode")),
    }
    for what, (path, who, fields) in forms.items():
        calm = None
        texts = TEXTS if what != "log-in" else {name: TEXTS[name] for name in ("script", "lines")}
        for name, text in {"harmless": "no such thing", **texts}.items():
            sent = {field: text.encode(errors="replace").decode() for field in fields}
            if who:
                sent["form"] = lead.form
            answer = await world.call("POST", path, headers=who, data=sent)
            assert answer.status in {200, 303, 409, 413, 422, 429}, (what, name)
            assert "\n" not in "".join(answer.headers.values())
            parts, _ = skeleton(answer.text)
            calm = calm or set(parts)
            assert {each for each in parts if each[0] in {"script", "img", "iframe"}} <= calm
            assert not any(part.startswith("on") for each in parts for part in each[1:])
    note_form = {"form": lead.form, "text": TEXTS["script"] + TEXTS["lines"]}
    await world.call("POST", f"{at}/notes", headers=lead.cookie, data=note_form)
    page = (await world.call("GET", at, headers=lead.cookie)).text
    assert "zzz&lt;script&gt;alert(1)" in page


async def test_no_cell_of_the_audit_log_is_reckoned_by_a_spreadsheet(world, zvejnieks):
    person = zvejnieks.offices[StaffRole.SUPPORT].staff
    store = StaffStore(world.pool)
    for text in TEXTS.values():
        q = text.encode(errors="replace").decode().replace("\0", "")
        now = world.clock()
        await note(store, world.deps.sealer, person, Action.SEARCHED, now, q=q)
    world.clock.pass_by(seconds=1)
    rows = await store.list_audit(world.clock(), None, 100)
    out = io.StringIO()
    csv.writer(out).writerows(_row(row, world.deps.sealer) for row in rows)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert len(read) == len(rows) >= len(TEXTS)
    assert not [cell for row in read for cell in row if is_formula(cell)]
    assert is_formula(TEXTS["formula"])
