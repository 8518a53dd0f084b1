"""The role `compensation`: late and lost parcels are judged, and what is owed is carried out."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from uuid import UUID

from consumers.compensation import Judging, JudgingMetrics, compensation_runner
from consumers.payouts import Payouts, posting_by
from consumers.topology import COMPENSATION_QUEUE
from consumers.webhooks.parts import outgoing_session
from tracking.judge import judge
from tracking.payouts import settle_payouts, take_payouts
from tracking.roles.running import Running, check
from tracking.web.ops import Readiness


async def start(running: Running) -> Readiness:
    settings, pool, sealer = running.settings, running.pool, running.sealer
    metrics = JudgingMetrics(running.registry)

    async def judge_them(ids: Collection[UUID], *, now: datetime) -> None:
        for each in await judge(pool, ids, sealer, now=now):
            metrics.noted(each.row.entry.state)

    session = outgoing_session(allow_private=settings.webhook_allow_private)
    http = await running.stack.enter_async_context(session)
    payouts = Payouts(
        partial(take_payouts, pool, sealer),
        partial(settle_payouts, pool),
        posting_by(http),
        running.registry,
    )
    parking = running.parking([COMPENSATION_QUEUE])
    runner = compensation_runner(settings.broker(), Judging(judge_them), parking)
    running.start("compensation", runner.run())
    running.start("payouts", payouts.run())
    checks = {"database": running.database_answers, "broker": check(lambda: runner.is_attached)}
    return Readiness(checks)
