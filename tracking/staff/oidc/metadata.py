"""What a provider says of itself: OpenID Connect Discovery 1.0, RFC 8414. Pure."""

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_CHALLENGE: Final = "S256"


def secure_address(text: str) -> str:
    """https, or http on this very machine. Raises ValueError that does not repeat it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if not parts.hostname or "@" in parts.netloc or parts.fragment or not text.isprintable():
        raise ValueError("must be an address without user and #")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
        raise ValueError("must start with https://")
    return text


def issuer(text: str) -> str:
    """The same without a query, kept letter by letter: it is compared so. Raises ValueError."""
    if "?" in text:
        raise ValueError("must be an address without a query")
    return secure_address(text)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Address = Annotated[str, AfterValidator(secure_address)]


class Metadata(BaseModel):
    """Of the document only what is used; the rest is nothing to us."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    userinfo_endpoint: Address | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    code_challenge_methods_supported: list[str] | None = None
    says_issuer: bool = Field(default=False, alias="authorization_response_iss_parameter_supported")

    @property
    def knows_pkce(self) -> bool:
        """Some that do know it do not say so."""
        said = self.code_challenge_methods_supported
        return said is None or _CHALLENGE in said
