"""`klat compensations`: what waits for a yes, and the yes or no; what was paid by hand."""

from collections.abc import Callable
from typing import Annotated

import typer

from schemas.api import Money
from tracking.commands.policy import MerchantName, merchant_of
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.decisions import NoSuchCompensation, move
from tracking.domain.ledger import Entry, IllegalMove, approve, carried_out, refuse, try_again
from tracking.errors import KlatError
from tracking.store.compensations import CompensationRow, Proposed, proposed_compensations
from tracking.store.pool import connection
from tracking.store.shipments import Shipments

app = typer.Typer(help="Compensations that need a person.", no_args_is_help=True)

_MOST = 1000
BY = "operator"
Number = Annotated[str, typer.Argument(help="Tracking number of the parcel.")]
TierNumber = Annotated[int, typer.Argument(min=0, help="Which of them, as it is listed.")]


class WrongCompensationRequest(KlatError):  # noqa: N818 - named for what was asked
    """There is no such compensation, or it cannot go there."""


@app.command("list")
def list_(merchant: MerchantName = None, data_dir: DataDir = None) -> None:
    """What waits for a yes, the oldest first."""

    async def work(stack: Stack) -> list[Proposed]:
        shop = await merchant_of(stack.pool, merchant) if merchant else None
        async with connection(stack.pool) as conn:
            return await proposed_compensations(conn, shop, _MOST)

    found = on_stack(data_dir, work)
    if not found:
        typer.echo("nothing waits")
    for each in found:
        money = Money.from_cents(each.cents, each.currency)
        parcel = f"{each.carrier} {each.tracking_number} {each.tier}"
        why = f"{each.rule}: {each.reason}"
        typer.echo("\t".join((show_time(each.created_at), each.merchant_name, parcel,
                              f"{money.amount} {money.currency}", why)))  # fmt: skip


@app.command("approve")
def approve_(number: Number, tier: TierNumber, data_dir: DataDir = None) -> None:
    """Say yes: the shopper gets it."""
    _move(number, tier, approve, None, data_dir)


@app.command("refuse")
def refuse_(
    number: Number,
    tier: TierNumber,
    why: Annotated[str, typer.Option(help="Kept with it, for whoever asks.")],
    data_dir: DataDir = None,
) -> None:
    """Say no, for good."""
    _move(number, tier, lambda entry: refuse(entry, why), why, data_dir)


@app.command()
def done(number: Number, tier: TierNumber, data_dir: DataDir = None) -> None:
    """A refund or points were given by hand, where no endpoint of the shop does it."""
    _move(number, tier, carried_out, "by_hand", data_dir)


@app.command()
def retry(number: Number, tier: TierNumber, data_dir: DataDir = None) -> None:
    """Ask the shop's endpoint again for what has failed."""
    _move(number, tier, try_again, "tried_again", data_dir)


def _move(
    number: str, tier: int, make: Callable[[Entry], Entry], why: str | None, data_dir: DataDir
) -> None:
    async def work(stack: Stack) -> CompensationRow:
        rows = await Shipments(stack.pool).shipments_by_number(number.strip().upper())
        for row in rows:
            try:
                return await move(
                    stack.pool, stack.sealer, row.shipment_id, tier, make, by=BY, why=why,
                    now=stack.now,
                )  # fmt: skip
            except NoSuchCompensation:
                continue
            except IllegalMove as error:
                raise WrongCompensationRequest(str(error)) from None
        raise WrongCompensationRequest("no parcel of this number has such a compensation")

    row = on_stack(data_dir, work)
    money = Money.from_cents(row.entry.cents, row.currency)
    typer.echo(f"{row.rule}: {row.entry.state}, {money.amount} {money.currency}")
