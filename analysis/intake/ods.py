"""The content of an ODS workbook -> its sheets as text cells, as a person sees them.

It is one XML stream and is read from it: calamine glues the lines of a cell together, and lays out a
cell repeated a million times.
"""

import datetime
import re

from analysis.intake.grid import Noticed, cell_text, refuse_large, within
from analysis.intake.table import ERROR_CELL, NO_RESULT, Sheet
from analysis.intake.xml_parts import MOST_PARTS, Broken, XmlReader, count_of
from analysis.sessions import UnusableLog

_CELLS = ("table:table-cell", "table:covered-table-cell")
_VALUES = dict.fromkeys(("float", "percentage", "currency"), "office:value") | {
    "date": "office:date-value",
    "time": "office:time-value",
    "boolean": "office:boolean-value",
}
_CLOCK = re.compile(r"PT([0-9]{2})H([0-9]{2})M([0-9]{2})(?:[.,][0-9]+)?S")


def read_ods(xml: bytes, file: str) -> list[tuple[Sheet, bool]]:
    """Return the sheets of an ODS file in order, each with whether it is hidden.

    Raises
    ------
    UnusableLog
        Rules too-large and not-a-workbook (no sheet in it).
    Broken, expat.ExpatError
        When it is damaged.
    """
    reader = _Ods(file)
    reader.read(xml)
    if not reader.sheets:
        raise UnusableLog(
            file, "not-a-workbook", "the document holds no sheet; save the log as .ods or as CSV"
        )
    return [(sheet.finished(), sheet.hidden) for sheet in reader.sheets]


class _OdsSheet:
    """One sheet of an ODS file, repeated rows and cells written out, blank ones at an end left out.

    Rows and columns are counted from 0.
    """

    def __init__(self, name: str, *, hidden: bool) -> None:
        self.name, self.hidden = name, hidden
        self.noticed = Noticed()
        self.merged: list[tuple[int, int, int, int]] = []
        self.rows: list[list[str]] = []
        self.width = 0
        self.blank_rows = 0
        self.start_row({})

    def start_row(self, attributes: dict[str, str]) -> None:
        self.row: list[str] = []
        self.blank_cells = 0
        self.row_repeated = count_of(attributes, "table:number-rows-repeated")
        self.row_hidden = attributes.get("table:visibility", "visible") != "visible"

    @property
    def place(self) -> tuple[int, int]:
        return len(self.rows) + self.blank_rows, len(self.row) + self.blank_cells

    def add_cell(self, attributes: dict[str, str], shown: str) -> None:
        row, column = self.place
        repeated = count_of(attributes, "table:number-columns-repeated")
        down = count_of(attributes, "table:number-rows-spanned")
        across = count_of(attributes, "table:number-columns-spanned")
        if down > 1 or across > 1:
            self.merged.append((row + 1, column, row + down, column + across - 1))
        text = _ods_text(attributes, shown)
        if "table:formula" in attributes and not text.startswith((ERROR_CELL, NO_RESULT)):
            self.noticed.formula(row, column, repeated * self.row_repeated)
        if not text:
            self.blank_cells += repeated
            return
        within(row, column + repeated - 1)
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
        return cell_text(float(value))
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
    return cell_text(moment.replace(microsecond=moment.microsecond // 1000 * 1000))


class _Ods(XmlReader):
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
        if len(self.sheets) > MOST_PARTS:
            raise Broken("it lists more parts than it can hold")

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
            refuse_large(self.file, rows=rows, cells=cells)
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
        spaces = count_of(attributes, "text:c")
        self.spaces += spaces
        refuse_large(self.file, characters=self.spaces)
        self.text(" " * spaces)

    def text(self, text: str) -> None:
        if self.in_paragraph:
            self.shown.append(text)
