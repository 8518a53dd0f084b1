"""Another number of ingest queues: nothing stays behind, nothing fills that nobody reads."""

import aiormq
import pytest

from consumers.topology import EVENTS, declare, declare_first, retire, topology


@pytest.fixture
async def channel(amqp_url):
    connection = await aiormq.connect(amqp_url)
    yield await connection.channel()
    await connection.close()


@pytest.mark.parametrize(("before", "after"), [(4, 2), (1, 4), (4, 1), (2, 4), (3, 3)])
async def test_after_a_change_old_events_are_consumed_and_new_ones_are_in_one_queue(
    channel, before, after
):
    await attach(channel, before)
    await publish(channel, 40)
    queues = await attach(channel, after)
    retired = set(queues) - set(topology(after).ingest_queues)
    assert retired == set(topology(before).ingest_queues) - set(topology(after).ingest_queues)
    left = await waiting(channel, retired)
    await publish(channel, 40)
    assert await waiting(channel, queues) == 80
    assert await waiting(channel, retired) == left


@pytest.mark.parametrize(("web", "ingest"), [(1, 1), (4, 4), (1, 4), (4, 1), (2, 4)])
async def test_before_there_is_any_consumer_events_are_kept(channel, web, ingest):
    """Whatever number of queues was meant: the consumer that comes then reads all of them."""
    await declare_first(channel, topology(web))
    await publish(channel, 40)
    assert await waiting(channel, await attach(channel, ingest)) == 40


@pytest.mark.parametrize(("web", "ingest"), [(1, 4), (4, 1), (2, 4)])
async def test_who_only_publishes_makes_no_queue_beside_those_of_the_consumers(
    channel, web, ingest
):
    """It would get each event once more, and nobody would read it."""
    queues = await attach(channel, ingest)
    await declare_first(channel, topology(web))
    await publish(channel, 40)
    assert await waiting(channel, queues) == 40
    assert set(await attach(channel, ingest)) == set(queues)


async def attach(channel, queues):
    wanted = topology(queues)
    await declare(channel, wanted)
    return [*wanted.ingest_queues, *await retire(channel, wanted)]


async def publish(channel, events):
    for number in range(events):
        properties = aiormq.spec.Basic.Properties(message_id=f"m{number}", delivery_mode=2)
        await channel.basic_publish(
            b"{}", exchange=EVENTS, routing_key="carrier.omniva", properties=properties
        )


async def waiting(channel, queues):
    found = [await channel.queue_declare(queue, passive=True) for queue in queues]
    return sum(each.message_count for each in found)
