"""What the readers of XLSX and ODS have in common: limits, remarks, and the text of a cell."""

import datetime

from analysis.intake.table import remark
from analysis.intake.xml_parts import Broken
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
_MOST_ROWS, _MOST_COLUMNS = 2**20, 2**14


class Noticed:
    """What is worth a remark in a sheet. Rows and columns are counted from 0."""

    def __init__(self) -> None:
        self.formulas = self.hidden_rows = 0
        self.first_formula = (0, 0)

    def formula(self, row: int, column: int, repeated: int = 1) -> None:
        """Take in a formula that is read as its result."""
        if not self.formulas:
            self.first_formula = (row, column)
        self.formulas += repeated

    def remarks(self) -> list[dict]:
        """Return what was noticed, as remarks."""
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


def refuse_large(file: str, **sizes: int) -> None:
    """Raise where a small file would be laid out into more than memory holds."""
    for what, size in sizes.items():
        most, message = _MOST[what]
        if size > most:
            raise UnusableLog(file, "too-large", message.format(size, most))


def within(row: int, column: int) -> tuple[int, int]:
    """Return row and column of a cell, when a sheet can have it."""
    if row >= _MOST_ROWS or column >= _MOST_COLUMNS:
        raise Broken("a cell in it lies outside of the sheet")
    return row, column


def cell_text(cell: object) -> str:
    """Return what a person sees in a cell as text; a date without a time stays a date."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime.datetime():
            return cell.isoformat(sep=" ")
    return str(cell)
