"""What may be spent on text messages, and to which numbers: the operator's limits, and the shop's.

Where a text may go is known when it is decided; whether there is money left, when it is handed
over: then it draws from the quotas of its shop and of all shops, and of its number's neighbours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from notifier.obstacles import SPEND_CAP, TOO_MANY_ALIKE
from notifier.sms.allowed import BALTIC, country_of, prefix_of, why_not
from notifier.sms.price import Charge, Prices
from schemas.notice import MAY_HAVE_ARRIVED, Channel
from schemas.price import ANY_COUNTRY
from tracking.domain.quota import ALL_SHOPS, DAY, HOUR, PREFIX, SPEND, Draw, Meter, begin
from tracking.errors import ConfigurationError
from tracking.sealing import Sealer
from tracking.settings import PREFIX as VARIABLE
from tracking.settings import Settings
from tracking.store.desk import Subject

ALIKE: Final = 20  # parcels an hour
_NO_PRICE: Final = "no_price"
_MILLIONTHS: Final = 10_000  # in a cent


class Cap(NamedTuple):
    """Of a day, UTC, in millionths of `currency`."""

    sum: int
    currency: str


@dataclass(frozen=True, slots=True)
class ShopLimits:
    """None: no cap; the countries of the operator."""

    daily_cap: Cap | None = None
    countries: frozenset[str] | None = None


def limits_of_shop(subject: Subject) -> ShopLimits:
    """The lower of what the shop set for itself and what the operator granted it.

    In two currencies they cannot be compared: then it is the operator's.
    """
    own, granted = subject.settings.sms.daily_cap, subject.terms.sms_daily_cap
    if own and granted and own.currency != granted.currency:
        own = None
    caps = [Cap(each.cents * _MILLIONTHS, each.currency) for each in (own, granted) if each]
    countries = subject.settings.sms.countries
    return ShopLimits(min(caps, default=None), None if countries is None else frozenset(countries))


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """`daily_cap` is that of all shops together. `alike`: see KLAT_SMS_ALIKE; None: any number."""

    countries: frozenset[str] = BALTIC
    prices: Prices = field(default_factory=Prices)
    daily_cap: Cap | None = None
    alike: int | None = ALIKE
    of_shop: Callable[[Subject], ShopLimits] = limits_of_shop

    def why_not(self, subject: Subject, phone: str) -> str | None:
        """Why no text can go to this number, whatever the day."""
        shop = self.of_shop(subject)
        countries = self.countries if shop.countries is None else self.countries & shop.countries
        if reason := why_not(phone, countries):
            return reason
        cap = shop.daily_cap
        has_price = self.prices.of(country_of(phone)) is not None
        if cap and not (has_price and cap.currency == self.prices.currency):
            return _NO_PRICE  # a cap that nobody can keep is not passed by in silence
        return None

    def draws(
        self, subject: Subject, phone: str, charge: Charge, sealer: Sealer, now: datetime
    ) -> tuple[Draw, ...]:
        """What a text takes from the quotas, or it does not go."""
        return (*self._spend(subject, charge, now), *self._alike(subject, phone, sealer, now))

    def _spend(self, subject: Subject, charge: Charge, now: datetime) -> Iterator[Draw]:
        if charge.cost is None or charge.currency is None:
            return
        caps = {
            subject.merchant_id: self.of_shop(subject).daily_cap,
            ALL_SHOPS: self.daily_cap,
        }
        for merchant_id, cap in caps.items():
            meter = Meter(merchant_id, SPEND, charge.currency, begin(now, DAY))
            yield Draw(meter, charge.cost, cap.sum if cap else None, SPEND_CAP)

    def _alike(self, subject: Subject, phone: str, sealer: Sealer, now: datetime) -> Iterator[Draw]:
        """Once a parcel and hour: it is many parcels for neighbouring numbers that are strange."""
        hour = begin(now, HOUR)
        if self.alike is None or _was_texted(subject, hour):
            return
        name = sealer.fingerprints(f"sms_prefix:{prefix_of(phone)}".encode())[0].hex()
        yield Draw(Meter(subject.merchant_id, PREFIX, name, hour), 1, self.alike, TOO_MANY_ALIKE)


def _was_texted(subject: Subject, since: datetime) -> bool:
    return any(
        told.key.channel is Channel.SMS and told.state in MAY_HAVE_ARRIVED and told.at >= since
        for told in subject.told.values()
    )


def limits_of(settings: Settings) -> SmsLimits:
    """Raises ConfigurationError where a cap could not be kept."""
    prices = Prices(settings.sms_currency, dict(settings.sms_prices))
    cap = settings.sms_daily_cap
    if cap is not None:
        _can_be_kept(prices, settings.sms_countries)
    return SmsLimits(
        countries=frozenset(settings.sms_countries),
        prices=prices,
        daily_cap=None if cap is None else Cap(cap, prices.currency),
        alike=settings.sms_alike or None,
    )


def _can_be_kept(prices: Prices, countries: tuple[str, ...]) -> None:
    lacking = [country for country in countries if prices.of(country) is None]
    if lacking:
        raise ConfigurationError(
            f"{VARIABLE}SMS_DAILY_CAP: cannot be kept, as {VARIABLE}SMS_PRICES has no price for"
            f" {', '.join(lacking)}; add {lacking[0]}=… or {ANY_COUNTRY}=…"
        )
