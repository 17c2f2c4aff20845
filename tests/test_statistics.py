"""The statistics against someone else's numbers, by hand, by invariants, and against noise.

A log is written as ``{"P1": {"pressure": "6>4 8>"}}``: P1 used pressure twice, pain went from 6 to
4, then from 8 to a rating that is missing.
"""

import json
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from itertools import product
from statistics import mean, variance

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
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
from analysis.statistics.between_people import SAME_AVERAGE
from analysis.statistics.contrasts import FEW_REPEATS, NOT_LOGGED, SAME_START
from analysis.statistics.person_sums import SUMS
from analysis.statistics.reduction import VALUES, person_means

# Tolerances: means, SD, t and intervals; p-values; what is printed with six decimals.
MEAN, P, PRINTED = {"rel": 1e-9}, {"rel": 1e-6, "abs": 0}, {"abs": 5e-7}


def log(people: dict, region: str = "hip", scale: str = "NRS0-10") -> pd.DataFrame:
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
    return {f"P{number:02}": dict(techniques) for number in range(n_people)}


def sums_of(people: dict, **where: str) -> pd.DataFrame:
    return person_sums(log(people, **where))


def only(frame: pd.DataFrame) -> pd.Series:
    """Return the row of a frame that must have just one."""
    assert len(frame) == 1
    return frame.iloc[0]


def check(row: pd.Series | dict, tolerance: dict = MEAN, /, **expected) -> None:
    """Compare the named values of a row: words and truths as they are; NaN must be NaN."""
    for name, value in expected.items():
        if not isinstance(value, str | bool):
            value = pytest.approx(value, nan_ok=True, **tolerance)
        assert row[name] == value, name


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
    path = folder / "vallbona1997_magnets.csv"
    sessions = read_log(path, mapping=mapping, as_of="2000-01-01").sessions
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["vallbona1997"]
    return person_sums(sessions), expected


def test_sleep_has_the_paired_t_of_r():
    # R: with(sleep, t.test(extra[group == 2], extra[group == 1], paired = TRUE))
    mean = mean_interval(SLEEP)
    check(mean._asdict(), n=10, df=9, mean=1.58, sd=1.2299954832799, t=4.0621276833821)
    check(mean._asdict(), low=0.70011423672302, high=2.45988576327698)
    check(mean._asdict(), P, p_value=0.0028328901974)


def test_sleep_has_the_signed_rank_p_of_coin():
    # R: wilcoxsign_test(drug_2 ~ drug_1, zero.method = "Pratt", distribution = "exact")
    assert signed_rank(SLEEP) == (0.00390625, "exact")


@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_cells_are_those_of_r(magnets, technique):
    # R: x <- before - after; t.test(x); sd(x); median(x);
    #    wilcoxsign_test(before ~ after, zero.method = "Pratt", distribution = "exact")
    sums, r = magnets[0], magnets[1]["cells"][technique]
    row = reduction(sums).set_index("technique").loc[technique]
    check(row, n_people=r["people"], n_sessions=r["sessions"], n_missing=0, reason="")
    check(row, mean_before=r["mean_before"], estimate=r["mean_change"], sd=r["sd_change"])
    check(row, low=r["ci95"][0], high=r["ci95"][1], median=r["median_change"])
    check(row, P, p_value=r["t_p"], p_signed_rank=r["pratt_exact_p"])
    assert row["mean_before"] - row["estimate"] == pytest.approx(r["mean_after"], **MEAN)
    counts = {name: r[f"people_change_{name}"] for name in ("positive", "zero", "negative")}
    check(row, **{name: count / r["people"] for name, count in counts.items()})
    check(row, end_0_share=r["ended_at_0"] / r["sessions"])
    mean = mean_interval(person_means(sums[sums["technique"] == technique]))
    check(mean._asdict(), t=r["t"], df=r["df"])


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
@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("30 percent", "at_least_30_percent"),
        ("2 points", "at_least_2_points"),
        ("both", "both"),
        ("worse by 2", "worse_by_2"),
    ],
)
def test_magnets_responders_have_the_wilson_interval_of_r(magnets, technique, rule, name):
    # R: prop.test(k, n, correct = FALSE)$conf.int
    expected = magnets[1]["cells"][technique][name]
    row = responders(magnets[0]).set_index(["technique", "rule"]).loc[(technique, rule)]
    k, n = expected["k"], expected["n"]
    check(row, people=k, people_of=n, n_people=n, share=k / n, n_start_0=0)
    if "wilson" in expected:
        check(row, people_low=expected["wilson"][0], people_high=expected["wilson"][1])


def between(sums: pd.DataFrame, technique: str, reference: str, **options) -> pd.Series:
    """Return the line between people of the only region of the sums."""
    key = {"technique": technique, "reference": reference}
    compared = sums[["region", "scale"]].drop_duplicates().assign(**key)
    return only(between_people(sums, compared, **options))


def test_magnets_between_people_is_welch_and_least_squares_of_r(magnets):
    # R: t.test(x ~ technique); m <- lm(x ~ before + technique); summary(m); confint(m)
    r = magnets[1]["contrasts"]["magnet minus placebo"]
    row = between(magnets[0], "magnet", "placebo")
    check(row, n_people=r["n1"], n_people_reference=r["n0"], estimate=r["difference"], reason="")
    check(row, low=r["welch_ci95"][0], high=r["welch_ci95"][1], t=r["welch_t"], df=r["welch_df"])
    check(row, adjusted=r["ancova_difference"], slope=r["ancova_slope_before"])
    check(row, adjusted_low=r["ancova_ci95"][0], adjusted_high=r["ancova_ci95"][1])
    check(row, P, p_value=r["welch_p"], adjusted_p=r["ancova_p"])
    assert row["adjusted_df"] == r["ancova_df"]


@pytest.fixture
def asymptotic(monkeypatch) -> None:
    monkeypatch.setattr(import_module("analysis.statistics.signed_rank"), "_EXACT_TO", 0)


# R: wilcoxsign_test(..., zero.method = "Pratt", distribution = "asymptotic")
@pytest.mark.usefixtures("asymptotic")
def test_sleep_has_the_asymptotic_signed_rank_p_of_coin():
    assert signed_rank(SLEEP) == (pytest.approx(0.0058250241994615, **P), "asymptotic")


@pytest.mark.usefixtures("asymptotic")
@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_have_the_asymptotic_signed_rank_p_of_coin(magnets, technique):
    means = person_means(magnets[0][magnets[0]["technique"] == technique])
    expected = magnets[1]["cells"][technique]["pratt_asymptotic_p"]
    assert signed_rank(means) == (pytest.approx(expected, **P), "asymptotic")


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
    assert signed_rank(values) == (pytest.approx(p_value, **P), "asymptotic")
    assert signed_rank(values[1:]) == (pytest.approx(p_value, rel=0.05), "exact")


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
    found = mean_interval(values)._asdict()
    check(found, {"rel": tolerance, "abs": 0}, n=len(values), mean=mean, sd=sd)


# --- by hand ---

HIGH = {"high_n": 2, "high_k30": 1, "high_k2": 1, "high_kboth": 1, "high_kw": 1}
ONE_MISSING = {"m": 1, "m_0_3": 0, "m_3_6": 0, "m_6_10": 1, "m_b": 1}


def test_person_sums_can_be_counted_in_the_head():
    row = only(sums_of({"P1": {"pressure": "7>4.9 3>3 0>0 5>8 9.5> >4"}}))
    counted = {"n": 4, "Sc": -9, "Scc": 1341, "Sb": 150, "Sbb": 8300, "Sbc": -30, "Stwo": 80}
    counted |= {"nb": 3, "k30": 1, "k2": 1, "kboth": 1, "kw": 1, "n_floor": 1, "n_end_0": 1}
    counted |= HIGH | {"n_0_3": 2, "n_3_6": 1, "n_6_10": 1}
    counted |= ONE_MISSING | {"m_worse": 5, "m_better": 20}
    assert row[list(SUMS)].to_dict() == counted


def test_person_sums_of_a_vas_take_20_mm_for_2_points():
    row = only(sums_of({"P1": {"pressure": "70>49 10>0 40>62 95> >4"}}, scale="VAS0-100"))
    counted = {"n": 3, "Sc": 90, "Scc": 102500, "Sb": 1200, "Sbb": 660000, "Sbc": 69000}
    counted |= {
        "Stwo": 600,
        "nb": 3,
        "k30": 2,
        "k2": 1,
        "kboth": 1,
        "kw": 1,
        "n_floor": 1,
        "n_end_0": 1,
    }
    counted |= HIGH | {"n_0_3": 1, "n_3_6": 1, "n_6_10": 1}
    counted |= ONE_MISSING | {"m_worse": 50, "m_better": 200}
    assert row[list(SUMS)].to_dict() == counted


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
    rules = only(sums_of({"P1": {"pressure": pair}}))[["k30", "k2", "kboth", "kw"]]
    assert [name for name, count in rules.items() if count] == met


def test_ratings_are_rounded_half_up_to_tenths():
    # A spreadsheet can leave 8.45 like the first; rounding half to even would make 0.25 two.
    sums = sums_of({"P1": {"a": "8.4499999999>0"}, "P2": {"a": "0.25>0"}, "P3": {"a": "0.24>0"}})
    assert sums["Sb"].tolist() == [85, 3, 2]


WORKED = {
    "P1": {"A": "6>4 8>5 5>4", "B": "4>3 5>5"},
    "P2": {"A": "7>6 9>6", "B": "6>5 4>4 5>3"},
    "P3": {"A": "5>5 8>6 6>5", "B": "3>3 7>5"},
    "P4": {"A": "4>3 7>4", "B": "5>4 6>6 2>2"},
}


def test_worked_example_gives_every_number_of_the_specification():
    row = only(contrasts(sums_of(WORKED), "B", min_people=2))
    check(row, n_people=4, n_sessions=10, n_sessions_reference=10, single=0, df_within=12, df=3)
    check(row, PRINTED, slope=0.461905, estimate=0.194841)
    check(row, PRINTED, fixed_slope_low=-1.128441, fixed_slope_high=1.518124)
    check(row, PRINTED, fixed_slope_p=0.671312, unadjusted_p=0.069119)
    check(row, PRINTED, unadjusted=1.041667, unadjusted_low=-0.151751, unadjusted_high=2.235084)
    check(row, slope=97 / 6 / 35, fixed_slope_signed_rank=0.625, share_positive=0.5)
    check(row, line="adjusted")
    check(row, mean_before=(19 / 3 + 8 + 19 / 3 + 5.5) / 4)
    check(row, mean_before_reference=(4.5 + 5 + 5 + 13 / 3) / 4)


def test_worked_example_has_the_slopes_error_in_its_interval():
    # By hand, in fractions. Differences of mean starting pain: 11/6, 3, 4/3, 7/6, mean 11/6. SSB of
    # the people 31/6, 4, 38/3, 79/6; SBC 5/2, 3, 7, 11/3; together 35 and 97/6.
    beta, ssb = Fraction(97, 210), [Fraction(n, 6) for n in (31, 24, 76, 79)]
    sbc = [Fraction(n, 6) for n in (15, 18, 42, 22)]
    raw, start = ([Fraction(n, 6) for n in x] for x in ((9, 6, 0, 10), (11, 18, 8, 7)))
    pull = [4 * (xy - beta * xx) / 35 for xy, xx in zip(sbc, ssb, strict=True)]
    assert (sum(ssb), sum(sbc), sum(pull), sum(start) / 4) == (
        35,
        Fraction(97, 6),
        0,
        Fraction(11, 6),
    )
    values = [
        u - beta * d - Fraction(11, 6) * own for u, d, own in zip(raw, start, pull, strict=True)
    ]
    error = variance(values) / 4
    row = only(contrasts(sums_of(WORKED), "B", min_people=2))
    check(row, estimate=float(mean(values)), standard_error=float(error) ** 0.5)
    t = 3.182446305284263  # R: qt(.975, 3)
    check(row, high=float(mean(values)) + t * float(error) ** 0.5)
    check(row, simultaneous_low=row["low"], simultaneous_high=row["high"])
    # Without ties or zeros, the ranks are 1 to 4: all 16 signs, counted.
    place = {value: rank for rank, value in enumerate(sorted(values, key=abs), start=1)}
    positive = sum(place[value] for value in values if value > 0)
    sums = [sum(signs) for signs in product(*((0, rank) for rank in range(1, 5)))]
    beyond = min(sum(s <= positive for s in sums), sum(s >= positive for s in sums))
    check(row, p_signed_rank=min(1, 2 * beyond / 16))


def test_simultaneous_intervals_are_wider_by_the_number_of_comparisons():
    # R: qt(1 - .05 / 2 / 2, 7) / qt(.975, 7): two comparisons, eight people.
    people = {name: used | {"b": used["a"]} for name, used in graded(range(8)).items()}
    rows = contrasts(sums_of(people))
    wider = (rows["simultaneous_high"] - rows["estimate"]) / (rows["high"] - rows["estimate"])
    assert_allclose(wider, [2.8412442 / 2.3646243] * 2, rtol=1e-7)


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
    # Ranks 1, 3, 3, 3: -0.3 alone is 3 or less on that side in 5 of 16. Without rounding 0.1 + 0.2
    # would be above 0.3, and 1e-12 above 0.
    assert signed_rank(np.array([0.1, 0.3, 0.1 + 0.2, -0.3])).p_value == 2 * 5 / 16
    assert signed_rank(np.array([1e-12, 1, 2])) == signed_rank(np.array([0.0, 1, 2]))


def test_wilson_is_clipped_at_none_and_at_all():
    z2 = 3.841458820694124  # R: qchisq(.95, 1)
    assert wilson(0, 7) == pytest.approx((0, z2 / (7 + z2)), rel=1e-9, abs=1e-15)  # to .354
    assert wilson(7, 7) == pytest.approx((7 / (7 + z2), 1), **MEAN)  # from .646
    assert min(wilson(0, n)[0] for n in range(1, 60)) >= 0
    assert max(wilson(n, n)[1] for n in range(1, 60)) <= 1


def test_cell_has_counts_and_shares_that_can_be_counted():
    people = {"P1": {"a": "6>2 6>4 6>"}, "P2": {"a": "1>0 4>4"}, "P3": {"a": "5>8"}}
    row = only(reduction(sums_of(people | {"P4": {"a": "3>3 3>3 3>3 3>3"}}), min_people=4))
    check(row, n_people=4, n_sessions=9, n_missing=1, sessions_median=2, sessions_max=4)
    check(row, missing_share=0.1, mean_before=(6 + 2.5 + 5 + 3) / 4)
    check(row, estimate=0.125, median=0.25, positive=0.5, zero=0.25, negative=0.25)  # 3, .5, -3, 0
    check(row, worse_share=1 / 9, floor_share=1 / 9, end_0_share=1 / 9, largest_share=4 / 9)
    # Sums 6, 1, -3, 0 over 2, 2, 1, 4 sessions, 4 in 9: u = 46/9, 1/9, -31/9, -16/9.
    half = 3.182446305284263 * np.sqrt(4 / 3 * (46**2 + 1 + 31**2 + 16**2) / 81) / 9
    check(row, session_estimate=4 / 9, session_low=4 / 9 - half, session_high=4 / 9 + half)


def test_sessions_of_a_person_are_added_up_before_people_are_averaged():
    # Over both techniques P1 fell by 4, 0, 0 and 0, P2 by 2.
    sums = sums_of({"P1": {"a": "5>1", "b": "5>5 5>5 5>5"}, "P2": {"b": "5>3"}})
    over = {"by": ["region"], "min_people": 2}
    check(only(reduction(sums, **over)), n_people=2, n_sessions=5, estimate=(1 + 2) / 2)
    check(sensitivity(sums, **over).iloc[0], n_people=2, estimate=(1 + 2) / 2)
    shares = responders(sums, **over).set_index("rule")
    check(shares.loc["2 points"], n_people=2, share=(1 / 4 + 1) / 2)


def test_between_people_leaves_out_who_logged_both_and_refuses_few():
    people = {f"A{n}": {"a": f"9>{n}"} for n in range(6)}  # falls by 9 to 4
    people |= {f"B{n}": {"b": f"8>{n + 2}"} for n in range(6)}  # falls by 6 to 1
    row = between(sums_of(people | {"C": {"a": "9>0", "b": "9>9"}}), "a", "b")
    check(row, n_people=6, n_people_reference=6, estimate=6.5 - 3.5)
    people.pop("A0")
    check(between(sums_of(people), "a", "b"), n_people=5, reason=enough.FEW)


def test_sensitivity_stays_within_the_scale():
    # A missing rating after 9 can be worse by 1 only, after 1 better by 1 only.
    people = {"P1": {"a": "9>5 9>5 9>"}, "P2": {"a": "1>1 1>1 1>"}}
    lines = sensitivity(sums_of(people), min_people=2).set_index("assumption")["estimate"]
    check(lines, **{"complete": (4 + 0) / 2, "no change": (8 / 3 + 0) / 2})
    check(lines, **{"2 points worse": (8 - 1 - 2) / 6, "2 points better": (8 + 2 + 1) / 6})


def test_sensitivity_takes_in_a_person_without_any_rating_after():
    people = {"P1": {"a": "60>20 60>20"}, "P2": {"a": "50>40 50>40"}, "P3": {"a": "95>"}}
    lines = sensitivity(sums_of(people, scale="VAS0-100"), min_people=2)
    assert lines["n_people"].tolist() == [2, 3, 3, 3]
    expected = [(40 + 10) / 2, (40 + 10 + 0) / 3, (40 + 10 - 5) / 3, (40 + 10 + 20) / 3]
    assert lines["estimate"].tolist() == pytest.approx(expected, **MEAN)


def test_missing_after_is_counted_by_technique_and_starting_pain():
    people = {"P1": {"a": "3>1 3.1> 6>", "b": "10>"}, "P2": {"a": "6.1>2 6> 6>5", "b": "0>0"}}
    counts = missing_after(sums_of(people))
    assert counts["technique"].tolist() == ["a"] * 3 + ["b"] * 3
    assert counts["band"].tolist() == ["0 to 3", "above 3 to 6", "above 6"] * 2
    assert counts["n_missing"].tolist() == [0, 3, 0, 0, 0, 1]
    assert counts["n_sessions"].tolist() == [1, 4, 1, 1, 0, 1]


def test_responders_count_a_person_by_mean_and_a_share_by_session():
    # P1: 2 of 4 sessions fall by 2, the mean of 1 does not. P2: 1 of 2, and the mean of 3 does.
    people = {
        "P1": {"a": "8>6 8>6 8>8 8>8"},
        "P2": {"a": "8>2 8>8"},
        "P3": {"a": "8>5 8>8 8>8 0>0"},
    }
    lines = responders(sums_of(people), min_people=3).set_index("rule")
    assert lines["people"].to_dict() == {"30 percent": 1, "2 points": 1, "both": 1, "worse by 2": 0}
    assert lines[["people_of", "n_start_0"]].drop_duplicates().to_numpy().tolist() == [[3, 1]]
    t = 4.302652729911275  # R: qt(.975, 2)
    half = t * np.sqrt(1 / 48 / 3)  # shares 1/2, 1/2, 1/4
    check(lines.loc["2 points"], share=5 / 12, low=5 / 12 - half, high=5 / 12 + half)
    half = t * np.sqrt(7 / 108 / 3)  # shares 0, 1/2 and 1 of 3, clipped at 0
    check(lines.loc["30 percent"], share=5 / 18, low=0, high=5 / 18 + half)


# --- invariants ---

# Derandomised: every run draws the same logs.
steady = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)


@st.composite
def logs(draw, top: int = 100, *, complete: bool = False) -> pd.DataFrame:
    """Return sessions of one to four people: points on the hip, millimetres on the calf."""
    rating = st.integers(0, top)
    session = st.tuples(
        st.sampled_from(["P1", "P2", "P3", "P4"]),
        st.sampled_from(["hip", "hip", "calf"]),
        st.sampled_from(["pressure", "rest"]),
        rating,
        rating if complete else st.one_of(rating, rating, rating, st.none()),
    )
    columns = ["participant", "region", "technique", "pain_before", "pain_after"]
    few_or_many = st.lists(session, min_size=1, max_size=9) | st.lists(session, min_size=40)
    sessions = pd.DataFrame(draw(few_or_many), columns=columns)
    hip = sessions["region"] == "hip"
    unit = np.where(hip, 10, 1)
    ratings = {name: sessions[name].astype("float64") / unit for name in columns[3:]}
    return sessions.assign(scale=np.where(hip, "NRS0-10", "VAS0-100"), **ratings)


def results(sums: pd.DataFrame, min_people: int = 2) -> list[pd.DataFrame]:
    """Return every frame of statistics."""
    cells = [
        statistic(sums, by=by, min_people=min_people)
        for statistic in (reduction, responders, sensitivity)
        for by in ([], ["technique"], ["region", "technique"])
    ]
    compared = contrasts(sums, min_people=min_people)
    between = between_people(sums, compared, min_people=min_people)
    return [sums, *cells, compared, between, missing_after(sums)]


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
@given(logs(complete=True))
def test_swapping_technique_and_reference_mirrors_the_contrast(sessions):
    there, back = (
        contrasts(person_sums(sessions), name, min_people=2).dropna(subset="unadjusted")
        for name in ("rest", "pressure")
    )
    for line in (["estimate", "low", "high"], ["unadjusted", "unadjusted_low", "unadjusted_high"]):
        mirrored = -back[[line[0], line[2], line[1]]].to_numpy("float64")
        assert_allclose(there[line].to_numpy("float64"), mirrored, rtol=1e-9, atol=1e-9)
    shares = (1 - back["share_positive"]).to_numpy("float64")
    assert_allclose(there["share_positive"].to_numpy("float64"), shares)


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_row_order_is_irrelevant_to_every_bit(sessions, random):
    order = random.sample(range(len(sessions)), len(sessions))
    shuffled = results(person_sums(sessions.iloc[order]))
    for frame, other in zip(results(person_sums(sessions)), shuffled, strict=True):
        assert_frame_equal(frame, other, check_exact=True)


@steady
@given(logs(), st.permutations(["P1", "P2", "P3", "P4"]))
def test_who_is_called_what_is_irrelevant_to_every_bit(sessions, others):
    names = dict(zip(["P1", "P2", "P3", "P4"], others, strict=True))
    renamed = sessions.assign(participant=sessions["participant"].map(names))
    once, again = (results(person_sums(log))[1:] for log in (sessions, renamed))
    for first, second in zip(once, again, strict=True):
        assert_frame_equal(first, second, check_exact=True)


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_sums_of_any_split_merge_in_any_order_to_the_same_frame(sessions, random):
    part = np.array([random.randrange(4) for _ in range(len(sessions))])
    parts = [person_sums(sessions[part == number]) for number in random.sample(range(4), 4)]
    assert_frame_equal(merge_sums(*parts), person_sums(sessions))


@steady
@given(logs(top=70), st.integers(0, 30))
def test_a_constant_added_to_both_ratings_leaves_the_estimates(sessions, tenths):
    shift = np.where(sessions["scale"] == "NRS0-10", tenths / 10, tenths)
    ratings = {name: sessions[name] + shift for name in ("pain_before", "pain_after")}
    columns = ["n_people", "estimate", "low", "high", "sd", "median", "session_estimate", "p_value"]
    there, here = (
        reduction(person_sums(rows), min_people=2)[columns]
        for rows in (sessions, sessions.assign(**ratings))
    )
    assert_frame_equal(there, here, check_exact=True)


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
def test_nothing_is_infinite_and_every_interval_holds_its_estimate(sessions, min_people):
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
    often = log({name: {"a": " ".join([pair] * 9)} for name, pair in EIGHT.items()})
    one = only(reduction(sums_of({name: {"a": pair} for name, pair in EIGHT.items()})))
    nine = only(reduction(person_sums(often)))
    assert nine["n_sessions"] == 9 * one["n_sessions"]
    columns = ["n_people", "estimate", "low", "high", "sd", "p_value", "p_signed_rank"]
    assert nine[columns].to_dict() == one[columns].to_dict()
    # The control that must fail: a t interval over sessions is less than a third as wide.
    naive = mean_interval((often["pain_before"] - often["pain_after"]).to_numpy())
    assert naive.high - naive.low < (nine["high"] - nine["low"]) / 3


def test_a_heavy_logger_weighs_as_much_as_everyone():
    heavy = EIGHT | {"P7": " ".join([EIGHT["P7"]] * 50)}
    even, uneven = (
        only(reduction(sums_of({name: {"a": pairs} for name, pairs in people.items()})))
        for people in (EIGHT, heavy)
    )
    check(uneven, {"rel": 0}, estimate=even["estimate"], low=even["low"], high=even["high"])
    assert uneven["session_estimate"] > even["session_estimate"] + 1


# --- edge cases (statistics.md, 14) ---


@pytest.mark.parametrize(
    ("people", "region", "n_people", "reason"),
    [
        # Seven people logged: there are sessions, and 100 % of them have no rating after.
        (alike(7, a="5> 6> 4>"), "hip", 0, enough.MISSING),
        (alike(1, a="8>6 8>5 8>7 8>4 8>6 8>5 8>7 8>4 8>6"), "hip", 1, enough.FEW),
        (alike(5, a="5>3"), "hip", 5, enough.FEW),
        (alike(7, a="5>3 5>"), "hip", 7, enough.MISSING),
        (alike(7, combined="5>3"), "hip", 7, enough.COMBINED_PARTS),
        (alike(7, a="5>3"), "combined", 7, enough.COMBINED_PARTS),
    ],
    ids=[
        "nothing after",
        "nine sessions of 1 person",
        "5 people",
        "missing",
        "techniques",
        "regions",
    ],
)
def test_a_refused_cell_has_counts_a_reason_and_no_number(people, region, n_people, reason):
    sums = sums_of(people, region=region)
    row = only(reduction(sums))
    check(row, n_people=n_people, n_sessions=sums["n"].sum(), n_missing=sums["m"].sum())
    assert row["reason"] == reason
    assert row[list(VALUES)].isna().all()
    for frame, hidden in [
        (responders(sums), ["share", "low", "high", "people", "people_low", "people_high"]),
        (sensitivity(sums), ["estimate", "low", "high"]),
    ]:
        assert frame[["n_people", "reason"]].to_numpy().tolist() == [[n_people, reason]] * 4
        assert frame[hidden].isna().all(axis=None)


def test_a_log_without_sessions_gives_empty_frames_with_their_columns():
    shown = results(sums_of(alike(2, a="5>3", rest="5>4")))
    for frame, full in zip(results(person_sums(empty_sessions())), shown, strict=True):
        assert frame.empty
        assert frame.columns.tolist() == full.columns.tolist()


def test_40_percent_without_after_is_shown_and_more_is_not():
    for people, reason in [(4, ""), (5, enough.MISSING)]:
        sums = sums_of(alike(people, b="5>4 5>") | {"P9": {"b": "5>2 5>2"}})
        assert reduction(sums, min_people=2)["reason"].tolist() == [reason]
        assert only(reduction(sums, min_people=2))["missing_share"] == people / (2 * people + 2)


@pytest.mark.parametrize(
    ("pair", "estimate", "p_signed_rank"), [("5>5", 0, np.nan), ("5.3>3.2", 2.1, 2 / 2**7)]
)
def test_equal_changes_have_a_mean_and_no_interval(pair, estimate, p_signed_rank):
    row = only(reduction(sums_of(alike(7, a=pair))))
    check(row, n_people=7, estimate=estimate, sd=0, p_signed_rank=p_signed_rank)
    assert row["reason"] == enough.NO_VARIATION
    assert row[["low", "high", "p_value", "session_low", "session_high"]].isna().all()


def test_values_equal_to_ten_decimals_do_not_vary():
    mean = mean_interval(np.array([0.3, 0.1 + 0.2, 0.3]))._asdict()
    check(mean, n=3, df=2, mean=0.3, sd=0, low=np.nan, high=np.nan, t=np.nan, p_value=np.nan)


def test_zeros_alone_have_no_signed_rank_p():
    p_value, reason = signed_rank(np.zeros(7))
    assert np.isnan(p_value)
    assert reason == "no non-zero change"


def test_every_session_started_at_0_has_no_30_percent_line():
    lines = responders(sums_of(alike(7, a="0>0 0>3"))).set_index("rule")
    assert lines.loc["30 percent", "reason"] == "no session started above 0"
    hidden = ["share", "low", "high", "people", "people_of", "people_low", "people_high"]
    assert lines.loc["30 percent", hidden].isna().all()
    check(lines.loc["2 points"], share=0, people=0, people_of=7, n_start_0=14, reason="")


@pytest.mark.parametrize(
    ("pair", "share", "low", "high"), [("5>5", 0, 0, 0.354), ("5>2", 1, 0.646, 1)]
)
def test_none_or_all_responders_have_wilsons_interval(pair, share, low, high):
    row = responders(sums_of(alike(7, a=pair))).set_index("rule").loc["30 percent"]
    check(row, share=share, people=7 * share, people_of=7)
    check(row, {"abs": 5e-4}, low=low, high=high, people_low=low, people_high=high)


def test_points_and_millimetres_are_never_in_one_cell_or_contrast():
    points, mm = log(alike(7, a="5>3")), log(alike(7, a="50>10", b="50>40"), scale="VAS0-100")
    sums = person_sums(pd.concat([points, mm]))
    cells = reduction(sums).set_index(["technique", "scale"])
    assert cells["n_sessions"].tolist() == [7, 7, 7]
    assert cells.loc["a", "estimate"].to_dict() == {"NRS0-10": 2, "VAS0-100": 40}
    rows = contrasts(sums, "b").set_index("scale")
    check(rows.loc["NRS0-10"], unadjusted=np.nan, reason=enough.TWO_SCALES)
    check(rows.loc["VAS0-100"], unadjusted=30, reason=FEW_REPEATS)


@pytest.mark.parametrize("scale", ["NRS0-10", "VAS0-100"])
@pytest.mark.parametrize(("step", "imprecise"), [(0.5, True), (0.4, False)])
def test_half_width_above_1_point_or_10_mm_is_imprecise(scale, step, imprecise):
    unit = 1 if scale == "NRS0-10" else 10  # half-widths 1.02 and 0.82 points
    people = {f"P{n}": {"a": f"{8 * unit}>{(8 - step * n) * unit}"} for n in range(8)}
    assert only(reduction(sums_of(people, scale=scale)))["imprecise"] == imprecise


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
    row = only(contrasts(sums_of(people), "rest"))
    check(row, n_people=n_people, reason=reason, line="", depends=False)
    values = row.loc["estimate":"p_signed_rank"]
    assert len(values) == 21
    assert values.isna().all()
    assert np.isnan(row["p_holm"])


@pytest.mark.parametrize(
    ("pairs", "df_within", "reason"),
    [("8>{} 8>6", 6, FEW_REPEATS), ("8>{} 8>6 8>6", 12, SAME_START)],
)
def test_without_a_slope_only_the_unadjusted_line_is_shown(pairs, df_within, reason):
    people = {f"P{n}": {"a": pairs.format(n), "rest": "4>4"} for n in range(6)}
    row = only(contrasts(sums_of(people)))
    check(row, line="unadjusted", reason=reason, df_within=df_within, single=6)
    assert row[["estimate", "low", "high", "slope"]].isna().all()
    n_twos = len(pairs.split()) - 1
    mean = mean_interval(np.array([(8 - n + 2 * n_twos) / (n_twos + 1) for n in range(6)]))
    check(row, unadjusted=mean.mean, unadjusted_low=mean.low, unadjusted_high=mean.high)
    check(row, p_value=mean.p_value, p_holm=mean.p_value, p_signed_rank=2 / 2**6)


# --- contrasts ---


def graded(excess: list[float], technique: str = "a", skip: int = 0) -> dict:
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
    row = only(contrasts(sums_of(graded([1, 0, -1, 2, 0, 3]))))
    check(row, slope=0.5, estimate=5 / 6, unadjusted=17 / 6, share_positive=(3 + 2 / 2) / 6)
    check(row, mean_before=8, mean_before_reference=4)
    assert row["p_signed_rank"] == signed_rank(np.array([1.0, 0, -1, 2, 0, 3])).p_value


def test_contrast_counts_who_logged_what():
    people = graded([1, 0, -1, 2, 0, 3], skip=2)
    people |= {"Q1": {"a": "5>3"}, "Q2": {"rest": "5>3"}, "Q3": {"rest": "5>"}, "Q4": {"a": "5>3"}}
    row = only(contrasts(sums_of(people)))
    check(row, n_people=6, n_sessions=12, n_sessions_reference=10, single=2, df_within=10)
    check(row, only_technique=2, only_reference=1)
    check(row, missing_share=0, missing_share_reference=1 / 12)


def test_equal_adjusted_differences_have_no_interval_and_no_p():
    row = only(contrasts(sums_of(graded([1] * 6))))
    check(row, estimate=1, reason=enough.NO_VARIATION, p_signed_rank=2 / 2**6)
    assert row[["low", "high", "p_value", "p_holm"]].isna().all()


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
    row = only(contrasts(sums_of(graded([0.1 * n for n in range(n_people)], skip=skip))))
    check(row, df_within=2 * n_people - skip, line=line, few_repeats=few_repeats)


@pytest.mark.parametrize(
    ("n_people", "few", "reason"),
    [(5, False, enough.FEW), (6, True, ""), (14, True, ""), (15, False, "")],
)
def test_few_people_are_hidden_below_6_and_flagged_below_15(n_people, few, reason):
    sums = sums_of(graded([0.1 * n for n in range(n_people)]))
    for row in (reduction(sums).iloc[0], only(contrasts(sums))):
        check(row, technique="a", n_people=n_people, few=few, reason=reason)
        assert np.isnan(row["low"]) == bool(reason)


@pytest.mark.parametrize(
    ("excess", "depends"),
    [
        ([-0.3, -0.2, -0.4, -0.3, -0.1, -0.5], True),  # -0.3 adjusted, 1.7 unadjusted
        ([0.6, -0.5, 0.4, -0.3, 0.5, -0.1], True),  # 0.1 includes 0, 2.1 excludes it
        ([3, 2.5, 3, 2, 3, 2.5], False),  # both exclude it
        ([3.5, 3.5, 3.5, -3, -3.5, -3.4], False),  # both include it
    ],
    ids=["signs", "one interval", "both intervals", "no interval"],
)
def test_depends_when_signs_differ_or_just_one_interval_excludes_0(excess, depends):
    row = only(contrasts(sums_of(graded(excess))))
    check(row, estimate=np.mean(excess), unadjusted=np.mean(excess) + 2, depends=depends)


@pytest.mark.parametrize(
    ("people", "reference"),
    [
        (alike(7, a="5>3", b="5>3") | {"P9": {"rest": "5>3"}}, "rest"),
        (alike(7, a="5>3 5>3", b="5>3") | {"P9": {"b": "5>3"}}, "b"),
        (alike(7, b="5>3 5>3", a="5>3"), "a"),
        (alike(7, a="5>", b="5>", c="5>3", rest="5>"), "c"),
        (alike(7, a="5>3", b="5>3", combined="5>3") | {"P9": {"combined": "5>3"}}, "a"),
    ],
    ids=["rest, if of one person", "most people", "ties by alphabet", "rated", "not combined"],
)
def test_reference_is_rest_else_the_technique_of_most_people(people, reference):
    rows = contrasts(sums_of(people))
    assert set(rows["reference"]) == {reference}
    techniques = {name for used in people.values() for name in used} - {reference, "combined"}
    assert rows["technique"].tolist() == sorted(techniques)


@pytest.mark.parametrize(("reference", "expected"), [(None, "rest"), ("rest", "rest")])
def test_a_reference_on_another_scale_only_is_no_reference(reference, expected):
    points = log(alike(7, rest="5>3 6>4", a="5>4 6>3"))
    mm = log(alike(8, a="50>30 60>20", b="50>40 40>20"), scale="VAS0-100")
    rows = contrasts(person_sums(pd.concat([points, mm])), reference)
    assert rows[["technique", "scale", "reference", "reason"]].to_numpy().tolist() == [
        ["a", "NRS0-10", expected, enough.NO_VARIATION],
        ["a", "VAS0-100", expected, enough.TWO_SCALES],
        ["b", "VAS0-100", expected, enough.TWO_SCALES],
    ]
    assert rows["n_people"].tolist() == [7, 0, 0]
    assert rows["unadjusted"].tolist() == pytest.approx([0, np.nan, np.nan], nan_ok=True)


def test_the_default_reference_has_most_people_over_all_scales():
    # On points a has 7 people and c 6; b has 6 there and 3 others on millimetres: 9.
    points = log(alike(6, a="5>3", b="5>4", c="5>4") | {"P06": {"a": "5>3"}})
    mm = log({f"Q{n}": {"b": "50>30", "c": "50>40"} for n in range(3)}, scale="VAS0-100")
    mm = mm[mm["technique"].eq("b") | mm["participant"].eq("Q0")]
    rows = contrasts(person_sums(pd.concat([points, mm])))
    assert set(rows["reference"]) == {"b"}


def test_reference_can_be_set_for_all_regions_or_by_region():
    people = alike(7, a="5>3", b="5>3", rest="5>3")
    sums = person_sums(pd.concat([log(people), log(people, region="calf")]))
    rows = contrasts(sums, {"hip": "b"})[["region", "technique", "reference"]].to_numpy().tolist()
    calf, hip = [["calf", name, "rest"] for name in "ab"], [["hip", "a", "b"], ["hip", "rest", "b"]]
    assert rows == calf + hip
    assert contrasts(sums, "a")["technique"].tolist() == ["b", "rest"] * 2


def test_holm_family_is_every_contrast_that_is_shown():
    hip = graded([0.5, 0.1, 0.9, -0.2, 0.7, 0.6])
    for name in list(hip)[:5]:  # five people: hidden, and no part of the family
        hip[name]["b"] = hip[name]["a"]
    calf = graded([0.4, 0.4, 0.5, 0.6, 0.3, 0.4], "c")
    rows = contrasts(person_sums(pd.concat([log(hip), log(calf, region="calf")])))
    p_values = rows.set_index("technique")["p_value"]
    assert p_values["c"] < p_values["a"] / 2
    expected = {"a": p_values["a"], "b": np.nan, "c": 2 * p_values["c"]}
    check(rows.set_index("technique")["p_holm"], **expected)
    check(rows.set_index("technique")["reason"], a="", b=enough.FEW, c="")


# --- faults that were found once ---


def one_each(a: list[str], b: list[str]) -> pd.DataFrame:
    """Return the sums of people who have one session each: some under a, others under b."""
    people = {f"P{i}": {"a": pair} for i, pair in enumerate(a)}
    return sums_of(people | {f"Q{i}": {"b": pair} for i, pair in enumerate(b)})


def test_between_people_takes_a_group_that_is_all_alike():
    # Python, by the formula: SE = sqrt(var(b)/7), df = 6.
    b = np.array([6 - i % 4 for i in range(7)], dtype=float)
    row = between(one_each(["5>3"] * 7, [f"6>{i % 4}" for i in range(7)]), "a", "b")
    error = b.std(ddof=1) / np.sqrt(7)
    check(row, estimate=2 - b.mean(), t=(2 - b.mean()) / error, df=6)


def test_between_people_makes_no_p_value_of_an_exact_fit():
    a, b = ([f"{i + k}>{(i + k) / 2 - (k - 1)}" for i in range(7)] for k in (2, 1))
    row = between(one_each(a, b), "a", "b")
    check(row, adjusted=np.nan, adjusted_p=np.nan, adjusted_reason=enough.NO_VARIATION)


def test_between_people_says_why_starting_pain_cannot_be_adjusted_for():
    row = between(one_each([f"8>{i}" for i in range(7)], [f"6>{i % 5}" for i in range(7)]), "a", "b")  # fmt: skip
    check(row, adjusted=np.nan, adjusted_reason=SAME_AVERAGE, reason="")
    # Starting pain did vary within the people; their averages are 8 and 6 all the same.
    a, b = [f"7>{i} 9>5" for i in range(7)], [f"5>{i % 5} 6>4 7>2" for i in range(7)]
    check(between(one_each(a, b), "a", "b"), adjusted=np.nan, adjusted_reason=SAME_AVERAGE)


def test_between_people_keeps_the_limits_of_every_result():
    enough_people = one_each([f"8>{i}" for i in range(7)], [f"6>{i % 5}" for i in range(7)])
    check(
        between(enough_people, "a", "b", min_people=8),
        reason=enough.FEW,
        estimate=np.nan,
    )
    missing = one_each([f"8>{i}" for i in range(7)], [f"6>{i % 5} 5> 5>" for i in range(7)])
    check(between(missing, "a", "b"), reason=enough.MISSING)
    check(between(enough_people, "a", "combined"), reason=enough.COMBINED_PARTS)


def test_sessions_of_several_parts_are_added_to_no_other_cell():
    people = alike(6, a="6>4") | {"Z": {"combined": "9>0"}}
    both = sums_of(people)
    assert only(reduction(both, by=["region"]))["n_people"] == 6
    assert only(reduction(both, by=[]))["estimate"] == 2
    regions = sums_of(alike(6, a="6>4"), region="combined")
    assert reduction(regions, by=["technique"]).empty


@pytest.mark.parametrize("n", range(1, 30))
def test_wilson_holds_its_own_share_at_both_ends(n):
    assert wilson(0, n)[0] == 0
    assert wilson(n, n)[1] == 1


def test_sensitivity_without_variation_says_so():
    rows = sensitivity(sums_of(alike(7, a="5>3 5>3 5>"))).set_index("assumption")
    assert (rows["reason"] == enough.NO_VARIATION).all()
    assert rows.loc["complete", "estimate"] == 2


def test_a_slope_that_is_not_there_is_not_called_one_from_few_sessions():
    row = only(contrasts(sums_of(alike(6, a="5>3 5>2", b="5>4 5>3")), "b"))
    check(row, few_repeats=False, reason=SAME_START)


def test_people_who_never_start_above_0_do_not_fill_up_the_30_percent():
    people = alike(7, a="0>0") | {"Z": {"a": "6>1"}}
    rows = responders(sums_of(people)).set_index("rule")
    check(rows.loc["30 percent"], share=np.nan, n_people=1, reason=enough.FEW)
    check(rows.loc["2 points"], n_people=8, reason="")
