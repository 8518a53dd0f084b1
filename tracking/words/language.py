"""Which language a page speaks: explicit choice > recipient's > shop's > browser's > English."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

SUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        "lv": "Latviešu",
        "lt": "Lietuvių",
        "et": "Eesti",
        "en": "English",
        "ru": "Русский",
    }
)
"""Language codes in the order shown, each with its own name for itself."""

LAST_RESORT = "en"
_LONGEST_HEADER = 500  # nobody speaks more languages than fit in here


def choose(*wishes: str | None, accept_language: str | None = None) -> str:
    """The first supported language among the wishes; what is not supported is passed over."""
    asked = _by_preference(accept_language) if accept_language else ()
    for wish in (*wishes, *asked):
        primary = (wish or "").strip().replace("_", "-").partition("-")[0].lower()
        if primary in SUPPORTED:
            return primary
    return LAST_RESORT


def _by_preference(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first; q=0 means unwanted."""
    weighted = sorted(_weighted(header[:_LONGEST_HEADER]), key=lambda pair: -pair[1])
    return [tag for tag, weight in weighted if weight > 0]


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        tag, _, parameter = item.partition(";")
        try:
            yield tag, float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
