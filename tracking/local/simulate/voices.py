"""Who reports on parcels: a carrier's words, its format, and the route it serves. Pure."""

from dataclasses import dataclass

from tracking.local.simulate import formats, words
from tracking.local.simulate.formats import Format
from tracking.local.simulate.places import (
    FINLAND,
    GERMANY,
    HOME,
    NORTH,
    OVERSEAS,
    POLAND,
    SOUTH,
    Route,
)
from tracking.local.simulate.words import Words


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who reports on parcels. `sender` is the carrier code that its key speaks for.

    `pattern` is how its tracking numbers look. `whole`: every message tells the life so far.
    `repeats`: a message may tell several events.
    """

    name: str
    carrier: str
    words: Words
    pattern: str
    format: Format = formats.omniva_json
    route: Route = NORTH
    reader: str | None = None
    whole: bool = False
    repeats: bool = True
    names_parcel: bool = True
    media: str = "application/json"

    @property
    def sender(self) -> str:
        return self.reader or self.carrier

    def number(self, serial: int) -> str:
        return self.pattern.format(serial)


_CE = "CE{:09d}EE"
_V = "V{:012d}"
OMNIVA = Voice("omniva", "omniva", words.OMNIVA, _CE)
OMNIVA_LOCKERS = Voice("omniva with lockers", "omniva", {**words.OMNIVA, **words.LOCKERS}, _CE)
VENIPAK = Voice("venipak", "venipak", words.VENIPAK, _V, formats.venipak, SOUTH)
UNISEND = Voice("unisend", "unisend", words.UNISEND, "UN{:09d}LT", formats.unisend, HOME)
POSTI = Voice(
    "posti",
    "posti",
    words.POSTI,
    "JJFI{:017d}",
    formats.posti,
    FINLAND,
    whole=True,
    names_parcel=False,
)
DPD = Voice("dpd", "dpd", words.DPD, "0581{:010d}", formats.dpd, GERMANY)
GLS = Voice("gls", "gls", words.GLS, "5{:010d}", formats.gls, GERMANY)
EASYPOST = Voice(
    "easypost",
    "fedex",
    words.FEDEX,
    "77{:010d}",
    formats.easypost,
    OVERSEAS,
    reader="easypost",
    whole=True,
)
RIGAVELO = Voice("rigavelo", "rigavelo", words.OWN, "RV-{:09d}")

VOICES = (
    OMNIVA,
    OMNIVA_LOCKERS,
    Voice("omniva feed", "omniva", words.OMNIVA, _CE, formats.omniva_xml, media=formats.XML),
    VENIPAK,
    Voice("venipak bulk", "venipak", words.VENIPAK, _V, formats.venipak_naive, SOUTH),
    Voice(
        "venipak with lockers",
        "venipak",
        {**words.VENIPAK, **words.LOCKERS},
        _V,
        formats.venipak,
        SOUTH,
    ),
    UNISEND,
    POSTI,
    Voice(
        "inpost",
        "inpost",
        words.INPOST,
        "52{:022d}",
        formats.inpost,
        POLAND,
        repeats=False,
    ),
    DPD,
    GLS,
    EASYPOST,
    Voice("upu", "upu", words.UPU, "RR{:09d}LV", formats.upu, HOME),
    RIGAVELO,
)
