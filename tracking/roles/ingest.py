"""The role `ingest`: couriers' events become scans and states."""

from datetime import datetime

from consumers.courier_events import CourierEvents, IngestMetrics, courier_events_runner
from consumers.topology import topology
from schemas.retention import ages
from tracking.backlog import Backlog
from tracking.decode import Decoder
from tracking.ingest import Applied, Batch, ingest
from tracking.pulse import Listening
from tracking.retention import NOT_FORGOTTEN, keep_pruned
from tracking.roles.running import Running, check
from tracking.web.ops import Readiness


async def start(running: Running) -> Readiness:
    settings, sealer = running.settings, running.sealer
    decoder = Decoder(sealer)

    listening = Listening(running.pool)

    async def apply(batch: Batch, now: datetime) -> Applied:
        applied = await ingest(running.pool, batch, sealer, now=now)
        listening.note(batch.scans)
        return applied

    parking = running.parking(topology(settings.ingest_queues).ingest_queues)
    events = CourierEvents(decoder, apply, parking, IngestMetrics(running.registry))
    runner = courier_events_runner(settings.broker(), settings.ingest_queues, events)
    running.start("courier_events", runner.run())
    backlog = Backlog(running.pool, sealer, running.registry)
    running.start("listening", listening.keep_noting())
    running.start("backlog", backlog.keep_measured())
    running.registry.register(NOT_FORGOTTEN)
    running.start("retention", keep_pruned(running.pool, ages(settings.retention)))
    checks = {"database": running.database_answers, "broker": check(lambda: runner.is_attached)}
    return Readiness(checks)
