"""A policy file that is right is a policy; one that is wrong says where and why, whole."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy import Bearer, BonusKind, LateBy
from tracking.policy_file import (
    DEEPEST,
    LONGEST,
    MOST_DOTS,
    MOST_FAULTS,
    MOST_TABLES,
    PolicyRefused,
    read_policy,
)

GOOD = """\
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
approval_above = "20.00"
budget_month = "1000.00"
borne_by = "carrier"

[caps]
shipment = "30.00"
shopper_month = "50.00"

[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }

[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }

[[tiers]]
lost = true
bonus = { kind = "refund", share = "100%" }

[[force_majeure]]
starts = 2026-01-05
ends = 2026-01-07
countries = ["LV"]
reason = "storm"
"""


def test_a_policy_is_read_whole():
    found = read_policy(GOOD)
    assert [str(each.late_by) for each in found.tiers] == ["1d", "3d", "None"]
    assert found.tiers[0].late_by == LateBy(timedelta(days=1))
    assert found.tiers[2].bonus.kind is BonusKind.REFUND
    assert found.borne_by is Bearer.CARRIER
    assert found.force_majeure[0].reason == "storm"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"3.00"', '"-3.00"', "line 14: tiers[0].bonus.amount: not an amount such as"),
        ('"5.00"', "5.00", "line 18: tiers[1].bonus.amount: Input should be a valid string"),
        ('late_by = "3d"', 'late_by = "soon"', "line 17: tiers[1].late_by: is no span"),
        ("[caps]", "colour = 1\n[caps]", "line 8: colour: is no field here"),
        ('shipment = "30.00"', 'shipmnt = "30.00"', "line 9: caps.shipmnt: is no field here"),
        ('currency = "EUR"', 'currency = "euro"', "line 2: currency: not a currency code"),
        ('name = "standard"\n', "", "line 1: name: is missing"),
        ("ends = 2026-01-07", "ends = 2026-01-01", "line 24: force_majeure[0]: 'starts' is later"),
        ('late_by = "3d"', 'late_by = "12h"', "line 12: each of 'tiers' must be later"),
        ('reason = "storm"', 'reason = "storm', "line 28: is no TOML: "),
        ("lost = true", "lost = maybe", "line 21: is no TOML: "),
    ],
)
def test_a_fault_has_its_line_and_its_reason(before, after, fault):
    assert before in GOOD
    with pytest.raises(PolicyRefused) as refused:
        read_policy(GOOD.replace(before, after, 1))
    assert str(refused.value).startswith(fault)


def test_all_faults_are_told_at_once_from_the_top():
    wrong = GOOD.replace('"EUR"', '"euro"').replace('"3.00"', '"0"').replace('"30.00"', '"x"')
    with pytest.raises(PolicyRefused) as refused:
        read_policy(wrong)
    assert [each.line for each in refused.value.faults] == [2, 9, 14]


def test_a_file_without_end_is_not_read():
    with pytest.raises(PolicyRefused, match="longer"):
        read_policy("#" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[tiers]]\n" * (MOST_TABLES + 1), MOST_TABLES + 1, "more than 200 tables"),
        ("a = [" + "{}," * (MOST_TABLES + 1) + "]", 1, "more than 200 tables"),
        ("\na = " + "[" * (DEEPEST + 1), 2, "has brackets within brackets"),
        ("a = " + "{a = " * 2000, 1, "has brackets within brackets"),
        ("\n\n" + "a." * (MOST_DOTS + 1) + "a = 1", 3, "more than 8 dots in a key"),
        ("[" + ' "a" .' * (MOST_DOTS + 1) + "a]", 1, "more than 8 dots in a key"),
        ("a = {" + "a." * 5000 + "a = 1}", 1, "more than 8 dots in a key"),
        ('a = ["""x"""", ' + "[" * 5000, 1, "has brackets within brackets"),
        ("x = 'a'\na = " + "9" * 4301, 2, "holds a number that is too long"),
        ("a = -" + "1_" * 5000 + "1", 1, "holds a number that is too long"),
        ("a = " + "[{a=" * (DEEPEST // 2), 1, "is no TOML"),
    ],
)
def test_what_a_parser_would_choke_on_is_a_fault_with_its_line(text, line, said):
    with pytest.raises(PolicyRefused) as refused:
        read_policy(text)
    (fault,) = refused.value.faults
    assert (fault.line, said in fault.why) == (line, True), fault


@pytest.mark.parametrize(
    "reason",
    [
        '"' + "a.b[" * 40 + '"',
        "'" + "{.[" * 60 + "'",
        '"""\n' + "[[tiers]]\n" * 15 + '"""',
        "'''" + "[" * 100 + "'''",
        '"""' + '\\"[' * 20 + '""""  # ' + "[." * 300,
        '"storm"  # ' + "[{." * 300,
        '"storm \\" [[[[[[[[[[ \\\\"',
    ],
)
def test_no_mark_counts_within_a_string_or_a_comment(reason):
    assert read_policy(GOOD.replace('"storm"', reason)).force_majeure


def test_of_very_many_faults_the_first_are_told_and_how_many_more_there_are():
    many = "".join(f"a{number} = 1\n" for number in range(900))
    with pytest.raises(PolicyRefused) as refused:
        read_policy(GOOD.replace("[caps]", f"{many}[caps]"))
    faults = refused.value.faults
    assert [each.line for each in faults] == list(range(8, 8 + MOST_FAULTS))
    assert str(faults[-1]) == "line 57: and 851 faults more from here on"


@pytest.mark.parametrize("long", ["0x" + "f" * 16000, "1e9999", "9" * 4300])
def test_a_number_of_any_size_is_a_fault_of_its_field(long):
    with pytest.raises(PolicyRefused, match="line 1: bonus_valid_days: "):
        read_policy(f"bonus_valid_days = {long}")


@given(st.text(alphabet="[]{}.='\"\\\n#a1", max_size=300))
def test_marks_in_any_order_crash_nothing(text):
    with pytest.raises(PolicyRefused):
        read_policy(text)


@given(st.text(max_size=200))
def test_whatever_stands_there_is_a_policy_or_refused(text):
    with pytest.raises(PolicyRefused):
        read_policy(text)


@given(st.integers(0, len(GOOD)), st.sampled_from(['"', "=", "[[tiers]]", "\n", "é", "\x00", "-1"]))
def test_a_slip_of_the_keyboard_never_crashes(place, typed):
    faults = []
    try:
        read_policy(GOOD[:place] + typed + GOOD[place:])
    except PolicyRefused as refused:
        faults += refused.faults
    assert all(each.line >= 1 and each.why for each in faults)
