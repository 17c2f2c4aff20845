"""Section 5: technique A against B in one region, in people who logged both.

The adjusted paired t: each person's difference between A and B at the same starting pain. Its slope
comes from the sessions inside each person and technique, so it needs no assumption about people.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.language import N_
from analysis.statistics import enough
from analysis.statistics.intervals import Mean, mean_interval, mean_of
from analysis.statistics.multiplicity import holm, simultaneous_level
from analysis.statistics.signed_rank import signed_rank
from analysis.vocabulary import COMBINED, REST

_MIN_DF, _FEW_DF = 10, 20

#: Why an adjusted line is NaN although there are people enough.
FEW_REPEATS = N_("starting pain cannot be adjusted for: too few repeated sessions")
SAME_START = N_(
    "starting pain cannot be adjusted for: it never varied within a person and technique"
)
NOT_LOGGED = N_("the reference was not logged in this region")

_ESTIMATES = (
    "estimate",
    "low",
    "high",
    "standard_error",
    "t",
    "p_value",
    "simultaneous_low",
    "simultaneous_high",
    "fixed_slope_low",
    "fixed_slope_high",
    "fixed_slope_p",
    "fixed_slope_signed_rank",
    "unadjusted",
    "unadjusted_low",
    "unadjusted_high",
    "unadjusted_p",
    "share_positive",
    "slope",
    "mean_before",
    "mean_before_reference",
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
        rest where it was logged, else the technique with most people (ties by alphabet), over all
        scales of the region.
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
        share_positive (of people, ties half). missing_share, missing_share_reference.
        standard_error, t, df (people - 1), p_value, simultaneous_low, simultaneous_high (level
        1 - 0.05/m) and p_signed_rank belong to the line named in ``line``; p_holm is adjusted over
        the m p_values of the frame; signed_rank_method is how p_signed_rank was found, exact only
        in the signs. fixed_slope_low, fixed_slope_high, fixed_slope_p, fixed_slope_signed_rank: the
        adjusted line if its slope were known (see Notes).
        ``few``, ``few_repeats``, ``depends`` (the two lines disagree) mark results to be shown
        with a warning. ``reason`` says why one is NaN.

    Notes
    -----
    statistics.md, 5: beta = ΣΣ(Sbc - Sb·Sc/n) / ΣΣ(Sbb - Sb²/n) over people and both techniques,
    D_i = U_i - beta·Δ_i, with U_i and Δ_i the person's difference of mean reduction and of mean
    starting pain; the estimate is the mean of D_i. R, with D in a vector: ``t.test(D)`` and
    ``coin::wilcoxsign_test`` (see ``signed_rank``) give the fixed_slope columns.

    The interval and p-value are the paired t of D_i - mean(Δ)·G·(SBC_i - beta·SSB_i)/SSB, which has
    the same mean: each person's own part in the slope is taken along, so that the slope's error is
    in the standard error (the estimating equations of slope and mean, linearised; the leave-one-out
    jackknife over people agrees). p_signed_rank ranks the same values. Without the slope's error the
    t rejects 6 to 10 % instead of 5 % when a technique is chosen because pain is high, and the
    signed-rank test up to 15 %: most of all with few sessions a person (test_simulated.py). Where A
    and B start from the same pain, the two are equal. share_positive counts the D_i themselves.

    A technique whose reference was logged in the region, but only on another scale, is not compared
    (``enough.TWO_SCALES``).

    Not for sessions of different people: see ``between_people``.
    """
    rows = []
    analysed = sums[(sums["region"] != COMBINED) & (sums["technique"] != COMBINED)]
    for region, here in analysed.groupby("region", sort=True):
        against = reference.get(region) if isinstance(reference, dict) else reference
        against = against or default_reference(here)
        absent = enough.TWO_SCALES if against in set(here["technique"]) else NOT_LOGGED
        for scale, cells in here.groupby("scale", sort=True):
            used = by_technique(cells)
            reason = "" if against in used else absent
            pair = {"region": region, "reference": against, "scale": scale, "reason": reason}
            rows += [
                _contrast(pair | {"technique": technique}, used, min_people)
                for technique in sorted(set(used) - {against})
            ]
    return _with_family(pd.DataFrame(rows, columns=_COLUMNS))


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
    "df",
    "line",
    "signed_rank_method",
    "few",
    "few_repeats",
    "depends",
    "reason",
]


def _with_family(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the contrasts with what depends on how many of them are shown (section 9)."""
    p_values = frame["p_value"].to_numpy("float64")
    level = simultaneous_level(int(np.isfinite(p_values).sum()))
    shown = frame["estimate"].where(frame["line"] == "adjusted", frame["unadjusted"])
    quantile = special.stdtrit(frame["df"].to_numpy("float64"), 0.5 + level / 2)
    half = frame["standard_error"].astype("float64") * quantile
    return frame.assign(
        p_holm=holm(p_values), simultaneous_low=shown - half, simultaneous_high=shown + half
    )


def default_reference(cells: pd.DataFrame) -> str:
    """Return rest if it was logged, else the technique with most people; ties by alphabet."""
    people = cells[cells["n"] > 0].groupby("technique")["participant"].nunique()
    if REST in people.index or people.empty:
        return REST
    return sorted(people.index, key=lambda technique: (-people[technique], technique))[0]


#: The sums of one technique as arrays over the same people, 0 where a person did not log it.
Sums = dict[str, np.ndarray]
_USED = ("n", "m", "Sc", "Sb", "Sbb", "Sbc", "Stwo", "nb")


def by_technique(cells: pd.DataFrame) -> dict[str, Sums]:
    """Return technique -> its sums over all people of a region and scale, in the same order."""
    people, names = pd.factorize(cells["participant"], sort=True)
    techniques, used = pd.factorize(cells["technique"], sort=True)
    table = np.zeros((len(used), len(_USED), len(names)), dtype="int64")
    table[techniques, :, people] = cells[list(_USED)].to_numpy("int64")
    return {name: dict(zip(_USED, table[place], strict=True)) for place, name in enumerate(used)}


def chosen(sums: Sums, people: np.ndarray) -> Sums:
    """Return the sums of some people only."""
    return {name: values[people] for name, values in sums.items()}


def _contrast(key: dict, used: dict[str, Sums], min_people: int) -> dict:
    """Return one row of ``contrasts`` from the sums of one region and scale.

    ``key`` has the reason if the reference is not among them.
    """
    a = used[key["technique"]]
    b = used.get(key["reference"], {name: np.zeros_like(values) for name, values in a.items()})
    has_a, has_b = a["n"] > 0, b["n"] > 0
    both = has_a & has_b
    pair = chosen(a, both), chosen(b, both)
    row = (
        key
        | dict.fromkeys(_ESTIMATES, np.nan)
        | {
            "n_people": int(both.sum()),
            "n_sessions": int(pair[0]["n"].sum()),
            "n_sessions_reference": int(pair[1]["n"].sum()),
            "single": int(((pair[0]["n"] == 1) | (pair[1]["n"] == 1)).sum()),
            "only_technique": int((has_a & ~has_b).sum()),
            "only_reference": int((has_b & ~has_a).sum()),
            "missing_share": missing_share(a),
            "missing_share_reference": missing_share(b),
            "df_within": 0,
            "df": max(0, int(both.sum()) - 1),
            "line": "",
            "few": min_people <= both.sum() < enough.FEW_PEOPLE,
            "few_repeats": False,
            "depends": False,
        }
    )
    row["reason"] = key["reason"] or _why_not(row, min_people)
    return row if row["reason"] else row | _paired(*pair)


def missing_share(cell: Sums) -> float:
    """Return the share of a cell's sessions that have no rating after."""
    n, m = int(cell["n"].sum()), int(cell["m"].sum())
    return m / (n + m) if n + m else np.nan


def _why_not(row: dict, min_people: int) -> str:
    if row["n_people"] < min_people:
        return enough.FEW
    if max(row["missing_share"], row["missing_share_reference"]) > enough.MISSING_REFUSED:
        return enough.MISSING
    return ""


class Slope(NamedTuple):
    """The within-person slope of reduction on starting pain, and why it is NaN.

    Attributes
    ----------
    beta : float
        Points per point.
    df : int
        Sessions less person and technique pairs: what stands behind it.
    pull : ndarray
        G·(SBC_i - beta·SSB_i)/SSB: each person's own part in beta, with mean 0 over people.
    reason : str
        Why there is none, or "".
    """

    beta: float
    df: int
    pull: np.ndarray
    reason: str


def slope(*cells: Sums) -> Slope:
    """Return the pooled slope of c on b inside person and technique, from their sums."""
    # n·Sbb - Sb² is a whole number: nothing is lost before the one division.
    ssb = sum((cell["n"] * cell["Sbb"] - cell["Sb"] ** 2) / cell["n"] for cell in cells)
    sbc = sum((cell["n"] * cell["Sbc"] - cell["Sb"] * cell["Sc"]) / cell["n"] for cell in cells)
    df = int(sum((cell["n"] - 1).sum() for cell in cells))
    nothing = np.zeros_like(ssb)
    total = math.fsum(ssb)
    if df < _MIN_DF:
        return Slope(np.nan, df, nothing, FEW_REPEATS)
    if total == 0:
        return Slope(np.nan, df, nothing, SAME_START)
    beta = math.fsum(sbc) / total
    return Slope(beta, df, len(ssb) * (sbc - beta * ssb) / total, "")


def _paired(a: Sums, b: Sums) -> dict:
    """Return the estimates from the sums of the same people, in the same order, under A and B."""
    start_a, start_b = a["Sb"] / a["n"] / 10, b["Sb"] / b["n"] / 10
    raw = a["Sc"] / a["n"] / 10 - b["Sc"] / b["n"] / 10
    within = slope(a, b)
    unadjusted = mean_interval(raw)
    row = {
        "unadjusted": unadjusted.mean,
        "unadjusted_low": unadjusted.low,
        "unadjusted_high": unadjusted.high,
        "unadjusted_p": unadjusted.p_value,
        "slope": within.beta,
        "df_within": within.df,
        "few_repeats": not within.reason and within.df < _FEW_DF,
        "mean_before": mean_of(start_a),
        "mean_before_reference": mean_of(start_b),
        "reason": within.reason,
        "line": "unadjusted",
    }
    used, values, tested = unadjusted, raw, raw
    if not within.reason:
        values = raw - within.beta * (start_a - start_b)
        tested = values - mean_of(start_a - start_b) * within.pull
        used = mean_interval(tested)
        row |= _adjusted(values, used) | {"depends": depends(used, unadjusted)}
    ranked = signed_rank(tested)
    row |= {
        "standard_error": used.sd / math.sqrt(used.n) if used.sd else np.nan,
        "t": used.t,
        "p_value": used.p_value,
        "p_signed_rank": ranked.p_value,
        "signed_rank_method": ranked.method,
        "share_positive": _share_positive(values),
    }
    if not row["reason"] and used.sd == 0:
        row["reason"] = enough.NO_VARIATION
    return row


def _adjusted(values: np.ndarray, used: Mean) -> dict:
    """Return the adjusted line, and what it would be if its slope were known."""
    fixed = mean_interval(values)
    return {
        "estimate": fixed.mean,
        "low": used.low,
        "high": used.high,
        "line": "adjusted",
        "fixed_slope_low": fixed.low,
        "fixed_slope_high": fixed.high,
        "fixed_slope_p": fixed.p_value,
        "fixed_slope_signed_rank": signed_rank(values).p_value,
    }


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
