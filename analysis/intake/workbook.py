"""A workbook (XLSX or ODS) -> its sheets as text cells, as a person sees them."""

from typing import NamedTuple
from xml.parsers import expat

import python_calamine

from analysis.intake.archive import ARCHIVE, WORKBOOK, damaged, opened, unpacked
from analysis.intake.ods import read_ods
from analysis.intake.table import Sheet
from analysis.intake.xlsx import read_xlsx
from analysis.intake.xml_parts import Broken, has_dtd, part_key
from analysis.sessions import UnusableLog


class Workbook(NamedTuple):
    """The sheets of a workbook in order: those that a person sees, and those that are hidden."""

    visible: list[Sheet]
    hidden: list[Sheet]


def is_workbook(content: bytes, file: str) -> bool:
    """Return whether a zip file is an XLSX or ODS workbook, by the names in it.

    Raises
    ------
    UnusableLog
        When its directory is damaged (not-a-workbook) or far too long (too-large).
    """
    kind = ARCHIVE if file.lower().endswith(".zip") else WORKBOOK
    with opened(content, file, kind) as archive:
        return any(_holds_sheets(part_key(name)) for name in archive.namelist())


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
    parts = {part_key(name): part for name, part in members.items()}
    try:
        if len(parts) < len(members):
            raise Broken("two parts of it have one name")
        sheets = _sheets(parts, file)
    except Broken as error:
        raise damaged(file, WORKBOOK, str(error)) from error
    except expat.ExpatError as error:
        raise damaged(file, WORKBOOK, "a part of it is not well-formed") from error
    except (python_calamine.CalamineError, OverflowError) as error:
        # OverflowError: a length of time beyond what Python can hold.
        raise damaged(file, WORKBOOK, "its cells cannot be read") from error
    return Workbook(
        [sheet for sheet, is_hidden in sheets if not is_hidden],
        [sheet for sheet, is_hidden in sheets if is_hidden],
    )


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _holds_sheets(key: str) -> bool:
    return key.startswith("xl/") or key == "content.xml"


def _sheets(parts: dict[str, bytes], file: str) -> list[tuple[Sheet, bool]]:
    """Return the sheets in order, each with whether it is hidden, when the parts are as they may be."""
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
    if any(map(has_dtd, parts.values())):
        raise UnusableLog(
            file,
            "dtd",
            "the workbook declares a document type (DTD), which no log needs; "
            "open it in Excel or LibreOffice and save it again",
        )
    if "content.xml" in parts:
        return read_ods(parts["content.xml"], file)
    return read_xlsx(parts, file)
