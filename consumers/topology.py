"""Every exchange, queue, binding and argument, as data; `declare` makes them, twice is harmless.

    couriers --> courier.events (topic) --carrier.#--> klat.carrier_events.v1   (quorum)
                                        --locker.#---> klat.locker_events.v1    (quorum)
    with KLAT_INGEST_QUEUES=n > 1:
                 courier.events --carrier.#--> klat.carrier_events.spread (x-consistent-hash on
                 message_id) --> klat.carrier_events.v1.0 ... n-1
    relay -----> klat.facts (topic)     what became true; routing key = fact type
                 klat.facts --shipment.#--> klat.clock.v1     (quorum)
                 klat.facts --shipment.#, promise.#, compensation.#--> klat.compensation.v1 (quorum)
                                                                   --> klat.notices.v1      (quorum)
                 klat.facts --#-----------> klat.webhooks.v1  (quorum)
    relay -----> klat.live (fanout)     which shipments changed, not durable on purpose

After a change of KLAT_INGEST_QUEUES the queues of before are unbound and still consumed.

Poison messages are parked in PostgreSQL by the runner, where they can be searched and replayed.
The delivery limit is a second fence, against a message that kills its consumer every time: what
goes over it lands in klat.dead.v1 (quorum), from where it is parked too.
"""

from dataclasses import dataclass, field
from typing import Any

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelNotFoundEntity

EVENTS = "courier.events"
FACTS = "klat.facts"
LIVE = "klat.live"
DEAD = "klat.dead.v1"
CARRIER_QUEUE = "klat.carrier_events.v1"
SPREAD = "klat.carrier_events.spread"
LOCKER_QUEUE = "klat.locker_events.v1"
NOTICES_QUEUE = "klat.notices.v1"
CLOCK_QUEUE = "klat.clock.v1"
COMPENSATION_QUEUE = "klat.compensation.v1"
WEBHOOKS_QUEUE = "klat.webhooks.v1"
DELIVERY_LIMIT = 20
LIVE_RELAY, LIVE_NUMBER = "x-live-relay", "x-live-number"  # headers of live messages
_SHARD = f"{CARRIER_QUEUE}."
_WEIGHT = "10"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue. `routing_key` is a weight where the exchange spreads by hash."""

    name: str
    exchange: str
    routing_key: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topology:
    exchanges: tuple[Exchange, ...]
    exchange_bindings: tuple[tuple[str, str, str], ...]  # source, destination, routing key
    queues: tuple[Queue, ...]

    @property
    def ingest_queues(self) -> list[str]:
        return [queue.name for queue in self.queues]


_QUORUM = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": DEAD,
}
_BASE = (
    Exchange(EVENTS, "topic"),
    Exchange(FACTS, "topic"),
    Exchange(LIVE, "fanout"),
)


def _bound(queue: str, *keys: str) -> tuple[Queue, ...]:
    """To facts of several kinds."""
    return tuple(Queue(queue, FACTS, key, _QUORUM) for key in keys)


EXCHANGES = Topology(_BASE, (), ())
_DEAD = Queue(DEAD, "", "", {"x-queue-type": "quorum"})
_LOCKERS = Queue(LOCKER_QUEUE, EVENTS, "locker.#", _QUORUM)
CLOCK = Topology(_BASE, (), (_DEAD, Queue(CLOCK_QUEUE, FACTS, "shipment.#", _QUORUM)))
_OF_SHOPS = ("shipment.#", "promise.#", "compensation.#")
COMPENSATION = Topology(_BASE, (), (_DEAD, *_bound(COMPENSATION_QUEUE, *_OF_SHOPS)))
NOTICES = Topology(_BASE, (), (_DEAD, *_bound(NOTICES_QUEUE, *_OF_SHOPS)))
WEBHOOKS = Topology(_BASE, (), (_DEAD, Queue(WEBHOOKS_QUEUE, FACTS, "#", _QUORUM)))
_WHATEVER_THE_NUMBER = Topology(_BASE, (), (_DEAD, _LOCKERS))


def topology(ingest_queues: int = 1) -> Topology:
    """The topology with this many queues for courier events."""
    if ingest_queues == 1:
        carriers = Queue(CARRIER_QUEUE, EVENTS, "carrier.#", _QUORUM)
        return Topology(_BASE, (), (_DEAD, carriers, _LOCKERS))
    spread = Exchange(
        SPREAD,
        "x-consistent-hash",
        arguments={"hash-property": "message_id"},
    )
    shards = tuple(
        Queue(f"{_SHARD}{shard}", spread.name, _WEIGHT, _QUORUM) for shard in range(ingest_queues)
    )
    bindings = ((EVENTS, spread.name, "carrier.#"),)
    return Topology((*_BASE, spread), bindings, (_DEAD, *shards, _LOCKERS))


async def declare(channel: AbstractChannel, wanted: Topology) -> None:
    """Make what is missing. Raises ChannelPreconditionFailed where something differs."""
    for exchange in wanted.exchanges:
        await channel.exchange_declare(
            exchange.name,
            exchange_type=exchange.type,
            durable=True,
            arguments=exchange.arguments,
        )
    for source, destination, key in wanted.exchange_bindings:
        await channel.exchange_bind(destination=destination, source=source, routing_key=key)
    for queue in wanted.queues:
        await channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
        if queue.exchange:
            await channel.queue_bind(queue.name, queue.exchange, routing_key=queue.routing_key)


async def declare_first(channel: AbstractChannel, wanted: Topology) -> None:
    """For who only publishes: make queues for courier events where there are none at all.

    Where there are some, in another number too, whoever consumes them has decided how many there
    are: a queue made beside them would get every event once more, and nobody would read it.
    """
    is_made = await _exists(channel, CARRIER_QUEUE) or await _exists(channel, f"{_SHARD}0")
    await declare(channel, _WHATEVER_THE_NUMBER if is_made else wanted)


async def retire(channel: AbstractChannel, wanted: Topology) -> list[str]:
    """Unbind the courier queues of another number of them; those there are, for draining them.

    Only after `declare`: in between an event is in two queues, which is better than in none.
    """
    names = wanted.ingest_queues
    single = [CARRIER_QUEUE] if CARRIER_QUEUE not in names else []
    found = [queue for queue in single if await _exists(channel, queue)]
    for queue in found:
        await channel.queue_unbind(queue, EVENTS, routing_key="carrier.#")
    shards = await _shards_beyond(channel, sum(name.startswith(_SHARD) for name in names))
    for queue in shards:
        await channel.queue_unbind(queue, SPREAD, routing_key=_WEIGHT)
    if shards and not wanted.exchange_bindings:
        await channel.exchange_unbind(destination=SPREAD, source=EVENTS, routing_key="carrier.#")
    return found + shards


async def _shards_beyond(channel: AbstractChannel, first: int) -> list[str]:
    """They are made one after the other from 0 on, so the first that is missing ends them."""
    found: list[str] = []
    while await _exists(channel, name := f"{_SHARD}{first + len(found)}"):
        found.append(name)
    return found


async def _exists(channel: AbstractChannel, queue: str) -> bool:
    """Asked on a channel of its own, which the broker closes where there is none."""
    asking = await channel.connection.channel(publisher_confirms=False)
    try:
        await asking.queue_declare(queue, passive=True)
    except ChannelNotFoundEntity:
        return False
    await asking.close()
    return True
