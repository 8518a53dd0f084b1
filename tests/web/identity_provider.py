"""A provider of identities on loopback that does as it should, or lies as a test wants."""

import asyncio
import base64
import hashlib
import hmac
import html
import json
import secrets
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.registry import HeaderParameter

from tracking.web.deps import utc_now

CLIENT, SECRET = "klat-console", "a secret of the tests"
SKY = HeaderParameter("A member that only this provider knows", "str")
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})


@dataclass
class IdentityProvider:
    """`person` logs in at once. What a test sets is told instead of the truth."""

    now: Callable[[], datetime] = utc_now
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "248289761001",
            "email": "Anna@Help.Example",
            "email_verified": True,
        }
    )
    keys: list[Any] = field(default_factory=lambda: [KEY])
    sign_with: tuple[str, Any] = ("RS256", KEY)
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # None: left out
    header: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    instead: dict[str, Callable[[], web.StreamResponse]] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    keeps_codes: bool = False  # takes a code any number of times
    asked: list[tuple[str, str]] = field(default_factory=list)
    issuer: str = ""
    back_to: str = ""  # the site of the redirect URI, for a browser that does not know its name
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _end: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._lies])
        app.router.add_get("/.well-known/openid-configuration", self._metadata)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    async def started(self, host: str = "127.0.0.1") -> web.AppRunner:
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.issuer = f"http://{host}:{runner.addresses[0][1]}"
        return runner

    def logs_in(self, address: str) -> str:
        """Path and query with which the browser is sent back from the authorization endpoint."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?"), address
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        self.asked.append(("GET", "/authorize"))
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"

    @web.middleware
    async def _lies(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        if request.path in self.hangs:
            await self._end.wait()
        lie = self.instead.get(request.path)
        return lie() if lie else await handler(request)

    def lets_go(self) -> None:
        self._end.set()

    async def _metadata(self, _: web.Request) -> web.Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "code_challenge_methods_supported": ["plain", "S256"],
            **self.metadata,
        }
        return web.json_response({name: value for name, value in told.items() if value is not None})

    async def _authorize(self, request: web.Request) -> web.Response:
        """Another site, with a page of its own in between."""
        back = f"{self.back_to}{self.logs_in(f'{self.issuer}{request.path_qs}')}"
        page = f'<!doctype html><title>Yes</title><a href="{html.escape(back)}">It is me</a>'
        return web.Response(text=page, content_type="text/html")

    async def _keys(self, _: web.Request) -> web.Response:
        told = KeySet(self.keys).as_dict(private=False)
        return web.json_response(told)

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        asked = self._codes.get(str(form["code"]))
        if not self._is_us(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        if asked is None or not _proves(asked["code_challenge"], str(form["code_verifier"])):
            return web.json_response({"error": "invalid_grant"}, status=400)
        if asked["redirect_uri"] != form["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if not self.keeps_codes:
            del self._codes[str(form["code"])]
        token = self.id_token(asked["nonce"])
        return web.json_response(
            {"access_token": "at-1", "token_type": "Bearer", "expires_in": 60, "id_token": token}
        )

    def _is_us(self, request: web.Request, form: dict[str, Any]) -> bool:
        pair = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {pair}" or (
            form.get("client_secret") == SECRET
        )

    def id_token(self, nonce: str) -> str:
        at = int(self.now().timestamp())
        told = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": nonce,
            **(self.person if self.userinfo is None else {"sub": self.person["sub"]}),
            **self.claims,
        }
        claims = {name: value for name, value in told.items() if value is not None}
        algorithm, key = self.sign_with
        if key is None:
            return _forged(algorithm, claims)
        header = {"alg": algorithm, "kid": key.kid, **self.header}
        registry = jws.JWSRegistry({"sky": SKY}, [algorithm], strict_check_header=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # of the old name of Ed25519
            return jwt.encode(header, claims, key, registry=registry)

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer at-1"
        return web.json_response(self.userinfo)


def _proves(challenge: str, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return _base64(digest) == challenge


def _forged(algorithm: str, claims: dict[str, Any]) -> str:
    """What no library signs: with nothing, or with the public key as if it were a secret."""
    parts = ({"alg": algorithm, "kid": KEY.kid}, claims)
    said = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    seal = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{_base64(seal) if algorithm == 'HS256' else ''}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
