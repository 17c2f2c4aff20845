"""Section 6: the exact signed-rank test with Pratt's zeros."""

from typing import NamedTuple

import numpy as np
from scipy import stats

_EXACT_TO = 200


class SignedRank(NamedTuple):
    """The p-value, and how it was found: "exact", "asymptotic", or why there is none."""

    p_value: float
    method: str


def signed_rank(values: np.ndarray) -> SignedRank:
    """Return the two-sided signed-rank test of symmetry about 0, zeros ranked after Pratt.

    Parameters
    ----------
    values : ndarray of float
        One value per person, none missing; rounded to 1e-10 here, so that ties are ties.

    Notes
    -----
    All |values| are ranked, zeros too, ties at their average; then the zeros are dropped. The
    distribution of the positive ranks' sum over all signs is added up exactly, in doubled ranks
    (whole numbers), up to 200 values; above that, the normal approximation without continuity
    correction. R: ``coin::wilcoxsign_test(zero.method = "Pratt", distribution = "exact")``.
    scipy 1.17's own is not used: it is asymptotic from 14 values with ties or zeros, and its exact
    method ignores that the zeros took ranks (statistics.md, 6).

    Examples
    --------
    >>> signed_rank(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    SignedRank(p_value=0.03125, method='exact')
    """
    x = np.round(np.asarray(values, dtype="float64"), 10)
    ranks = stats.rankdata(np.abs(x))[x != 0]
    positive = x[x != 0] > 0
    if len(ranks) == 0:
        return SignedRank(np.nan, "no non-zero change")
    if len(x) > _EXACT_TO:
        z = (ranks[positive].sum() - ranks.sum() / 2) / np.sqrt((ranks**2).sum() / 4)
        return SignedRank(float(2 * stats.norm.sf(abs(z))), "asymptotic")
    doubled = np.rint(2 * ranks).astype("int64")
    statistic = int(doubled[positive].sum())
    chance = _chances(np.sort(doubled))  # so that no bit depends on people's names
    p = 2 * min(chance[: statistic + 1].sum(), chance[statistic:].sum())
    return SignedRank(float(min(1.0, p)), "exact")


def _chances(doubled: np.ndarray) -> np.ndarray:
    """Return the chance of each sum 0..total when every rank is counted or not with chance 1/2."""
    chance = np.zeros(int(doubled.sum()) + 1)
    chance[0] = 1.0
    for rank in doubled:
        shifted = np.zeros_like(chance)
        shifted[rank:] = chance[: len(chance) - rank]
        chance = (chance + shifted) / 2
    return chance
