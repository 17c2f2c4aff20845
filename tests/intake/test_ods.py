"""ODS workbooks -> cells as a person sees them, and what was noticed."""

from workbooks import BLANK, FAR, TEXT, cells, ods, ods_row, refusal, remarks

from analysis.intake.table import ERROR_CELL, NO_RESULT
from analysis.intake.workbook import read_workbook

# Cells


def test_cells_of_an_ods_file_are_read_as_a_person_sees_them():
    def value(kind, text, name="value"):
        shown = "<text:p>shown</text:p>"
        value = f'office:value-type="{kind}" office:{name}="{text}"'
        return f"<table:table-cell {value}>{shown}</table:table-cell>"

    row = ods_row(
        value("float", "7"),
        value("float", "6.10"),
        value("percentage", "0.52"),
        value("date", "2025-03-01", "date-value"),
        value("date", "2025-03-01T18:39:59.999999674", "date-value"),
        value("time", "PT18H40M00S", "time-value"),
        value("boolean", "true", "boolean-value"),
        TEXT.format("007"),
    )
    expected = ["7", "6.1", "0.52", "2025-03-01", "2025-03-01 18:40:00", "18:40:00", "true", "007"]
    assert cells(ods(row)) == [expected]


def test_lines_blanks_and_tabs_of_an_ods_cell_are_kept_and_its_comment_left_out():
    comment = "<office:annotation><text:p>comment</text:p></office:annotation>"
    drawing = "<draw:frame><text:p>picture</text:p></draw:frame>"
    text = (
        f'<table:table-cell office:value-type="string">{comment}{drawing}<text:p>a<text:s text:c="3"/>'
        "<text:span>b</text:span><text:line-break/>c</text:p>\n <text:p>d<text:tab/>e</text:p></table:table-cell>"
    )
    assert cells(ods(ods_row(text))) == [["a   b\nc\nd\te"]]


def test_repeated_rows_and_cells_of_an_ods_file_are_written_out():
    assert cells(
        ods(
            ods_row(BLANK.format(9), more='table:number-rows-repeated="2"'),
            ods_row(
                BLANK.format(2),
                TEXT.format("x").replace(" ", ' table:number-columns-repeated="2" ', 1),
            ),
            "<table:table-row-group>",
            ods_row(TEXT.format("y"), BLANK.format(16_383), more='table:number-rows-repeated="2"'),
            "</table:table-row-group>",
            ods_row(BLANK.format(16_384), more='table:number-rows-repeated="1048571"'),
        )
    ) == [
        ["", "", "", ""],
        ["", "", "", ""],
        ["", "", "x", "x"],
        ["y", "", "", ""],
        ["y", "", "", ""],
    ]


def test_errors_and_formulas_of_an_ods_file_are_marked():
    formula = '<table:table-cell table:formula="of:=[.A1]+1" {}>{}</table:table-cell>'
    error = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    content = ods(
        ods_row(
            formula.format(error, "<text:p>#DIV/0!</text:p>"),
            formula.format("", ""),
            formula.format('office:value-type="float" office:value="2"', "<text:p>2</text:p>"),
        )
    )
    assert cells(content) == [[f"{ERROR_CELL}#DIV/0!", f"{NO_RESULT}=[.A1]+1", "2"]]
    assert remarks(content) == [
        (
            "formula-text",
            1,
            "cells with a formula are read as their stored result (found 1, the first in C1); "
            "a note that begins with = may have become one",
        )
    ]


def test_hidden_sheets_rows_and_merged_cells_of_an_ods_file_are_told():
    span = '<table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="3"/>'
    covered = TEXT.format("x").replace("table-cell", "covered-table-cell")
    hidden = 'table:visibility="{}" table:number-rows-repeated="2"'
    style = '<style:style style:name="off"><style:table-properties table:display="false"/></style:style>'
    rows = [
        ods_row(TEXT.format("x"), more=hidden.format("collapse")),
        ods_row(BLANK.format(1), more=hidden.format("filter")),
        ods_row(BLANK.format(1), span, covered),
    ]
    found = read_workbook(
        ods(
            style,
            '<table:table table:name="lists" table:style-name="off"></table:table>',
            f'<table:table table:name="log">{"".join(rows)}</table:table>',
        ),
        "log.ods",
    )
    (log,), (lists,) = found
    assert (log.name, lists.name) == ("log", "lists")
    assert log.merged == [(5, 1, 7, 2)]
    assert [row for _, row in log.rows][4] == ["", "", "x"]
    assert [found["message"] for found in log.remarks] == [
        "hidden rows are read like the others (found 2)"
    ]


def test_a_table_in_a_cell_of_an_ods_file_is_no_part_of_the_sheet():
    inner = f'<table:table table:name="inner">{ods_row(TEXT.format("in"))}</table:table>'
    outer = f"<table:table-cell>{inner}<text:p>out</text:p></table:table-cell>"
    content = ods(f'<table:table table:name="log">{ods_row(outer, TEXT.format("b"))}</table:table>')
    assert cells(content) == [["out", "b"]]


# What refuses it


def test_repeated_cells_of_an_ods_file_are_refused_before_they_are_written_out():
    down = 'table:number-rows-repeated="{}"'
    wide = TEXT.format("x").replace(" ", ' table:number-columns-repeated="16384" ', 1)
    filled = [ods_row(wide, more=down.format(1_048_576))]
    far = [ods_row(more=down.format(1_048_575)), ods_row(BLANK.format(16_383), TEXT.format("x"))]
    for rows in (filled, far):
        assert refusal(ods(*rows)) == (
            "too-large",
            "the sheets reach over 17,179,869,184 cells, more than 10,000,000" + FAR,
        )


def test_all_sheets_of_an_ods_file_count_together():
    row = ods_row(TEXT.format("x"), more='table:number-rows-repeated="1000000"')
    sheet = f'<table:table table:name="log">{row}</table:table>'
    assert refusal(ods(sheet * 3)) == (
        "too-large",
        "the sheets reach over 3,000,000 rows, more than 2,097,152" + FAR,
    )


def test_a_sheet_of_an_ods_file_counts_once():
    down = 'table:number-rows-repeated="{}"'
    wide = TEXT.format("x").replace(" ", ' table:number-columns-repeated="16384" ', 1)
    sheets = (
        f'<table:table table:name="{rows}">{ods_row(wide, more=down.format(rows))}</table:table>'
        for rows in (300, 20)
    )
    found = read_workbook(ods(*sheets), "log.ods").visible
    assert [len(sheet.rows) for sheet in found] == [300, 20]
