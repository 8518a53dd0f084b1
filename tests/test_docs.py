"""What the documentation names exists, and what exists is named in it."""

import hashlib
import os
import re
import shlex
from pathlib import Path
from uuid import UUID

import pytest
import typer

from consumers.connection import PUBLISH_TIMEOUT
from consumers.runner import TRIES
from consumers.topology import DELIVERY_LIMIT
from consumers.webhooks import sending
from notifier import outgoing
from notifier.channels import webhook
from notifier.occasions import RULES
from notifier.receipts import generic
from notifier.smpp.line import Limits
from notifier.smpp.pdu import LONGEST
from schemas.explained import REASON, RULE, explained
from schemas.notice import Channel, NoticeState, Occasion
from schemas.webhook import FACT_TYPES
from tracking import webhooks
from tracking.carriers import CARRIERS
from tracking.cli import app
from tracking.settings import PREFIX, Settings
from tracking.staff import passwords
from tracking.staff.oidc import provider
from tracking.store import links, pool
from tracking.web import serving, stream
from tracking.web.console import person, person_page
from tracking.web.events import MAX_EVENTS
from tracking.web.problem import REQUEST_LIMIT

ROOT = Path(__file__).parents[1]
OPERATORS = ROOT / "docs" / "operators.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
NOTICES = ROOT / "docs" / "notices.md"
SECURITY = ROOT / "docs" / "security.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = {
    str(page.relative_to(ROOT)): page.read_text()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
PACKAGES = ("schemas", "tracking", "consumers", "notifier")
SOURCE = "\n".join(
    path.read_text() for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))
)

_BLOCK = re.compile(r"^```(\w*).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STANDS_FOR = {"ROLE": "web", "%i": "web", "ID": str(UUID(int=0)), "NUMBER": "CE1"}


def commands(command: object, *names: str) -> list[list[str]]:
    """The names of all commands, each as its words."""
    children = getattr(command, "commands", {}).items()
    inner = [found for name, child in children for found in commands(child, *names, name)]
    return inner or [list(names)]


NAMES = commands(typer.main.get_command(app))


def blocks(page: str, *languages: str) -> list[str]:
    return [body for language, body in _BLOCK.findall(PAGES[page]) if language in languages]


def prose(page: str) -> str:
    return _BLOCK.sub("", PAGES[page])


def spans(page: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def table(path: Path, heading: str) -> list[list[str]]:
    """The rows of the table that begins with this column, as cells."""
    lines = path.read_text().split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[2:]]


def firsts(path: Path, heading: str) -> set[str]:
    """The names in the first column."""
    return {name for row in table(path, heading) for name in re.findall(r"`([^`]+)`", row[0])}


def words_after_klat(line: str) -> list[str]:
    """The words of a command line of `klat`, whatever stands before it; none if it is not one."""
    found = re.search(r"(?:^|[\s/=])klat ([a-z].*)$", line)
    if found is None or line.startswith(("rabbitmqctl", "useradd")):
        return []
    return [_STANDS_FOR.get(word, word) for word in shlex.split(found[1].partition(" < ")[0])]


def command_lines(page: str) -> list[list[str]]:
    """Those in blocks, and those between backticks unless they only name a command."""
    lines = "\n".join(blocks(page, "sh", "console", "ini")).replace("\\\n", " ").splitlines()
    whole = [span for span in spans(page) if words_after_klat(span) not in NAMES]
    return [words for line in [*lines, *whole] if (words := words_after_klat(line))]


def called(words: list[str]) -> str:
    """The full name of the command that these words call. Raises what is wrong with them."""
    command, names = typer.main.get_command(app), []
    while hasattr(command, "commands"):
        context = command.make_context("klat", list(words))
        name, command, words = command.resolve_command(context, list(words))
        names.append(name)
    command.make_context(names[-1], list(words))
    return " ".join(names)


@pytest.mark.parametrize("page", PAGES)
def test_a_command_line_that_is_shown_is_understood(page):
    for words in command_lines(page):
        called(words)


def test_every_command_is_shown_to_operators():
    shown = {called(words) for words in command_lines("docs/operators.md")}
    assert shown == {" ".join(name) for name in NAMES}


@pytest.mark.parametrize("page", PAGES)
def test_a_target_of_make_that_is_named_exists(page):
    text = "\n".join([*blocks(page, "sh"), *spans(page)])
    named = re.findall(r"^make ([a-z]+)", text, re.MULTILINE)
    assert set(named) <= set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_variable_that_is_named_exists(page):
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*", PAGES[page]))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


def test_every_variable_has_its_row_with_its_default(monkeypatch):
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    settings = Settings()
    shown = {row[0].strip("`"): row[1].strip("`") for row in table(OPERATORS, "variable")}
    unset = {None: "none", (): "none"}
    assert shown == {
        PREFIX + name.upper(): unset.get(value := getattr(settings, name), _written(value))
        for name in Settings.model_fields
    }


def _written(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def metrics() -> set[str]:
    found = re.findall(r"\b(Counter|Gauge|Histogram)\(\s*\"(\w+)\"", SOURCE)
    return {name + ("_total" if kind == "Counter" else "") for kind, name in found}


def test_every_metric_has_its_row():
    assert firsts(OPERATORS, "metric") == metrics()


@pytest.mark.parametrize("page", PAGES)
def test_a_metric_that_is_named_exists(page):
    users = {"klat_owner", "klat_app"}
    named = set(re.findall(r"\bklat_(?!live_)[a-z_]*[a-z]", PAGES[page]))
    assert named - users <= metrics()


def test_support_reads_the_reasons_that_the_page_gives():
    rows = {row[0].strip("`"): row for row in table(NOTICES, "occasion")}
    assert {each: rows[each][1] for each in Occasion} == dict(RULE)
    said = {
        name: row[1]
        for row in table(NOTICES, "reason")
        for name in re.findall(r"`([^`]+)`", row[0])
        if not name.endswith("…")
    }
    assert said == dict(REASON)
    assert explained("lacks_place_until") == "what it is about is not known: place, until"
    assert explained("30007") == "the provider's own code"
    assert explained(None) is None


def test_every_occasion_and_state_of_a_notice_has_its_row():
    rows = {row[0].strip("`"): row for row in table(NOTICES, "occasion")}
    assert set(rows) == set(Occasion)
    assert {name: row[2].split(", ") for name, row in rows.items()} == {
        occasion: list(rule.channels) for occasion, rule in RULES.items()
    }
    nights = {name: row[3] for name, row in rows.items() if row[3] != "–"}
    assert nights == {
        occasion: rule.night
        for occasion, rule in RULES.items()
        if set(rule.channels) != {Channel.EMAIL}
    }
    assert firsts(NOTICES, "state") == set(NoticeState)


def test_every_event_of_the_log_has_its_row_with_its_level():
    found = re.findall(r"\blog\.(\w+)\(\s*\"(\w+\.\w+)\"", SOURCE)
    assert firsts(OPERATORS, "event") == {name for _, name in found}
    for row in table(OPERATORS, "event"):
        levels = {level.replace("exception", "error") for level, name in found if name in row[0]}
        assert levels == set(row[1].split(", ")), row[0]


def test_every_table_of_the_database_has_its_row():
    sql = "\n".join(file.read_text() for file in (ROOT / "tracking" / "sql").rglob("*.sql"))
    made = re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", sql, re.MULTILINE)
    assert firsts(ARCHITECTURE, "table") == set(made)


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_is_named_exists(page):
    tops = {path.name for path in ROOT.iterdir()}
    for span in spans(page):
        if re.fullmatch(r"[\w./-]+", span) and span.partition("/")[0] in tops:
            assert (ROOT / span).exists(), span


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


def test_readme_names_every_carrier():
    listed = PAGES["README.md"].split("carriers and aggregators (", 1)[1].split(")", 1)[0]
    names = {carrier.name.split()[0] for code, carrier in CARRIERS.items() if code != "klat"}
    assert set(re.split(r",\s+", listed)) == names
    assert f"those of {len(names)} carriers" in PAGES["README.md"]


LIMITS = [
    ("request line, each header; headers", serving.MAX_LINE),
    ("time for the headers, idle connection", serving.KEEPALIVE),
    ("time for a body; for an answer; for a page", REQUEST_LIMIT),
    ("a person's file in the console: parcels; time", person_page.MOST_IN_A_FILE),
    ("a person's file in the console: parcels; time", person.FILE_LIMIT),
    ("an erasure in the console: work at a time; all of it", person.WORK),
    ("an erasure in the console: work at a time; all of it", person.ERASE_LIMIT),
    ("events in a body", MAX_EVENTS),
    ("time for the broker's confirm", PUBLISH_TIMEOUT),
    ("times a message is tried; delivered", TRIES),
    ("times a message is tried; delivered", DELIVERY_LIMIT),
    ("receipts in a body", generic.MOST),
    ("a PDU of a message centre; deliver_sm in hand", LONGEST / 1024),
    ("a PDU of a message centre; deliver_sm in hand", Limits().taking),
    ("wrong answers, per parcel", links.TRIES),
    ("bytes waiting for one live page", stream.BUFFER / 1024),
    ("time a live page may not take data; life of a stream", stream.WRITE_LIMIT),
    ("webhooks of a shop; tests of one", webhooks.MOST),
    ("a webhook's answer; of its body", webhook.LIMITS.total),
    ("a webhook's answer; of its body", webhook.LIMITS.body / 1024),
    ("posts at once, per process; to one webhook", sending.PLACES.at_once),
    ("posts at once, per process; to one webhook", sending.PLACES.of_webhook),
    ("posts at once, per process, to one shop; to all that are slow", sending.PLACES.of_shop),
    ("posts at once, per process, to one shop; to all that are slow", sending.PLACES.of_slow),
    ("names being resolved, per process", outgoing.LOOKUPS),
    ("passwords that wait to be hashed, per process", passwords.MOST_WAITING),
    ("a provider's answer: time; size", provider.PATIENCE),
    ("a provider's answer: time; size", provider.LARGEST / 1024),
    ("wait for a database connection; statement; lock", pool.ACQUIRE_TIMEOUT),
    ("wait for a database connection; statement; lock", pool.COMMAND_TIMEOUT),
]


@pytest.mark.parametrize(("of", "value"), LIMITS)
def test_a_limit_is_what_the_code_says(of, value):
    rows = {row[0]: row[1] for row in table(SECURITY, "of")}
    assert re.search(rf"\b{value:,.0f}\b", rows[of])


def test_decisions_are_numbered_dated_and_whole():
    for number, path in enumerate(DECISIONS, start=1):
        text = path.read_text()
        assert path.name.startswith(f"{number:04}-")
        assert re.match(rf"# {number}\. .+\n\n\d{{4}}-\d\d-\d\d\n", text)
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_shops_are_told_every_type_of_fact():
    text = (ROOT / "docs" / "shops.md").read_text()
    named = {f"shipment.{each}" for each in re.findall(r"`(?:shipment\.)?(\w+)`", text)}
    named |= set(re.findall(r"`((?:promise|compensation|statutory)\.\w+)`", text))
    assert named >= set(FACT_TYPES)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_every_block_of_code_ends(page):
    fences = [line for line in page.read_text().splitlines() if line.startswith("```")]
    assert all(line == "```" for line in fences[1::2])
    assert len(fences) % 2 == 0


def test_what_is_not_ours_is_as_it_came():
    file = ROOT / "tracking/web/static/htmx.min.js"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in ARCHITECTURE.read_text()
    assert "Zero-Clause BSD" in file.with_name("htmx-license.txt").read_text("utf-8")
