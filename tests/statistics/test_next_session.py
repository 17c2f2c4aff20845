"""Pain at the start of the next session: by hand, against a plain loop, by invariants, and noise.

A log is written as ``{"P1": ["01 08:00 hip pressure 6>4", "02 09:00 hip rest 5>"]}``: the day of
March 2026, the clock time (none is written "-"), region, technique, and the ratings.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.sessions import empty_sessions
from analysis.statistics import enough, mean_interval
from analysis.statistics.next_session import NO_NEXT, VALUES, next_session


def log(people: dict[str, list[str]], scale: str = "NRS0-10") -> pd.DataFrame:
    """Return the sessions that ``people`` describes, see above."""
    rows = []
    for name, lines in people.items():
        for line in lines:
            day, clock, region, technique, pair = line.split()
            start = pd.Timestamp(f"2026-03-{day} {clock.replace('-', '00:00')}")
            rows.append([name, start, region, technique, scale, *map(rating, pair.split(">"))])
    columns = ["participant", "started_at", "region", "technique", "scale", "pain_before",
               "pain_after"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def rating(text: str) -> float:
    return float(text or "nan")


def one(lines: list[str], technique: str = "pressure") -> pd.Series:
    """Return the row of one technique in the hip, for one person alone."""
    table = next_session(log({"P1": lines}), min_people=1)
    return table[(table["technique"] == technique) & (table["region"] == "hip")].iloc[0]


# Seven people: person k drops by k from 9, and starts the next day (rest) where k's half is kept.
# Person means: immediate 1 .. 7, next 0.5 .. 3.5; each person twice, so means of equal values.
SEVEN = {
    f"P{k}": [
        f"01 08:00 hip pressure 9>{9 - k}",
        f"02 20:00 hip rest {9 - k / 2}>{9 - k / 2}",
        f"12 08:00 hip pressure 9>{9 - k}",
        f"13 20:00 hip rest {9 - k / 2}>",
    ]
    for k in range(1, 8)
}


def test_seven_people_by_hand():
    table = next_session(log(SEVEN))
    row = table[table["technique"] == "pressure"].iloc[0]
    counts = row[["n_people", "n_sessions", "n_missing", "n_pairs", "n_timed"]]
    assert list(counts) == [7, 14, 0, 14, 14]
    assert row["hours_median"] == 36
    # Mean of 1 .. 7 is 4; its t interval, SD √(28/6), is R's t.test(1:7): 2.002105 to 5.997895.
    found = row[["immediate", "immediate_low", "immediate_high"]].astype(float)
    assert list(found) == pytest.approx([4, 2.002105, 5.997895], abs=5e-7)
    halves = row[["next", "next_low", "next_high"]].astype(float)
    assert list(halves) == pytest.approx([2, 2.002105 / 2, 5.997895 / 2], abs=5e-7)
    assert row["reason"] == ""


def test_rows_are_overall_rest_and_every_technique():
    table = next_session(log(SEVEN))
    assert list(table["sessions_of"]) == ["other than rest", "rest", *["one technique"] * 2]
    assert list(table["technique"]) == ["", "", "pressure", "rest"]
    # The rest of the 2nd is ten days before the next session; of the others "after" is missing.
    rest = table.iloc[1]
    assert (rest["n_sessions"], rest["n_missing"], rest["n_pairs"]) == (7, 7, 0)
    assert rest["reason"] == NO_NEXT
    assert rest[list(VALUES)].isna().all()


def test_the_next_session_is_of_the_same_region_and_of_any_technique():
    lines = ["01 08:00 hip pressure 6>4", "01 09:00 calf pressure 1>1", "01 10:00 hip rest 5>5"]
    row = one(lines)
    assert (row["n_pairs"], row["immediate"], row["next"], row["hours_median"]) == (1, 2, 1, 2)


@pytest.mark.parametrize(
    ("then", "n_pairs"),
    [("08 08:00", 1), ("08 08:01", 0), ("08 -", 1), ("09 -", 0)],  # seven days; then whole days
)
def test_the_next_session_starts_within_seven_days(then, n_pairs):
    assert one(["01 08:00 hip pressure 6>4", f"{then} hip rest 5>5"])["n_pairs"] == n_pairs


def test_seven_days_from_a_date_without_a_time_are_calendar_days():
    assert one(["01 - hip pressure 6>4", "08 20:00 hip rest 5>5"])["n_pairs"] == 1


def test_only_the_very_next_session_counts():
    # Without its own "after" the second begins no pair, and the first does not reach over it.
    lines = ["01 08:00 hip pressure 6>4", "02 08:00 hip rest 3>", "03 08:00 hip rest 5>5"]
    assert (one(lines)["n_pairs"], one(lines)["next"]) == (1, 3)
    assert one(lines, "rest")["n_pairs"] == 0


def test_dates_without_a_time_give_pairs_but_no_hours():
    row = one(["01 - hip pressure 6>4", "03 - hip pressure 5>5", "04 10:00 hip rest 5>5"])
    assert (row["n_pairs"], row["n_timed"], row["next"]) == (2, 0, 0.5)
    assert np.isnan(row["hours_median"])


@pytest.mark.parametrize("clocks", ["- -", "- 10:00", "10:00 10:00"])
def test_sessions_in_unknown_order_begin_and_end_no_pair(clocks):
    first, second = clocks.split()
    day = [f"02 {first} hip pressure 6>4", f"02 {second} hip pressure 2>1"]
    assert one(["01 08:00 hip pressure 5>5", *day, "03 08:00 hip rest 9>9"])["n_pairs"] == 0
    # Two clock times of one day have an order: three pairs.
    day = ["02 09:00 hip pressure 6>4", "02 10:00 hip pressure 2>1"]
    assert one(["01 08:00 hip pressure 5>5", *day, "03 08:00 hip rest 9>9"])["n_pairs"] == 3


def test_combined_sessions_can_come_next_but_enter_no_mean():
    lines = ["01 08:00 hip pressure 6>4", "02 08:00 hip combined 5>1", "03 08:00 hip rest 4>4"]
    table = next_session(log({"P1": lines}), min_people=1).set_index("technique")
    assert table.loc["pressure", "next"] == 1
    assert table.loc["combined", "n_pairs"] == 1
    assert table.loc["combined", "reason"] == enough.COMBINED_PARTS
    assert table.loc["combined", list(VALUES)].isna().all()
    overall = table[table["sessions_of"] == "other than rest"].iloc[0]
    assert (overall["n_sessions"], overall["n_pairs"]) == (1, 1)


def test_sessions_of_several_regions_are_left_out():
    lines = ["01 08:00 hip pressure 6>4", "02 08:00 combined rest 9>1", "03 08:00 hip rest 4>4"]
    assert one(lines)["next"] == 2
    assert "combined" not in set(next_session(log({"P1": lines}))["region"])


def test_scales_are_apart():
    points = log({"P1": ["01 08:00 hip pressure 6>4", "03 08:00 hip rest 5>5"]})
    mm = log({"P1": ["02 08:00 hip pressure 60>35", "04 08:00 hip rest 50>50"]}, "VAS0-100")
    both = next_session(pd.concat([points, mm]), min_people=1)
    pressure = both[both["technique"] == "pressure"].set_index("scale")
    assert dict(pressure["immediate"]) == {"NRS0-10": 2, "VAS0-100": 25}
    assert dict(pressure["next"]) == {"NRS0-10": 1, "VAS0-100": 10}


def test_fewer_people_than_asked_for_are_counted_only():
    people = dict(list(SEVEN.items())[:5])
    row = next_session(log(people)).set_index("technique").loc["pressure"]
    assert (row["n_people"], row["n_pairs"], row["reason"]) == (5, 10, enough.FEW)
    assert row[list(VALUES)].isna().all()
    alone = one(SEVEN["P3"])
    assert (alone["immediate"], alone["next"], alone["reason"]) == (3, 1.5, enough.FEW)
    assert np.isnan(alone["immediate_low"])


@pytest.mark.parametrize(("n_missing", "reason"), [(2, ""), (3, enough.MISSING)])
def test_above_40_percent_missing_nothing_is_given(n_missing, reason):
    # 3 complete and 2 without after: 40 % exactly; 3 more than that.
    people = {}
    for k in range(7):
        lines = [f"{day:02} 08:00 hip pressure 9>{9 - k / 2}" for day in (1, 2, 3)]
        lines += [f"{day:02} 08:00 hip pressure 9>" for day in range(4, 4 + n_missing)]
        people[f"P{k}"] = lines
    table = next_session(log(people)).set_index("technique")
    assert table.loc["pressure", "missing_share"] == n_missing / (3 + n_missing)
    # Everybody starts at 9 each time: the next start does not vary.
    expected = reason or enough.NO_VARIATION
    assert table.loc["pressure", "reason"] == expected
    assert np.isnan(table.loc["pressure", "immediate"]) == bool(reason)


def test_the_same_change_in_everybody_has_no_interval():
    people = {f"P{k}": ["01 08:00 hip pressure 6>4", "02 08:00 hip rest 5>5"] for k in range(6)}
    row = next_session(log(people)).set_index("technique").loc["pressure"]
    assert (row["immediate"], row["next"], row["reason"]) == (2, 1, enough.NO_VARIATION)
    assert row[["immediate_low", "next_high"]].isna().all()


def test_nothing_comes_of_an_empty_log():
    assert next_session(empty_sessions()).empty


# --- another way, invariants, noise ---

_SESSION = st.tuples(
    st.sampled_from(["P1", "P2", "P3"]), st.integers(0, 24), st.sampled_from([0, 8, 15]),
    st.sampled_from(["hip", "combined", "calf"]), st.sampled_from(["rest", "pressure", "combined"]),
    st.integers(0, 100), st.one_of(st.none(), st.integers(0, 100)))  # fmt: skip
LOGS = st.lists(_SESSION, min_size=1, max_size=40)
QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=20)


def frame(rows: list) -> pd.DataFrame:
    columns = ["participant", "day", "hour", "region", "technique", "before", "after"]
    table = pd.DataFrame(rows, columns=columns)
    hours = pd.to_timedelta(24 * table["day"] + table["hour"], "h")
    return table.assign(
        started_at=pd.Timestamp("2026-03-01") + hours,
        scale="NRS0-10",
        pain_before=table["before"] / 10,
        pain_after=table["after"].astype("float64") / 10,
    )


def looped(rows: list, technique: str) -> dict[str, list[tuple[float, float]]]:
    """Return the pairs of each person in the hip by going through the sessions one by one."""
    pairs: dict[str, list] = {}
    for person in sorted({row[0] for row in rows}):
        own = sorted(
            [row for row in rows if row[0] == person and row[3] == "hip"], key=lambda r: r[1:3]
        )
        for first, then in pairwise(own):
            unknown = False
            for row in (first, then):
                same_day = [other for other in own if other[1] == row[1]]
                clash = sum(other[2] == row[2] for other in same_day) > 1
                dateless = any(other[2] == 0 for other in same_day) and len(same_day) > 1
                unknown |= clash or dateless
            hours = 24 * (then[1] - first[1]) + then[2] - first[2]
            near = hours <= 168 if first[2] and then[2] else then[1] - first[1] <= 7
            if near and not unknown and first[6] is not None and first[4] == technique:
                change = (first[5] - first[6], first[5] - then[5])
                pairs.setdefault(person, []).append(change)
    return pairs


@QUICK
@given(LOGS)
def test_it_is_what_a_plain_loop_finds(rows):
    table = next_session(frame(rows), min_people=1)
    for technique in ("rest", "pressure"):
        cell = table[(table["region"] == "hip") & (table["technique"] == technique)]
        pairs = looped(rows, technique)
        if cell.empty:
            assert not pairs
            continue
        row = cell.iloc[0]
        assert (row["n_people"], row["n_pairs"]) == (len(pairs), sum(map(len, pairs.values())))
        if pairs and row["reason"] != enough.MISSING:
            means = np.array([np.mean(own, axis=0) for own in pairs.values()]) / 10
            for place, name in enumerate(("immediate", "next")):
                expected = mean_interval(means[:, place])
                assert row[name] == pytest.approx(expected.mean, abs=1e-12)
                assert row[f"{name}_low"] == pytest.approx(expected.low, nan_ok=True, abs=1e-9)


@QUICK
@given(LOGS, st.randoms(use_true_random=False))
def test_order_of_rows_and_names_of_people_change_no_bit(rows, random):
    names = {"P1": "z", "P2": "b", "P3": "a"}
    other = [(names[row[0]], *row[1:]) for row in rows]
    random.shuffle(other)
    found, again = (next_session(frame(one), min_people=1) for one in (rows, other))
    assert_frame_equal(found, again, check_exact=True)


@QUICK
@given(LOGS)
def test_of_a_pair_without_change_both_numbers_are_zero(rows):
    flat = frame(rows).assign(pain_before=5.0, pain_after=5.0)
    values = next_session(flat, min_people=1)[["immediate", "next"]]
    assert (values.isna() | (values == 0)).all(axis=None)


def test_a_frequent_logger_is_one_person():
    # P7 logs twenty more of the same pairs: means, intervals and people stay, bit by bit.
    many = SEVEN | {"P7": [line for day in range(1, 29, 2) for line in
                           (f"{day:02} 08:00 hip pressure 9>2",
                            f"{day:02} 20:00 hip rest 5.5>5.5")]}  # fmt: skip
    once, often = (next_session(log(people)).set_index("technique").loc["pressure"]
                   for people in (SEVEN, many))  # fmt: skip
    assert often["n_pairs"] > once["n_pairs"]
    names = ["n_people", *VALUES[1:]]
    assert list(once[names]) == list(often[names])


def test_pain_that_only_comes_and_goes_is_not_lower_next_time():
    # Negative control: starts are noise and each session drops by 2. The 95 % interval of "next" must
    # hold 0 in about 95 of 100 logs: fewer than 88 has a chance of .002.
    rng = np.random.default_rng(20260301)
    held = []
    for _ in range(100):
        starts = rng.integers(20, 101, size=(12, 8))
        rows = [(f"P{person}", 2 * place, 8, "hip", "pressure", start, start - 20)
                for person, own in enumerate(starts) for place, start in enumerate(own.tolist())]  # fmt: skip
        row = next_session(frame(rows)).iloc[0]
        assert row["immediate"] == 2
        held.append(row["next_low"] <= 0 <= row["next_high"])
    assert sum(held) >= 88
