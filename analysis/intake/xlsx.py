"""The parts of an XLSX workbook -> its sheets as text cells, as a person sees them.

The values are read by python-calamine, from a copy that holds only the parts checked here. calamine
keeps quiet about errors, formulas without a result, hidden rows and how far a sheet reaches, so the
XML of each sheet is looked through as well.
"""

import io
import posixpath
import re
import zipfile
from contextlib import suppress
from functools import cache, partial, reduce
from typing import NamedTuple

import python_calamine

from analysis.intake.grid import Noticed, cell_text, refuse_large, within
from analysis.intake.table import ERROR_CELL, NO_RESULT, Sheet
from analysis.intake.xml_parts import Broken, XmlReader, attributes_of, count_of, part_key
from analysis.sessions import UnusableLog

_LEAST_NUMBER = -1e11
_TRUE = ("1", "true")
_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")


class _Part(NamedTuple):
    name: str
    hidden: bool
    xml: bytes


def read_xlsx(parts: dict[str, bytes], file: str) -> list[tuple[Sheet, bool]]:
    """Return the sheets of an XLSX file in order, each with whether it is hidden.

    Parameters
    ----------
    parts : dict
        Its parts by ``part_key``.
    file : str
        Its name, as refusals give it.

    Raises
    ------
    UnusableLog
        Rules too-large and not-a-workbook (of a kind that is not read).
    Broken, expat.ExpatError, python_calamine.CalamineError, OverflowError
        When it is damaged. OverflowError: a length of time beyond what Python can hold.
    """
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
    settings = attributes_of(parts[main], "workbookPr")
    since_1904 = any(setting.get("date1904") in _TRUE for setting in settings)
    copy = _copy(worksheets, strings, styles, since_1904=since_1904)
    book = python_calamine.load_workbook(copy)
    return [
        (_sheet(worksheet, book.get_sheet_by_index(place), look), worksheet.hidden)
        for place, (worksheet, look) in enumerate(zip(worksheets, looks, strict=True))
    ]


def _sheet(worksheet: _Part, cells: python_calamine.CalamineSheet, look: "_Look") -> Sheet:
    rows = _rows(cells, look.marks)
    return Sheet(worksheet.name, rows, look.merged, look.noticed.remarks())


def _looks(worksheets: list[_Part], strings: bytes | None, file: str) -> list["_Look"]:
    """Return what the XML of each sheet tells, when calamine can lay all of them out."""
    texts = _SharedTexts()
    texts.read(strings or b"<sst/>")
    looks: list[_Look] = []
    for worksheet in worksheets:
        looks.append(_Look(texts.lengths))
        looks[-1].read(worksheet.xml)
        refuse_large(
            file,
            rows=sum(look.rows for look in looks),
            cells=sum(look.rows * look.columns for look in looks),
            characters=sum(look.characters for look in looks),
            marks=sum(len(look.marks) for look in looks),
        )
    return looks


def _related(parts: dict[str, bytes], part: str, kind: str) -> dict[str, str]:
    """Return what a part is related to in one way: relation -> part."""
    folder, name = posixpath.split(part)
    relations = parts.get(posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        relation.get("Id", ""): part_key(
            posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
        ).lstrip("/")
        for relation in (attributes_of(relations, "Relationship") if relations else [])
        if relation.get("Type", "").endswith(f"/{kind}")
    }


def _worksheets(parts: dict[str, bytes], main: str) -> list[_Part]:
    """Return the sheets of cells in their order; a sheet that is a chart is none."""
    related = _related(parts, main, "worksheet")
    sheets, names = [], []
    for sheet in attributes_of(parts[main], "sheet"):
        relation = next((sheet[name] for name in sheet if name.endswith(":id")), None)
        if relation in related:
            names.append(related[relation])
            hidden = sheet.get("state", "visible") != "visible"
            sheets.append(_Part(sheet.get("name", ""), hidden, parts.get(names[-1], b"")))
    if len(set(names)) < len(names) or not all(sheet.xml for sheet in sheets):
        raise Broken("a sheet is missing in it")
    return sheets


class _SharedTexts(XmlReader):
    """The length of each shared text: a short file can show a long one in every cell."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self.starts = {"sst": self.start_table, "si": lambda _: self.lengths.append(0)}

    def start_table(self, attributes: dict[str, str]) -> None:
        count_of(attributes, "uniqueCount")  # calamine makes room for as many, however many

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _Look(XmlReader):
    """What the XML of a sheet tells and calamine does not. Rows and columns are counted from 0."""

    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        self.lengths = lengths
        self.rows = self.columns = self.characters = 0
        self.marks: dict[tuple[int, int], str] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.noticed = Noticed()
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
            raise Broken("a value in it is written in an unusual way")  # calamine drops it

    def end_row(self) -> None:
        self.row += 1
        self.cell = (self.row, 0)

    def end_cell(self) -> None:
        row, column = self.cell
        if self.found:
            within(row, column)
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
            raise Broken("a text is missing in it") from error


def _refuse_too_small(number: str) -> None:
    """Raise for a number that ends calamine, with a traceback, where it has the format of a date."""
    with suppress(ValueError):
        if float(number) < _LEAST_NUMBER:
            raise Broken("a number in it is too small")


def _place(name: str) -> tuple[int, int]:
    """Return row and column of a cell such as B7."""
    match = _PLACE.fullmatch(name)
    if match is None:
        raise Broken("a cell in it has no valid place")
    row, column = int(match[2]), _column(match[1])
    return within(row - 1, column - 1)


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
    rows = [left + [cell_text(cell) for cell in row] for row in sheet.iter_rows()]
    rows += [[] for _ in range(max((row + 1 for row, _ in marks), default=0) - len(rows))]
    width = max([*map(len, rows), *(column + 1 for _, column in marks)], default=0)
    for row in rows:
        row += [""] * (width - len(row))
    for (row, column), mark in marks.items():
        rows[row][column] = mark
    return list(enumerate(rows, start=1))
