"""Text -> wall time and instant, by explicit rules; day and month are never guessed.

Every written form but a mapping's own formats and serial numbers is rewritten as ISO 8601 and read as
such, so that one pattern knows which days and hours there are. All of it works on whole columns.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.time_forms import (
    BEFORE_ZONE,
    DAY_FIRST,
    DAY_WORD,
    HOURS,
    ISO,
    ISO_OFFSET,
    MONTH_FIRST,
    MONTHS,
    WORD_DAY,
    YEAR_FIRST,
    directives,
)
from analysis.sessions import UserError

# pandas reads "now" and "today" from the clock and takes digits of any script.
_FOR_FORMATS = r"^\P{Nd}*[0-9](?:[0-9]|\P{Nd})*$"
_NUMBER = r"^\d{1,7}(?:\.\d+)?$"
_LIKELY_SERIAL = r"^[1-9]\d{4}(?:\.\d+)?$"  # from 1927 to 2173; "2025" is rather a year
_LAST_SERIAL = 2_958_465  # 9999-12-31
_NO_SUCH_SERIAL = 60  # 29 February 1900, which the 1900 date system counts and no calendar has
# Near the ends of the calendar an instant may fall outside it.
_FIRST_WALL, _LAST_WALL = np.datetime64("0001-01-02", "us"), np.datetime64("9999-12-30", "us")

#: What can be wrong with a time: rule and sentence. The first stands for nothing.
FAULTS = (
    ("", ""),
    ("not-a-time", "must be a date, or a date with a time, such as 2026-03-31 18:40"),
    (
        "not-a-time",
        "a serial number of a spreadsheet, not a date; write dates as 2026-03-31, or state "
        "time: {excel_serials: true} in a mapping",
    ),
    (
        "time-ambiguous",
        "the clocks were put back and this time came twice; write it with its offset from UTC, such as "
        "2026-10-25T02:30+01:00, or state time: {ambiguous: earlier} or time: {ambiguous: later} in a "
        "mapping",
    ),
    (
        "time-nonexistent",
        "the clocks were put forward and this time never came; correct it, or state "
        "time: {nonexistent: later} in a mapping",
    ),
    (
        "time-zone-unknown",
        "the time zone of this row is not a known one; write a name such as Europe/Berlin",
    ),
    ("date-only", "a date without a time of day; add the time, such as 2026-03-31 18:40"),
    (
        "time-zone-text",
        "a word such as EST or GMT+1 after a time does not say for certain which zone is meant; remove it, "
        "or state time: {timezone: America/New_York, trailing_zone: drop} in a mapping",
    ),
)
_NOT_A_TIME, _SERIAL, _AMBIGUOUS, _NONEXISTENT, _ZONE_UNKNOWN, _DATE_ONLY, _ZONE_NAMED = range(1, 8)


class TimeRules(NamedTuple):
    """What a mapping states about its times.

    Attributes
    ----------
    timezone : str
        IANA name of the zone of times without an offset; "" if not stated.
    timezone_column : str
        Header of a column that names each row's zone; its cells are passed to ``read_times``.
    formats : tuple of str
        strptime formats, tried after ISO 8601.
    excel_serials : bool
        Whether a number is a date of the 1900 system.
    ambiguous, nonexistent : str
        "error", or which instant is meant at a change of clocks: "earlier", "later".
    trailing_zone : str
        "refuse" or "drop" a zone's name after a time.
    date_only : str
        "accept" or "refuse" a date without a time of day.
    """

    timezone: str = ""
    timezone_column: str = ""
    formats: tuple[str, ...] = ()
    excel_serials: bool = False
    ambiguous: str = "error"
    nonexistent: str = "error"
    trailing_zone: str = "refuse"
    date_only: str = "accept"


class Times(NamedTuple):
    """The times of some rows; the counts are of times without a fault.

    Attributes
    ----------
    wall : ndarray of datetime64[us]
        Local wall time as written; NaT where the text is blank or no time.
    utc : ndarray of datetime64[us]
        The instant; NaT for dates alone, for faults, and where neither offset nor zone is known.
    date_only : ndarray of bool
        Whether the text has no time of day.
    fault : ndarray of int8
        Place in ``FAULTS``; 0 where nothing is wrong.
    with_offset, without_offset : int
        Times of day with an offset from UTC, and without one.
    chosen : int
        Times at a change of clocks that the rules settled.
    dropped_zone : int
        Times after which a zone's name was dropped.
    """

    wall: np.ndarray
    utc: np.ndarray
    date_only: np.ndarray
    fault: np.ndarray
    with_offset: int
    without_offset: int
    chosen: int
    dropped_zone: int


class _Read(NamedTuple):
    """Times as written; ``offset`` from UTC is NaT where there is none."""

    wall: np.ndarray
    date_only: np.ndarray
    offset: np.ndarray
    zone_named: np.ndarray

    def put(self, places: np.ndarray, found: "_Read") -> None:
        """Write what was found into these places."""
        for column, values in zip(self, found, strict=True):
            column[places] = values

    def take(self, places: np.ndarray) -> "_Read":
        """Return the times of these places."""
        return _Read(*(column[places] for column in self))


def _read(wall: np.ndarray, date_only: np.ndarray) -> _Read:
    none = np.full(len(wall), "NaT", "timedelta64[us]")
    return _Read(wall, date_only, none, np.zeros(len(wall), dtype=bool))


def read_times(
    texts: pa.StringArray | pa.ChunkedArray,
    rules: TimeRules,
    *,
    day_first: bool | None,
    zones: pa.StringArray | pa.ChunkedArray | None = None,
) -> Times:
    """Return the times in a column of text.

    ISO 8601 is read first, then the stated formats, then dates with the year first or with the month
    as a word, dates with the year last if their order is known, and serial numbers if stated.

    Parameters
    ----------
    texts : Arrow array of string
        Cleaned cells without nulls; "" is missing: NaT, and no fault.
    rules : TimeRules
        What the mapping states.
    day_first : bool or None
        The order in dates with the year last, from ``decide_order``; None reads none of them.
    zones : Arrow array of string, optional
        Each row's IANA zone; "" falls back to the stated one.

    Raises
    ------
    UserError
        For a format that strptime cannot use.
    """
    texts = _whole(texts)
    read = _iso(texts)
    fault = np.zeros(len(texts), dtype="int8")
    rest = np.flatnonzero(np.isnat(read.wall) & _mask(pc.not_equal(texts, "")))
    if rest.size:
        coded = texts.take(pa.array(rest)).dictionary_encode()
        words, codes = coded.dictionary, coded.indices.to_numpy()
        found = _with_zone_named(words, rules, day_first)
        read.put(rest, found.take(codes))
        fault[rest] = _written_faults(words, found, rules)[codes]
    if rules.date_only == "refuse":
        fault[read.date_only] = _DATE_ONLY
    utc, chosen = _instants(read, fault, rules, zones)
    timed = ~np.isnat(read.wall) & ~read.date_only & (fault == 0)
    n_offset = int((timed & ~np.isnat(read.offset)).sum())
    return Times(
        *(read.wall, utc, read.date_only, fault),
        with_offset=n_offset,
        without_offset=int(timed.sum()) - n_offset,
        chosen=chosen,
        dropped_zone=int((timed & read.zone_named).sum()),
    )


def _whole(texts: pa.StringArray | pa.ChunkedArray) -> pa.StringArray:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _mask(booleans: pa.BooleanArray) -> np.ndarray:
    return booleans.to_numpy(zero_copy_only=False)


def _fits(texts: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(texts, pattern)


def _iso(texts: pa.StringArray) -> _Read:
    """Read ISO 8601 without an offset."""
    iso = pc.if_else(_fits(texts, f"^{ISO}$"), _to_microsecond(texts), None)
    wall = iso.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False, writable=True)
    date_only = pc.equal(pc.utf8_length(iso), len("2026-03-31")).fill_null(False)
    return _read(wall, _mask(date_only))


def _to_microsecond(iso: pa.StringArray) -> pa.StringArray:
    """Cut the digits that a microsecond has not; Kobo and others write up to nine."""
    return pc.utf8_slice_codeunits(iso, 0, len("2026-03-31 18:40:00.000000"))


def _iso_with_offset(texts: pa.StringArray) -> _Read:
    part = partial(pc.struct_field, pc.extract_regex(texts, ISO_OFFSET))
    read = _iso(part("wall"))
    timed = pa.array(~np.isnat(read.wall) & ~read.date_only)
    written = pc.binary_join_element_wise(_to_microsecond(part("wall")), part("offset"), "")
    utc = pc.if_else(timed, written, None).cast(pa.timestamp("us", "UTC"))
    return read._replace(offset=read.wall - utc.to_numpy(zero_copy_only=False))


def _by_format(texts: pa.StringArray, form: str) -> _Read:
    words = pc.if_else(_fits(texts, _FOR_FORMATS), texts, None).to_pandas()
    try:
        times = pd.to_datetime(words.astype("str"), format=form, errors="coerce")
    except (ValueError, re.error) as error:
        raise UserError(
            f"the time format {form!r} cannot be used; name each part of a time once, as in "
            "%d/%m/%Y %H:%M"
        ) from error
    wall = times.dt.as_unit("us").to_numpy("datetime64[us]", copy=True)
    date_only = ~np.isnat(wall) & {"H", "I"}.isdisjoint(directives(form))
    return _read(wall, date_only)


def _by_pattern(texts: pa.StringArray, pattern: str) -> _Read:
    """Read a written form by the parts that its pattern names."""
    part = partial(pc.struct_field, pc.extract_regex(texts, pattern))
    join = pc.binary_join_element_wise
    date = join(
        part("year"), _looked_up(part("month"), MONTHS), pc.utf8_lpad(part("day"), 2, "0"), "-"
    )
    hour = _looked_up(join(part("hour"), part("half"), ""), HOURS)
    second = pc.if_else(pc.equal(part("second"), ""), "00", part("second"))
    clock = join(hour, part("minute"), second, ":")
    return _iso(pc.if_else(pc.equal(part("hour"), ""), date, join(date, clock, " ")).fill_null(""))


def _looked_up(words: pa.StringArray, table: dict[str, str]) -> pa.StringArray:
    places = pc.index_in(pc.ascii_lower(words), pa.array(list(table)), skip_nulls=True)
    return pa.array(list(table.values())).take(places)


def _by_serial(texts: pa.StringArray) -> _Read:
    """Read numbers as days of the 1900 date system, to the second."""
    numbers = pc.if_else(_fits(texts, _NUMBER), texts, None).cast(pa.float64())
    days = numbers.to_numpy(zero_copy_only=False)
    seconds = np.rint(days * 86_400)
    day = seconds // 86_400
    valid = (day >= 1) & (day <= _LAST_SERIAL) & (day != _NO_SUCH_SERIAL)
    seconds = np.where(valid, seconds + 86_400 * (day < _NO_SUCH_SERIAL), 0)
    wall = np.datetime64("1899-12-30", "us") + seconds.astype("timedelta64[s]")
    wall = np.where(valid, wall, np.datetime64("NaT", "us"))
    return _read(wall, valid & (days % 1 == 0))


def _readers(rules: TimeRules, day_first: bool | None) -> tuple[Callable, ...]:
    """Return what reads a text, in order: the first that can, does."""
    year_last = {None: (), True: (DAY_FIRST,), False: (MONTH_FIRST,)}[day_first]
    patterns = (YEAR_FIRST, *year_last, DAY_WORD, WORD_DAY)
    return (
        *(_iso, _iso_with_offset),
        *(partial(_by_format, form=form) for form in rules.formats),
        *(partial(_by_pattern, pattern=pattern) for pattern in patterns),
        *((_by_serial,) if rules.excel_serials else ()),
    )


def _as_written(words: pa.StringArray, rules: TimeRules, day_first: bool | None) -> _Read:
    read = _read(np.full(len(words), "NaT", "datetime64[us]"), np.zeros(len(words), dtype=bool))
    for reader in _readers(rules, day_first):
        unread = np.flatnonzero(np.isnat(read.wall))
        if not unread.size:
            break
        read.put(unread, reader(words.take(pa.array(unread))))
    return read


def _with_zone_named(words: pa.StringArray, rules: TimeRules, day_first: bool | None) -> _Read:
    """Read texts as written, and those that have no other fault without the zone's name at the end."""
    read = _as_written(words, rules, day_first)
    places = np.flatnonzero(np.isnat(read.wall) & _mask(_fits(words, BEFORE_ZONE)))
    before = pc.extract_regex(words.take(pa.array(places)), BEFORE_ZONE)
    found = _as_written(pc.struct_field(before, "time"), rules, day_first)
    # A word after a date alone is no zone.
    timed = ~np.isnat(found.wall) & ~found.date_only
    read.put(places[timed], found.take(timed)._replace(zone_named=True))
    return read


def _written_faults(words: pa.StringArray, read: _Read, rules: TimeRules) -> np.ndarray:
    """Return what is wrong with the texts themselves, whatever their zone."""
    unread = np.isnat(read.wall)
    fault = np.where(unread, _NOT_A_TIME, 0).astype("int8")
    if not rules.excel_serials:
        fault[unread & _mask(_fits(words, _LIKELY_SERIAL))] = _SERIAL
    if rules.trailing_zone == "refuse":
        fault[read.zone_named] = _ZONE_NAMED
    return fault


def known_zone(name: str) -> bool:
    """Return whether a name is an IANA time zone."""
    return name in zone_names()


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the IANA time zones; a zone of this computer alone is none."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _instants(
    read: _Read, fault: np.ndarray, rules: TimeRules, zones: pa.StringArray | None
) -> tuple[np.ndarray, int]:
    """Return the instants and how many the rules settled; mark in ``fault`` what has none."""
    utc = read.wall - read.offset
    inner = (read.wall >= _FIRST_WALL) & (read.wall < _LAST_WALL)
    names, codes = _zone_names(rules, zones, len(utc))
    unknown = np.array([bool(name) and not known_zone(name) for name in names], dtype=bool)
    fault[unknown[codes] & ~np.isnat(read.wall) & (fault == 0)] = _ZONE_UNKNOWN
    local = inner & ~read.date_only & np.isnat(read.offset) & (fault == 0)
    chosen = 0
    for code in np.flatnonzero([known_zone(name) for name in names]):
        rows = np.flatnonzero(local & (codes == code))
        utc[rows], fault[rows], settled = _localised(read.wall[rows], names[code], rules)
        chosen += settled
    utc[(fault != 0) | ~inner] = np.datetime64("NaT")
    return utc, chosen


def _zone_names(
    rules: TimeRules, zones: pa.StringArray | None, n_rows: int
) -> tuple[list[str], np.ndarray]:
    """Return the distinct names of zones, "" where none is stated, and each row's place among them."""
    if zones is None:
        return [rules.timezone], np.zeros(n_rows, dtype="int8")
    zones = _whole(zones)
    coded = pc.if_else(pc.equal(zones, ""), rules.timezone, zones).dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy()


def _localised(wall: np.ndarray, zone: str, rules: TimeRules) -> tuple[np.ndarray, np.ndarray, int]:
    """Return instants, faults, and how many times at a change of clocks were settled.

    A time that never came is read by the clock before the change, as if it had not been put forward.
    """
    times = pd.DatetimeIndex(wall)
    local = times.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    utc = local.tz_convert(None).to_numpy("datetime64[us]", copy=True)
    fault = np.zeros(len(wall), dtype="int8")
    places = np.flatnonzero(np.isnat(utc))
    odd = times[places]
    first = np.full(len(odd), rules.ambiguous != "later")
    twice = odd.tz_localize(zone, ambiguous=first, nonexistent="NaT").notna()
    before = odd.tz_localize(zone, ambiguous=first, nonexistent="shift_backward")
    offset = before.tz_localize(None) - before.tz_convert(None)
    refused = np.where(
        twice,
        _AMBIGUOUS if rules.ambiguous == "error" else 0,
        _NONEXISTENT if rules.nonexistent == "error" else 0,
    )
    utc[places], fault[places] = odd - offset, refused
    return utc, fault, int((refused == 0).sum())
