"""The measures as a table for spreadsheets: a line for each period, then for each carrier. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from schemas.measures import Figures, Measures, Share, Spent
from schemas.notice import Channel
from tracking.claims import plain_cell

_SHARES: Final = (
    "on_time",
    "solved_in_one",
    "repeats",
    "packaging",
    "too_big",
    "damaged",
    "messages_went",
)


def measures_csv(found: Measures) -> str:
    """With a heading. Money has a column for each currency; what is not known is empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    currencies = _currencies([found.total, *(each.figures for each in found.carriers)])
    table.writerow(_columns(currencies))
    for each in found.periods:
        days = each.first.isoformat(), each.last.isoformat()
        table.writerow([*days, plain_cell(found.carrier), *_row(each.figures, currencies)])
    for of in found.carriers:
        days = found.first.isoformat(), found.last.isoformat()
        table.writerow([*days, plain_cell(of.carrier), *_row(of.figures, currencies)])
    return text.getvalue()


def _currencies(figures: Iterable[Figures]) -> list[str]:
    return sorted(
        {
            each.total.currency
            for of in figures
            for each in (*of.message_cost, *of.bonus_cost)
        }
    )  # fmt: skip


def _columns(currencies: Iterable[str]) -> Iterator[str]:
    yield from ("first", "last", "carrier", "parcels")
    yield from ("nps", "nps_answers", "promoters", "passives", "detractors")
    yield from ("courier_stars", "courier_answers", "cases", "contacts", "contacts_per_thousand")
    yield from ("first_answer_cases", "first_answer_p50_minutes", "first_answer_p90_minutes")
    for name in _SHARES:
        yield from (name, f"{name}_of", f"{name}_percent")
    for channel in Channel:
        yield from (f"{channel}_went", f"{channel}_tried", f"{channel}_confirmed")
    for currency in currencies:
        yield from (f"message_cost_{currency}", f"bonus_cost_{currency}")


def _row(of: Figures, currencies: Iterable[str]) -> Iterator[object]:
    """Numbers are numbers, not texts, to whoever opens it."""
    yield of.parcels
    marks = of.recommend
    yield from (marks.score, marks.answers, marks.promoters, marks.passives, marks.detractors)
    yield from (of.courier.average, of.courier.answers)
    yield from (of.cases, of.contacts, of.contacts_per_thousand)
    yield from (of.first_answer.cases, of.first_answer.p50_minutes, of.first_answer.p90_minutes)
    for name in _SHARES:
        share: Share = getattr(of, name)
        yield from (share.part, share.whole, share.percent)
    for channel in Channel:
        messages = of.messages[channel]
        yield from (messages.went.part, messages.went.whole, messages.confirmed)
    for currency in currencies:
        yield from (_sum(of.message_cost, currency), _sum(of.bonus_cost, currency))


def _sum(spent: Iterable[Spent], currency: str) -> str | None:
    return next((each.total.amount for each in spent if each.total.currency == currency), None)
