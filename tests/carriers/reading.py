"""Reading the samples of a carrier, and telling what came out."""

from datetime import UTC, datetime
from pathlib import Path

from schemas.scan import Scan, scan_key
from schemas.shipment import ShipmentState
from schemas.status import Handover, Reason, Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext, Parsed
from tracking.domain.order import Received
from tracking.domain.shipment import fold

SAMPLES = Path(__file__).parent / "samples"
RECEIVED = datetime(2026, 12, 24, 12, tzinfo=UTC)

Said = tuple[Status | None, Reason | None, Handover | None]


def sample(carrier: str, name: str) -> bytes:
    return (SAMPLES / carrier / name).read_bytes()


def read(carrier: str, name: str, number: str | None = None) -> Parsed:
    context = ParseContext(tracking_number=number)
    return CARRIERS[carrier].parse(sample(carrier, name), context)


def said(scan: Scan) -> Said:
    return (scan.status, scan.reason, scan.handover)


def by_code(parsed: Parsed) -> dict[str | None, Scan]:
    return {scan.code: scan for scan in parsed.scans}


def state_of(scans: list[Scan]) -> ShipmentState:
    return fold([Received(scan, scan_key(scan), RECEIVED) for scan in scans]).state
