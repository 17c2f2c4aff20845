"""Responders (statistics.md, 7) against R, published tables, other programs, and by counting."""

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats
from shared import shared
from statsmodels.stats.proportion import confint_proportions_2indep
from written_logs import alike, logs, shuffled, steady, sums_of, written

from analysis.intake import read_log
from analysis.sessions import UserError, in_tenths
from analysis.statistics import contrasts, enough, merge_sums, person_sums, wilson
from analysis.statistics.person_sums import SUMS
from analysis.statistics.responders import (
    NONE_STARTED,
    RULES,
    clopper_pearson,
    newcombe,
    responder_curve,
    responder_differences,
    responders,
    responders_from_4,
)

# --- someone else's numbers ---


@pytest.fixture(scope="module")
def magnets() -> tuple[pd.DataFrame, dict]:
    """Vallbona et al. 1997, pain before and after a magnet or a placebo; R 4.2.2."""
    folder = shared("datasets")
    mapping = folder / "vallbona1997_magnets.map.yml"
    log = read_log(folder / "vallbona1997_magnets.csv", mapping=mapping, as_of="2000-01-01")
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["vallbona1997"]["cells"]
    return person_sums(log.sessions), expected


@pytest.mark.parametrize("technique", ["magnet", "placebo"])
def test_magnets_have_the_clopper_pearson_interval_of_r(magnets, technique):
    # R: binom.test(k, n)$conf.int
    expected = magnets[1][technique]["at_least_2_points"]["clopper_pearson"]
    row = responders(magnets[0]).set_index(["technique", "rule"]).loc[(technique, "2 points")]
    assert row[["exact_low", "exact_high"]].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_clopper_pearson_is_that_of_scipy(n):
    for k in range(n + 1):
        # Python: scipy.stats.binomtest finds the limits by root search on the tails.
        limits = stats.binomtest(k, n).proportion_ci(method="exact")
        assert clopper_pearson(k, n) == pytest.approx(tuple(limits), rel=1e-9, abs=1e-12)


# Newcombe 1998, Stat Med 17:873, table II, line "10. Score, no CC".
TABLE_2 = [
    ((56, 70, 48, 80), 0.0524, 0.3339),
    ((9, 10, 3, 10), 0.1705, 0.8090),
    ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926),
    ((0, 10, 0, 20), -0.1611, 0.2775),
    ((0, 10, 0, 10), -0.2775, 0.2775),
    ((10, 10, 0, 20), 0.6791, 1.0),
    ((10, 10, 0, 10), 0.6075, 1.0),
]


@pytest.mark.parametrize(("counts", "low", "high"), TABLE_2)
def test_risk_difference_has_the_published_interval(counts, low, high):
    k1, n1, k0, n0 = counts
    assert newcombe(*counts) == pytest.approx((k1 / n1 - k0 / n0, low, high), abs=5e-5)


@pytest.mark.parametrize("rule", ["2 points", "30 percent"])
def test_magnets_against_placebo_have_the_risk_difference_of_statsmodels(magnets, rule):
    rows = responders(magnets[0]).set_index(["technique", "rule"])[["people", "people_of"]]
    counts = [int(n) for name in ("magnet", "placebo") for n in rows.loc[(name, rule)]]
    assert counts == {"2 points": [22, 29, 5, 21], "30 percent": [22, 29, 4, 21]}[rule]
    # Python: confint_proportions_2indep(22, 29, 5, 21, method="newcomb", compare="diff")
    limits = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    found = newcombe(*counts)
    assert (found.low, found.high) == pytest.approx(limits, rel=1e-9)
    assert found.estimate == pytest.approx(22 / 29 - counts[2] / 21, rel=1e-12)


# --- by hand ---


def test_start_from_4_counts_the_other_sessions_out():
    # From 4 on: P1 1 of 2 by 30 % and by 2, P2 1 of 1 by 30 % only, P3 0 of 1; P4 never.
    people = {
        "P1": {"a": "4>2 9>9 3>0"},
        "P2": {"a": "5>3.5 3.9>0"},
        "P3": {"a": "8>10 0>0"},
        "P4": {"a": "3>0"},
    }
    lines = responders_from_4(sums_of(people), min_people=3).set_index("rule")
    assert lines[["n_people", "n_sessions"]].drop_duplicates().to_numpy().tolist() == [[3, 4]]
    shares = {"30 percent": 1.5 / 3, "2 points": 0.5 / 3, "both": 0.5 / 3, "worse by 2": 1 / 3}
    assert lines["share"].to_dict() == pytest.approx(shares, rel=1e-12)
    half = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(3)  # shares 1/2, 1 and 0 have an SD of 1/2
    assert half > 0.5
    assert lines.loc["30 percent", ["low", "high"]].tolist() == [0, 1]  # clipped


def test_start_from_4_is_40_on_a_vas():
    people = alike(6, a="40>10 39>0")
    lines = responders_from_4(sums_of(people, scale="VAS0-100"))
    assert lines["n_sessions"].tolist() == [6] * 4
    assert lines["share"].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("people", "n_people", "reason"),
    [
        (alike(7, a="3>0"), 0, NONE_STARTED["high_n"]),
        (alike(7, a="3>0") | {"Z": {"a": "5>1"}}, 1, enough.FEW),
        (alike(5, a="5>1"), 5, enough.FEW),
    ],
)
def test_start_from_4_says_why_there_is_no_share(people, n_people, reason):
    lines = responders_from_4(sums_of(people))
    assert lines[["n_people", "reason"]].to_numpy().tolist() == [[n_people, reason]] * 4
    assert lines[["n_sessions", "share", "low", "high"]].isna().all(axis=None)


def test_sessions_that_start_at_0_are_counted_and_leave_the_30_percent():
    lines = responders(sums_of(alike(6, a="0>0 0>3 6>4 6>6 6>6"))).set_index("rule")
    assert lines["n_start_0"].tolist() == [12] * 4
    assert lines["n_sessions"].to_dict() == dict.fromkeys(RULES, 30) | {"30 percent": 18}
    assert lines["share"].to_dict() == pytest.approx(
        {"30 percent": 1 / 3, "2 points": 1 / 5, "both": 1 / 5, "worse by 2": 1 / 5}
    )


def test_curve_can_be_counted():
    # Means 2, -1, 1/3 and 1/3 of other numbers of sessions, 2.
    people = {
        "P1": {"a": "5>3"},
        "P2": {"a": "5>6"},
        "P3": {"a": "5>4 5>5 5>5"},
        "P4": {"a": "5>3.3 5>5 5>5.5 5>5.2 5>4 5>5"},
        "P5": {"a": "9>5 9>9"},
        "P6": {"a": "9>"},
    }
    curve = responder_curve(sums_of(people), min_people=5)
    assert curve["value"].tolist() == [-1, 1 / 3, 2]
    assert curve["share"].tolist() == [1, 4 / 5, 2 / 5]
    assert curve["n_people"].tolist() == [5, 5, 5]


def test_curve_of_a_small_cell_is_one_row_without_a_value():
    sums = sums_of(alike(6, a="5>3") | {f"Q{n}": {"b": f"9>{n}"} for n in range(5)})
    curve = responder_curve(sums).set_index("technique")
    assert curve.loc["a", ["value", "share", "reason"]].tolist() == [2, 1, ""]
    assert curve.loc["b", ["n_people", "reason"]].tolist() == [5, enough.FEW]
    assert curve.loc["b", ["value", "share"]].isna().all()


def test_people_of_one_technique_only_are_compared_by_newcombe():
    # Seven of seven against two of eight; one person logged both and is in neither group.
    people = {f"A{n}": {"a": "6>3"} for n in range(7)} | {"Both": {"a": "6>6", "b": "6>1"}}
    people |= {f"B{n}": {"b": "6>3" if n < 2 else "6>6"} for n in range(8)}
    sums = sums_of(people)
    rows = responder_differences(sums, contrasts(sums, "b")).set_index("rule")
    counts = ["people", "people_of", "people_reference", "people_of_reference"]
    assert rows[counts].to_numpy().tolist() == [[7, 7, 2, 8]] * 2
    assert rows.loc["2 points", ["estimate", "low", "high"]].tolist() == list(newcombe(7, 7, 2, 8))
    few = responder_differences(sums, contrasts(sums, "b"), min_people=8)
    assert few["reason"].tolist() == [enough.FEW] * 2
    assert few["estimate"].isna().all()


def test_who_never_started_above_0_is_in_no_30_percent_difference():
    people = {f"A{n}": {"a": "0>0"} for n in range(6)} | {f"B{n}": {"b": "6>3"} for n in range(6)}
    sums = sums_of(people)
    rows = responder_differences(sums, contrasts(sums, "b")).set_index("rule")
    assert rows["reason"].to_dict() == {"30 percent": enough.FEW, "2 points": ""}


def test_more_than_20_percent_missing_is_flagged_and_20_is_not():
    for pairs, flag in [("5>3 5>3 5>3 5>4 5>", False), ("5>3 5>4 5>4 5>", True)]:
        sums = sums_of(alike(6, a=pairs))
        for statistic in (responders, responders_from_4, responder_curve):
            found = statistic(sums)
            assert found["much_missing"].eq(flag).all()
            assert found["reason"].eq("").all()


# --- 2 points on a VAS ---

MM = {
    "P1": {"a": "60>45 20>0"},
    "P2": {"a": "60>45 40>60"},
    "P3": {"a": "60>46"},
    "P4": {"a": "60>40"},
}


def test_vas_setting_moves_the_drop_of_2_points_alone():
    sessions = written(MM | {"P5": {"a": "90> 15>"}}, scale="VAS0-100")
    by_20, by_15 = person_sums(sessions), person_sums(sessions, vas_two=15)
    counts = ["k2", "kboth", "high_k2", "high_kboth"]
    # 15 of 60 mm is a quarter: enough for 15 mm and not for 30 %.
    assert by_20[counts].to_numpy().T.tolist() == [
        [1, 0, 0, 1, 0],
        [1, 0, 0, 1, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 1, 0],
    ]
    assert by_15[counts].to_numpy().T.tolist() == [
        [2, 1, 0, 1, 0],
        [1, 0, 0, 1, 0],
        [1, 1, 0, 1, 0],
        [0, 0, 0, 1, 0],
    ]
    same = [name for name in SUMS if name not in {*counts, "Stwo"}]
    assert_frame_equal(by_20[same], by_15[same])
    assert (by_20["Stwo"] * 3 == by_15["Stwo"] * 4).all()


@pytest.mark.parametrize(("vas_two", "people", "share"), [(15, 2, 2.5 / 4), (20, 1, 1.5 / 4)])
def test_a_persons_mean_meets_the_drop_that_sessions_meet(vas_two, people, share):
    # Means 17.5, -2.5, 14 and 20 mm.
    sums = person_sums(written(MM, scale="VAS0-100"), vas_two=vas_two)
    line = responders(sums, min_people=4).set_index("rule").loc["2 points"]
    assert line[["people", "share"]].tolist() == [people, share]


def test_worse_stays_20_mm():
    sums = person_sums(written(alike(6, a="40>56"), scale="VAS0-100"), vas_two=15)
    worse = responders(sums).set_index("rule").loc["worse by 2"]
    assert worse[["people", "share"]].tolist() == [0, 0]


def test_vas_setting_leaves_points_alone():
    sessions = written(alike(6, a="6>4.5 6>4"))
    assert_frame_equal(person_sums(sessions), person_sums(sessions, vas_two=15))


@pytest.mark.parametrize("vas_two", [0, 2, 18, "15", None, 15.5])
def test_no_other_drop_is_taken(vas_two):
    sessions = written(alike(6, a="6>4"))
    with pytest.raises(UserError) as error:
        person_sums(sessions, vas_two=vas_two)
    assert str(error.value) == f"vas_two: must be 15 or 20 mm; found {vas_two!r}"


def test_sums_of_two_drops_may_be_merged():
    # Sites that took 15 and 20 mm: each person is judged by the own site's drop.
    one, other = (
        person_sums(written({who: {"a": "60>43"}}, scale="VAS0-100"), vas_two=two)
        for who, two in (("P1", 15), ("P2", 20))
    )
    line = responders(merge_sums(one, other), min_people=2).set_index("rule").loc["2 points"]
    assert line[["people", "people_of"]].tolist() == [1, 2]


# --- invariants ---


def meets(rule: str, b: Fraction, c: Fraction, drop: int, rise: int) -> bool:
    """Return whether a start b and a change c, of a session or on average, meet a rule."""
    by_30, by_2 = b > 0 and c / b >= Fraction(3, 10), c >= drop
    rules = {
        "30 percent": by_30,
        "2 points": by_2,
        "both": by_30 and by_2,
        "worse by 2": c <= -rise,
    }
    return rules[rule]


def counted(cell: pd.DataFrame, rule: str, *limits: int) -> tuple[Fraction | None, int, int]:
    """Return the average share and the people whose mean meets a rule, of how many; row by row."""
    shares, people = [], 0
    for _, own in cell.groupby("participant"):
        b = [Fraction(int(tenths)) for tenths in in_tenths(own["pain_before"])]
        c = [x - int(tenths) for x, tenths in zip(b, in_tenths(own["pain_after"]), strict=True)]
        among = [pair for pair in zip(b, c, strict=True) if pair[0] or rule != "30 percent"]
        if among:
            shares.append(Fraction(sum(meets(rule, *pair, *limits) for pair in among), len(among)))
            people += meets(rule, sum(b) / len(b), sum(c) / len(c), *limits)
    return sum(shares) / len(shares) if shares else None, people, len(shares)


@steady
@given(logs(complete=True), st.sampled_from([15, 20]))
def test_shares_and_people_are_those_counted_row_by_row(sessions, vas_two):
    sums = person_sums(sessions, vas_two=vas_two)
    rows = responders(sums, min_people=1)
    cells = dict(list(sessions.groupby(["region", "technique", "scale"])))
    assert len(rows) == 4 * len(cells)
    for row in rows.itertuples():
        drop, rise = (20, 20) if row.scale == "NRS0-10" else (10 * vas_two, 200)
        cell = cells[row.region, row.technique, row.scale]
        share, people, people_of = counted(cell, row.rule, drop, rise)
        if people_of == 0:
            assert row.reason == NONE_STARTED["nb"]
            assert np.isnan([row.share, row.people, row.exact_low]).all()
        else:
            assert row.share == pytest.approx(float(share), rel=1e-12)
            assert (row.people, row.people_of) == (people, people_of)
            for low, high in ((row.people_low, row.people_high), (row.exact_low, row.exact_high)):
                assert 0 <= low <= people / people_of <= high <= 1


@steady
@given(logs())
def test_curve_meets_the_people_counted_at_2_points(sessions):
    sums = person_sums(sessions)
    curve = responder_curve(sums, min_people=1)
    people = responders(sums, min_people=1).query("rule == '2 points' and reason == ''")
    for row in people.itertuples():
        own = curve[(curve["region"] == row.region) & (curve["technique"] == row.technique)]
        assert own["value"].is_monotonic_increasing
        assert (own["share"].diff().dropna() < 0).all()
        assert own["share"].iloc[0] == 1
        two = {"NRS0-10": 2, "VAS0-100": 20}[row.scale]
        assert own.loc[own["value"] >= two, "share"].max() == pytest.approx(
            row.people / row.people_of if row.people else np.nan, rel=1e-15, nan_ok=True
        )


@steady
@given(logs(), st.randoms(use_true_random=False))
def test_names_and_order_are_irrelevant_to_every_bit(sessions, random):
    there, here = person_sums(sessions), person_sums(shuffled(sessions, random))
    for statistic in (responders, responders_from_4, responder_curve):
        frames = (statistic(sums, by=["technique"], min_people=2) for sums in (there, here))
        assert_frame_equal(*frames, check_exact=True)


groups = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@steady
@given(groups, groups)
def test_swapping_the_groups_mirrors_the_risk_difference(one, other):
    there, back = newcombe(*one, *other), newcombe(*other, *one)
    assert there == pytest.approx((-back.estimate, -back.high, -back.low), abs=1e-15)
    assert -1 - 1e-15 <= there.low <= there.estimate <= there.high <= 1 + 1e-15


# --- negative controls ---


def test_nine_equal_sessions_of_each_person_narrow_no_interval():
    pairs = {f"P{n}": f"8>{8 - n / 2}" for n in range(8)}
    one = sums_of({name: {"a": pair} for name, pair in pairs.items()})
    nine = sums_of({name: {"a": " ".join([pair] * 9)} for name, pair in pairs.items()})
    for statistic in (responders, responders_from_4, responder_curve):
        few, many = statistic(one), statistic(nine)
        assert_frame_equal(few.drop(columns="n_sessions", errors="ignore"),
                           many.drop(columns="n_sessions", errors="ignore"))  # fmt: skip


def test_exact_interval_never_covers_less_than_95_percent_and_wilson_does():
    # Python, exact: the chance of all counts whose interval holds the true share.
    true = np.linspace(0.001, 0.999, 999)
    chances = stats.binom.pmf(np.arange(11)[:, None], 10, true)
    covered = {}
    for interval in (clopper_pearson, wilson):
        low, high = np.array([interval(k, 10) for k in range(11)]).T[:, :, None]
        covered[interval] = (chances * ((low <= true) & (true <= high))).sum(axis=0)
    assert covered[clopper_pearson].min() >= 0.95
    assert 0.80 < covered[wilson].min() < 0.95
    assert covered[wilson].mean() == pytest.approx(0.95, abs=0.01)


def test_a_log_without_sessions_gives_empty_frames_with_their_columns():
    full = sums_of(alike(6, a="5>3"))
    empty = full.iloc[:0]
    assert [name for name in SUMS if name not in empty] == []
    for statistic in (responders, responders_from_4, responder_curve):
        assert statistic(empty).columns.tolist() == statistic(full).columns.tolist()
        assert statistic(empty).empty
