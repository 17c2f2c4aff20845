"""Section 5, the between-person line: people with only A against people with only B."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import special

from analysis.language import N_
from analysis.statistics import enough
from analysis.statistics.contrasts import Sums, by_technique, chosen, missing_share
from analysis.statistics.intervals import mean_interval, mean_of, two_sided_p
from analysis.vocabulary import COMBINED

#: Why there is no adjusted line: least squares cannot tell starting pain from the technique.
SAME_AVERAGE = N_(
    "starting pain cannot be adjusted for: it is the same, on average, in all people of a technique"
)

_KEY = ["region", "technique", "reference", "scale"]
_WELCH = ("estimate", "low", "high", "t", "df", "p_value", "hedges_g")
_ADJUSTED = ("adjusted", "adjusted_low", "adjusted_high", "adjusted_df", "adjusted_p", "slope")


def between_people(
    sums: pd.DataFrame, compared: pd.DataFrame, *, min_people: int = enough.MIN_PEOPLE
) -> pd.DataFrame:
    """Return the difference between people who logged only one of two techniques. Exploratory.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    compared : DataFrame
        region, technique, reference, scale: the pairs of cells, such as the rows of ``contrasts``.
        People who logged both are left out: they are in ``contrasts``.
    min_people : int
        With fewer in either group, only counts are shown.

    Returns
    -------
    DataFrame
        One row per pair, in its order: the key; n_people, n_people_reference; estimate, low, high,
        t, df, p_value by Welch; hedges_g (difference over the pooled SD of person means, times
        1 - 3/(4·df - 1) with df of both groups); adjusted, adjusted_low, adjusted_high,
        adjusted_df, adjusted_p, slope by least squares of the person means on technique and mean
        starting pain; reason and adjusted_reason say why numbers are NaN.

    Notes
    -----
    R: ``t.test(x ~ technique)`` and ``lm(x ~ b + technique)`` on person means (statistics.md, 5).
    Never pooled with the paired line: other people chose the other technique.
    """
    rows = []
    for key, a, b, reason in only_one(sums, compared, min_people=min_people):
        row = key | {"n_people": len(a["n"]), "n_people_reference": len(b["n"])}
        if reason:
            rows.append(row | {"reason": reason, "adjusted_reason": reason})
        else:
            rows.append(row | _welch(_means(a), _means(b)) | _least_squares(a, b))
    counts = ("n_people", "n_people_reference")
    columns = [*_KEY, *counts, *_WELCH, "reason", *_ADJUSTED, "adjusted_reason"]
    return pd.DataFrame(rows, columns=columns)


def only_one(
    sums: pd.DataFrame, compared: pd.DataFrame, *, min_people: int
) -> Iterator[tuple[dict, Sums, Sums, str]]:
    """Yield each pair's key, the sums of people with only A and with only B, and a refusal or ""."""
    used = {key: by_technique(cells) for key, cells in sums.groupby(["region", "scale"])}
    for key in compared[_KEY].to_dict("records"):
        cells = used[key["region"], key["scale"]]
        a = cells[key["technique"]]
        b = cells.get(key["reference"], {name: np.zeros_like(values) for name, values in a.items()})
        only_a, only_b = (a["n"] > 0) & (b["n"] == 0), (b["n"] > 0) & (a["n"] == 0)
        reason = ""
        if COMBINED in key.values():
            reason = enough.COMBINED_PARTS
        elif min(only_a.sum(), only_b.sum()) < max(2, min_people):
            reason = enough.FEW
        elif max(map(missing_share, (a, b))) > enough.MISSING_REFUSED:
            reason = enough.MISSING
        yield key, chosen(a, only_a), chosen(b, only_b), reason


def _means(people: Sums) -> np.ndarray:
    return people["Sc"] / people["n"] / 10


def _welch(a: np.ndarray, b: np.ndarray) -> dict:
    """Return Welch's test; a group without variation adds none to the error."""
    difference = mean_of(a) - mean_of(b)
    squares = [mean_interval(x).sd ** 2 for x in (a, b)]
    errors = [square / len(x) for square, x in zip(squares, (a, b), strict=True)]
    if sum(errors) == 0:
        return {"estimate": difference, "reason": enough.NO_VARIATION}
    error = math.sqrt(sum(errors))
    df = sum(errors) ** 2 / sum(v**2 / (len(x) - 1) for v, x in zip(errors, (a, b), strict=True))
    half = float(special.stdtrit(df, 0.975)) * error
    both = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * squares[0] + (len(b) - 1) * squares[1]) / both
    return {
        "estimate": difference,
        "low": difference - half,
        "high": difference + half,
        "t": difference / error,
        "df": df,
        "p_value": two_sided_p(difference / error, df),
        "hedges_g": difference / math.sqrt(pooled) * (1 - 3 / (4 * both - 1)),
        "reason": "",
    }


def _least_squares(a: Sums, b: Sums) -> dict:
    """Return gamma of x = alpha + beta·b + gamma·[technique], with n - 3 df."""
    outcome = np.concatenate([_means(a), _means(b)])
    before = np.concatenate([cell["Sb"] / cell["n"] / 10 for cell in (a, b)])
    group = np.repeat([1.0, 0.0], [len(a["n"]), len(b["n"])])
    order = np.lexsort((outcome, before, group))  # so that no bit depends on people's names
    outcome, before, group = outcome[order], before[order], group[order]
    design = np.column_stack([np.ones_like(before), before, group])
    if np.linalg.matrix_rank(np.round(design, 10)) < 3:
        return {"adjusted_reason": SAME_AVERAGE}
    coefficients, residual, _, _ = np.linalg.lstsq(design, outcome, rcond=None)
    df = len(outcome) - 3
    if residual[0] <= 1e-18 * max(1.0, float(outcome @ outcome)):  # an exact fit, or its noise
        return {"adjusted_reason": enough.NO_VARIATION}
    error = math.sqrt(residual[0] / df * np.linalg.inv(design.T @ design)[2, 2])
    gamma = float(coefficients[2])
    half = float(special.stdtrit(df, 0.975)) * error
    return {
        "adjusted": gamma,
        "adjusted_low": gamma - half,
        "adjusted_high": gamma + half,
        "adjusted_df": df,
        "adjusted_p": two_sided_p(gamma / error, df),
        "slope": float(coefficients[1]),
        "adjusted_reason": "",
    }
