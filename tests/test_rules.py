"""Rules of the house that no other tool keeps (ruff, mypy and import-linter keep theirs)."""

import ast
import importlib
import io
import os
import pkgutil
import re
import tokenize
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
import typer
from people import DOOR_CODE, EMAIL, NAME, PHONE, said_of_people

from tracking.cli import app
from tracking.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "tracking", "consumers", "notifier")
NOT_OURS = {"build", "node_modules"}  # made by tools, beside everything that begins with a dot
LONG = 350  # lines


@cache
def files() -> list[Path]:
    """Every text file of the tree."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [each for each in folders if _is_ours(each)]
        found += [Path(folder, name) for name in names]
    return [file for file in found if file.suffix not in {".png", ".gz", ".mo", ".pyc"}]


def _is_ours(folder: str) -> bool:
    hidden = folder.startswith(".") and folder != ".ci"
    return not (hidden or folder in NOT_OURS or folder.endswith((".egg-info", "__pycache__")))


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Python files under these folders: path and source."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text("utf-8")


def calls(source: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def test_requirements_name_no_host():
    for file in ROOT.glob("requirements*.txt"):
        assert "://" not in file.read_text("utf-8"), file.name


def test_nothing_is_left_to_be_done():
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    left = [str(file) for file in files() if marks.search(file.read_text("utf-8"))]
    assert left == []


def test_nothing_names_the_machine_it_was_written_on():
    paths = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
    assert [str(file) for file in files() if paths.search(file.read_text("utf-8"))] == []


def test_a_stylesheet_closes_what_it_opens():
    """An open block swallows all that follows; merging two ends of a file makes one."""
    sheets = {f.name: f.read_text("utf-8") for f in files() if f.suffix == ".css"}
    texts = {name: re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL) for name, text in sheets.items()}
    assert {name for name, text in texts.items() if text.count("{") != text.count("}")} == set()
    assert len(texts) > 2


def test_every_module_says_what_it_is():
    silent = [
        path
        for path, source in modules(*PACKAGES)
        if source.strip() and not ast.get_docstring(ast.parse(source))
    ]
    assert silent == []


def test_no_module_is_so_long_that_it_must_be_two():
    long = [path for path, source in modules(*PACKAGES) if source.count("\n") > LONG]
    assert long == []


LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def test_a_log_event_is_a_fixed_name():
    """`log.warning("broker.unreachable", error=...)`: what differs stands in fields."""
    wrong, right = [], 0
    for path, source in modules(*PACKAGES):
        for call in calls(source):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log" | "logger"), attr=level),
                    args=[event, *others],
                ) if level in LEVELS:
                    named = isinstance(event, ast.Constant) and EVENT.fullmatch(str(event.value))
                    right += 1
                    if not named or others:
                        wrong.append(f"{path}:{call.lineno}")
    assert wrong == []
    assert right > 20, "the rule sees the calls"


SPOKEN = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor"}


def test_sql_is_never_put_together():
    wrong, right = [], 0
    for path, source in modules("tracking", "consumers"):
        for call in calls(source):
            match call:
                case ast.Call(func=ast.Attribute(attr=verb), args=[sql, *_]) if verb in SPOKEN:
                    right += 1
                    if isinstance(sql, ast.JoinedStr | ast.BinOp | ast.Call):
                        wrong.append(f"{path}:{call.lineno}")
    assert wrong == []
    assert right > 40, "the rule sees the calls"


SUPPRESSION = re.compile(r"# (?:noqa|type: ignore)")
REASONED = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[\w, -]+\])( - | {2}# )\w.*")


def test_a_migration_that_was_released_is_not_changed():
    """`tests/migrations.sha256` only grows: a release adds its own with sha256sum."""
    folder = ROOT / "tracking" / "sql" / "migrations"
    released = (ROOT / "tests" / "migrations.sha256").read_text().splitlines()
    for checksum, name in (line.split() for line in released):
        assert sha256((folder / name).read_bytes()).hexdigest() == checksum, name


def test_every_suppression_has_its_reason():
    """On its line, or as a comment of its own on the line above."""
    bare = [
        f"{path}:{line}"
        for path, source in modules(*PACKAGES, "tests")
        for line, comment, above in _comments(source)
        if SUPPRESSION.match(comment) and not REASONED.match(comment) and not above.startswith("#")
    ]
    assert bare == []


def _comments(source: str) -> Iterator[tuple[int, str, str]]:
    """Line number, comment, and the line above it."""
    lines = ["", *source.splitlines()]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, lines[token.start[0] - 1].strip()


def docs() -> str:
    """All that is written for operators, couriers and shops, on one line."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return " ".join(" ".join(page.read_text("utf-8") for page in pages).split())


PARTIAL = {  # read with .get, or by who knows which ones are there
    "STATUS_FACTS",
    "_LEVELS",
    "_GUESS",
    "_FACT",
    "_STATUS",
    "_KIND",
    "_READY",
    "_LEFT_AT",
    "MOOD",
    "EXPLAINED",
    "WENT_WRONG",
    "_ASK_BY_MESSAGE",
    "_STATES",
    "_OCCASION_OF",
    "_RANK",
    "_BASES",
    "_MAIL_ELSE",
    "_DELIVERED",
    "_WORST",
    "_HANDS",
    "_STUCK",
    "_STUCK_WHY",
}


def tables() -> Iterator[tuple[str, Mapping[Enum, object]]]:
    """What has a place for every member of an enumeration, outside the demo."""
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".simulate" not in found.name:
                for name, value in vars(importlib.import_module(found.name)).items():
                    if (
                        isinstance(value, Mapping)
                        and value
                        and all(isinstance(key, Enum) for key in value)
                    ):
                        yield name, value


def test_a_table_of_all_kinds_forgets_none():
    whole = 0
    for name, table in tables():
        missing = set(type(next(iter(table)))) - set(table)
        assert not missing or name in PARTIAL, (name, missing)
        whole += not missing
    assert whole > 30


def test_every_command_is_documented():
    written = docs()
    assert [command for command in _commands(app) if command not in written] == []


def _commands(program: typer.Typer) -> Iterator[str]:
    def walk(command: object, words: tuple[str, ...]) -> Iterator[str]:
        below = getattr(command, "commands", {})
        if not below:
            yield " ".join(words)
        for name, each in below.items():
            yield from walk(each, (*words, name))

    return walk(typer.main.get_command(program), ("klat",))


def test_every_variable_is_documented():
    variables = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    assert [name for name in variables if not re.search(rf"\b{name}\b", docs())] == []


@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "{NAME}"}}',
        '{"name": "J\\u0101nis B\\u0113rzi\\u0146\\u0161"}',
        "b'J\\xc4\\x81nis B\\xc4\\x93rzi\\xc5\\x86\\xc5\\xa1'",
        f"to={PHONE}",
        "to=20000001",
        f"<{EMAIL}>",
        f"code {DOOR_CODE}.",
        "key klat_live_0123456789abcdefABCDEFGH_abc123",
        "whsec_MfKQ9r8G/YqrTwjUPD8ILPZIo2Lae+wABCDEFGH0=",
        "GET /t/Wn3vYk2mQp4xRt6zBd8fHj 200",
        "amqp://klat:secret@127.0.0.1:5672/",
    ],
)
def test_the_search_for_people_in_logs_finds_them(text):
    assert said_of_people(text)


@pytest.mark.parametrize(
    "text",
    ["route=/t/{token}", "amqp://klat:******@127.0.0.1/", "https://track.test/t/short", "4829131"],
)
def test_the_search_for_people_in_logs_finds_nobody_else(text):
    assert not said_of_people(text)


def test_no_two_tests_have_one_name():
    """They import each other by name, whichever folder comes first."""
    names = [file.name for file in (ROOT / "tests").rglob("*.py") if file.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))
