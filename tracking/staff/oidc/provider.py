"""The provider, over the network: its metadata, its keys, and the exchange of a code for a token.

It is the operator's, and yet nothing it says is believed beyond need: no redirect is followed,
answers are bounded in time and size, keys that nobody knows are asked for once a minute.
"""

import asyncio
import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
import structlog
from joserfc.jwk import KeySet
from pydantic import ValidationError

from tracking.errors import KlatError
from tracking.staff.oidc.metadata import WELL_KNOWN, Metadata
from tracking.staff.oidc.request import Started
from tracking.staff.oidc.token import (
    Expected,
    Identity,
    TokenRefused,
    UnknownKey,
    claims_of,
    identity_of,
    keys_of,
)

log = structlog.get_logger()

PATIENCE: Final = 3.0  # seconds for one answer; three of them are less than a page may take
LARGEST: Final = 256 * 1024  # bytes of an answer
_KEPT: Final = timedelta(hours=1)
_PAUSE: Final = timedelta(minutes=1)  # between two looks for a key that nobody knows
_AT_ONCE: Final = 8
# RFC 6749, 5.2: what a token endpoint may answer. Anything else it says is not repeated.
_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)


class ProviderFailed(KlatError):  # noqa: N818 - named for what it did
    """The provider did not answer, or said what cannot be used."""


@dataclass(frozen=True, slots=True)
class Client:
    """How we are known there. `secret` None: PKCE alone proves that the code is ours."""

    issuer: str
    client_id: str
    secret: str | None
    redirect_uri: str
    acr_values: tuple[str, ...] = ()


class Provider:
    """Raises ProviderFailed, as all that asks it."""

    def __init__(
        self, client: Client, session: aiohttp.ClientSession, patience: float = PATIENCE
    ) -> None:
        self.client, self.patience = client, patience
        self._session = session
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None
        self._one, self._places = asyncio.Lock(), asyncio.Semaphore(_AT_ONCE)

    async def metadata(self, now: datetime) -> Metadata:
        """Asked for once an hour."""
        async with self._one:
            if self._metadata is None or now - self._metadata[1] >= _KEPT:
                told = await self._json("GET", self.client.issuer.rstrip("/") + WELL_KNOWN)
                self._metadata = self._read(told), now
            return self._metadata[0]

    async def identity(self, code: str, started: Started, now: datetime) -> Identity:
        """Who it was that came back with this code. Raises TokenRefused besides."""
        provider = await self.metadata(now)
        client = self.client
        expected = Expected(client.issuer, client.client_id, started.nonce, client.acr_values)
        told = await self._exchange(provider, code, started)
        claims = await self._claims(provider, str(told.get("id_token")), expected, now)
        more = await self._more(provider, claims, told.get("access_token"))
        return identity_of(claims, more, expected)

    def _read(self, told: dict[str, Any]) -> Metadata:
        try:
            metadata = Metadata.model_validate(told)
        except ValidationError:
            raise _failed("metadata") from None
        if metadata.issuer != self.client.issuer:
            raise _failed("issuer")
        if not metadata.knows_pkce:
            raise _failed("pkce")
        return metadata

    async def _exchange(self, provider: Metadata, code: str, started: Started) -> dict[str, Any]:
        """RFC 6749, 4.1.3."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "client_id": self.client.client_id,
            "code_verifier": started.verifier,
        }
        headers, secret = {}, self.client.secret
        if secret is not None and _takes_basic(provider):
            headers["Authorization"] = _basic(self.client.client_id, secret)
        elif secret is not None:
            form["client_secret"] = secret
        return await self._json("POST", provider.token_endpoint, data=form, headers=headers)

    async def _claims(
        self, provider: Metadata, token: str, expected: Expected, now: datetime
    ) -> dict[str, Any]:
        try:
            return claims_of(token, await self._key_set(provider, now, _KEPT), expected, now)
        except UnknownKey:
            return claims_of(token, await self._key_set(provider, now, _PAUSE), expected, now)

    async def _key_set(self, provider: Metadata, now: datetime, kept: timedelta) -> KeySet:
        """At most so old."""
        async with self._one:
            if self._keys is None or now - self._keys[1] >= kept:
                told = await self._json("GET", provider.jwks_uri)
                try:
                    self._keys = keys_of(told), now
                except ValueError:
                    raise _failed("keys") from None
            return self._keys[0]

    async def _more(
        self, provider: Metadata, claims: dict[str, Any], access: object
    ) -> dict[str, Any]:
        """The e-mail stands in the token, or is told to who has the other one (Core, 5.3, 5.4)."""
        if "email" in claims or not provider.userinfo_endpoint or not isinstance(access, str):
            return {}
        if not access.isascii() or not access.isprintable():
            raise _failed("token")
        told = await self._json(
            "GET", provider.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"}
        )
        if told.get("sub") != claims["sub"]:
            raise TokenRefused
        return {name: told[name] for name in ("email", "email_verified") if name in told}

    async def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            async with (
                asyncio.timeout(self.patience),
                self._places,
                self._session.request(method, url, allow_redirects=False, **options) as answer,
            ):
                body = await _bounded(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise _failed("unreachable") from None
        said = _document(body)
        if answer.status != 200:
            error = said.get("error") if said else None
            raise _failed(error if error in _ERRORS else f"http_{answer.status}")
        if said is None:
            raise _failed("no_json")
        return said


def new_session() -> aiohttp.ClientSession:
    """No proxy of the environment, no cookies; compressed answers stay so, that none can swell."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": "klat", "Accept": "application/json"},
        skip_auto_headers=("Accept-Encoding",),
    )


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(16 * 1024):
        body += part
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _takes_basic(provider: Metadata) -> bool:
    methods = provider.token_endpoint_auth_methods_supported
    return "client_secret_basic" in methods or "client_secret_post" not in methods


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _failed(reason: str) -> ProviderFailed:
    """Said once where it is found: the operator has to know which part is wrong."""
    log.warning("oidc.failed", reason=reason)
    return ProviderFailed()
