"""What every reader of a format gives: a header, and its rows as text, chunk by chunk.

A chunk is an Arrow table: word columns come as dictionaries (each distinct text once), so that a rule
is a plain function of one text and a million rows cost little more than their distinct ones.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from analysis.sessions import UnusableLog

#: Columns of a table.
MOST_COLUMNS = 2_000
#: Between the values of one cell that holds several (multi-select answers): U+001F, unit separator.
SEVERAL = "\x1f"
#: A cell that a workbook shows as an error begins with this, then the error as shown ("#DIV/0!").
#: U+FDD0 and U+FDD1 are noncharacters: Unicode keeps them free for a program's own marks.
ERROR_CELL = "\ufdd0"
#: A formula without a stored result begins with this, then the formula.
NO_RESULT = "\ufdd1"


class Chunk(NamedTuple):
    """Some rows of a table, in file order.

    Attributes
    ----------
    cells : pyarrow.Table
        One row per data row of the right width, one column per header, named by its place ("0",
        "1", ...); type string or dictionary of string; no nulls, a blank is "".
    lines : ndarray of int64
        The physical line, sheet row or record number in which each of these rows starts.
    ragged : list of (int, int)
        Rows with another number of cells than the header: line, number of cells.
    blank : int
        Rows without any content.
    skipped : int
        Rows that the mapping or the format leaves out, such as withdrawn entries.
    joined : list of int
        Lines of rows that were made part of another row (the "after" row of a pair).
    comments : int
        Rows that begin with the mark of a comment.
    """

    cells: pa.Table
    lines: np.ndarray
    ragged: Sequence[tuple[int, int]] = ()
    blank: int = 0
    skipped: int = 0
    joined: Sequence[int] = ()
    comments: int = 0


class Table(NamedTuple):
    """One table of a file: a CSV file, a sheet of a workbook, a member of an archive.

    Attributes
    ----------
    name : str
        Of the sheet or member; "" where the file is one table.
    header : list of str
        The column names as written.
    header_line : int
        The line of the (first) header row.
    chunks : iterator of Chunk
        Read once, in order. A file that turns out to be unusable raises ``UnusableLog`` here.
    remarks : list of dict
        In the columns of ``ROW_REPORT`` but ``file``; complete when the last chunk was read.
    decimal_comma : bool
        Whether the file separates by ``;``, where a comma may be the decimal mark.
    """

    name: str
    header: list[str]
    header_line: int
    chunks: Iterator[Chunk]
    remarks: list[dict]
    decimal_comma: bool = False


class Sheet(NamedTuple):
    """The raw rows of a small format that is read as a whole, before a header is looked for.

    Attributes
    ----------
    name : str
        Of the sheet or member.
    rows : list of (int, list of str)
        Line (sheet row, or record number) and cells; errors and formulas without a result are marked.
    merged : list of (int, int, int, int)
        Merged ranges: first row, first column, last row, last column; rows from 1 as the sheet
        numbers them, columns from 0.
    remarks : list of dict
        What was noticed while reading.
    recognised_header : bool
        Whether the first row is the header for certain (records with keys), so that none is looked for.
    """

    name: str
    rows: list[tuple[int, list[str]]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    remarks: Sequence[dict] = ()
    recognised_header: bool = False


def remark(
    rule: str, message: str, *, line: int | None = None, column: str = "", value: str = ""
) -> dict:
    """Return one remark, without the file's name."""
    return {"line": line, "column": column, "value": value, "rule": rule, "message": message}


def check_width(width: int, file: str, line: int | None = None) -> None:
    """Return nothing, or raise for a table that has more columns than a session log can have.

    Raises
    ------
    UnusableLog
        "too-many-columns".
    """
    if width > MOST_COLUMNS:
        raise UnusableLog(
            file,
            "too-many-columns",
            f"the table has {width:,} columns, more than {MOST_COLUMNS:,}; is it the right file?",
            line=line,
        )


def chunk_of(rows: list[list[str]], lines: list[int], width: int, **counts) -> Chunk:
    """Return rows of one width, cells as text, as a chunk.

    Lone surrogates, which no encoding can hold, are replaced by U+FFFD.
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    arrays = [_texts(column).dictionary_encode() for column in columns]
    names = [str(place) for place in range(width)]
    return Chunk(pa.table(arrays, names=names), np.array(lines, dtype="int64"), **counts)


def distinct(column: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return each row's place among the distinct texts of a column, and these."""
    one = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = one if pa.types.is_dictionary(one.type) else one.dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()


def each_distinct(
    column: pa.Array | pa.ChunkedArray, change: Callable[[str], str | None]
) -> pa.Array:
    """Return a column with each of its distinct texts changed."""
    codes, texts = distinct(column)
    return pa.array([change(text) for text in texts], pa.string()).take(pa.array(codes))


def _texts(column: tuple) -> pa.Array:
    try:
        return pa.array(column, pa.string())
    except UnicodeEncodeError:
        whole = [
            cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for cell in column
        ]
        return pa.array(whole, pa.string())
