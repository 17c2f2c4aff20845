"""Section 13: Friedman's test in people who logged every technique of a region."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.language import N_
from analysis.statistics import enough
from analysis.statistics.reduction import person_means
from analysis.vocabulary import COMBINED

#: Why there is no test although there are sessions.
FEW_TECHNIQUES = N_("fewer than three techniques to compare")
NO_BLOCKS = N_("no complete blocks")


def friedman(sums: pd.DataFrame, *, min_people: int = enough.MIN_PEOPLE) -> pd.DataFrame:
    """Return Friedman's test of every region in people who logged all its usual techniques.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    min_people : int
        A technique enters if at least so many people logged it; with fewer people who logged all
        that enter, only counts are shown.

    Returns
    -------
    DataFrame
        One row per region and scale, sorted by them: n_techniques, techniques (their codes, joined by
        ", "), n_people (complete blocks), chi_square, df, p_value, reason. A technique with more than
        40 % of its sessions without "after" does not enter. A region logged with several techniques
        in one session only is absent.

    Notes
    -----
    Person means of pain reduction are ranked inside each person, ties at their average after rounding
    to 1e-10; chi-square approximation, corrected for ties. R: ``friedman.test(means)``. It tests
    whether the techniques' reductions are distributed alike inside a person, says nothing about any
    pair, and does not adjust for starting pain.
    """
    analysed = sums[(sums["region"] != COMBINED) & (sums["technique"] != COMBINED)]
    rows = [
        {"region": region, "scale": scale} | _region(cells, min_people)
        for (region, scale), cells in analysed.groupby(["region", "scale"], sort=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["region", "scale", "n_techniques", "techniques", "n_people", "chi_square", "df",
            "p_value", "reason"]  # fmt: skip


def _region(cells: pd.DataFrame, min_people: int) -> dict:
    blocks = _complete_blocks(cells, min_people)
    n_people, n_techniques = blocks.shape
    row = {
        "n_techniques": n_techniques,
        "techniques": ", ".join(blocks.columns),
        "n_people": n_people,
        "chi_square": np.nan,
        "df": max(n_techniques - 1, 0),
        "p_value": np.nan,
        "reason": _why_not(blocks, min_people),
    }
    if not row["reason"]:
        row["chi_square"], row["p_value"] = map(
            float, stats.friedmanchisquare(*blocks.T.to_numpy())
        )
    return row


def _complete_blocks(cells: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return mean reductions, one row a person with all techniques that enter, one column each."""
    complete = cells[cells["n"] > 0]
    people = complete.groupby("technique").size()
    total = cells.groupby("technique")[["n", "m"]].sum()
    answered = total.index[total["m"] <= enough.MISSING_REFUSED * (total["n"] + total["m"])]
    entering = people.index[people >= min_people].intersection(answered)
    used = complete[complete["technique"].isin(entering)]
    means = used.assign(mean=np.round(person_means(used), 10))
    return means.pivot_table("mean", "participant", "technique").dropna()


def _why_not(blocks: pd.DataFrame, min_people: int) -> str:
    if blocks.shape[1] < 3:
        return FEW_TECHNIQUES
    if blocks.empty:
        return NO_BLOCKS
    if len(blocks) < min_people:
        return enough.FEW
    if blocks.nunique(axis=1).max() == 1:  # everything tied: the correction would divide by 0
        return enough.NO_VARIATION
    return ""
