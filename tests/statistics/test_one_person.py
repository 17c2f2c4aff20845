"""One person's log: against R's numbers, statsmodels, numbers counted by hand, and noise."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats
from shared import shared
from statsmodels.tsa.stattools import acf

from analysis.statistics import enough
from analysis.statistics.contrasts import NOT_LOGGED
from analysis.statistics.one_person import (
    DIFFERENT_TIMES,
    FEW_DAYS,
    FEW_SESSIONS,
    SINGULAR,
    UNKNOWN_ORDER,
    autocorrelation,
    complete_sessions,
    effective_size,
    person_cells,
    person_contrasts,
)

MEAN = {"rel": 1e-9, "abs": 1e-12}
FAST = settings(derandomize=True, database=None, deadline=None, max_examples=40)
FRAMES = settings(FAST, max_examples=8)
SHOWN = ("estimate", "sd", "r1", "rho", "n_effective", "low", "high")


def log(
    pairs: str, technique: str = "pressure", *, first: str = "2026-03-02", **where
) -> pd.DataFrame:
    """Return one session a day: "6>4 - 8>" is 6 to 4, a day without a session, 8 to nothing."""
    days = pd.date_range(first, periods=len(pairs.split()), unit="us")
    rows = [
        (day, *(float(rating or "nan") for rating in pair.split(">")))
        for day, pair in zip(days, pairs.split(), strict=True)
        if pair != "-"
    ]
    frame = pd.DataFrame(rows, columns=["started_at", "pain_before", "pain_after"])
    named = {"participant": "P1", "region": "hip", "technique": technique, "scale": "NRS0-10"}
    return frame.assign(**(named | where))


def together(*logs: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(logs, ignore_index=True)


def only(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


def check(row: pd.Series, **expected) -> None:
    for name, value in expected.items():
        if not isinstance(value, str | bool):
            value = pytest.approx(value, nan_ok=True, **MEAN)
        assert row[name] == value, name


# --- someone else's numbers ---


@pytest.mark.parametrize("person", ["P2", "P7", "P8"])
def test_three_real_logs_have_the_interval_of_r(person):
    # expected.json, block one_person: R 4.2.2, recomputed with numpy 2.4. The daily level stands for
    # the reduction: each rating is a session that ends at 0.
    r = json.loads(shared("datasets", "expected.json").read_text("utf-8"))["one_person"][person]
    rows = pd.read_csv(shared("datasets", r["file"]))
    rows = rows[rows["name"] == r["name"]].astype({"startmonth": "int64"})
    names = {"startyear": "year", "startmonth": "month", "startday": "day"}
    days = pd.to_datetime(rows[list(names)].rename(columns=names))
    key = {"participant": person, "region": "hip", "technique": "pressure", "scale": "NRS0-10"}
    sessions = pd.DataFrame({"started_at": days, "pain_before": rows["intensity"]})
    row = only(person_cells(sessions.assign(pain_after=0.0, **key)))
    check(row, n_sessions=r["rows"], n_days=r["days"], n_missing=0, few=False, reason="")
    check(row, estimate=r["mean"], sd=r["sd"], r1=r["r1"], rho=r["r1_bias_corrected"])
    check(row, n_effective=r["n_eff"], low=r["ci95_ar1"][0], high=r["ci95_ar1"][1])


@pytest.mark.parametrize(
    ("name", "tolerance"), [("1", 1e-12), ("2", 1e-12), ("3", 1e-9), ("4", 1e-8)]
)
def test_nist_sets_have_the_certified_autocorrelation(name, tolerance):
    # NIST Statistical Reference Datasets, NumAcc1 to 4: lag-1 autocorrelation at large offsets.
    expected = json.loads(shared("datasets", "expected.json").read_text("utf-8"))["nist_numacc"]
    nist = expected[f"NumAcc{name}"]
    c = nist.get("c")
    values = nist.get("values") or [c, *[round(c - 0.1, 1), round(c + 0.1, 1)] * 500]
    assert autocorrelation(np.array(values)).r1 == pytest.approx(nist["r1"], rel=tolerance)


@given(st.lists(st.integers(-100, 100), min_size=2, max_size=60).filter(lambda x: len(set(x)) > 1))
@FAST
def test_r1_is_the_autocorrelation_of_statsmodels(values):
    # statsmodels 0.15: acf(x, nlags=1)[1]
    assert autocorrelation(np.array(values)).r1 == pytest.approx(acf(values, nlags=1)[1], abs=1e-12)


def drawn(rng: np.random.Generator, n_days: int = 40) -> pd.DataFrame:
    """Return a log of two techniques in random order, in one region."""
    before = rng.integers(20, 90, n_days) / 10
    after = np.clip(before - rng.integers(-10, 30, n_days) / 10, 0, 10)
    order = rng.permuted(np.repeat(["pressure", "tennis_ball"], n_days // 2))
    days = pd.date_range("2026-03-02 08:00", periods=n_days, unit="us")
    frame = pd.DataFrame({"started_at": days, "pain_before": before, "pain_after": after.round(1)})
    return frame.assign(participant="P1", region="hip", technique=order, scale="NRS0-10")


@pytest.mark.parametrize("seed", range(3))
def test_a_contrast_is_the_least_squares_of_statsmodels(seed):
    # statsmodels 0.15: OLS(c, [1, b, day, A]).fit(), its bse; acf of its resid; section 11 from there.
    sessions = drawn(np.random.default_rng(seed))
    row = only(person_contrasts(sessions, "tennis_ball"))
    c = sessions["pain_before"] - sessions["pain_after"]
    a = sessions["technique"].eq("pressure").to_numpy("float64")
    design = np.column_stack([np.ones(40), sessions["pain_before"], np.arange(40.0), a])
    fit = sm.OLS(c.to_numpy(), design).fit()
    r1 = acf(fit.resid, nlags=1)[1]
    rho = np.clip(r1 + (1 + 3 * r1) / 40, 0, 0.95)
    n_effective = np.clip(40 * (1 - rho) / (1 + rho), 2, 40)
    half = fit.bse[3] * np.sqrt((1 + rho) / (1 - rho)) * stats.t.ppf(0.975, n_effective - 4)
    check(row, technique="pressure", reference="tennis_ball", reason="", few=True)
    check(row, estimate=fit.params[3], r1=r1, rho=rho, n_effective=n_effective, df=n_effective - 4)
    check(row, low=fit.params[3] - half, high=fit.params[3] + half)
    check(row, unadjusted=c[a == 1].mean() - c[a == 0].mean())


# --- by hand ---


def test_autocorrelation_by_hand():
    # e = -1, 1, 0: products -1 + 0, squares 2. Four equal steps: e = -1.5, -.5, .5, 1.5: 1.25 of 5;
    # .25 + 1.75/4.
    assert autocorrelation(np.array([1.0, 3.0, 2.0])) == (3, -0.5, 0.0)
    assert autocorrelation(np.array([1.0, 2.0, 3.0, 4.0])) == (4, 0.25, 0.6875)
    assert autocorrelation(np.repeat([0.0, 9.0], 500)).rho == 0.95  # .997 is clipped


@pytest.mark.parametrize("values", [[], [3.0], [0.1 + 0.2, 0.3]])
def test_what_does_not_vary_has_no_autocorrelation(values):
    assert_allclose(autocorrelation(np.array(values))[1:], np.nan)


def test_the_effective_size_stays_between_2_and_n():
    assert effective_size(30, 0.5) == 10
    assert effective_size(30, 0.0) == 30
    assert effective_size(30, 0.95) == 2


def test_sessions_of_one_day_are_averaged_and_the_median_is_of_sessions():
    # Days: (1 + 3)/2, then 3 nine times; sessions: 1, 3 and nine times 3.
    sessions = log("4>3 " + "5>2 " * 9)
    again = log("5>2").assign(started_at=pd.Timestamp("2026-03-02 18:00"))
    row = only(person_cells(together(sessions, again)))
    check(row, n_sessions=11, n_days=10, median=3, estimate=2.9, few=True)
    # Residuals -.9 and nine times .1: products -.09 + 8·.01, squares .81 + .09.
    check(row, r1=-1 / 90, rho=-1 / 90 + (1 - 3 / 90) / 10)


def test_residuals_of_all_cells_are_averaged_per_day():
    # Reductions 1 2 3 ... in two cells, one twice as steep, on the same days, and a third cell of one
    # day, whose residual is 0. By the formula, step by step.
    c1, c2 = np.arange(10) % 4 + 1.0, (np.arange(10) % 3 + 1.0) * 2
    logs = [
        log(" ".join(f"8>{8 - value:g}" for value in values), technique)
        for values, technique in ((c1, "pressure"), (c2, "rest"))
    ]
    third = log("5>1", "yoga")
    left = (c1 - c1.mean() + c2 - c2.mean()) / 2
    left[0] *= 2 / 3
    expected = autocorrelation(left)
    cells = person_cells(together(*logs, third)).set_index("technique")
    for technique in ("pressure", "rest"):
        check(cells.loc[technique], r1=expected.r1, rho=expected.rho)


def test_two_scales_share_no_residual():
    nrs, vas = log("8>1 8>7 " * 6), log("80>40 80>30 70>20 60>50 " * 3, scale="VAS0-100")
    both = person_cells(together(nrs, vas)).set_index("scale")
    for name, alone in (("NRS0-10", nrs), ("VAS0-100", vas)):
        check(both.loc[name], **only(person_cells(alone))[list(SHOWN)].to_dict())


def test_responders_are_plain_counts():
    # 10>7: 30 %, 3 points; 3>2: 30 % only; 10>8: 2 points only; 0>0: out of the 30 %; 5>7: worse.
    row = only(person_cells(log("10>7 3>2 10>8 0>0 5>7")))
    check(row, n_sessions=5, nb=4, k30=2, k2=2, kboth=1, kw=1, median=1, reason=FEW_DAYS)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ("8>7 " * 4, FEW_SESSIONS),
        ("8> " * 4, enough.NO_SESSIONS),
        ("8>7 " * 6 + "8> " * 5, enough.MISSING),  # 45 % missing
        ("8>7 " * 5, FEW_DAYS),
        ("8>7 8>6 " * 4 + "8>7", FEW_DAYS),
        ("8>7 " * 20, enough.NO_VARIATION),
        ("8>8 " * 20, enough.NO_VARIATION),
    ],
)
def test_what_is_not_enough_is_nan_and_says_why(pairs, reason):
    row = only(person_cells(log(pairs)))
    check(row, reason=reason, low=np.nan, high=np.nan, n_effective=np.nan)
    assert np.isnan(row["median"]) == (reason not in (FEW_DAYS, enough.NO_VARIATION))
    assert np.isnan(row["k2"]) == np.isnan(row["median"])
    assert np.isnan(row["estimate"]) == (reason != enough.NO_VARIATION)


def test_40_percent_missing_is_still_shown():
    check(only(person_cells(log("8>7 8>6 8>5 " * 2 + "8> " * 4))), missing_share=0.4, median=2)


@pytest.mark.parametrize(("n_days", "few"), [(9, False), (10, True), (19, True), (20, False)])
def test_the_banner_goes_by_days(n_days, few):
    pairs = " ".join(("8>7 8>5 8>6 " * 7).split()[:n_days])
    twice = together(log(pairs), log(pairs, first="2026-03-02 20:00"))
    check(only(person_cells(twice)), n_sessions=2 * n_days, n_days=n_days, few=few)


def test_cells_that_undo_each_other_have_no_interval():
    cells = person_cells(together(log("8>7 8>5 " * 6), log("8>5 8>7 " * 6, "rest")))
    assert cells["reason"].eq(enough.NO_VARIATION).all()
    assert_allclose(cells["estimate"], 2)


def test_combined_sessions_are_counted_and_leave_no_residual():
    alone = log("8>7 8>5 8>6 " * 4)
    combined = log("9>0 9>8 9>7 9>3 " * 3, "combined")
    cells = person_cells(together(alone, combined)).set_index("technique")
    check(cells.loc["pressure"], **only(person_cells(alone))[list(SHOWN)].to_dict())
    check(cells.loc["combined"], n_sessions=12, k2=np.nan, reason=enough.COMBINED_PARTS)


def test_several_people_are_refused():
    several = together(log("8>7"), log("8>7", participant="P2"))
    for function in (person_cells, person_contrasts):
        with pytest.raises(ValueError, match=r"^sessions: must be of one person; found 2$"):
            function(several)


def test_no_sessions_give_empty_frames():
    nothing = log("8>7").iloc[:0]
    assert person_cells(nothing).empty
    assert person_contrasts(nothing).empty


def alternating(n_each: int, a: str = "8>7 8>5 7>6", b: str = "8>8 6>5 7>5 5>5") -> pd.DataFrame:
    """Return rest and pressure on alternating days."""
    first, second = (a.split() * n_each)[:n_each], (b.split() * n_each)[:n_each]
    rest = " ".join(f"{pair} -" for pair in second)
    pressure = " ".join(f"- {pair}" for pair in first)
    return together(log(rest, "rest"), log(pressure))


@pytest.mark.parametrize(
    ("n_each", "randomised", "few", "reason"),
    [
        (7, False, False, FEW_SESSIONS),
        (8, True, True, ""),
        (14, True, True, ""),
        (15, True, False, ""),
        (15, False, True, ""),
    ],
)
def test_the_banner_of_a_contrast(n_each, randomised, few, reason):
    row = only(person_contrasts(alternating(n_each), randomised=randomised))
    # The other technique comes every day: 2·n - 1 switches; ranges overlap in all but both ends.
    check(row, switches=2 * n_each - 1, overlap=(2 * n_each - 2) / (2 * n_each))
    check(row, n_sessions=n_each, n_sessions_reference=n_each, reference="rest", few=few)
    assert row["reason"] == reason
    assert np.isnan(row["low"]) == np.isnan(row["unadjusted"]) == bool(reason)


ONE, TWO = "8>7 8>5 7>6 6>6 ", "8>8 6>5 7>5 5>5 "


@pytest.mark.parametrize(
    ("rest", "pressure", "switches", "overlap"),
    [
        (ONE * 3, "- " * 12 + TWO * 3, 1, 0),  # A, then B
        (ONE * 2 + "- " * 8 + ONE, "- " * 8 + TWO * 2, 2, 8 / 20),  # A, B, A
        (ONE * 2 + "- " * 4 + ONE, "- " * 8 + TWO + "- " * 4 + TWO * 2, 3, 8 / 24),  # A, B, A, B
    ],
)
def test_techniques_of_different_times_are_not_compared(rest, pressure, switches, overlap):
    row = only(person_contrasts(together(log(rest, "rest"), log(pressure)), randomised=True))
    check(row, switches=switches, overlap=overlap, reason=DIFFERENT_TIMES, few=False)
    check(row, estimate=np.nan, low=np.nan, unadjusted=np.nan)


def test_three_switches_and_half_of_the_days_are_enough():
    # Rest on days 1 to 8 and 13 to 16, pressure on 9 to 12 and 17 to 20: 8 of 20 days shared. Rest on
    # day 1 to 4 and 9 to 12, pressure on 5 to 8 and 13 to 16: days 5 to 12 of 16.
    row = only(person_contrasts(together(log(ONE + "- " * 4 + ONE, "rest"),
                                         log("- " * 4 + TWO + "- " * 4 + TWO))))  # fmt: skip
    check(row, switches=3, overlap=0.5, reason="")


def test_a_contrast_that_least_squares_cannot_find():
    same_start = alternating(10, "8>7 8>5 8>6", "8>8 8>7")
    row = only(person_contrasts(same_start))
    check(row, reason=SINGULAR, estimate=np.nan, unadjusted=1.4, few=True)
    start_tells = alternating(10, "8>7 8>5 8>6", "5>5 5>4")
    check(only(person_contrasts(start_tells)), reason=SINGULAR, low=np.nan)


def test_an_exact_fit_has_no_interval():
    row = only(person_contrasts(alternating(12, "8>6 7>5 9>7", "8>7 6>5 7>6 5>4")))
    check(row, estimate=1, unadjusted=1, low=np.nan, df=np.nan, reason=enough.NO_VARIATION)


def test_much_missing_is_not_compared():
    # 10 of 20 sessions of pressure have no after.
    row = only(person_contrasts(alternating(20, "8>7 8>")))
    check(row, n_sessions=10, missing_share=0.5, missing_share_reference=0, reason=enough.MISSING)


@pytest.mark.parametrize(
    ("logged", "reference", "expected"),
    [
        ({"yoga": 3, "rest": 1, "stretching": 2}, None, "rest"),
        ({"yoga": 2, "stretching": 2, "pilates": 1}, None, "stretching"),
        ({"yoga": 3, "stretching": 2}, None, "yoga"),
        ({"yoga": 3, "stretching": 2}, {"hip": "stretching"}, "stretching"),
        ({"yoga": 3, "stretching": 2}, "stretching", "stretching"),
    ],
)
def test_the_reference(logged, reference, expected):
    sessions = together(*(log("8>7 " * n, technique) for technique, n in logged.items()))
    table = person_contrasts(sessions, reference)
    assert set(table["reference"]) == {expected}
    assert table["technique"].to_list() == sorted(set(logged) - {expected})


def test_a_reference_that_was_not_logged():
    row = only(person_contrasts(log("8>7 8>6 " * 10), "rest"))
    check(row, n_sessions=20, n_sessions_reference=0, overlap=np.nan, reason=NOT_LOGGED, few=False)
    check(row, missing_share_reference=np.nan)


def test_a_reference_on_another_scale_only_is_no_reference():
    # Two of rest on points; on millimetres more of stretching, and no rest.
    points, mm = log("8>7 8>6 ", "rest"), log("80>70 " * 9, "stretching", scale="VAS0-100")
    for reference in (None, "rest"):
        row = only(person_contrasts(together(points, mm), reference))
        check(row, technique="stretching", reference="rest", scale="VAS0-100", n_sessions=9)
        check(row, reason=enough.TWO_SCALES, unadjusted=np.nan, few=False)


def test_the_default_reference_has_most_sessions_over_all_scales():
    points = together(log("8>7 " * 3, "yoga"), log("8>7 " * 2, "pilates"))
    mm = log("80>70 " * 2, "pilates", scale="VAS0-100")
    assert only(person_contrasts(together(points, mm)))["reference"] == "pilates"


# --- sessions whose order is not known ---


def at(starts: list[str]) -> pd.DataFrame:
    """Return sessions of March 2026: "02 09:00 rest", or "02 - rest" without a clock time."""
    parts = [start.split() for start in starts]
    days = [f"2026-03-{day} {clock.replace('-', '00:00')}" for day, clock, _ in parts]
    frame = log("8>7 " * len(parts), "")
    return frame.assign(started_at=pd.to_datetime(days), technique=[name for *_, name in parts])


@pytest.mark.parametrize(
    ("starts", "switches"),
    [
        (["01 - rest", "02 - rest", "02 - yoga", "03 - yoga"], 1),
        (["01 - rest", "02 - rest", "02 - yoga", "03 - rest"], 0),
        (["01 - rest", "01 - rest", "02 - yoga"], 1),
        (["01 - rest", "01 - yoga", "02 - rest", "02 - yoga"], 0),
        (["01 - rest", "01 09:00 yoga", "02 - rest"], 0),  # one clock time of two
        (["01 09:00 rest", "01 09:00 yoga", "01 10:00 rest", "01 11:00 yoga"], 1),
        (["01 08:00 rest", "01 09:00 yoga", "01 10:00 rest"], 2),
    ],
)
def test_no_switch_is_counted_where_the_order_is_not_known(starts, switches):
    sessions = at(starts)
    assert only(person_contrasts(sessions))["switches"] == switches
    # Nor does it come from the ratings.
    other = sessions.assign(pain_before=np.arange(len(starts), 0.0, -1))
    assert only(person_contrasts(other))["switches"] == switches


def test_both_techniques_on_every_date_are_not_called_used_at_different_times():
    logs = (log("6>4 5>4 " * 12, technique) for technique in ("rest", "stretching"))
    row = only(person_contrasts(together(*logs)))
    check(row, switches=0, overlap=1, reason=UNKNOWN_ORDER, estimate=np.nan, few=False)


def test_residuals_of_unknown_order_are_averaged_before_their_autocorrelation():
    # Forty sessions on thirty dates without a clock time: two each on the last ten.
    sessions = drawn(np.random.default_rng(2))
    day = np.concatenate([np.arange(20), np.repeat(np.arange(20, 30), 2)])
    sessions = sessions.assign(started_at=pd.Timestamp("2026-03-02") + pd.to_timedelta(day, "D"))
    row = only(person_contrasts(sessions, "tennis_ball"))
    # statsmodels 0.15: OLS(c, [1, b, day, A]).fit(), acf of the daily means of its resid.
    c = sessions["pain_before"] - sessions["pain_after"]
    a = sessions["technique"].eq("pressure").to_numpy("float64")
    fit = sm.OLS(
        c.to_numpy(), np.column_stack([np.ones(40), sessions["pain_before"], day, a])
    ).fit()
    r1 = acf(pd.Series(fit.resid).groupby(day).mean(), nlags=1)[1]
    rho = np.clip(r1 + (1 + 3 * r1) / 30, 0, 0.95)
    n_effective = 30 * (1 - rho) / (1 + rho)
    half = fit.bse[3] * np.sqrt((1 + rho) / (1 - rho)) * stats.t.ppf(0.975, n_effective - 4)
    check(row, estimate=fit.params[3], r1=r1, rho=rho, n_effective=n_effective, df=n_effective - 4)
    check(row, low=fit.params[3] - half, high=fit.params[3] + half, reason="")


def test_residuals_that_undo_each_other_on_every_date_have_no_interval():
    # Two sessions of one technique on each date, one point above and one below its mean.
    more = alternating(12, "8>4 7>3 9>5", "8>5 6>3 7>4 5>2")
    less = alternating(12, "8>6 7>5 9>7", "8>7 6>5 7>6 5>4")
    row = only(person_contrasts(together(more, less)))
    check(row, estimate=1, switches=23, reason=enough.NO_VARIATION, low=np.nan, n_effective=np.nan)


def test_a_wide_interval_is_marked():
    wild, calm = log("9>0 1>9 8>4 " * 4), log("8>7 8>6 8>7 " * 4)
    assert only(person_cells(wild))["imprecise"]
    assert not only(person_cells(calm))["imprecise"]
    in_mm = wild.assign(scale="VAS0-100")  # the same half-width is small in mm
    assert not only(person_cells(in_mm))["imprecise"]


# --- invariants ---


@given(st.integers(0, 10**6))
@FRAMES
def test_the_order_of_rows_is_irrelevant(seed):
    rng = np.random.default_rng(seed)
    sessions = drawn(rng)
    # Dates alone, several a day: the start does not settle the order.
    days = sessions["started_at"].dt.normalize().to_numpy()[np.repeat(np.arange(20), 2)]
    sessions = sessions.assign(started_at=days)
    mixed = sessions.sample(frac=1, random_state=rng)
    for function in (person_cells, person_contrasts, complete_sessions):
        assert_frame_equal(function(sessions), function(mixed), check_exact=True)


@given(st.integers(0, 10**6))
@FRAMES
def test_swapping_the_two_techniques_turns_the_sign(seed):
    sessions = drawn(np.random.default_rng(seed))
    one = only(person_contrasts(sessions, "pressure"))
    other = only(person_contrasts(sessions, "tennis_ball"))
    assert one["reason"] == other["reason"] == ""
    check(one, estimate=-other["estimate"], low=-other["high"], high=-other["low"], df=other["df"])


@given(st.integers(0, 10**6), st.integers(1, 3000))
@FRAMES
def test_another_date_leaves_every_number(seed, n_days):
    sessions = drawn(np.random.default_rng(seed))
    later = sessions.assign(started_at=sessions["started_at"] + pd.Timedelta(days=n_days))
    for function in (person_cells, person_contrasts):
        assert_frame_equal(function(sessions), function(later), rtol=1e-9)


@given(st.integers(0, 10**6))
@FRAMES
def test_the_names_of_techniques_change_no_bit(seed):
    sessions = drawn(np.random.default_rng(seed))
    # Four techniques on each of ten days: the mean of a day's four residuals depends on their order.
    names = ["pressure", "rest", "stretching", "yoga"]
    days = sessions["started_at"].to_numpy()[np.repeat(np.arange(10), 4)]
    sessions = sessions.assign(started_at=days, technique=names * 10)
    turned = dict(zip(names, [*names[1:], names[0]], strict=True))
    renamed = sessions.assign(technique=sessions["technique"].map(turned))
    cells, again = (person_cells(log).set_index("technique") for log in (sessions, renamed))
    assert_frame_equal(cells.rename(index=turned).loc[again.index], again, check_exact=True)


# --- against noise ---


def carried(rng: np.random.Generator, n_days: int, n_logs: int) -> np.ndarray:
    """Return logs of reductions in points: mean 3, SD 1, AR(1) with 0.6; in whole tenths."""
    noise = rng.normal(0, 0.8, (n_logs, n_days + 50))
    values = np.zeros_like(noise)
    for day in range(1, values.shape[1]):
        values[:, day] = 0.6 * values[:, day - 1] + noise[:, day]
    return np.round(3 + values[:, 50:], 1)


def test_the_interval_of_autocorrelated_days_covers_as_the_specification_says():
    # statistics.md, 13: one person, AR(1) 0.6: plain t .68 to .69, section 11 .91 at 20 days.
    n_logs = 100
    covered, plain = 0, 0
    frame = log("8>8 " * 20)
    for values in carried(np.random.default_rng(20260302), 20, n_logs):
        row = only(person_cells(frame.assign(pain_after=(8 - values).round(1))))
        half = stats.t.ppf(0.975, 19) * row["sd"] / np.sqrt(20)
        covered += row["low"] <= 3 <= row["high"]
        plain += abs(row["estimate"] - 3) <= half
    # Three Monte-Carlo standard errors at 100: .09 and .14.
    assert covered / n_logs == pytest.approx(0.91, abs=0.09)
    assert covered - plain > 10
    assert plain / n_logs == pytest.approx(0.68, abs=0.14)
