"""Section 11, and the last two rows of section 10: the log of one person.

The days of one person follow each other: what is left over on one day tends to be left over on the
next (lag-1 autocorrelation), so an interval counts fewer days than were logged. Without a
randomised plan (``plan``) there is no p-value here.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.language import N_
from analysis.sessions import SCALES, in_tenths
from analysis.statistics import enough
from analysis.statistics.contrasts import NOT_LOGGED
from analysis.statistics.moments import moments
from analysis.statistics.person_sums import person_sums
from analysis.vocabulary import COMBINED, REST

#: Fewer sessions than this in one person's cell: they are listed, and nothing is computed.
MIN_SESSIONS = 5
#: Days with both ratings from which a cell has a mean with an interval, and from which without banner.
INTERVAL_DAYS, PLAIN_DAYS = 10, 20
#: Sessions of each technique from which two are compared, and from which without banner.
CONTRAST_SESSIONS, PLAIN_SESSIONS = 8, 15
#: A contrast needs this many changes between its techniques, and this share of common days.
MIN_SWITCHES, MIN_OVERLAP = 3, 0.5

# Reasons why a number is NaN, beside those of ``enough``.
FEW_SESSIONS = N_("not enough sessions")
FEW_DAYS = N_("not enough days for an interval")
DIFFERENT_TIMES = N_("used at different times; not comparable")
UNKNOWN_ORDER = N_("which came first on a date is not known; not comparable")
SINGULAR = N_("the technique cannot be told from starting pain and day")

_CELL = ["region", "technique", "scale"]
_HIGHEST_RHO = 0.95
_COUNTED = ("k30", "nb", "k2", "kboth", "kw")
_INTERVAL = ("estimate", "sd", "r1", "rho", "n_effective", "low", "high")
_CONTRAST = ("estimate", "low", "high", "df", "unadjusted", "r1", "rho", "n_effective")


class Autocorrelation(NamedTuple):
    """The plain lag-1 autocorrelation of ``n`` values, and rho: corrected for bias and clipped."""

    n: int
    r1: float
    rho: float


def autocorrelation(residuals: np.ndarray) -> Autocorrelation:
    """Return the lag-1 autocorrelation of residuals; NaN where they do not vary.

    Parameters
    ----------
    residuals : ndarray of float
        In time order, none missing; their mean is taken off here.

    Notes
    -----
    r1 = Σe_k·e_(k-1)/Σe_k²; rho = r1 + (1 + 3·r1)/N, clipped to 0 to 0.95 (statistics.md, 11).
    R: ``acf(residuals, 1)$acf[2]`` is r1.

    Examples
    --------
    >>> autocorrelation(np.array([1.0, 3.0, 2.0]))
    Autocorrelation(n=3, r1=-0.5, rho=0.0)
    """
    n = len(residuals)
    if n == 0 or np.ptp(np.round(residuals, 10)) == 0:
        return Autocorrelation(n, np.nan, np.nan)
    e = np.asarray(residuals, "float64") - math.fsum(residuals) / n
    r1 = float(e[1:] @ e[:-1] / (e @ e))
    return Autocorrelation(n, r1, min(max(r1 + (1 + 3 * r1) / n, 0.0), _HIGHEST_RHO))


def effective_size(n: int, rho: float) -> float:
    """Return how many independent values n autocorrelated ones are worth: 2 to n.

    Notes
    -----
    n(1 - rho)/(1 + rho), clipped (statistics.md, 11); n at least 2.

    Examples
    --------
    >>> effective_size(30, 0.5)
    10.0
    """
    return min(max(n * (1 - rho) / (1 + rho), 2.0), float(n))


def person_cells(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the pain reduction of one person in every cell: the mean over days, with interval.

    Parameters
    ----------
    sessions : DataFrame
        Of one person: participant, started_at, region, technique, scale, pain_before, pain_after
        (points, or mm). A row without pain_before enters nothing.

    Returns
    -------
    DataFrame
        One row per region, technique and scale, sorted by them. Counts: n_sessions (both ratings),
        n_missing (no after), missing_share, n_days (with both ratings). Points (VAS: mm): median
        (of the sessions), estimate (mean of the day values), sd (of the day values), low, high.
        r1 and rho of the person's residuals on this scale; n_effective days. Plain counts of
        sessions: k30 of nb that started above 0, k2, kboth and kw of n_sessions, as in ``SUMS``.
        ``few`` and ``imprecise`` mark results to be shown with a warning. ``reason`` says why a
        number is NaN.

    Raises
    ------
    ValueError
        For sessions of several people.

    Notes
    -----
    statistics.md, 11: sessions of a day are averaged; mean ± t(0.975; max(n_eff - 1, 1))·s/√n_eff,
    n_eff = n(1 - rho)/(1 + rho). rho comes from the residuals of all the person's cells on a scale,
    averaged per day: neighbours are successive logged days. The interval and its banner go by days,
    which are never more than the sessions; below 10 days there are the sessions and their median.
    """
    refuse_several(sessions)
    complete = complete_sessions(sessions)
    days = _day_values(complete)
    carried = {scale: _carried_over(values) for scale, values in days.groupby("scale")}
    changes = {key: cell["c"] / 10 for key, cell in complete.groupby(_CELL)}
    values = {key: cell["value"].to_numpy() for key, cell in days.groupby(_CELL)}
    rows = []
    for sums in person_sums(sessions).to_dict("records"):
        key = tuple(sums[name] for name in _CELL)
        row = _counts(sums, len(values.get(key, ())))
        if not row["reason"]:
            row |= {name: sums[name] for name in _COUNTED} | {"median": changes[key].median()}
            row |= _mean(values[key], carried[sums["scale"]])
        few = not np.isnan(row["estimate"]) and row["n_days"] < PLAIN_DAYS
        rows.append(row | {"few": few, "imprecise": _imprecise(row)})
    return pd.DataFrame(rows, columns=_CELL_COLUMNS)


_CELL_COLUMNS = [*_CELL, "n_sessions", "n_missing", "missing_share", "n_days", "median", *_INTERVAL, *_COUNTED,
                 "few", "imprecise", "reason"]  # fmt: skip


def complete_sessions(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the sessions with both ratings and one part, in time order.

    Parameters
    ----------
    sessions : DataFrame
        As for ``person_cells``.

    Returns
    -------
    DataFrame
        One row per session: region, technique, scale, started_at, day; b and c, before and
        reduction in whole tenths. Sessions with the same start stand in the order of their ratings,
        so that the order of the rows given does not matter; it is not the order in which they were
        (see ``moments``).
    """
    rated = sessions[["pain_before", "pain_after"]].notna().all(axis=1)
    single = ~sessions[["region", "technique"]].eq(COMBINED).any(axis=1)
    kept = sessions[rated & single]
    b = in_tenths(kept["pain_before"])
    kept = kept[[*_CELL, "started_at"]].assign(
        day=kept["started_at"].dt.normalize(), b=b, c=b - in_tenths(kept["pain_after"])
    )
    return kept.sort_values(["started_at", "b", "c", "technique"], ignore_index=True)


def refuse_several(sessions: pd.DataFrame) -> None:
    """Return nothing, or raise ValueError for sessions of several people."""
    n_people = sessions["participant"].nunique()
    if n_people > 1:
        raise ValueError(f"sessions: must be of one person; found {n_people}")


def _day_values(complete: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reduction of each cell and day (value), and what its cell's mean leaves over."""
    means = complete.groupby([*_CELL, "day"])["c"].mean() / 10
    days = means.rename("value").reset_index()
    return days.assign(residual=days["value"] - days.groupby(_CELL)["value"].transform("mean"))


def _carried_over(days: pd.DataFrame) -> Autocorrelation:
    """Return the autocorrelation of the residuals of all cells on one scale, averaged per day."""
    # Sorted, so that the last bit of a day's mean does not depend on the names of the cells.
    in_order = days.sort_values(["day", "residual"])
    return autocorrelation(in_order.groupby("day")["residual"].mean().to_numpy())


def _counts(sums: dict, n_days: int) -> dict:
    """Return the counts of a cell, and why they are all that is shown, or ""."""
    n, m = sums["n"], sums["m"]
    reason = ""
    if COMBINED in (sums["region"], sums["technique"]):
        reason = enough.COMBINED_PARTS
    elif n < MIN_SESSIONS:
        reason = FEW_SESSIONS if n else enough.NO_SESSIONS
    elif m / (n + m) > enough.MISSING_REFUSED:
        reason = enough.MISSING
    return (
        {name: sums[name] for name in _CELL}
        | {"n_sessions": n, "n_missing": m, "missing_share": m / (n + m), "n_days": n_days}
        | dict.fromkeys(("median", *_INTERVAL, *_COUNTED), np.nan)
        | {"reason": reason}
    )


def _mean(values: np.ndarray, carried: Autocorrelation) -> dict:
    """Return the mean of one cell's day values with its interval, or why there is none."""
    n = len(values)
    if n < INTERVAL_DAYS:
        return {"reason": FEW_DAYS}
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    row = {"estimate": mean, "sd": sd, "r1": carried.r1, "rho": carried.rho}
    if np.ptp(np.round(values, 10)) == 0:
        return row | {"sd": 0.0, "reason": enough.NO_VARIATION}
    if np.isnan(carried.rho):  # two cells that undo each other on every day
        return row | {"reason": enough.NO_VARIATION}
    n_effective = effective_size(n, carried.rho)
    half = _t(max(n_effective - 1, 1)) * sd / math.sqrt(n_effective)
    return row | {"n_effective": n_effective, "low": mean - half, "high": mean + half}


def _t(df: float) -> float:
    return float(special.stdtrit(df, 0.975))


def _imprecise(row: dict) -> bool:
    point = SCALES[row["scale"]]["two_points"] / 20
    return bool((row["high"] - row["low"]) / 2 > enough.IMPRECISE * point)


def person_contrasts(
    sessions: pd.DataFrame,
    reference: str | dict[str, str] | None = None,
    *,
    randomised: bool = False,
) -> pd.DataFrame:
    """Return every technique minus the reference of its region, in the log of one person.

    Parameters
    ----------
    sessions : DataFrame
        As for ``person_cells``.
    reference : str or dict, optional
        The technique to compare with, for all regions or by region, set before looking. Default:
        rest where it was logged, else the technique with most sessions (ties by alphabet), over all
        scales of the region.
    randomised : bool
        Whether the order of the techniques was drawn (``plan.randomised_plan``). Where it was not,
        every result carries the banner.

    Returns
    -------
    DataFrame
        One row per region, technique other than the reference, and scale, sorted by them. Counts of
        sessions with both ratings: n_sessions, n_sessions_reference; missing_share,
        missing_share_reference. Layout: switches (changes between the two in time order, as far as it
        is known), overlap (days that both calendar ranges share, of the days in either). Points (VAS:
        mm): estimate, low, high at the same starting pain and day, with df; unadjusted, the difference
        of the two means. r1, rho and n_effective of the residuals. ``few`` and ``imprecise`` mark results to be
        shown with a warning. ``reason`` says why a number is NaN. No p-value: see ``plan``.

    Raises
    ------
    ValueError
        For sessions of several people.

    Notes
    -----
    statistics.md, 11: least squares c = alpha + beta·b + gamma·[A] + delta·day over the sessions of
    both; R: ``lm(c ~ b + technique + day)``. SE(gamma) is multiplied by √((1 + rho)/(1 - rho)) and
    df = max(n_eff - 4, 1), from the residuals in time order.

    Of sessions of the two on one date, one of them without a clock time, or at the same start, the
    order is not known (``moments``). No switch is counted among them if both techniques are there,
    only from those before to those after: there were at least as many switches as are counted. Where
    that leaves too few, the reason is ``UNKNOWN_ORDER``. Their residuals are averaged before r1, and
    count as one in N, so in rho, n_eff and df.

    A technique whose reference was logged in the region, but only on another scale, is not compared
    (``enough.TWO_SCALES``).
    """
    refuse_several(sessions)
    complete = complete_sessions(sessions)
    sums = person_sums(sessions)
    sums = sums[~sums[["region", "technique"]].eq(COMBINED).any(axis=1)]
    rows = []
    for region, here in sums.groupby("region", sort=True):
        chosen = reference.get(region) if isinstance(reference, dict) else reference
        chosen = chosen or _default_reference(here)
        absent = enough.TWO_SCALES if chosen in set(here["technique"]) else NOT_LOGGED
        for scale, cells in here.groupby("scale", sort=True):
            used = cells.set_index("technique")
            reason = "" if chosen in used.index else absent
            pair = {"region": region, "reference": chosen, "scale": scale, "reason": reason}
            rated = complete[(complete["region"] == region) & (complete["scale"] == scale)]
            for technique in sorted(set(used.index) - {chosen}):
                row = _contrast(pair | {"technique": technique}, used, rated)
                few = min(row["n_sessions"], row["n_sessions_reference"]) < PLAIN_SESSIONS
                shown = not np.isnan(row["unadjusted"])
                rows.append(row | {"few": shown and (few or not randomised)})
    return pd.DataFrame(rows, columns=_CONTRAST_COLUMNS)


_CONTRAST_COLUMNS = ["region", "technique", "reference", "scale", "n_sessions", "n_sessions_reference",
                     "missing_share", "missing_share_reference", "switches", "overlap", *_CONTRAST,
                     "few", "imprecise", "reason"]  # fmt: skip


def _default_reference(cells: pd.DataFrame) -> str:
    """Return rest if it was logged, else the technique with most sessions; ties by alphabet."""
    n_sessions = cells[cells["n"] > 0].groupby("technique")["n"].sum()
    if REST in n_sessions.index or n_sessions.empty:
        return REST
    return sorted(n_sessions.index, key=lambda technique: (-n_sessions[technique], technique))[0]


def _contrast(pair: dict, cells: pd.DataFrame, complete: pd.DataFrame) -> dict:
    """Return one row from the sums of each technique and the sessions of one region and scale.

    ``pair`` has the reason if the reference is not among them.
    """
    both = complete[complete["technique"].isin([pair["technique"], pair["reference"]])]
    label = (both["technique"] == pair["technique"]).to_numpy()
    sizes = [int(label.sum()), int((~label).sum())]
    missing = [_missing_share(cells, pair[name]) for name in ("technique", "reference")]
    row = (
        pair
        | dict(zip(("n_sessions", "n_sessions_reference"), sizes, strict=True))
        | dict(zip(("missing_share", "missing_share_reference"), missing, strict=True))
        | {"switches": _switches(both, label), "overlap": _overlap(both, label)}
        | dict.fromkeys(_CONTRAST, np.nan)
    )
    row["reason"] = pair["reason"] or _why_not(row, _both_at_once(both, label))
    if not row["reason"]:
        row |= _least_squares(both, label)
    return row | {"imprecise": _imprecise(row)}


def _missing_share(cells: pd.DataFrame, technique: str) -> float:
    if technique not in cells.index:
        return np.nan
    n, m = cells.loc[technique, ["n", "m"]]
    return float(m / (n + m))


def _switches(both: pd.DataFrame, label: np.ndarray) -> int:
    """Return the changes of technique from moment to moment; those with both techniques left out."""
    shares = _shares(both, label)
    known = shares[(shares == 0) | (shares == 1)]
    return int((known[1:] != known[:-1]).sum())


def _both_at_once(both: pd.DataFrame, label: np.ndarray) -> bool:
    """Return whether both techniques stand at one moment: which came first is not known."""
    shares = _shares(both, label)
    return bool(((shares > 0) & (shares < 1)).any())


def _shares(both: pd.DataFrame, label: np.ndarray) -> np.ndarray:
    """Return of each moment, in time order, the share of its sessions that have the label."""
    return pd.Series(label).groupby(moments(both["started_at"]).to_numpy()).mean().to_numpy()


def _overlap(both: pd.DataFrame, label: np.ndarray) -> float:
    """Return the days that both calendar ranges share, of the days in either; NaN without both."""
    if label.all() or not label.any():
        return np.nan
    days = both["day"].to_numpy().astype("datetime64[D]").astype("int64")
    ranges = [(days[part].min(), days[part].max() + 1) for part in (label, ~label)]
    (a_from, a_to), (b_from, b_to) = ranges
    shared = max(0, min(a_to, b_to) - max(a_from, b_from))
    return float(shared / (a_to - a_from + b_to - b_from - shared))


def _why_not(row: dict, both_at_once: bool) -> str:
    """Return why two techniques are not compared, or ""."""
    if min(row["n_sessions"], row["n_sessions_reference"]) < CONTRAST_SESSIONS:
        return FEW_SESSIONS
    if max(row["missing_share"], row["missing_share_reference"]) > enough.MISSING_REFUSED:
        return enough.MISSING
    if row["overlap"] < MIN_OVERLAP:
        return DIFFERENT_TIMES
    if row["switches"] < MIN_SWITCHES:
        return UNKNOWN_ORDER if both_at_once else DIFFERENT_TIMES
    return ""


def _least_squares(both: pd.DataFrame, label: np.ndarray) -> dict:
    """Return gamma with its interval, from the sessions of two techniques in time order."""
    c = both["c"].to_numpy() / 10
    row = {"unadjusted": float(c[label].mean() - c[~label].mean()), "reason": ""}
    if singular(both, label):
        return row | {"reason": SINGULAR}
    a, c_left = residualised(np.column_stack([label, c]), both).T
    gamma = float(a @ c_left / (a @ a))
    residuals = c_left - gamma * a
    squares = float(residuals @ residuals)
    if squares <= 1e-18 * max(1.0, float(c @ c)):  # an exact fit, or its noise
        return row | {"estimate": gamma, "reason": enough.NO_VARIATION}
    carried = autocorrelation(_by_moment(residuals, both))
    if np.isnan(carried.rho):  # sessions in unknown order that undo each other at every moment
        return row | {"estimate": gamma, "reason": enough.NO_VARIATION}
    n_effective = effective_size(carried.n, carried.rho)
    df = max(n_effective - 4, 1)
    error = math.sqrt(squares / (len(c) - 4) / (a @ a) * (1 + carried.rho) / (1 - carried.rho))
    half = _t(df) * error
    return row | {
        "estimate": gamma,
        "low": gamma - half,
        "high": gamma + half,
        "df": df,
        "r1": carried.r1,
        "rho": carried.rho,
        "n_effective": n_effective,
    }


def _by_moment(residuals: np.ndarray, both: pd.DataFrame) -> np.ndarray:
    """Return the mean residual of each moment, in time order."""
    # Sorted, so that the last bit of a mean does not depend on the names of the techniques.
    moment = moments(both["started_at"]).to_numpy()
    order = np.lexsort((residuals, moment))
    return pd.Series(residuals[order]).groupby(moment[order]).mean().to_numpy()


def residualised(values: np.ndarray, complete: pd.DataFrame) -> np.ndarray:
    """Return what least squares on 1, starting pain and day leaves over of each column.

    Parameters
    ----------
    values : ndarray of float
        One row per session, one column per variable.
    complete : DataFrame
        The sessions, as ``complete_sessions`` returns them; day and starting pain must vary apart
        (see ``singular``).

    Notes
    -----
    By the theorem of Frisch, Waugh and Lovell, gamma is the slope of one residual on the other.
    """
    ones = np.full((len(complete), 1), 1.0)
    basis, _ = np.linalg.qr(np.hstack([ones, _standard(complete)]))
    return values - basis @ (basis.T @ values)


def singular(complete: pd.DataFrame, label: np.ndarray) -> bool:
    """Return whether the label, starting pain and day cannot be told apart by least squares."""
    columns = np.column_stack([_standard(complete), label - label.mean()])
    return bool(np.linalg.matrix_rank(columns) < 3)


def _standard(complete: pd.DataFrame) -> np.ndarray:
    """Return starting pain and day as centred columns of length 1, or of zeros."""
    days = complete["day"].to_numpy().astype("datetime64[D]").astype("int64")
    columns = np.column_stack([complete["b"].to_numpy(), days - days.min()]).astype("float64")
    centred = columns - columns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(length > 0, length, 1.0)
