"""Named queries: each begins with `-- name: what it answers ($1 argument, $2 argument)`."""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\b.*$", re.MULTILINE)


def load_queries() -> dict[str, str]:
    """All queries of sql/queries/*.sql by name; a name given twice is an error."""
    queries: dict[str, str] = {}
    for file in sorted(files(__package__).joinpath("queries").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            _read(file.read_text(encoding="utf-8"), queries)
    return queries


def _read(text: str, queries: dict[str, str]) -> None:
    parts = _NAME.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if name in queries:
            raise ValueError(f"query {name!r} is defined twice")
        queries[name] = body.strip().rstrip(";")


SQL = load_queries()
