"""The mixed model against its closed form in balanced logs, and when it must say nothing."""

import numpy as np
import pandas as pd
import pytest
from appendix_logs import logged, renamed, simulated
from pandas.testing import assert_frame_equal
from scipy import stats

from analysis.statistics import contrasts, enough, person_sums
from analysis.statistics.appendix import mixed_model
from analysis.statistics.appendix.mixed_model import (
    FEW_PEOPLE,
    MANY_PEOPLE,
    NO_FIT,
    VARIANCE_AT_0,
)

NUMBERS = ["estimate", "z_low", "z_high"]


def fitted(sessions: pd.DataFrame) -> pd.DataFrame:
    return mixed_model(sessions, pairs=contrasts(person_sums(sessions)))


def balanced(
    levels: np.ndarray, differences: np.ndarray, noise: np.ndarray, before: tuple = (4, 6, 8)
) -> pd.DataFrame:
    """Return pressure and rest of each person, once from each starting pain.

    The reduction is the person's level, with pressure their difference too, plus noise (people,
    techniques, starts), in tenths.
    """
    rows = [
        (
            f"P{person:02}",
            technique,
            start,
            round(start - level - (1 - column) * difference - error, 1),
        )
        for person, (level, difference) in enumerate(zip(levels, differences, strict=True))
        for column, technique in enumerate(("pressure", "rest"))
        for start, error in zip(before, noise[person, column], strict=True)
    ]
    return logged(rows)


def test_in_a_balanced_log_it_is_the_z_interval_of_the_persons_differences():
    # Everybody has the same starts under both techniques: then the REML estimates are those of the
    # analysis of variance, the coefficient is the mean of the persons' differences and its standard
    # error their SD/√G (scipy.stats.norm.interval(0.95, mean, sem)).
    rng = np.random.default_rng(5)
    sessions = balanced(
        rng.normal(1, 0.8, 24), rng.normal(0.3, 0.8, 24), rng.normal(0, 0.5, (24, 2, 3))
    )
    reductions = sessions.assign(c=sessions["pain_before"] - sessions["pain_after"])
    means = reductions.groupby(["participant", "technique"])["c"].mean().unstack()
    differences = means["pressure"] - means["rest"]
    low, high = stats.norm.interval(0.95, differences.mean(), stats.sem(differences))
    row = fitted(sessions).iloc[0]
    assert row["reason"] == ""
    assert (row["n_people"], row["n_sessions"]) == (24, 144)
    assert row["estimate"] == pytest.approx(differences.mean(), abs=1e-9)
    assert [row["z_low"], row["z_high"]] == pytest.approx([low, high], rel=1e-4)  # an optimiser's


def test_from_20_people():
    sessions = simulated(np.random.default_rng(1), people=20)
    assert fitted(sessions)["reason"].item() == ""
    row = fitted(sessions[sessions["participant"] != "P007"]).iloc[0]
    assert row["reason"] == FEW_PEOPLE
    assert row[NUMBERS].isna().all()


def test_up_to_2_000_people():
    pairs = contrasts(person_sums(simulated(np.random.default_rng(1), people=20)))
    row = mixed_model(logged([]), pairs=pairs.assign(n_people=2001)).iloc[0]
    assert row["reason"] == MANY_PEOPLE
    assert row[NUMBERS].isna().all()


def test_what_the_main_table_hides_stays_hidden_with_its_reason():
    sessions = simulated(np.random.default_rng(1), people=20)
    few = fitted(sessions[sessions["participant"] < "P005"]).iloc[0]
    assert (few["reason"], few["n_people"]) == (enough.FEW, 5)
    unanswered = sessions.index % 5 < 3
    row = fitted(sessions.assign(pain_after=sessions["pain_after"].mask(unanswered))).iloc[0]
    assert row["reason"] == enough.MISSING
    assert row[NUMBERS].isna().all()


# Differences that follow the levels: correlation 1, every variance far from 0.
LEVELS = np.linspace(-1, 1, 24)
NOISE = np.random.default_rng(16).normal(0, 0.8, (24, 2, 3))


@pytest.mark.parametrize(
    ("sessions", "reason"),
    [
        pytest.param(balanced(LEVELS, 2 * LEVELS, NOISE), VARIANCE_AT_0, id="correlation 1"),
        pytest.param(balanced(LEVELS, 0 * LEVELS, NOISE), NO_FIT, id="all differ alike"),
        pytest.param(balanced(0 * LEVELS, 0 * LEVELS, 0 * NOISE), NO_FIT, id="no noise"),
        pytest.param(balanced(LEVELS, LEVELS, NOISE, (5, 5, 5)), NO_FIT, id="one starting pain"),
    ],
)
def test_a_model_that_is_not_usable_gives_no_number(sessions, reason):
    row = fitted(sessions).iloc[0]
    assert row["reason"] == reason
    assert row[NUMBERS].isna().all()


def test_only_people_with_both_and_complete_sessions_enter():
    sessions = simulated(np.random.default_rng(1), people=20)
    others = [(f"Q{k}", "pressure", 9, 0) for k in range(30)]
    unanswered = [("P003", "rest", 9, np.nan), ("P003", "stretching", 9, 0)]
    more = pd.concat([sessions, logged(others + unanswered, region="R000")])
    table = fitted(more)
    assert_frame_equal(table[table["technique"] == "pressure"], fitted(sessions), check_exact=True)


def test_millimetres_are_ten_times_the_points():
    sessions = simulated(np.random.default_rng(2), people=20)
    ratings = {name: 10 * sessions[name] for name in ("pain_before", "pain_after")}
    in_mm = fitted(sessions.assign(scale="VAS0-100", **ratings))
    np.testing.assert_allclose(in_mm[NUMBERS], 10 * fitted(sessions)[NUMBERS], rtol=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_names_and_order_change_no_bit(seed):
    rng = np.random.default_rng(seed)
    sessions = simulated(rng, people=20)
    assert_frame_equal(fitted(sessions), fitted(renamed(sessions, rng)), check_exact=True)


def test_a_log_without_contrasts_gives_no_rows():
    table = fitted(logged([]))
    assert list(table.columns) == [
        "region", "technique", "reference", "scale", "n_people", "n_sessions", *NUMBERS, "reason",
    ]  # fmt: skip
    assert table.empty
