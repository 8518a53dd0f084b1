"""Where a place's clock stands: for carriers that write local time and name only the place.

Countries with one time of day only (islands far away aside), the states of the USA and the
provinces of Canada by the zone in which most of their people live.
"""

# ISO 3166: alpha-2, alpha-3, zone.
_COUNTRIES = (
    ("AT", "AUT", "Europe/Vienna"),
    ("BE", "BEL", "Europe/Brussels"),
    ("BG", "BGR", "Europe/Sofia"),
    ("CH", "CHE", "Europe/Zurich"),
    ("CN", "CHN", "Asia/Shanghai"),
    ("CY", "CYP", "Asia/Nicosia"),
    ("CZ", "CZE", "Europe/Prague"),
    ("DE", "DEU", "Europe/Berlin"),
    ("DK", "DNK", "Europe/Copenhagen"),
    ("EE", "EST", "Europe/Tallinn"),
    ("ES", "ESP", "Europe/Madrid"),
    ("FI", "FIN", "Europe/Helsinki"),
    ("FR", "FRA", "Europe/Paris"),
    ("GB", "GBR", "Europe/London"),
    ("GR", "GRC", "Europe/Athens"),
    ("HK", "HKG", "Asia/Hong_Kong"),
    ("HR", "HRV", "Europe/Zagreb"),
    ("HU", "HUN", "Europe/Budapest"),
    ("IE", "IRL", "Europe/Dublin"),
    ("IT", "ITA", "Europe/Rome"),
    ("JP", "JPN", "Asia/Tokyo"),
    ("KR", "KOR", "Asia/Seoul"),
    ("LT", "LTU", "Europe/Vilnius"),
    ("LU", "LUX", "Europe/Luxembourg"),
    ("LV", "LVA", "Europe/Riga"),
    ("MT", "MLT", "Europe/Malta"),
    ("NL", "NLD", "Europe/Amsterdam"),
    ("NO", "NOR", "Europe/Oslo"),
    ("PL", "POL", "Europe/Warsaw"),
    ("PT", "PRT", "Europe/Lisbon"),
    ("RO", "ROU", "Europe/Bucharest"),
    ("RS", "SRB", "Europe/Belgrade"),
    ("SE", "SWE", "Europe/Stockholm"),
    ("SG", "SGP", "Asia/Singapore"),
    ("SI", "SVN", "Europe/Ljubljana"),
    ("SK", "SVK", "Europe/Bratislava"),
    ("TR", "TUR", "Europe/Istanbul"),
    ("TW", "TWN", "Asia/Taipei"),
    ("UA", "UKR", "Europe/Kyiv"),
)
_ALPHA2 = {alpha3: alpha2 for alpha2, alpha3, _ in _COUNTRIES} | {"USA": "US", "CAN": "CA"}
_ZONES = {alpha2: zone for alpha2, _, zone in _COUNTRIES}

_STATES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
}
_PROVINCES = {
    "America/Toronto": "ON QC",
    "America/Winnipeg": "MB",
    "America/Regina": "SK",
    "America/Edmonton": "AB",
    "America/Vancouver": "BC",
    "America/Halifax": "NB NS PE",
    "America/St_Johns": "NL",
}
_PARTS = {
    (country, part): zone
    for country, zones in (("US", _STATES), ("CA", _PROVINCES))
    for zone, parts in zones.items()
    for part in parts.split()
}


def alpha2(country: str | None) -> str | None:
    """The two-letter code of a country given by its two- or three-letter code."""
    code = (country or "").strip().upper()
    return _ALPHA2.get(code, code) or None


def zone_for(country: str | None, part: str | None = None) -> str | None:
    """The IANA zone of a country, or of a state or province of one; None where it is not clear."""
    code = alpha2(country) or ""
    return _PARTS.get((code, (part or "").strip().upper())) or _ZONES.get(code)


def country_of_zone(zone: str) -> str | None:
    """The country whose only zone it is; None where it is that of several, or of none."""
    return next((country for country, known in _ZONES.items() if known == zone), None)
