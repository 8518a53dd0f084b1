"""What every page has around its contents."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from schemas.base import for_eyes
from tracking.web.assets import manifest_path, static_path
from tracking.words.catalog import Words
from tracking.words.language import SUPPORTED

_SCHEMES: Final = frozenset({"https", "http", "mailto", "tel"})


def _for_eyes(value: Any) -> Any:
    """Of what a template shows: our own markup as it is, any other text without what misleads."""
    return for_eyes(value) if type(value) is str else value


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_for_eyes,
)


def template(name: str) -> Template:
    """Read at the start; what it asks for and does not get is an error."""
    return _ENVIRONMENT.get_template(name)


def frame(words: Words, path: str | None, also: str = "") -> dict[str, Any]:
    """What every page needs. `also` is the query that the links to other languages keep."""
    return {
        "language": words.language,
        "direction": words.locale.text_direction,
        "languages": SUPPORTED,
        "path": path,
        "also": also,
        "gettext": words.gettext,
        "ngettext": words.ngettext,
        "pgettext": words.pgettext,
        "static": static_path,
        "manifest": manifest_path(words.language),
    }


def safe_address(url: str | None) -> str | None:
    """A link that may be offered; anything a browser would run is not one."""
    if url is None:
        return None
    try:
        return url if urlsplit(url).scheme.lower() in _SCHEMES else None
    except ValueError:
        return None
