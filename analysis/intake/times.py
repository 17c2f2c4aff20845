"""Text -> wall time, by explicit rules; day and month are never guessed."""

import re
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.sessions import UnusableLog

_OFFSET = r"\s?(?:Z|[+-]\d{2}:?\d{2})"
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
_CLOCK = (
    r"(?:[t,]?\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?"
)
_compiled = partial(re.compile, flags=re.ASCII)  # digits of other scripts are no digits here
_YEAR_FIRST = _compiled(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK)
_YEAR_LAST = _compiled(
    r"(?P<first>\d{1,2})[-/.]\s?(?P<second_part>\d{1,2})[-/.]\s?(?P<year>\d{4})" + _CLOCK
)
_DAY_WORD = _compiled(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<word>[a-z]{3,9})\.?,?[ -]+"
    r"(?P<year>\d{4})" + _CLOCK
)
_WORD_DAY = _compiled(
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
    order : str
        How dates with the year last were read and why; "" if there were none.
    """

    started_at: np.ndarray
    date_only: np.ndarray
    offset_dropped: int
    order: str


def read_times(texts: pd.Series, formats: list[str], file: str, column: str) -> Times:
    """Return the wall times in a column of text.

    ISO 8601 is read first, then the stated ``formats``, then dates with the year first or with the
    month as a word. Dates with the year last are read where a format states, or the column proves,
    whether the day or the month stands first.

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
    iso = words.str.fullmatch(f"{_ISO}(?:{_OFFSET})?", flags=re.ASCII)
    with_clock = iso & words.str.contains(r"[T ]\d{2}:")
    # Only after a clock is the offset cut by its shape: the "-03-01" of a date looks like one.
    wall = words.str[:10].where(~with_clock, words.str.replace(f"{_OFFSET}$", "", regex=True))
    times = pd.to_datetime(wall.where(iso, None), format="ISO8601", errors="coerce")
    times = times.dt.as_unit("us")
    date_only = (iso & ~with_clock).to_numpy(bool, copy=True)
    offset = (iso & (wall != words)).to_numpy(bool)
    rest = np.flatnonzero(~iso.to_numpy(bool) & words.ne("").to_numpy(bool))
    remaining = words.iloc[rest].str.lower()
    year_last = [match for word in remaining if (match := _YEAR_LAST.fullmatch(word))]
    day_first, order = None, ""
    if year_last and (stated := _stated_order(formats)) is not None:
        day_first = stated
    elif year_last and not formats:
        day_first, order = _proven_order(year_last, file, column)
    read = _by_formats(words.iloc[rest], formats)
    for place, word, (time, is_date) in zip(rest, remaining, read, strict=True):
        if pd.isna(time) and (day_first is not None or not _YEAR_LAST.fullmatch(word)):
            time, is_date = _one(word, day_first)
        times.iloc[place], date_only[place] = time, is_date
    return Times(
        times.to_numpy("datetime64[us]")[codes], date_only[codes], int(offset[codes].sum()), order
    )


def _by_formats(words: pd.Series, formats: list[str]) -> list[tuple[pd.Timestamp, bool]]:
    """Return the time that the first fitting format reads, and whether it is a date alone."""
    times = pd.Series(pd.NaT, index=words.index, dtype="datetime64[us]")
    date_only = pd.Series(False, index=words.index)
    for form in formats:
        now = pd.to_datetime(words.where(times.isna(), None), format=form, errors="coerce")
        date_only |= now.notna() & (re.search("%[HI]", form) is None)
        times = times.fillna(now.dt.as_unit("us"))
    return list(zip(times, date_only, strict=True))


def _stated_order(formats: list[str]) -> bool | None:
    """Return whether the formats put the day before the month; None if they say neither."""
    for form in formats:
        if "%d" in form and "%m" in form:
            return form.index("%d") < form.index("%m")
    return None


def _proven_order(matches: list[re.Match], file: str, column: str) -> tuple[bool, str]:
    """Return whether the day stands first, as a day above 12 proves, and the note that says so."""
    by_day = [match[0] for match in matches if _is_day(match["first"], match["second_part"])]
    by_month = [match[0] for match in matches if _is_day(match["second_part"], match["first"])]
    state = (
        "write dates as 2026-03-31, or state the order: save a line such as time: {formats: "
        '["%d/%m/%Y"]} (day first) or time: {formats: ["%m/%d/%Y"]} (month first) as my.yml and add '
        "--mapping my.yml"
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
            f"{matches[0][0]!r} could have the day or the month first, and no date in the file proves "
            f"which; {state}",
            column=column,
            value=matches[0][0],
        )
    proof, order = (by_day[0], "day first") if by_day else (by_month[0], "month first")
    return bool(by_day), f"dates were read {order}, as {proof!r} proves"


def _is_day(part: str, other: str) -> bool:
    """Return whether a part can only be a day, beside a possible month; else it proves nothing."""
    return 12 < int(part) <= 31 and 1 <= int(other) <= 12


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
