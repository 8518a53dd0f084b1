"""A person in every corner of the database: what is kept of one parcel, and of a namesake's."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from consuming import SEALER
from people import DOOR_CODE, EMAIL, NAME, PHONE, POSTCODE

from schemas.api import ShipmentRegistration
from schemas.scan import Location, Pickup, Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Handover, Status
from tracking.bonus_code import code_context
from tracking.decode import Decoder, Envelope
from tracking.incoming import incoming
from tracking.ingest import Applied, Batch, ingest
from tracking.links import LinkMaker, NewLink
from tracking.register import register
from tracking.store.keys import Keys
from tracking.store.pool import transaction

OTHER = "Zane Kalniņa"
RECIPIENT = {
    "name": NAME,
    "phone": PHONE,
    "email": EMAIL,
    "postcode": POSTCODE,
    "country": "LV",
    "language": "lv",
}
DOOR = Location(
    name="Door", address="Brīvības iela 1-7", city="Rīga", postcode="LV-1010", country="LV",
    lat=56.95, lon=24.11,
)  # fmt: skip
NATIVE = {
    "shipments": [
        {
            "id": "00340434161094042557",
            "service": "express",
            "events": [
                {
                    "timestamp": "2026-11-20T09:00:00+01:00",
                    "statusCode": "transit",
                    "status": "transit",
                    "description": f"Handed to {NAME}",
                }
            ],
        }
    ]
}


@dataclass
class PersonWorld:
    """A shop with parcels; everything happens at `now`."""

    pool: asyncpg.Pool
    now: datetime
    merchant_id: UUID = field(default_factory=uuid4)

    @classmethod
    async def open(cls, pool: asyncpg.Pool, now: datetime, shop: str = "Shop") -> "PersonWorld":
        async with transaction(pool) as conn:
            return cls(pool, now, await Keys(pool).ensure_merchant(conn, shop, now))

    async def register(self, number: str, carrier: str = "omniva", **fields: Any) -> UUID:
        told = {"carrier": carrier, "tracking_number": number, "recipient": RECIPIENT, **fields}
        body = ShipmentRegistration.model_validate(told)
        done = await register(self.pool, SEALER, self.merchant_id, body, now=self.now)
        return done.shipment_id

    def scan(self, number: str, status: Status, hours: float = 0, **fields: Any) -> Scan:
        at = self.now - timedelta(days=1) + timedelta(hours=hours)
        carrier = fields.pop("carrier", "omniva")
        time = ScanTime(raw=at.isoformat(), at=at)
        return Scan(carrier=carrier, tracking_number=number, time=time, status=status, **fields)

    async def scanned(self, *scans: Scan) -> Applied:
        batch = Batch([incoming(each, self.now, SEALER) for each in scans])
        return await ingest(self.pool, batch, SEALER, now=self.now)

    async def delivered(self, number: str, name: str = NAME, phone: str = PHONE) -> None:
        """Into a locker, and then to the door, as nobody's parcel ever was."""
        waits = Location(name="Rīga Akropole", city="Rīga", country="LV", place_id="9901")
        await self.scanned(
            self.scan(
                number, Status.READY_FOR_PICKUP, 1, location=waits,
                handover=Handover.LOCKER, description=f"Put in for {name}",
                pickup=Pickup(until=self.now, code=DOOR_CODE),
            ),
            self.scan(
                number, Status.DELIVERED, 2, event_id="e9", location=DOOR,
                signed_by=name, description=f"Left with {phone}",
            ),
        )  # fmt: skip

    async def native(self, body: dict[str, Any] = NATIVE) -> Applied:
        """As DHL posts it."""
        about = Envelope("carrier.dhl", native=True, received_at=self.now, tracking_number=None)
        decoded = Decoder(SEALER).decode(json.dumps(body, ensure_ascii=False).encode(), about)
        assert decoded.raw is not None
        batch = Batch(decoded.scans, [decoded.raw])
        return await ingest(self.pool, batch, SEALER, now=self.now)

    async def everywhere(self, number: str, key: UUID) -> None:
        """In every table that may name somebody."""
        (path,) = await LinkMaker(self.pool, SEALER).issue([NewLink(key)], self.now)
        assert path
        for sql, arguments in self._rows(number, key):
            await self.pool.execute(sql, *arguments)

    def _rows(self, number: str, key: UUID) -> list[tuple[str, tuple[Any, ...]]]:
        said, now = f"{NAME}, {PHONE}", self.now
        notice, note, message, line, search, parked = (uuid4() for _ in range(6))
        finger = uuid4().bytes

        def seal(context: str, text: str = said) -> str:
            return SEALER.seal_text(text, context)

        return [
            (
                ("INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id,"
                " state, due_at, until, version, content, address_hash, planned_at, changed_at)"
                " VALUES ($1, 'delivered', '', 'sms', 'recipient', $2, 'sent', $3, $3, 1, $4,"
                " 'h', $3, $3)"),
                (key, notice, now, seal(f"notice:{notice}")),
            ),
            (
                "INSERT INTO inbox_message VALUES ($1, $2, 'sms', $3, $3, $4)",
                (key, notice, seal(f"inbox:{notice}"), now),
            ),
            (
                "INSERT INTO staff_note VALUES ($1, $2, $3, 'a@example.org', $4)",
                (key, note, now, seal(f"staff_note:{note}")),
            ),
            (
                ("INSERT INTO case_message (shipment_id, case_id, message_id, at, author, text)"
                " VALUES ($1, $2, $2, $3, 'shopper', $4)"),
                (key, message, now, seal(f"case_message:{message}")),
            ),
            (
                ("INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend,"
                " word) VALUES ($1, $2, 'omniva', $3, 3, $4)"),
                (key, self.merchant_id, now, seal(f"survey:{key}")),
            ),
            (
                ("INSERT INTO audit VALUES ($1, $2, $1, 'a@example.org', 'contact_corrected', $3,"
                " $4)"),
                (line, now, key, seal(f"audit:{line}")),
            ),
            (
                "INSERT INTO audit VALUES ($1, $2, $1, 'a@example.org', 'searched', NULL, $3)",
                (search, now, seal(f"audit:{search}", json.dumps({"q": PHONE, "found": []}))),
            ),
            (
                "INSERT INTO push_subscription VALUES ($1, 'browser', 't', 'lv', $2, $3)",
                (key, seal(f"push:{key}"), now),
            ),
            (
                ("INSERT INTO quarantine (quarantine_id, fingerprint, source, reason, detail, size,"
                " sealed, first_at, last_at)"
                " VALUES ($1, $2, 's', 'malformed', 'd', 1, $3, $4, $4)"),
                (uuid4(), finger, SEALER.seal(f"{number} {said}".encode(),
                                              f"quarantine:{finger.hex()}"), now),
            ),
            (
                "INSERT INTO parked_message VALUES ($1, 'q', 'x', 'k', '{}', $2, 'E', 5, $3)",
                (parked, SEALER.seal(f"{number} {EMAIL}".encode(), f"parked:{parked}"), now),
            ),
            (
                "INSERT INTO idempotency VALUES ($1, $2, 'h', 200, $3, $4)",
                (self.merchant_id, f"call-{key}",
                 seal(f"idempotency:{self.merchant_id}:call-{key}", f"{key} {PHONE}"), now),
            ),
            (
                "INSERT INTO bonus VALUES ($1, $2, $3, $4, 'EUR', $5, true, $5)",
                (key, self.merchant_id, uuid4().bytes, seal(code_context(key)), now),
            ),
            (
                ("INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id,"
                " policy_version, policy, rule, kind, borne_by, currency, cents, used, state,"
                " reason, evidence, created_at, changed_at) VALUES ($1, 0, $2, $3, 1, 'p', 'r',"
                " 'code', 'shop', 'EUR', 300, 0, 'refused', $4, '{}', $5, $5)"),
                (key, uuid4(), self.merchant_id, f"told {NAME} by telephone", now),
            ),
            (
                ("INSERT INTO compensation_move (shipment_id, tier, at, state, cents, by, why,"
                " merchant_id, currency, shopper, granted, committed) VALUES ($1, 0, $2,"
                " 'refused', 300, 'support', $3, $4, 'EUR', 'hash', 0, 0)"),
                (key, now, f"told {NAME} by telephone", self.merchant_id),
            ),
        ]  # fmt: skip


def head(number: str, carrier: str = "omniva") -> UUID:
    return shipment_id(carrier, number)
