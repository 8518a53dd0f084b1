"""The provider that the settings name."""

from typing import Final

from tracking.errors import ConfigurationError
from tracking.settings import PREFIX, Settings
from tracking.staff.oidc.provider import Client

CALLBACK: Final = "/support/oidc/callback"
_NEEDS: Final = f"{PREFIX}{{}}: is not set, and {PREFIX}{{}} needs it"


def client_of(settings: Settings) -> Client | None:
    """None: nobody logs in by one. Raises ConfigurationError."""
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None:
        if not settings.password_login:
            raise ConfigurationError(_NEEDS.format("OIDC_ISSUER", "PASSWORD_LOGIN=false"))
        return None
    if settings.oidc_client_id is None:
        raise ConfigurationError(_NEEDS.format("OIDC_CLIENT_ID", "OIDC_ISSUER"))
    return Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=secret.get_secret_value() if secret else None,
        redirect_uri=settings.public_url + CALLBACK,
        acr_values=settings.oidc_acr,
    )
