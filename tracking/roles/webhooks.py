"""The role `webhooks`: facts are logged for shops, and posted to them."""

from functools import partial

from consumers.topology import WEBHOOKS_QUEUE
from consumers.webhooks.parts import outgoing_session, webhook_parts, webhooks_runner
from tracking.feed import feed
from tracking.roles.running import Running, check, finish
from tracking.turns import Deliveries
from tracking.web.ops import Readiness


async def start(running: Running) -> Readiness:
    settings, pool = running.settings, running.pool
    session = outgoing_session(allow_private=settings.webhook_allow_private)
    http = await running.stack.enter_async_context(session)
    parts = webhook_parts(
        Deliveries(pool), partial(feed, pool), running.sealer, http, running.registry
    )
    runner = webhooks_runner(settings.broker(), parts.feeding, running.parking([WEBHOOKS_QUEUE]))
    running.start("webhooks", runner.run())
    running.start("sending", parts.sending.run())
    running.start("waits", parts.waits.keep_measured())
    running.stack.push_async_callback(finish, [parts.sending])
    checks = {"database": running.database_answers, "broker": check(lambda: runner.is_attached)}
    return Readiness(checks)
