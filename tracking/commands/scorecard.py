"""`klat scorecard`: how carriers kept their word."""

import csv
import sys
from typing import Annotated

import asyncpg
import typer

from tracking.claims import SCORE_COLUMNS, score_row
from tracking.commands.claims import month_of
from tracking.commands.policy import MerchantName, merchant_of
from tracking.commands.stack import DataDir, on_database
from tracking.store.outcomes import Score
from tracking.store.outcomes import scorecard as scores


def scorecard(
    month: Annotated[str, typer.Option(help="In which they were promised, UTC: 2026-11.")],
    merchant: MerchantName = None,
    data_dir: DataDir = None,
) -> None:
    """How carriers kept their word in a month, by carrier and service (CSV)."""
    since, before = month_of(month)

    async def work(pool: asyncpg.Pool) -> list[Score]:
        shop = await merchant_of(pool, merchant) if merchant else None
        return await scores(pool, since, before, shop)

    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(SCORE_COLUMNS)
    table.writerows(score_row(each) for each in on_database(data_dir, work))
