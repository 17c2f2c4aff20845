"""Section 12, beside the change within a session: the pain at the start of the next one.

Rows, not sums: which session comes next is a question of dates.
"""

import numpy as np
import pandas as pd

from analysis.language import N_
from analysis.sessions import in_tenths
from analysis.statistics import enough
from analysis.statistics.intervals import mean_interval
from analysis.statistics.moments import moments
from analysis.statistics.person_sums import KEY
from analysis.statistics.reduction import why_not
from analysis.vocabulary import COMBINED, REST

#: A next session that starts later than this after the first says little about it.
WITHIN = pd.Timedelta(days=7)

#: Why a cell that has sessions has no pair.
NO_NEXT = N_("no session with both ratings was followed by another in time")

#: What is hidden, NaN, when a cell has too few people or too much missing.
VALUES = ("hours_median", "immediate", "immediate_low", "immediate_high", "next", "next_low",
          "next_high")  # fmt: skip

_COLUMNS = ("sessions_of", "region", "technique", "scale", "n_people", "n_sessions", "n_missing",
            "missing_share", "n_pairs", "n_timed", *VALUES, "reason")  # fmt: skip
_NO_CELL = {"region": "", "technique": ""}
# Pain is rated per region: only ratings of one region, on one scale, follow each other.
_SERIES = ["participant", "region", "scale"]


def next_session(
    sessions: pd.DataFrame,
    *,
    min_people: int = enough.MIN_PEOPLE,
    within: pd.Timedelta = WITHIN,
) -> pd.DataFrame:
    """Return how much lower pain was right after a session, and how much at the next one's start.

    A pair is a session with both ratings and the same person's next session in the same region and
    on the same scale, whatever its technique, that starts within ``within``. Of one session only the
    very next counts; where that comes too late, or where it cannot be told which comes next, there
    is no pair.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, started_at, region, technique, scale, pain_before, pain_after.
    min_people : int
        With pairs of fewer people, only counts are shown.
    within : Timedelta
        From start to start. Calendar days where a start has no clock time.

    Returns
    -------
    DataFrame
        One row per scale and group: ``sessions_of`` "other than rest" and "rest" (region and
        technique ""), then "one technique" for every region and technique, sorted by them. The
        technique is that of the first session. Counts: n_people (with a pair), n_sessions (with
        both ratings), n_missing (no after), missing_share, n_pairs, n_timed (pairs with two clock
        times). hours_median: from start to start, over the timed pairs; NaN without one. Points
        (VAS: mm), positive is less pain, over people, with 95 % intervals: immediate = before -
        after; next = before - before of the next session. ``reason`` says why a number or an
        interval is NaN.

    Notes
    -----
    Both numbers are of the same pairs: the mean of each person's pairs, then the mean over people, M
    ± t(0.975; G-1)·S/√G. R: ``t.test(x)`` on person means (clinician-report.md, F; statistics.md, 4).
    People start again when it hurts; this can hide a lasting change.

    Of several sessions of a series on one date, one of them without a clock time, or at the same
    start, the order is not known (``moments``): no pair begins or ends with one of them. Elapsed
    time is that of the local clock.

    Sessions of several regions have no rating of one region and are left out, also as the next one.
    Sessions of several techniques in one region are a next session like any other; as a first one
    they are counted in a row of their own and enter no mean.
    """
    linked = _linked(sessions, within)
    single = linked[linked["technique"] != COMBINED]
    rest = single["technique"] == REST
    groups = (
        ("other than rest", single[~rest], ["scale"]),
        ("rest", single[rest], ["scale"]),
        ("one technique", linked, ["region", "technique", "scale"]),
    )
    rows = [
        _row({"sessions_of": name, **_NO_CELL, **dict(zip(by, key, strict=True))}, cell, min_people)
        for name, group, by in groups
        for key, cell in group.groupby(by, observed=True, sort=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _linked(sessions: pd.DataFrame, within: pd.Timedelta) -> pd.DataFrame:
    """Return the rated sessions of one region with what followed: immediate, next (tenths), hours.

    They are NaN where no pair begins; hours also where a start has no clock time.
    """
    usable = sessions["pain_before"].notna() & (sessions["region"] != COMBINED)
    rated = sessions.loc[usable, [*KEY, "started_at", "pain_before", "pain_after"]]
    # Categories and a number for the series, for words are slow to sort and to count.
    rated = rated.astype(dict.fromkeys(KEY, "category"))
    codes = [rated[name].cat for name in _SERIES]
    series = np.ravel_multi_index(
        [code.codes for code in codes], [len(code.categories) for code in codes]
    )
    in_time = np.lexsort((rated["started_at"], series))
    rated = rated.assign(series=series).iloc[in_time].reset_index(drop=True)
    date = rated["started_at"].dt.normalize()
    timed, ordered = rated["started_at"] != date, _ordered(rated)
    following = rated[["series", "started_at", "pain_before"]].shift(-1)
    both_timed = timed & timed.shift(-1, fill_value=False)
    days, elapsed = date.shift(-1) - date, following["started_at"] - rated["started_at"]
    pair = (
        (rated["series"] == following["series"])
        & (elapsed.where(both_timed, days) <= within)
        & ordered
        & ordered.shift(-1, fill_value=False)
        & rated["pain_after"].notna()
    )
    before = in_tenths(rated["pain_before"])
    changes = {
        "immediate": before - in_tenths(rated["pain_after"]),
        "next": before - in_tenths(following["pain_before"]),
        "hours": (elapsed / pd.Timedelta(hours=1)).where(both_timed),
    }
    return rated[[*KEY, "pain_after"]].assign(
        **{name: np.where(pair, change, np.nan) for name, change in changes.items()}
    )


def _ordered(rated: pd.DataFrame) -> pd.Series:
    """Return whether the place of a session among those of its series is known."""
    moment = moments(rated["started_at"], [rated["series"]])
    # They stand by series and start: those of one moment are neighbours.
    as_before = (rated["series"] == rated["series"].shift()) & (moment == moment.shift())
    return ~as_before & ~as_before.shift(-1, fill_value=False)


def _row(key: dict, cell: pd.DataFrame, min_people: int) -> dict:
    """Return one row from the linked sessions of one group."""
    pairs = cell[cell["next"].notna()]
    complete = cell["pain_after"].notna()
    row = key | {
        "n_people": pairs["participant"].nunique(),
        "n_sessions": int(complete.sum()),
        "n_missing": int((~complete).sum()),
        "missing_share": float((~complete).mean()),
        "n_pairs": len(pairs),
        "n_timed": int(pairs["hours"].notna().sum()),
    }
    reason = why_not(key, row, min_people)
    if reason:
        row["reason"] = NO_NEXT if reason == enough.NO_SESSIONS else reason
        return row | dict.fromkeys(VALUES, np.nan)
    return row | _values(pairs)


def _values(pairs: pd.DataFrame) -> dict:
    """Return the estimates of one group and why an interval is NaN."""
    values = {"hours_median": float(pairs["hours"].median()), "reason": ""}
    person = pairs["participant"].cat.codes.to_numpy()
    n_pairs = np.bincount(person)
    has = n_pairs > 0
    for name in ("immediate", "next"):
        total = np.bincount(person, weights=pairs[name])  # of whole tenths, and so exact
        mean = mean_interval(total[has] / n_pairs[has] / 10)
        values |= {name: mean.mean, f"{name}_low": mean.low, f"{name}_high": mean.high}
        if np.isnan(mean.low):
            values["reason"] = enough.FEW if mean.n == 1 else enough.NO_VARIATION
    return values
