"""`klat audit`: who of the staff saw or did what, the latest first (CSV)."""

import csv
import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from tracking.commands.stack import DataDir, Stack, on_stack
from tracking.sealing import SealBroken, Sealer
from tracking.staff.audit import detail_of
from tracking.store.staff import AuditRow, StaffStore

_COLUMNS = ("at", "email", "action", "shipment_id", "detail", "merchant_id")


def audit(
    email: Annotated[str | None, typer.Option(help="Only what this person saw and did.")] = None,
    before: Annotated[datetime | None, typer.Option(help="UTC; default now.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="Rows.")] = 1000,
    data_dir: DataDir = None,
) -> None:
    """Who of the staff saw or did what (CSV); names and phones that were typed stand in it."""
    until = before.replace(tzinfo=UTC) if before else None

    async def work(stack: Stack) -> list[tuple[str, ...]]:
        named = email.strip().casefold() if email else None
        rows = await StaffStore(stack.pool).list_audit(until or stack.now, named, most)
        return [_row(row, stack.sealer) for row in rows]

    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(on_stack(data_dir, work))


def _row(row: AuditRow, sealer: Sealer) -> tuple[str, ...]:
    try:
        detail = detail_of(row, sealer)
    except SealBroken:
        detail = {"sealed_with_another_key": True}
    said = json.dumps(detail, ensure_ascii=False) if detail else ""
    shipment, merchant = str(row.shipment_id or ""), str(row.merchant_id or "")
    return f"{row.at:%Y-%m-%dT%H:%M:%SZ}", row.email, row.action, shipment, said, merchant
