"""A parcel's life as its shop hears of it: by HTTP in, through every real part, signed out."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sms_gateway import Gateway, answering, serving
from standardwebhooks import Webhook, WebhookVerificationError

from tracking.role import Role

NUMBER = "CE100200301EE"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def shop() -> AsyncIterator[Gateway]:
    async with serving(answering(204)) as gateway:
        yield gateway


@pytest.fixture
def environment(environment) -> dict[str, str]:
    return environment | {"KLAT_WEBHOOK_ALLOW_PRIVATE": "true"}


async def posted(stack, path: str, who: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {stack.keys[who]}", "Idempotency-Key": str(uuid4())}
    async with stack.http.post(f"{stack.url}{path}", json=body, headers=headers) as answer:
        assert answer.status in {201, 202}, await answer.text()
        return await answer.json()


async def scanned(stack, status: str) -> None:
    now = datetime.now(UTC).isoformat()
    body = {"carrier": "omniva", "tracking_number": NUMBER, "status": status, "occurred_at": now}
    await posted(stack, "/v1/events", "omniva", body)


async def told(shop: Gateway, secret: str, kind: str) -> dict[str, Any]:
    """The post of this type, once it is there; all that came are signed."""
    async with asyncio.timeout(60):
        while True:
            for request, body in zip(list(shop.requests), list(shop.bodies), strict=False):
                event: dict[str, Any] = Webhook(secret).verify(body, dict(request.headers))
                if event["type"] == kind:
                    return event
            await asyncio.sleep(0.05)


async def test_a_shop_hears_of_its_parcel_signed_whoever_is_killed(stack, shop):
    """And what was being posted then may come again, with the id by which it is known."""
    made = await posted(stack, "/v1/webhooks", "merchant", {"url": shop.url})
    body = {"carrier": "omniva", "tracking_number": NUMBER, "order": "1001"}
    registered = await posted(stack, "/v1/shipments", "merchant", body)
    await scanned(stack, "in_transit")
    first = await told(shop, made["secret"], "shipment.in_transit")
    await stack.kill(Role.WEBHOOKS)
    await stack.kill(Role.RELAY)
    await scanned(stack, "delivered")
    last = await told(shop, made["secret"], "shipment.delivered")
    for event in (first, last):
        assert event["data"]["order"] == "1001"
        assert event["data"]["shipment_id"] == registered["shipment_id"]
    assert last["data"]["version"] > first["data"]["version"]
    ids = {
        (json.loads(body)["id"], request.headers["webhook-id"])
        for request, body in zip(shop.requests, shop.bodies, strict=True)
    }
    assert len(ids) == len({fact for fact, _ in ids}) == len({delivery for _, delivery in ids})
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(shop.bodies[0] + b" ", dict(shop.requests[0].headers))
