"""Canonical text cells -> typed sessions and every fault of every row.

Each column is read once per distinct text, so that a rule is a plain function of one cell and a
million rows cost little more than their distinct values.
"""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intake.cells import remark
from analysis.intake.mapping import Canonical, Mapping
from analysis.intake.readers import Fault, reader
from analysis.intake.times import read_times
from analysis.sessions import COLUMNS, SCALES, Column, UnusableLog, in_tenths
from analysis.vocabulary import clean, fold, vocabulary

_EARLIEST = pd.Timestamp("1990-01-01")  # the published trial in the tests is of 1997
_MINUTES = (1.0, 180.0)
_SHOWN = 200

#: The participant of a log without such a column, unless the user names them.
ONE_PERSON = "P01"

FAULTS = ("place", "column", "value", "rule", "message")


class Validated(NamedTuple):
    """The rows of one file as read.

    Attributes
    ----------
    sessions : DataFrame
        One row per row of the file, also the faulty ones, in file order: ``COLUMNS`` and
        ``session_number``, ``pain_reduction``.
    date_only : ndarray of bool
        Whether the row's start is a date without a time.
    faults : DataFrame
        One row per fault: place (of the row), column (header as written), value, rule, message.
    remarks : list of dict
        Warnings and notes.
    """

    sessions: pd.DataFrame
    date_only: np.ndarray
    faults: pd.DataFrame
    remarks: list[dict]


def validate(
    canonical: Canonical,
    mapping: Mapping,
    *,
    file: str,
    decimal_comma: bool,
    person: str | None,
    as_of: datetime.date,
) -> Validated:
    """Return the rows of one file with their faults.

    Parameters
    ----------
    canonical : Canonical
        The cells under canonical names.
    mapping : Mapping
        Its terms and time formats.
    file : str
        The file's name, for a refusal of the whole file.
    decimal_comma : bool
        Whether "6,5" is a number here.
    person : str or None
        The participant of a log without a participant column; ``ONE_PERSON`` if None.
    as_of : date
        The day of reading: a session may start up to one day after it.

    Raises
    ------
    UnusableLog
        "date-order" or "scale", which a single row cannot settle.
    """
    cells, headers = canonical.cells, canonical.headers
    readings = {
        column.name: _read(column, cells, mapping, decimal_comma=decimal_comma)
        for column in COLUMNS
        if column.kind != "time"
    }
    start = cells["started_at"].map(clean)
    times = read_times(start, mapping.formats, file, headers["started_at"])
    numbers = cells.get("session_number", pd.Series("", index=cells.index)).map(clean)
    values = {name: values for name, (values, _) in readings.items()}
    sessions = pd.DataFrame(values | {"started_at": times.started_at, "session_number": numbers})
    sessions = _completed(sessions.astype(_TYPES), cells, mapping, person or ONE_PERSON)
    _refuse_scale(sessions, headers, file)

    faults = [found.assign(column=headers.get(name, name)) for name, (_, found) in readings.items()]
    faults += [
        _time_faults(sessions["started_at"], start, headers, as_of),
        _technique_faults(cells, headers),
        *_range_faults(sessions, cells, headers),
    ]
    faults = pd.concat(faults, ignore_index=True)[list(FAULTS)]
    remarks = _remarks(sessions.drop(index=faults["place"].unique()), headers, times.offset_dropped)
    if times.order:
        remarks.append(remark("date-order-read", times.order, column=headers["started_at"]))
    if "participant" not in cells:
        remarks.append(
            remark(
                "participant-assumed",
                "no column for the participant: read as the log of one person, called "
                f"{person or ONE_PERSON}",
            )
        )
    return Validated(_in_tenths(sessions), times.date_only, faults, remarks)


_TYPES = {
    column.name: {"rating": "float64", "number": "float64", "time": "datetime64[us]"}.get(
        column.kind, "str"
    )
    for column in COLUMNS
} | {"session_number": "str"}


def _read(
    column: Column, cells: pd.DataFrame, mapping: Mapping, *, decimal_comma: bool
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return one column's values, and its faults by place of the row."""
    blank = np.nan if column.kind in ("rating", "number") else ""
    if column.name not in cells:
        return np.full(len(cells), blank, dtype=object), _faults([])
    read = reader(column, mapping, decimal_comma=decimal_comma)
    required = column.required and column.name != "technique"  # a tool can stand for it
    codes, distinct = pd.factorize(cells[column.name])
    values, wrong = np.full(len(distinct), blank, dtype=object), {}
    for place, raw in enumerate(distinct):
        text = raw if column.kind == "text" else clean(raw)
        try:
            if not _is_missing(text, column):
                values[place] = read(text)
            elif required:
                raise Fault("missing", f"{column.name} is required; fill it in")
        except Fault as fault:
            wrong[place] = fault
    places = np.flatnonzero(np.isin(codes, list(wrong)))
    rows = [
        (
            row,
            _shown(distinct[codes[row]], column),
            wrong[codes[row]].rule,
            wrong[codes[row]].message,
        )
        for row in places
    ]
    return values[codes], _faults(rows)


def _is_missing(text: str, column: Column) -> bool:
    """Missing words never apply to the participant, nor to free text, which stays as written."""
    return not text if column.kind in ("code", "text") else fold(text) in vocabulary().missing


def _shown(raw: str, column: Column) -> str:
    """Return the cell as a fault quotes it; free text is never quoted."""
    return "" if column.kind == "text" else raw[:_SHOWN]


def _faults(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["place", "value", "rule", "message"])


def _completed(
    sessions: pd.DataFrame, cells: pd.DataFrame, mapping: Mapping, person: str
) -> pd.DataFrame:
    """Fill what other cells imply: the one person, a tool as technique, a muscle's region.

    A log's own term that is spelled like a muscle of the vocabulary stays what it was declared to be.
    """
    if "participant" not in cells:
        sessions = sessions.assign(participant=person)
    technique = sessions["technique"].where(sessions["technique"] != "", sessions["tool"])
    parents = vocabulary().subregions.set_index("code")["region"]
    is_part = sessions["region"].isin(parents.index.difference(mapping.terms["region"]))
    subregion = sessions["subregion"].where(
        (sessions["subregion"] != "") | ~is_part, sessions["region"]
    )
    region = sessions["region"].where(~is_part, sessions["region"].map(parents))
    scale = sessions["scale"].where(sessions["scale"] != "", "NRS0-10")
    return sessions.assign(technique=technique, region=region, subregion=subregion, scale=scale)


def _in_tenths(sessions: pd.DataFrame) -> pd.DataFrame:
    """Round ratings to tenths and compute the reduction, once and here; positive is less pain."""
    tenths = {name: (in_tenths(sessions[name]) / 10) for name in ("pain_before", "pain_after")}
    rated = sessions.assign(
        **{
            name: pd.Series(values, index=sessions.index).where(sessions[name].notna())
            for name, values in tenths.items()
        }
    )
    change = in_tenths(rated["pain_before"]) - in_tenths(rated["pain_after"])
    both = rated["pain_before"].notna() & rated["pain_after"].notna()
    return rated.assign(pain_reduction=pd.Series(change / 10, index=rated.index).where(both))


def _refuse_scale(sessions: pd.DataFrame, headers: dict[str, str], file: str) -> None:
    """Raise when most ratings are above 10: a 0 to 100 scale that nobody stated."""
    rated = sessions.set_index("scale")[["pain_before", "pain_after"]].stack()
    above = rated.between(10, 100, inclusive="right") & (
        rated.index.get_level_values("scale") == "NRS0-10"
    )
    if above.sum() > 0.5 * len(rated):
        raise UnusableLog(
            file,
            "scale",
            "most ratings are above 10; if they are on a scale from 0 to "
            "100, state it: add a column scale with VAS0-100 in every row",
            column=headers["pain_before"],
            value=f"{rated.max():g}",
        )


def _time_faults(
    times: pd.Series, texts: pd.Series, headers: dict[str, str], as_of: datetime.date
) -> pd.DataFrame:
    latest = pd.Timestamp(as_of) + pd.Timedelta(days=2)
    missing = texts.map(fold).isin(vocabulary().missing)
    unread = times.isna() & ~missing
    rules = (
        (missing, "missing", "started_at is required; fill in the date"),
        (
            unread,
            "not-a-time",
            "must be a date, or a date with a time, such as 2026-03-31 18:40",
        ),
        (times < _EARLIEST, "time-range", f"must not be before {_EARLIEST:%Y-%m-%d}"),
        (
            times >= latest,
            "time-future",
            f"must not be later than one day after the day of reading, {as_of:%Y-%m-%d}",
        ),
    )
    return _by_mask(rules, texts, headers["started_at"])


def _technique_faults(cells: pd.DataFrame, headers: dict[str, str]) -> pd.DataFrame:
    """Fault rows that say neither what was done nor with which tool."""
    blank = pd.Series(True, index=cells.index)
    for name in ("technique", "tool"):
        if name in cells:
            blank &= cells[name].map(fold).isin(vocabulary().missing)
    name = "technique" if "technique" in cells else "tool"
    rules = ((blank, "missing", "technique is required; fill it in, or the tool"),)
    return _by_mask(rules, cells[name], headers[name])


def _range_faults(
    sessions: pd.DataFrame, cells: pd.DataFrame, headers: dict[str, str]
) -> list[pd.DataFrame]:
    top = sessions["scale"].map({scale: facts["top"] / 10 for scale, facts in SCALES.items()})
    found = []
    for name in ("pain_before", "pain_after"):
        for scale, highest in top.groupby(sessions["scale"]).first().items():
            outside = (
                (sessions["scale"] == scale)
                & sessions[name].notna()
                & ~sessions[name].between(0, highest)
            )
            if name in cells:
                found.append(
                    _by_mask(
                        [(outside, "out-of-range", f"must be from 0 to {highest:g}")],
                        cells[name],
                        headers[name],
                    )
                )
    if "minutes" in cells:
        low, high = _MINUTES
        outside = sessions["minutes"].notna() & ~sessions["minutes"].between(low, high)
        found.append(
            _by_mask(
                [(outside, "out-of-range", f"must be from {low:g} to {high:g} minutes")],
                cells["minutes"],
                headers["minutes"],
            )
        )
    return found


def _by_mask(
    rules: Iterable[tuple[pd.Series, str, str]], texts: pd.Series, column: str
) -> pd.DataFrame:
    rows = [
        (place, texts.iloc[place][:_SHOWN], rule, message)
        for mask, rule, message in rules
        for place in np.flatnonzero(mask.to_numpy(bool))
    ]
    return _faults(rows).assign(column=column)


def _remarks(sessions: pd.DataFrame, headers: dict[str, str], offset_dropped: int) -> list[dict]:
    """Return what was done to the rows that are kept."""
    remarks = []
    if offset_dropped:
        remarks.append(
            remark(
                "zone-dropped",
                f"{offset_dropped} times carry an offset from UTC; they "
                "are kept as the wall time written",
                column=headers["started_at"],
            )
        )
    for name in ("pain_before", "pain_after"):
        ratings = sessions[name]
        rounded = (10 * ratings - in_tenths(ratings)).abs().gt(1e-6) & ratings.notna()
        if rounded.any():
            remarks.append(
                remark(
                    "rounded",
                    f"{int(rounded.sum())} ratings have more than one decimal; "
                    "they are kept in tenths",
                    column=headers[name],
                )
            )
    return remarks
