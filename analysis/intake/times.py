"""Text -> wall time, by explicit rules; day and month are never guessed."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.sessions import UnusableLog

_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
_OFFSET = r"\s?(?:Z|[+-]\d{2}:?\d{2})"
_CLOCK = (
    r"(?:[T,]?\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})[-/.]\s?(?P<second_part>\d{1,2})[-/.]\s?(?P<year>\d{4})" + _CLOCK
)
_DAY_WORD = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<word>[a-z]{3,9})\.?,?[ -]+"
    r"(?P<year>\d{4})" + _CLOCK
)
_WORD_DAY = re.compile(
    r"(?P<word>[a-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})" + _CLOCK
)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class Times(NamedTuple):
    """The times of one column.

    Attributes
    ----------
    started_at : ndarray of datetime64[us]
        Local wall time as written; NaT where the text is no time.
    date_only : ndarray of bool
        Whether the text had no time of day.
    offset_dropped : int
        How many texts carried an offset from UTC.
    """

    started_at: np.ndarray
    date_only: np.ndarray
    offset_dropped: int


def read_times(texts: pd.Series, formats: list[str], file: str, column: str) -> Times:
    """Return the wall times in a column of text.

    ISO 8601 is read first. Then the stated ``formats``, if there are any; else dates with the year
    first, with the month as a word, or with the year last where the column proves whether the day
    or the month stands first.

    Parameters
    ----------
    texts : Series of str
        Cleaned cells; blank ones give NaT.
    formats : list of str
        strptime formats from a mapping.
    file, column : str
        For the error.

    Raises
    ------
    UnusableLog
        "date-order": when day and month cannot be told apart, or lines prove both orders.
    """
    codes, distinct = pd.factorize(texts)
    words = pd.Series(distinct, dtype="str")
    iso = words.str.fullmatch(f"{_ISO}(?:{_OFFSET})?")
    wall = words.where(iso, None).str.replace(f"{_OFFSET}$", "", regex=True)
    # An offset looks like "-05:00" and a date like "-05": only a text with a clock can have one.
    wall = wall.where(words.str.contains(":"), words)
    times = pd.to_datetime(wall.where(iso, None), format="ISO8601", errors="coerce")
    times = times.dt.as_unit("us")
    date_only = (iso & ~words.str.contains(":")).to_numpy(bool, copy=True)
    offset = (iso & words.str.contains(":") & (wall != words)).to_numpy(bool)
    rest = np.flatnonzero(~iso.to_numpy(bool) & words.ne("").to_numpy(bool))
    if formats:
        read = _stated(words.iloc[rest], formats)
    else:
        read = _unstated(words.iloc[rest], file, column)
    for place, (time, is_date) in zip(rest, read, strict=True):
        times.iloc[place], date_only[place] = time, is_date
    return Times(
        times.to_numpy("datetime64[us]")[codes], date_only[codes], int(offset[codes].sum())
    )


def _stated(words: pd.Series, formats: list[str]) -> list[tuple[pd.Timestamp, bool]]:
    times = pd.Series(pd.NaT, index=words.index, dtype="datetime64[us]")
    date_only = pd.Series(False, index=words.index)
    for form in formats:
        now = pd.to_datetime(words.where(times.isna(), None), format=form, errors="coerce")
        date_only |= now.notna() & (re.search("%[HIXcT]", form) is None)
        times = times.fillna(now.dt.as_unit("us"))
    return list(zip(times, date_only, strict=True))


def _unstated(words: pd.Series, file: str, column: str) -> list[tuple[pd.Timestamp, bool]]:
    """Read what needs no statement; the order of day and month must be proven by the column."""
    year_last = [match for word in words if (match := _YEAR_LAST.fullmatch(word.lower()))]
    day_first = _day_first(year_last, file, column) if year_last else None
    return [_one(word.lower(), day_first) for word in words]


def _day_first(matches: list[re.Match], file: str, column: str) -> bool:
    by_day = [match[0] for match in matches if int(match["first"]) > 12]
    by_month = [match[0] for match in matches if int(match["second_part"]) > 12]
    state = (
        "write dates as 2026-03-31, or state the order in a mapping: time: {formats: "
        '["%d/%m/%Y"]} for day first, ["%m/%d/%Y"] for month first'
    )
    if by_day and by_month:
        raise UnusableLog(
            file,
            "date-order",
            f"{by_day[0]!r} has the day first and {by_month[0]!r} the month; {state}",
            column=column,
            value=by_month[0],
        )
    if not by_day and not by_month:
        raise UnusableLog(
            file,
            "date-order",
            f"{matches[0][0]!r} could have the day or the month "
            f"first, and no date in the file proves which; {state}",
            column=column,
            value=matches[0][0],
        )
    return bool(by_day)


def _one(word: str, day_first: bool | None) -> tuple[pd.Timestamp, bool]:
    """Return one time and whether it is a date alone; (NaT, False) when it is no time."""
    match = next(
        (
            match
            for pattern in (_YEAR_FIRST, _YEAR_LAST, _DAY_WORD, _WORD_DAY)
            if (match := pattern.fullmatch(word))
        ),
        None,
    )
    if match is None:
        return pd.NaT, False
    parts = match.groupdict()
    if "first" in parts:
        first, second = parts["first"], parts["second_part"]
        day, month = (first, second) if day_first else (second, first)
    else:
        day, month = parts["day"], parts.get("month") or _month(parts["word"])
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return pd.NaT, False
        hour = hour % 12 + (12 if parts["half"].startswith("p") else 0)
    try:
        time = pd.Timestamp(
            year=int(parts["year"]),
            month=int(month),
            day=int(day),
            hour=hour,
            minute=int(parts["minute"] or 0),
            second=int(parts["second"] or 0),
        )
    except ValueError:
        return pd.NaT, False
    return time, parts["hour"] is None


def _month(word: str) -> int:
    """Return the number of an English month, whole or cut to three letters or more; else 0."""
    hits = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(word)]
    return hits[0] if len(hits) == 1 else 0
