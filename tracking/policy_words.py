"""A shop's policy in words, line by line, for whoever has to answer for it. Pure.

Lines are safe HTML, as all that `Words` say; `striptags` makes plain text of one.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Final

from markupsafe import Markup

from schemas.policy import (
    Bearer,
    Bonus,
    BonusKind,
    Exclusion,
    ForceMajeure,
    LateBy,
    PromiseOver,
    ShopPolicy,
    Tier,
)
from schemas.promise_rules import PromiseRules, ServiceRule, Weekday
from tracking.words.catalog import N_, SOURCE, Words, console_words

_KIND: Final[Mapping[BonusKind, str]] = {
    BonusKind.CODE: N_("a bonus code of %(sum)s"),
    BonusKind.REFUND: N_("a refund of %(sum)s"),
    BonusKind.POINTS: N_("points worth %(sum)s"),
    BonusKind.APOLOGY: N_("an apology"),
}
_EXCLUDED: Final[Mapping[Exclusion, str]] = {
    Exclusion.SHOPPER_HELD: N_(
        "nobody at home, a wrong address, a missing payment and the like stop the clock"
    ),
    Exclusion.SHOPPER_MOVED: N_("another time that the shopper asked for stops the clock"),
    Exclusion.REFUSED: N_("nothing for a parcel that was refused"),
}
_OVER: Final[Mapping[PromiseOver, str]] = {
    PromiseOver.WAITS: N_(
        "what is owed for a promise that was over when it was told waits for your yes"
    ),
    PromiseOver.PAYS: N_("a promise that was over when it was told pays as any other"),
}
_BORNE: Final[Mapping[Bearer, str]] = {
    Bearer.SHOP: N_("borne by the shop"),
    Bearer.CARRIER: N_("borne by the carrier"),
}
_DAYS: Final[Mapping[Weekday, str]] = {
    Weekday.MON: N_("mon"),
    Weekday.TUE: N_("tue"),
    Weekday.WED: N_("wed"),
    Weekday.THU: N_("thu"),
    Weekday.FRI: N_("fri"),
    Weekday.SAT: N_("sat"),
    Weekday.SUN: N_("sun"),
}


def policy_lines(policy: ShopPolicy, words: Words | None = None) -> Iterator[Markup]:
    """In English where no words are given."""
    said = words or console_words(SOURCE)
    yield said.gettext(
        "%(name)s: for parcels promised from %(day)s on, in %(currency)s",
        name=policy.name,
        day=_day(policy.valid_from),
        currency=Markup(policy.currency),  # noqa: S704 - three capital letters
    )
    yield from _promise_lines(policy.promise, said)
    for tier in policy.tiers:
        yield Markup("{}: {}").format(_case(tier, said), _bonus(tier.bonus, policy, said))
    if policy.tiers:
        yield said.gettext("a later tier tops up what one before has granted, and never adds to it")
        yield from _limits(policy, said)
        yield from _exceptions(policy, said)


def _promise_lines(rules: PromiseRules, words: Words) -> Iterator[Markup]:
    for rule in rules.services:
        yield words.gettext(
            "promised where a registration says nothing: %(rule)s", rule=_service(rule, words)
        )
    if rules.services:
        closed = [words.gettext("closed on %(day)s", day=_day(day)) for day in rules.closed]
        opened = [words.gettext("open on %(day)s", day=_day(day)) for day in rules.opened]
        holidays = words.gettext("no public holidays")
        days = Markup(", ").join([_weekdays(rules.weekdays, words), holidays, *closed, *opened])
        yield words.gettext("working days: %(days)s", days=days)


def _service(rule: ServiceRule, words: Words) -> Markup:
    name = (
        words.gettext("service %(name)s", name=rule.service)
        if rule.service
        else words.gettext("any other service")
    )
    hours = (
        words.gettext(
            "%(from)s to %(to)s", **{"from": _clock(rule.opens), "to": _clock(rule.closes)}
        )
        if rule.opens
        else _clock(rule.closes)
    )
    said = words.ngettext(
        "%(name)s, ordered until %(cutoff)s: %(n)d working day later, by %(hours)s",
        "%(name)s, ordered until %(cutoff)s: %(n)d working days later, by %(hours)s",
        rule.days,
        name=name,
        cutoff=_clock(rule.cutoff),
        hours=hours,
    )
    own = Markup(", {}").format(_weekdays(rule.weekdays, words)) if rule.weekdays else Markup()
    return said + own


def _clock(value: time | None) -> Markup:
    return Markup(f"{value:%H:%M}") if value else Markup()  # noqa: S704 - digits


def _day(value: date) -> Markup:
    return Markup(value.isoformat())  # noqa: S704 - digits


def _weekdays(days: tuple[Weekday, ...], words: Words) -> Markup:
    return Markup(" ").join(words.gettext(_DAYS[day]) for day in days)


def _case(tier: Tier, words: Words) -> Markup:
    if tier.late_by is None:
        return words.gettext("lost")
    return words.gettext("late by %(span)s", span=span(tier.late_by, words))


def span(late: LateBy, words: Words) -> Markup:
    """As "1 day" or "2 working days"."""
    text = str(late)
    number = int(text.rstrip("smhdb"))
    match text.lstrip("0123456789"):
        case "s":
            return words.ngettext("%(n)d second", "%(n)d seconds", number)
        case "m":
            return words.ngettext("%(n)d minute", "%(n)d minutes", number)
        case "h":
            return words.ngettext("%(n)d hour", "%(n)d hours", number)
        case "d":
            return words.ngettext("%(n)d day", "%(n)d days", number)
        case _:
            return words.ngettext("%(n)d working day", "%(n)d working days", number)


def _bonus(bonus: Bonus, policy: ShopPolicy, words: Words) -> Markup:
    if bonus.kind is BonusKind.APOLOGY:
        return words.gettext(_KIND[bonus.kind])
    whole = (
        _money(bonus.amount, policy)
        if bonus.amount
        else words.gettext("%(share)s of its value", share=Markup(bonus.share))  # noqa: S704 - digits
    )
    return words.gettext(_KIND[bonus.kind], sum=whole)


def _money(amount: str, policy: ShopPolicy) -> Markup:
    return Markup(f"{amount} {policy.currency}")  # noqa: S704 - digits and three capital letters


def _limits(policy: ShopPolicy, words: Words) -> Iterator[Markup]:
    limits = (
        (policy.caps.shipment, N_("at most %(sum)s for a parcel")),
        (policy.caps.shopper_month, N_("at most %(sum)s for a shopper in a month")),
        (policy.approval_above, N_("more than %(sum)s for a parcel waits for your yes")),
        (policy.budget_month, N_("what is beyond %(sum)s in a month waits for your yes")),
    )
    for amount, said in limits:
        if amount:
            yield words.gettext(said, sum=_money(amount, policy))
    yield words.gettext(_OVER[policy.promise_over])
    yield words.gettext(_BORNE[policy.borne_by])
    yield words.ngettext(
        "a code is valid for %(n)d day", "a code is valid for %(n)d days", policy.bonus_valid_days
    )
    by_hand = policy.goodwill
    yield words.gettext(
        "by hand, for one parcel: support up to %(support)s, a lead up to %(lead)s, an admin up to"
        " %(admin)s; more waits for a yes",
        support=_money(by_hand.support, policy),
        lead=_money(by_hand.lead, policy),
        admin=_money(by_hand.admin, policy),
    )
    if policy.endpoint:
        yield words.gettext(
            "refunds and points are carried out by %(address)s", address=policy.endpoint
        )


def _exceptions(policy: ShopPolicy, words: Words) -> Iterator[Markup]:
    for why in policy.exclude:
        yield words.gettext(_EXCLUDED[why])
    for period in policy.force_majeure:
        yield words.gettext(
            "nothing for what was promised %(days)s%(where)s: %(why)s",
            days=_days(period, words),
            where=_where(period, words),
            why=period.reason,
        )


def _days(period: ForceMajeure, words: Words) -> Markup:
    if period.starts == period.ends:
        return words.gettext("for %(day)s", day=_day(period.starts))
    return words.gettext(
        "from %(first)s to %(last)s", first=_day(period.starts), last=_day(period.ends)
    )


def _where(period: ForceMajeure, words: Words) -> Markup:
    if not period.countries:
        return Markup()
    countries = Markup(", ").join(period.countries)
    return Markup(" {}").format(words.gettext("in %(countries)s", countries=countries))
