"""What comes back by mail: a report settles its notice; a bad address is written to no more."""

from datetime import datetime
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from consumers.notices.receipts import Settling
from consumers.notices.suppressing import Suppressing
from notifier.mail.message import identity_of
from notifier.receipts.base import Receipt
from notifier.receipts.bounce import Action, Report, read_report
from schemas.notice import NoticeState
from schemas.suppression import SuppressionReason
from tracking.mail_proof import is_proven
from tracking.sealing import Sealer

PROVIDER = "smtp"

_STATES = {Action.FAILED: NoticeState.FAILED, Action.DELIVERED: NoticeState.DELIVERED}


class Bounces:
    def __init__(
        self,
        settling: Settling,
        suppressing: Suppressing,
        sealer: Sealer,
        registry: CollectorRegistry,
    ) -> None:
        self._settling, self._suppressing, self._sealer = settling, suppressing, sealer
        self._taken = Counter(
            "klat_bounces",
            "Mails that came back, by what they report",
            ["report"],
            registry=registry,
        )

    async def take(self, raw: bytes, now: datetime) -> None:
        """Whatever mail it is. Raises StoreUnavailable."""
        report = read_report(raw)
        self._taken.labels(_kind(report)).inc()
        if report is not None:
            await self._act_on(report, now)

    async def _act_on(self, report: Report, now: datetime) -> None:
        """That somebody complains says that he has it: that is what its receipt tells."""
        state = NoticeState.DELIVERED if report.is_complaint else _state(report.action)
        if state is None:
            return
        notice = self._notice_of(report)
        failed = state is NoticeState.FAILED
        code = (report.status or "bounced") if failed else None
        receipt = Receipt(None, state, code, str(notice) if notice else None)
        (found,) = await self._settling.apply(PROVIDER, [receipt], now)
        why = _why(report)
        if found is not None and why is not None:
            await self._suppressing.suppress_notice(found, why, now)

    def _notice_of(self, report: Report) -> UUID | None:
        """None where it is of no mail of ours, whatever it says."""
        named = identity_of(report.message_id or "")
        return named.notice_id if named and is_proven(self._sealer, *named) else None


def _state(action: Action | None) -> NoticeState | None:
    """None for what is neither its end nor known: delayed, relayed, expanded."""
    return _STATES.get(action) if action is not None else None


def _why(report: Report) -> SuppressionReason | None:
    if report.is_complaint:
        return SuppressionReason.COMPLAINT
    return SuppressionReason.BAD_ADDRESS if report.is_bad_address else None


def _kind(report: Report | None) -> str:
    if report is None:
        return "none"
    return "complaint" if report.is_complaint else str(report.action)
