"""An id may be given by how it begins, wherever an operator types one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.errors import KlatError
from tracking.prefix import Ambiguous, NotAnId, the_only, uuid_range


@given(st.uuids(), st.integers(1, 36))
def test_an_id_is_in_the_range_of_each_of_its_beginnings(each, length):
    text = str(each)[:length]
    ids = uuid_range(text)
    assert ids.first <= each <= ids.last
    assert str(ids.first).startswith(text.rstrip("-"))
    assert str(ids.last).startswith(text.rstrip("-"))


@pytest.mark.parametrize("typed", ["8A9E17E7", " 8a9e17e7 ", "8a9e17e7-", "8a9e-17e7"])
def test_case_blanks_and_hyphens_do_not_count(typed):
    assert uuid_range(typed).first == UUID("8a9e17e7-0000-0000-0000-000000000000")


@pytest.mark.parametrize("typed", ["", " ", "-", "xyz", "8a9e17e7…", f"{UUID(int=7)}0", "٣"])
def test_what_is_no_id_is_refused(typed):
    with pytest.raises(NotAnId):
        uuid_range(typed)


def test_one_is_meant_or_it_is_said():
    missing = KlatError("nothing has this id")
    assert the_only(["a"], missing) == "a"
    with pytest.raises(KlatError, match="nothing"):
        the_only([], missing)
    with pytest.raises(Ambiguous):
        the_only(["a", "b"], missing)
