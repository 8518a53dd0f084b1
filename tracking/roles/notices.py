"""The role `notices`: what shoppers are told is decided, and handed over."""

from consumers.notices.centre import Centre
from consumers.notices.limits import limits_of
from consumers.notices.parts import notice_parts, notices_runner
from consumers.notices.receipts import ReceiptMetrics, Settling
from consumers.notices.replies import Replies
from consumers.notices.unanswered import Unanswered
from consumers.notices.ways import open_sessions, refuse_incomplete, smpp_of, ways_of
from consumers.topology import NOTICES_QUEUE
from tracking.inbox import InboxKeeper
from tracking.links import LinkMaker
from tracking.roles.running import Closing, Running, check, finish, take_leave
from tracking.settings import Settings
from tracking.spend import SpendAlerts
from tracking.store.notices import Notices
from tracking.store.receipts import Receipts
from tracking.web.ops import Readiness
from tracking.words.catalog import read_languages


def check_settings(settings: Settings) -> None:
    """Those that depend on each other. Raises ConfigurationError."""
    refuse_incomplete(settings)
    smpp_of(settings)
    limits_of(settings)


async def start(running: Running) -> Readiness:
    settings, sealer, registry = running.settings, running.sealer, running.registry
    read_languages()
    sessions = open_sessions()
    for session in sessions:
        await running.stack.enter_async_context(session)
    smpp = smpp_of(settings)
    ways = ways_of(settings, sessions, InboxKeeper(running.pool, sealer).keep, smpp)
    leaving: list[Closing] = [*ways]
    running.stack.push_async_callback(take_leave, leaving)
    suppressing = running.suppressing()
    links = LinkMaker(running.pool, sealer)
    parts = notice_parts(
        Notices(running.pool),
        sealer,
        ways,
        links.issue,
        suppressing,
        registry,
        settings,
    )
    settling = Settling(Receipts(running.pool), parts.deciding.decide, ReceiptMetrics(registry))
    unanswered = Unanswered(Notices(running.pool), parts.deciding)
    running.start("unanswered", unanswered.keep_answering())
    running.start("early_receipts", settling.keep_early_settled())
    if smpp is not None:
        centre = Centre(smpp, settling, Replies(suppressing, registry), registry)
        running.start("smpp", centre.run())
        leaving.append(centre)
    runner = notices_runner(settings.broker(), parts.deciding, running.parking([NOTICES_QUEUE]))
    running.start("notices", runner.run())
    running.start("spend_alerts", SpendAlerts(running.pool, registry).keep_measured())
    running.start("upkeep", parts.upkeep.run())
    for sending in parts.sending:
        running.start(f"sending_{sending.channel}", sending.run())
    running.stack.push_async_callback(finish, parts.sending)
    checks = {"database": running.database_answers, "broker": check(lambda: runner.is_attached)}
    return Readiness(checks)
