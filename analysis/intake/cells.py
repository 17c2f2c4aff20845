"""A file -> its cells as text, each row with the line it starts in.

Nothing is interpreted here: no types, no dates, no missing values. What cannot be read for certain
is refused as a whole, with a sentence.
"""

import codecs
import csv
import datetime
import errno
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import python_calamine

from analysis.sessions import UnusableLog

_SEPARATORS = (",", ";", "\t", "|")
_HEADER_WITHIN = 20
_HEADER_NAMES = 3
_MOST_COLUMNS = 2_000
_MOST_UNPACKED = 64 * 2**20
_MOST_CELLS = 10_000_000
_WIDEST_CELL = 16 * 2**20
_ZIP = b"PK\x03\x04"
_PLACE = re.compile(rb'<(?:c|row)\b[^>]*? r="([A-Z]{0,3})(\d{1,7})"')


class Table(NamedTuple):
    """The cells of one file.

    Attributes
    ----------
    file : str
        The file's name, as faults name it.
    sha256 : str
        Of the file's bytes.
    size : int
        In bytes.
    header : list of str
        The column names as written.
    cells : DataFrame
        One row per data row of the right width, one column per header, by position; text.
    lines : ndarray of int
        The physical line (or sheet row) each of these rows starts in.
    ragged : DataFrame
        Rows with another number of cells: line, n_cells.
    blank : int
        Rows without any content.
    remarks : list of dict
        In the columns of ``ROW_REPORT`` but ``file``.
    decimal_comma : bool
        Whether the file separates by ``;``, where a comma may be the decimal mark.
    """

    file: str
    sha256: str
    size: int
    header: list[str]
    cells: pd.DataFrame
    lines: np.ndarray
    ragged: pd.DataFrame
    blank: int
    remarks: list[dict]
    decimal_comma: bool


def read_cells(path: Path, known: Callable[[str], bool]) -> Table:
    """Return the cells of a CSV, TSV or XLSX file.

    Parameters
    ----------
    path : Path
        The file.
    known : callable
        Whether a header is one that a session log has; finds the separator and the header row.

    Raises
    ------
    UnusableLog
        When the file cannot be read for certain: the rules of level "file" in ``sessions.RULES``.
    """
    content = _content(path)
    remarks: list[dict] = []
    with _long_cells():
        if content.startswith(_ZIP):
            rows, separator = _workbook_rows(path, content, known, remarks), ""
        else:
            text = _text(path, content, remarks)
            separator, skipped = _separator(text, known)
            rows = _text_rows(path, text, separator, skipped)
        return _table(path, content, rows, known, remarks, decimal_comma=separator == ";")


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module read cells that are too long, so that their row can be refused by name."""
    before = csv.field_size_limit(_WIDEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        found = {errno.ENOENT: "nothing there", errno.EISDIR: "a folder"}.get(error.errno)
        reason = f"the file cannot be read; {error.strerror}"
        if found:
            reason = f"the log must be a file that exists; found {found} at {path}"
        raise UnusableLog(path.name or str(path), "not-a-file", reason) from error
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnusableLog(path.name, "empty", "the file is empty; export the log again")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableLog(
            path.name,
            "encrypted",
            "the workbook has a password or is an old .xls; "
            "remove the password and save it as .xlsx",
        )
    if path.suffix.lower() == ".xlsx" and not content.startswith(_ZIP):
        raise UnusableLog(
            path.name,
            "not-a-workbook",
            "the name says workbook, the content is text; rename it to .csv",
        )
    return content


def _text(path: Path, content: bytes, remarks: list[dict]) -> str:
    """Decode UTF-16 by its mark, else UTF-8, else Windows-1252 with a warning; detect nothing."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
        if content[:4096].count(0) > len(content[:4096]) // 8:
            raise UnusableLog(
                path.name, "encoding", "the text looks like UTF-16 without a mark; save it as UTF-8"
            )
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise UnusableLog(
                path.name, "encoding", "the text is damaged UTF-16; save it as UTF-8"
            ) from error
        text = content.decode("cp1252", errors="replace")
        remarks.append(
            remark(
                "encoding-assumed",
                "the text is not UTF-8 and was read as Windows-1252; if letters look wrong, save the "
                "file as UTF-8",
            )
        )
    if text.startswith("\ufeff") and encoding != "utf-16":
        remarks.append(remark("bom-repeated", "the file begins with two byte-order marks"))
    return text.lstrip("\ufeff")


def _separator(text: str, known: Callable[[str], bool]) -> tuple[str, int]:
    """Return the separator that yields most known names in one line, and the lines to skip.

    A leading ``sep=`` line, as Excel writes it, is obeyed and is no data.
    """
    if text[:4].lower() == "sep=" and text[4:5] in _SEPARATORS:
        return text[4], 1
    probe = {separator: _most_names(text, separator, known) for separator in _SEPARATORS}
    return max(_SEPARATORS, key=probe.__getitem__), 0


def _most_names(text: str, separator: str, known: Callable[[str], bool]) -> int:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return max((_names(row, known) for row in islice(reader, _HEADER_WITHIN)), default=0)
    except csv.Error:  # the wrong separator, or a fault that the strict reading will name
        return 0


def _names(row: list[str], known: Callable[[str], bool]) -> int:
    return sum(known(cell) for cell in row)


def _text_rows(path: Path, text: str, separator: str, skipped: int) -> Iterator[tuple[int, list]]:
    """Yield (line, cells) of every row; a quoted cell may span lines, the row has its first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            if line > skipped:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnusableLog(
            path.name,
            "unclosed-quote",
            f"a quoted cell does not end where it should ({error}); "
            "close the quote or double the quotes inside it",
            line=line,
        ) from error


def _workbook_rows(
    path: Path, content: bytes, known: Callable[[str], bool], remarks: list[dict]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (sheet row, cells) of the first visible sheet with a header; of the first, if none."""
    try:
        _refuse_unsafe(path, content)
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        sheets = {
            sheet.name: [
                [_cell_text(cell) for cell in row]
                for row in workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            ]
            for sheet in workbook.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        }
    except UnusableLog:
        raise
    except (python_calamine.CalamineError, *_DAMAGED) as error:
        raise UnusableLog(
            path.name, "not-a-workbook", f"the workbook is damaged ({error}); save it again"
        ) from error
    logs = [name for name, rows in sheets.items() if _header_place(rows, known) is not None]
    chosen = next(iter(logs or sheets), None)
    remarks += [
        remark(
            "sheet-unread",
            f"the sheet {name!r} looks like a log too and was not read, only {chosen!r}; save it as a "
            "file of its own and give both",
        )
        for name in logs[1:]
    ]
    return iter(enumerate(sheets.get(chosen, []), start=1))


# What zipfile raises for an archive whose directory is damaged.
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error)


def _refuse_unsafe(path: Path, content: bytes) -> None:
    """Raise before a workbook is read that would need more memory than a log can."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        names = archive.namelist()
        if not any(name.startswith("xl/") for name in names):
            raise UnusableLog(
                path.name,
                "not-a-workbook",
                "the file is an archive, not a workbook; give the CSV or XLSX file inside",
            )
        if unpacked > _MOST_UNPACKED:
            raise UnusableLog(
                path.name,
                "too-large",
                f"the workbook unpacks to {unpacked:,} bytes, more than {_MOST_UNPACKED:,}; save the log "
                "sheet as CSV",
            )
        sheets = [name for name in names if name.startswith("xl/worksheets/")]
        cells = max((_reach(archive.read(name)) for name in sheets), default=0)
    if cells > _MOST_CELLS:
        raise UnusableLog(
            path.name,
            "too-large",
            f"a sheet reaches over {cells:,} cells, more than {_MOST_CELLS:,}; delete what stands far "
            "outside the table, or save the log sheet as CSV",
        )


def _reach(sheet: bytes) -> int:
    """Return how many cells lie between A1 and the farthest cell: the reader lays them all out."""
    rows, columns = 1, 1
    for match in _PLACE.finditer(sheet):
        rows = max(rows, int(match[2]))
        columns = max(columns, reduce(lambda place, letter: 26 * place + letter - 64, match[1], 0))
    return rows * columns


def _cell_text(cell: object) -> str:
    """Return what a person sees in a cell as text; a date without a time stays a date."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime.datetime():
            return cell.isoformat(sep=" ")
    return str(cell)


def _header_place(rows: list[list[str]], known: Callable[[str], bool]) -> int | None:
    """Return the place of the first row with three known names among the first twenty."""
    return next(
        (
            place
            for place, row in enumerate(rows[:_HEADER_WITHIN])
            if _names(row, known) >= _HEADER_NAMES
        ),
        None,
    )


#: The five columns of the commonest log, in the words that the refusal names.
_WANTED = ("date", "region", "technique", "pain before", "pain after")


def _table(
    path: Path,
    content: bytes,
    rows: Iterator[tuple[int, list[str]]],
    known: Callable[[str], bool],
    remarks: list[dict],
    *,
    decimal_comma: bool,
) -> Table:
    top = list(islice(rows, _HEADER_WITHIN))
    place = _header(path, top, known, remarks)
    header = top[place][1]
    filled, lines, ragged, blank = [], [], [], 0
    for number, row in chain(top[place + 1 :], rows):
        if not any(cell and not cell.isspace() for cell in row):
            blank += 1
        elif len(row) != len(header):
            ragged.append((number, len(row)))
        else:
            filled.append(row)
            lines.append(number)
    if blank:
        remarks.append(remark("rows-blank", f"{blank} blank rows were counted and left out"))
    if ragged and not filled:
        line, width = ragged[0]
        raise UnusableLog(
            path.name,
            "row-width",
            f"every row has another number of cells than the header ({len(header)}); found {width}. A comma "
            "inside a cell needs quotes",
            line=line,
        )
    return Table(
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        header=header,
        cells=pd.DataFrame(filled, columns=range(len(header)), dtype=object),
        lines=np.array(lines, dtype="int64"),
        ragged=pd.DataFrame(ragged, columns=["line", "n_cells"]),
        blank=blank,
        remarks=remarks,
        decimal_comma=decimal_comma,
    )


def _header(
    path: Path, top: list[tuple[int, list[str]]], known: Callable[[str], bool], remarks: list[dict]
) -> int:
    """Return the place of the header among the first rows; say what stands above it."""
    place = _header_place([row for _, row in top], known)
    if place is None:
        raise UnusableLog(
            path.name,
            "no-header",
            "no header row found in the first 20 lines; the first row should name the columns: "
            + ", ".join(_WANTED),
        )
    line, header = top[place]
    if len(header) > _MOST_COLUMNS:
        raise UnusableLog(
            path.name,
            "too-large",
            f"the table has {len(header):,} columns, more than {_MOST_COLUMNS:,}; is it the right file?",
            line=line,
        )
    if any(cell.strip() for _, row in top[:place] for cell in row):
        above = f"the header was found in line {line}; the lines above it are not data"
        remarks.append(remark("rows-above-header", above, line=line))
    return place


def remark(
    rule: str, message: str, *, line: int | None = None, column: str = "", value: str = ""
) -> dict:
    """Return one remark, without the file's name."""
    return {"line": line, "column": column, "value": value, "rule": rule, "message": message}
