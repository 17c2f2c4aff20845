"""Section 7: shares of sessions and counts of people with an immediate change of at least ..."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.statistics.intervals import mean_interval
from analysis.statistics.person_sums import cells
from analysis.statistics.reduction import why_not

#: Rule -> the sums it counts and the sessions it counts among. Never joined by "or".
RULES = {
    "30 percent": ("k30", "nb"),
    "2 points": ("k2", "n"),
    "both": ("kboth", "n"),
    "worse by 2": ("kw", "n"),
}


def responders(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return for every cell and rule how often the change within a session was at least so large.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    by : sequence of str
        What makes a cell beside the scale, as in ``reduction``.
    min_people : int
        Below it, only counts are shown.

    Returns
    -------
    DataFrame
        One row per cell, scale and rule ("30 percent", "2 points", "both",
        "worse by 2"; 20 mm on a VAS). share, low, high: mean over people of each person's share of
        sessions, with a t interval clipped to 0 to 1 (Wilson on people if all shares are equal);
        n_people behind it. people, people_of, people_low, people_high: people whose mean change
        meets the rule, of how many, with Wilson's interval. n_start_0: sessions that started at 0
        and left the 30 % denominator. ``reason`` says why a number is NaN.

    Notes
    -----
    Counted on whole tenths: 30 %: b > 0 and 10c >= 3b; 2 points: c >= 20 tenths (statistics.md, 7).
    Published thresholds describe weeks of treatment, not one session.
    """
    rows = []
    for names, cell in cells(sums, by):
        people = cell[cell["n"] > 0]
        missing = cell["m"].sum() / (cell["n"].sum() + cell["m"].sum())
        reason = why_not(names, {"n_people": len(people), "missing_share": missing}, min_people)
        for rule in RULES:
            row = names | {"rule": rule, "n_people": len(people), "reason": reason}
            rows.append(row if reason else row | _rule(people, rule, names["scale"], min_people))
    return pd.DataFrame(rows, columns=[*by, "scale", *_COLUMNS])


_COLUMNS = ("rule", "n_people", "share", "low", "high", "people", "people_of", "people_low",
            "people_high", "n_start_0", "reason")  # fmt: skip


def _rule(people: pd.DataFrame, rule: str, scale: str, min_people: int) -> dict:
    count, among = RULES[rule]
    counted = people[people[among] > 0]
    if counted.empty:
        return {"n_people": 0, "reason": "no session started above 0"}
    if len(counted) < min_people:  # those who never started above 0 are no part of the count
        return {"n_people": len(counted), "reason": enough.FEW}
    shares = (counted[count] / counted[among]).to_numpy("float64")
    mean = mean_interval(shares)
    low, high = mean.low, mean.high
    if np.isnan(low):
        low, high = wilson(mean.mean * len(shares), len(shares))
    meets = _meets(counted, rule, SCALES[scale]["two_points"])
    people_low, people_high = wilson(int(meets.sum()), len(counted))
    return {
        "n_people": len(counted),
        "share": mean.mean,
        "low": max(0.0, low),
        "high": min(1.0, high),
        "people": int(meets.sum()),
        "people_of": len(counted),
        "people_low": people_low,
        "people_high": people_high,
        "n_start_0": int((people["n"] - people["nb"]).sum()),
        "reason": "",
    }


def _meets(people: pd.DataFrame, rule: str, two: int) -> pd.Series:
    """Return whether each person's mean change meets the rule, on whole tenths."""
    c30 = 10 * people["Sc"] >= 3 * people["Sb"]
    c2 = people["Sc"] >= two * people["n"]
    return {
        "30 percent": c30,
        "2 points": c2,
        "both": c30 & c2,
        "worse by 2": people["Sc"] <= -two * people["n"],
    }[rule]


def wilson(k: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval for k of n people, clipped to 0 to 1.

    Examples
    --------
    >>> [round(limit, 3) for limit in wilson(0, 7)]
    [0.0, 0.354]
    """
    z = stats.norm.ppf(0.975)
    share = k / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # The ends are exact, so that an interval holds its own share.
    low = 0.0 if k == 0 else float(max(0.0, centre - half))
    high = 1.0 if k == n else float(min(1.0, centre + half))
    return low, high
