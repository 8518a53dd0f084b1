"""Logs: JSON lines on stdout, `event` a stable name, nothing personal in any field."""

import logging
import re
import sys
from collections.abc import Mapping
from datetime import date, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tracking.failures import describe

HIDDEN = "[hidden]"

# Text leaves only in these fields: names and ids that we or the operator chose, never a person's
# or a courier's words. Numbers, instants, enums and UUIDs leave in any field not denied below.
_TEXT_FIELDS = frozenset(
    """
    event level logger timestamp message exception exc_type error error_type reason
    role child task rule factor service source consumer queue exchange routing_key vhost host node
    signal version
    carrier status previous_status handover outcome state kind fact type channel provider
    request_id trace_id span_id message_id shipment_id scan_key tenant_id key_id quarantine_id
    parked_id migration query table constraint sqlstate
    method route scheme path_template media_type language format
    """.split()  # noqa: SIM905 - a block of words reads better than a column of quotes
)

# A field with one of these words in its name never leaves, whatever its type.
_DENIED_WORDS = frozenset(
    """
    phone email mail name recipient sender buyer address street postcode postal city
    code pin token secret password passwd authorization cookie key keys
    body payload raw url uri dsn link text subject description signed signature
    """.split()  # noqa: SIM905 - the same
)
_HARMLESS = frozenset({"key_id", "scan_key", "routing_key", "exit_code", "status_code"})

_SCRUBS = (
    # PostgreSQL and pydantic quote the value they refuse.
    (re.compile(r"(?s)\b(DETAIL|CONTEXT|HINT):.*?(?=\n\n|\Z)"), rf"\1: {HIDDEN}"),
    (re.compile(r"(?s)(input_value=).*?(?=, input_type=)"), rf"\1{HIDDEN}"),
    # asyncio shows the exception of a task that nobody asked.
    (re.compile(r"(?s)(\bexception=[\w.]+)\(.*"), rf"\1 {HIDDEN}"),
    (re.compile(r"(/(?:t|stop)/)[^/\s?#\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\w+://)[^/@\s]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
    (re.compile(r"\bklat_[a-z]+_[A-Za-z0-9_]{8,}"), HIDDEN),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), HIDDEN),  # with it webhooks are signed
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?<![\w.:-])\+?\d[\d ()-]{6,}\d(?![\w.:-])"), HIDDEN),  # a phone number
    (re.compile(r"([?&][^=&\s]+=)[^&\s]+"), rf"\1{HIDDEN}"),
)
_MAX_TEXT = 4000

# What no scrub could find anything in: nearly every text, and ten searches cost more than the rest.
_BLAMELESS = re.compile(r"(?!.*(?:/t/|/stop/|klat_|whsec_))[A-Za-z_./{}-]{1,64}")

# A lost broker is our own event; theirs are a traceback for every try to connect.
_QUIETER = {
    "aiormq": logging.CRITICAL,
    "aio_pika": logging.CRITICAL,
    "aiohttp.access": logging.WARNING,
    "asyncio": logging.WARNING,
}


def configure_logging(log_format: Literal["json", "console"] | None, **context: str) -> None:
    """Send structlog and the libraries' loggers to stdout, `context` (role=...) on every line."""
    structlog.contextvars.bind_contextvars(**context)
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_formatter(log_format or _preferred_format()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    quieten()


def quieten() -> None:
    """Libraries leave it to us to say what they say at each try."""
    for library, level in _QUIETER.items():
        logging.getLogger(library).setLevel(level)


def _preferred_format() -> Literal["json", "console"]:
    return "console" if sys.stdout.isatty() else "json"


def _formatter(log_format: Literal["json", "console"]) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(timestamp_key="timestamp", pad_event_to=24)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_name_foreign_event, *_SHARED],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def _name_foreign_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A library's sentence is no stable name: its logger becomes the event."""
    event["message"] = event["event"]
    event["event"] = event["_record"].name
    return event


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Only fields known to be harmless leave the process."""
    return {key: value if key in _INTERNAL else safe(key, value) for key, value in event.items()}


def safe(key: str, value: Any) -> Any:
    """The value as it may be logged under this key."""
    if key not in _HARMLESS and _DENIED_WORDS.intersection(key.lower().split("_")):
        return HIDDEN
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | PurePath):
        return scrub(str(value)) if key in _TEXT_FIELDS else HIDDEN
    if isinstance(value, Mapping):
        return {str(part): safe(str(part), item) for part, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [safe(key, item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | timedelta) else f"<{type(value).__name__}>"


def scrub(text: str) -> str:
    """The text without what looks like a contact, a token or a credential."""
    if _BLAMELESS.fullmatch(text):
        return text
    for pattern, replacement in _SCRUBS:
        text = pattern.sub(replacement, text)
    return text[:_MAX_TEXT]


_INTERNAL = frozenset({"_record", "_from_structlog", "timestamp"})  # ours, whoever gave one
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
    structlog.processors.ExceptionRenderer(describe),
    redact,
)
# One list for ever: a logger that was used before keeps it, and must not miss what changes in it.
_PROCESSORS: list[Processor] = [*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
