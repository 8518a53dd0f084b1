"""What a notice may speak of. Everything a text needs is in here; texts look nothing up."""

from dataclasses import dataclass
from datetime import datetime

from schemas.api import Money
from schemas.notice import Addressee, Occasion
from schemas.scan import Location, Window
from schemas.shop import Spelling
from schemas.status import Handover, Reason


@dataclass(frozen=True, slots=True)
class Brand:
    """The shop as its customers know it. `colour` is #rrggbb, `help` https:, mailto: or tel:."""

    name: str
    colour: str | None = None
    logo: str | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Bonus:
    """`for_delay` False: support granted it, and it says nothing of why."""

    code: str
    amount: Money
    until: datetime | None = None
    for_delay: bool = True


@dataclass(frozen=True, slots=True)
class Values:
    """One notice's facts. Instants are aware; `zone` is that of the place of delivery.

    `link` opens the tracking page, `stop` the page to hear no more. `code` and `qr` open the
    locker and are set for the recipient only. `carrier` is a name as people know it. `replaces`:
    what was told before of where, until when or how to collect it holds no more. What the shop
    wants of its texts: how an SMS is spelt, and whether a mail says ParcelDelivery. `answer` is
    what support writes to who asked: clean lines.
    """

    occasion: Occasion
    addressee: Addressee
    language: str
    zone: str
    now: datetime
    brand: Brand
    carrier: str
    tracking_number: str
    link: str
    stop: str | None = None
    order: str | None = None
    reason: Reason | None = None
    handover: Handover | None = None
    window: Window | None = None
    place: Location | None = None
    until: datetime | None = None
    code: str | None = None
    qr: str | None = None
    replaces: bool = False
    bonus: Bonus | None = None
    spelling: Spelling = Spelling.SHORT
    parcel_markup: bool = False
    answer: str | None = None
