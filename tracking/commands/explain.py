"""`klat explain`: why each notice and each bonus of a parcel did or did not happen."""

import typer

from schemas.api import NoticeBody
from tracking.commands.show import NoSuchParcel
from tracking.commands.stack import DataDir, Stack, on_stack
from tracking.notices import lines, told
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.why_paid import why_paid

_NOTHING = "no notice was decided: no shop has registered it, or nothing was worth saying yet"


def explain(tracking_number: str, data_dir: DataDir = None) -> None:
    """Say of each notice and each bonus of a parcel what became of it, and why."""

    async def work(stack: Stack) -> list[tuple[ShipmentRow, list[NoticeBody], list[str]]]:
        rows = await Shipments(stack.pool).shipments_by_number(tracking_number.strip().upper())
        return [(row, *await _explained(stack, row)) for row in rows]

    found = on_stack(data_dir, work)
    if not found:
        raise NoSuchParcel
    for row, notices, bonuses in found:
        typer.echo(f"{row.carrier} {row.tracking_number}  {row.shipment_id}  {row.state.status}")
        for line in [*(lines(notices) or [_NOTHING]), *bonuses]:
            typer.echo(f"  {line}")


async def _explained(stack: Stack, row: ShipmentRow) -> tuple[list[NoticeBody], list[str]]:
    notices = await told(stack.pool, stack.sealer, row.shipment_id)
    found = await why_paid(stack.pool, stack.sealer, row.shipment_id, now=stack.now)
    return notices, list(found)
