"""A shop's looks, as far as they can be trusted: readable colours, safe addresses."""

import re
from dataclasses import dataclass
from typing import Final

from notifier.values import Brand
from schemas.shop import WRITABLE

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_SAFE: Final = rf"{WRITABLE}{{1,900}}"
_LOGO: Final = re.compile(rf"https://{_SAFE}")
_HELP: Final = re.compile(rf"(?:https://|mailto:|tel:){_SAFE}")
_PAGE: Final = re.compile(rf"https?://{_SAFE}")
_OURS: Final = "#0d5560"  # --calm of page.css
_LIGHT_CARD, _DARK_CARD = "#fffdf8", "#1a2226"
_WHITE, _INK = "#ffffff", "#1b2326"
_SEEN: Final = 3.0  # WCAG 2.2, 1.4.11: a control against what surrounds it


@dataclass(frozen=True, slots=True)
class Look:
    """The shop's colour, that of text on it, and an edge that is seen on a light or a dark card."""

    colour: str
    text: str
    edge: str
    dark_edge: str
    logo: str | None
    help: str | None


def look_of(brand: Brand) -> Look:
    colour = brand.colour if brand.colour and _COLOUR.fullmatch(brand.colour) else _OURS
    edge, dark_edge = _seen(colour, _LIGHT_CARD, _INK), _seen(colour, _DARK_CARD, _WHITE)
    logo = brand.logo if brand.logo and _LOGO.fullmatch(brand.logo) else None
    contact = brand.help if brand.help and _HELP.fullmatch(brand.help) else None
    return Look(colour, _on(colour), edge, dark_edge, logo, contact)


def page_address(link: str) -> str:
    """An address of ours. Raises ValueError for what no page of ours could have."""
    if not _PAGE.fullmatch(link):
        raise ValueError("a link of a notice is no address of a page")
    return link


def _seen(colour: str, card: str, towards: str) -> str:
    """The colour, moved towards another until it stands out from the card."""
    steps = (_mixed(colour, towards, part / 10) for part in range(11))
    return next(mixed for mixed in steps if contrast(mixed, card) >= _SEEN)


def _on(colour: str) -> str:
    return max(_WHITE, _INK, key=lambda text: contrast(text, colour))


def _mixed(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
