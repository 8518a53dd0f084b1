"""Where simulated parcels travel: real cities, invented depots and lockers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    city: str
    country: str
    address: str | None = None
    place_id: str | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """From the sender through the hubs to the depot of the recipient; `locker` is near them."""

    origin: Place
    hubs: tuple[Place, ...]
    depot: Place
    locker: Place


_TALLINN = Place("Tallinna sorteerimiskeskus", "Tallinn", "EE")
_PARNU = Place("Pärnu jaotuskeskus", "Pärnu", "EE")
_VALMIERA = Place("Valmieras depo", "Valmiera", "LV")
_RIGA = Place("Rīgas šķirošanas centrs", "Rīga", "LV")
_JELGAVA = Place("Jelgavas depo", "Jelgava", "LV")
_KLAIPEDA = Place("Klaipėdos skirstymo centras", "Klaipėda", "LT")
_PANEVEZYS = Place("Panevėžio skirstymo centras", "Panevėžys", "LT")
_KAUNAS = Place("Kauno skirstymo centras", "Kaunas", "LT")
_VILNIUS = Place("Vilniaus skirstymo centras", "Vilnius", "LT")
_WARSAW = Place("Sortownia Warszawa", "Warszawa", "PL")
_KRAKOW = Place("Oddział Kraków", "Kraków", "PL")
_VANTAA = Place("Vantaan lajittelukeskus", "Vantaa", "FI")
_HELSINKI = Place("Helsingin terminaali", "Helsinki", "FI")
_MEMPHIS = Place("Memphis hub", "Memphis", "US")
_COLOGNE = Place("Köln hub", "Köln", "DE")
_HAMBURG = Place("Depot Hamburg", "Hamburg", "DE")

RIGA_LOCKER = Place(
    name="Rīgas Dārzciema pakomāts",
    city="Rīga",
    country="LV",
    address="Dārzciema iela 1",
    place_id="9901",
    lat=56.9367,
    lon=24.1785,
)
_VILNIUS_LOCKER = Place("Žirmūnų paštomatas", "Vilnius", "LT", "Žirmūnų g. 2", "7701", 54.71, 25.3)
_TALLINN_LOCKER = Place(
    "Kesklinna pakiautomaat", "Tallinn", "EE", "Narva mnt 3", "5501", 59.4, 24.8
)
_KALLIO_LOCKER = Place("Kallion pakettiautomaatti", "Helsinki", "FI", "Hämeentie 4", "3301")
_KRAKOW_LOCKER = Place("KRA99X", "Kraków", "PL", "Prosta 5", "KRA99X")

NORTH = Route(_TALLINN, (_PARNU, _VALMIERA), _RIGA, RIGA_LOCKER)
COAST = Route(_KLAIPEDA, (_KAUNAS, _PANEVEZYS, _JELGAVA), _RIGA, RIGA_LOCKER)
SOUTH = Route(_RIGA, (_KAUNAS,), _VILNIUS, _VILNIUS_LOCKER)
HOME = Route(_VILNIUS, (_KAUNAS, _RIGA, _VALMIERA), _TALLINN, _TALLINN_LOCKER)
FINLAND = Route(_TALLINN, (_VANTAA,), _HELSINKI, _KALLIO_LOCKER)
POLAND = Route(_WARSAW, (_WARSAW,), _KRAKOW, _KRAKOW_LOCKER)
OVERSEAS = Route(_MEMPHIS, (_COLOGNE,), _RIGA, RIGA_LOCKER)
GERMANY = Route(_HAMBURG, (_WARSAW, _KAUNAS), _RIGA, RIGA_LOCKER)
