"""Everybody around the HTTP interface: shop, courier, shopper, broker and clock."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web
from people import DOOR_CODE, EMAIL, NAME, PHONE, POSTCODE

from schemas.scan import Location, Pickup, Scan, ScanTime
from schemas.status import Handover, Status
from tracking.errors import BrokerUnavailable
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.keys import Role
from tracking.store.keys import Keys
from tracking.web.deps import Deps, Publish

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PLACE = Location(
    name="Rīga Akropole", address="Maskavas iela 257", city="Rīga", country="LV", place_id="9901"
)


@dataclass
class Message:
    routing_key: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Broker:
    """Confirms and remembers; or is away; or lets everybody wait; or hands on to a real one."""

    real: Publish | None = None
    messages: list[Message] = field(default_factory=list)
    away: bool = False
    waiting: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, routing_key: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        if self.away:
            raise BrokerUnavailable
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        if self.real is not None:
            await self.real(routing_key, body, headers=headers)
        self.messages.append(Message(routing_key, body, headers))

    def events(self) -> list[dict[str, Any]]:
        found = [json.loads(message.body) for message in self.messages]
        return [event for body in found for event in (body if isinstance(body, list) else [body])]


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class World:
    """One running web process, and the hands of everybody who deals with it."""

    url: str
    http: aiohttp.ClientSession
    pool: asyncpg.Pool
    deps: Deps
    broker: Broker
    clock: Clock
    app: web.Application
    numbers: Any = field(default_factory=lambda: count(1))

    async def key(self, role: str, name: str = "a", carrier: str | None = None) -> dict[str, str]:
        """Headers of a caller with a new key."""
        key = await Keys(self.pool).create(Role(role), name, now=self.clock(), carrier=carrier)
        return {"Authorization": f"Bearer {key}"}

    async def call(self, method: str, path: str, **options: Any) -> "Answer":
        options.setdefault("allow_redirects", False)
        async with self.http.request(method, self.url + path, **options) as response:
            return Answer(response.status, response.headers, await response.text(), response)

    async def register(self, key: dict[str, str], idempotency: str = "", **fields: Any) -> "Answer":
        headers = {**key, "Idempotency-Key": idempotency or f"call-{next(self.numbers)}"}
        return await self.call("POST", "/v1/shipments", headers=headers, json=parcel(**fields))

    async def scanned(self, number: str, *statuses: str, **fields: Any) -> None:
        """These statuses happened, one an hour, the last of them with these fields."""
        scans = [
            self._scan(number, status, hours, **(fields if hours == len(statuses) else {}))
            for hours, status in enumerate(statuses, start=1)
        ]
        batch = [incoming(each, self.clock(), self.deps.sealer) for each in scans]
        await ingest(self.pool, Batch(scans=batch), self.deps.sealer, now=self.clock())

    def _scan(self, number: str, status: str, hours: int, **fields: Any) -> Scan:
        at = START - timedelta(days=1) + timedelta(hours=hours)
        return Scan(
            carrier=fields.pop("carrier", "omniva"),
            tracking_number=number,
            time=ScanTime(raw=at.isoformat(), at=at),
            status=Status(status),
            **fields,
        )

    async def waits_in_locker(self, number: str) -> None:
        await self.scanned(
            number,
            "accepted",
            "ready_for_pickup",
            handover=Handover.LOCKER,
            location=PLACE,
            description="Put in by Anna",
            pickup=Pickup(until=START + timedelta(days=3), code=DOOR_CODE),
        )


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    response: aiohttp.ClientResponse

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def parcel(**fields: Any) -> dict[str, Any]:
    """A registration, whole."""
    return {
        "carrier": "omniva",
        "tracking_number": "CE123456789EE",
        "order": "1001",
        "recipient": {
            "name": NAME,
            "phone": PHONE,
            "email": EMAIL,
            "language": "lv",
            "postcode": POSTCODE,
            "country": "LV",
        },
        "promise": {"from": None, "by": "2026-11-21T18:00:00+02:00"},
        "value": {"amount": "49.90", "currency": "EUR"},
        "service": "locker",
        **fields,
    }


def event(**fields: Any) -> dict[str, Any]:
    """An event in Klāt's own format."""
    return {
        "event_id": "a1",
        "carrier": "omniva",
        "tracking_number": "CE123456789EE",
        "occurred_at": "2026-11-20T10:03:00+02:00",
        "status": "in_transit",
        **fields,
    }
