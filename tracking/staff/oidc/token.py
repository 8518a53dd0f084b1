"""Whether an ID token holds, and what it says (OpenID Connect Core 1.0, 3.1.3.7). Pure."""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from tracking.errors import KlatError

ALGORITHMS: Final = ("RS256", "ES256", "Ed25519", "EdDSA")
"""Those of a key pair: what a client secret or nothing signs is refused, whatever it says."""
SKEW: Final = 120  # seconds by which the clock of a provider may be off
_SHORTEST_RSA: Final = 2048  # bits
_LONGEST: Final = {"sub": 255, "email": 254}  # characters
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})  # and no secrets
_MOST_KEYS: Final = 50
# Other members of a header are to be ignored where `crit` does not name them (RFC 7515, 4.1.11).
_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_TWO_FACTORS: Final = "mfa"  # RFC 8176


class TokenRefused(KlatError):  # noqa: N818 - named for what was done
    """The ID token does not hold."""


class UnknownKey(TokenRefused):
    """No key of the provider that we know signed this: it may have a new one."""


class Expected(NamedTuple):
    """`acr_values`: classes of authentication that stand for two factors."""

    issuer: str
    client_id: str
    nonce: str
    acr_values: Sequence[str] = ()


class Identity(NamedTuple):
    """Who the provider says it is. `email` None: it vouches for none."""

    issuer: str
    subject: str
    email: str | None
    is_two_factors: bool


def keys_of(document: Mapping[str, Any]) -> KeySet:
    """The public keys of a JWK set, of the kinds that we take.

    Raises ValueError where there are none.
    """
    told = document.get("keys")
    if not isinstance(told, list):
        raise ValueError("no JWK set")  # noqa: TRY004 - of the document, not of an argument
    found = [key for each in told[:_MOST_KEYS] if (key := _key(each)) is not None]
    if not found:
        raise ValueError("no key that can be used")
    return KeySet(found)


def _key(told: object) -> Key | None:
    if not isinstance(told, dict) or str(told.get("kty")) not in _KINDS:
        return None
    with warnings.catch_warnings(), suppress(JoseError, ValueError, KeyError, TypeError):
        warnings.simplefilter("ignore", SecurityWarning)
        key = JWKRegistry.import_key(told)
        is_short = isinstance(key, RSAKey) and key.public_key.key_size < _SHORTEST_RSA
        return None if is_short or key.get("use") == "enc" else key
    return None


def claims_of(token: str, keys: KeySet, expected: Expected, now: datetime) -> dict[str, Any]:
    """Raises UnknownKey, TokenRefused."""
    try:
        with warnings.catch_warnings():
            # RFC 9864 calls it Ed25519; providers that say EdDSA mean the same.
            warnings.simplefilter("ignore", SecurityWarning)
            claims = jwt.decode(token, keys, registry=_REGISTRY).claims
        _registry(expected, now).validate(claims)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise TokenRefused from None
    if not _is_for(expected.client_id, claims):
        raise TokenRefused
    return claims


def _registry(expected: Expected, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _is_for(client_id: str, claims: Mapping[str, Any]) -> bool:
    """Of several audiences the authorised party is named, and is us; a nonce is one text."""
    audience, party = claims["aud"], claims.get("azp")
    is_alone = isinstance(audience, str) or len(audience) == 1
    return (
        (is_alone if party is None else party == client_id)
        and isinstance(claims["nonce"], str)
        and isinstance(claims["iss"], str)
        and len(claims["sub"]) <= _LONGEST["sub"]
    )


def identity_of(claims: Mapping[str, Any], more: Mapping[str, Any], expected: Expected) -> Identity:
    """`more`: what the provider says beside the token, of the same subject."""
    said, methods = {**more, **claims}, claims.get("amr")
    by_method = isinstance(methods, list) and _TWO_FACTORS in methods
    return Identity(
        issuer=expected.issuer,
        subject=claims["sub"],
        email=_email(said),
        is_two_factors=by_method or claims.get("acr") in expected.acr_values,
    )


def _email(said: Mapping[str, Any]) -> str | None:
    """Some providers write the truth as text."""
    email, is_verified = said.get("email"), said.get("email_verified")
    if not isinstance(email, str) or len(email) > _LONGEST["email"]:
        return None
    return email if is_verified is True or is_verified == "true" else None
