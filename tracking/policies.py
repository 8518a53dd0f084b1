"""Which of a shop's policies holds for a parcel, and the calendar by which it is reckoned."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.policy import ShopPolicy
from schemas.promise_rules import WEEK, PromiseRules, ServiceRule, Weekday
from tracking.domain.promise import Service
from tracking.domain.working_days import WorkingDays
from tracking.store.policies import PolicyVersion

NO_RULES = PromiseRules()


def policy_at(
    versions: Sequence[PolicyVersion], promised_at: datetime, zone: str
) -> PolicyVersion | None:
    """The latest that was loaded of those that are valid on the day of the promise."""
    return _policy_on(versions, promised_at.astimezone(ZoneInfo(zone)).date())


def policies_from(versions: Sequence[PolicyVersion], day: date) -> Sequence[PolicyVersion]:
    """Those that hold on this day or will on a later one: the last that was loaded is one of them,
    and on this day it may be another.
    """
    days = {day, *(each.valid_from for each in versions if each.valid_from > day)}
    held = [_policy_on(versions, each) for each in days]
    return [each for each in versions if each in held]


def _policy_on(versions: Sequence[PolicyVersion], day: date) -> PolicyVersion | None:
    valid = [each for each in versions if each.valid_from <= day]
    return max(valid, key=lambda each: each.version, default=None)


def calendar_of(policy: ShopPolicy | None, country: str) -> WorkingDays:
    rules = policy.promise if policy else NO_RULES
    return _calendar(rules, rules.weekdays, country)


def calendar_for(rules: PromiseRules, rule: ServiceRule, country: str) -> WorkingDays:
    """That of a service, which may deliver on other days than the shop's others."""
    return _calendar(rules, rule.weekdays or rules.weekdays, country)


def service_of(rule: ServiceRule) -> Service:
    return Service(rule.days, rule.cutoff, rule.closes, rule.opens)


@lru_cache(maxsize=1000)
def _calendar(rules: PromiseRules, weekdays: tuple[Weekday, ...], country: str) -> WorkingDays:
    numbers = [WEEK.index(day) for day in weekdays]
    return WorkingDays(country, weekdays=numbers, closed=rules.closed, opened=rules.opened)
