"""A file, told by its first bytes -> its tables of text cells, and what they were read from.

Nothing is interpreted here: no types, no dates, no missing values. What cannot be read for certain
is refused as a whole, with a sentence.
"""

import codecs
import errno
import hashlib
import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from analysis.intake.archive import read_members
from analysis.intake.columns import database_name, database_table, parquet_table
from analysis.intake.documents import read_json, records_sheet
from analysis.intake.encoding import look
from analysis.intake.fhir import fhir_sheet, is_fhir
from analysis.intake.header import header_place, sheet_table
from analysis.intake.mapping import FileRules, Mapping
from analysis.intake.recognise import refuse_apple
from analysis.intake.table import Sheet, Table, remark
from analysis.intake.text import text_table
from analysis.intake.workbook import is_workbook, read_workbook
from analysis.sessions import UnusableLog, UserError

_SMALL = 64 * 2**20
_FHIR_RESOURCE, _FHIR_GROUP = "QuestionnaireResponse", "session"
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*(?:[\[\]{"0-9-]|true|false|null))')
#: First bytes -> why such a file is no log. What a person may take for one.
_OTHER_KINDS = (
    (b"%PDF", "the file is a PDF; export the log as CSV or XLSX"),
    (
        b"SQLite format 3\0",
        "the file is an SQLite database; give sqlite:///path/of/the/file.db and a mapping with "
        "file: {query: select ...}",
    ),
)
Knows = Callable[[str], bool]


class Opened(NamedTuple):
    """A file whose tables can be read.

    Attributes
    ----------
    name : str
        The file's name, as faults name it.
    tables : list of Table
        Those with a header, in order; at least one.
    hidden : list of str
        Names of the hidden sheets of a workbook.
    sha256 : callable
        Returns the SHA-256 of what was read; of a database it is known when all rows were.
    size : int
        In bytes; 0 for a database.
    skipped : int
        Entries that the format itself marks as withdrawn.
    """

    name: str
    tables: list[Table]
    hidden: list[str]
    sha256: Callable[[], str]
    size: int
    skipped: int = 0


def is_database(path: str | Path) -> bool:
    """Return whether a log is a database URL and no file."""
    return isinstance(path, str) and re.match(r"[a-z][a-z0-9+]+://", path) is not None


def log_name(path: str | Path) -> str:
    """Return the name of a log: of its file, or of its database without credentials."""
    return database_name(path) if is_database(path) else Path(path).name or str(path)


def open_log(path: str | Path, mapping: Mapping, knows: Knows) -> Opened:
    """Return a log with its tables, told by its first bytes and not by its name.

    Parameters
    ----------
    path : path, or database URL
        The log.
    mapping : Mapping
        Its ``file`` and ``join`` say what a file cannot tell.
    knows : callable
        Whether a header is one that a session log has; finds separators and header rows.

    Raises
    ------
    UnusableLog
        When it cannot be read for certain: the rules of level "file" in ``sessions.RULES``.
    """
    if is_database(path):
        if not mapping.file.query:
            raise UserError(
                f"{log_name(path)}: a database needs a query; give a mapping with "
                'file: {query: "select ..."}'
            )
        hashed = hashlib.sha256()
        table = database_table(path, mapping.file.query, hashed)
        return Opened(log_name(path), [table], [], hashed.hexdigest, 0)
    file, start = Path(path), _start(Path(path))
    if start.startswith((b"PAR1", b"PARE")):  # PARE: encrypted as a whole
        sha256, size = _hash(file)
        return Opened(file.name, [parquet_table(file, file.name)], [], lambda: sha256, size)
    if start.startswith(b"PK\x03\x04"):
        return _archive(file, _small(file), mapping, knows)
    if _is_json(start):
        return _document(file, _small(file), mapping, knows)
    _refuse_other_kinds(file, start)
    return _text(file, mapping.file, knows)


def _is_json(start: bytes) -> bool:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    return _JSON.match(start.removeprefix(codecs.BOM_UTF8)) is not None


def _start(path: Path) -> bytes:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UnusableLog(
                path.name, "not-a-file", f"the log must be a file; found a device at {path}"
            )
        with path.open("rb") as stream:
            return stream.read(4096)
    except OSError as error:
        found = {errno.ENOENT: "nothing there", errno.EISDIR: "a folder"}.get(error.errno)
        reason = f"the file cannot be read; {error.strerror}"
        if found:
            reason = f"the log must be a file that exists; found {found} at {path}"
        raise UnusableLog(path.name or str(path), "not-a-file", reason) from error


def _small(path: Path) -> bytes:
    """Return the content of a file of a kind that is read as a whole."""
    size = path.stat().st_size
    if size > _SMALL:
        raise UnusableLog(
            path.name,
            "too-large",
            f"the file has {size:,} bytes, more than {_SMALL:,} for this kind; save the log as CSV",
        )
    return path.read_bytes()


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    refuse_apple(start, path.name)
    for first, why in _OTHER_KINDS:
        if start.startswith(first):
            raise UnusableLog(path.name, "not-a-session-log", why)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableLog(
            path.name,
            "encrypted",
            "the workbook has a password or is an old .xls; "
            "remove the password and save it as .xlsx",
        )
    if path.suffix.lower() in (".xlsx", ".ods") and start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnusableLog(
            path.name,
            "not-a-workbook",
            "the name says workbook, the content is text; rename it to .csv",
        )
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:[?!a-zA-Z])", start):
        raise UnusableLog(
            path.name,
            "not-a-session-log",
            "the file is a web page or XML; export the log as CSV or XLSX",
        )


def _text(path: Path, rules: FileRules, knows: Knows) -> Opened:
    def opened() -> io.BufferedReader:
        return path.open("rb")

    text = look(opened, path.name, rules.encoding)
    table = text_table(opened, path.name, text, rules, knows)
    return Opened(path.name, [table], [], lambda: text.sha256, text.size)


def _archive(path: Path, content: bytes, mapping: Mapping, knows: Knows) -> Opened:
    """Open a workbook, or the CSV members of another archive."""
    if is_workbook(content, path.name):
        book = read_workbook(content, path.name)
        tables = _sheets(book.visible, path.name, mapping, knows)
        for sheet in book.hidden:
            if header_place([row for _, row in sheet.rows], knows) is not None:
                tables[0].remarks.append(
                    remark(
                        "hidden-sheet",
                        f"the hidden sheet {sheet.name!r} looks like a log and was not read; show it if it "
                        "should be",
                    )
                )
        hidden = [sheet.name for sheet in book.hidden]
    else:
        tables = _members(read_members(content, path.name), path.name, mapping, knows)
        hidden = []
    sha256 = hashlib.sha256(content).hexdigest()
    return Opened(path.name, tables, hidden, lambda: sha256, len(content))


def _sheets(sheets: list[Sheet], file: str, mapping: Mapping, knows: Knows) -> list[Table]:
    """Return the sheets that have a header; a sheet that the mapping names has one in its first row."""
    named = {mapping.file.sheet, mapping.join.sheet if mapping.join else ""} - {""}
    stated = mapping.file.header_row or mapping.file.header_rows
    tables = []
    for sheet in sheets:
        found = header_place([row for _, row in sheet.rows], knows) is not None
        if found or (stated and (sheet.name in named or len(sheets) == 1)):
            tables.append(sheet_table(sheet, file, mapping.file, knows))
        elif sheet.name in named and sheet.rows:
            first = mapping.file._replace(header_row=sheet.rows[0][0])
            tables.append(sheet_table(sheet, file, first, knows))
    # No sheet has a header: the refusal of the first says what is missing.
    return tables or [sheet_table(next(iter(sheets), Sheet("", [])), file, mapping.file, knows)]


def _members(
    members: list[tuple[str, bytes]], file: str, mapping: Mapping, knows: Knows
) -> list[Table]:
    """Return the members that have a header."""
    tables, refusals = [], []
    for name, content in members:
        opened = partial(io.BytesIO, content)
        try:
            text = look(opened, f"{file}/{name}", mapping.file.encoding)
            table = text_table(opened, f"{file}/{name}", text, mapping.file, knows)
            tables.append(table._replace(name=name))
        except UnusableLog as error:
            if error.fault["rule"] not in ("no-header", "empty"):
                raise
            refusals.append(error)
    if not tables:
        raise refusals[0]
    return tables


def _document(path: Path, content: bytes, mapping: Mapping, knows: Knows) -> Opened:
    """Open JSON: a FHIR resource, or records."""
    tree, skipped = read_json(content, path.name), 0
    if is_fhir(tree):
        rules = mapping.file
        group = rules.group or _FHIR_GROUP
        sheet, skipped = fhir_sheet(tree, rules.resource or _FHIR_RESOURCE, group, path.name)
    else:
        sheet = records_sheet(tree, path.name)
    sha256 = hashlib.sha256(content).hexdigest()
    table = sheet_table(sheet, path.name, mapping.file, knows)
    return Opened(path.name, [table], [], lambda: sha256, len(content), skipped)
