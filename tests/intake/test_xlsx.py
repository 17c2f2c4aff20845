"""XLSX workbooks -> cells as a person sees them, and what was noticed."""

import datetime

import openpyxl
import pytest
from workbooks import (
    FAR,
    by_hand,
    cells,
    damaged,
    members_of,
    only_sheet,
    refusal,
    remarks,
    workbook,
    zipped,
)

from analysis.intake.table import ERROR_CELL, NO_RESULT
from analysis.intake.workbook import read_workbook

# Cells


def test_cells_are_read_as_a_person_sees_them():
    evening = datetime.datetime(2025, 3, 1, 18, 40, 59)
    row = (
        7,
        6.1,
        "007",
        True,
        evening,
        datetime.date(2025, 3, 1),
        datetime.time(18, 40),
        "a\nb",
        None,
        " NA ",
    )
    expected = [
        "7",
        "6.1",
        "007",
        "true",
        "2025-03-01 18:40:59",
        "2025-03-01",
        "18:40:00",
        "a\nb",
        "",
        " NA ",
    ]
    assert cells(workbook(row)) == [expected]


def test_rows_have_the_numbers_of_the_sheet_and_one_width():
    def write(book):
        book.active["C3"], book.active["E5"] = "x", 2

    assert cells(workbook(change=write)) == [
        ["", "", "", "", ""],
        ["", "", "", "", ""],
        ["", "", "x", "", ""],
        ["", "", "", "", ""],
        ["", "", "", "", "2"],
    ]


def test_cells_without_a_place_follow_the_one_before():
    rows = '<row r="2"><c><v>1</v></c><c r="C2"/><c><v>2</v></c></row><row><c><v>3</v></c></row>'
    assert cells(by_hand(rows)) == [[""] * 4, ["1", "", "", "2"], ["3", "", "", ""]]


def test_an_empty_sheet_has_no_rows_and_a_chart_is_no_sheet():
    assert cells(workbook(change=lambda book: book.create_chartsheet("chart", 0))) == []


def test_dates_of_the_old_macintosh_come_out_right():
    def old(book):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append([datetime.datetime(2025, 3, 4, 18, 40)])

    assert cells(workbook(change=old)) == [["2025-03-04 18:40:00"]]


def test_sheets_come_in_order_and_hidden_ones_apart():
    def more(book):
        for state in ("hidden", "visible", "veryHidden"):
            book.create_sheet(state).sheet_state = state

    found = read_workbook(workbook(change=more), "log.xlsx")
    assert [sheet.name for sheet in found.visible] == ["Sheet", "visible"]
    assert [sheet.name for sheet in found.hidden] == ["hidden", "veryHidden"]


def test_each_sheet_has_its_own_cells():
    found = read_workbook(
        by_hand("<row><c><v>1</v></c></row>", "", "<row><c><v>3</v></c></row>"), "x"
    )
    assert [(sheet.name, sheet.rows) for sheet in found.visible] == [
        ("s0", [(1, ["1"])]),
        ("s1", []),
        ("s2", [(1, ["3"])]),
    ]


def test_parts_are_found_whatever_their_case_prefix_and_slash():
    sheet = "<x:worksheet><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    sheet = sheet.replace("worksheet>", 'worksheet xmlns:x="x">', 1)
    assert cells(by_hand("", parts={"xl/worksheets/0.xml": sheet})) == [["1"]]
    members = {
        f"XL\\{name[3:]}": part
        for name, part in members_of(by_hand("<row><c><v>1</v></c></row>")).items()
    }
    assert cells(zipped(members)) == [["1"]]


# Errors and formulas


def test_an_error_is_marked_also_one_that_calamine_does_not_know():
    rows = (
        '<row><c t="e"><v>#DIV/0!</v></c><c t="e" r="D1"><f>A1</f><v>#SPILL!</v></c></row>'
        "<row><c t='e'><v>#N/A</v></c></row>"
    )
    content = by_hand(rows)
    assert cells(content) == [
        [f"{ERROR_CELL}#DIV/0!", "", "", f"{ERROR_CELL}#SPILL!"],
        [f"{ERROR_CELL}#N/A", "", "", ""],
    ]
    assert remarks(content) == []


def test_a_formula_without_a_stored_result_is_marked():
    def write(book):
        book.active["A1"], book.active["C3"] = "x", '=A1&"<"'

    content = workbook(change=write)
    assert cells(content) == [["x", "", ""], ["", "", ""], ["", "", f'{NO_RESULT}=A1&"<"']]
    assert remarks(content) == []


def test_the_result_of_a_formula_is_read_and_said():
    rows = '<row r="7"><c r="B7"><f>G2-2</f><v>4</v></c><c t="str"><f>IF(A1="","",A1)</f><v></v></c></row>'
    content = by_hand(rows)
    assert cells(content)[6] == ["", "4", ""]
    assert remarks(content) == [
        (
            "formula-text",
            7,
            "cells with a formula are read as their stored result (found 2, the first in B7); "
            "a note that begins with = may have become one",
        )
    ]


@pytest.mark.parametrize(("column", "name"), [(1, "A1"), (26, "Z1"), (27, "AA1"), (703, "AAA1")])
def test_a_column_is_named_as_the_sheet_names_it(column, name):
    content = by_hand(f"<row>{'<c/>' * (column - 1)}<c><f>1</f><v>1</v></c></row>")
    assert f"the first in {name})" in only_sheet(content).remarks[0]["message"]


# Hidden rows, merged cells


def test_hidden_rows_are_read_and_counted():
    def hide(book):
        for row in (2, 3, 9):
            book.active.row_dimensions[row].hidden = True

    content = workbook(["a"], ["b"], ["c"], ["d"], change=hide)
    assert cells(content) == [["a"], ["b"], ["c"], ["d"]]
    assert remarks(content) == [
        ("hidden-row", None, "hidden rows are read like the others (found 2)")
    ]


def test_merged_ranges_are_told():
    content = workbook(["a", "b", "c"], change=lambda book: book.active.merge_cells("B1:C4"))
    assert only_sheet(content).merged == [(1, 1, 4, 2)]


# What refuses it


def test_a_stray_cell_at_the_far_end_is_refused():
    content = by_hand(
        '<row><c><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    far_down = by_hand(*['<row r="1048576"><c><v>1</v></c></row>'] * 3)
    assert refusal(content) == (
        "too-large",
        "the sheets reach over 17,179,869,184 cells, more than 10,000,000" + FAR,
    )
    assert refusal(far_down) == (
        "too-large",
        "the sheets reach over 3,145,728 rows, more than 2,097,152" + FAR,
    )


def test_a_blank_cell_at_the_far_end_does_no_harm():
    content = by_hand('<row><c><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert cells(content) == [["1"]]


def test_a_sheet_full_of_errors_is_refused():
    assert refusal(by_hand('<row><c t="e"><v>#N/A</v></c></row>' * 100_001)) == (
        "too-large",
        "100,001 cells are errors or formulas without a result, more than 100,000; "
        "open the workbook in Excel or LibreOffice and save it again",
    )


DAMAGED = {
    "a part of it is not well-formed": "<row>",
    "a cell in it has no valid place": '<row><c r="B0"><v>1</v></c></row>',
    "a cell in it lies outside of the sheet": '<row><c r="XFE1"><v>1</v></c></row>',
    "a text is missing in it": '<row><c t="s"><v>1</v></c></row>',
    "a number in it is too small": "<row><c><v>-1e300</v></c></row>",
    "its cells cannot be read": '<row><c t="unknown"><v>1</v></c></row>',
    "a part of it is nested too deeply": "<a>" * 65 + "x" * 2**17 + "</a>" * 65,
    "a value in it is written in an unusual way": "<row><c><v><![CDATA[5]]></v></c></row>",
}


@pytest.mark.parametrize("why", DAMAGED)
def test_a_sheet_that_is_damaged_says_how(why):
    assert refusal(by_hand(DAMAGED[why])) == damaged(why)


def test_a_row_beyond_the_last_column_is_damaged():
    assert len(cells(by_hand(f"<row>{'<c><v>1</v></c>' * 16_384}</row>"))[0]) == 16_384
    assert refusal(by_hand(f"<row>{'<c><v>1</v></c>' * 16_385}</row>")) == damaged(
        "a cell in it lies outside of the sheet"
    )


def test_two_sheets_cannot_be_one_part():
    members = members_of(by_hand("", ""))
    relations = members["xl/_rels/workbook.xml.rels"].replace(b"1.xml", b"0.xml")
    content = zipped(members | {"xl/_rels/workbook.xml.rels": relations})
    assert refusal(content) == damaged("a sheet is missing in it")


def test_a_length_of_time_beyond_all_time_is_no_traceback():
    def write(book):
        book.active["A1"] = 1e12
        book.active["A1"].number_format = "[h]:mm"

    assert refusal(workbook(change=write)) == damaged("its cells cannot be read")
