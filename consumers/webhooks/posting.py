"""A claimed delivery becomes a signed post."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from notifier.channels.webhook import Failure, Reply
from notifier.signature import signed_headers
from schemas.webhook import event_of_test
from tracking.sealing import SealBroken, Sealer
from tracking.store.deliveries import Claimed, Target
from tracking.webhooks import secret_context

log = structlog.get_logger()

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Reply]]


class Posting:
    """`post` takes an address, a body and headers, and never raises for the other side."""

    def __init__(self, post: Post, sealer: Sealer) -> None:
        self._post, self._sealer = post, sealer

    async def post(self, claimed: Claimed, at: datetime) -> Reply:
        try:
            body = _body(claimed)
            if body is None:
                return Reply(failure=Failure.NOT_KEPT)
            secrets = self._secrets(claimed.target, at)
            headers = signed_headers(str(claimed.delivery_id), at, body, secrets)
            return await self._post(claimed.target.url, body, headers)
        except SealBroken:
            log.warning("webhook.sealed_with_another_key", webhook_id=claimed.target.webhook_id)
        except Exception as error:
            log.exception("webhook.not_posted", error_type=type(error).__name__)
        return Reply(failure=Failure.FAULT)

    def _secrets(self, target: Target, at: datetime) -> list[str]:
        sealed = [target.secret]
        if target.previous_secret and target.previous_until and target.previous_until > at:
            sealed.append(target.previous_secret)
        context = secret_context(target.webhook_id)
        return [self._sealer.open_text(each, context) for each in sealed]


def _body(claimed: Claimed) -> bytes | None:
    if claimed.position is None:
        created_at = claimed.created_at
        return event_of_test(claimed.target.webhook_id, claimed.delivery_id, created_at).encode()
    return claimed.body.encode() if claimed.body is not None else None
