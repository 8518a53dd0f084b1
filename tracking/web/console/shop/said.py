"""Words for what is wrong with a table, its lines and its cells, and for what becomes of them."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from tracking.bulk.doubted import Doubted
from tracking.bulk.lines import Fault, Why
from tracking.bulk.run import Outcome
from tracking.bulk.table import LONGEST, MOST, NoTable, Unreadable
from tracking.doubts import Doubt
from tracking.words.catalog import N_, Words

_UNREADABLE: Final[Mapping[Unreadable, str]] = {
    Unreadable.EMPTY: N_("There is nothing in it below the names of the columns."),
    Unreadable.TOO_LONG: N_("It is larger than %(n)d MB. Cut it into several files."),
    Unreadable.TOO_MANY: N_("It has more than %(n)d lines. Cut it into several files."),
    Unreadable.UTF16: N_('It is UTF-16. Save it as "CSV UTF-8" and send it again.'),
    Unreadable.NOT_UTF8: N_(
        'Line %(line)d is no UTF-8, so names would be garbled. Save it as "CSV UTF-8" and send it'
        " again."
    ),
    Unreadable.NUL: N_("Line %(line)d holds a NUL: this is no text file."),
    Unreadable.QUOTES: N_(
        "From line %(line)d on it cannot be read: a quotation mark is missing or stands in the"
        " wrong place, or a cell is far too long."
    ),
    Unreadable.NO_NUMBER: N_(
        "No column is called tracking_number. The first line has to name the columns."
    ),
    Unreadable.TWICE: N_("The column %(name)s is there twice."),
}
_WHY: Final[Mapping[Why, str]] = {
    Why.WRONG: "",  # by its column
    Why.MISSING: N_("is missing"),
    Why.SHORTENED: N_("was shortened by the spreadsheet: make the column text, and fill it again"),
    Why.SPARE: N_("there are more cells than columns"),
    Why.TWICE: N_("stands on line %(line)d already"),
}
_WRONG: Final[Mapping[str, str]] = {
    "carrier": N_("must be a carrier's code such as omniva"),
    "tracking_number": N_("must be a parcel number such as CE123456789EE"),
    "order": N_("100 characters at most"),
    "merchant_reference": N_("100 characters at most"),
    "name": N_("200 characters at most"),
    "phone": N_("must be a phone number; without +371 and the like it needs the country"),
    "email": N_("must be an address such as anna@example.lv"),
    "language": N_("must be two letters such as lv"),
    "postcode": N_("20 characters at most"),
    "country": N_("must be two letters such as LV"),
    "promise_from": N_("must be a day or time such as 2026-12-01 or 01.12.2026, before promise_by"),
    "promise_by": N_("must be a day or time such as 2026-12-01 or 01.12.2026 18:00"),
    "value": N_("must be an amount such as 49,90"),
    "currency": N_("must be three letters such as EUR, beside a value"),
    "service": N_("100 characters at most"),
    "notify_sms": N_("must be yes or no"),
    "notify_email": N_("must be yes or no"),
}
_DOUBTS: Final[Mapping[Doubt, str]] = {
    Doubt.CARRIER: N_("is not known here, so nothing of the parcel may ever be heard"),
    Doubt.PROMISE: N_(
        "is over already: it counts as late at once, and a bonus for that needs a yes"
    ),
    Doubt.LANGUAGE: N_(
        "nothing is written in it: messages come in the shop's language, else in English"
    ),
}
_MEANT: Final = N_(
    "is not known here, so nothing of the parcel may ever be heard. Did you mean %(near)s?"
)
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.WRONG: N_("cannot be registered"),
    Outcome.NEW: N_("will be registered"),
    Outcome.SAME: N_("is registered just so"),
    Outcome.CHANGES: N_("is registered; what the file says takes its place"),
    Outcome.ANOTHERS: N_("is registered by another shop"),
    Outcome.REGISTERED: N_("registered"),
    Outcome.UPDATED: N_("brought up to date"),
    Outcome.LEFT: N_("not yet done"),
}


def unreadable(error: NoTable, words: Words) -> Markup:
    n = LONGEST // (1024 * 1024) if error.why is Unreadable.TOO_LONG else MOST
    return words.gettext(_UNREADABLE[error.why], line=error.line, name=error.name, n=n)


def fault(each: Fault, words: Words) -> Markup:
    """What is wrong with this cell."""
    if each.why is Why.WRONG:
        return words.gettext(_WRONG[each.column.removeprefix("buyer_")])
    return words.gettext(_WHY[each.why], line=each.line)


def doubt(each: Doubted, words: Words) -> Markup:
    """What looks like a slip in this cell, though it is taken."""
    if each.near:
        return words.gettext(_MEANT, near=", ".join(each.near))
    return words.gettext(_DOUBTS[each.doubt])
