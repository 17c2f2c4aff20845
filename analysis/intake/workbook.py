"""A workbook (XLSX or ODS) -> its sheets as text cells, as a person sees them.

The values of an XLSX file are read by python-calamine, from a copy that holds only the parts checked
here. calamine keeps quiet about errors, formulas without a result, hidden rows and how far a sheet
reaches, so the XML of each sheet is looked through as well. An ODS file is one XML stream and is read
from it: calamine glues the lines of a cell together, and lays out a cell repeated a million times.
"""

import datetime
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial, reduce
from typing import NamedTuple
from xml.parsers import expat

import python_calamine

from analysis.intake.archive import ARCHIVE, WORKBOOK, damaged, opened, unpacked
from analysis.intake.table import ERROR_CELL, NO_RESULT, Sheet, remark
from analysis.sessions import UnusableLog

_FAR = "delete what stands far outside the table, or save the log sheet as CSV"
# A small file can stand for a large sheet: at most, and what is said of more, of all sheets together.
_MOST = {
    "rows": (2**21, f"the sheets reach over {{:,}} rows, more than {{:,}}; {_FAR}"),
    "cells": (10_000_000, f"the sheets reach over {{:,}} cells, more than {{:,}}; {_FAR}"),
    "characters": (
        2**25,
        "the cells show {:,} characters, more than {:,}; save the log sheet as CSV",
    ),
    "marks": (
        100_000,
        "{:,} cells are errors or formulas without a result, more than {:,}; open the workbook in "
        "Excel or LibreOffice and save it again",
    ),
}
_MOST_PARTS = 10_000
_LEAST_NUMBER = -1e11
_MOST_ROWS, _MOST_COLUMNS = 2**20, 2**14
_DEEPEST = 64
_LONGEST_TAG = 2**20
_STEP = 2**16
_TRUE = ("1", "true")
_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_COUNT = re.compile(r"[0-9]{1,7}")


class Workbook(NamedTuple):
    """The sheets of a workbook in order: those that a person sees, and those that are hidden."""

    visible: list[Sheet]
    hidden: list[Sheet]


class _Broken(Exception):
    """What is damaged in a workbook, in words; ``read_workbook`` makes the refusal of it."""


def is_workbook(content: bytes, file: str) -> bool:
    """Return whether a zip file is an XLSX or ODS workbook, by the names in it.

    Raises
    ------
    UnusableLog
        When its directory is damaged (not-a-workbook) or far too long (too-large).
    """
    kind = ARCHIVE if file.lower().endswith(".zip") else WORKBOOK
    with opened(content, file, kind) as archive:
        return any(_holds_sheets(_key(name)) for name in archive.namelist())


def read_workbook(content: bytes, file: str) -> Workbook:
    """Return the sheets of an XLSX or ODS workbook; all rows of a sheet have its width.

    Numbers have no needless ".0", dates are ISO 8601 with a blank before the time, truth values are
    "true" and "false". Errors and formulas without a stored result are marked (see ``table``).

    Raises
    ------
    UnusableLog
        Rules too-large, unsafe-archive, encrypted, dtd and not-a-workbook. The limits are checked
        before anything is unpacked, and again before cells are laid out.
    """
    members = unpacked(content, file, WORKBOOK, wanted=_is_xml)
    parts = {_key(name): part for name, part in members.items()}
    try:
        if len(parts) < len(members):
            raise _Broken("two parts of it have one name")
        return _sheets(parts, file)
    except _Broken as error:
        raise damaged(file, WORKBOOK, str(error)) from error
    except expat.ExpatError as error:
        raise damaged(file, WORKBOOK, "a part of it is not well-formed") from error
    except (python_calamine.CalamineError, OverflowError) as error:
        # OverflowError: a length of time beyond what Python can hold.
        raise damaged(file, WORKBOOK, "its cells cannot be read") from error


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _key(name: str) -> str:
    """Return a part's name as it is looked up: without regard to case and kind of slash."""
    return name.replace("\\", "/").lower()


def _holds_sheets(key: str) -> bool:
    return key.startswith("xl/") or key == "content.xml"


def _sheets(parts: dict[str, bytes], file: str) -> Workbook:
    if not any(map(_holds_sheets, parts)):
        raise UnusableLog(
            file,
            "not-a-workbook",
            "the file is an archive, not a workbook; give the CSV or XLSX file inside",
        )
    if b"encryption-data" in parts.get("meta-inf/manifest.xml", b""):
        raise UnusableLog(
            file, "encrypted", "the workbook has a password; remove the password and save it again"
        )
    if any(map(_has_dtd, parts.values())):
        raise UnusableLog(
            file,
            "dtd",
            "the workbook declares a document type (DTD), which no log needs; "
            "open it in Excel or LibreOffice and save it again",
        )
    if "content.xml" in parts:
        return _read_ods(parts["content.xml"], file)
    return _read_xlsx(parts, file)


# XML


def _has_dtd(xml: bytes) -> bool:
    """Return whether an XML part declares a document type; only what precedes its root is read."""
    met: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: met.append("doctype")
    parser.StartElementHandler = lambda *_: met.append("root")
    try:
        for step in _steps(xml, parser):
            parser.Parse(step, False)
            if met:
                break
    except (expat.ExpatError, LookupError, ValueError) as error:
        # ValueError and LookupError: an encoding that Python does not know, or not for this.
        if not met:
            raise _Broken("a part of it is not well-formed") from error
    return "doctype" in met


def _steps(xml: bytes, parser: expat.XMLParserType) -> Iterator[bytes]:
    """Yield XML bit by bit, as long as no tag takes the parser more memory than any sheet needs."""
    for place in range(0, len(xml), _STEP):
        if place - parser.CurrentByteIndex > _LONGEST_TAG:
            raise _Broken("a tag in it does not end")
        yield xml[place : place + _STEP]


class _Reader:
    """What is done with the elements of an XML part, by tag, and how deep the open one lies."""

    def __init__(self) -> None:
        self.depth = 0
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {}
        self.ends: dict[str, Callable[[], None]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        handle = self.starts.get(tag) or self.starts.get(_local(tag))
        if handle:
            handle(attributes)

    def end(self, tag: str) -> None:
        self.depth -= 1
        handle = self.ends.get(tag) or self.ends.get(_local(tag))
        if handle:
            handle()

    def text(self, text: str) -> None:
        """Take in some text; parts are of one element or of several."""

    def cdata(self) -> None:
        """Take in that the next text is quoted as a whole."""

    def read(self, xml: bytes) -> None:
        """Read a part. Every one is taken for UTF-8, as calamine does."""
        if b"\0" in xml:
            raise _Broken("a part of it is not in UTF-8")  # in UTF-16, calamine finds no cell
        parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler, parser.StartCdataSectionHandler = self.text, self.cdata
        for step in _steps(xml, parser):
            parser.Parse(step, False)
            if self.depth > _DEEPEST:
                raise _Broken("a part of it is nested too deeply")
        parser.Parse(b"", True)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _attributes(xml: bytes, name: str) -> list[dict[str, str]]:
    """Return the attributes of every element of a name, whatever its prefix."""
    found: list[dict[str, str]] = []

    def start(attributes: dict[str, str]) -> None:
        found.append(attributes)
        if len(found) > _MOST_PARTS:
            raise _Broken("it lists more parts than it can hold")

    reader = _Reader()
    reader.starts[name] = start
    reader.read(xml)
    return found


# What both formats have in common


class _Noticed:
    """What is worth a remark in a sheet. Rows and columns are counted from 0."""

    def __init__(self) -> None:
        self.formulas = self.hidden_rows = 0
        self.first_formula = (0, 0)

    def formula(self, row: int, column: int, repeated: int = 1) -> None:
        if not self.formulas:
            self.first_formula = (row, column)
        self.formulas += repeated

    def remarks(self) -> list[dict]:
        found = []
        if self.formulas:
            row, column = self.first_formula
            found.append(
                remark(
                    "formula-text",
                    f"cells with a formula are read as their stored result (found {self.formulas:,}, "
                    f"the first in {_letters(column)}{row + 1}); a note that begins with = may have "
                    "become one",
                    line=row + 1,
                )
            )
        if self.hidden_rows:
            message = f"hidden rows are read like the others (found {self.hidden_rows:,})"
            found.append(remark("hidden-row", message))
        return found


def _letters(column: int) -> str:
    """Return a column's name as the sheet shows it: A for 0."""
    tens, unit = divmod(column, 26)
    return (_letters(tens - 1) if tens else "") + chr(ord("A") + unit)


def _refuse_large(file: str, **sizes: int) -> None:
    """Raise where a small file would be laid out into more than memory holds."""
    for what, size in sizes.items():
        most, message = _MOST[what]
        if size > most:
            raise UnusableLog(file, "too-large", message.format(size, most))


def _count(attributes: dict[str, str], name: str) -> int:
    count = attributes.get(name, "1")
    if _COUNT.fullmatch(count) is None:
        raise _Broken("a count in it is no number")
    return int(count)


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


# XLSX


class _Part(NamedTuple):
    name: str
    hidden: bool
    xml: bytes


def _read_xlsx(parts: dict[str, bytes], file: str) -> Workbook:
    main = next(iter(_related(parts, "", "officeDocument").values()), "xl/workbook.xml")
    if main not in parts:
        raise UnusableLog(
            file, "not-a-workbook", "the workbook is of a kind that is not read; save it as .xlsx"
        )
    worksheets = _worksheets(parts, main)
    strings, styles = (
        next((parts.get(part) for part in _related(parts, main, kind).values()), None)
        for kind in ("sharedStrings", "styles")
    )
    looks = _looks(worksheets, strings, file)
    settings = _attributes(parts[main], "workbookPr")
    since_1904 = any(setting.get("date1904") in _TRUE for setting in settings)
    copy = _copy(worksheets, strings, styles, since_1904=since_1904)
    book = python_calamine.load_workbook(copy)
    read = [
        Sheet(
            worksheet.name,
            _rows(book.get_sheet_by_index(place), look.marks),
            look.merged,
            look.noticed.remarks(),
        )
        for place, (worksheet, look) in enumerate(zip(worksheets, looks, strict=True))
    ]
    return _workbook(read, [worksheet.hidden for worksheet in worksheets])


def _looks(worksheets: list[_Part], strings: bytes | None, file: str) -> list["_Look"]:
    """Return what the XML of each sheet tells, when calamine can lay all of them out."""
    texts = _SharedTexts()
    texts.read(strings or b"<sst/>")
    looks: list[_Look] = []
    for worksheet in worksheets:
        looks.append(_Look(texts.lengths))
        looks[-1].read(worksheet.xml)
        _refuse_large(
            file,
            rows=sum(look.rows for look in looks),
            cells=sum(look.rows * look.columns for look in looks),
            characters=sum(look.characters for look in looks),
            marks=sum(len(look.marks) for look in looks),
        )
    return looks


def _workbook(sheets: list[Sheet], hidden: list[bool]) -> Workbook:
    both = list(zip(sheets, hidden, strict=True))
    return Workbook(
        [sheet for sheet, is_hidden in both if not is_hidden],
        [sheet for sheet, is_hidden in both if is_hidden],
    )


def _related(parts: dict[str, bytes], part: str, kind: str) -> dict[str, str]:
    """Return what a part is related to in one way: relation -> part."""
    folder, name = posixpath.split(part)
    relations = parts.get(posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        relation.get("Id", ""): _key(
            posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
        ).lstrip("/")
        for relation in (_attributes(relations, "Relationship") if relations else [])
        if relation.get("Type", "").endswith(f"/{kind}")
    }


def _worksheets(parts: dict[str, bytes], main: str) -> list[_Part]:
    """Return the sheets of cells in their order; a sheet that is a chart is none."""
    related = _related(parts, main, "worksheet")
    sheets, names = [], []
    for sheet in _attributes(parts[main], "sheet"):
        relation = next((sheet[name] for name in sheet if name.endswith(":id")), None)
        if relation in related:
            names.append(related[relation])
            hidden = sheet.get("state", "visible") != "visible"
            sheets.append(_Part(sheet.get("name", ""), hidden, parts.get(names[-1], b"")))
    if len(set(names)) < len(names) or not all(sheet.xml for sheet in sheets):
        raise _Broken("a sheet is missing in it")
    return sheets


class _SharedTexts(_Reader):
    """The length of each shared text: a short file can show a long one in every cell."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self.starts = {"sst": self.start_table, "si": lambda _: self.lengths.append(0)}

    def start_table(self, attributes: dict[str, str]) -> None:
        _count(attributes, "uniqueCount")  # calamine makes room for as many, however many

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _Look(_Reader):
    """What the XML of a sheet tells and calamine does not. Rows and columns are counted from 0."""

    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        self.lengths = lengths
        self.rows = self.columns = self.characters = 0
        self.marks: dict[tuple[int, int], str] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.noticed = _Noticed()
        self.row = 0
        self.row_hidden = False
        self.cell = (0, 0)
        self.kind = ""
        self.found: dict[str, list[str]] = {}
        self.reading: list[str] = []
        self.starts = {"row": self.start_row, "c": self.start_cell, "mergeCell": self.merge}
        self.starts |= {name: partial(self.start_content, name) for name in ("v", "f", "is")}
        self.ends = {"row": self.end_row, "c": self.end_cell}

    def start_row(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            self.row, _ = _place(f"A{attributes['r']}")
        self.cell = (self.row, 0)
        self.row_hidden = attributes.get("hidden") in _TRUE

    def start_cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            self.cell = _place(attributes["r"])
        self.kind, self.found = attributes.get("t", "n"), {}

    def start_content(self, name: str, _) -> None:
        self.reading = self.found[name] = []

    def merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        (top, left), (bottom, right) = _place(first), _place(last or first)
        self.merged.append((top + 1, left, bottom + 1, right))

    def text(self, text: str) -> None:
        self.reading.append(text)

    def cdata(self) -> None:
        if self.reading is self.found.get("v"):
            raise _Broken("a value in it is written in an unusual way")  # calamine drops it

    def end_row(self) -> None:
        self.row += 1
        self.cell = (self.row, 0)

    def end_cell(self) -> None:
        row, column = self.cell
        if self.found:
            _within(row, column)
            self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
            self.noticed.hidden_rows += self.row_hidden
            self.row_hidden = False
            self.mark()
        self.found, self.reading = {}, []
        self.cell = (row, column + 1)

    def mark(self) -> None:
        """Mark an error or a formula without a result, and count the other formulas."""
        value = "".join(self.found.get("v", ())).strip()
        if self.kind == "s":
            self.characters += self.shared_length(value)
        elif self.kind == "e":
            self.marks[self.cell] = ERROR_CELL + value
            return
        elif self.kind == "n" and value.startswith("-"):
            _refuse_too_small(value)
        if "f" not in self.found:
            return
        # With the type of a text, an empty value is a result: =IF(A2="","",A2) gives it.
        if value or (self.kind == "str" and "v" in self.found):
            self.noticed.formula(*self.cell)
        else:
            self.marks[self.cell] = f"{NO_RESULT}={''.join(self.found['f']).strip()}"

    def shared_length(self, value: str) -> int:
        try:
            return self.lengths[int(value)]
        except (ValueError, IndexError) as error:
            raise _Broken("a text is missing in it") from error


def _refuse_too_small(number: str) -> None:
    """Raise for a number that ends calamine, with a traceback, where it has the format of a date."""
    with suppress(ValueError):
        if float(number) < _LEAST_NUMBER:
            raise _Broken("a number in it is too small")


def _place(name: str) -> tuple[int, int]:
    """Return row and column of a cell such as B7."""
    match = _PLACE.fullmatch(name)
    if match is None:
        raise _Broken("a cell in it has no valid place")
    row, column = int(match[2]), _column(match[1])
    return _within(row - 1, column - 1)


def _within(row: int, column: int) -> tuple[int, int]:
    if row >= _MOST_ROWS or column >= _MOST_COLUMNS:
        raise _Broken("a cell in it lies outside of the sheet")
    return row, column


@cache
def _column(letters: str) -> int:
    return reduce(lambda place, letter: 26 * place + ord(letter) - 64, letters.upper(), 0)


# The least that calamine takes for a workbook; the parts have our names, so that it finds no others.
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATED = "<Relationships>{}</Relationships>"
_RELATION = f'<Relationship Id="{{0}}" Type="{_RELATIONS}/{{1}}" Target="{{2}}"/>'
_BOOK = f'<workbook xmlns:r="{_RELATIONS}"><workbookPr date1904="{{}}"/><sheets>{{}}</sheets></workbook>'
# calamine refuses a whole workbook for an error it does not know, such as #SPILL!.
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")


def _copy(
    worksheets: list[_Part], strings: bytes | None, styles: bytes | None, *, since_1904: bool
) -> io.BytesIO:
    """Return a workbook of the parts that were checked, and of nothing else."""
    places = range(len(worksheets))
    listed = "".join(f'<sheet name="{place}" r:id="s{place}"/>' for place in places)
    related = [(f"s{place}", "worksheet", f"worksheets/{place}.xml") for place in places]
    related += [(kind, kind, f"{kind}.xml") for kind in ("sharedStrings", "styles")]
    related_parts = "".join(_RELATION.format(*relation) for relation in related)
    main = _RELATION.format("main", "officeDocument", "xl/workbook.xml")
    members = {
        "_rels/.rels": _RELATED.format(main),
        "xl/workbook.xml": _BOOK.format(int(since_1904), listed),
        "xl/_rels/workbook.xml.rels": _RELATED.format(related_parts),
        "xl/sharedStrings.xml": strings,
        "xl/styles.xml": styles,
    }
    for place, worksheet in enumerate(worksheets):
        members[f"xl/worksheets/{place}.xml"] = _ERROR_TYPE.sub(rb'\1"str"', worksheet.xml)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)
    copy.seek(0)
    return copy


def _rows(
    sheet: python_calamine.CalamineSheet, marks: dict[tuple[int, int], str]
) -> list[tuple[int, list[str]]]:
    """Return the rows from the sheet's first, all of one width, with the marks put in."""
    left = [""] * (sheet.start or (0, 0))[1]
    rows = [left + [_cell_text(cell) for cell in row] for row in sheet.iter_rows()]
    rows += [[] for _ in range(max((row + 1 for row, _ in marks), default=0) - len(rows))]
    width = max([*map(len, rows), *(column + 1 for _, column in marks)], default=0)
    for row in rows:
        row += [""] * (width - len(row))
    for (row, column), mark in marks.items():
        rows[row][column] = mark
    return list(enumerate(rows, start=1))


# ODS

_CELLS = ("table:table-cell", "table:covered-table-cell")
_VALUES = dict.fromkeys(("float", "percentage", "currency"), "office:value") | {
    "date": "office:date-value",
    "time": "office:time-value",
    "boolean": "office:boolean-value",
}
_CLOCK = re.compile(r"PT([0-9]{2})H([0-9]{2})M([0-9]{2})(?:[.,][0-9]+)?S")


def _read_ods(xml: bytes, file: str) -> Workbook:
    reader = _Ods(file)
    reader.read(xml)
    if not reader.sheets:
        raise UnusableLog(
            file, "not-a-workbook", "the document holds no sheet; save the log as .ods or as CSV"
        )
    return _workbook(
        [sheet.finished() for sheet in reader.sheets], [sheet.hidden for sheet in reader.sheets]
    )


class _OdsSheet:
    """One sheet of an ODS file, repeated rows and cells written out, blank ones at an end left out.

    Rows and columns are counted from 0.
    """

    def __init__(self, name: str, *, hidden: bool) -> None:
        self.name, self.hidden = name, hidden
        self.noticed = _Noticed()
        self.merged: list[tuple[int, int, int, int]] = []
        self.rows: list[list[str]] = []
        self.width = 0
        self.blank_rows = 0
        self.start_row({})

    def start_row(self, attributes: dict[str, str]) -> None:
        self.row: list[str] = []
        self.blank_cells = 0
        self.row_repeated = _count(attributes, "table:number-rows-repeated")
        self.row_hidden = attributes.get("table:visibility", "visible") != "visible"

    @property
    def place(self) -> tuple[int, int]:
        return len(self.rows) + self.blank_rows, len(self.row) + self.blank_cells

    def add_cell(self, attributes: dict[str, str], shown: str) -> None:
        row, column = self.place
        repeated = _count(attributes, "table:number-columns-repeated")
        down = _count(attributes, "table:number-rows-spanned")
        across = _count(attributes, "table:number-columns-spanned")
        if down > 1 or across > 1:
            self.merged.append((row + 1, column, row + down, column + across - 1))
        text = _ods_text(attributes, shown)
        if "table:formula" in attributes and not text.startswith((ERROR_CELL, NO_RESULT)):
            self.noticed.formula(row, column, repeated * self.row_repeated)
        if not text:
            self.blank_cells += repeated
            return
        _within(row, column + repeated - 1)
        self.row += [""] * self.blank_cells + [text] * repeated
        self.blank_cells = 0

    def reach(self) -> tuple[int, int]:
        """Return the rows and the width of the sheet when the open row has been added."""
        rows = self.place[0] + self.row_repeated if self.row else len(self.rows)
        return rows, max(self.width, len(self.row))

    def end_row(self) -> None:
        if not self.row:
            self.blank_rows += self.row_repeated
            return
        self.width = max(self.width, len(self.row))
        self.noticed.hidden_rows += self.row_hidden * self.row_repeated
        self.rows += [[] for _ in range(self.blank_rows)]
        self.rows += [list(self.row) for _ in range(self.row_repeated)]
        self.row, self.blank_rows = [], 0

    def finished(self) -> Sheet:
        rows = [row + [""] * (self.width - len(row)) for row in self.rows]
        remarks = self.noticed.remarks()
        return Sheet(self.name, list(enumerate(rows, start=1)), self.merged, remarks)


def _ods_text(attributes: dict[str, str], shown: str) -> str:
    """Return what a person sees in a cell: its value where that is exact, else the text shown."""
    if attributes.get("calcext:value-type") == "error":
        return ERROR_CELL + shown
    kind = attributes.get("office:value-type")
    if "table:formula" in attributes and kind is None and not shown:
        return f"{NO_RESULT}={attributes['table:formula'].partition('=')[2]}"
    value = attributes.get(_VALUES.get(kind, "office:string-value"))
    if value is None or kind == "string":
        return shown or value or ""
    if kind == "date":
        return _moment(value)
    if kind == "time":
        return _CLOCK.sub(r"\1:\2:\3", value)
    return value if kind == "boolean" else _number(value)


def _number(value: str) -> str:
    try:
        return _cell_text(float(value))
    except ValueError:
        return value


def _moment(value: str) -> str:
    """Return a date as it is, and a date with a time to the millisecond, as calamine does."""
    try:
        moment = datetime.datetime.fromisoformat(value) + datetime.timedelta(microseconds=500)
    except (ValueError, OverflowError):
        return value
    if "T" not in value:
        return value
    return _cell_text(moment.replace(microsecond=moment.microsecond // 1000 * 1000))


class _Ods(_Reader):
    """The sheets of an ODS file, as its XML goes by."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.sheets: list[_OdsSheet] = []
        self.rows = self.cells = self.spaces = 0  # rows and cells of the sheets before the open one
        self.style = ""
        self.hidden_styles: set[str] = set()
        self.sheet: _OdsSheet | None = None
        self.nested = 0
        self.cell: dict[str, str] | None = None
        self.cell_depth = 0
        self.shown: list[str] = []
        self.in_paragraph = False
        self.starts = {
            "style:style": self.start_style,
            "style:table-properties": self.start_properties,
            "table:table": self.start_table,
            "table:table-row": self.start_row,
            "text:p": self.start_paragraph,
            "text:s": self.add_spaces,
            "text:tab": lambda _: self.text("\t"),
            "text:line-break": lambda _: self.text("\n"),
        } | dict.fromkeys(_CELLS, self.start_cell)
        self.ends = {
            "table:table": self.end_table,
            "table:table-row": self.end_row,
            "text:p": self.end_paragraph,
        } | dict.fromkeys(_CELLS, self.end_cell)

    @property
    def in_sheet(self) -> bool:
        return self.sheet is not None and not self.nested

    def start_style(self, attributes: dict[str, str]) -> None:
        self.style = attributes.get("style:name", "")

    def start_properties(self, attributes: dict[str, str]) -> None:
        if attributes.get("table:display") == "false":
            self.hidden_styles.add(self.style)

    def start_table(self, attributes: dict[str, str]) -> None:
        if self.sheet:
            self.nested += 1
            return
        hidden = attributes.get("table:style-name") in self.hidden_styles
        self.sheet = _OdsSheet(attributes.get("table:name", ""), hidden=hidden)
        if len(self.sheets) > _MOST_PARTS:
            raise _Broken("it lists more parts than it can hold")

    def end_table(self) -> None:
        if self.in_sheet:
            self.rows, self.cells = self.reach()
            self.sheets.append(self.sheet)
            self.sheet = None
        self.nested -= bool(self.nested)

    def start_row(self, attributes: dict[str, str]) -> None:
        if self.in_sheet:
            self.sheet.start_row(attributes)

    def end_row(self) -> None:
        if self.in_sheet:
            rows, cells = self.reach()
            _refuse_large(self.file, rows=rows, cells=cells)
            self.sheet.end_row()

    def reach(self) -> tuple[int, int]:
        """Return the rows and cells of all sheets so far, with those of the open row."""
        rows, width = self.sheet.reach()
        return self.rows + rows, self.cells + rows * width

    def start_cell(self, attributes: dict[str, str]) -> None:
        if self.in_sheet:
            self.cell, self.cell_depth, self.shown = attributes, self.depth, []

    def end_cell(self) -> None:
        if self.in_sheet and self.cell is not None:
            self.sheet.add_cell(self.cell, "".join(self.shown))
            self.cell = None

    def start_paragraph(self, _) -> None:
        # Only the cell's own: comments and drawings in it have paragraphs too.
        if self.cell is not None and self.depth == self.cell_depth + 1:
            self.shown += ["\n"] * bool(self.shown)
            self.in_paragraph = True

    def end_paragraph(self) -> None:
        self.in_paragraph = self.in_paragraph and self.depth > self.cell_depth

    def add_spaces(self, attributes: dict[str, str]) -> None:
        spaces = _count(attributes, "text:c")
        self.spaces += spaces
        _refuse_large(self.file, characters=self.spaces)
        self.text(" " * spaces)

    def text(self, text: str) -> None:
        if self.in_paragraph:
            self.shown.append(text)
