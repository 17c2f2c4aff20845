"""The tidy table in the middle: one row per session, its columns, units and rules.

Everything in ``intake`` makes this table, everything after it only reads it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.language import N_


class Column(NamedTuple):
    """One column of the sessions table.

    ``kind`` says how a cell is read: code (a participant's code), time, term (a region,
    technique or tool), answer (one word of a list), rating, symptom (0 to 10, or yes or no),
    number, or text.
    """

    name: str
    kind: str
    required: bool
    unit: str
    allowed: str
    meaning: str


#: The columns a log may have, in order. ``data/README.md`` has the same table (a test compares).
COLUMNS = (
    Column(
        "participant",
        "code",
        True,
        "",
        "A-Z a-z 0-9 _ -, up to 32",
        N_("code of the person; not a name"),
    ),
    Column(
        "started_at",
        "time",
        True,
        N_("local wall time"),
        N_("from 1990-01-01 to the day of reading"),
        N_("when the session started; a date alone is enough"),
    ),
    Column(
        "region",
        "term",
        True,
        "",
        N_("vocabulary, or the mapping's terms"),
        N_("where the person worked"),
    ),
    Column("subregion", "term", False, "", N_("vocabulary"), N_("muscle or part worked on")),
    Column("side", "answer", False, "", "left, right, both, middle", N_("side worked on")),
    Column(
        "technique",
        "term",
        True,
        "",
        N_("vocabulary, or the mapping's terms"),
        N_("what the person did; blank takes the tool's code"),
    ),
    Column("tool", "term", False, "", N_("vocabulary, or the mapping's terms"), N_("tool used")),
    Column("minutes", "number", False, N_("minutes"), N_("1 to 180"), N_("length of the session")),
    Column("strength", "answer", False, "", "light, medium, strong", N_("strength of pressure")),
    Column(
        "pain_before",
        "rating",
        True,
        N_("points of 10, or mm of 100"),
        N_("0 to 10 (VAS: 0 to 100)"),
        N_("pain right before; 0 no pain, 10 worst imaginable"),
    ),
    Column(
        "pain_after",
        "rating",
        False,
        N_("points of 10, or mm of 100"),
        N_("0 to 10 (VAS: 0 to 100)"),
        N_("pain right after; blank is missing, and counted"),
    ),
    Column("scale", "answer", False, "", "NRS0-10, VAS0-100", N_("pain scale; blank is NRS0-10")),
    Column(
        "numbness_before", "symptom", False, "", N_("0 to 10, yes or no"), N_("numbness before")
    ),
    Column("numbness_after", "symptom", False, "", N_("0 to 10, yes or no"), N_("numbness after")),
    Column(
        "tingling_before",
        "symptom",
        False,
        "",
        N_("0 to 10, yes or no"),
        N_("tingling, pins and needles before"),
    ),
    Column(
        "tingling_after",
        "symptom",
        False,
        "",
        N_("0 to 10, yes or no"),
        N_("tingling, pins and needles after"),
    ),
    Column(
        "numbness_place",
        "answer",
        False,
        "",
        "saddle, buttock, leg, foot",
        N_("where it is numb or tingles; saddle is between the legs"),
    ),
    Column("symptom_side", "answer", False, "", "left, right, both", N_("side of the symptoms")),
    Column(
        "weakness",
        "answer",
        False,
        "",
        "no, same, new_or_worse, both",
        N_("weakness of a leg or foot; both is in both legs"),
    ),
    Column(
        "bladder_bowel", "answer", False, "", "no, yes", N_("new trouble with bladder or bowels")
    ),
    Column(
        "medicine",
        "text",
        False,
        "",
        N_("up to 10,000 characters"),
        N_("medicine the same day: yes, no, or what it was"),
    ),
    Column(
        "notes",
        "text",
        False,
        "",
        N_("up to 10,000 characters"),
        N_("own words; never in a report"),
    ),
)

#: The same by name.
COLUMN = {column.name: column for column in COLUMNS}

#: Columns that the kit adds: the session's place among those of one person and start, its identity,
#: the start as an instant where an offset or a zone is known, how many region-technique pairs were
#: named, their list, the reduction, and the origin.
ADDED = (
    "session_number",
    "session_id",
    "started_at_utc",
    "parts",
    "parts_named",
    "pain_reduction",
    "source_file",
    "source_line",
)

#: Pain scales: highest rating, the smallest change called "2 points", the width of the floor at
#: the low end, and the printed unit. In tenths of the scale's own unit (statistics.md, 1).
SCALES = {
    "NRS0-10": {"top": 100, "two_points": 20, "floor": 10, "unit": "points"},
    "VAS0-100": {"top": 1000, "two_points": 200, "floor": 100, "unit": "mm"},
}

#: What a row or a file must pass, by code: what the ``rule`` column of ``refused`` and ``remarks``
#: can hold. Level "file" refuses the file, "row" the row; a "warning" asks the reader to look, a
#: "note" only says what was done.
RULES = {
    "empty": ("file", N_("the file holds no data")),
    "not-a-file": ("file", N_("the path is a file that can be read")),
    "too-large": ("file", N_("at most 64 MiB, packed and unpacked; a row of text at most 16 MiB")),
    "too-many-columns": ("file", N_("a table has at most 2,000 columns")),
    "unsafe-archive": ("file", N_("an archive has plain member names and unpacks to what it says")),
    "not-a-workbook": ("file", N_("the content is what the file's name says")),
    "not-a-session-log": ("file", N_("the file is a log of sessions with pain before and after")),
    "encrypted": ("file", N_("the workbook has no password and is not an old .xls")),
    "dtd": ("file", N_("no XML inside defines entities")),
    "encoding": ("file", N_("the text is UTF-8, UTF-16 with a mark, Windows-1252, or as stated")),
    "json": ("file", N_("the JSON is well-formed, not too deep, and no name stands twice")),
    "database": ("file", N_("the database answers one query that only reads")),
    "no-header": ("file", N_("one of the first 20 lines names at least three known columns")),
    "header-duplicate": ("file", N_("no needed column stands twice")),
    "header-blank": ("file", N_("every column with data has a name")),
    "merged-cells": ("file", N_("no cells are merged, unless a mapping says what that means")),
    "missing-column": ("file", N_("the required columns are there")),
    "missing-sheet": ("file", N_("the sheet or member that the mapping names is there")),
    "repeat-missing": ("file", N_("an export of a form with repeats holds the repeats")),
    "parent-repeated": ("file", N_("every parent of a row is there once")),
    "row-width": ("file", N_("the rows are as wide as the header")),
    "unclosed-quote": ("file", N_("every quoted cell ends")),
    "date-order": ("file", N_("day-first or month-first is shown by the file or stated")),
    "scale": ("file", N_("ratings above 10 need a stated 0 to 100 scale")),
    "field-count": ("row", N_("the row has as many cells as the header")),
    "missing": ("row", N_("a required cell is filled")),
    "participant-code": ("row", N_("a code of letters, digits, _ and -, up to 32 characters")),
    "unknown-term": ("row", N_("a word of the vocabulary or of the mapping's terms")),
    "not-a-number": ("row", N_("digits with at most one decimal point")),
    "out-of-range": ("row", N_("a number within the column's range")),
    "not-a-time": ("row", N_("a date, or a date with a time")),
    "date-only": ("row", N_("a date with a time of day, where the mapping asks for it")),
    "time-range": ("row", N_("not before 1990-01-01")),
    "time-future": ("row", N_("not later than one day after the day of reading")),
    "time-ambiguous": ("row", N_("a time that came once, or with its offset from UTC")),
    "time-nonexistent": ("row", N_("a time that the clocks did not skip")),
    "time-zone-unknown": ("row", N_("a zone by its name, such as Europe/Berlin")),
    "time-zone-text": ("row", N_("no word such as EST after a time")),
    "too-long": ("row", N_("at most 10,000 characters")),
    "error-cell": ("row", N_("a value, not an error such as #DIV/0!")),
    "formula-no-result": ("row", N_("a formula that was computed")),
    "conflict": ("row", N_("rows of one session agree in their ratings")),
    "encoding-assumed": ("warning", N_("not UTF-8: read as Windows-1252")),
    "bom-repeated": ("warning", N_("a byte-order mark stands once, at the beginning")),
    "damaged-text": ("warning", N_("no letters were lost before the file came here")),
    "sheet-unread": ("warning", N_("one sheet of a workbook is read")),
    "hidden-sheet": ("warning", N_("a hidden sheet is not read")),
    "hidden-row": ("warning", N_("hidden rows are read like others")),
    "formula-text": ("warning", N_("of a formula the stored result is read")),
    "column-unread": ("warning", N_("a column that holds no plain values is not read")),
    "header-repeated": ("note", N_("a column that is not needed stands twice")),
    "rows-above-header": ("warning", N_("lines above the header are not data")),
    "rows-blank": ("warning", N_("blank rows are counted")),
    "rows-comment": ("warning", N_("comments are counted")),
    "rows-skipped": ("note", N_("rows that the mapping leaves out are counted")),
    "rows-joined": ("note", N_("before and after in two rows are one session")),
    "status-skipped": ("warning", N_("withdrawn entries are counted")),
    "preset-used": ("note", N_("a shipped mapping was recognised")),
    "column-taken": ("note", N_("a column was found by another name")),
    "column-unused": ("note", N_("a column is not read")),
    "participant-assumed": ("note", N_("no participant column: one person's log")),
    "one-person-assumed": ("warning", N_("several files without a participant are of one person")),
    "sign-in-refused": ("warning", N_("a refused row has no answer that may need emergency care")),
    "case-only": ("warning", N_("codes differ in more than capital letters")),
    "date-order-read": ("note", N_("which part of a date was read as the day")),
    "zone-mixed": ("warning", N_("all times carry an offset from UTC, or none does")),
    "zone-untrusted": ("warning", N_("a zone's abbreviation after a time is not used")),
    "time-chosen": ("warning", N_("times at a change of clocks are settled as stated")),
    "same-day-order": ("note", N_("sessions with a date alone keep the file's order")),
    "rounded": ("warning", N_("ratings are kept in tenths")),
    "nul-removed": ("warning", N_("the character NUL is removed from texts")),
    "duplicate-row": ("warning", N_("identical rows are counted once")),
    "duplicate-file": ("warning", N_("identical files are read once")),
    "changed-session": (
        "warning",
        N_("a session that files tell differently is settled by their order"),
    ),
    "parts-combined": ("note", N_("rows of one session become one session with several parts")),
    "pain-rose": ("warning", N_("pain rose in every one of three or more sessions of a person")),
    "cells-corrected": ("note", N_("cells were read as a corrected refused.csv says")),
    "correction-unused": ("warning", N_("a correction finds its cell")),
    "no-session": ("warning", N_("the file holds no usable session")),
}

#: Columns of ``refused`` and ``remarks``.
ROW_REPORT = ("file", "line", "column", "value", "rule", "message")
#: Columns of ``sources``, one row per file given.
SOURCES = ("file", "sha256", "bytes", "rows", "kept", "refused", "dropped", "skipped", "blank")


class UserError(ValueError):
    """Something a user can put right; its text is one line, shown without a traceback."""


class UnusableLog(UserError):
    """A file that cannot be read as a session log: nothing of it is kept.

    Attributes
    ----------
    fault : dict
        One row in the columns ``ROW_REPORT``; ``line`` is None when the whole file is meant.
    """

    def __init__(
        self,
        file: str,
        rule: str,
        message: str,
        *,
        line: int | None = None,
        column: str = "",
        value: str = "",
    ) -> None:
        self.fault = dict(zip(ROW_REPORT, (file, line, column, value, rule, message), strict=True))
        where = file if line is None else f"{file} line {line}"
        super().__init__(f"{where}: {message}")


class SessionLog(NamedTuple):
    """A log as read: every data row of every file is in exactly one of the counts of ``sources``.

    Attributes
    ----------
    sessions : DataFrame
        One row per session: the names of ``COLUMNS`` and ``ADDED``. Missing text is "", a missing
        number NaN. ``pain_reduction`` = ``pain_before`` - ``pain_after``; positive is less pain.
    refused : DataFrame
        One row per fault: ``ROW_REPORT``. A row with several faults stands here several times.
    remarks : DataFrame
        What was noticed or done and refuses nothing, in the same columns.
    sources : DataFrame
        One row per file: ``SOURCES``; rows = kept + refused + dropped + skipped + blank, where
        dropped rows are identical to another row or became a part of another row's session, and
        skipped ones are comments or what the mapping or the format leaves out.
    """

    sessions: pd.DataFrame
    refused: pd.DataFrame
    remarks: pd.DataFrame
    sources: pd.DataFrame


def empty_sessions() -> pd.DataFrame:
    """Return a sessions table without rows, with every column and its type."""
    dtypes = {column.name: _DTYPES.get(column.kind, "str") for column in COLUMNS}
    dtypes |= {
        "session_number": "str",
        "session_id": "str",
        "started_at_utc": "datetime64[us]",
        "parts": "int64",
        "parts_named": "str",
        "pain_reduction": "float64",
        "source_file": "str",
        "source_line": "int64",
    }
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def in_tenths(ratings: pd.Series) -> np.ndarray:
    """Return ratings as whole tenths, missing ones as 0: floor(10x + 0.5 + 1e-9).

    Parameters
    ----------
    ratings : Series of float
        In points or mm. Mask the missing ones before using the result.

    Notes
    -----
    In floats (7.0 - 4.9) / 7.0 >= 0.3 is false; thresholds and sums use these integers
    (statistics.md, 1).
    """
    filled = ratings.fillna(0).to_numpy("float64")
    return np.floor(10 * filled + 0.5 + 1e-9).astype("int64")


_DTYPES = {"time": "datetime64[us]", "rating": "float64", "number": "float64"}
