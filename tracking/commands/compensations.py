"""`klat compensations`: what waits for a yes, and the yes or no; what was paid by hand."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import typer

from schemas.api import Money
from schemas.base import clean_text
from tracking.commands.policy import MerchantName, merchant_of
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.decisions import move
from tracking.domain.ledger import Entry, IllegalMove, approve, carried_out, refuse, try_again
from tracking.errors import KlatError
from tracking.store.compensations import CompensationRow, Open, compensations_of, open_compensations
from tracking.store.pool import connection
from tracking.store.shipments import ShipmentRow, Shipments

app = typer.Typer(help="Compensations that need a person.", no_args_is_help=True)

_MOST = 1000
BY = "operator"
Carrier = Annotated[str | None, typer.Option(help="Of the parcel, where several have the number.")]
Number = Annotated[str, typer.Argument(help="Tracking number of the parcel.")]
TierNumber = Annotated[int, typer.Argument(min=0, help="Which of them, as it is listed.")]


class WrongCompensationRequest(KlatError):  # noqa: N818 - named for what was asked
    """There is no such compensation, or it cannot go there."""


@app.command("list")
def list_(merchant: MerchantName = None, data_dir: DataDir = None) -> None:
    """What waits for a yes, for the shop's endpoint or for a hand, and what failed."""

    async def work(stack: Stack) -> list[Open]:
        shop = await merchant_of(stack.pool, merchant) if merchant else None
        async with connection(stack.pool) as conn:
            return await open_compensations(conn, shop, _MOST)

    found = on_stack(data_dir, work)
    if not found:
        typer.echo("nothing waits")
    for each in found:
        money = Money.from_cents(each.cents, each.currency)
        parcel = f"{each.carrier} {each.tracking_number} {each.tier}"
        why = f"{each.rule}: {each.state}{f', {each.reason}' if each.reason else ''}"
        typer.echo("\t".join((show_time(each.created_at), each.merchant_name, parcel,
                              f"{money.amount} {money.currency}", why)))  # fmt: skip


@app.command("approve")
def approve_(
    number: Number, tier: TierNumber, carrier: Carrier = None, data_dir: DataDir = None
) -> None:
    """Say yes: the shopper gets it."""
    _move(_Which(number, tier, carrier), approve, None, data_dir)


@app.command("refuse")
def refuse_(
    number: Number,
    tier: TierNumber,
    why: Annotated[str, typer.Option(help="Kept with it, for whoever asks.")],
    carrier: Carrier = None,
    data_dir: DataDir = None,
) -> None:
    """Say no, for good; of what was granted, what is not used is taken back."""
    said = clean_text(why)
    if not said:
        raise WrongCompensationRequest("--why: is empty")
    _move(_Which(number, tier, carrier), lambda entry: refuse(entry, said), said, data_dir)


@app.command()
def done(
    number: Number, tier: TierNumber, carrier: Carrier = None, data_dir: DataDir = None
) -> None:
    """A refund or points were given by hand, where no endpoint of the shop does it."""
    _move(_Which(number, tier, carrier), carried_out, "by_hand", data_dir)


@app.command()
def retry(
    number: Number, tier: TierNumber, carrier: Carrier = None, data_dir: DataDir = None
) -> None:
    """Ask the shop's endpoint again for what has failed."""
    _move(_Which(number, tier, carrier), try_again, "tried_again", data_dir)


class _Which(NamedTuple):
    number: str
    tier: int
    carrier: str | None


def _move(
    which: _Which, make: Callable[[Entry], Entry], why: str | None, data_dir: DataDir
) -> None:
    async def work(stack: Stack) -> tuple[ShipmentRow, CompensationRow]:
        parcel = await _parcel(stack, which)
        try:
            row = await move(
                stack.pool, stack.sealer, parcel.shipment_id, which.tier, make, by=BY, why=why,
                now=stack.now,
            )  # fmt: skip
        except IllegalMove as error:
            raise WrongCompensationRequest(str(error)) from None
        return parcel, row

    parcel, row = on_stack(data_dir, work)
    money = Money.from_cents(row.entry.cents, row.currency)
    said = f"{row.rule}: {row.entry.state}, {money.amount} {money.currency}"
    typer.echo(f"{parcel.carrier} {parcel.tracking_number}  {said}")


async def _parcel(stack: Stack, which: _Which) -> ShipmentRow:
    """The one that has such a compensation. Raises WrongCompensationRequest."""
    rows = await Shipments(stack.pool).shipments_by_number(which.number.strip().upper())
    async with connection(stack.pool) as conn:
        known = await compensations_of(conn, [row.shipment_id for row in rows])
    found = [
        row
        for row in rows
        if which.carrier in {None, row.carrier}
        and any(each.entry.tier == which.tier for each in known.get(row.shipment_id, ()))
    ]
    if not found:
        raise WrongCompensationRequest("no parcel of this number has such a compensation")
    if len(found) > 1:
        carriers = ", ".join(row.carrier for row in found)
        raise WrongCompensationRequest(f"--carrier: several parcels have this number: {carriers}")
    return found[0]
