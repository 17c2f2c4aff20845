"""Workbooks of either kind: which file is one, and what is refused in it."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import shared
from workbooks import (
    BLANK,
    TEXT,
    by_hand,
    cells,
    damaged,
    members_of,
    ods,
    ods_row,
    only_sheet,
    refusal,
    remarks,
    workbook,
    zipped,
)

from analysis.intake.table import NO_RESULT
from analysis.intake.workbook import is_workbook, read_workbook
from analysis.sessions import UnusableLog

DTD = (
    "dtd",
    "the workbook declares a document type (DTD), which no log needs; "
    "open it in Excel or LibreOffice and save it again",
)


# What refuses a workbook


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


def test_the_hostile_workbook_that_unpacks_to_too_much_is_refused():
    assert refusal(shared("hostile", "xlsx_zip_bomb.xlsx").read_bytes()) == (
        "too-large",
        "the workbook unpacks to 135,660,945 bytes, more than 67,108,864; save the log sheet as CSV",
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
