"""The checklist of docs/security.md: every item is there, and every test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ELSE = re.compile(r"\b(?:Open|Yours|None)\b[^|]*[:,] \S")
ITEM = re.compile(r"\d+\.\d+\.\d+")

# Of OWASP ASVS 5.0, levels 1 and 2: what concerns a service such as this one.
WANTED = ITEM.findall(
    """
    1.2.1 1.2.3 1.2.4 1.3.3 1.3.6 1.3.7 1.3.11 1.5.2
    2.1.3 2.2.3 2.3.3 2.4.1
    3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.2 3.5.3 3.5.4
    4.1.1 4.1.2 4.1.3 4.2.1 5.2.1 5.2.2 5.3.2
    6.2.1 6.2.9 6.2.12 6.3.2 6.3.3 6.5.2 6.6.3
    7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5
    8.2.2 8.2.3 8.4.1 9.1.2 9.2.1 9.2.2 9.2.3 10.5.1 10.5.2 10.5.3 10.5.4
    11.2.2 11.3.3 11.5.1 12.3.1 13.2.2 13.2.4 13.3.1 13.4.2 13.4.5
    14.2.1 14.2.4 14.3.2 15.1.2 15.3.2 15.3.3 15.3.4
    16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2
    """
)


def rows() -> list[list[str]]:
    table = PAGE.split("\n| item | kept | shown by |\n", 1)[1].split("\n\n", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]
    ]


ROWS = rows()


def test_every_item_has_its_row_and_only_one():
    told = [item for row in ROWS for item in ITEM.findall(row[0])]
    assert set(WANTED) <= set(told)
    assert len(told) == len(set(told))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_names_tests_that_exist_or_why_there_are_none(row):
    named = TEST.findall(row[2])
    assert named or ELSE.match(row[2]), row
    assert row[2].count("::") == len(named), "each is written as a path and a name"
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in functions, f"{path}::{name}"


def test_a_row_without_a_reason_would_be_seen():
    assert not ELSE.match("soon")
    assert ELSE.match("Open: nothing seals anew what is stored")
