"""Receipts: a provider's callback, proven, held against its notice."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from notifier.receipts import twilio
from notifier.receipts.base import Receipt, settled
from schemas.notice import NoticeState
from tracking.settings import Settings
from tracking.store.receipts import Receipts, Settled, Told

log = structlog.get_logger()

CALLBACK = "/callbacks/twilio"

Redecide = Callable[[Mapping[UUID, str], datetime], Awaitable[None]]


class ReceiptMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.taken = Counter(
            "klat_receipts",
            "Providers' receipts: the state they tell, or unknown: of no notice of ours",
            ["provider", "state"],
            registry=registry,
        )


class Callbacks:
    """What the web hands over. `redecide` looks for another way after a failure."""

    def __init__(
        self, receipts: Receipts, settings: Settings, redecide: Redecide, metrics: ReceiptMetrics
    ) -> None:
        self._receipts, self._redecide, self._metrics = receipts, redecide, metrics
        token = settings.twilio_auth_token
        self._token = token.get_secret_value() if token else ""
        self._public_url = settings.public_url

    async def take(self, target: str, signature: str, body: bytes, now: datetime) -> bool:
        """A callback of Twilio. `target` is path and query as they came; False: not proven.

        Raises StoreUnavailable.
        """
        form = twilio.read_form(body)
        if not twilio.is_twilios(f"{self._public_url}{target}", form, signature, self._token):
            return False
        receipt = twilio.receipt(form, _reference(target))
        if receipt is not None:
            await self._apply("twilio", receipt, now)
        return True

    async def _apply(self, provider: str, receipt: Receipt, now: datetime) -> None:
        told = Told(provider, receipt.provider_id, _uuid(receipt.reference), receipt.code)
        found = await self._receipts.apply(told, partial(_after, receipt.state), now)
        state = receipt.state if found else "unknown"
        self._metrics.taken.labels(provider, state).inc()
        if found is None:
            log.warning("receipt.unknown", provider=provider)
        elif found.after is not found.before:
            await self._settled(found, receipt, now)

    async def _settled(self, found: Settled, receipt: Receipt, now: datetime) -> None:
        log.info(
            "receipt.settled",
            message_id=found.notice_id,
            shipment_id=found.shipment_id,
            state=found.after,
            reason=receipt.code,
        )
        if found.after is NoticeState.FAILED:
            await self._redecide({found.shipment_id: f"failed:{found.notice_id}"}, now)


def _after(told: NoticeState, now_state: NoticeState) -> NoticeState:
    return settled(now_state, told)


def _reference(target: str) -> str | None:
    return next(iter(parse_qs(urlsplit(target).query).get("reference", [])), None)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
