"""Section 8: sessions without a rating after, and what they could change."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.language import N_
from analysis.statistics import enough
from analysis.statistics.intervals import mean_interval
from analysis.statistics.person_sums import merge_sums
from analysis.statistics.responders import RULES, SHARE_COLUMNS, counted_cells, share_line

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
        n_missing, missing_share, much_missing (above 20 %, to be shown with a warning), estimate,
        low, high in points (VAS: mm), reason.

    Notes
    -----
    A refilled session enters its person's mean; a person who has only such sessions enters too. No
    last value and no mean is filled in (statistics.md, 8).
    """
    rows = []
    for row, cell in counted_cells(sums, by, min_people):
        for assumption, sign in ASSUMPTIONS.items():
            line = row | {"assumption": assumption, "n_missing": int(cell["m"].sum())}
            rows.append(line if line["reason"] else line | _line(cell, sign))
    return pd.DataFrame(rows, columns=[*by, "scale", *_COLUMNS])


_COLUMNS = ("assumption", "n_people", "n_missing", "missing_share", "much_missing", "estimate",
            "low", "high", "reason")  # fmt: skip


def _line(cell: pd.DataFrame, sign: int | None) -> dict:
    sessions, changes = cell["n"].to_numpy(), cell["Sc"].to_numpy()
    if sign is not None:
        filled = {0: 0, -1: -cell["m_worse"].to_numpy(), 1: cell["m_better"].to_numpy()}[sign]
        sessions, changes = sessions + cell["m"].to_numpy(), changes + filled
    has = sessions > 0
    mean = mean_interval(changes[has] / sessions[has] / 10)
    line = {"n_people": mean.n, "estimate": mean.mean, "low": mean.low, "high": mean.high}
    if np.isnan(mean.low):
        line["reason"] = enough.NO_VARIATION if mean.sd == 0 else enough.FEW
    return line


def responders_missing_as_no(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return the shares of ``responders`` with every missing "after" counted as not reached.

    Parameters
    ----------
    sums, by, min_people
        As in ``sensitivity``.

    Returns
    -------
    DataFrame
        One row per cell, scale and rule ("30 percent", "2 points", "both"): rule, n_people,
        n_sessions (with and without after), missing_share, much_missing, share, low, high, reason,
        as in ``responders``. Not "worse by 2": there a no would be in favour of the technique.

    Notes
    -----
    k/(n + m) of a person; for 30 % k30 over all sessions with b > 0 (statistics.md, 8). A person
    who has only sessions without after has a share of 0.
    """
    rows = []
    for row, cell in counted_cells(sums, by, min_people):
        with_missing = cell.assign(n=cell["n"] + cell["m"], nb=cell["nb"] + cell["m_b"])
        for rule in ("30 percent", "2 points", "both"):
            line = row | {"rule": rule}
            if not line["reason"]:
                line |= share_line(with_missing, *RULES[rule], min_people=min_people)
            rows.append(line)
    return pd.DataFrame(rows, columns=[*by, "scale", *SHARE_COLUMNS])


def missing_after(
    sums: pd.DataFrame, *, by: Sequence[str] = ("technique",), min_people: int = 1
) -> pd.DataFrame:
    """Return how many sessions have no rating after, by technique and starting pain.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    by : sequence of str
        What is counted apart beside the scale: technique, region, both or neither. Sessions of
        several parts are counted like others.
    min_people : int
        With fewer people the row is hidden: starting pain of one or two is theirs alone. By default
        nothing is; a report says how many.

    Returns
    -------
    DataFrame
        One row per ``by``, scale and band of starting pain (0 to 3, above 3 to 6, above 6; on a
        VAS ten times that): n_people (with a session in any band), n_missing, n_sessions (with and
        without after), missing_share, reason.
    """
    rows = []
    people = merge_sums(sums, by=["participant", *by, "scale"])
    for key, group in people.groupby([*by, "scale"], sort=True):
        row = dict(zip([*by, "scale"], key, strict=True)) | {"n_people": len(group)}
        few = len(group) < min_people
        rows += [
            row | {"band": name} | ({"reason": enough.FEW} if few else _band(group, band))
            for name, band in _BANDS.items()
        ]
    columns = ("band", "n_people", "n_missing", "n_sessions", "missing_share", "reason")
    return pd.DataFrame(rows, columns=[*by, "scale", *columns])


_BANDS = {N_("0 to 3"): "0_3", N_("above 3 to 6"): "3_6", N_("above 6"): "6_10"}


def _band(group: pd.DataFrame, band: str) -> dict:
    missing = int(group[f"m_{band}"].sum())
    total = missing + int(group[f"n_{band}"].sum())
    return {
        "n_missing": missing,
        "n_sessions": total,
        "missing_share": missing / total if total else np.nan,
        "reason": "" if total else enough.NO_SESSIONS,
    }
