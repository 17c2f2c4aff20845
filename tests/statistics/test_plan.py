"""The randomised plan and its test: counted by hand, by brute force, and over every list."""

import datetime
import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from analysis.sessions import UserError
from analysis.statistics import enough
from analysis.statistics.one_person import FEW_SESSIONS, SINGULAR, person_contrasts
from analysis.statistics.plan import (
    NOT_FOLLOWED,
    _reach,
    plan_lists,
    randomisation_test,
    randomised_plan,
)

FIRST = datetime.date(2026, 3, 2)
FAST = settings(derandomize=True, database=None, deadline=None, max_examples=20)


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def planned(
    n_days: int = 16, seed: int = 7, techniques=("pressure", "rest"), **scheme
) -> pd.DataFrame:
    return randomised_plan(
        techniques, region="hip", first_day=FIRST, n_days=n_days, rng=rng(seed), **scheme
    )


def sessions_of(plan: pd.DataFrame, before, reduction) -> pd.DataFrame:
    """Return the log of a person who followed a plan, at noon."""
    before, reduction = np.broadcast_arrays(before, reduction)
    return plan[["technique", "region"]].assign(
        participant="P1",
        started_at=plan["day"] + pd.Timedelta(hours=12),
        scale="NRS0-10",
        pain_before=np.round(before, 1),
        pain_after=np.round(before - reduction, 1),
    )


def noisy(plan: pd.DataFrame, seed: int = 1, more: float = 0.0) -> pd.DataFrame:
    """Return such a log with noise, and with so many points more after pressure."""
    draw = rng(seed)
    reduction = draw.normal(2, 1, len(plan)) + more * plan["technique"].eq("pressure").to_numpy()
    return sessions_of(plan, draw.uniform(5, 9, len(plan)), reduction)


# --- the plan ---


@given(st.integers(0, 10**6), st.sampled_from([2, 4]), st.integers(1, 8))
@FAST
def test_every_block_holds_both_techniques_equally_often(seed, block, n_blocks):
    plan = planned(block * n_blocks, seed, block=block)
    assert plan.columns.to_list() == ["day", "block", "technique", "region"]
    assert plan["day"].to_list() == pd.date_range(FIRST, periods=block * n_blocks).to_list()
    counts = plan.groupby(["block", "technique"]).size()
    assert len(counts) == 2 * n_blocks
    assert (counts == block // 2).all()


def test_the_plan_is_the_same_for_the_same_seed_whatever_the_order_of_the_techniques():
    assert_frame_equal(planned(), planned(techniques=["rest", "pressure"]))
    assert not planned().equals(planned(seed=8))


def test_every_order_of_a_block_is_drawn_equally_often():
    # 6 orders of a block of 4 in 6,000 blocks: chi-square with 5 df, above 20.5 with chance .001.
    plan = planned(24_000, block=4)
    orders = plan["technique"].eq("rest").to_numpy().reshape(-1, 4) @ [8, 4, 2, 1]
    counts = np.unique(orders, return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"techniques": ["rest"]},
            "techniques: a plan compares two different ones; found ['rest']",
        ),
        (
            {"techniques": ["rest", "rest"]},
            "techniques: a plan compares two different ones; found ['rest', 'rest']",
        ),
        ({"techniques": "ab"}, "techniques: a plan compares two different ones; found 'ab'"),
        (
            {"techniques": ["rest", "combined"]},
            "plan: 'combined' is several at once and cannot be planned; name one",
        ),
        ({"block": 3}, "block: must be 2 or 4 days; found 3"),
        (
            {"n_days": 14, "block": 4},
            "n_days: must be a multiple of the block of 4 days; found 14",
        ),
        ({"n_days": 0}, "n_days: must be a multiple of the block of 2 days; found 0"),
    ],
)
def test_a_scheme_that_is_none_is_refused(change, message):
    with pytest.raises(UserError) as refused:
        planned(**change)
    assert str(refused.value) == message


# --- its lists ---


@pytest.mark.parametrize(
    ("n_days", "block", "n_lists"),
    [(2, 2, 2), (4, 4, 6), (28, 2, 2**14), (20, 4, 6**5)],
)
def test_all_lists_are_there_once(n_days, block, n_lists):
    plan = planned(n_days, block=block)
    labels, exact = plan_lists(plan, rng=rng())
    assert exact
    assert labels.shape == (n_lists, n_days)
    assert len(np.unique(labels, axis=0)) == n_lists
    assert (labels.reshape(n_lists, -1, block).sum(axis=2) == block // 2).all()
    own = plan["technique"].eq("pressure").to_numpy()
    assert (labels == own).all(axis=1).sum() == 1


def test_too_many_lists_are_drawn():
    plan = planned(30)  # 2^15 = 32,768
    labels, exact = plan_lists(plan, rng=rng())
    assert not exact
    assert labels.shape == (9_999, 30)
    assert (labels.reshape(9_999, 15, 2).sum(axis=2) == 1).all()
    assert np.abs(labels.mean(axis=0) - 0.5).max() < 0.02  # 4 standard errors
    assert (labels == plan_lists(plan, rng=rng()).labels).all()


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan.iloc[:-1],
        lambda plan: plan.assign(technique="rest"),
        lambda plan: plan.assign(technique=plan["technique"].where(plan.index != 3, "yoga")),
        lambda plan: plan.assign(region=["hip"] * 15 + ["feet"]),
        lambda plan: plan.assign(day=plan["day"].where(plan.index != 3, plan["day"][2])),
        lambda plan: plan.assign(block=plan["block"].iloc[::-1].to_numpy()),
        lambda plan: plan.assign(technique=sorted(plan["technique"])),
    ],
)
def test_a_list_of_another_scheme_is_refused(edit):
    with pytest.raises(ValueError, match=r"^plan: must be two techniques in one region, balanced"):
        plan_lists(edit(planned()), rng=rng())


# --- its test ---


def brute_force(sessions: pd.DataFrame, plan: pd.DataFrame) -> tuple[float, float]:
    """Return gamma and p by one regression of statsmodels for each list of blocks of 2."""
    c = (sessions["pain_before"] - sessions["pain_after"]).to_numpy()
    rest = [np.ones(len(c)), sessions["pain_before"], np.arange(float(len(c)))]

    def gamma(label) -> float:
        return sm.OLS(c, np.column_stack([*rest, label])).fit().params[3]

    own = gamma(plan["technique"].eq("pressure").to_numpy("float64"))
    every = itertools.product([(0.0, 1.0), (1.0, 0.0)], repeat=len(plan) // 2)
    gammas = np.array([gamma(np.concatenate(blocks)) for blocks in every])
    return own, float((np.abs(gammas) >= abs(own) - 1e-9).mean())


@pytest.mark.parametrize("more", [0.0, 1.0])
def test_gamma_and_p_are_those_of_one_regression_per_list(more):
    plan = planned()
    sessions = noisy(plan, more=more)
    test = randomisation_test(sessions, plan, rng=rng())
    assert (test.estimate, test.p_value) == pytest.approx(brute_force(sessions, plan), rel=1e-9)
    assert (test.technique, test.reference, test.region) == ("pressure", "rest", "hip")
    assert (test.n_planned, test.n_followed, test.n_other, test.n_missed) == (16, 16, 0, 0)
    assert (test.n_lists, test.exact, test.reason) == (256, True, "")


def test_a_followed_plan_has_the_estimate_of_the_contrast():
    plan = planned()
    sessions = noisy(plan)
    row = person_contrasts(sessions, randomised=True).iloc[0]
    test = randomisation_test(sessions, plan, rng=rng())
    assert test.estimate == pytest.approx(row["estimate"], rel=1e-12)


def test_a_difference_in_every_block_has_the_smallest_p():
    # c is 3 after pressure and 1 after rest: gamma is 2 under this list, -2 under its mirror image,
    # and smaller under the other 254.
    plan = planned()
    starts = rng().uniform(5, 9, 16)
    sessions = sessions_of(plan, starts, np.where(plan["technique"] == "pressure", 3, 1))
    test = randomisation_test(sessions, plan, rng=rng())
    assert test.estimate == pytest.approx(2)
    assert test.p_value == 2 / 256


def test_the_reference_turns_the_sign_and_leaves_p():
    plan = planned()
    sessions = noisy(plan)
    one, other = (randomisation_test(sessions, plan, reference=reference, rng=rng())
                  for reference in ("rest", "pressure"))  # fmt: skip
    assert one.estimate == pytest.approx(-other.estimate)
    assert one.p_value == other.p_value
    with pytest.raises(
        ValueError, match=r"^reference: must be 'pressure' or 'rest'; found 'yoga'$"
    ):
        randomisation_test(sessions, plan, reference="yoga", rng=rng())


def test_without_rest_the_last_by_alphabet_is_subtracted():
    plan = planned(techniques=("yoga", "pilates"))
    assert randomisation_test(noisy(plan), plan, rng=rng())[:2] == ("pilates", "yoga")


def test_draws_count_the_observed_list_in():
    plan = planned(40)
    sessions = sessions_of(
        plan, rng().uniform(5, 9, 40), np.where(plan["technique"] == "rest", 1, 3)
    )
    test = randomisation_test(sessions, plan, rng=rng())
    # Of 2^20 lists only two are as large: 9,999 draws find none with chance .98.
    assert (test.p_value, test.n_lists, test.exact) == (1 / 10_000, 9_999, False)


def test_drawn_and_all_lists_agree(monkeypatch):
    plan = planned()
    sessions = noisy(plan, seed=3)
    exact = randomisation_test(sessions, plan, rng=rng()).p_value
    monkeypatch.setattr("analysis.statistics.plan.ALL_LISTS", 0)
    drawn = randomisation_test(sessions, plan, rng=rng())
    assert not drawn.exact
    assert drawn.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9_999))


# --- its interval ---


@pytest.mark.parametrize(("seed", "more"), [(1, 0.0), (2, 1.0), (3, -2.0)])
def test_the_interval_holds_every_difference_that_is_not_rejected(seed, more):
    # By brute force: one regression per list, for each difference of a grid.
    plan = planned()
    sessions = noisy(plan, seed, more)
    c = (sessions["pain_before"] - sessions["pain_after"]).to_numpy()
    own = plan["technique"].eq("pressure").to_numpy("float64")
    rest = [np.ones(16), sessions["pain_before"], np.arange(16.0)]
    labels = plan_lists(plan, rng=rng()).labels
    rows = np.array([np.linalg.pinv(np.column_stack([*rest, label]))[3] for label in labels])
    place = (labels == own).all(axis=1).argmax()
    grid = np.arange(-600, 601) / 100
    gammas = np.abs(rows @ (c[:, None] - own[:, None] * grid))
    kept = grid[(gammas >= gammas[place] - 1e-9).mean(axis=0) > 0.05]
    test = randomisation_test(sessions, plan, rng=rng())
    assert 0 <= kept.min() - test.low < 0.01
    assert 0 <= test.high - kept.max() < 0.01
    assert test.low <= test.estimate <= test.high


def test_drawn_lists_give_an_interval_between_those_of_96_and_94_percent(monkeypatch):
    # A p of .05 from 9,999 draws has a standard error of .002.
    plan = planned()
    sessions = noisy(plan, seed=3)
    exact = []
    for alpha in (0.04, 0.06):
        monkeypatch.setattr("analysis.statistics.plan._ALPHA", alpha)
        exact.append(randomisation_test(sessions, plan, rng=rng()))
    monkeypatch.undo()
    monkeypatch.setattr("analysis.statistics.plan.ALL_LISTS", 0)
    drawn = randomisation_test(sessions, plan, rng=rng())
    wide, narrow = exact
    assert wide.low <= drawn.low <= narrow.low < narrow.high <= drawn.high <= wide.high


def test_the_reference_turns_the_interval():
    plan = planned()
    one, other = (randomisation_test(noisy(plan), plan, reference=reference, rng=rng())
                  for reference in ("rest", "pressure"))  # fmt: skip
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


_TENTHS = st.integers(-30, 30).map(lambda n: n / 10)


@given(st.lists(st.tuples(_TENTHS, _TENTHS), min_size=1, max_size=12), st.integers(1, 12))
@settings(FAST, max_examples=40)
def test_no_difference_beyond_the_reach_is_kept_by_enough_lists(lists, kept):
    rest, shares = np.array(lists).T
    reach = _reach(rest, shares, min(kept, len(lists)))

    def n_lists(d: float) -> int:
        return (np.abs(rest - shares * d) >= d - 1e-6).sum()

    if np.isnan(reach):
        assert n_lists(1e6) >= min(kept, len(lists))
        return
    assert n_lists(reach) >= min(kept, len(lists))
    beyond = reach + np.concatenate([np.arange(1, 1000) / 100, [100.0, 1e6]])
    assert all(n_lists(d) < min(kept, len(lists)) for d in beyond)


# --- who answers a planned day ---


def test_the_first_complete_session_answers_and_keeps_the_planned_label():
    plan = planned()
    sessions = noisy(plan)
    swapped = {"rest": "pressure", "pressure": "rest"}
    # On the first day the other technique came first, and the planned one in the evening.
    other_first = sessions.iloc[[0]].assign(technique=sessions["technique"].map(swapped))
    evening = sessions.iloc[[0]].assign(
        started_at=sessions["started_at"] + pd.Timedelta(hours=6), pain_after=0.0
    )
    no_after = sessions.iloc[[1]].assign(
        started_at=sessions["started_at"] - pd.Timedelta(hours=6), pain_after=np.nan
    )
    elsewhere = sessions.assign(region="feet", pain_after=0.0)
    early = pd.Timedelta(hours=2)
    third = sessions.assign(technique="yoga", started_at=sessions["started_at"] - early)
    unplanned = sessions.iloc[[3]].assign(started_at=pd.Timestamp("2026-05-01"), pain_after=0.0)
    log = pd.concat(
        [other_first, evening, no_after, elsewhere, third, unplanned, sessions.iloc[1:]]
    )
    plain, test = (randomisation_test(frame, plan, rng=rng()) for frame in (sessions, log))
    assert (test.n_followed, test.n_other, test.n_missed) == (15, 1, 0)
    assert (test.estimate, test.p_value) == (plain.estimate, plain.p_value)


@pytest.mark.parametrize(("clock", "other_clock"), [(0, 0), (0, 9), (9, 9)])
@pytest.mark.parametrize("after", [0.0, 9.0])
@pytest.mark.parametrize("technique", ["rest", "pressure"])
def test_a_day_whose_first_session_is_not_known_has_no_answer(clock, other_clock, after, technique):
    plan = planned(20)
    sessions = noisy(plan)
    midnight = sessions["started_at"].dt.normalize()
    first = sessions.assign(started_at=midnight + pd.Timedelta(hours=clock))
    second = first.iloc[[4]].assign(
        started_at=midnight[4] + pd.Timedelta(hours=other_clock),
        technique=technique,
        pain_after=after,
    )
    test = randomisation_test(pd.concat([first, second]), plan, rng=rng())
    assert (test.n_followed, test.n_other, test.n_missed, test.n_unclear) == (19, 0, 0, 1)
    left_out = randomisation_test(sessions.drop(index=4), plan, rng=rng())
    assert test == left_out._replace(n_missed=0, n_unclear=1)


def test_sessions_of_unknown_order_after_the_first_change_nothing():
    plan = planned()
    sessions = noisy(plan)
    evening = sessions.assign(started_at=sessions["started_at"] + pd.Timedelta(hours=6))
    later = pd.concat(
        [evening.assign(technique=name, pain_after=0.0) for name in ("rest", "pressure")]
    )
    both = (
        randomisation_test(log, plan, rng=rng()) for log in (sessions, pd.concat([sessions, later]))
    )
    one, other = both
    assert one == other


def test_missed_days_are_left_out_of_every_list():
    plan = planned(20)
    sessions = noisy(plan)
    test = randomisation_test(sessions.drop(index=[4, 11]), plan, rng=rng())
    assert (test.n_followed, test.n_missed, test.n_lists) == (18, 2, 1024)
    # Brute force over the 18 days that were answered.
    used = np.delete(np.arange(20), [4, 11])
    lists, _ = plan_lists(plan, rng=rng())
    c = (sessions["pain_before"] - sessions["pain_after"]).to_numpy()[used]
    rest = np.column_stack([np.ones(18), sessions["pain_before"].to_numpy()[used], used])
    gammas = [np.linalg.lstsq(np.column_stack([rest, label[used]]), c)[0][3] for label in lists]
    own = np.linalg.lstsq(np.column_stack([rest, plan["technique"].eq("pressure")[used]]), c)[0][3]
    assert test.estimate == pytest.approx(own, rel=1e-9)
    assert test.p_value == (np.abs(gammas) >= abs(own) - 1e-9).mean()


def test_a_list_that_starting_pain_gives_away_counts_as_at_least_as_large():
    # Pain starts at 8 on the days of pressure under another list, and at 5 on its days of rest: under
    # that list and its mirror image no gamma exists. The other 254 by one regression each.
    plan, other = planned(), planned(seed=8)["technique"].eq("pressure").to_numpy()
    sessions = sessions_of(plan, np.where(other, 8.0, 5.0), rng().uniform(0, 3, 16).round(1))
    c = (sessions["pain_before"] - sessions["pain_after"]).to_numpy()
    rest = np.column_stack([np.ones(16), sessions["pain_before"], np.arange(16)])
    lists = [label for label in plan_lists(plan, rng=rng()).labels
             if not (label == other).all() and (label == other).any()]  # fmt: skip
    gammas = [np.linalg.lstsq(np.column_stack([rest, label]), c)[0][3] for label in lists]
    test = randomisation_test(sessions, plan, rng=rng())
    as_large = (np.abs(gammas) >= abs(test.estimate) - 1e-9).sum()
    assert len(lists) == 254
    assert test.p_value == (as_large + 2) / 256


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda log: log.iloc[:9], NOT_FOLLOWED),
        (lambda log: log.assign(technique="rest"), NOT_FOLLOWED),
        (lambda log: log.iloc[:0], NOT_FOLLOWED),
        (lambda log: log.iloc[:10], FEW_SESSIONS),  # 5 and 5
        (lambda log: log.assign(pain_before=6.0), SINGULAR),
        (lambda log: log.assign(pain_after=log["pain_before"] - 1), enough.NO_VARIATION),
        (lambda log: log.assign(pain_after=log["pain_before"] / 2), enough.NO_VARIATION),
        (lambda log: log.assign(scale=["VAS0-100"] + ["NRS0-10"] * 15), enough.TWO_SCALES),
    ],
)
def test_what_cannot_be_tested_is_nan_and_says_why(edit, reason):
    plan = planned()
    starts = np.tile([8.0, 6.0, 4.0, 7.0], 4)
    log = edit(sessions_of(plan, starts, rng().uniform(0, 3, 16)))
    test = randomisation_test(log, plan, rng=rng())
    assert test.reason == reason
    assert np.isnan(test.estimate)
    assert np.isnan([test.p_value, test.low, test.high]).all()
    assert (test.n_lists, test.exact) == (0, False)
    assert test.n_followed + test.n_other + test.n_missed == test.n_planned == 16


def test_several_people_are_refused():
    plan = planned()
    log = pd.concat([noisy(plan), noisy(plan).assign(participant="P2")])
    with pytest.raises(ValueError, match=r"^sessions: must be of one person; found 2$"):
        randomisation_test(log, plan, rng=rng())


@given(st.integers(0, 10**6))
@FAST
def test_the_order_of_rows_is_irrelevant(seed):
    plan = planned(seed=seed)
    log = noisy(plan, seed)
    mixed = [frame.sample(frac=1, random_state=rng(seed)) for frame in (log, plan)]
    assert randomisation_test(log, plan, rng=rng()) == randomisation_test(*mixed, rng=rng())


# --- against chance ---


def test_over_every_list_p_is_no_smaller_than_chance_says():
    # The ratings are what they are, rising strongly with time and carried over from day to day; only
    # the list differs. Then p is at most alpha in at most that share of the lists: exactly. A list and
    # its mirror image have the same p, so half of the 256 are enough.
    scheme = planned()
    noise = np.zeros(16)
    for day, shock in enumerate(rng(5).normal(0, 1, 15), start=1):
        noise[day] = 0.6 * noise[day - 1] + shock
    drop = 0.3 * np.arange(16) + 0.02 * np.arange(16) ** 2 + noise
    starts = rng(6).uniform(10, 12, 16)
    p_values, held = [], []
    labels = plan_lists(scheme, rng=rng()).labels
    for label in labels[labels[:, 0]]:
        plan = scheme.assign(technique=np.where(label, "pressure", "rest"))
        test = randomisation_test(sessions_of(plan, starts, drop), plan, rng=rng())
        p_values.append(test.p_value)
        held.append(test.low - 1e-9 <= 0 <= test.high + 1e-9)
    shares = {alpha: np.mean(np.array(p_values) <= alpha) for alpha in (0.01, 0.05, 0.1, 0.5)}
    assert all(share <= alpha for alpha, share in shares.items())
    assert shares[0.5] > 0.45  # and it is not merely cautious
    assert 0.95 <= np.mean(held) < 1  # the intervals hold the true difference, which is none
    # The same ratings, pressure in the first half and rest in the second, by a plain t test.
    assert stats.ttest_ind(drop[:8], drop[8:]).pvalue < 0.001
