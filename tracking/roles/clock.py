"""The role `clock`: what time makes of parcels is told when it is so."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from consumers.clock import Watching, clock_runner
from consumers.topology import CLOCK_QUEUE
from schemas.retention import ages
from tracking.clock import Clock, ClockMetrics
from tracking.estimates import Learned
from tracking.measuring import keep_counted, open_for
from tracking.pulse import Silence
from tracking.roles.running import Running, check
from tracking.search.index import keep_indexed
from tracking.watch import look_at, note_expired
from tracking.web.ops import Readiness


async def start(running: Running) -> Readiness:
    metrics = ClockMetrics(running.registry)
    learned = Learned(running.pool)
    clock = Clock(running.pool, running.sealer, metrics, learned)

    async def look(ids: Collection[UUID], *, now: datetime) -> None:
        looked = await look_at(running.pool, ids, learned.histograms, now=now)
        clock.expect(looked.earliest)
        metrics.noted(looked)
        await note_expired(running.pool, looked.expired, running.sealer, now=now)

    watching, parking = Watching(look), running.parking([CLOCK_QUEUE])
    runner = clock_runner(running.settings.broker(), watching, parking)
    running.start("watching", runner.run())
    running.start("clock", clock.run())
    running.start("learning", learned.keep_learning())
    running.start("listening", clock.keep_listening(running.settings.database()))
    running.start("silence", Silence(running.pool, running.registry).keep_watching())
    running.start("indexing", keep_indexed(running.pool, running.sealer))
    open_ = open_for(ages(running.settings.retention))
    running.start("measuring", keep_counted(running.pool, open_))
    running.start("overdue", clock.keep_measured())
    checks = {"database": running.database_answers, "broker": check(lambda: runner.is_attached)}
    return Readiness(checks)
