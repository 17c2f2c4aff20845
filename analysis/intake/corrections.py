"""A corrected ``refused.csv`` -> the log with the corrected cells, as if it had been written so."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.intake.table import ERROR_CELL, NO_RESULT, Chunk, Table
from analysis.intake.write import unguarded
from analysis.sessions import COLUMNS, UserError
from analysis.vocabulary import clean, fold, vocabulary

_NEEDED = ("file", "line", "column", "value")
_SHOWN = 200
_FREE_TEXT = {column.name for column in COLUMNS if column.kind == "text"}


class _Correction(NamedTuple):
    index: int
    place: int
    value: str


def is_corrections(header: list[str]) -> bool:
    """Return whether a header is that of refused rows, not of a log."""
    names = [fold(cell) for cell in header]
    return all(names.count(name) == 1 for name in _NEEDED)


def load_corrections(path: str | Path) -> pd.DataFrame:
    """Return the cells that a file of refused rows names, with the values that it holds now.

    Parameters
    ----------
    path : path
        A ``refused.csv``, as written or as a spreadsheet saved it: separated by ``,``, ``;`` or TAB.

    Returns
    -------
    DataFrame
        file, line, column, value; indexed by the line in this file. Faults of a whole row are left
        out: they name no cell.

    Raises
    ------
    UserError
        When it is no such file, or a row does not fit its header.
    """
    file = Path(path)
    rows = _rows(file)
    _, header = next(rows, (1, []))
    if not is_corrections(header):
        raise UserError(
            f"{file.name}: not a file of refused rows; its first line must name "
            f"{', '.join(_NEEDED)}, as in the refused.csv of a report"
        )
    names = [fold(cell) for cell in header]
    places = [names.index(name) for name in _NEEDED]
    cells = {
        number: [unguarded(row[place]) for place in places]
        for number, row in rows
        if _is_filled(row, len(header), max(places), f"{file.name} line {number}")
    }
    named = pd.DataFrame(cells.values(), index=cells.keys(), columns=_NEEDED, dtype="str")
    named = named[named["line"].str.strip().ne("") & named["column"].str.strip().ne("")]
    _refuse_lines(named, file.name)
    return named.astype({"line": "int64"})


def corrected(table: Table, corrections: pd.DataFrame, applied: set) -> Table:
    """Return the table with the corrected cells.

    Parameters
    ----------
    table : Table
        As read.
    corrections : DataFrame
        The rows of ``load_corrections`` that are about this table's file.
    applied : set
        Takes the index of each correction that changed its cell, while the chunks are read.

    Raises
    ------
    UserError
        While the chunks are read: when one cell has two different corrections.

    Notes
    -----
    A value that is still the one shown changes nothing. Neither does a column that the header does
    not name exactly once. A blank empties a cell only in a column that the vocabulary knows and that
    is no free text: notes are always shown blank, and must not be lost by that.
    """
    headers = [clean(header) for header in table.header]
    wanted: dict[int, list[_Correction]] = {}
    for row in corrections.itertuples():
        column = clean(row.column)
        if headers.count(column) == 1:
            correction = _Correction(row.Index, headers.index(column), row.value)
            wanted.setdefault(row.line, []).append(correction)
    blankable = {place for place, header in enumerate(headers) if _may_be_blanked(header)}
    return table._replace(
        chunks=(_corrected(chunk, wanted, blankable, applied) for chunk in table.chunks)
    )


def _text(file: Path) -> str:
    """Return the text in UTF-8; a letter guessed wrong would be written over a right one."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{file}: the corrections cannot be read; {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file.name}: the corrections are not text in UTF-8; in the spreadsheet choose "
            '"Save as" and "CSV UTF-8"'
        ) from error


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row, with the separator that the first line holds most of."""
    text = _text(file)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{file.name} line {line}: a quoted cell does not end where it should ({error}); close the "
            "quote or double the quotes inside it"
        ) from error


def _is_filled(row: list[str], width: int, last: int, where: str) -> bool:
    """Return whether a row holds anything; raise when its cells cannot be told apart."""
    filled = [place for place, cell in enumerate(row) if cell.strip()]
    if filled and (filled[-1] >= width or len(row) <= last):
        raise UserError(
            f"{where}: the row must have {width} cells as the first line; found {len(row)}. Put quotes "
            "round a cell that holds a separator"
        )
    return bool(filled)


def _refuse_lines(named: pd.DataFrame, file: str) -> None:
    wrong = named.index[~named["line"].str.fullmatch("[0-9]{1,18}")]
    if len(wrong):
        raise UserError(
            f"{file} line {wrong[0]}: line must be a number, as it was written; correct only the "
            "column value"
        )


def _may_be_blanked(header: str) -> bool:
    name = vocabulary().headers.get(fold(header))
    return name is not None and name not in _FREE_TEXT


def _corrected(
    chunk: Chunk, wanted: dict[int, list[_Correction]], blankable: set[int], applied: set
) -> Chunk:
    """Return the chunk itself, or one whose corrected columns are new."""
    changes: dict[int, dict[int, str]] = {}
    for row in np.flatnonzero(np.isin(chunk.lines, list(wanted))).tolist():
        for index, place, value in wanted[int(chunk.lines[row])]:
            cell = chunk.cells.column(place)[row].as_py()
            if _is_shown(value, cell) or not (clean(value) or place in blankable):
                continue
            if changes.setdefault(place, {}).setdefault(row, value) != value:
                raise UserError(
                    f"line {chunk.lines[row]} of the log: the corrections hold two different values for "
                    "one cell; keep one of them"
                )
            applied.add(index)
    cells = chunk.cells
    for place, values in changes.items():
        cells = _with(cells, place, values)
    return chunk._replace(cells=cells)


def _is_shown(value: str, cell: str) -> bool:
    """Return whether a value is what a fault shows of the cell; line ends are a spreadsheet's own."""
    shown = cell.lstrip(ERROR_CELL + NO_RESULT)[:_SHOWN]
    return clean(value.replace("\r\n", "\n")) == clean(shown.replace("\r\n", "\n"))


def _with(cells: pa.Table, place: int, values: dict[int, str]) -> pa.Table:
    """Return the cells with some rows of one column replaced."""
    field = cells.schema.field(place)
    texts = cells.column(place).to_pylist()
    for row, value in values.items():
        texts[row] = value
    return cells.set_column(place, field, pa.array(texts, field.type))
