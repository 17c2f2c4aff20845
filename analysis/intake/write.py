"""The sessions table -> a file that reads back the same, with nothing in it that a spreadsheet runs."""

import contextlib
import csv
import datetime
import io
import json
import os
import re
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis.sessions import COLUMNS, UserError

# Spreadsheets run a cell that begins with one of these. The quotes before it belong to the pattern,
# so that a text which already looks guarded gets one more, and the way back is exact.
_LIVE = re.compile("'*[=+\\-@\t\r\n\0＝＋－＠]")
# Characters that no XML file, and so no workbook, can hold.
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST_CELL = 32_767  # in UTF-16 units, as Excel counts
_MOST_ROWS = 1_048_576
# A workbook carries a date of its making; a fixed one gives the same bytes on every day.
_CREATED = datetime.datetime(2000, 1, 1)
_AS_TEXT = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,  # no part of a log is left in the folder for temporary files
}


def write_sessions(sessions: pd.DataFrame, path: str | Path) -> int:
    """Write the sessions as a log that ``read_log`` reads back unchanged; return as ``write_table``.

    Parameters
    ----------
    sessions : DataFrame
        ``SessionLog.sessions``, or some rows of it.
    path : path
        Ends with .csv, .tsv, .xlsx, .parquet or .json.

    Notes
    -----
    Written are the canonical columns that hold anything, and the session number where reading would
    not give it again. A session of several parts is one row with "combined": the pairs in
    ``parts_named`` are not read back. A log's own terms need their mapping when read again.
    """
    needed = {column.name for column in COLUMNS if column.required} | {"pain_after"}
    written = sessions.assign(started_at=_starts(sessions), session_number=_numbers(sessions))
    names = [
        name
        for name in [*(column.name for column in COLUMNS), "session_number"]
        if name in needed or (written[name].notna() & written[name].ne("")).any()
    ]
    return write_table(written[names], path)


def write_table(frame: pd.DataFrame, path: str | Path) -> int:
    """Write texts and numbers in one step; return how many characters a workbook could not hold.

    Parameters
    ----------
    frame : DataFrame
        Columns of text or numbers. A missing number is a blank cell; a whole one has no ".0".
    path : path
        Its ending chooses the format: .csv, .tsv, .xlsx, .parquet or .json.

    Returns
    -------
    int
        Characters replaced by U+FFFD; 0 in every format but .xlsx.

    Raises
    ------
    UserError
        For another ending, a table that is too large for a workbook, or a place that cannot be
        written to. A file that stood there before is then as it was.

    Notes
    -----
    Same frame, same bytes. CSV and TSV cells are ``guarded``; a workbook's cells are marked as text.
    """
    path, replaced = Path(path), 0
    match path.suffix.lower():
        case ".csv":
            content = _delimited(frame, ",")
        case ".tsv":
            content = _delimited(frame, "\t")
        case ".xlsx":
            content, replaced = _workbook(frame, path.name)
        case ".parquet":
            content = frame.to_parquet(index=False)
        case ".json":
            content = _records(frame)
        case _:
            raise UserError(
                f"{path}: a table is written as .csv, .tsv, .xlsx, .parquet or .json; end the name of "
                "the file with one of these"
            )
    put(content, path)
    return replaced


def guarded(cell: str) -> str:
    """Return a cell with a leading quote where a spreadsheet would read a formula.

    >>> guarded("=1+1")
    "'=1+1"
    """
    return f"'{cell}" if _LIVE.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return the cell that was ``guarded``.

    >>> unguarded("'=1+1"), unguarded("'s ochtends")
    ('=1+1', "'s ochtends")
    """
    return cell[1:] if cell.startswith("'") and _LIVE.match(cell) else cell


def _starts(sessions: pd.DataFrame) -> pd.Series:
    """Return the starts as ISO text; with a "T", which spreadsheets leave alone."""
    texts = sessions["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("str")
    texts = texts.str.replace(r"(?::00)?\.000000$", "", regex=True)
    return texts.where(~_is_date(sessions), texts.str[:10])


def _numbers(sessions: pd.DataFrame) -> pd.Series:
    """Return the session numbers, blank where reading numbers a date alone by its place again.

    Where a session of that date is missing (its row was refused), the place is another one.
    """
    place = sessions.groupby(["participant", "started_at"]).cumcount() + 1
    given = sessions["session_number"]
    again = _is_date(sessions) & (given == "day " + place.astype("str"))
    return given.where(~again, "")


def _is_date(sessions: pd.DataFrame) -> pd.Series:
    starts = sessions["started_at"]
    return sessions["session_number"].str.startswith("day ") & (starts == starts.dt.normalize())


def _columns(frame: pd.DataFrame) -> dict[str, list[str | int | float | None]]:
    """Return each column as plain cells: a missing one is None, a whole number an int."""
    return {name: [_plain(cell) for cell in frame[name].to_numpy(object)] for name in frame}


def _plain(cell: object) -> str | int | float | None:
    if isinstance(cell, str):
        return cell
    if pd.isna(cell):
        return None
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _delimited(frame: pd.DataFrame, separator: str) -> bytes:
    columns = [
        [guarded(cell) if isinstance(cell, str) else cell for cell in (name, *cells)]
        for name, cells in _columns(frame).items()
    ]
    text = io.StringIO(newline="")
    # Only the characters of the line end are sure to be quoted, and a note may hold a lone CR.
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def _records(frame: pd.DataFrame) -> bytes:
    """Return one record a line."""
    columns = _columns(frame)
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n".encode()


def _workbook(frame: pd.DataFrame, file: str) -> tuple[bytes, int]:
    """Return a workbook of one sheet, and how many characters it could not hold."""
    if len(frame) >= _MOST_ROWS:
        raise UserError(
            f"{file}: a workbook holds {_MOST_ROWS:,} rows, no more; write .csv instead"
        )
    content, replaced = io.BytesIO(), 0
    with xlsxwriter.Workbook(content, _AS_TEXT) as workbook:
        workbook.set_properties({"created": _CREATED})
        sheet = workbook.add_worksheet("sessions")
        sheet.add_write_handler(str, _write_marked_up)
        for place, (name, cells) in enumerate(_columns(frame).items()):
            _refuse_long(cells, name, file)
            held, lost = _held([name, *cells])
            sheet.write_column(0, place, held)
            replaced += lost
    return content.getvalue(), replaced


def _held(cells: list) -> tuple[list, int]:
    """Return the cells as XML can hold them, and how many characters were replaced."""
    pairs = [
        _NOT_XML.subn("\ufffd", cell) if isinstance(cell, str) else (cell, 0) for cell in cells
    ]
    return [cell for cell, _ in pairs], sum(count for _, count in pairs)


def _write_marked_up(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, text: str, *_):
    """Write a text in three runs where xlsxwriter would take it for its own XML; else do nothing."""
    if text.startswith("<r>") and text.endswith("</r>"):
        return sheet.write_rich_string(row, column, text[0], text[1], text[2:])
    return None


def _refuse_long(cells: list, name: str, file: str) -> None:
    if any(isinstance(cell, str) and _utf16_length(cell) > _LONGEST_CELL for cell in cells):
        raise UserError(
            f"{file}: a cell of {name} has more than the {_LONGEST_CELL:,} characters that a workbook "
            "can hold; write .csv instead"
        )


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def put(content: bytes, path: Path) -> None:
    """Put a file in its place in one step, or leave everything as it was.

    Raises
    ------
    UserError
        For a place that cannot be written to.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: the file cannot be written ({error.strerror}); choose another place"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the place itself may be what is wrong
            new.unlink()
