"""The statistics against someone else's numbers, by hand, by invariants, and against noise.

A log is written as ``{"P1": {"pressure": "6>4 8>"}}``: P1 used pressure twice, pain went from 6 to
4, then from 8 to a rating that is missing.
"""

import json
from decimal import Decimal
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from scipy import stats

from analysis.intake import read_log
from analysis.sessions import empty_sessions
from analysis.statistics import (
    between_people,
    contrasts,
    enough,
    holm,
    mean_interval,
    merge_sums,
    missing_after,
    person_sums,
    reduction,
    responders,
    sensitivity,
    signed_rank,
    wilson,
)
from analysis.statistics.contrasts import FEW_REPEATS, NOT_LOGGED, SAME_START
from analysis.statistics.person_sums import SUMS
from analysis.statistics.reduction import VALUES, person_means
from shared import shared

# The tolerances of the expected values: means, SD, t, intervals; p-values. Counts are exact.
MEAN, P = 1e-9, 1e-6


def log(people: dict, *, region: str = "hip", scale: str = "NRS0-10") -> pd.DataFrame:
    """Return the sessions that ``people`` describes, see above."""
    rows = [
        [name, region, technique, scale, *(float(rating or "nan") for rating in pair.split(">"))]
        for name, techniques in people.items()
        for technique, pairs in techniques.items()
        for pair in pairs.split()
    ]
    columns = ["participant", "region", "technique", "scale", "pain_before", "pain_after"]
    return pd.DataFrame(rows, columns=columns)


def alike(n_people: int, **techniques: str) -> dict:
    """Return so many people with the same sessions."""
    return {f"P{number:02}": techniques for number in range(n_people)}


def only(frame: pd.DataFrame) -> pd.Series:
    """Return the row of a frame that must have just one."""
    assert len(frame) == 1
    return frame.iloc[0]


# --- someone else's numbers ---

# Hours of sleep gained under two drugs, ten people: Student 1908, data set `sleep` of R.
SLEEP = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]) - np.array(
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
)


@pytest.fixture(scope="module")
def magnets() -> tuple[pd.DataFrame, dict]:
    """Vallbona et al. 1997, pain before and after a magnet or a placebo; R 4.2.2, coin 1.4-2."""
    folder = shared("datasets")
    mapping = folder / "vallbona1997_magnets.map.yml"
    sessions = read_log(folder / "vallbona1997_magnets.csv", mapping=mapping).sessions
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["vallbona1997"]
    return person_sums(sessions), expected


def test_sleep_has_the_paired_t_of_r():
    # R: with(sleep, t.test(extra[group == 2], extra[group == 1], paired = TRUE))
    mean = mean_interval(SLEEP)
    assert (mean.n, mean.df) == (10, 9)
    expected = (1.58, 1.2299954832799, 0.70011423672302, 2.45988576327698, 4.0621276833821)
    assert mean[1:6] == pytest.approx(expected, rel=MEAN)
    assert mean.p_value == pytest.approx(0.0028328901974, rel=P)


def test_sleep_has_the_signed_rank_p_of_coin():
    # R: wilcoxsign_test(drug_2 ~ drug_1, zero.method = "Pratt", distribution = "exact")
    assert signed_rank(SLEEP) == (0.00390625, "exact")


@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_cells_are_those_of_r(magnets, technique):
    # R: x <- before - after; t.test(x); sd(x); median(x);
    #    wilcoxsign_test(before ~ after, zero.method = "Pratt", distribution = "exact")
    sums, expected = magnets[0], magnets[1]["cells"][technique]
    cell = reduction(sums).set_index("technique").loc[technique]
    assert (cell["n_people"], cell["n_sessions"]) == (expected["people"], expected["sessions"])
    assert (cell["n_missing"], cell["reason"]) == (0, "")
    assert cell["mean_before"] == pytest.approx(expected["mean_before"], rel=MEAN)
    after = cell["mean_before"] - cell["estimate"]
    assert after == pytest.approx(expected["mean_after"], rel=MEAN)
    assert cell["estimate"] == pytest.approx(expected["mean_change"], rel=MEAN)
    assert cell[["low", "high"]].tolist() == pytest.approx(expected["ci95"], rel=MEAN)
    assert cell["sd"] == pytest.approx(expected["sd_change"], rel=MEAN)
    assert cell["median"] == expected["median_change"]
    assert cell["p_value"] == pytest.approx(expected["t_p"], rel=P)
    assert cell["p_signed_rank"] == pytest.approx(expected["pratt_exact_p"], rel=P)
    for name in ("positive", "zero", "negative"):
        people = expected[f"people_change_{name}"]
        assert cell[name] * cell["n_people"] == pytest.approx(people, rel=MEAN)
    assert cell["end_0_share"] == expected["ended_at_0"] / expected["sessions"]
    mean = mean_interval(person_means(sums[sums["technique"] == technique]))
    assert (mean.t, mean.df) == (pytest.approx(expected["t"], rel=MEAN), expected["df"])


@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_sums_are_those_counted_in_points(magnets, technique):
    expected = dict(magnets[1]["cells"][technique]["sums_over_people"])
    assert expected.pop("unit") == "points"
    tenths = {"Sc": 10, "Sb": 10, "Scc": 100, "Sbb": 100, "Sbc": 100}
    total = merge_sums(magnets[0], by=["technique"]).set_index("technique").loc[technique]
    assert total[list(expected)].to_dict() == {
        name: value * tenths.get(name, 1) for name, value in expected.items()
    }


@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_responders_have_the_wilson_intervals_of_r(magnets, technique):
    # R: prop.test(k, n, correct = FALSE)$conf.int
    sums, expected = magnets[0], magnets[1]["cells"][technique]
    lines = responders(sums).set_index(["technique", "rule"]).loc[technique]
    names = {
        "30 percent": "at_least_30_percent",
        "2 points": "at_least_2_points",
        "both": "both",
        "worse by 2": "worse_by_2",
    }
    for rule, name in names.items():
        k, n = expected[name]["k"], expected[name]["n"]
        line = lines.loc[rule]
        assert (line["people"], line["people_of"], line["n_people"]) == (k, n, n)
        assert line["share"] == pytest.approx(k / n, rel=MEAN)
        if "wilson" in expected[name]:
            limits = line[["people_low", "people_high"]].tolist()
            assert limits == pytest.approx(expected[name]["wilson"], rel=MEAN)


def test_magnets_between_people_is_welch_and_least_squares_of_r(magnets):
    # R: t.test(x ~ technique); summary(lm(x ~ before + technique)), confint of the same
    expected = magnets[1]["contrasts"]["magnet minus placebo"]
    line = between_people(magnets[0], magnets[0]["region"].iloc[0], "magnet", "placebo")
    assert (line["n_people"], line["n_people_reference"]) == (expected["n1"], expected["n0"])
    assert line["estimate"] == pytest.approx(expected["difference"], rel=MEAN)
    assert [line["low"], line["high"]] == pytest.approx(expected["welch_ci95"], rel=MEAN)
    assert line["t"] == pytest.approx(expected["welch_t"], rel=MEAN)
    assert line["df"] == pytest.approx(expected["welch_df"], rel=MEAN)
    assert line["p_value"] == pytest.approx(expected["welch_p"], rel=P)
    assert line["adjusted"] == pytest.approx(expected["ancova_difference"], rel=MEAN)
    adjusted = [line["adjusted_low"], line["adjusted_high"]]
    assert adjusted == pytest.approx(expected["ancova_ci95"], rel=MEAN)
    assert line["adjusted_df"] == expected["ancova_df"]
    assert line["adjusted_p"] == pytest.approx(expected["ancova_p"], rel=P)
    assert line["slope"] == pytest.approx(expected["ancova_slope_before"], rel=MEAN)


def test_asymptotic_signed_rank_is_that_of_coin(magnets, monkeypatch):
    # R: wilcoxsign_test(..., zero.method = "Pratt", distribution = "asymptotic")
    monkeypatch.setattr(import_module("analysis.statistics.signed_rank"), "_EXACT_TO", 0)
    p_value, method = signed_rank(SLEEP)
    assert (p_value, method) == (pytest.approx(0.0058250241994615, rel=P), "asymptotic")
    for technique, cell in magnets[1]["cells"].items():
        means = person_means(magnets[0][magnets[0]["technique"] == technique])
        assert signed_rank(means).p_value == pytest.approx(cell["pratt_asymptotic_p"], rel=P)


def test_signed_rank_above_200_values_is_pratts_closed_form():
    # Pratt 1959, no ties: W has mean (n(n+1) - z(z+1))/4 and variance
    # (n(n+1)(2n+1) - z(z+1)(2z+1))/24 with z zeros among n. Every third non-zero value is negative.
    size = np.arange(1.0, 152.0)
    values = np.concatenate([np.zeros(50), np.where(size % 3 == 0, -size, size)])
    n, z = 201, 50
    w = sum(rank + z for rank in range(1, 152) if rank % 3)
    mean = (n * (n + 1) - z * (z + 1)) / 4
    variance = (n * (n + 1) * (2 * n + 1) - z * (z + 1) * (2 * z + 1)) / 24
    p_value = 2 * stats.norm.sf((w - mean) / np.sqrt(variance))
    assert signed_rank(values) == (pytest.approx(p_value, rel=P), "asymptotic")
    assert signed_rank(values[1:]).method == "exact"
    assert signed_rank(values[1:]).p_value == pytest.approx(p_value, rel=0.05)


def test_holm_is_that_of_r():
    # R: p.adjust(c(.01, .04, .03, .005), "holm"); a missing p is no part of the family
    adjusted = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    assert adjusted == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], abs=1e-12, nan_ok=True)
    assert holm(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]


def accuracy_set(centre: str) -> np.ndarray:
    """Return c, then 500 times c - 0.1 and c + 0.1, each the float nearest to its decimal."""
    c, step = Decimal(centre), Decimal("0.1")
    return np.array([float(value) for value in [c, *[c - step, c + step] * 500]])


@pytest.mark.parametrize(
    ("values", "mean", "sd", "tolerance"),
    [
        (np.array([10000001.0, 10000003.0, 10000002.0]), 10000002, 1, 1e-12),
        (accuracy_set("1.2"), 1.2, 0.1, 1e-12),
        (accuracy_set("1000000.2"), 1000000.2, 0.1, 1e-9),
        (accuracy_set("10000000.2"), 10000000.2, 0.1, 1e-8),
    ],
    ids=["NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"],
)
def test_mean_and_sd_are_those_of_nist(values, mean, sd, tolerance):
    # NIST Statistical Reference Datasets, univariate summary statistics, certified values
    result = mean_interval(values)
    assert result.mean == pytest.approx(mean, rel=tolerance)
    assert result.sd == pytest.approx(sd, rel=tolerance)


# --- by hand ---


def test_person_sums_can_be_counted_in_the_head():
    people = {"P1": {"pressure": "7>4.9 3>3 0>0 5>8 9.5> >4"}}
    counted = {"n": 4, "Sc": -9, "Scc": 1341, "Sb": 150, "Sbb": 8300, "Sbc": -30, "nb": 3}
    counted |= {"k30": 1, "k2": 1, "kboth": 1, "kw": 1, "n_floor": 1, "n_end_0": 1}
    counted |= {"high_n": 2, "high_k30": 1, "high_k2": 1, "high_kboth": 1, "high_kw": 1}
    counted |= {"n_0_3": 2, "n_3_6": 1, "n_6_10": 1}
    counted |= {"m": 1, "m_0_3": 0, "m_3_6": 0, "m_6_10": 1, "m_b": 1, "m_worse": 5, "m_better": 20}
    assert only(person_sums(log(people)))[list(SUMS)].to_dict() == counted


def test_person_sums_of_a_vas_count_millimetres():
    people = {"P1": {"pressure": "70>49 10>0 40>62 95> >4"}}
    counted = {"n": 3, "Sc": 90, "Scc": 102500, "Sb": 1200, "Sbb": 660000, "Sbc": 69000, "nb": 3}
    counted |= {"k30": 2, "k2": 1, "kboth": 1, "kw": 1, "n_floor": 1, "n_end_0": 1}
    counted |= {"high_n": 2, "high_k30": 1, "high_k2": 1, "high_kboth": 1, "high_kw": 1}
    counted |= {"n_0_3": 1, "n_3_6": 1, "n_6_10": 1}
    counted |= {"m": 1, "m_0_3": 0, "m_3_6": 0, "m_6_10": 1, "m_b": 1}
    counted |= {"m_worse": 50, "m_better": 200}
    assert only(person_sums(log(people, scale="VAS0-100")))[list(SUMS)].to_dict() == counted


@pytest.mark.parametrize(
    ("pair", "met"),
    [
        ("7.0>4.9", ["k30", "k2", "kboth"]),  # in floats (7.0 - 4.9) / 7.0 is below 0.3
        ("7.0>5.0", ["k2"]),
        ("4.1>2.1", ["k30", "k2", "kboth"]),  # in floats 4.1 - 2.1 is below 2
        ("4.1>2.2", ["k30"]),
        ("0.3>0.2", ["k30"]),
        ("2.1>4.1", ["kw"]),
        ("2.1>4.0", []),
        ("0.0>0.0", []),
    ],
)
def test_thresholds_are_met_on_whole_tenths(pair, met):
    rules = only(person_sums(log({"P1": {"pressure": pair}})))[["k30", "k2", "kboth", "kw"]]
    assert [name for name, count in rules.items() if count] == met


def test_ratings_are_rounded_half_up_to_tenths():
    # 8.45 · 10 is 84.49999999999999 in floats; half to even would make 0.25 two tenths
    sums = person_sums(log({"P1": {"a": "8.45>0"}, "P2": {"a": "0.25>0"}, "P3": {"a": "0.24>0"}}))
    assert sums["Sb"].tolist() == [85, 3, 2]


# statistics.md, 5: four people, their sessions with A and with B.
WORKED = {
    "P1": {"A": "6>4 8>5 5>4", "B": "4>3 5>5"},
    "P2": {"A": "7>6 9>6", "B": "6>5 4>4 5>3"},
    "P3": {"A": "5>5 8>6 6>5", "B": "3>3 7>5"},
    "P4": {"A": "4>3 7>4", "B": "5>4 6>6 2>2"},
}


def test_worked_example_gives_every_number_of_the_specification():
    row = only(contrasts(person_sums(log(WORKED)), "B", min_people=2))
    counts = ["n_people", "n_sessions", "n_sessions_reference", "single", "df_within"]
    assert row[counts].tolist() == [4, 10, 10, 0, 12]
    printed = {
        "slope": 0.461905,
        "unadjusted": 1.041667,
        "unadjusted_low": -0.151751,
        "unadjusted_high": 2.235084,
        "estimate": 0.194841,
        "low": -1.128441,
        "high": 1.518124,
        "p_value": 0.671312,
    }
    assert row[list(printed)].to_dict() == pytest.approx(printed, abs=5e-7)
    assert row["slope"] == pytest.approx(97 / 6 / 35, rel=MEAN)  # SBC / SSB
    assert (row["p_signed_rank"], row["share_positive"]) == (0.625, 0.5)
    assert row["mean_before"] == pytest.approx((19 / 3 + 8 + 19 / 3 + 5.5) / 4, rel=MEAN)
    assert row["mean_before_reference"] == pytest.approx((4.5 + 5 + 5 + 13 / 3) / 4, rel=MEAN)
    assert (row["line"], row["reason"], row["p_holm"]) == ("adjusted", "", row["p_value"])
    assert (row["few"], row["few_repeats"], row["depends"]) == (True, True, False)


def test_worked_example_has_the_unadjusted_p_of_the_specification():
    assert mean_interval(np.array([1.5, 1, 0, 5 / 3])).p_value == pytest.approx(0.069119, abs=5e-7)


@pytest.mark.parametrize(
    ("values", "p_value"),
    [
        ([1, 2, 3, 4, 5], 0.0625),  # 2 of 32
        ([-1, -2, -3, -4, -5, -6], 0.03125),  # 2 of 64
        ([2, 2, 2, 2, 2, 2, 2], 2 / 2**7),
        # The zero takes rank 1. Ranks 2, 3, 4, 5, and -4 has the last: sums up to 5 are those of
        # {}, 2, 3, 4, 5, 2+3: 6 of 16. Were the zero dropped, it would be 7 of 16.
        ([0, 1, 2, 3, -4], 2 * 6 / 16),
        ([0, 0, 1, 2], 2 / 4),
        ([-1, 1], 1.0),
    ],
)
def test_signed_rank_can_be_counted_by_hand(values, p_value):
    assert signed_rank(np.array(values, dtype=float)) == (p_value, "exact")


def test_signed_rank_takes_values_equal_to_ten_decimals_for_ties():
    assert signed_rank(np.array([0.3, 0.1 + 0.2, -0.3])).p_value == 1.0
    assert signed_rank(np.array([1e-12, 1, 2])) == signed_rank(np.array([0.0, 1, 2]))


def test_wilson_is_clipped_at_none_and_at_all():
    z2 = 3.841458820694124  # R: qchisq(.95, 1)
    assert wilson(0, 7) == (0.0, pytest.approx(z2 / (7 + z2), rel=MEAN))  # to .354
    assert wilson(7, 7) == (pytest.approx(7 / (7 + z2), rel=MEAN), 1.0)  # from .646


def test_cell_prints_counts_and_shares_that_can_be_counted():
    people = {
        "P1": {"a": "6>2 6>4 6>"},
        "P2": {"a": "1>0 4>4"},
        "P3": {"a": "5>8"},
        "P4": {"a": "3>3 3>3 3>3 3>3"},
    }
    row = only(reduction(person_sums(log(people)), min_people=4))
    counts = {"n_people": 4, "n_sessions": 9, "n_missing": 1, "sessions_max": 4}
    assert row[list(counts)].to_dict() == counts
    values = {"sessions_median": 2, "missing_share": 0.1, "estimate": 0.125, "median": 0.25}
    values |= {"positive": 0.5, "zero": 0.25, "negative": 0.25, "mean_before": 16.5 / 4}
    values |= {"worse_share": 1 / 9, "floor_share": 1 / 9, "end_0_share": 1 / 9}
    values |= {"largest_share": 4 / 9, "session_estimate": 4 / 9}
    assert row[list(values)].to_dict() == pytest.approx(values, rel=MEAN)
    # x = 3, 0.5, -3, 0; u = 6 - 8/9, 1 - 8/9, -3 - 4/9, -16/9; t(0.975; 3) = 3.182446305284263
    half = 3.182446305284263 * np.sqrt(4 / 3 * (46**2 + 1 + 31**2 + 16**2) / 81) / 9
    limits = row[["session_low", "session_high"]].tolist()
    assert limits == pytest.approx([4 / 9 - half, 4 / 9 + half], rel=MEAN)


def test_sensitivity_stays_within_the_scale():
    # A missing rating after 9 can be worse by 1 only, after 1 better by 1 only.
    people = {"P1": {"a": "9>5 9>5 9>"}, "P2": {"a": "1>1 1>1 1>"}}
    lines = sensitivity(person_sums(log(people)), min_people=2).set_index("assumption")["estimate"]
    assert lines.to_dict() == pytest.approx(
        {
            "complete": (4 + 0) / 2,
            "no change": (8 / 3 + 0) / 2,
            "2 points worse": (7 / 3 - 2 / 3) / 2,
            "2 points better": (10 / 3 + 1 / 3) / 2,
        },
        rel=MEAN,
    )


def test_sensitivity_takes_in_a_person_without_any_rating_after():
    people = {"P1": {"a": "60>20 60>20"}, "P2": {"a": "50>40 50>40"}, "P3": {"a": "95>"}}
    lines = sensitivity(person_sums(log(people, scale="VAS0-100")), min_people=2)
    assert lines["n_people"].tolist() == [2, 3, 3, 3]
    expected = [(40 + 10) / 2, (40 + 10 + 0) / 3, (40 + 10 - 5) / 3, (40 + 10 + 20) / 3]
    assert lines["estimate"].tolist() == pytest.approx(expected, rel=MEAN)


def test_missing_after_is_counted_by_technique_and_starting_pain():
    people = {"P1": {"a": "3>1 3.1> 6>", "b": "10>"}, "P2": {"a": "6.1>2 6> 6>5", "b": "0>0"}}
    counts = missing_after(person_sums(log(people))).set_index(["technique", "band"])
    assert counts["n_missing"].unstack().loc["a"].to_dict() == {
        "0 to 3": 0,
        "above 3 to 6": 3,
        "above 6": 0,
    }
    assert counts["n_sessions"].tolist() == [1, 4, 1, 1, 0, 1]
    assert counts["n_missing"].tolist() == [0, 3, 0, 0, 0, 1]


def test_responders_count_a_person_by_mean_and_a_share_by_session():
    # P1: 2 of 4 sessions fall by 2, the mean of 1 does not. P2: 1 of 2, and the mean of 3 does.
    people = {"P1": {"a": "8>6 8>6 8>8 8>8"}, "P2": {"a": "8>2 8>8"}, "P3": {"a": "8>8 0>0"}}
    line = responders(person_sums(log(people)), min_people=3).set_index("rule").loc["2 points"]
    assert (line["people"], line["people_of"], line["n_start_0"]) == (1, 3, 1)
    assert line["share"] == pytest.approx((0.5 + 0.5 + 0) / 3, rel=MEAN)
    half = 4.302652729911275 * np.sqrt(1 / 12 / 3)  # t(0.975; 2); the lower limit is clipped
    assert (line["low"], line["high"]) == (0.0, pytest.approx(1 / 3 + half, rel=MEAN))


# --- invariants ---

steady = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@st.composite
def logs(draw, top: int = 100, *, complete: bool = False) -> pd.DataFrame:
    """Return 1 to 60 sessions of up to four people: points on the hip, millimetres on the calf."""
    rating = st.integers(0, top)
    session = st.tuples(
        st.sampled_from(["P1", "P2", "P3", "P4"]),
        st.sampled_from(["hip", "calf"]),
        st.sampled_from(["pressure", "rest"]),
        rating,
        rating if complete else st.one_of(rating, rating, rating, st.none()),
    )
    columns = ["participant", "region", "technique", "pain_before", "pain_after"]
    sessions = pd.DataFrame(draw(st.lists(session, min_size=1, max_size=60)), columns=columns)
    hip = sessions["region"] == "hip"
    ratings = sessions[["pain_before", "pain_after"]].astype("float64")
    return sessions.assign(
        scale=np.where(hip, "NRS0-10", "VAS0-100"),
        pain_before=ratings["pain_before"] / np.where(hip, 10, 1),
        pain_after=ratings["pain_after"] / np.where(hip, 10, 1),
    )


def results(sums: pd.DataFrame, min_people: int = 2) -> list[pd.DataFrame]:
    """Return every frame of statistics."""
    cells = [reduction(sums, by=by, min_people=min_people) for by in (["region"], ["technique"])]
    both = (reduction, contrasts, responders, sensitivity)
    return [
        sums,
        *cells,
        *(function(sums, min_people=min_people) for function in both),
        missing_after(sums),
    ]


@steady
@given(logs(complete=True))
def test_swapping_before_and_after_mirrors_every_estimate_and_interval(sessions):
    names = {"pain_before": "pain_after", "pain_after": "pain_before"}
    there = reduction(person_sums(sessions), min_people=2)
    back = reduction(person_sums(sessions.rename(columns=names)), min_people=2)
    mirrored = {"estimate": "estimate", "low": "high", "high": "low", "median": "median"}
    mirrored |= {"session_estimate": "session_estimate", "session_low": "session_high"}
    for name, mirror in mirrored.items():
        assert_array_equal(there[name], -back[mirror])
    assert_array_equal(there["positive"], back["negative"])
    same = ["sd", "zero", "p_value", "p_signed_rank", "reason"]
    assert_frame_equal(there[same], back[same])


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_row_order_is_irrelevant_to_every_bit(sessions, random):
    order = random.sample(range(len(sessions)), len(sessions))
    shuffled = results(person_sums(sessions.iloc[order]))
    for frame, other in zip(results(person_sums(sessions)), shuffled, strict=True):
        assert_frame_equal(frame, other, check_exact=True)


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_sums_of_any_split_merge_in_any_order_to_the_same_frame(sessions, random):
    part = np.array([random.randrange(4) for _ in range(len(sessions))])
    parts = [person_sums(sessions[part == number]) for number in random.sample(range(4), 4)]
    assert_frame_equal(merge_sums(*parts), person_sums(sessions))


@steady
@given(logs(top=70), st.integers(0, 30))
def test_a_constant_added_to_both_ratings_leaves_the_estimates(sessions, tenths):
    ratings = ["pain_before", "pain_after"]
    shift = np.where(sessions["scale"] == "NRS0-10", tenths / 10, tenths)
    higher = sessions.assign(**{name: sessions[name] + shift for name in ratings})
    columns = ["n_people", "estimate", "low", "high", "sd", "median", "session_estimate", "p_value"]
    there, here = (reduction(person_sums(rows), min_people=2) for rows in (sessions, higher))
    assert_frame_equal(there[columns], here[columns], check_exact=True)


@steady
@given(logs(complete=True), st.data())
def test_one_more_session_of_a_person_is_no_more_people(sessions, data):
    again = data.draw(st.integers(0, len(sessions) - 1))
    more = pd.concat([sessions, sessions.iloc[[again]]])
    there, here = (reduction(person_sums(rows), min_people=2) for rows in (sessions, more))
    assert_array_equal(there["n_people"], here["n_people"])
    assert here["n_sessions"].sum() == there["n_sessions"].sum() + 1


@steady
@given(logs())
def test_every_session_is_counted_once_and_no_cell_has_more_people_than_the_log(sessions):
    cells = reduction(person_sums(sessions))
    assert cells["n_sessions"].sum() + cells["n_missing"].sum() == len(sessions)
    assert cells["n_people"].max() <= sessions["participant"].nunique()
    assert (cells["n_people"] <= cells["n_sessions"]).all()


@steady
@given(logs(), st.integers(1, 4))
def test_no_result_is_infinite_and_every_interval_holds_its_estimate(sessions, min_people):
    for frame in results(person_sums(sessions), min_people):  # a warning would be an error
        assert not frame.isin([np.inf, -np.inf]).any(axis=None)
        for middle in {"estimate", "share"}.intersection(frame):
            shown = frame.dropna(subset=["low", middle])
            assert (shown["low"] <= shown[middle]).all()
            assert (shown[middle] <= shown["high"]).all()
        for name in frame.filter(regex="^p_|share|positive|people_(low|high)"):
            assert frame[name].dropna().between(0, 1).all()


# --- negative controls ---

EIGHT = {f"P{number}": f"8>{8 - number * 0.5}" for number in range(8)}


def test_nine_equal_sessions_of_each_person_do_not_narrow_the_interval():
    once = log({name: {"a": pair} for name, pair in EIGHT.items()})
    often = log({name: {"a": " ".join([pair] * 9)} for name, pair in EIGHT.items()})
    columns = ["n_people", "estimate", "low", "high", "sd", "p_value", "p_signed_rank"]
    one, nine = (only(reduction(person_sums(rows))) for rows in (once, often))
    assert nine["n_sessions"] == 9 * one["n_sessions"]
    assert nine[columns].to_dict() == one[columns].to_dict()
    # The control that must fail: a t interval over sessions is three times as narrow.
    naive = mean_interval((often["pain_before"] - often["pain_after"]).to_numpy())
    assert naive.high - naive.low < 0.3 * (nine["high"] - nine["low"])


def test_nine_sessions_of_one_person_are_not_nine_people():
    row = only(reduction(person_sums(log({"P1": {"a": "8>6 8>5 8>7 8>4 8>6 8>5 8>7 8>4 8>6"}}))))
    assert (row["n_people"], row["n_sessions"], row["reason"]) == (1, 9, enough.FEW)
    assert np.isnan(row["low"])


def test_a_heavy_logger_weighs_as_much_as_everyone():
    pairs = EIGHT | {"P7": " ".join([EIGHT["P7"]] * 50)}
    even, heavy = (
        only(reduction(person_sums(log({name: {"a": pair} for name, pair in people.items()}))))
        for people in (EIGHT, pairs)
    )
    assert heavy[["estimate", "low", "high"]].tolist() == even[["estimate", "low", "high"]].tolist()
    assert heavy["session_estimate"] > even["session_estimate"] + 1


def useless_technique(rng: np.random.Generator, n_logs: int, n_people: int = 15, n: int = 12):
    """Return logs, each as a region, in which A is chosen when pain is high and does nothing.

    High pain falls by itself; the technique's difference has mean 0 and SD 0.6 over people.
    """
    shape = (n_logs, n_people, n)
    usual, general, own = rng.normal([[[5]], [[1]], [[0]]], [[[1]], [[0.7]], [[0.6]]], shape[:2])[
        ..., None
    ]
    excess = rng.normal(0, 1.2, shape)
    a = rng.random(shape) < np.where(excess > 0, 0.8, 0.2)
    before = np.clip(np.round(usual + excess, 1), 0, 10)
    fall = general + 0.4 * excess + own * a + rng.normal(0, 1, shape)
    number, person, _ = np.indices(shape).reshape(3, -1)
    return pd.DataFrame(
        {
            "participant": person,
            "region": number,
            "technique": np.where(a, "pressure", "stretching").ravel(),
            "scale": "NRS0-10",
            "pain_before": before.ravel(),
            "pain_after": np.clip(np.round(before - fall, 1), 0, 10).ravel(),
        }
    )


@pytest.mark.slow
def test_a_useless_technique_chosen_when_pain_is_high_is_rejected_at_the_stated_rate():
    sessions = useless_technique(np.random.default_rng(20240229), 400)
    rows = contrasts(person_sums(sessions), "stretching")
    assert (rows["line"] == "adjusted").all()
    assert len(rows) == 400
    adjusted = (rows["p_value"] < 0.05).mean()
    paired = ((rows["unadjusted_low"] > 0) | (rows["unadjusted_high"] < 0)).mean()
    fall = (sessions["pain_before"] - sessions["pain_after"]).rename("fall")
    naive = np.mean(
        [
            stats.ttest_ind(*(group for _, group in one.groupby(sessions["technique"]))).pvalue
            < 0.05
            for _, one in fall.groupby(sessions["region"])
        ]
    )
    print(adjusted, paired, naive)
    assert adjusted <= 0.08
