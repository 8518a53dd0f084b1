"""A shop's policy in words, line by line, for whoever has to answer for it. Pure."""

from collections.abc import Iterator
from datetime import time

from schemas.policy import (
    Bearer,
    Bonus,
    BonusKind,
    Exclusion,
    ForceMajeure,
    LateBy,
    ShopPolicy,
    Tier,
)
from schemas.promise_rules import PromiseRules, ServiceRule, Weekday

_KIND = {
    BonusKind.CODE: "a bonus code of",
    BonusKind.REFUND: "a refund of",
    BonusKind.POINTS: "points worth",
}
_EXCLUDED = {
    Exclusion.SHOPPER_HELD: "nobody at home, a wrong address, a missing payment and the like stop"
    " the clock",
    Exclusion.SHOPPER_MOVED: "another time that the shopper asked for stops the clock",
    Exclusion.REFUSED: "nothing for a parcel that was refused",
}
_UNIT = {"s": "second", "m": "minute", "h": "hour", "d": "day", "bd": "working day"}


def policy_lines(policy: ShopPolicy) -> Iterator[str]:
    yield f"{policy.name}: for parcels promised from {policy.valid_from} on, in {policy.currency}"
    yield from _promise_lines(policy.promise)
    for tier in policy.tiers:
        yield f"{_case(tier)}: {_bonus(tier.bonus, policy)}"
    if policy.tiers:
        yield "a later tier tops up what one before has granted, and never adds to it"
        yield from _limits(policy)
        yield from _exceptions(policy)


def _promise_lines(rules: PromiseRules) -> Iterator[str]:
    for rule in rules.services:
        yield f"promised where a registration says nothing: {_service(rule)}"
    if rules.services:
        closed = [f"closed on {day}" for day in rules.closed]
        opened = [f"open on {day}" for day in rules.opened]
        days = ", ".join([_weekdays(rules.weekdays), "no public holidays", *closed, *opened])
        yield f"working days: {days}"


def _service(rule: ServiceRule) -> str:
    name = f"service {rule.service}" if rule.service else "any other service"
    hours = f"{_clock(rule.opens)} to {_clock(rule.closes)}" if rule.opens else _clock(rule.closes)
    own = f", {_weekdays(rule.weekdays)}" if rule.weekdays else ""
    days = _counted(rule.days, "working day")
    return f"{name}, ordered until {_clock(rule.cutoff)}: {days} later, by {hours}{own}"


def _clock(value: time | None) -> str:
    return value.strftime("%H:%M") if value else ""


def _weekdays(days: tuple[Weekday, ...]) -> str:
    return " ".join(days)


def _case(tier: Tier) -> str:
    return f"late by {span(tier.late_by)}" if tier.late_by else "lost"


def span(late: LateBy) -> str:
    """As "1 day" or "2 working days"."""
    text = str(late)
    number = text.rstrip("smhdb")
    return _counted(int(number), _UNIT[text.removeprefix(number)])


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _bonus(bonus: Bonus, policy: ShopPolicy) -> str:
    if bonus.kind is BonusKind.APOLOGY:
        return "an apology"
    amount = f"{bonus.amount} {policy.currency}" if bonus.amount else f"{bonus.share} of its value"
    return f"{_KIND[bonus.kind]} {amount}"


def _limits(policy: ShopPolicy) -> Iterator[str]:
    currency = policy.currency
    if policy.caps.shipment:
        yield f"at most {policy.caps.shipment} {currency} for a parcel"
    if policy.caps.shopper_month:
        yield f"at most {policy.caps.shopper_month} {currency} for a shopper in a month"
    if policy.approval_above:
        yield f"more than {policy.approval_above} {currency} for a parcel waits for your yes"
    if policy.budget_month:
        yield f"what is beyond {policy.budget_month} {currency} in a month waits for your yes"
    yield f"borne by the {'carrier' if policy.borne_by is Bearer.CARRIER else 'shop'}"
    yield f"a code is valid for {_counted(policy.bonus_valid_days, 'day')}"
    by_hand = policy.goodwill
    yield (
        f"by hand, for one parcel: support up to {by_hand.support} {currency}, a lead up to"
        f" {by_hand.lead}, an admin up to {by_hand.admin}; more waits for a yes"
    )
    if policy.endpoint:
        yield f"refunds and points are carried out by {policy.endpoint}"


def _exceptions(policy: ShopPolicy) -> Iterator[str]:
    for why in policy.exclude:
        yield _EXCLUDED[why]
    for period in policy.force_majeure:
        yield f"nothing for what was promised {_days(period)}{_where(period)}: {period.reason}"


def _days(period: ForceMajeure) -> str:
    one = period.starts == period.ends
    return f"for {period.starts}" if one else f"from {period.starts} to {period.ends}"


def _where(period: ForceMajeure) -> str:
    return f" in {', '.join(period.countries)}" if period.countries else ""
