"""The few static files of the pages: read once, named by their content, so cached for ever."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PREFIX: Final = "/static/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    content_type: str
    digest: str


def _load() -> tuple[dict[str, StaticFile], dict[str, str]]:
    files: dict[str, StaticFile] = {}
    paths: dict[str, str] = {}
    for file in sorted(_FOLDER.iterdir()):
        body = file.read_bytes()
        digest = blake2b(body, digest_size=6).hexdigest()
        path = f"{PREFIX}{file.stem}.{digest}{file.suffix}"
        files[path] = StaticFile(body, _TYPES[file.suffix], digest)
        paths[file.name] = path
    return files, paths


STATIC, _PATHS = _load()
"""Every file by its path: served with `Cache-Control: public, max-age=31536000, immutable`."""


def static_path(name: str) -> str:
    """`page.css` -> `/static/page.<hash>.css`."""
    return _PATHS[name]
