"""What is asked of a provider, and what the browser keeps meanwhile. Pure.

State, nonce and PKCE verifier (RFC 7636) are random for each log-in and stand, sealed, in a cookie
of the browser that began: an answer that another browser brings leads nowhere.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from tracking.errors import KlatError
from tracking.sealing import Sealer
from tracking.staff.oidc.metadata import Metadata

VALID: Final = timedelta(minutes=10)
LONGEST_CODE: Final = 4096  # characters
_CONTEXT: Final = "oidc"


class Started(NamedTuple):
    """A log-in that waits for the provider. `until` in whole seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    until: int


class NotAnswered(KlatError):  # noqa: N818 - named for what did not come
    """What came back is no answer to what this browser asked."""


class Denied(KlatError):  # noqa: N818 - named for what the provider did
    """The provider, or the person there, did not want to."""


def start(now: datetime) -> Started:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Started(state, nonce, verifier, int((now + VALID).timestamp()))


def authorization_url(
    provider: Metadata,
    client_id: str,
    redirect_uri: str,
    started: Started,
    acr_values: Sequence[str] = (),
) -> str:
    """Where the browser is sent: OpenID Connect Core 3.1.2.1."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email",
        "state": started.state,
        "nonce": started.nonce,
        "code_challenge": challenge(started.verifier),
        "code_challenge_method": "S256",
        **({"acr_values": " ".join(acr_values)} if acr_values else {}),
    }
    joint = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"


def challenge(verifier: str) -> str:
    """S256 of RFC 7636, 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def sealed(started: Started, sealer: Sealer) -> str:
    return sealer.seal_text(json.dumps(started), _CONTEXT)


def opened(cookie: str, sealer: Sealer, now: datetime) -> Started:
    """Raises NotAnswered: it is not ours, or too old."""
    try:
        started = Started(*json.loads(sealer.open_text(cookie, _CONTEXT)))
    except (KlatError, ValueError):
        raise NotAnswered from None
    if datetime.fromtimestamp(started.until, UTC) <= now:
        raise NotAnswered
    return started


def code_of(answer: Mapping[str, str], started: Started, provider: Metadata) -> str:
    """The code that the provider sent back by the browser (RFC 6749 4.1.2, RFC 9207).

    Raises NotAnswered where it is not for this log-in or of another provider, Denied.
    """
    state = answer.get("state", "").encode(errors="replace")
    if not hmac.compare_digest(state, started.state.encode()):
        raise NotAnswered
    said = answer.get("iss")
    if said != provider.issuer and (said is not None or provider.says_issuer):
        raise NotAnswered
    if "error" in answer:
        raise Denied
    code = answer.get("code", "")
    if not 0 < len(code) <= LONGEST_CODE:
        raise NotAnswered
    return code
