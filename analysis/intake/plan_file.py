"""A randomised plan -> a table and a calendar to follow, and the table back."""

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from icalendar import Calendar, Event
from icalendar.enums import CLASS, TRANSP

from analysis.intake.cells import open_log
from analysis.intake.mapping import NO_MAPPING, ColumnRule, Mapping
from analysis.intake.readers import Fault, reader
from analysis.intake.write import put, write_table
from analysis.sessions import COLUMN, UnusableLog, UserError
from analysis.vocabulary import vocabulary

#: The columns of a plan's file: those of a plan, and how it was drawn.
COLUMNS = ("day", "block", "technique", "region", "block_size", "seed")

# One value in the whole file.
_ALIKE = ("region", "block_size", "seed")
_NUMBERS = ("block", "block_size", "seed")
_BLOCK_SIZES = (2, 4)
# What a refusal as a log says of a plan.
_NO_PLAN = {
    "not-a-file": "a plan must be a file that can be read",
    "no-header": f"the first line of a plan names {', '.join(COLUMNS)}",
    "empty": "the file is empty",
}
# More a spreadsheet does not keep of a number.
_DIGITS = 15
_AGAIN = "take the file as it was written, or make a new plan"


def planned_code(column: str, word: str, mapping: Mapping = NO_MAPPING) -> str:
    """Return the code of a region or technique that a person names, as a log's cell would have it.

    Parameters
    ----------
    column : str
        "region" or "technique".
    word : str
        A word of the vocabulary or one of the mapping's own terms. A muscle is its region.
    mapping : Mapping
        That the log will be read with.

    Raises
    ------
    UserError
        For another word: a misspelt one would be planned, and no session of the log would answer it.
    """
    read = reader(COLUMN[column], ColumnRule(), mapping.terms, decimal_comma=False)
    try:
        (code,) = read(word)
    except Fault as fault:
        raise UserError(f"{column}: {fault.message}; found {word!r}") from fault
    parts = vocabulary().subregions.set_index("code")["region"]
    return parts.get(code, code) if code not in mapping.terms["region"] else code


def write_plan(plan: pd.DataFrame, path: str | Path, *, seed: int) -> Path:
    """Write a plan as a CSV file and, beside it, as a calendar; return the calendar's path.

    Parameters
    ----------
    plan : DataFrame
        As ``statistics.plan.randomised_plan`` returns it: day, block, technique, region.
    path : path
        Of the CSV file; the calendar has the same name and ends with .ics.
    seed : int
        That the plan was drawn with.

    Raises
    ------
    UserError
        For another ending than .csv, a seed that a spreadsheet would round, or a place that cannot
        be written to.

    Notes
    -----
    The same plan gives the same bytes on any day. In the calendar each session is an event of a
    whole day that leaves the day free, marked private; no moment of writing is in it.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise UserError(f"{path}: a plan is written as .csv; end the name of the file with it")
    if not 0 <= seed < 10**_DIGITS:
        raise UserError(f"seed: must be a whole number of up to {_DIGITS} digits; found {seed!r}")
    days = plan["day"].dt.strftime("%Y-%m-%d")
    size = plan.groupby("block")["day"].transform("size")
    written = plan.assign(day=days, block_size=size, seed=seed)
    write_table(written[list(COLUMNS)], path)
    calendar = path.with_suffix(".ics")
    put(_calendar(plan, seed), calendar)
    return calendar


def _calendar(plan: pd.DataFrame, seed: int) -> bytes:
    """Return the plan as iCalendar, RFC 5545."""
    first = plan["day"].min()
    # RFC 5545 wants a stamp in UTC; the first midnight of the plan stands for the unknown moment.
    stamp = datetime.datetime.combine(first.date(), datetime.time(), datetime.UTC)
    # Named by its content: the same in every copy, so that no event comes twice into a calendar.
    content = plan.to_csv(index=False, lineterminator="\n")
    named = uuid.uuid5(uuid.NAMESPACE_URL, f"reliefbook plan, seed {seed}\n{content}")
    calendar = Calendar.new(
        name="Plan of sessions", prodid="-//reliefbook//plan//EN", uid=str(named)
    )
    for session in plan.itertuples():
        day = session.day.date()
        technique = vocabulary().name("technique", session.technique)
        event = Event.new(
            summary=f"{technique}: {vocabulary().name('region', session.region)}",
            description="Rate your pain right before and right after, and log the session.",
            start=day,
            stamp=stamp,
            uid=str(uuid.uuid5(named, day.isoformat())),
            classification=CLASS.PRIVATE,
            transparency=TRANSP.TRANSPARENT,
        )
        calendar.add_component(event)
    return calendar.to_ical()


def read_plan(path: str | Path) -> pd.DataFrame:
    """Return the plan in a file that ``write_plan`` wrote, also when a spreadsheet saved it again.

    Parameters
    ----------
    path : path
        Text with any usual separator and encoding, or a workbook.

    Returns
    -------
    DataFrame
        One row per planned session, by day: ``COLUMNS``; day is a midnight, the numbers are int64.

    Raises
    ------
    UserError
        For a file that is no plan, a cell that cannot be read, or a plan that was edited: other than
        two techniques, several regions or seeds, a day that stands twice or is not in its block, a
        block that is not balanced.

    Notes
    -----
    Two techniques that changed places inside a block leave a list of the same scheme: only drawing
    again with the seed shows that.
    """
    file = Path(path).name
    rows = _rows(Path(path), file)
    for name in _ALIKE:
        same = rows[name] == rows[name].iloc[0]
        _refuse(file, rows, _Broken(name, ~same, "must be the same on every line"))
    days = pd.to_datetime(rows["day"], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    _refuse(file, rows, _Broken("day", days.isna(), "must be a date such as 2026-03-02"))
    for name in _NUMBERS:
        whole = rows[name].str.fullmatch(f"[0-9]{{1,{_DIGITS}}}")
        _refuse(file, rows, _Broken(name, ~whole, "must be a whole number"))
    rows = rows.loc[days.sort_values(kind="stable").index]
    plan = rows.assign(day=days).astype(dict.fromkeys(_NUMBERS, "int64"))
    for broken in _edits(plan):
        _refuse(file, rows, broken)
    if len(plan) % plan["block_size"].iloc[0]:
        raise UserError(f"{file}: the last block of the plan is not complete; {_AGAIN}")
    return plan[list(COLUMNS)].reset_index(drop=True)


def _rows(path: Path, file: str) -> pd.DataFrame:
    """Return the cells of a plan as text, with the line of each row."""
    try:
        table = open_log(path, NO_MAPPING, COLUMNS.__contains__).tables[0]
        chunks = list(table.chunks)
    except UnusableLog as error:
        why = _NO_PLAN.get(error.fault["rule"], error.fault["message"])
        raise UserError(f"{file}: {why}; {_AGAIN}") from error
    for name in COLUMNS:
        found = table.header.count(name)
        if found != 1:
            raise UserError(f"{file}: a plan has one column {name}; found {found}; {_AGAIN}")
    for line, found in (row for chunk in chunks for row in chunk.ragged):
        cells = f"must have {len(table.header)} cells, as the header; found {found}"
        raise UserError(f"{file} line {line}: {cells}; {_AGAIN}")
    frames = [chunk.cells.to_pandas().astype("str").assign(line=chunk.lines) for chunk in chunks]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if rows.empty:
        raise UserError(f"{file}: a plan has a session on every line; found none; {_AGAIN}")
    return rows.rename(columns={str(table.header.index(name)): name for name in COLUMNS})


class _Broken(NamedTuple):
    """A rule that must hold in a column, and the rows that break it."""

    column: str
    rows: pd.Series
    rule: str


def _refuse(file: str, rows: pd.DataFrame, broken: _Broken) -> None:
    """Return nothing, or raise for the first row whose cell breaks a rule."""
    if broken.rows.any():
        row = rows[broken.rows].iloc[0]
        cell = f"{broken.column} {broken.rule}; found {row[broken.column]!r}"
        raise UserError(f"{file} line {row['line']}: {cell}; {_AGAIN}")


def _edits(plan: pd.DataFrame) -> Iterator[_Broken]:
    """Yield what a plan by day must be, with the rows that break it; asked in order, till one does."""
    size = plan["block_size"].iloc[0]
    yield _Broken("block_size", ~plan["block_size"].isin(_BLOCK_SIZES), "must be 2 or 4")
    yield _Broken("day", plan["day"].duplicated(), "must stand on one line only")
    block = np.arange(len(plan)) // size + 1
    rule = f"must count up by one after every {size} days"
    yield _Broken("block", plan["block"] != block, rule)
    pair = plan["technique"].unique()[:2]
    yield _Broken("technique", ~plan["technique"].isin(pair), f"must be {' or '.join(pair)}")
    times = plan.groupby(["block", "technique"]).cumcount() + 1
    rule = f"must stand as often as the other one in each block of {size} days"
    yield _Broken("technique", times > size // 2, rule)
