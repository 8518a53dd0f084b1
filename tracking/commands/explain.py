"""`klat explain`: why each notice of a parcel was sent, waits, or was not sent."""

import typer

from schemas.api import NoticeBody
from tracking.commands.show import NoSuchParcel
from tracking.commands.stack import DataDir, Stack, on_stack
from tracking.notices import lines, told
from tracking.store.shipments import ShipmentRow, Shipments

_NOTHING = "no notice was decided: no shop has registered it, or nothing was worth saying yet"


def explain(tracking_number: str, data_dir: DataDir = None) -> None:
    """Say of each notice of a parcel what became of it, and why."""

    async def work(stack: Stack) -> list[tuple[ShipmentRow, list[NoticeBody]]]:
        rows = await Shipments(stack.pool).shipments_by_number(tracking_number.strip().upper())
        return [(row, await told(stack.pool, stack.sealer, row.shipment_id)) for row in rows]

    found = on_stack(data_dir, work)
    if not found:
        raise NoSuchParcel
    for row, notices in found:
        typer.echo(f"{row.carrier} {row.tracking_number}  {row.shipment_id}  {row.state.status}")
        for line in lines(notices) or [_NOTHING]:
            typer.echo(f"  {line}")
