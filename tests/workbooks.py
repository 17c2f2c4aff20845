"""What the tests of workbooks share: zip files made and read, and refusals."""

import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from analysis.intake.table import Sheet
from analysis.intake.workbook import read_workbook
from analysis.sessions import UnusableLog

FAR = "; delete what stands far outside the table, or save the log sheet as CSV"


def zipped(members: dict[str, str | bytes]) -> bytes:
    """Return a zip file of some members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip file."""
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
    """Return a row of an ODS sheet in XML."""
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods(*rows: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    """Return an ODS workbook of one sheet, or of whatever is given in place of rows."""
    body = "".join(rows)
    if "<table:table " not in body:
        body = f'<table:table table:name="log">{body}</table:table>'
    content = f"<office:document-content {PREFIXES}>{body}</office:document-content>"
    return zipped({"content.xml": content} | (parts or {}))


def only_sheet(content: bytes) -> Sheet:
    """Return the one sheet of a workbook."""
    (sheet,) = read_workbook(content, "log").visible
    return sheet


def cells(content: bytes) -> list[list[str]]:
    """Return the rows of the only sheet, after a look at their numbers."""
    rows = only_sheet(content).rows
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))
    return [row for _, row in rows]


def remarks(content: bytes) -> list[tuple]:
    """Return rule, line and message of what is said of the only sheet."""
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
    """Return rule and message of the refusal of a workbook that is damaged."""
    return "not-a-workbook", f"the workbook is damaged ({why}); save it again"
