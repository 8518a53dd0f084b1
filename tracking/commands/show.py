"""`klat show`: a parcel's life, for the operator with a terminal."""

from collections.abc import Sequence

import typer

from schemas.shipment import HistoryEntry
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.errors import KlatError
from tracking.store.shipments import ShipmentRow, Shipments


class NoSuchParcel(KlatError):  # noqa: N818 - named for what was found
    """No event and no registration of this tracking number has come yet."""


def show(tracking_number: str, data_dir: DataDir = None) -> None:
    """Show a parcel's life: its state, and every event as it counts."""

    async def work(stack: Stack) -> list[tuple[ShipmentRow, list[HistoryEntry]]]:
        shipments = Shipments(stack.pool)
        rows = await shipments.shipments_by_number(tracking_number.strip().upper())
        return [(row, await shipments.history(row.shipment_id)) for row in rows]

    found = on_stack(data_dir, work)
    if not found:
        raise NoSuchParcel
    for row, history in found:
        _show(row, history)


def _show(row: ShipmentRow, history: Sequence[HistoryEntry]) -> None:
    state = row.state
    detail = "/".join(filter(None, (state.handover, state.reason)))
    journey = f", journey {row.journey}" if row.journey != 1 else ""
    typer.echo(f"{row.carrier} {row.tracking_number}{journey}  {row.shipment_id}")
    typer.echo(f"{state.status}{f' ({detail})' if detail else ''}, version {row.version}")
    for entry in history:
        typer.echo(f"  {_line(entry)}")


def _line(entry: HistoryEntry) -> str:
    scan, place = entry.scan, entry.scan.location
    where = (place.city or place.name) if place else None
    parts = (scan.status, scan.code, where, scan.reason)
    about = "" if entry.confidence == "exact" else f" ({entry.confidence})"
    words = "  ".join(part for part in parts if part)
    return f"{show_time(entry.at)}{about}  {entry.kind:<13}  {words}"
