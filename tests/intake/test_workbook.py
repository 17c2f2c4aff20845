"""XLSX and ODS workbooks -> cells as a person sees them; what cannot be read for certain is refused."""

import datetime
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import shared

from analysis.intake.table import ERROR_CELL, NO_RESULT, Sheet
from analysis.intake.workbook import is_workbook, read_workbook
from analysis.sessions import UnusableLog


def zipped(members: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(*rows, change: Callable | None = None) -> bytes:
    """Return a workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()


RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def by_hand(*sheets: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    """Return a workbook with the given rows of XML as its sheets."""
    listed = "".join(f'<sheet name="s{n}" r:id="r{n}"/>' for n in range(len(sheets)))
    related = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/{n}.xml"/>'
        for n in range(len(sheets))
    )
    texts = f'<Relationship Id="t" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
    members = {
        "xl/workbook.xml": f'<workbook xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}{texts}</Relationships>",
    }
    for n, rows in enumerate(sheets):
        sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
        members[f"xl/worksheets/{n}.xml"] = sheet
    return zipped(members | (parts or {}))


PREFIXES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "style", "table", "text", "draw", "calcext")
)
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
BLANK = '<table:table-cell table:number-columns-repeated="{}"/>'


def ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods(*rows: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    """Return an ODS workbook of one sheet, or of whatever is given in place of rows."""
    body = "".join(rows)
    if "<table:table " not in body:
        body = f'<table:table table:name="log">{body}</table:table>'
    content = f"<office:document-content {PREFIXES}>{body}</office:document-content>"
    return zipped({"content.xml": content} | (parts or {}))


def only_sheet(content: bytes) -> Sheet:
    (sheet,) = read_workbook(content, "log").visible
    return sheet


def cells(content: bytes) -> list[list[str]]:
    """Return the rows of the only sheet, after a look at their numbers."""
    rows = only_sheet(content).rows
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))
    return [row for _, row in rows]


def remarks(content: bytes) -> list[tuple]:
    return [
        (found["rule"], found["line"], found["message"]) for found in only_sheet(content).remarks
    ]


def refusal(content: bytes) -> tuple[str, str]:
    """Return rule and message of the refusal of a workbook."""
    with pytest.raises(UnusableLog) as refused:
        read_workbook(content, "log.xlsx")
    assert refused.value.fault["file"] == "log.xlsx"
    return refused.value.fault["rule"], refused.value.fault["message"]


def damaged(why: str) -> tuple[str, str]:
    return "not-a-workbook", f"the workbook is damaged ({why}); save it again"


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


# ODS


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


# What refuses a workbook

FAR = "; delete what stands far outside the table, or save the log sheet as CSV"


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


def test_a_long_text_shown_in_many_cells_is_refused():
    texts = f"<sst><si><t>{'x' * 40_000}</t></si></sst>"
    content = by_hand(
        '<row><c t="s"><v>0</v></c></row>' * 1_000, parts={"xl/sharedStrings.xml": texts}
    )
    spaces = ods_row(TEXT.format('<text:s text:c="9999999"/>' * 4))
    assert refusal(content) == (
        "too-large",
        "the cells show 40,000,000 characters, more than 33,554,432; save the log sheet as CSV",
    )
    assert refusal(ods(spaces)) == (
        "too-large",
        "the cells show 39,999,996 characters, more than 33,554,432; save the log sheet as CSV",
    )


def test_a_sheet_full_of_errors_is_refused():
    assert refusal(by_hand('<row><c t="e"><v>#N/A</v></c></row>' * 100_001)) == (
        "too-large",
        "100,001 cells are errors or formulas without a result, more than 100,000; "
        "open the workbook in Excel or LibreOffice and save it again",
    )


def test_the_hostile_workbook_that_unpacks_to_too_much_is_refused():
    assert refusal(shared("hostile", "xlsx_zip_bomb.xlsx").read_bytes()) == (
        "too-large",
        "the workbook unpacks to 135,660,945 bytes, more than 67,108,864; save the log sheet as CSV",
    )


DTD = (
    "dtd",
    "the workbook declares a document type (DTD), which no log needs; "
    "open it in Excel or LibreOffice and save it again",
)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/0.xml", "docProps/core.xml", "xl/_rels/workbook.xml.rels"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_any_part(part, encoding):
    xml = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode(encoding)
    assert refusal(by_hand("", parts={part: xml})) == DTD
    assert refusal(ods("", parts={"settings.xml": xml})) == DTD


def test_a_workbook_with_a_password_says_so():
    manifest = "<manifest:encryption-data/>"
    content = zipped({"content.xml": b"\x8e\x12", "META-INF/manifest.xml": manifest})
    assert refusal(content) == (
        "encrypted",
        "the workbook has a password; remove the password and save it again",
    )


def test_what_holds_no_sheet_is_no_workbook():
    document = "<office:document-content xmlns:office='office'/>"
    assert refusal(zipped({"log.csv": "a"})) == (
        "not-a-workbook",
        "the file is an archive, not a workbook; give the CSV or XLSX file inside",
    )
    assert refusal(zipped({"content.xml": document})) == (
        "not-a-workbook",
        "the document holds no sheet; save the log as .ods or as CSV",
    )
    assert refusal(zipped({"xl/workbook.bin": "", "xl/styles.xml": "<styleSheet/>"})) == (
        "not-a-workbook",
        "the workbook is of a kind that is not read; save it as .xlsx",
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


def test_a_part_that_is_damaged_says_how():
    rows = "<row><c><v>1</v></c></row>"
    utf16 = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode("utf-16")
    attributes = "".join(f' a{place}=""' for place in range(200_000))
    parts = {
        "a part of it is not in UTF-8": {"xl/worksheets/0.xml": utf16},
        "a part of it is not well-formed": {
            "docProps/app.xml": '<?xml version="1.0" encoding="idna"?><a/>'
        },
        "a sheet is missing in it": {"xl/worksheets/0.xml": ""},
        "a count in it is no number": {"xl/sharedStrings.xml": '<sst uniqueCount="4294967296"/>'},
        "a tag in it does not end": {"xl/worksheets/0.xml": f"<worksheet{attributes}/>"},
        "two parts of it have one name": {"XL/workbook.xml": ""},
    }
    for why, changed in parts.items():
        assert refusal(by_hand(rows, parts=changed)) == damaged(why)
    assert refusal(ods(ods_row(BLANK.format("x")))) == damaged("a count in it is no number")


def test_a_length_of_time_beyond_all_time_is_no_traceback():
    def write(book):
        book.active["A1"] = 1e12
        book.active["A1"].number_format = "[h]:mm"

    assert refusal(workbook(change=write)) == damaged("its cells cannot be read")


def test_is_workbook_goes_by_what_a_zip_file_holds():
    assert is_workbook(workbook(), "log.csv")
    assert is_workbook(ods(""), "log.zip")
    assert not is_workbook(zipped({"log.csv": "a"}), "log.xlsx")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("log.xlsx", "the workbook is damaged (its contents cannot be unpacked); save it again"),
        ("log.ZIP", "the archive is damaged (its contents cannot be unpacked); export it again"),
    ],
)
def test_a_file_that_was_cut_off_is_damaged(file, message):
    with pytest.raises(UnusableLog) as refused:
        is_workbook(workbook()[:-100], file)
    assert (refused.value.fault["rule"], refused.value.fault["message"]) == (
        "not-a-workbook",
        message,
    )


# Files of others


def test_a_formula_that_was_a_note_is_told_in_a_kobo_export():
    content = shared("samples", "kobo", "kobo_flat_xml_both.xlsx").read_bytes()
    assert cells(content)[2][23] == "0"
    assert [found[:2] for found in remarks(content)] == [("formula-text", 3)]


def test_hostile_workbooks_are_marked():
    no_result = shared("hostile", "xlsx_formula_no_cached_value.xlsx").read_bytes()
    merged = shared("hostile", "xlsx_merged_two_row_header.xlsx").read_bytes()
    assert cells(no_result)[1][7] == f"{NO_RESULT}=G2-2"
    assert only_sheet(merged).merged == [(1, 0, 1, 8), (2, 6, 2, 7), (4, 0, 5, 0)]


def test_a_filled_template_shows_its_log_and_hides_its_lists():
    content = shared("samples", "excel", "session_log_template_filled.xlsx").read_bytes()
    found = read_workbook(content, "log.xlsx")
    assert [sheet.name for sheet in found.visible] == ["log"]
    assert [sheet.name for sheet in found.hidden] == ["lists", "_schema"]


# Properties

SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=9)
PLAIN = TEXTS.filter(
    lambda text: not text.startswith("=") and "\ufffe" not in text and "\uffff" not in text
)


@settings(max_examples=40, **SLOW)
@given(
    st.lists(
        st.lists(PLAIN | st.integers(0, 10**6) | st.none(), min_size=1, max_size=4), max_size=5
    )
)
def test_what_was_written_is_read(rows):
    # A blank text cannot be told from no cell; the last filled cells give rows and width.
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows]
    width = max((place + 1 for row in shown for place, cell in enumerate(row) if cell), default=0)
    height = max((place + 1 for place, row in enumerate(shown) if any(row)), default=0)
    padded = [[*row, "", "", "", ""][:width] for row in shown[:height]]
    rows = [[cell or None if isinstance(cell, str) else cell for cell in row] for row in rows]
    assert cells(workbook(*rows)) == padded


BOOKS = {
    "xlsx": workbook(
        [datetime.datetime(2025, 3, 1, 18, 40), "thigh", 4.5],
        [datetime.time(7), "=1+1", "#N/A"],
        change=lambda book: book.active.merge_cells("B4:C5"),
    ),
    "ods": ods(
        ods_row(TEXT.format('a<text:s text:c="2"/>'), more='table:number-rows-repeated="2"')
    ),
}
PIECES = st.binary(max_size=3) | st.sampled_from(
    [
        b"<",
        b">",
        b'"',
        b"9" * 20,
        b"&#0;",
        b"<![CDATA[",
        b't="s"',
        b's="9"',
        b'r="XFD1048576"',
        b"1e999",
    ]
)


@settings(max_examples=300, **SLOW)
@given(st.sampled_from(sorted(BOOKS)), st.integers(0, 20), st.floats(0, 1), PIECES)
def test_any_change_within_a_part_is_read_or_refused(kind, which, where, piece):
    members = members_of(BOOKS[kind])
    name = list(members)[which % len(members)]
    place = int(where * len(members[name]))
    members[name] = members[name][:place] + piece + members[name][place + len(piece) // 2 :]
    read_or_refuse(zipped(members))


@settings(max_examples=100, **SLOW)
@given(st.sampled_from(sorted(BOOKS)), st.floats(0, 0.999), st.integers(0, 255), st.floats(0.3, 1))
def test_any_damage_to_a_workbook_is_read_or_refused(kind, where, byte, cut):
    content = bytearray(BOOKS[kind])
    content[int(where * len(content))] = byte
    read_or_refuse(bytes(content[: int(cut * len(content)) + 1]))


def read_or_refuse(content: bytes) -> None:
    """Read a file; the only other way out is a sentence of one line."""
    sentence = "read"
    try:
        if is_workbook(content, "log.xlsx"):
            read_workbook(content, "log.xlsx")
    except UnusableLog as error:
        sentence = str(error)
    assert "\n" not in sentence
