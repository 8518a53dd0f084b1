"""What an enemy writes where a text is wanted, and how to tell that it stayed one."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel, ValidationError

MARK = "zzz"  # in each of them: whoever finds it finds the text
TEXTS = {
    "script": "zzz<script>alert(1)</script>",
    "end of script": "zzz</script></style></title></textarea><svg onload=alert(1)>",
    "attribute": 'zzz" onmouseover="alert(1)" x="',
    "single quotes": "zzz' onfocus='alert(1)' autofocus x='",
    "image": 'zzz"><img src=x onerror=alert(1)>',
    "comment": "zzz--><svg/onload=alert(1)><!--",
    "entities": "zzz&lt;script&gt;alert(1)&#60;/script&#62;",
    "address": "javascript:alert(1)//zzz",
    "data": "data:text/html,zzz<script>alert(1)</script>",
    "templates": "zzz{{7*7}}${7*7}#{7*7}{% raw %}%(x)s%s{0}<%= 7*7 %>",
    "lines": "zzz\r\nSet-Cookie: a=b\r\nBcc: all@example.com\r\n\r\n<b>x</b>",
    "frames": 'zzz\n\nid: 99\nevent: update\ndata: {"html": "<b>"}\n\n',
    "formula": "=cmd|'/C calc'!A0zzz",
    "sum": "@SUM(1+1)*zzz",
    "plus": "+1+1zzz",
    "direction": "zzz\u202egnp.live\u2066\u2069\u200f\ufeff",
    "controls": "zzz\x07\x1b[31m\x85\u2028\u2029\x0bq",
    "nul": "zzz\0q",
    "half a pair": "zzz\ud800q",
    "marks": "zzze" + "\u0301" * 10_000 + "e",
    "sql": "zzz'; DROP TABLE shipment; --",
}
AT_THE_DOOR = {"nul", "half a pair"}
"""No text at all: refused, whatever field it stands in."""
HARMLESS = "zzz Andersons"
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "poster", "data", "srcset"})
_CSV = re.compile(r"^[=+\-@\t\r]")
_MOST_MARKS = 4


class Skeleton(HTMLParser):
    """A page without its words: elements, the names of their attributes, where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *sorted(name for name, _ in attrs)))
        for name, value in attrs:
            if name in _ADDRESSES:
                self.parts.append((name, _scheme(value or "")))
            else:
                self.shown.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def _scheme(address: str) -> str:
    found = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", address)
    return found[1].lower() if found else "own"


def skeleton(page: str) -> tuple[list[tuple[str, ...]], str]:
    """Its elements, and all that it shows."""
    parser = Skeleton()
    parser.feed(page)
    parser.close()
    return parser.parts, " ".join(parser.shown)


def unshowable(text: str) -> set[str]:
    """Characters that a text for people never has."""
    return {
        char
        for char in text
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and char != "\n"
    }


def most_marks(text: str) -> int:
    """The longest pile on one letter."""
    longest = here = 0
    for char in text:
        here = here + 1 if unicodedata.combining(char) else 0
        longest = max(longest, here)
    return longest


def is_calm(text: str) -> bool:
    return most_marks(text) <= _MOST_MARKS


def strings(value: Any) -> Iterator[str]:
    """All texts of a JSON value, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def text_fields(model: type[BaseModel]) -> list[tuple[str, ...]]:
    """Where a text may stand, as paths: out of the model's own schema."""
    schema = model.model_json_schema()
    return list(dict.fromkeys(_paths(schema, schema)))


def _paths(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if "$ref" in schema:
        yield from _paths(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
        return
    for each in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _paths(each, root)
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        yield ()
    for name, below in schema.get("properties", {}).items():
        for path in _paths(below, root):
            yield (name, *path)


def filled(
    model: type[BaseModel], base: dict[str, Any], text: str, keep: frozenset[str]
) -> tuple[dict[str, Any], set[tuple[str, ...]]]:
    """`base` with the text in each field that takes it, and which these are.

    `keep`: fields that stay, since what is sent is found by them.
    """
    document, taken = base, set()
    for path in text_fields(model):
        if path and path[0] not in keep:
            tried = _with(document, path, text)
            if _fits(model, tried):
                document = tried
                taken.add(path)
    return document, taken


def _fits(model: type[BaseModel], document: dict[str, Any]) -> bool:
    try:
        model.model_validate_json(json.dumps(document))
    except ValidationError:
        return False
    return True


def _with(document: dict[str, Any], path: tuple[str, ...], text: str) -> dict[str, Any]:
    name, *below = path
    inner = document.get(name)
    value = _with(inner if isinstance(inner, dict) else {}, tuple(below), text) if below else text
    return {**document, name: value}


def is_formula(cell: str) -> bool:
    """What a spreadsheet would reckon (OWASP, CSV injection)."""
    return bool(_CSV.match(cell))
