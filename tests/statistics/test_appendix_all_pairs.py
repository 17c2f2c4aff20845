"""Every pair of techniques, against ``contrasts`` with each technique as the reference."""

import numpy as np
import pandas as pd
from appendix_logs import logged, renamed, simulated
from pandas.testing import assert_frame_equal

from analysis.statistics import contrasts, enough, person_sums
from analysis.statistics.appendix import all_pairs

KEY = ["region", "technique", "reference", "scale"]


def three_techniques(people: int = 8) -> pd.DataFrame:
    """Return two regions with pressure and rest; stretching in the second only."""
    rng = np.random.default_rng(20)
    sessions = simulated(rng, people=people, regions=2)
    third = simulated(rng, people=people).query("technique == 'rest'")
    return pd.concat([sessions, third.assign(region="R001", technique="stretching")])


def test_each_pair_is_the_row_of_contrasts_with_that_reference():
    sums = person_sums(three_techniques())
    pairs = all_pairs(sums)
    assert pairs[KEY[:3]].to_numpy().tolist() == [
        ["R000", "pressure", "rest"],
        ["R001", "pressure", "rest"],
        ["R001", "pressure", "stretching"],
        ["R001", "rest", "stretching"],
    ]
    for reference in ("rest", "stretching"):
        with_it = contrasts(sums, reference).merge(pairs[KEY])[pairs.columns]
        assert_frame_equal(
            with_it, pairs[pairs["reference"] == reference].reset_index(drop=True), check_exact=True
        )
    assert np.isfinite(pairs[["estimate", "low", "high"]]).all(axis=None)


def test_there_is_no_p_value_and_nothing_of_a_family():
    columns = all_pairs(person_sums(three_techniques())).columns
    assert not [name for name in columns if name.startswith(("p_", "simultaneous"))]
    assert not [name for name in columns if name.endswith("_p") or name == "t"]


def test_few_people_and_combined_sessions_show_nothing():
    pairs = all_pairs(person_sums(three_techniques(5)))
    assert list(pairs["reason"]) == [enough.FEW] * 4
    assert pairs[["estimate", "low", "high", "unadjusted"]].isna().all(axis=None)
    rows = [(f"P{k}", technique, 5, 4) for k in range(6) for technique in ("combined", "rest")]
    assert all_pairs(person_sums(logged(rows))).empty
    stricter = all_pairs(person_sums(three_techniques()), min_people=9)  # 8 people logged all
    assert list(stricter["reason"]) == [enough.FEW] * 4


def test_a_log_without_sessions_gives_no_rows():
    pairs = all_pairs(person_sums(logged([])))
    assert pairs.empty
    assert list(pairs.columns[:4]) == KEY


def test_names_and_order_change_no_bit():
    sessions = three_techniques()
    other = renamed(sessions, np.random.default_rng(21))
    assert_frame_equal(
        all_pairs(person_sums(sessions)), all_pairs(person_sums(other)), check_exact=True
    )
