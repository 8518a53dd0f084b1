"""What became of answers to the second factor, in words. Pure."""

from markupsafe import Markup

from tracking.web.view import ParcelView, UnlockState
from tracking.words.catalog import Words
from tracking.words.dates import Calendar


def wrong_said(view: ParcelView, words: Words) -> Markup | None:
    """Of the last answer to the second factor."""
    if view.unlock is not UnlockState.WRONG:
        return None
    return words.ngettext(
        "That does not match. %(n)d try is left.",
        "That does not match. %(n)d tries are left.",
        view.tries_left,
    )


def paused_said(view: ParcelView, words: Words, calendar: Calendar) -> Markup | None:
    if view.unlock is not UnlockState.PAUSED:
        return None
    if view.paused_until is None:
        return words.gettext("Too many wrong answers. Please try again later.")
    when = calendar.on(view.paused_until)
    return words.gettext("Too many wrong answers. You can try again %(when)s.", when=when)
