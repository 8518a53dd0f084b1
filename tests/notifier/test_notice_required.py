"""What a notice cannot do without is named, and a text without it is never made."""

from dataclasses import replace

import pytest
from notice_values import PICKUP, fewest, usual

from notifier.render import MissingValueError, missing, render_email, render_push, render_sms
from notifier.required import REQUIRED
from notifier.values import Brand
from schemas.notice import Occasion
from schemas.scan import Location, Window


def test_every_occasion_says_what_it_needs() -> None:
    assert set(REQUIRED) == set(Occasion)


@pytest.mark.parametrize("occasion", Occasion)
def test_nothing_is_missing_where_there_is_what_is_required(occasion: Occasion) -> None:
    assert missing(fewest(occasion)) == []
    assert missing(usual(occasion)) == []


@pytest.mark.parametrize(
    ("occasion", "field"),
    [(occasion, field) for occasion in Occasion for field in REQUIRED[occasion]],
)
def test_a_text_with_a_hole_is_refused_by_name(occasion: Occasion, field: str) -> None:
    values = replace(usual(occasion), **{field: None})
    assert missing(values) == [field]
    for render in (render_sms, render_email, render_push):
        with pytest.raises(MissingValueError, match=rf"^{occasion.value} cannot .*: {field}$"):
            render(values)


@pytest.mark.parametrize("blank", ["", "  ", "\u202e", "<>", "\r\n"])
def test_a_name_of_which_nothing_is_shown_is_missing(blank: str) -> None:
    values = usual(Occasion.READY_FOR_PICKUP)
    nameless = replace(
        values, brand=Brand(blank), carrier=blank, place=Location.model_construct(name=blank)
    )
    assert missing(nameless) == ["brand", "carrier", "place"]


@pytest.mark.parametrize("occasion", PICKUP)
def test_a_place_is_known_by_its_address_too(occasion: Occasion) -> None:
    place = Location(address="Kr. Barona iela 46")
    assert "Barona iela 46" in render_sms(usual(occasion, place=place)).text


def test_a_window_without_a_limit_says_nothing() -> None:
    nothing = Window.model_construct(starts=None, ends=None)
    assert missing(usual(Occasion.ARRIVING_NEXT, window=nothing)) == ["window"]


@pytest.mark.parametrize("name", ["https://kafija.lv/", "kafija.lv"])
def test_a_shop_may_be_called_by_its_domain(name: str) -> None:
    text = render_sms(usual(Occasion.DELIVERED, brand=Brand(name))).text
    assert text.startswith("kafija.lv: Your parcel was delivered.")


@pytest.mark.parametrize(
    "link", ["", "javascript:alert(1)", "t.example/x", "https://t/\nx", "ftp://x"]
)
def test_a_link_is_the_address_of_a_page(link: str) -> None:
    for render in (render_sms, render_email, render_push):
        with pytest.raises(ValueError, match="link"):
            render(usual(Occasion.DELIVERED, link=link))
