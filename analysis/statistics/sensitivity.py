"""Section 8: sessions without a rating after, and what they could change."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.statistics import enough
from analysis.statistics.intervals import mean_interval
from analysis.statistics.person_sums import cells
from analysis.statistics.reduction import why_not

#: Line -> the sum over the sessions without "after" that its assumption adds to the changes.
ASSUMPTIONS = {"complete": None, "no change": 0, "2 points worse": -1, "2 points better": 1}


def sensitivity(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return the mean of every cell under three assumptions about the missing "after".

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    by : sequence of str
        What makes a cell beside the scale, as in ``reduction``.
    min_people : int
        Below it, nothing is shown.

    Returns
    -------
    DataFrame
        One row per cell, scale and assumption ("complete": sessions with both ratings;
        "no change"; "2 points worse"; "2 points better", both within the scale): n_people,
        n_missing, estimate, low, high in points (VAS: mm), reason.

    Notes
    -----
    A refilled session enters its person's mean; a person who has only such sessions enters too. No
    last value and no mean is filled in (statistics.md, 8).
    """
    rows = []
    for names, cell in cells(sums, by):
        n, m = int(cell["n"].sum()), int(cell["m"].sum())
        counts = {"n_people": int((cell["n"] > 0).sum()), "missing_share": m / (n + m)}
        reason = why_not(names, counts, min_people)
        for assumption, sign in ASSUMPTIONS.items():
            row = names | {"assumption": assumption, "n_missing": m, "reason": reason}
            rows.append(row | (_hidden(counts) if reason else _line(cell, sign)))
    columns = ("assumption", "n_people", "n_missing", "estimate", "low", "high", "reason")
    return pd.DataFrame(rows, columns=[*by, "scale", *columns])


def _hidden(counts: dict) -> dict:
    return {"n_people": counts["n_people"], "estimate": np.nan, "low": np.nan, "high": np.nan}


def _line(cell: pd.DataFrame, sign: int | None) -> dict:
    if sign is None:
        sessions, changes = cell["n"], cell["Sc"]
    else:
        filled = {0: 0, -1: -cell["m_worse"], 1: cell["m_better"]}[sign]
        sessions, changes = cell["n"] + cell["m"], cell["Sc"] + filled
    has = sessions > 0
    mean = mean_interval((changes[has] / sessions[has] / 10).to_numpy("float64"))
    reason = enough.NO_VARIATION if mean.sd == 0 else ""
    return {
        "n_people": mean.n,
        "estimate": mean.mean,
        "low": mean.low,
        "high": mean.high,
        "reason": reason,
    }


def missing_after(sums: pd.DataFrame) -> pd.DataFrame:
    """Return how many sessions have no rating after, by technique and starting pain.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.

    Returns
    -------
    DataFrame
        One row per technique, scale and band of starting pain (0 to 3, above 3 to 6, above 6; on a
        VAS ten times that): n_missing, n_sessions (with and without after).
    """
    bands = {"0 to 3": "0_3", "above 3 to 6": "3_6", "above 6": "6_10"}
    total = (
        sums.groupby(["technique", "scale"], sort=True)[
            [f"{kind}_{band}" for kind in "nm" for band in bands.values()]
        ]
        .sum()
        .reset_index()
    )
    rows = [
        {
            "technique": row["technique"],
            "scale": row["scale"],
            "band": name,
            "n_missing": int(row[f"m_{band}"]),
            "n_sessions": int(row[f"n_{band}"] + row[f"m_{band}"]),
        }
        for _, row in total.iterrows()
        for name, band in bands.items()
    ]
    return pd.DataFrame(rows, columns=["technique", "scale", "band", "n_missing", "n_sessions"])
