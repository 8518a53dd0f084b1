"""What leaves the process in a log line, and what never does."""

import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest
import structlog

from schemas.status import Status
from tracking.errors import StartError
from tracking.failures import describe
from tracking.logs import HIDDEN, configure_logging, safe, scrub

SHIPMENT = UUID("0189d0a4-0000-7000-8000-000000000001")


@pytest.fixture
def _restored_logging():
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_restored_logging")
def test_a_line_is_json_with_a_stable_event_and_utc_time(capsys):
    configure_logging("json", role="ingest")
    structlog.get_logger().info("shipment.applied", shipment_id=SHIPMENT, phone="+37120000000")
    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "shipment.applied",
        "level": "info",
        "role": "ingest",
        "shipment_id": str(SHIPMENT),
        "phone": HIDDEN,
    }


@pytest.mark.usefixtures("_restored_logging")
def test_a_library_speaks_under_the_name_of_its_logger(capsys):
    configure_logging("json", role="ingest")
    logging.getLogger("aiohttp.server").error("lost %s", "amqp://klat:hunter2@mq:5672/klat")
    line = json.loads(capsys.readouterr().out)
    assert line["event"] == "aiohttp.server"
    assert line["message"] == f"lost amqp://{HIDDEN}@mq:5672/klat"


@pytest.mark.usefixtures("_restored_logging")
def test_the_values_a_driver_quotes_stay_out_of_a_traceback(capsys):
    configure_logging("json", role="ingest")
    refused = ValueError("duplicate key\nDETAIL:  Key (name)=(Anna Kalniņa) already exists.")
    structlog.get_logger().error("role.crashed", exc_info=refused)
    line = json.loads(capsys.readouterr().out)
    assert line["exception"] == "ValueError"


def _read_weight() -> None:
    {}[float("Jānis Bērziņš, Brīvības 5")]


def _raised(work):
    try:
        work()
    except Exception as error:  # noqa: BLE001 - any will do
        return error


@pytest.mark.usefixtures("_restored_logging")
def test_an_exception_leaves_with_its_frames_but_not_with_what_it_quotes(capsys):
    configure_logging("json", role="ingest")
    error = _raised(_read_weight)
    structlog.get_logger().error("role.crashed", exc_info=error)
    logging.getLogger("aiohttp.server").error("failed", exc_info=error)
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        what, where = line["exception"].splitlines()[:2]
        assert what == "ValueError"
        assert where.endswith(" in _read_weight")
        assert f"{__file__}:" in where
        assert "Jānis" not in json.dumps(line, ensure_ascii=False)


def test_a_chain_and_a_group_are_told_the_same_way():
    cause = KeyError("Jānis Bērziņš")
    group = ExceptionGroup("Brīvības 5", [cause, StartError("PostgreSQL did not start")])
    group.__cause__ = cause
    told = describe((type(group), group, None)).splitlines()
    assert told == [
        "ExceptionGroup",
        "one of them KeyError",
        "one of them StartError: PostgreSQL did not start",
        "caused by KeyError",
    ]


@pytest.mark.parametrize(
    ("key", "value", "logged"),
    [
        ("carrier", "omniva", "omniva"),
        ("status", Status.DELIVERED, "delivered"),
        ("count", 7, 7),
        ("due", datetime(2026, 11, 20, 14, 3, tzinfo=UTC), "2026-11-20T14:03:00+00:00"),
        ("reason", "inequivalent arg 'durable'", "inequivalent arg 'durable'"),
        ("anything", "Anna Kalniņa", HIDDEN),
        ("pickup_code", 123456, HIDDEN),
        ("recipient", {"status": "new"}, HIDDEN),
        ("type", {"status": "new", "city": "Rīga"}, {"status": "new", "city": HIDDEN}),
        ("carrier", ["omniva", b"\x00"], ["omniva", "<bytes>"]),
        ("scan", object(), "<object>"),
    ],
)
def test_only_harmless_fields_leave(key, value, logged):
    assert safe(key, value) == logged


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("GET /t/Wn3vYk2mQp4xRt6zBd8fHj 200", f"GET /t/{HIDDEN} 200"),
        ("GET /stop/AAECAwQFBgcICQoL-_xyz?saved 303", f"GET /stop/{HIDDEN}?saved 303"),
        ("/stop/QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", f"/stop/{HIDDEN}"),
        ("https://t.example/stop/abc", f"https://t.example/stop/{HIDDEN}"),
        ("call +371 2000 0000 now", f"call {HIDDEN} now"),
        ("mail anna.k@example.com", f"mail {HIDDEN}"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("key klat_live_0123456789abcdef_abc123", f"key {HIDDEN}"),
        ("whsec_abcdefghijklmnop", HIDDEN),
        ("signs with whsec_MfKQ9r8G/YqrTwjUPD8ILPZIo2Lae+w= now", f"signs with {HIDDEN} now"),
        ("/v1/search?q=Anna&x=1", f"/v1/search?q={HIDDEN}&x={HIDDEN}"),
        ("at 2026-11-22T06:47:52.123456Z port 5672", "at 2026-11-22T06:47:52.123456Z port 5672"),
        (
            "future: <Task exception=ValueError('no float: Jānis (x)')>",
            f"future: <Task exception=ValueError {HIDDEN}",
        ),
        (f"shipment {SHIPMENT}", f"shipment {SHIPMENT}"),
    ],
)
def test_text_is_scrubbed_of_contacts_and_credentials(text, scrubbed):
    assert scrub(text) == scrubbed
