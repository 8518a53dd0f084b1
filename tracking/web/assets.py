"""The few static files of the pages: read once, named by their content, so cached for ever."""

import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from tracking.words.catalog import words_of
from tracking.words.language import SUPPORTED

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
PREFIX: Final = "/static/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    content_type: str
    digest: str


STATIC: Final[dict[str, StaticFile]] = {}
"""Every file by its path: served with `Cache-Control: public, max-age=31536000, immutable`."""
_PATHS: Final[dict[str, str]] = {}


def _keep(name: str, body: bytes) -> None:
    stem, suffix = Path(name).stem, Path(name).suffix
    digest = blake2b(body, digest_size=6).hexdigest()
    _PATHS[name] = f"{PREFIX}{stem}.{digest}{suffix}"
    STATIC[_PATHS[name]] = StaticFile(body, _TYPES[suffix], digest)


def static_path(name: str) -> str:
    """`page.css` -> `/static/page.<hash>.css`."""
    return _PATHS[name]


def manifest_path(language: str) -> str:
    """The page as an app on the home screen, in this language."""
    return static_path(f"page-{language}.webmanifest")


def _manifest(language: str) -> bytes:
    """W3C Web Application Manifest. It names no page, so that the one it is added from opens."""
    name = words_of(language).gettext("Parcel tracking")
    icons = [
        {"src": static_path(f"icon-{size}.png"), "sizes": f"{size}x{size}", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "name": name,
        "short_name": name,
        "lang": language,
        "display": "standalone",
        "background_color": "#f3efe6",
        "theme_color": "#f3efe6",
        "icons": icons,
    }
    return json.dumps(manifest, ensure_ascii=False).encode()


for _file in sorted(_FOLDER.iterdir()):
    _keep(_file.name, _file.read_bytes())
for _language in SUPPORTED:
    _keep(f"page-{_language}.webmanifest", _manifest(_language))
