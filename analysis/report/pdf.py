"""The blocks of a report and its figures -> a tagged PDF, by typst."""

import json
import re
from functools import cache
from pathlib import Path

import matplotlib as mpl
import typst
from matplotlib.ft2font import FT2Font

from analysis import safety
from analysis.findings import Findings, page_of
from analysis.language import _, in_its_language, ngettext
from analysis.wording import Block, blocks, numbers
from analysis.wording.blocks import parameters_line
from analysis.wording.shared import footer as shared_footer

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
#: The block that opens the second page. The first draws pain, the second reductions: never both on one.
SECOND_PAGE = ("done", "groups")
# A block -> the one at whose right it stands, where that is the block before it; its width in mm.
_AT_RIGHT_OF = {"missing": ("next", 70), "next": ("worse_after", 88)}
# Width of the figures in mm; the text is 178 mm wide. The map stands beside its table.
_FIGURE_WIDTH = {"start_pain": 160, "reduction": 152, "regions": 98, "sessions": 160}
_FIGURE_BESIDE = ("regions",)
_STANDARDS = ["ua-1", "a-2a"]
_PAPERS = {"A4": "a4", "Letter": "us-letter"}


@in_its_language
def to_pdf(results: Findings, question: str, figures: dict[str, str]) -> bytes:
    """Return the report as PDF/UA-1 and PDF/A-2a: tagged, selectable, fonts embedded.

    Parameters
    ----------
    results : Findings
        The numbers; the sentences and tables are ``wording.blocks`` of them, as on the HTML page.
    question : str
        The notebook's title.
    figures : dict of str
        Name -> SVG, as the executed notebook shows them.

    Notes
    -----
    typst refuses PDF/UA-1 where a figure has no alternative text. The document's date is the log's
    last day, so that the same log gives the same bytes on any day.
    """
    shown, page = blocks(results), page_of(results)
    report = {
        "language": page.language,
        "paper": _PAPERS[page.paper],
        "large": page.large_print,
        "page_words": page_words(),
        "question": _(question),
        "title": shown["head"].title,
        "head": list(shown["head"].sentences),
        "emergency": safety.emergency_text(page.locale),
        "date": _date(results.about["last"]),
        "blocks": _in_rows(
            {
                name: _block(name, block)
                for name, block in shown.items()
                if _has_content(name, block)
            }
        ),
        "figures": {
            name: {"svg": svg, "width": _FIGURE_WIDTH.get(name, 160)}
            for name, svg in figures.items()
        },
        "footer": footer_lines(results),
    }
    return typst.compile(
        _TEMPLATE.read_bytes(),
        sys_inputs={"report": json.dumps(_printable(report), ensure_ascii=False)},
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        pdf_standards=_STANDARDS,
    )


def _in_rows(shown: dict[str, dict]) -> list[list[dict]]:
    """Return the blocks in rows of one, or of two that stand beside each other."""
    rows, before = [], None
    for name, block in shown.items():
        left, width = _AT_RIGHT_OF.get(name, (None, 0))
        if left is not None and left == before:
            rows[-1].append(block | {"width": width})
        else:
            rows.append([block])
        before = name
    return rows


def _has_content(name: str, block: Block) -> bool:
    table = block.table if name != "data" else None  # the files and their hash are in the footer
    return name != "head" and bool(block.alarms or block.sentences or table or block.figure)


def _block(name: str, block: Block) -> dict:
    table = None if name == "data" else block.table  # the files and their hash are in the footer
    return {
        "title": block.title,
        "sentences": list(block.sentences),
        "table": None if table is None or not table.rows else table._asdict(),
        "figure": block.figure,
        "alt": block.alt,
        "figure_beside": name in _FIGURE_BESIDE,
        "alarms": list(block.alarms),
        "strong": block.strong,
        "new_page": name in SECOND_PAGE,
    }


def _date(last: str | int | None) -> dict[str, int]:
    """Return a document's date; one day for all that have none, and a share copy tells none."""
    year, month, day = (last if isinstance(last, str) else "2000-01-01").split("-")
    return {"year": int(year), "month": int(month), "day": int(day)}


def page_words() -> list[str]:
    """Return "page 1 of 2" in parts: words as they are, "{n}" and "{total}" where the numbers go."""
    return [part for part in re.split(r"({n}|{total})", _("page {n} of {total}")) if part]


@in_its_language
def footer_lines(results: Findings) -> list[str]:
    """Return what stands at the foot of every page: the file's hash, rows, kit, parameters."""
    about = results.about
    if about.get("shared"):
        return shared_footer(results)
    rows = _("rows in/used/refused {rows}/{used}/{refused}").format(
        **{name: about[name] for name in ("rows", "used", "refused")}
    )
    files = [f"{row.file}: SHA-256 {row.sha256}" for row in results.tables["sources"].itertuples()]
    n = len(files) - 1
    more = [ngettext("and {n} more file", "and {n} more files", n).format(n=numbers.count(n))]
    made = ", ".join([rows, *(more if n > 0 else []), f"reliefbook {about['kit']}"])
    return [*files[:1], ". ".join([made, *parameters_line(results)])]


def _printable(value):
    """Return the data with every character that no font of ours holds as a box.

    typst refuses a PDF/UA with a missing glyph, and a log's own terms may be in any script.
    """
    if isinstance(value, dict):
        return {key: item if key in ("svg",) else _printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    if isinstance(value, str):
        return "".join(letter if ord(letter) in _letters() else "□" for letter in value)
    return value


@cache
def _letters() -> frozenset[int]:
    """Return the characters of DejaVu Sans, to which the page falls back."""
    return frozenset(FT2Font(str(_FONTS / "DejaVuSans.ttf")).get_charmap())
