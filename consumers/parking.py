"""Messages that break their handler again and again: kept, counted and said."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import structlog
from aiormq.abc import DeliveredMessage
from prometheus_client import CollectorRegistry, Counter

from consumers.envelope import origin, parked_id
from tracking.store.parked import ParkedMessage

log = structlog.get_logger()

Park = Callable[[ParkedMessage], Awaitable[None]]


class Parking:
    """`park` is what a Runner asks for; `queues` those that are consumed here."""

    def __init__(self, keep: Park, registry: CollectorRegistry, queues: Iterable[str] = ()) -> None:
        self._keep = keep
        self._parked = Counter("klat_parked", "Messages parked", ["queue"], registry=registry)
        for queue in queues:
            self._parked.labels(queue)  # there from the beginning, so that the first is an increase

    async def park(self, message: DeliveredMessage, error: str, tries: int) -> None:
        came_by = origin(message)
        parked = ParkedMessage(
            parked_id=parked_id(message),
            queue=came_by.queue,
            exchange=came_by.exchange,
            routing_key=came_by.routing_key,
            headers=came_by.headers,
            body=message.body,
            error=error,
            tries=tries,
            parked_at=datetime.now(UTC),
        )
        await self._keep(parked)
        self._parked.labels(parked.queue).inc()
        log.error(
            "message.parked",
            parked_id=parked.parked_id,
            queue=parked.queue,
            error=error,
            tries=tries,
        )
