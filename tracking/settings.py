"""The settings of a process: environment variables with the prefix KLAT_, checked at the start."""

import base64
import binascii
import difflib
import ipaddress
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.contact import Email
from schemas.price import SegmentPrice, iso_country, iso_currency, millionths, segment_price
from schemas.retention import KeptFor, kept_for
from schemas.shop import WRITABLE
from tracking.errors import ConfigurationError
from tracking.staff.oidc.metadata import issuer
from tracking.vapid import private_key, public_key

PREFIX = "KLAT_"
_FERNET_KEY_BYTES = 32
_SUBJECT = re.compile(r"mailto:[^@\s]+@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+/?")
# As it stands in mails and pages, and begins other addresses.
_PAGE_URL = re.compile(rf"https?://(?![^?#]*[?#]){WRITABLE}+")
_SHORTEST_SECRET = 20
_CONSEQUENCE = "default_factory_not_called"  # of another fault, which has its own line


def _split_url(text: str, schemes: tuple[str, ...], *, several_hosts: bool = False) -> SplitResult:
    """The parts of an address. No error repeats it: it may hold a password."""
    try:
        parts = urlsplit(text)
        _ = several_hosts or parts.port  # reading the port checks it
    except ValueError:
        raise ValueError("is not an address") from None
    if parts.scheme not in schemes:
        raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not parts.hostname and not (several_hosts and "host" in parse_qs(parts.query)):
        raise ValueError("names no host")
    return parts


def _database_url(value: SecretStr) -> SecretStr:
    _split_url(value.get_secret_value(), ("postgresql", "postgres"), several_hosts=True)
    return value


def _amqp_url(value: SecretStr) -> SecretStr:
    _split_url(value.get_secret_value(), ("amqp", "amqps"))
    return value


def _smtp_url(value: SecretStr) -> SecretStr:
    query = parse_qs(_split_url(value.get_secret_value(), ("smtp", "smtps")).query)
    if set(query) - {"starttls"} or query.get("starttls", ["0"])[-1] not in {"0", "1"}:
        raise ValueError("knows one option: starttls=0 or starttls=1")
    return value


def _web_url(value: str) -> str:
    parts = _split_url(value, ("http", "https"))
    if not parts.hostname or parts.username or not _PAGE_URL.fullmatch(value):
        raise ValueError("must be a plain address such as https://track.example.com")
    return value.rstrip("/")


def _vapid_key(value: SecretStr) -> SecretStr:
    private_key(value.get_secret_value())
    return value


def _vapid_subject(value: str) -> str:
    if not _SUBJECT.fullmatch(value):
        raise ValueError("must be mailto: with an address, or https:// with a host and no port")
    return value.rstrip("/")


def _smpp_url(value: SecretStr) -> SecretStr:
    _split_url(value.get_secret_value(), ("smpp", "smpps"))
    return value


def _gateway_url(value: str) -> str:
    parts = _split_url(value, ("http", "https"))
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address without user, query and #; a token has its variable")
    if parts.scheme == "http" and not _is_ours(parts.hostname):
        raise ValueError("must start with https:// unless its host is private or this machine")
    return value


def _is_ours(host: str) -> bool:
    """Whether it is here, a private address, or a name that only one's own network can know."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".internal", ".localhost"))
    return address.is_loopback or address.is_private or address.is_link_local


def _signing_secret(value: SecretStr) -> SecretStr:
    """As Standard Webhooks has them."""
    prefix, _, encoded = value.get_secret_value().partition("_")
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if prefix != "whsec" or not 24 <= size <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return value


def _bearer_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text) < _SHORTEST_SECRET or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(f"must be {_SHORTEST_SECRET} or more letters, digits and signs of ASCII")
    return value


def _comma_separated(value: object) -> object:
    return (
        tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value
    )


def _encryption_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for place, key in enumerate(keys, start=1):
        if not _is_encryption_key(key.get_secret_value()):
            raise ValueError(f"key {place} is not {_FERNET_KEY_BYTES} bytes in URL-safe base64")
    return keys


def _is_encryption_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == _FERNET_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _price(entry: object) -> object:
    return segment_price(entry) if isinstance(entry, str) else entry


def _each_once(prices: tuple[SegmentPrice, ...]) -> tuple[SegmentPrice, ...]:
    twice = [country for country, count in Counter(p.country for p in prices).items() if count > 1]
    if twice:
        raise ValueError(f"names {', '.join(twice)} more than once")
    return prices


def _kept_for(entry: object) -> object:
    return kept_for(entry) if isinstance(entry, str) else entry


def _each_class_once(kept: tuple[KeptFor, ...]) -> tuple[KeptFor, ...]:
    twice = [kind for kind, count in Counter(each.kind for each in kept).items() if count > 1]
    if twice:
        raise ValueError(f"names {', '.join(twice)} more than once")
    return kept


def _millionths(value: object) -> object:
    return millionths(value) if isinstance(value, str) else value


def _local_address(known: dict[str, Any]) -> str:
    return f"http://127.0.0.1:{known.get('http_port', 8080)}"


OidcIssuer = Annotated[str, AfterValidator(issuer)]
AcrValues = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)]
Port = Annotated[int, Field(ge=1, le=65535)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
AmqpUrl = Annotated[SecretStr, AfterValidator(_amqp_url)]
SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp_url)]
VapidKey = Annotated[SecretStr, AfterValidator(_vapid_key)]
VapidSubject = Annotated[str, AfterValidator(_vapid_subject)]
SmppUrl = Annotated[SecretStr, AfterValidator(_smpp_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
GatewayUrl = Annotated[str, AfterValidator(_gateway_url)]
SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
BearerSecret = Annotated[SecretStr, AfterValidator(_bearer_secret)]
Countries = Annotated[
    tuple[Annotated[str, AfterValidator(iso_country)], ...],
    Field(min_length=1),
    NoDecode,
    BeforeValidator(_comma_separated),
]
Prices = Annotated[
    tuple[Annotated[SegmentPrice, BeforeValidator(_price)], ...],
    NoDecode,
    BeforeValidator(_comma_separated),
    AfterValidator(_each_once),
]
Retention = Annotated[
    tuple[Annotated[KeptFor, BeforeValidator(_kept_for)], ...],
    NoDecode,
    BeforeValidator(_comma_separated),
    AfterValidator(_each_class_once),
]
Currency = Annotated[str, AfterValidator(iso_currency)]
Millionths = Annotated[int, BeforeValidator(_millionths)]
Rate = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Places = Annotated[int, Field(ge=1, le=200)]
EncryptionKeys = Annotated[
    tuple[SecretStr, ...],
    NoDecode,
    BeforeValidator(_comma_separated),
    AfterValidator(_encryption_keys),
]


class Settings(BaseSettings):
    """Everything that can be set; a field `x` is the variable KLAT_X."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    database_url: DatabaseUrl | None = None
    amqp_url: AmqpUrl | None = None
    data_dir: Path = Path(".klat")
    http_port: Port = 8080
    ops_port: Port = 9090
    public_url: WebUrl = Field(default_factory=_local_address)
    log_format: Literal["json", "console"] | None = None  # None: console on a terminal, else json
    secret_keys: EncryptionKeys = ()  # newest first
    ingest_queues: int = Field(default=1, ge=1, le=256)
    smtp_url: SmtpUrl | None = None
    mail_from: Email | None = None
    mail_callback_secret: BearerSecret | None = None
    sms_provider: Literal["none", "twilio", "smpp", "http"] = "none"
    sms_url: GatewayUrl | None = None
    sms_token: SecretStr | None = None
    sms_from: str | None = None
    sms_idempotent: int = Field(default=0, ge=0, le=1)
    sms_callback_secret: SigningSecret | None = None
    smpp_url: SmppUrl | None = None
    sms_countries: Countries = ("LV", "LT", "EE")
    sms_prices: Prices = ()  # of one segment
    sms_currency: Currency = "EUR"
    sms_daily_cap: Millionths | None = None  # of all shops together
    sms_alike: int = Field(default=20, ge=0, le=1_000_000)  # parcels an hour; 0: any number
    sms_rate: Rate = 30.0  # a second, of this process
    sms_concurrency: Places = 20
    mail_rate: Rate = 30.0
    mail_concurrency: Places = 2
    twilio_api_url: WebUrl = "https://api.twilio.com"
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    demo: bool = False  # never in production: everybody may read every message
    webhook_allow_private: bool = False  # http, and addresses that are not on the internet
    vapid_private_key: VapidKey | None = None
    vapid_subject: VapidSubject | None = None
    retention: Retention = ()  # of classes of data, where it is not that of the release
    oidc_issuer: OidcIssuer | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None  # None: PKCE alone
    oidc_name: str | None = Field(default=None, max_length=40)  # as people know it
    oidc_acr: AcrValues = ()  # that stand for two factors
    password_login: bool = True  # of people in the console

    def database(self) -> str:
        """The address of PostgreSQL, password included."""
        return _required(self.database_url, "DATABASE_URL", self.data_dir)

    def broker(self) -> str:
        """The address of RabbitMQ, password included."""
        return _required(self.amqp_url, "AMQP_URL", self.data_dir)

    def keys(self) -> list[str]:
        """The keys that seal secrets at rest, the newest first."""
        if not self.secret_keys:
            raise ConfigurationError(f"{PREFIX}SECRET_KEYS: is not set; secrets cannot be sealed")
        return [key.get_secret_value() for key in self.secret_keys]

    def push_key(self) -> str | None:
        """The public half of the VAPID key, for browsers; None: nobody can subscribe."""
        if self.vapid_private_key is None:
            return None
        return public_key(private_key(self.vapid_private_key.get_secret_value()))

    def push_contact(self) -> str:
        """Whom a push service turns to: RFC 8292 wants a mailto: or an https: address."""
        if self.vapid_subject is not None:
            return self.vapid_subject
        if self.mail_from is not None:
            return f"mailto:{self.mail_from}"
        host = urlsplit(self.public_url).hostname
        return (
            self.public_url if _SUBJECT.fullmatch(self.public_url) else f"mailto:postmaster@{host}"
        )

    def with_data_dir(self, data_dir: Path | None) -> Self:
        """The same settings for the folder named on the command line, if one was."""
        return self if data_dir is None else self.model_copy(update={"data_dir": data_dir})


def _required(value: SecretStr | None, variable: str, data_dir: Path) -> str:
    if value is None:
        raise ConfigurationError(
            f"{PREFIX}{variable}: is not set, and {data_dir} holds no stack started by `klat up`"
        )
    return value.get_secret_value()


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process, or a ConfigurationError with one line per fault."""
    faults = _unknown_variables(os.environ)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults += [_fault(detail) for detail in error.errors() if detail["type"] != _CONSEQUENCE]
    if faults:
        raise ConfigurationError("\n".join(faults)) from None
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = [name.upper() for name in Settings.model_fields]
    given = sorted(name for name in environment if name.upper().startswith(PREFIX))
    return [_unknown(name, known) for name in given if name.removeprefix(PREFIX) not in known]


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), known, n=1)
    return f"{name}: unknown variable" + (f", did you mean {PREFIX}{near[0]}?" if near else "")


def _fault(detail: ErrorDetails) -> str:
    variable = PREFIX + str(detail["loc"][0]).upper()
    return f"{variable}: {detail['msg'].removeprefix('Value error, ')}"
