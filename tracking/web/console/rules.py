"""A tier's rule as people say it: "late_by 2bd" is "2 working days late". Pure."""

import re
from typing import Final

from markupsafe import Markup, escape

from schemas.compensation import BY_HAND
from tracking.words.catalog import Words

_LATE: Final = re.compile(r"late_by ([0-9]+)(m|h|d|bd)")


def rule_said(rule: str, words: Words) -> Markup:
    """What nobody foresaw is shown as it stands."""
    if rule == BY_HAND:
        return words.gettext("by hand")
    if rule == "lost":
        return words.gettext("lost")
    found = _LATE.fullmatch(rule)
    if found is None:
        return escape(rule)
    n = int(found[1])
    match found[2]:
        case "m":
            return words.ngettext("%(n)d minute late", "%(n)d minutes late", n)
        case "h":
            return words.ngettext("%(n)d hour late", "%(n)d hours late", n)
        case "d":
            return words.ngettext("%(n)d day late", "%(n)d days late", n)
        case _:
            return words.ngettext("%(n)d working day late", "%(n)d working days late", n)
