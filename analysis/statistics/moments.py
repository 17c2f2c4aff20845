"""Section 1, the date rule: what is known of the order of sessions."""

from collections.abc import Sequence

import pandas as pd


def moments(started_at: pd.Series, series: Sequence[pd.Series] = ()) -> pd.Series:
    """Return when each session was, as far as its place among those of its series is known.

    Parameters
    ----------
    started_at : Series of datetime
        In time order inside each series. A start at midnight is a date without a clock time (the
        sessions table has no other mark).
    series : sequence of Series
        What names the series of a session; those of one stand together. Without it, all are of one.

    Returns
    -------
    Series of datetime
        The start; the date, where some session of the series has no clock time on that date. Of
        sessions of a series with the same moment, the order is not known.

    Examples
    --------
    >>> starts = pd.Series(pd.to_datetime(["2026-03-01", "2026-03-01 09:00", "2026-03-02 09:00"]))
    >>> moments(starts).astype("str").to_list()
    ['2026-03-01 00:00:00', '2026-03-01 00:00:00', '2026-03-02 09:00:00']
    """
    date = started_at.dt.normalize()
    begins = pd.concat([key != key.shift() for key in (*series, date)], axis=1).any(axis=1)
    first = started_at.where(begins).ffill()  # of the date: midnight, where a clock time is missing
    return started_at.mask(first == date, date)
