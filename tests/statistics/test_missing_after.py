"""Sessions without a rating after (statistics.md, 8): by counting, and against logs filled in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from written_logs import alike, logs, shuffled, steady, sums_of, written

from analysis.statistics import enough, person_sums
from analysis.statistics.reduction import reduction
from analysis.statistics.responders import responder_curve, responders, responders_from_4
from analysis.statistics.sensitivity import (
    missing_after,
    responders_missing_as_no,
    sensitivity,
)

CELLWISE = (responders, responders_from_4, responder_curve, sensitivity, responders_missing_as_no)

# --- by hand ---


def test_missing_is_no_in_the_denominator():
    # P1 2 of 4 with one missing, P2 1 of 2; of P3, 0 of 1 by 30 % and 0 of 2 by 2 points.
    people = {"P1": {"a": "6>4 6>4 6>6 6>"}, "P2": {"a": "6>4 6>6"}, "P3": {"a": "6>6 0>"}}
    lines = responders_missing_as_no(sums_of(people), min_people=3).set_index("rule")
    assert lines["n_people"].tolist() == [3, 3, 3]
    assert lines["n_sessions"].to_dict() == {"30 percent": 7, "2 points": 8, "both": 8}
    assert lines["share"].tolist() == pytest.approx([(1 / 2 + 1 / 2 + 0) / 3] * 3, rel=1e-12)
    assert lines["missing_share"].tolist() == [2 / 8] * 3
    assert lines["much_missing"].all()


def test_who_never_rated_after_counts_as_no():
    people = alike(6, a="6>4 6>4") | {"Z": {"a": "6>"}}
    assert responders(sums_of(people))["share"].tolist() == [1, 1, 1, 0]
    lines = responders_missing_as_no(sums_of(people))
    assert lines["n_people"].tolist() == [7] * 3
    assert lines["share"].tolist() == pytest.approx([6 / 7] * 3, rel=1e-12)


def test_missing_share_stands_by_cell_and_band():
    people = {"P1": {"a": "3>1 3.1> 6>", "b": "10>"}, "P2": {"a": "6.1>2 6> 6>5", "b": "0>0"}}
    sums = pd.concat([sums_of(people), sums_of(people, region="calf", scale="VAS0-100")])
    table = missing_after(sums, by=["region", "technique"]).set_index(["region", "technique"])
    assert table["scale"].tolist() == ["VAS0-100"] * 6 + ["NRS0-10"] * 6
    hip = table.loc["hip"]
    assert hip["n_people"].tolist() == [2] * 6
    assert hip["n_missing"].tolist() == [0, 3, 0, 0, 0, 1]
    assert hip["n_sessions"].tolist() == [1, 4, 1, 1, 0, 1]
    assert hip["missing_share"].tolist() == pytest.approx([0, 3 / 4, 0, 0, np.nan, 1], nan_ok=True)
    assert hip["reason"].tolist() == ["", "", "", "", enough.NO_SESSIONS, ""]
    # On 0 to 100 all of these starts are low.
    assert table.loc["calf", "n_sessions"].tolist() == [6, 0, 0, 2, 0, 0]


def test_bands_end_at_30_and_60_mm():
    people = {"P1": {"a": "30> 30.1> 60> 60.1>"}}
    table = missing_after(sums_of(people, scale="VAS0-100"))
    assert table["n_missing"].tolist() == [1, 2, 1]


def test_bands_of_few_people_are_hidden():
    sums = sums_of(alike(6, a="5>3 8>") | {f"Q{n}": {"b": "9>"} for n in range(5)})
    table = missing_after(sums, min_people=6).set_index("technique")
    assert table.loc["a", "n_sessions"].tolist() == [0, 6, 6]
    assert table.loc["b", "n_people"].tolist() == [5] * 3
    assert table.loc["b", "reason"].tolist() == [enough.FEW] * 3
    assert table.loc["b", ["n_missing", "n_sessions", "missing_share"]].isna().all(axis=None)


def test_one_person_has_a_mean_and_no_interval():
    rows = sensitivity(sums_of({"P1": {"a": "5>3 5>4 5>"}}), min_people=1)
    assert rows["estimate"].tolist() == pytest.approx([1.5, 1, 1 / 3, 5 / 3], rel=1e-12)
    assert rows["reason"].tolist() == [enough.FEW] * 4


@pytest.mark.parametrize("statistic", CELLWISE)
@pytest.mark.parametrize(
    ("missing", "of", "much_missing", "reason"),
    [(2, 10, False, ""), (3, 10, True, ""), (4, 10, True, ""), (5, 12, True, enough.MISSING)],
)
def test_above_20_percent_is_warned_of_and_above_40_refused(
    statistic, missing, of, much_missing, reason
):
    pairs = "8>7 " * (of - missing - 1) + "8> " * missing
    rows = statistic(sums_of({f"P{n}": {"a": f"{pairs} 9>{n}"} for n in range(6)}))
    assert rows["missing_share"].eq(missing / of).all()
    assert rows["much_missing"].eq(much_missing).all()
    assert rows["reason"].eq(reason).all()


# --- invariants ---


def filled(sessions: pd.DataFrame, worse_by: int) -> pd.DataFrame:
    """Return sessions in which a missing after is before, plus so many points, within the scale."""
    vas = sessions["scale"] == "VAS0-100"
    after = sessions["pain_before"] + worse_by * np.where(vas, 10, 1)
    within = after.clip(lower=0, upper=np.where(vas, 100, 10))
    return sessions.assign(pain_after=sessions["pain_after"].fillna(within))


@steady
@given(logs())
def test_sensitivity_is_the_reduction_of_a_log_filled_in(sessions):
    lines = sensitivity(person_sums(sessions), min_people=1).set_index("assumption")
    for assumption, worse_by in {
        "no change": 0,
        "2 points worse": 2,
        "2 points better": -2,
    }.items():
        cells = reduction(person_sums(filled(sessions, worse_by)), min_people=1)
        shown = (lines.loc[[assumption], "estimate"].notna()).to_numpy()
        columns = ["n_people", "estimate", "low", "high"]
        assert_frame_equal(
            lines.loc[[assumption], columns].reset_index(drop=True)[shown],
            cells[columns][shown],
            rtol=1e-9,
            atol=1e-9,
        )


@steady
@given(logs())
def test_missing_as_no_is_the_responders_of_a_log_without_change(sessions):
    # Without change no rule but "worse" could be met, so the filled log has the same shares.
    keys = ["region", "technique", "scale", "rule"]
    columns = ["n_people", "n_sessions", "share", "low", "high"]
    as_no = responders_missing_as_no(person_sums(sessions), min_people=1).set_index(keys)
    unchanged = responders(person_sums(filled(sessions, 0)), min_people=1).set_index(keys)
    shown = as_no.index[as_no["reason"] == ""]
    assert_frame_equal(
        as_no.loc[shown, columns],
        unchanged.loc[shown, columns],
        check_exact=True,
        check_dtype=False,
    )


@steady
@given(logs(), st.sampled_from([[], ["technique"], ["region", "technique"]]))
def test_bands_count_every_session_once(sessions, by):
    table = missing_after(person_sums(sessions), by=by)
    assert table["n_sessions"].sum() == len(sessions)
    assert table["n_missing"].sum() == sessions["pain_after"].isna().sum()
    assert table["missing_share"].dropna().between(0, 1).all()


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_names_and_order_are_irrelevant_to_every_bit(sessions, random):
    there, here = person_sums(sessions), person_sums(shuffled(sessions, random))
    for statistic in (sensitivity, responders_missing_as_no, missing_after):
        frames = (statistic(sums, by=["technique"], min_people=2) for sums in (there, here))
        assert_frame_equal(*frames, check_exact=True)


# --- edge cases ---


def test_sessions_of_several_parts_are_counted_where_nothing_else_is_told_of_them():
    sums = sums_of(alike(7, combined="5>3 5>"))
    assert missing_after(sums)["n_missing"].tolist() == [0, 7, 0]
    assert responders_missing_as_no(sums)["reason"].tolist() == [enough.COMBINED_PARTS] * 3


def test_a_log_without_sessions_gives_empty_frames_with_their_columns():
    full = person_sums(written(alike(6, a="5>3 5>4 6>4 5>3 5>")))
    for statistic in (sensitivity, responders_missing_as_no, missing_after):
        assert statistic(full.iloc[:0]).columns.tolist() == statistic(full).columns.tolist()
        assert statistic(full.iloc[:0]).empty
