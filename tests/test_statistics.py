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
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from scipy import stats
from shared import shared

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
    # (n(n+1)(2n+1) - z(z+1)(2z+1))/24 with z zeros among n. Two of five non-zero are negative.
    size = np.arange(1.0, 152.0)
    values = np.concatenate([np.zeros(50), np.where(size % 5 < 2, -size, size)])
    n, z = 201, 50
    w = sum(rank + z for rank in range(1, 152) if rank % 5 >= 2)
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
    assert wilson(0, 7) == pytest.approx((0, z2 / (7 + z2)), rel=MEAN, abs=1e-15)  # to .354
    assert wilson(7, 7) == pytest.approx((7 / (7 + z2), 1), rel=MEAN)  # from .646
    for n in range(1, 40):
        assert wilson(0, n)[0] >= 0
        assert wilson(n, n)[1] <= 1


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
    people = {
        "P1": {"a": "8>6 8>6 8>8 8>8"},
        "P2": {"a": "8>2 8>8"},
        "P3": {"a": "8>6 8>8 8>8 0>0"},
    }
    lines = responders(person_sums(log(people)), min_people=3).set_index("rule")
    assert lines["people"].to_dict() == {"30 percent": 1, "2 points": 1, "both": 1, "worse by 2": 0}
    assert (lines["people_of"] == 3).all()
    assert (lines["n_start_0"] == 1).all()
    t = 4.302652729911275  # R: qt(.975, 2)
    two = lines.loc["2 points", ["share", "low", "high"]].tolist()  # 1/2, 1/2, 1/4
    half = t * np.sqrt(1 / 48 / 3)
    assert two == pytest.approx([5 / 12, 5 / 12 - half, 5 / 12 + half], rel=MEAN)
    thirty = lines.loc["30 percent", ["share", "low", "high"]].tolist()  # 0, 1/2, 0 of 3; clipped
    assert thirty == pytest.approx([1 / 6, 0, 1 / 6 + t * np.sqrt(1 / 12 / 3)], rel=MEAN)


# --- invariants ---

steady = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)


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
            assert (shown["low"] <= shown[middle] + 1e-12).all()
            assert (shown[middle] <= shown["high"] + 1e-12).all()
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


def useless_technique(rng: np.random.Generator, n_logs: int) -> pd.DataFrame:
    """Return logs, each as a region, in which pressure is chosen when pain is high and does nothing.

    15 people with 12 sessions. High pain falls by itself; a person's own difference between the
    techniques has mean 0 and SD 0.6.
    """
    people, shape = (n_logs, 15, 1), (n_logs, 15, 12)
    usual, fall, own = (rng.normal(*mean_sd, people) for mean_sd in [(5, 1), (1, 0.7), (0, 0.6)])
    excess = rng.normal(0, 1.2, shape)
    pressure = rng.random(shape) < np.where(excess > 0, 0.8, 0.2)
    before = np.clip(usual + excess, 0, 10).round(1)
    fall = fall + 0.4 * excess + own * pressure + rng.normal(0, 1, shape)
    number, person, _ = np.indices(shape).reshape(3, -1)
    return pd.DataFrame(
        {
            "participant": person,
            "region": number,
            "technique": np.where(pressure, "pressure", "rest").ravel(),
            "scale": "NRS0-10",
            "pain_before": before.ravel(),
            "pain_after": np.clip(before - fall, 0, 10).round(1).ravel(),
        }
    )


@pytest.mark.slow
def test_a_useless_technique_used_when_pain_is_high_is_rejected_at_the_stated_rate():
    sessions = useless_technique(np.random.default_rng(20240229), 400)
    rows = contrasts(person_sums(sessions))
    assert rows["line"].tolist() == ["adjusted"] * 400
    adjusted = (rows["p_value"] < 0.05).mean()
    paired = ((rows["unadjusted_low"] > 0) | (rows["unadjusted_high"] < 0)).mean()
    sessions["fall"] = sessions["pain_before"] - sessions["pain_after"]
    naive = np.mean(
        [
            stats.ttest_ind(*(rows["fall"] for _, rows in one.groupby("technique"))).pvalue < 0.05
            for _, one in sessions.groupby("region")
        ]
    )
    print("SIM", adjusted, paired, naive, rows["estimate"].mean(), rows["unadjusted"].mean())
    assert adjusted <= 0.08


# --- edge cases (statistics.md, 14) ---


@pytest.mark.parametrize(
    ("sessions", "n_people", "reason"),
    [
        (log(alike(7, a="5>")), 0, enough.NO_SESSIONS),
        (log(alike(1, a="5>3 6>4 7>4 5>3 6>4 7>4")), 1, enough.FEW),
        (log(alike(5, a="5>3")), 5, enough.FEW),
        (log(alike(7, a="5>3 5>")), 7, enough.MISSING),
        (log(alike(7, combined="5>3")), 7, enough.COMBINED_PARTS),
        (log(alike(7, a="5>3"), region="combined"), 7, enough.COMBINED_PARTS),
    ],
    ids=["nothing after", "1 person", "5 people", "half missing", "techniques", "regions"],
)
def test_a_refused_cell_has_counts_a_reason_and_no_number(sessions, n_people, reason):
    sums = person_sums(sessions)
    row = only(reduction(sums))
    assert (row["n_people"], row["reason"]) == (n_people, reason)
    assert (row["n_sessions"], row["n_missing"]) == (sums["n"].sum(), sums["m"].sum())
    assert row[list(VALUES)].isna().all()
    for frame, hidden in [
        (responders(sums), ["share", "low", "high", "people", "people_low", "people_high"]),
        (sensitivity(sums), ["estimate", "low", "high"]),
    ]:
        assert frame["reason"].tolist() == [reason] * 4
        assert frame["n_people"].tolist() == [n_people] * 4
        assert frame[hidden].isna().all(axis=None)


def test_a_log_without_sessions_gives_empty_frames():
    sums = person_sums(empty_sessions())
    for frame in results(sums):
        assert frame.empty
        assert "technique" in frame or "region" in frame


def test_two_of_five_sessions_without_after_are_still_shown():
    row = only(reduction(person_sums(log(alike(6, a="5>3 5>3 5>4 5> 5>")))))
    assert (row["missing_share"], row["reason"]) == (0.4, enough.NO_VARIATION)
    row = only(reduction(person_sums(log(alike(6, a="5>3 5>3 5> 5>") | {"P9": {"a": "5>4"}}))))
    assert row["missing_share"] > 0.4
    assert row["reason"] == enough.MISSING


@pytest.mark.parametrize(
    ("pair", "estimate", "p_signed_rank"), [("5>5", 0.0, np.nan), ("5.3>3.2", 2.1, 2 / 2**7)]
)
def test_equal_changes_have_a_mean_and_no_interval(pair, estimate, p_signed_rank):
    row = only(reduction(person_sums(log(alike(7, a=pair)))))
    assert (row["n_people"], row["reason"]) == (7, enough.NO_VARIATION)
    assert (row["estimate"], row["sd"]) == (pytest.approx(estimate, rel=MEAN), 0)
    assert row[["low", "high", "p_value", "session_low", "session_high"]].isna().all()
    assert row["p_signed_rank"] == pytest.approx(p_signed_rank, nan_ok=True)


def test_no_non_zero_change_has_no_signed_rank_p():
    p_value, reason = signed_rank(np.zeros(7))
    assert np.isnan(p_value)
    assert reason == "no non-zero change"


def test_every_session_started_at_0_has_no_30_percent_line():
    lines = responders(person_sums(log(alike(7, a="0>0 0>3")))).set_index("rule")
    for rule in ("30 percent", "both"):
        assert lines.loc[rule, "reason"] == "no session started above 0"
        assert lines.loc[rule, ["share", "low", "high", "people", "people_of"]].isna().all()
    assert lines.loc["2 points", ["share", "people", "people_of", "reason"]].tolist() == [
        0,
        0,
        7,
        "",
    ]


@pytest.mark.parametrize(
    ("pair", "share", "limits"), [("5>5", 0, (0, 0.354)), ("5>2", 1, (0.646, 1))]
)
def test_no_responder_and_only_responders_have_wilsons_interval(pair, share, limits):
    line = responders(person_sums(log(alike(7, a=pair)))).set_index("rule").loc["30 percent"]
    assert (line["share"], line["people"], line["people_of"]) == (share, 7 * share, 7)
    assert line[["low", "high"]].tolist() == pytest.approx(limits, abs=5e-4)
    assert line[["people_low", "people_high"]].tolist() == pytest.approx(limits, abs=5e-4)


def test_points_and_millimetres_are_never_in_one_cell_or_contrast():
    points, mm = log(alike(7, a="5>3")), log(alike(7, a="50>10", b="50>40"), scale="VAS0-100")
    sums = person_sums(pd.concat([points, mm]))
    cells = reduction(sums).set_index(["technique", "scale"])
    assert cells["n_sessions"].tolist() == [7, 7, 7]
    assert cells.loc["a", "estimate"].to_dict() == {"NRS0-10": 2, "VAS0-100": 40}
    rows = contrasts(sums, "b").set_index("scale")
    assert rows["reason"].to_dict() == {"NRS0-10": NOT_LOGGED, "VAS0-100": FEW_REPEATS}
    assert np.isnan(rows.loc["NRS0-10", "unadjusted"])
    assert rows.loc["VAS0-100", "unadjusted"] == 30


@pytest.mark.parametrize(
    ("people", "n_people", "reason"),
    [
        (alike(7, a="5>3 6>4"), 0, NOT_LOGGED),
        (alike(5, a="5>3 6>4", rest="5>3 6>5") | {"P9": {"a": "5>3"}}, 5, enough.FEW),
        (alike(7, a="5>3 5>", rest="5>3 6>5"), 7, enough.MISSING),
        (alike(7, a="5>3 6>5", rest="5>3 5>"), 7, enough.MISSING),
        (alike(7, a="5>3", rest="5>"), 0, enough.FEW),
    ],
    ids=["no reference", "5 people", "missing", "missing in the reference", "reference unrated"],
)
def test_a_refused_contrast_has_counts_a_reason_and_no_number(people, n_people, reason):
    row = only(contrasts(person_sums(log(people)), "rest"))
    assert (row["n_people"], row["reason"], row["line"]) == (n_people, reason, "")
    assert row[[*contrast_values, "p_holm"]].isna().all()


contrast_values = ["estimate", "low", "high", "unadjusted", "unadjusted_low", "unadjusted_high"]
contrast_values += ["share_positive", "slope", "mean_before", "p_value", "p_signed_rank"]


@pytest.mark.parametrize(
    ("sessions", "df_within", "reason"),
    [("8>{} 8>6", 6, FEW_REPEATS), ("8>{} 8>6 8>7", 12, SAME_START)],
)
def test_without_a_slope_only_the_unadjusted_line_is_shown(sessions, df_within, reason):
    people = {f"P{n}": {"a": sessions.format(n), "rest": "4>4"} for n in range(6)}
    row = only(contrasts(person_sums(log(people))))
    assert (row["reason"], row["line"]) == (reason, "unadjusted")
    assert (row["df_within"], row["few_repeats"], row["single"]) == (df_within, False, 6)
    assert row[["estimate", "low", "high", "slope"]].isna().all()
    changes = sum(2 if pair == "8>6" else 1 for pair in sessions.split()[1:])
    values = np.array([(8 - n + changes) / len(sessions.split()) for n in range(6)])
    mean = mean_interval(values)
    names = ["unadjusted", "unadjusted_low", "unadjusted_high", "p_value", "p_holm"]
    expected = [mean.mean, mean.low, mean.high, mean.p_value, mean.p_value]
    assert row[names].tolist() == pytest.approx(expected, rel=MEAN)
    assert row["p_signed_rank"] == 2 / 2**6


# --- contrasts ---


def graded(excess: list[float], technique: str = "a", *, skip: int = 0) -> dict:
    """Return people whose pain falls by half, with the technique by ``excess`` more.

    Rest is used at 3 and 5, the technique at 7 and 9: the slope is 0.5, the adjusted differences
    are ``excess``, the unadjusted ones 2 more. df within is 2 per person, less ``skip``.
    """
    people = {
        f"P{n:02}": {"rest": "3>1.5 5>2.5", technique: f"7>{3.5 - more} 9>{4.5 - more}"}
        for n, more in enumerate(excess)
    }
    for name in list(people)[:skip]:
        people[name]["rest"] = "4>2"
    return people


def test_contrast_is_the_difference_at_the_same_starting_pain():
    row = only(contrasts(person_sums(log(graded([1, 0, -1, 2, 0, 3])))))
    values = {"slope": 0.5, "estimate": 5 / 6, "unadjusted": 17 / 6, "share_positive": 4 / 6}
    values |= {"mean_before": 8, "mean_before_reference": 4}
    assert row[list(values)].to_dict() == pytest.approx(values, rel=MEAN)
    assert row["p_signed_rank"] == signed_rank(np.array([1.0, 0, -1, 2, 0, 3])).p_value


def test_contrast_counts_who_logged_what():
    people = graded([1, 0, -1, 2, 0, 3], skip=2)
    people |= {"Q1": {"a": "5>3"}, "Q2": {"rest": "5>3"}, "Q3": {"rest": "5>"}, "Q4": {"a": "5>3"}}
    counts = {"n_people": 6, "n_sessions": 12, "n_sessions_reference": 10, "single": 2}
    counts |= {"only_technique": 2, "only_reference": 1, "df_within": 10}
    row = only(contrasts(person_sums(log(people))))
    assert row[list(counts)].to_dict() == counts
    shares = row[["missing_share", "missing_share_reference"]].tolist()
    assert shares == pytest.approx([0, 1 / 12], rel=MEAN)


def test_equal_adjusted_differences_have_no_interval_and_no_p():
    row = only(contrasts(person_sums(log(graded([1] * 6)))))
    assert (row["estimate"], row["reason"]) == (pytest.approx(1, rel=MEAN), enough.NO_VARIATION)
    assert row[["low", "high", "p_value", "p_holm"]].isna().all()
    assert row["p_signed_rank"] == 2 / 2**6


@pytest.mark.parametrize(
    ("n_people", "skip", "line", "few_repeats"),
    [
        (6, 3, "unadjusted", False),  # df within 9
        (6, 2, "adjusted", True),  # 10
        (10, 1, "adjusted", True),  # 19
        (10, 0, "adjusted", False),  # 20
    ],
)
def test_slope_needs_10_df_and_is_flagged_below_20(n_people, skip, line, few_repeats):
    excess = [0.1 * n for n in range(n_people)]
    row = only(contrasts(person_sums(log(graded(excess, skip=skip)))))
    assert row["df_within"] == 2 * n_people - skip
    assert (row["line"], row["few_repeats"]) == (line, few_repeats)


@pytest.mark.parametrize(
    ("n_people", "shown", "few"),
    [(5, False, False), (6, True, True), (14, True, True), (15, True, False)],
)
def test_few_people_are_hidden_below_6_and_flagged_below_15(n_people, shown, few):
    sums = person_sums(log(graded([0.1 * n for n in range(n_people)])))
    cells = reduction(sums)
    for row in (cells.iloc[0], cells.iloc[1], only(contrasts(sums))):
        assert (row["n_people"], row["few"]) == (n_people, few)
        assert row["reason"] == ("" if shown else enough.FEW)
        assert np.isnan(row["low"]) != shown


@pytest.mark.parametrize(
    ("excess", "depends"),
    [
        ([-0.3, -0.2, -0.4, -0.3, -0.1, -0.5], True),  # -0.3 adjusted, 1.7 unadjusted
        ([0.6, -0.5, 0.4, -0.3, 0.5, -0.1], True),  # 0.1 includes 0, 2.1 excludes it
        ([3, 2.5, 3, 2, 3, 2.5], False),  # both exclude it
        ([3.5, 3.5, 3.5, -3, -3.5, -3.4], False),  # both include it
    ],
    ids=["signs", "one interval", "no interval", "both intervals"],
)
def test_depends_when_signs_differ_or_just_one_interval_excludes_0(excess, depends):
    row = only(contrasts(person_sums(log(graded(excess)))))
    assert row["estimate"] == pytest.approx(np.mean(excess), rel=MEAN)
    assert row["unadjusted"] == pytest.approx(np.mean(excess) + 2, rel=MEAN)
    assert row["depends"] == depends


@pytest.mark.parametrize(
    ("people", "reference"),
    [
        (alike(7, a="5>3", b="5>3") | {"P9": {"rest": "5>3"}}, "rest"),
        (alike(7, a="5>3", b="5>3") | {"P9": {"b": "5>3"}}, "b"),
        (alike(7, b="5>3", a="5>3 5>3"), "a"),
        (alike(7, a="5>", b="5>", c="5>3", rest="5>"), "c"),
        (alike(9, combined="5>3") | alike(7, a="5>3", b="5>3"), "a"),
    ],
    ids=[
        "rest, if of one person",
        "most people",
        "ties by alphabet",
        "rated after",
        "not combined",
    ],
)
def test_reference_is_rest_else_the_technique_of_most_people(people, reference):
    rows = contrasts(person_sums(log(people)))
    assert set(rows["reference"]) == {reference}
    techniques = {name for used in people.values() for name in used} - {reference, "combined"}
    assert rows["technique"].tolist() == sorted(techniques)


def test_reference_can_be_set_for_all_regions_or_by_region():
    people = alike(7, a="5>3", b="5>3", rest="5>3")
    sums = person_sums(pd.concat([log(people), log(people, region="calf")]))
    pairs = {
        region: rows["reference"].unique().tolist()
        for region, rows in contrasts(sums, {"hip": "b"}).groupby("region")
    }
    assert pairs == {"calf": ["rest"], "hip": ["b"]}
    assert contrasts(sums, "a")["technique"].tolist() == ["b", "rest"] * 2


def test_holm_family_is_every_contrast_that_is_shown():
    hip = graded([0.5, 0.1, 0.9, -0.2, 0.7, 0.6])
    for n, more in enumerate([0.9, 0.4, -0.3, 0.2, -0.1]):  # five people: hidden, no part of it
        hip[f"P{n:02}"]["b"] = f"7>{3.5 - more} 9>{4.5 - more}"
    calf = graded([0.4, 0.4, 0.5, 0.6, 0.3, 0.4], "c")
    rows = contrasts(person_sums(pd.concat([log(hip), log(calf, region="calf")])))
    rows = rows.set_index("technique")
    assert rows["reason"].to_dict() == {"a": "", "b": enough.FEW, "c": ""}
    small, large = rows.loc["c", "p_value"], rows.loc["a", "p_value"]
    assert small < large / 2
    assert rows["p_holm"].to_dict() == pytest.approx(
        {"a": large, "b": np.nan, "c": 2 * small}, rel=P, nan_ok=True
    )
