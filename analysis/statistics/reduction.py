"""Section 4: one cohort cell, the mean of person means."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.statistics.intervals import mean_interval, mean_of
from analysis.statistics.person_sums import cells
from analysis.statistics.signed_rank import signed_rank
from analysis.vocabulary import COMBINED

#: What is hidden, NaN, when a cell has too few people or too much missing.
VALUES = (
    "estimate",
    "low",
    "high",
    "sd",
    "median",
    "mean_before",
    "positive",
    "zero",
    "negative",
    "worse_share",
    "floor_share",
    "end_0_share",
    "largest_share",
    "session_estimate",
    "session_low",
    "session_high",
    "p_value",
    "p_signed_rank",
)


def reduction(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return the pain reduction of every cell: the mean of each person's own mean, with interval.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    by : sequence of str
        What makes a cell beside the scale: region and technique, or one of them; each person's
        sessions are added up to it first.
    min_people : int
        Below it only counts are shown (statistics.md, 10).

    Returns
    -------
    DataFrame
        One row per cell, sorted by ``by`` and scale; cells without a session are absent. Counts:
        n_people (with a complete session), n_sessions (complete), n_missing (no after),
        sessions_median, sessions_max (per person). Points (VAS: mm): estimate, low, high (95 %),
        sd, median of the person means, mean_before, session_estimate, session_low, session_high
        (session-weighted, dominated by heavy loggers). Shares, 0 to 1: missing_share, positive,
        zero, negative (of people), worse_share (of sessions, by 2 points or more), floor_share,
        end_0_share, largest_share (one person's of all sessions). p_value (t) and p_signed_rank
        (Pratt) ask whether the mean differs from 0; they do not test a technique. ``few`` and
        ``imprecise`` mark results to be shown with a warning. ``reason`` says why a number is NaN.

    Notes
    -----
    x_i = Sc_i/n_i; M = mean of x; M ± t(0.975; G-1)·S/√G. R: ``t.test(x)``. Session-weighted:
    ΣSc/Σn with SE = √(G/(G-1)·Σu²)/Σn, u_i = Sc_i - E4·n_i (statistics.md, 3 and 4).
    """
    rows = [_cell(key, cell, min_people) for key, cell in cells(sums, by)]
    columns = [*by, "scale", *_COUNTS, *VALUES, "few", "imprecise", "reason"]
    return pd.DataFrame(rows, columns=columns)


_COUNTS = (
    "n_people",
    "n_sessions",
    "n_missing",
    "missing_share",
    "sessions_median",
    "sessions_max",
)


def _cell(key: dict, cell: pd.DataFrame, min_people: int) -> dict:
    """Return one row; the sums of one cell have one row per person."""
    complete = cell[cell["n"] > 0]
    n_sessions, n_missing = int(complete["n"].sum()), int(cell["m"].sum())
    row = key | {
        "n_people": len(complete),
        "n_sessions": n_sessions,
        "n_missing": n_missing,
        "missing_share": n_missing / (n_sessions + n_missing),
        "sessions_median": complete["n"].median(),
        "sessions_max": complete["n"].max(),
    }
    row["reason"] = why_not(key, row, min_people)
    row |= dict.fromkeys(VALUES, np.nan) if row["reason"] else _values(complete)
    if not row["reason"] and np.isnan(row["low"]):
        row["reason"] = enough.NO_VARIATION if row["sd"] == 0 else enough.FEW
    unit = SCALES[key["scale"]]["two_points"] / 20
    row["few"] = min_people <= row["n_people"] < enough.FEW_PEOPLE
    row["imprecise"] = bool((row["high"] - row["low"]) / 2 > enough.IMPRECISE * unit)
    return row


def why_not(key: dict, counts: dict, min_people: int) -> str:
    """Return why a cell shows counts only, or ""."""
    if COMBINED in key.values():
        return enough.COMBINED_PARTS
    if counts["missing_share"] == 1:  # there are sessions, and people: nobody has both ratings
        return enough.MISSING
    if counts["n_people"] == 0:
        return enough.NO_SESSIONS
    if counts["n_people"] < min_people:
        return enough.FEW
    if counts["missing_share"] > enough.MISSING_REFUSED:
        return enough.MISSING
    return ""


def _values(people: pd.DataFrame) -> dict:
    means = person_means(people)
    mean = mean_interval(means)
    total = {name: people[name].to_numpy().sum() for name in ("n", "kw", "n_floor", "n_end_0")}
    return {
        "estimate": mean.mean,
        "low": mean.low,
        "high": mean.high,
        "sd": mean.sd,
        "median": float(np.median(means)),
        "mean_before": mean_of((people["Sb"] / people["n"] / 10).to_numpy("float64")),
        "positive": float((means > 0).mean()),
        "zero": float((means == 0).mean()),
        "negative": float((means < 0).mean()),
        "worse_share": total["kw"] / total["n"],
        "floor_share": total["n_floor"] / total["n"],
        "end_0_share": total["n_end_0"] / total["n"],
        "largest_share": people["n"].max() / total["n"],
        "p_value": mean.p_value,
        "p_signed_rank": signed_rank(means).p_value,
        **_session_weighted(people),
    }


def person_means(people: pd.DataFrame) -> np.ndarray:
    """Return each person's mean reduction in points (VAS: mm), from sums with n above 0."""
    return (people["Sc"] / people["n"] / 10).to_numpy("float64")


def _session_weighted(people: pd.DataFrame) -> dict:
    n, changes, count = people["n"].to_numpy(), people["Sc"].to_numpy(), len(people)
    mean = changes.sum() / n.sum() / 10
    residuals = changes / 10 - mean * n
    half = np.nan
    if count > 1 and np.abs(residuals).max() > 1e-10:
        error = math.sqrt(count / (count - 1) * math.fsum(residuals**2)) / n.sum()
        half = float(special.stdtrit(count - 1, 0.975)) * error
    return {
        "session_estimate": float(mean),
        "session_low": float(mean - half),
        "session_high": float(mean + half),
    }
