"""Techniques that a log cannot tell apart: by hand, against sets, by invariants.

A log is written as ``{"P1": {"pressure": "1 2 5"}}``: P1 used pressure in the hip on these days.
"""

from statistics import mean, median

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.intake import read_log
from analysis.sessions import empty_sessions
from analysis.statistics import enough
from analysis.statistics.separable import (
    DIFFERENT_MONTHS,
    DIFFERENT_PEOPLE,
    RANGE_DAYS,
    TOGETHER,
    separable,
)

START = pd.Timestamp("2026-01-01 09:00")


def log(people: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Return the sessions that ``people`` describes, see above; each technique at its own hour."""
    rows = [
        [name, START + pd.Timedelta(days=int(day), hours=hour), "hip", technique, ""]
        for name, techniques in people.items()
        for hour, (technique, days) in enumerate(techniques.items())
        for day in days.split()
    ]
    columns = ["participant", "started_at", "region", "technique", "parts_named"]
    return pd.DataFrame(rows, columns=columns)


def alike(n_people: int, start: int = 0, **techniques: str) -> dict[str, dict[str, str]]:
    return {f"P{start + number}": dict(techniques) for number in range(n_people)}


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


def test_shares_and_overlap_by_hand():
    row = only(separable(log(alike(6, pressure="1 2 3 4 11", rest="3 4 5 6 7 8 9 20"))))
    assert (row["technique"], row["other"]) == ("pressure", "rest")
    assert (row["n_people_both"], row["only_technique"], row["only_other"]) == (6, 0, 0)
    # Days 3 and 4 are shared: 2 of 5, 2 of 8. Ranges 1-11 and 3-20: days 3-11 of 1-20.
    values = row[["shared", "shared_other", "overlap"]].tolist()
    assert values == pytest.approx([2 / 5, 2 / 8, 9 / 20], rel=1e-12)
    assert row["reason"] == DIFFERENT_MONTHS


@pytest.mark.parametrize(
    ("techniques", "reason"),
    [
        ({"pressure": "1 3 5 7 9", "rest": "2 4 6 8 10"}, ""),
        ({"pressure": "1 2 3 4", "rest": "1 2 3 4"}, TOGETHER),
        # Nine of the ten days of the rarer one, half of the days of the other: 90 % is enough.
        (
            {
                "pressure": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
                "rest": "1 2 3 4 5 6 7 8 9 20",
            },
            TOGETHER,
        ),
        ({"pressure": "1 2 3 4 5 6 7 8", "rest": "1 2 3 4 5 6 7 9"}, ""),  # 7 of 8 days
        ({"pressure": "1 5 9 13", "rest": "60 64 68 72"}, DIFFERENT_MONTHS),
        ({"pressure": "1 2 3 4 5 6", "rest": "3 4 5 20 6 9"}, DIFFERENT_MONTHS),  # 4 of 20 days
        # Both: always with the other, and in one week of many. The first reason stands.
        ({"pressure": "1 2 3 4 20 40 60", "rest": "1 2 3 4"}, TOGETHER),
    ],
)
def test_each_reason(techniques, reason):
    assert only(separable(log(alike(6, **techniques))))["reason"] == reason


def test_half_of_the_days_is_enough_overlap():
    row = only(separable(log(alike(6, pressure="1 3 5 8", rest="5 7 9 12"))))  # 5-8 of 1-12
    assert (row["overlap"], row["reason"]) == (4 / 12, DIFFERENT_MONTHS)
    row = only(separable(log(alike(6, pressure="1 3 5 8", rest="4 6 7 10"))))  # 4-8 of 1-10
    assert (row["overlap"], row["reason"]) == (5 / 10, "")


def test_ranges_of_few_days_say_nothing():
    # Negative control: three days of one among six of the other are no different months.
    row = only(separable(log(alike(9, pressure="40 41 42", rest="1 20 39 43 80 85"))))
    assert RANGE_DAYS == 4
    assert (row["n_people_both"], row["n_people_overlap"], row["reason"]) == (9, 0, "")
    assert pd.isna(row["overlap"])


def test_different_people():
    people = alike(6, pressure="1 2 3") | alike(6, 6, rest="1 2 3")
    row = only(separable(log(people)))
    assert (row["n_people_both"], row["only_technique"], row["only_other"]) == (0, 6, 6)
    assert row["reason"] == DIFFERENT_PEOPLE
    assert row[["shared", "shared_other", "overlap"]].isna().all()
    # Three with both, and six in each all told: still different people.
    people = alike(3, pressure="1", rest="1") | alike(3, 3, pressure="2") | alike(3, 6, rest="2")
    assert only(separable(log(people)))["reason"] == DIFFERENT_PEOPLE
    # A sixth user of one of them is missing: nothing is known about the choice of people.
    del people["P8"]
    assert only(separable(log(people)))["reason"] == enough.FEW


def test_people_with_one_of_the_two_do_not_thin_the_shares():
    together = alike(6, pressure="1 2 3 4", rest="1 2 3 4")
    row = only(separable(log(together | alike(30, 6, pressure="5 6 7"))))
    assert (row["only_technique"], row["shared"], row["reason"]) == (30, 1, TOGETHER)


def test_a_frequent_logger_is_one_person():
    # Five people never share a day, the sixth shares all of a hundred.
    days = " ".join(map(str, range(100)))
    people = alike(5, pressure="1 3 5 7 9", rest="2 4 6 8 10")
    row = only(separable(log(people | {"P5": {"pressure": days, "rest": days}})))
    assert row["shared"] == pytest.approx(1 / 6)
    assert row["reason"] == ""


def test_one_person():
    row = only(separable(log({"P1": {"pressure": "1 2 3 4", "rest": "60 61 62 63"}}), min_people=1))
    assert (row["n_people_both"], row["overlap"], row["reason"]) == (1, 0, DIFFERENT_MONTHS)


def test_regions_are_apart_and_every_pair_stands_once():
    hip = log(alike(6, rest="1", pressure="1", stretching="1"))
    table = separable(pd.concat([hip, hip.assign(region="calf")]))
    pairs = [("pressure", "rest"), ("pressure", "stretching"), ("rest", "stretching")]
    expected = [(region, *pair) for region in ("calf", "hip") for pair in pairs]
    assert (
        list(table[["region", "technique", "other"]].itertuples(index=False, name=None)) == expected
    )


def test_the_parts_of_combined_sessions_were_used_together(small_log):
    # As the intake writes them: two rows of one start are one session, its pairs in parts_named.
    rows = [f"P0{person},2026-03-0{day} 10:00,hip,{technique},6,4"
            for person in range(1, 8) for day in range(1, 5) for technique in ("pressure", "rest")]  # fmt: skip
    sessions = small_log(*rows).sessions
    assert set(sessions["technique"]) == {"combined"}
    row = only(separable(sessions))
    assert (row["n_people_both"], row["shared"], row["reason"]) == (7, 1, TOGETHER)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("hip, rest; calf, rest; hip, yoga", [("hip", "rest", "yoga")]),
        ("hip + calf, rest + yoga", [("calf", "rest", "yoga"), ("hip", "rest", "yoga")]),
        ("hip, rest; calf, yoga", []),
        ("hip, rest; hip, ; , yoga", []),
        ("combined, combined", []),
        ("", []),
    ],
)
def test_parts_named(named, found):
    sessions = log({"P1": {"combined": "1"}}).assign(region="combined", parts_named=named)
    table = separable(sessions, min_people=1)
    assert list(table[["region", "technique", "other"]].itertuples(index=False, name=None)) == found


def test_answers_of_a_question_with_several_answers_are_read_as_written(write):
    # Which of two techniques was for which of two regions was not asked: each may have been.
    several = [f"  {name}: {{from: {name}, multi_split: ';'}}" for name in ("region", "technique")]
    mapping = write("name: several", "columns:", *several, name="map.yml")
    header = "participant,started_at,region,technique,pain_before,pain_after"
    path = write(header, "P1,2026-03-01,hip;calf,rest;yoga,5,4")
    sessions = read_log(path, mapping=mapping, as_of="2026-07-01").sessions
    table = separable(sessions, min_people=1)
    assert table[["region", "technique", "other"]].to_numpy().tolist() == [
        ["calf", "rest", "yoga"], ["hip", "rest", "yoga"]]  # fmt: skip


def test_nothing_comes_of_an_empty_log():
    assert separable(empty_sessions()).empty


# --- another way, invariants ---

USES = st.lists(
    st.tuples(st.sampled_from(["P1", "P2", "P3"]), st.sampled_from(["a", "b", "c"]),
              st.integers(0, 20)), min_size=1, max_size=50)  # fmt: skip
QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=20)


def frame(uses: list) -> pd.DataFrame:
    rows = [
        [name, START + pd.Timedelta(days=day), "hip", technique, ""]
        for name, technique, day in uses
    ]
    columns = ["participant", "started_at", "region", "technique", "parts_named"]
    return pd.DataFrame(rows, columns=columns)


@QUICK
@given(USES)
def test_it_is_what_sets_of_days_give(uses):
    days: dict[tuple, set] = {}
    for name, technique, day in uses:
        days.setdefault((technique, name), set()).add(day)
    for _, row in separable(frame(uses), min_people=1).iterrows():
        own = [(days.get((row["technique"], name)), days.get((row["other"], name)))
               for name in ("P1", "P2", "P3")]  # fmt: skip
        both = [(a, b) for a, b in own if a and b]
        assert row["n_people_both"] == len(both)
        if not both:
            continue
        assert row["shared"] == pytest.approx(mean(len(a & b) / len(a) for a, b in both))
        assert row["shared_other"] == pytest.approx(mean(len(a & b) / len(b) for a, b in both))
        ranges = [(set(range(min(a), max(a) + 1)), set(range(min(b), max(b) + 1)))
                  for a, b in both if min(len(a), len(b)) >= 4]  # fmt: skip
        assert row["n_people_overlap"] == len(ranges)
        if ranges:
            assert row["overlap"] == pytest.approx(
                median(len(a & b) / len(a | b) for a, b in ranges)
            )


@QUICK
@given(USES, st.randoms(use_true_random=False))
def test_order_of_rows_names_and_repeats_change_no_bit(uses, random):
    names = {"P1": "z", "P2": "b", "P3": "a"}
    other = [(names[name], technique, day) for name, technique, day in uses + uses]
    random.shuffle(other)
    found, again = (separable(frame(rows), min_people=1) for rows in (uses, other))
    assert_frame_equal(found, again, check_exact=True)
