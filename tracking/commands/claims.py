"""`klat claims`: what carriers owe."""

import csv
import re
import sys
from datetime import UTC, date, datetime, time
from typing import Annotated

import asyncpg
import typer

from tracking.claims import CLAIM_COLUMNS, claim_row
from tracking.commands.policy import MerchantName, merchant_of
from tracking.commands.stack import DataDir, on_database
from tracking.errors import KlatError
from tracking.store.outcomes import Claim, claims

app = typer.Typer(help="The carrier's bill for late and lost parcels.", no_args_is_help=True)

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class NoMonth(KlatError):  # noqa: N818 - named for what was given
    """--month: a month such as 2026-11."""


@app.command()
def export(
    carrier: Annotated[str, typer.Option(help="Code of the carrier.")],
    month: Annotated[str, typer.Option(help="In which they were promised, UTC: 2026-11.")],
    merchant: MerchantName = None,
    data_dir: DataDir = None,
) -> None:
    """A table (CSV) with the evidence for each parcel that was late or lost by the carrier."""
    since, before = month_of(month)
    now = datetime.now(UTC)

    async def work(pool: asyncpg.Pool) -> list[Claim]:
        shop = await merchant_of(pool, merchant) if merchant else None
        return [each async for each in claims(pool, carrier, since, before, shop)]

    found = on_database(data_dir, work)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(CLAIM_COLUMNS)
    table.writerows(claim_row(each, now) for each in found)
    typer.echo(f"{len(found)} parcels of {carrier}", err=True)


def month_of(text: str) -> tuple[datetime, datetime]:
    """Its beginning and its end. Raises NoMonth."""
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        raise NoMonth
    year, month = int(found[1]), int(found[2])
    following = date(year + month // 12, month % 12 + 1, 1)
    return _midnight(date(year, month, 1)), _midnight(following)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
