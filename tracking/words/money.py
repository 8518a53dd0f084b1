"""Sums as people write them in a language: "3 €", "€4.50"."""

from babel.numbers import format_currency
from markupsafe import Markup, escape

from schemas.api import Money
from tracking.words.catalog import Words


def money_text(sum_: Money, words: Words) -> Markup:
    """Whole sums without cents."""
    amount, currency, locale = sum_.amount, sum_.currency, words.locale
    if sum_.cents % 100:
        return escape(format_currency(amount, currency, locale=locale))
    whole = locale.currency_formats["standard"].pattern.replace("0.00", "0")
    return escape(format_currency(amount, currency, whole, locale, currency_digits=False))
