"""What one of the staff may grant for a parcel by hand, as its page offers it."""

from typing import Any
from uuid import UUID

from aiohttp import web

from schemas.api import Money
from tracking.goodwill import goodwill_for
from tracking.web.console.guard import SESSION
from tracking.web.deps import DEPS
from tracking.words.catalog import Words
from tracking.words.money import money_text


async def grantable(request: web.Request, shipment_id: UUID, words: Words) -> dict[str, Any] | None:
    """What the form offers; None where nothing can be granted by hand. `limit` None: it is used up.

    Raises StoreUnavailable.
    """
    deps = request.app[DEPS]
    found = await goodwill_for(deps.pool, shipment_id, request[SESSION].staff.role, deps.now())
    if found is None:
        return None
    left = Money.from_cents(found.left, found.currency)
    limit = money_text(left, words) if left.cents else None
    return {"tier": found.tier, "currency": found.currency, "limit": limit}
