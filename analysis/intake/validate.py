"""Canonical text cells -> typed sessions and every fault of every row, chunk by chunk.

Each column is read once per distinct text, so that a rule is a plain function of one cell and a
million rows cost little more than their distinct values. What only the whole file can tell (its
scale, what to remark) leaves as counts that add up.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.faults import NO_FAULTS, by_mask, shown, wrong_texts
from analysis.intake.free_text import free_text, n_with_nul
from analysis.intake.mapping import ColumnRule
from analysis.intake.parts import terms
from analysis.intake.readers import Fault, reader, refuse_marked
from analysis.intake.reading import ReadColumn, Reading, categories, filled
from analysis.intake.table import distinct
from analysis.intake.times import FAULTS as TIME_FAULTS
from analysis.intake.times import Times, read_times
from analysis.sessions import COLUMNS, SCALES, Column, in_tenths
from analysis.vocabulary import clean, fold, vocabulary

_EARLIEST = np.datetime64("1990-01-01")  # the published trial in the tests is of 1997
# Printable ASCII without blanks at its ends is clean as it stands.
_PLAIN = r"^(?:[!-~](?:[ -~]*[!-~])?)?$"
_RATINGS = ("pain_before", "pain_after")

#: The participant of a log without such a column, unless the user names them.
ONE_PERSON = "P01"


class Validated(NamedTuple):
    """The rows of a chunk as read.

    Attributes
    ----------
    sessions : DataFrame
        One row per row of the chunk, also the faulty ones, in order: ``COLUMNS``, ``session_number``,
        ``submission``, ``started_at_utc``, ``pain_reduction``, ``parts``, ``parts_named``. Words are
        categories; missing text is "", a missing number NaN.
    date_only : ndarray of bool
        Whether the row's start is a date without a time.
    faults : DataFrame
        One row per fault: place (of the row), column (header as written), value, rule, message.
    counts : Counter
        What adds up over the chunks of a file: rated, above (10), with_offset, without_offset,
        chosen, dropped_zone, nul, and rounded ratings by column.
    highest : float
        The highest rating; minus infinity without one.
    unread : bool
        Whether some start is no time as far as is known.
    """

    sessions: pd.DataFrame
    date_only: np.ndarray
    faults: pd.DataFrame
    counts: Counter
    highest: float
    unread: bool


def validate(cells: pa.Table, reading: Reading) -> Validated:
    """Return the rows of a chunk with their faults.

    Parameters
    ----------
    cells : pyarrow.Table
        Under canonical names, string or dictionary of string, no nulls.
    reading : Reading
        What holds for all chunks of the file.
    """
    read = {
        column.name: _column(column, cells, reading)
        for column in COLUMNS
        if column.kind not in ("time", "text")
    }
    texts = {
        column.name: free_text(column, cells, reading)
        for column in COLUMNS
        if column.kind == "text"
    }
    start = cleaned(cells["started_at"])
    times = _times(start, cells, reading)
    sessions = pd.DataFrame(
        _people(read, reading, len(cells))
        | terms(read, reading)
        | _answers(read)
        | _numbers(read, reading)
        | {name: text for name, (text, _) in texts.items()}
        | {"started_at": times.wall, "started_at_utc": times.utc}
        | {name: _words(_plain(cells, name)) for name in ("session_number", "submission")}
    )
    faults = [column.faults for column in read.values()] + [faults for _, faults in texts.values()]
    faults += _time_faults(times, start, reading)
    faults.append(_nothing_done(read, cells, reading))
    faults += _out_of_range(sessions, cells, reading)
    found = pd.concat([NO_FAULTS, *(part for part in faults if len(part))], ignore_index=True)
    ratings = sessions[list(_RATINGS)].drop(index=found["place"].unique())
    counts = _counts(ratings, times, cells)
    highest = np.nanmax(sessions[list(_RATINGS)].to_numpy(), initial=-np.inf)
    unread = bool(times.fault.any())
    return Validated(_in_tenths(sessions), times.date_only, found, counts, highest, unread)


# Reading a column


def _column(column: Column, cells: pa.Table, reading: Reading) -> ReadColumn:
    """Return one column's values by distinct text, and its faults by place of the row."""
    blank = {"rating": np.nan, "number": np.nan, "term": []}.get(column.kind, "")
    if column.name not in cells.column_names:
        return ReadColumn(np.zeros(len(cells), "int64"), [blank], NO_FAULTS)
    rule = reading.rule(column.name)
    read = reader(column, rule, reading.mapping.terms, decimal_comma=reading.decimal_comma)
    required = column.required and column.name != "technique"  # a tool can stand for it
    codes, texts = distinct(cells[column.name])
    values, wrong = [blank] * len(texts), {}
    for place, raw in enumerate(texts):
        try:
            refuse_marked(raw)
            text = clean(raw)
            if not _is_missing(text, column, rule):
                values[place] = read(text)
            elif required:
                raise Fault("missing", f"{column.name} is required; fill it in")
        except Fault as fault:
            wrong[place] = (shown(raw), fault.rule, fault.message)
    header = reading.headers.get(column.name, column.name)
    return ReadColumn(codes, values, wrong_texts((codes, len(texts)), wrong, header))


def _plain(cells: pa.Table, name: str) -> pa.Array:
    """Return a column as plain text, cleaned; blank where there is none."""
    if name not in cells.column_names:
        return pa.array([""]).dictionary_encode().take(pa.array(np.zeros(len(cells), "int64")))
    return cleaned(cells[name])


def cleaned(column: pa.ChunkedArray) -> pa.Array:
    """Return texts without invisible characters and outer blanks, as ``vocabulary.clean`` does."""
    texts = column.combine_chunks().cast(pa.string())
    odd = pc.invert(pc.match_substring_regex(texts, _PLAIN))
    if not pc.any(odd).as_py():
        return texts
    cleaned = [clean(text) for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(cleaned, pa.string()))


def _is_missing(text: str, column: Column, rule: ColumnRule) -> bool:
    """Missing words never apply to the participant, but for those that the mapping names."""
    usual = not text if column.kind == "code" else fold(text) in vocabulary().missing
    return usual or text.casefold() in rule.missing


# Values of rows


def _words(texts: pa.Array) -> pd.Categorical:
    codes, words = distinct(texts)
    return pd.Categorical.from_codes(codes, pd.Index(words, dtype="str"))


def _people(
    read: dict[str, ReadColumn], reading: Reading, n_rows: int
) -> dict[str, pd.Categorical]:
    if "participant" in reading.headers:
        return {"participant": categories(*read["participant"][:2])}
    return {"participant": categories(np.zeros(n_rows, "int64"), [reading.person])}


def _answers(read: dict[str, ReadColumn]) -> dict[str, pd.Categorical]:
    kinds = ("answer", "symptom")
    names = [column.name for column in COLUMNS if column.kind in kinds and column.name != "scale"]
    return {name: categories(*read[name][:2]) for name in names}


def _numbers(read: dict[str, ReadColumn], reading: Reading) -> dict:
    """Return ratings and minutes as numbers, and the scale of each row."""
    numbers = {
        name: np.array(read[name].values, dtype="float64")[read[name].codes]
        for name in (*_RATINGS, "minutes")
    }
    stated = any(reading.rule(name).scale for name in _RATINGS)
    usual = "VAS0-100" if stated else "NRS0-10"
    scale = read["scale"]
    return numbers | {"scale": categories(scale.codes, [value or usual for value in scale.values])}


def _in_tenths(sessions: pd.DataFrame) -> pd.DataFrame:
    """Round ratings to tenths and compute the reduction, once and here; positive is less pain."""
    tenths = {name: in_tenths(sessions[name]) for name in _RATINGS}
    rated = {
        name: np.where(sessions[name].notna(), values / 10, np.nan)
        for name, values in tenths.items()
    }
    change = (tenths["pain_before"] - tenths["pain_after"]) / 10
    both = ~np.isnan(rated["pain_before"]) & ~np.isnan(rated["pain_after"])
    return sessions.assign(**rated, pain_reduction=np.where(both, change, np.nan))


# Faults of rows


def _times(start: pa.Array, cells: pa.Table, reading: Reading) -> Times:
    missing = _missing_starts(start, reading)
    texts = pc.if_else(pa.array(missing), "", start) if missing.any() else start
    zones = cleaned(cells["zone"]) if "zone" in cells.column_names else None
    return read_times(texts, reading.mapping.time, day_first=reading.day_first, zones=zones)


def _missing_starts(start: pa.Array, reading: Reading) -> np.ndarray:
    """Return which starts are missing words; none of those is longer than a short date."""
    words, own = vocabulary().missing, reading.rule("started_at").missing
    longest = max(map(len, words | own))
    places = np.flatnonzero(pc.less_equal(pc.utf8_length(start), longest))
    short = start.take(pa.array(places)).to_pylist()
    found = [fold(text) in words or text.casefold() in own for text in short]
    missing = np.zeros(len(start), dtype=bool)
    missing[places] = found
    return missing


def _time_faults(times: Times, start: pa.Array, reading: Reading) -> list[pd.DataFrame]:
    header = reading.headers["started_at"]
    latest = np.datetime64(reading.as_of) + np.timedelta64(2, "D")
    masks = [(times.fault == place, *fault) for place, fault in enumerate(TIME_FAULTS) if place]
    masks += [
        (
            np.isnat(times.wall) & (times.fault == 0),
            "missing",
            "started_at is required; fill in the date",
        ),
        (times.wall < _EARLIEST, "time-range", f"must not be before {_EARLIEST}"),
        (
            times.wall >= latest,
            "time-future",
            f"must not be later than one day after the day of reading, {reading.as_of:%Y-%m-%d}",
        ),
    ]
    return [by_mask(mask, start, header, (rule, message)) for mask, rule, message in masks]


def _nothing_done(read: dict[str, ReadColumn], cells: pa.Table, reading: Reading) -> pd.DataFrame:
    """Fault rows that say neither what was done nor with which tool."""
    name = "technique" if "technique" in cells.column_names else "tool"
    blank = np.ones(len(cells), dtype=bool)
    for column in (read["technique"], read["tool"]):
        blank &= ~filled(column.values)[column.codes]
        blank[column.faults["place"].to_numpy()] = False  # said already
    message = "technique is required; fill it in, or the tool"
    return by_mask(blank, cells[name], reading.headers[name], ("missing", message))


def _out_of_range(sessions: pd.DataFrame, cells: pa.Table, reading: Reading) -> list[pd.DataFrame]:
    found = []
    for scale in sessions["scale"].cat.categories:
        highest = SCALES[scale]["top"] / 10
        of_scale = (sessions["scale"] == scale).to_numpy()
        for name in _RATINGS:
            values = sessions[name].to_numpy()
            outside = of_scale & ((values < 0) | (values > highest))
            if outside.any():
                told = ("out-of-range", f"must be from 0 to {highest:g}")
                found.append(by_mask(outside, cells[name], reading.headers[name], told))
    return found


# Counts


def _counts(valid_ratings: pd.DataFrame, times: Times, cells: pa.Table) -> Counter:
    """Return what the remarks on the file need, of the rows that are kept."""
    counts = Counter(
        with_offset=times.with_offset,
        without_offset=times.without_offset,
        chosen=times.chosen,
        dropped_zone=times.dropped_zone,
    )
    for name in _RATINGS:
        ratings = valid_ratings[name]
        rounded = (10 * ratings - in_tenths(ratings)).abs().gt(1e-6) & ratings.notna()
        counts[name] = int(rounded.sum())
    for column in COLUMNS:
        if column.kind == "text" and column.name in cells.column_names:
            counts["nul"] += n_with_nul(cells[column.name].combine_chunks())
    return counts


def unstated_scale(sessions: pd.DataFrame) -> Counter:
    """Return how many ratings of 0 to 10 there are, and how many of them lie above 10 (to 100)."""
    usual = (sessions["scale"] == "NRS0-10").to_numpy()
    ratings = sessions[list(_RATINGS)].to_numpy()
    above = usual[:, None] & (ratings > 10) & (ratings <= 100)
    return Counter(rated=int((~np.isnan(ratings)).sum()), above=int(above.sum()))
