"""Friedman's test against a published example, by counting, and by invariants."""

import numpy as np
import pandas as pd
import pytest
from appendix_logs import logged, renamed, simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.statistics import enough, person_sums
from analysis.statistics.appendix import friedman
from analysis.statistics.appendix.friedman import FEW_TECHNIQUES, NO_BLOCKS


def result_of(rows: list[tuple], **options) -> dict:
    """Return the only row for sessions written as (participant, technique, before, after)."""
    table = friedman(person_sums(logged(rows)), **options)
    assert len(table) == 1
    return table.iloc[0].to_dict()


def blocks(people: int, **reductions: float) -> list[tuple]:
    """Return one session per person and technique with these reductions."""
    return [
        (f"P{k:02}", technique, 10, 10 - reduction)
        for k in range(people)
        for technique, reduction in reductions.items()
    ]


# Times of 22 players to first base by three ways of rounding it, in hundredths of a second:
# Hollander and Wolfe 1973, p. 140; `RoundingTimes` in R's ?friedman.test.
ROUNDING = """
    540 550 555  585 570 575  520 560 550  555 550 540  590 585 570  545 555 560  540 540 535
    545 550 535  525 515 500  585 580 570  525 520 510  565 555 545  560 535 545  505 500 495
    550 550 540  545 555 550  555 555 535  545 550 555  550 545 525  565 560 540  570 565 555
    630 630 625
"""


def test_rounding_times_have_the_published_chi_square():
    times = np.array(ROUNDING.split(), dtype=int).reshape(22, 3)
    ways = ("round_out", "narrow_angle", "wide_angle")
    rows = [
        # Ratings are tenths: the mean of two sessions is the time in hundredths.
        (f"P{player:02}", ways[way], 10, 10 - tenths / 10)
        for (player, way), time in np.ndenumerate(times)
        for tenths in (time // 10, -(-time // 10))
    ]
    row = result_of(rows)
    # R: friedman.test(RoundingTimes): chi-squared = 11.143, df = 2, p-value = 0.003805
    assert row["chi_square"] == pytest.approx(11.143, abs=5e-4)
    assert row["p_value"] == pytest.approx(0.003805, abs=5e-7)
    assert (row["df"], row["n_people"], row["n_techniques"], row["reason"]) == (2, 22, 3, "")


def test_the_same_order_in_all_people_can_be_counted():
    # Rank sums 6, 12, 18: 12/(6·3·4)·(36 + 144 + 324) - 3·6·4 = 12; with 2 df p = exp(-6).
    row = result_of(blocks(6, pressure=1, rest=2, stretching=3))
    assert row["chi_square"] == pytest.approx(12, rel=1e-12)
    assert row["p_value"] == pytest.approx(np.exp(-6), rel=1e-12)
    assert row["techniques"] == "pressure, rest, stretching"


def test_equal_means_of_unequal_numbers_of_sessions_are_ties():
    # In every person 0.7 three times, 0.6 and 0.8, and 3: ranks 1.5, 1.5, 3; rank sums 9, 9, 18. With
    # R's formula 12·((9 - 12)²·2 + (18 - 12)²) / (6·3·4 - 6·(2³ - 2)/2) = 12·54/54 = 12.
    rows = [
        (f"P{k:02}", *session)
        for k in range(6)
        for session in [
            *[("pressure", 1.4, 0.7)] * 3,
            ("rest", 1.3, 0.7),
            ("rest", 1.5, 0.7),
            ("stretching", 3, 0),
        ]
    ]
    assert result_of(rows)["chi_square"] == pytest.approx(12, rel=1e-12)


def test_people_without_one_of_the_techniques_are_no_block():
    everything = blocks(6, pressure=1, rest=2, stretching=3)
    # Their order is the reverse: taken in, they would change the result.
    more = [("Q1", "pressure", 5, 0), ("Q1", "rest", 5, 1), ("Q2", "rest", 5, 5)]
    unanswered = [("Q1", "stretching", 5, np.nan)]
    assert result_of(everything + more + unanswered) == result_of(everything)


def test_a_technique_of_few_people_does_not_shrink_the_blocks():
    everything = blocks(7, pressure=1, rest=2, stretching=3)
    rare = blocks(5, ball=4)
    assert result_of(everything + rare) == result_of(everything)
    assert result_of(everything + blocks(6, ball=4))["n_techniques"] == 4


def test_a_technique_that_is_often_unanswered_does_not_enter():
    everything = blocks(6, pressure=1, rest=2, stretching=3)
    often = [(f"P{k:02}", "ball", 5, after) for k in range(6) for after in (4, np.nan)]  # 50 %
    assert result_of(everything + often) == result_of(everything)
    twice = [(f"P{k:02}", "ball", 5, after) for k in range(6) for after in (4, 3, np.nan)]  # 33 %
    assert result_of(everything + twice)["techniques"] == "ball, pressure, rest, stretching"


def test_combined_sessions_do_not_enter():
    everything = blocks(6, pressure=1, rest=2, stretching=3)
    assert result_of(everything + blocks(6, combined=4)) == result_of(everything)


@pytest.mark.parametrize(
    ("rows", "n_people", "reason"),
    [
        (blocks(6, pressure=1, rest=2), 6, FEW_TECHNIQUES),
        (blocks(5, pressure=1, rest=2, stretching=3), 0, FEW_TECHNIQUES),
        (
            [
                (f"P{k:02}", technique, 5, 4)
                for k in range(9)
                for place, technique in enumerate(("pressure", "rest", "stretching"))
                if k % 3 != place
            ],
            0,
            NO_BLOCKS,
        ),
        (
            [
                *blocks(5, pressure=1, rest=2, stretching=3),
                *[("Q1", "pressure", 5, 4), ("Q2", "rest", 5, 4), ("Q3", "stretching", 5, 4)],
            ],
            5,
            enough.FEW,
        ),
        (blocks(6, pressure=1, rest=1, stretching=1), 6, enough.NO_VARIATION),
    ],
)
def test_without_a_test_there_is_a_reason(rows, n_people, reason):
    row = result_of(rows)
    assert (row["n_people"], row["reason"]) == (n_people, reason)
    assert np.isnan([row["chi_square"], row["p_value"]]).all()


def test_more_people_can_be_asked_for():
    rows = blocks(7, pressure=1, rest=2, stretching=3)
    assert result_of(rows, min_people=7)["reason"] == ""
    assert result_of(rows, min_people=8)["reason"] == FEW_TECHNIQUES


def test_scales_are_not_mixed():
    rows = blocks(6, pressure=1, rest=2, stretching=3)
    table = friedman(person_sums(pd.concat([logged(rows), logged(rows, scale="VAS0-100")])))
    assert list(table["scale"]) == ["NRS0-10", "VAS0-100"]
    assert list(table["n_people"]) == [6, 6]


def test_a_log_without_sessions_gives_no_rows():
    table = friedman(person_sums(logged([])))
    assert table.empty
    assert "chi_square" in table


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, derandomize=True, database=None, deadline=None)
def test_names_and_order_change_no_bit_and_a_shift_of_a_person_changes_no_rank(seed):
    rng = np.random.default_rng(seed)
    sessions, third = simulated(rng, people=8), simulated(rng, people=8)
    third = third[third["technique"] == "rest"].assign(technique="stretching")
    sessions = pd.concat([sessions, third])
    sums = person_sums(sessions)
    table = friedman(sums)
    assert table["reason"].item() == ""
    assert_frame_equal(table, friedman(person_sums(renamed(sessions, rng))), check_exact=True)
    # One point less pain after every session of P003.
    shifted = sums.assign(Sc=sums["Sc"] + 10 * sums["n"] * (sums["participant"] == "P003"))
    assert_frame_equal(table, friedman(shifted), check_exact=True)
