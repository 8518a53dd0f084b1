"""The page as bytes: what is in it, what is not, and how little it weighs."""

import gzip
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser

import pytest
from parcels import (
    ARRIVED,
    LOCKER,
    NOW,
    PATH,
    STATES,
    STREET,
    entry,
    in_transit,
    local,
    ready,
    unlocked,
)

from schemas.scan import Location
from schemas.status import Reason, Status
from tracking.web.assets import STATIC, static_path
from tracking.web.installed import WORKER
from tracking.web.page import MessageKind, render_message_page, render_tracking_page
from tracking.web.view import ParcelView, UnlockState
from tracking.words.language import SUPPORTED

KILO = 1024
PUSHED = partial(replace, push_key="B" + "x" * 86)


def shown(view: ParcelView, language: str = "en") -> str:
    return render_tracking_page(view, language, now=NOW)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def links(self) -> list[str | None]:
        return [attributes["href"] for tag, attributes in self.all if tag == "a"]


def long_life(count: int = 40) -> ParcelView:
    history = [
        entry(
            NOW - timedelta(hours=5 * n, minutes=n),
            list(Status)[n % len(Status)],
            reason=list(Reason)[n % len(Reason)],
            code=f"CODE-{n * 7919}",
            description=f"Kurjera piezīme numur {n * 104729}: zvanīt pirms piegādes",
            location=Location(name=f"Terminālis {n * 31}", city=f"Pilsēta {n * 17}", country="LV"),
        )
        for n in range(count)
    ]
    return replace(unlocked(state={"pickup_qr": "Q" * 400}), history=history)


@pytest.mark.parametrize("language", SUPPORTED)
def test_forty_lines_of_history_fit_the_first_round_trip(language: str) -> None:
    html = shown(PUSHED(long_life()), language)
    page = gzip.compress(html.encode(), 6)
    named = [file for path, file in STATIC.items() if path in html]
    assert len(named) >= 2
    rest = sum(len(gzip.compress(file.body, 6)) for file in named)
    assert len(page) <= 14 * KILO
    assert len(page) + rest <= 40 * KILO, "with the icons, which few browsers ever load"


def test_the_scripts_are_small() -> None:
    assert len(STATIC[static_path("page.js")].body) <= 4 * KILO
    scripts = [STATIC[static_path(name)].body for name in ("page.js", "push.js")]
    assert sum(len(gzip.compress(each, 6)) for each in (*scripts, WORKER.encode())) <= 6 * KILO


@pytest.mark.parametrize("view", [*STATES.values(), PUSHED(STATES["in_transit"])])
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(view: ParcelView) -> None:
    for tag, attributes in Tags(shown(view)).all:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "style"
        if tag in {"script", "link", "img"}:
            source = attributes.get("src") or attributes.get("href")
            assert source in STATIC


def test_robots_stay_out_and_previews_tell_nothing() -> None:
    html = shown(unlocked())
    metas = {
        a.get("name") or a.get("property"): a.get("content")
        for t, a in Tags(html).all
        if t == "meta"
    }
    assert metas["robots"] == "noindex, nofollow, noarchive"
    assert metas["referrer"] == "no-referrer"
    assert metas["og:title"] == "Parcel tracking"
    for text in (metas["og:title"], metas["og:description"]):
        assert text
        assert not any(word in text for word in ("Akropole", "384201", "CE1234", "Zaļā", PATH))


@pytest.mark.parametrize("state", [UnlockState.LOCKED, UnlockState.WRONG, UnlockState.PAUSED])
def test_a_code_is_shown_only_when_it_is_unlocked(state: UnlockState) -> None:
    secret = {"pickup_code": "384201", "pickup_qr": "secret"}
    html = shown(ready(unlock=state, state=secret))
    assert "384" not in html
    assert "<figure" not in html
    assert "<figure" in shown(unlocked())


def test_a_code_without_qr_makes_its_own() -> None:
    html = shown(unlocked(state={"pickup_qr": None}))
    assert "<figure" in html
    assert '<path fill="#fff"' in html  # a quiet zone of its own, also in the dark


def test_the_second_factor_says_what_became_of_the_answer() -> None:
    wrong = shown(ready(unlock=UnlockState.WRONG, tries_left=1))
    assert "That does not match. 1 try is left." in wrong
    assert 'aria-invalid="true"' in wrong
    paused = shown(ready(unlock=UnlockState.PAUSED, paused_until=local(20, 15, 10)))
    assert "You can try again today at 15:10." in paused
    assert "<form" not in paused
    assert "<form" not in shown(ready(unlock=UnlockState.IMPOSSIBLE))
    assert "<form" not in shown(unlocked())


def test_the_question_is_folded_away_until_it_matters() -> None:
    folded = '<details class="card unlock" id="unlock">'
    assert folded in shown(in_transit())
    assert folded.replace(">", " open>") in shown(in_transit(unlock=UnlockState.WRONG))
    at_the_locker = shown(ready())
    assert folded not in at_the_locker
    assert at_the_locker.index("<form") < at_the_locker.index("What to do now")


def test_the_form_asks_as_agreed() -> None:
    tags = Tags(shown(ready(), "lv")).all
    form = next(attributes for tag, attributes in tags if tag == "form")
    field = next(attributes for tag, attributes in tags if tag == "input")
    assert (form["method"], form["action"]) == ("post", f"{PATH}/unlock?lang=lv")
    assert (field["name"], field["autocomplete"]) == ("answer", "postal-code")
    assert "onpaste" not in field


def test_the_stream_and_the_version_are_told_to_the_script() -> None:
    main = next(a for tag, a in Tags(shown(in_transit(version=12))).all if tag == "main")
    assert main["data-stream"] == f"{PATH}/stream"
    assert main["data-version"] == "12"
    assert "data-over" not in main
    assert 'http-equiv="refresh"' not in shown(STATES["delivered"])


def test_languages_are_links_that_change_nothing() -> None:
    links = Tags(shown(in_transit(), "et")).links()
    assert [f"{PATH}?lang={code}" for code in SUPPORTED] == links[:5]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "//x",
        "http://[",
    ],
)
def test_an_address_that_a_browser_would_run_is_no_link(address: str) -> None:
    html = shown(in_transit(carrier_page=address, merchant_help=address))
    assert not [link for link in Tags(html).links() if link and not link.startswith(PATH)]


@pytest.mark.parametrize(
    "address", ["https://x.example/a?b=1&c=2", "mailto:a@x.example", "tel:+37120000000"]
)
def test_an_address_that_helps_is_a_link(address: str) -> None:
    assert address in Tags(shown(in_transit(merchant_help=address))).links()


@pytest.mark.parametrize(
    ("state", "topic"),
    [
        ("late", "where_is_it"),
        ("expired", "where_is_it"),
        ("delivered", "not_received"),
        ("returning", "other"),
        ("returned", "other"),
        ("cancelled", "other"),
        ("exception", "other"),
    ],
)
def test_where_the_shop_has_no_address_who_is_sent_to_it_may_write_here(
    state: str, topic: str
) -> None:
    alone = replace(STATES[state], merchant_help=None)
    assert to_ask(replace(alone, can_ask=True)) == [f"{PATH}/help?topic={topic}&lang=en"]
    assert to_ask(alone) == []
    with_both = replace(STATES[state], can_ask=True)
    assert to_ask(with_both) == [with_both.merchant_help], "the shop's own address comes first"


def to_ask(view: ParcelView) -> list[str | None]:
    return [its["href"] for _, its in Tags(shown(view)).all if its.get("id") == "ask"]


def test_a_place_with_coordinates_has_a_map() -> None:
    assert "openstreetmap.org/?mlat=56.92540&amp;mlon=24.17130" in shown(ready())
    assert "openstreetmap" not in shown(ready(state={"pickup_place": STREET}))
    assert LOCKER.address is not None


def test_an_old_copy_says_how_old_it_is() -> None:
    old = in_transit(as_of=NOW - timedelta(minutes=20))
    assert "This is how it was today at 14:00." in shown(old)
    assert "This is how it was" not in shown(in_transit())


def test_days_left_end_with_the_last_day() -> None:
    assert "2 days left" in shown(ready())
    assert "1 day left" in shown(ready(state={"pickup_until": local(22, 0)}))
    assert "Today is the last day" in shown(ready(state={"pickup_until": local(20, 18)}))
    assert " left" not in shown(ready(state={"pickup_until": local(20, 9)}))


def test_what_is_not_known_leaves_no_hole() -> None:
    bare = replace(STATES["pending"], carrier_page=None, merchant_name=None, merchant_help=None)
    for language in SUPPORTED:
        assert "None" not in shown(bare, language)


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("language", SUPPORTED)
def test_a_message_looks_the_same_and_says_its_word(kind: MessageKind, language: str) -> None:
    html = render_message_page(kind, language, path=PATH)
    assert f'<html lang="{language}"' in html
    assert html.count("<h1>") == 1
    assert (f'href="{PATH}"' in html) == (kind in {"unavailable", "too_many"})


def test_a_message_without_a_parcel_offers_no_language_links() -> None:
    assert "<nav" not in render_message_page("not_found", "lv")


def test_static_files_are_named_by_their_content() -> None:
    for path, file in STATIC.items():
        assert f".{file.digest}." in path
    assert static_path("page.css").startswith("/static/page.")


def test_the_page_does_not_depend_on_the_order_of_rendering() -> None:
    first = shown(in_transit(), "lv")
    shown(unlocked(), "ru")
    assert shown(in_transit(), "lv") == first
    assert ARRIVED.scan.location is not None
