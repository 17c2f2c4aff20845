"""Section 5: technique A against B in one region, in people who logged both; and section 9, Holm.

The adjusted paired t: each person's difference between A and B at the same starting pain. Its slope
comes from the sessions inside each person and technique, so it needs no assumption about people.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics import enough
from analysis.statistics.intervals import Mean, mean_interval
from analysis.statistics.signed_rank import signed_rank
from analysis.vocabulary import COMBINED, REST

_MIN_DF, _FEW_DF = 10, 20

#: Why an adjusted line is NaN although there are people enough.
FEW_REPEATS = "starting pain cannot be adjusted for: too few repeated sessions"
SAME_START = "starting pain cannot be adjusted for: it never varied within a person and technique"
NOT_LOGGED = "the reference was not logged in this region"

_ESTIMATES = (
    "estimate",
    "low",
    "high",
    "unadjusted",
    "unadjusted_low",
    "unadjusted_high",
    "share_positive",
    "slope",
    "mean_before",
    "mean_before_reference",
    "p_value",
    "p_signed_rank",
)


def contrasts(
    sums: pd.DataFrame,
    reference: str | dict[str, str] | None = None,
    *,
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return every technique minus the reference of its region, in people who logged both.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    reference : str or dict, optional
        The technique to compare with, for all regions or by region, set before looking. Default:
        rest where it was logged, else the technique with most people (ties by alphabet).
    min_people : int
        With fewer people who logged both, only counts are shown.

    Returns
    -------
    DataFrame
        One row per region, technique other than the reference, and scale, sorted by them. Counts:
        n_people (both), n_sessions, n_sessions_reference (theirs), single (people with a single
        session in one of the two), only_technique, only_reference (people), df_within. Points
        (VAS: mm): estimate, low, high (adjusted for starting pain), unadjusted, unadjusted_low,
        unadjusted_high, mean_before, mean_before_reference; slope (points per point);
        share_positive (of people, ties half). missing_share, missing_share_reference. p_value and
        p_signed_rank belong to the line named in ``line`` (adjusted or unadjusted), p_holm is
        adjusted over all p_values of the frame. ``few``, ``few_repeats``, ``depends`` (the two
        lines disagree) mark results to be shown with a warning. ``reason`` says why one is NaN.

    Notes
    -----
    statistics.md, 5: beta = ΣΣ(Sbc - Sb·Sc/n) / ΣΣ(Sbb - Sb²/n) over people and both techniques,
    D_i = (mean c of A - of B) - beta·(mean b of A - of B); t test of D with G - 1 df. Not for
    sessions of different people: see ``between_people``.
    """
    rows = []
    analysed = sums[(sums["region"] != COMBINED) & (sums["technique"] != COMBINED)]
    for (region, scale), cells in analysed.groupby(["region", "scale"], sort=True):
        chosen = reference.get(region) if isinstance(reference, dict) else reference
        chosen = chosen or default_reference(cells)
        rows += [
            _contrast(
                {"region": region, "technique": technique, "reference": chosen, "scale": scale},
                cells,
                min_people,
            )
            for technique in sorted(set(cells["technique"]) - {chosen})
        ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.assign(p_holm=holm(frame["p_value"].to_numpy("float64")))


_COLUMNS = [
    "region",
    "technique",
    "reference",
    "scale",
    "n_people",
    "n_sessions",
    "n_sessions_reference",
    "single",
    "only_technique",
    "only_reference",
    "missing_share",
    "missing_share_reference",
    "df_within",
    *_ESTIMATES,
    "line",
    "few",
    "few_repeats",
    "depends",
    "reason",
]


def default_reference(cells: pd.DataFrame) -> str:
    """Return rest if it was logged, else the technique with most people; ties by alphabet."""
    people = cells[cells["n"] > 0].groupby("technique")["participant"].nunique()
    if REST in people.index or people.empty:
        return REST
    return sorted(people.index, key=lambda technique: (-people[technique], technique))[0]


def _contrast(key: dict, cells: pd.DataFrame, min_people: int) -> dict:
    """Return one row of ``contrasts`` from the sums of one region and scale."""
    a = cells[cells["technique"] == key["technique"]].set_index("participant")
    b = cells[cells["technique"] == key["reference"]].set_index("participant")
    complete_a, complete_b = a[a["n"] > 0], b[b["n"] > 0]
    both = complete_a.index.intersection(complete_b.index).sort_values()
    pair = (complete_a.loc[both], complete_b.loc[both])
    row = (
        key
        | dict.fromkeys(_ESTIMATES, np.nan)
        | {
            "n_people": len(both),
            "n_sessions": int(pair[0]["n"].sum()),
            "n_sessions_reference": int(pair[1]["n"].sum()),
            "single": int(((pair[0]["n"] == 1) | (pair[1]["n"] == 1)).sum()),
            "only_technique": len(complete_a.index.difference(complete_b.index)),
            "only_reference": len(complete_b.index.difference(complete_a.index)),
            "missing_share": _missing_share(a),
            "missing_share_reference": _missing_share(b),
            "df_within": 0,
            "line": "",
            "few": min_people <= len(both) < enough.FEW_PEOPLE,
            "few_repeats": False,
            "depends": False,
        }
    )
    row["reason"] = _why_not(row, b, min_people)
    return row if row["reason"] else row | _paired(*pair)


def _missing_share(cell: pd.DataFrame) -> float:
    total = cell["n"].sum() + cell["m"].sum()
    return float(cell["m"].sum() / total) if total else np.nan


def _why_not(row: dict, reference: pd.DataFrame, min_people: int) -> str:
    if reference.empty:
        return NOT_LOGGED
    if row["n_people"] < min_people:
        return enough.FEW
    if max(row["missing_share"], row["missing_share_reference"]) > enough.MISSING_REFUSED:
        return enough.MISSING
    return ""


class Slope(NamedTuple):
    """The within-person slope of reduction on starting pain: beta, its df, and why it is NaN."""

    beta: float
    df: int
    reason: str


def slope(*cells: pd.DataFrame) -> Slope:
    """Return the pooled slope of c on b inside person and technique, from their sums."""
    together = pd.concat(cells)
    n, b, c = together["n"], together["Sb"], together["Sc"]
    ssb = float((together["Sbb"] - b * b / n).sum())
    sbc = float((together["Sbc"] - b * c / n).sum())
    df = int((n - 1).sum())
    if df < _MIN_DF:
        return Slope(np.nan, df, FEW_REPEATS)
    if ssb < 1e-9:
        return Slope(np.nan, df, SAME_START)
    return Slope(sbc / ssb, df, "")


def _paired(a: pd.DataFrame, b: pd.DataFrame) -> dict:
    """Return the estimates from the sums of the same people, in the same order, under A and B."""
    start_a, start_b = a["Sb"] / a["n"] / 10, b["Sb"] / b["n"] / 10
    raw = (a["Sc"] / a["n"] / 10 - b["Sc"] / b["n"] / 10).to_numpy("float64")
    within = slope(a, b)
    unadjusted = mean_interval(raw)
    row = {
        "unadjusted": unadjusted.mean,
        "unadjusted_low": unadjusted.low,
        "unadjusted_high": unadjusted.high,
        "slope": within.beta,
        "df_within": within.df,
        "few_repeats": _MIN_DF <= within.df < _FEW_DF,
        "mean_before": float(start_a.mean()),
        "mean_before_reference": float(start_b.mean()),
        "reason": within.reason,
        "line": "unadjusted",
    }
    used, values = unadjusted, raw
    if not within.reason:
        values = raw - within.beta * (start_a - start_b).to_numpy("float64")
        used = mean_interval(values)
        row |= {
            "estimate": used.mean,
            "low": used.low,
            "high": used.high,
            "line": "adjusted",
            "depends": depends(used, unadjusted),
        }
    row |= {
        "p_value": used.p_value,
        "p_signed_rank": signed_rank(values).p_value,
        "share_positive": _share_positive(values),
    }
    if not row["reason"] and used.sd == 0:
        row["reason"] = enough.NO_VARIATION
    return row


def _share_positive(values: np.ndarray) -> float:
    """Return the share of people in whom A beats B, ties counting half."""
    rounded = np.round(values, 10)
    return float(((rounded > 0).sum() + 0.5 * (rounded == 0).sum()) / len(rounded))


def depends(adjusted: Mean, unadjusted: Mean) -> bool:
    """Return whether the two lines differ in sign, or exactly one interval excludes 0."""
    excludes = [
        not line.low <= 0 <= line.high for line in (adjusted, unadjusted) if not np.isnan(line.low)
    ]
    return adjusted.mean * unadjusted.mean < 0 or (
        len(excludes) == 2 and excludes[0] != excludes[1]
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return Holm's adjusted p-values; NaN stays NaN and is no part of the family.

    Notes
    -----
    Sorted ascending: adjusted p_(k) = max over j <= k of min(1, (m - j + 1)·p_(j)). R:
    ``p.adjust(p, "holm")``.
    """
    adjusted = np.full(len(p_values), np.nan)
    family = np.flatnonzero(~np.isnan(p_values))
    order = family[np.argsort(p_values[family], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def between_people(
    sums: pd.DataFrame, region: str, technique: str, reference: str, scale: str = "NRS0-10"
) -> dict:
    """Return the difference between people who logged only one of two techniques. Exploratory.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    region, technique, reference, scale : str
        The two cells. People who logged both are left out: they are in ``contrasts``.

    Returns
    -------
    dict
        n_people, n_people_reference; estimate, low, high, t, df, p_value by Welch; adjusted,
        adjusted_low, adjusted_high, adjusted_df, adjusted_p, slope by least squares of the person
        means on technique and mean starting pain; reason.

    Notes
    -----
    R: ``t.test(x ~ technique)`` and ``lm(x ~ b + technique)`` on person means (statistics.md, 5).
    Never pooled with the paired line: other people chose the other technique.
    """
    cells = sums[(sums["region"] == region) & (sums["scale"] == scale) & (sums["n"] > 0)]
    a, b = (
        cells[cells["technique"] == name].set_index("participant")
        for name in (technique, reference)
    )
    a, b = a.loc[a.index.difference(b.index)], b.loc[b.index.difference(a.index)]
    row = {
        "region": region,
        "technique": technique,
        "reference": reference,
        "scale": scale,
        "n_people": len(a),
        "n_people_reference": len(b),
    }
    if min(len(a), len(b)) < enough.MIN_PEOPLE:
        return row | {"reason": enough.FEW}
    x = [(cell["Sc"] / cell["n"] / 10).to_numpy("float64") for cell in (a, b)]
    if all(np.ptp(np.round(values, 10)) == 0 for values in x):
        return row | {"estimate": float(x[0].mean() - x[1].mean()), "reason": enough.NO_VARIATION}
    starts = [(cell["Sb"] / cell["n"] / 10).to_numpy("float64") for cell in (a, b)]
    return row | _welch(*x) | _least_squares(x, starts) | {"reason": ""}


def _welch(a: np.ndarray, b: np.ndarray) -> dict:
    test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(0.95)
    return {
        "estimate": float(a.mean() - b.mean()),
        "low": float(interval.low),
        "high": float(interval.high),
        "t": float(test.statistic),
        "df": float(test.df),
        "p_value": float(test.pvalue),
    }


def _least_squares(x: list[np.ndarray], starts: list[np.ndarray]) -> dict:
    """Return gamma of x = alpha + beta·b + gamma·[technique], with n - 3 df."""
    outcome, before = np.concatenate(x), np.concatenate(starts)
    group = np.repeat([1.0, 0.0], [len(values) for values in x])
    names = ("adjusted", "adjusted_low", "adjusted_high", "adjusted_df", "adjusted_p", "slope")
    if np.ptp(np.round(before, 10)) == 0:
        return dict.fromkeys(names, np.nan)
    design = np.column_stack([np.ones_like(before), before, group])
    coefficients, residual, rank, _ = np.linalg.lstsq(design, outcome, rcond=None)
    df = len(outcome) - 3
    if rank < 3 or df < 1:
        return dict.fromkeys(names, np.nan)
    error = float(np.sqrt(residual[0] / df * np.linalg.inv(design.T @ design)[2, 2]))
    gamma = float(coefficients[2])
    half = float(stats.t.ppf(0.975, df)) * error
    return dict(
        zip(
            names,
            (
                gamma,
                gamma - half,
                gamma + half,
                df,
                float(2 * stats.t.sf(abs(gamma / error), df)),
                float(coefficients[1]),
            ),
            strict=True,
        )
    )
