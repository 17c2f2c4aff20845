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
from analysis.statistics.reduction import person_means
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
        p_signed_rank (exact or asymptotic: signed_rank_method) belong to the line named in ``line``, p_holm is
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
    "signed_rank_method",
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
    raw = person_means(a) - person_means(b)
    within = slope(a, b)
    unadjusted = mean_interval(raw)
    row = {
        "unadjusted": unadjusted.mean,
        "unadjusted_low": unadjusted.low,
        "unadjusted_high": unadjusted.high,
        "slope": within.beta,
        "df_within": within.df,
        "few_repeats": not within.reason and within.df < _FEW_DF,
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
    ranked = signed_rank(values)
    row |= {
        "p_value": used.p_value,
        "p_signed_rank": ranked.p_value,
        "signed_rank_method": ranked.method,
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


_BETWEEN = ("estimate", "low", "high", "t", "df", "p_value", "adjusted", "adjusted_low", "adjusted_high",
            "adjusted_df", "adjusted_p", "slope")  # fmt: skip


def between_people(
    sums: pd.DataFrame, key: dict[str, str], *, min_people: int = enough.MIN_PEOPLE
) -> dict:
    """Return the difference between people who logged only one of two techniques. Exploratory.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    key : dict
        region, technique, reference, scale: the two cells. People who logged both are left out: they
        are in ``contrasts``.
    min_people : int
        With fewer in either group, only counts are shown.

    Returns
    -------
    dict
        The key; n_people, n_people_reference; estimate, low, high, t, df, p_value by Welch; adjusted,
        adjusted_low, adjusted_high, adjusted_df, adjusted_p, slope by least squares of the person
        means on technique and mean starting pain; reason and adjusted_reason say why numbers are NaN.

    Notes
    -----
    R: ``t.test(x ~ technique)`` and ``lm(x ~ b + technique)`` on person means (statistics.md, 5).
    Never pooled with the paired line: other people chose the other technique.
    """
    cells = sums[(sums["region"] == key["region"]) & (sums["scale"] == key["scale"])]
    both = [cells[cells["technique"] == key[name]] for name in ("technique", "reference")]
    complete = [cell[cell["n"] > 0].set_index("participant") for cell in both]
    a = complete[0].loc[complete[0].index.difference(complete[1].index)]
    b = complete[1].loc[complete[1].index.difference(complete[0].index)]
    row = key | {"n_people": len(a), "n_people_reference": len(b)} | dict.fromkeys(_BETWEEN, np.nan)
    if COMBINED in key.values():
        return row | {"reason": enough.COMBINED_PARTS, "adjusted_reason": enough.COMBINED_PARTS}
    if min(len(a), len(b)) < min_people:
        return row | {"reason": enough.FEW, "adjusted_reason": enough.FEW}
    if max(map(_missing_share, both)) > enough.MISSING_REFUSED:
        return row | {"reason": enough.MISSING, "adjusted_reason": enough.MISSING}
    return row | _welch(person_means(a), person_means(b)) | _least_squares(a, b)


def _welch(a: np.ndarray, b: np.ndarray) -> dict:
    """Return Welch's test; a group without variation adds none to the error."""
    difference = float(a.mean() - b.mean())
    errors = [0.0 if np.ptp(np.round(x, 10)) == 0 else x.var(ddof=1) / len(x) for x in (a, b)]
    if sum(errors) == 0:
        return {"estimate": difference, "reason": enough.NO_VARIATION}
    error = float(np.sqrt(sum(errors)))
    df = sum(errors) ** 2 / sum(v**2 / (len(x) - 1) for v, x in zip(errors, (a, b), strict=True))
    half = float(stats.t.ppf(0.975, df)) * error
    return {
        "estimate": difference,
        "low": difference - half,
        "high": difference + half,
        "t": difference / error,
        "df": float(df),
        "p_value": float(2 * stats.t.sf(abs(difference / error), df)),
        "reason": "",
    }


def _least_squares(a: pd.DataFrame, b: pd.DataFrame) -> dict:
    """Return gamma of x = alpha + beta·b + gamma·[technique], with n - 3 df."""
    together = pd.concat([a, b])
    outcome = person_means(together)
    before = (together["Sb"] / together["n"] / 10).to_numpy("float64")
    group = np.repeat([1.0, 0.0], [len(a), len(b)])
    design = np.column_stack([np.ones_like(before), before, group])
    if np.linalg.matrix_rank(np.round(design, 10)) < 3:
        return {"adjusted_reason": SAME_START}
    coefficients, residual, _, _ = np.linalg.lstsq(design, outcome, rcond=None)
    df = len(outcome) - 3
    if residual[0] <= 1e-18 * max(1.0, float(outcome @ outcome)):  # an exact fit, or its noise
        return {"adjusted_reason": enough.NO_VARIATION}
    error = float(np.sqrt(residual[0] / df * np.linalg.inv(design.T @ design)[2, 2]))
    gamma = float(coefficients[2])
    half = float(stats.t.ppf(0.975, df)) * error
    return {
        "adjusted": gamma,
        "adjusted_low": gamma - half,
        "adjusted_high": gamma + half,
        "adjusted_df": df,
        "adjusted_p": float(2 * stats.t.sf(abs(gamma / error), df)),
        "slope": float(coefficients[1]),
        "adjusted_reason": "",
    }
