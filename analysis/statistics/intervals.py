"""Section 4, the interval: mean of person values with a t interval."""

import math
from typing import NamedTuple

import numpy as np
from scipy import special


class Mean(NamedTuple):
    """A mean of ``n`` values: standard deviation (n - 1), t, df, interval, two-sided p.

    With fewer than two values, or without variation, sd, t, interval and p are NaN (sd is 0.0 when
    several values are equal): nothing is known about the spread.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float
    t: float
    df: int
    p_value: float


def mean_of(values: np.ndarray) -> float:
    """Return the mean, rounded once: the same bits for any order of the values.

    People come in the order of their codes, and pseudonyms have another order than the codes they
    stand for: added up in order, the last bit of a mean would depend on who is called what.
    """
    return math.fsum(values) / len(values)


def two_sided_p(t: float, df: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    return float(2 * special.stdtr(df, -abs(t)))


def mean_interval(values: np.ndarray, level: float = 0.95) -> Mean:
    """Return the mean of one value per person, with its t interval.

    Parameters
    ----------
    values : ndarray of float
        One value per person, none missing.
    level : float
        Of the interval.

    Notes
    -----
    M ± t(1 - (1 - level)/2; n - 1)·S/√n. R: ``t.test(values)``. Values that differ by less than
    1e-10 are equal: then there is no variation, and no p = 0 (statistics.md, 14).

    Examples
    --------
    >>> mean_interval(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    n = len(values)
    if n == 0:
        return Mean(0, *[np.nan] * 5, 0, np.nan)
    mean = mean_of(values)
    if n == 1:
        return Mean(1, mean, *[np.nan] * 4, 0, np.nan)
    if np.ptp(np.round(values, 10)) == 0:
        return Mean(n, mean, 0.0, *[np.nan] * 3, n - 1, np.nan)
    sd = math.sqrt(math.fsum((values - mean) ** 2) / (n - 1))
    error = sd / math.sqrt(n)
    half = float(special.stdtrit(n - 1, 0.5 + level / 2)) * error
    t = mean / error
    return Mean(n, mean, sd, mean - half, mean + half, t, n - 1, two_sided_p(t, n - 1))
