"""Negative controls: simulated logs with known truth, and the tests that must fail on them.

Seeds are fixed. The limits are the issue's: 7 % of 2,000 logs (Monte-Carlo error 0.5 %), coverage
93 to 97 % of 2,000.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.statistics import contrasts, person_sums, reduction

N_LOGS = 2000


def useless_technique(
    rng: np.random.Generator, n_logs: int, *, n_people: int, n_sessions: int = 12
) -> pd.DataFrame:
    """Return logs, each as a region, in which pressure is chosen when pain is high and does nothing.

    High pain falls by itself; a person's own difference between the techniques has mean 0, SD 0.6.
    """
    people, shape = (n_logs, n_people, 1), (n_logs, n_people, n_sessions)
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


def rejected(rows: pd.DataFrame, line: str) -> float:
    """Return the share of logs whose interval of a line leaves out 0."""
    low, high = (f"{line}_low", f"{line}_high") if line else ("low", "high")
    return float(((rows[low] > 0) | (rows[high] < 0)).mean())


def ranks_rejected(rows: pd.DataFrame, name: str = "p_signed_rank") -> float:
    """Return the share of logs with a signed-rank p of 5 % or less."""
    return float((rows[name] <= 0.05).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("n_people", "seed"), [(8, 8), (15, 15), (30, 30)])
def test_a_useless_technique_used_when_pain_is_high_is_rejected_in_7_percent_at_most(
    n_people, seed
):
    sessions = useless_technique(np.random.default_rng(seed), N_LOGS, n_people=n_people)
    rows = contrasts(person_sums(sessions))
    assert rows["line"].tolist() == ["adjusted"] * N_LOGS
    assert rejected(rows, "") <= 0.07
    assert ranks_rejected(rows) <= 0.07
    # The control that must fail: other starting pain, taken for the technique.
    assert rejected(rows, "unadjusted") > 0.2


@pytest.mark.slow
def test_few_sessions_a_person_need_the_slopes_error():
    sessions = useless_technique(np.random.default_rng(6), N_LOGS, n_people=15, n_sessions=6)
    rows = contrasts(person_sums(sessions))
    assert rejected(rows, "") <= 0.07
    assert ranks_rejected(rows) <= 0.07
    # The controls that must fail: a slope without error.
    assert rejected(rows, "fixed_slope") > 0.07
    assert ranks_rejected(rows, "fixed_slope_signed_rank") > 0.07


@pytest.mark.slow
def test_counting_sessions_as_people_is_rejected_far_more_often():
    sessions = useless_technique(np.random.default_rng(1), 300, n_people=15)
    fall = sessions["pain_before"] - sessions["pain_after"]
    pressure = sessions["technique"] == "pressure"
    by_session = [
        stats.ttest_ind(fall[log & pressure], fall[log & ~pressure]).pvalue
        for log in (sessions["region"] == number for number in range(300))
    ]
    assert (np.array(by_session) < 0.05).mean() > 0.5


def test_the_slopes_error_is_that_of_leaving_each_person_out():
    # The jackknife over people, slope estimated again each time: equal up to the order 1/G.
    sessions = useless_technique(np.random.default_rng(4), 1, n_people=100)
    row = contrasts(person_sums(sessions)).iloc[0]
    left = [
        contrasts(person_sums(sessions[sessions["participant"] != person]))["estimate"].iloc[0]
        for person in range(100)
    ]
    error = np.sqrt(99 / 100 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert row["standard_error"] == pytest.approx(error, rel=0.02)
    fixed = (row["fixed_slope_high"] - row["fixed_slope_low"]) / (row["high"] - row["low"])
    assert fixed < 0.98  # The control that must fail: without the slope's error.


@pytest.mark.slow
@pytest.mark.parametrize("n_people", [15, 30])
def test_the_interval_of_a_cell_holds_the_truth_in_93_to_97_percent(n_people):
    rng = np.random.default_rng(n_people)
    shape = (N_LOGS, n_people)
    n_sessions = rng.integers(1, 30, shape)  # unequal logs: the naive interval's other weakness
    own = np.repeat(rng.normal(1.2, 1.0, shape).ravel(), n_sessions.ravel())
    number, person = (np.repeat(at.ravel(), n_sessions.ravel()) for at in np.indices(shape))
    after = np.clip(5 - own - rng.normal(0, 1.0, own.shape), 0, 10).round(1)
    cell = {"participant": person, "region": number, "technique": "rest", "scale": "NRS0-10"}
    sessions = pd.DataFrame(cell | {"pain_before": 5.0, "pain_after": after})
    rows = reduction(person_sums(sessions))
    assert 0.93 <= ((rows["low"] <= 1.2) & (rows["high"] >= 1.2)).mean() <= 0.97
    # The control that must fail: a t interval over sessions.
    fall = (sessions["pain_before"] - sessions["pain_after"]).groupby(sessions["region"])
    half = stats.t.ppf(0.975, fall.size() - 1) * fall.std() / np.sqrt(fall.size())
    assert ((fall.mean() - 1.2).abs() <= half).mean() < 0.8
