"""An executed notebook -> one HTML file: no code, no script, nothing loaded from outside.

The page is read by eye, by keyboard, by screen reader, on paper and on a telephone: ``page.css``
has its sizes, its dark colours and its two printed pages.
"""

import itertools
import json
import re
from pathlib import Path

import bleach
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from analysis import safety
from analysis.display.show import FINDINGS_TYPE
from analysis.findings import Findings, Page, from_json, page_of
from analysis.language import _, in_language, translated
from analysis.report.pdf import SECOND_PAGE, footer_lines, page_words

# What a notebook's own words and our tables need; anything else is shown as literal text.
_TAGS = frozenset(
    ["a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
     "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
     "th", "thead", "tr", "ul"]
)  # fmt: skip
_STYLE = re.compile("<style.*?</style>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTES = {
    "*": ["class"],
    "a": ["href"],
    "th": ["scope", "colspan", "rowspan"],
    "td": ["colspan", "rowspan"],
}
_HEADING = "## "


def to_html(notebook: NotebookNode, title: str) -> str:
    """Return the report page of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; code cells are left out, their outputs shown. A heading opens a section.
    title : str
        The page's one main heading, also shown in the browser's tab; the notebook's own is left out.

    Notes
    -----
    Language, paper and size are those of the findings that the notebook shows. The notebook is in
    English: its headings and sentences are translated here, and its emergency text is replaced by that
    of the report's language and country.

    nbconvert with a template of our own (``templates/reliefbook``); its default pages fetch scripts
    from outside. HTML in cells and outputs is cleaned to headings, text, lists and tables.
    """
    exporter = HTMLExporter(
        template_name="reliefbook",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    for name, function in _FILTERS.items():
        exporter.register_filter(name, function)
    exporter.register_preprocessor(_in_sections, enabled=True)
    results = _findings(notebook)
    page = Page() if results is None else page_of(results)
    with in_language(page.language):
        resources = {"reliefbook": _of_page(page, results) | {"title": _(title)}}
        html, _resources = exporter.from_notebook_node(notebook, resources=resources)
    return html


def _of_page(page: Page, results: Findings | None) -> dict:
    """Return what the template asks of the page as a whole."""
    return {
        "page": page,
        "footer": [] if results is None else footer_lines(results),
        "number": " ".join(_COUNTERS.get(word, f'"{_css_text(word)}"') for word in page_words()),
    }


_COUNTERS = {"{n}": "counter(page)", "{total}": "counter(pages)"}


def _safe_html(html: str) -> str:
    """Return HTML with the tags of ``_TAGS``; the style sheet that pandas puts into a table is cut."""
    clean = bleach.clean(_STYLE.sub("", html), tags=_TAGS, attributes=_ATTRIBUTES)
    return _scrollable(clean) if "<table" in clean else clean


def _scrollable(html: str) -> str:
    """Return HTML whose tables scroll on a narrow screen by themselves, also by keyboard.

    A parser, not a pattern: what a log holds may look like a table inside an attribute.
    """
    fragment = BeautifulSoup(html, "html.parser")
    for table in fragment.find_all("table"):
        label = table.caption.get_text() if table.caption else _("Table")
        attributes = {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": label}
        table.wrap(fragment.new_tag("div", attrs=attributes))
    return str(fragment)


def _in_sections(notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    """Return the notebook with what the template asks of a cell: what it opens, under which heading.

    nbconvert gives a copy, so the notebook of the caller stays as it is.
    """
    cells = notebook.cells
    if cells and cells[0].cell_type == "markdown" and cells[0].source.startswith("# "):
        cells[0]["source"] = cells[0].source.partition("\n")[2].lstrip()
    _in_the_pages_words(cells, resources["reliefbook"]["page"])
    starts = [number for number, cell in enumerate(cells) if _opens(cell)]
    for start, end in itertools.pairwise([*starts, len(cells)]):
        names = _shown(cells[start:end])
        names += ["second-page"] if not set(SECOND_PAGE).isdisjoint(names) else []
        cells[start].metadata["opens"] = " ".join(names) or "other"
        for cell in cells[start:end]:
            cell.metadata["heading"] = cells[start].source.splitlines()[0].removeprefix(_HEADING)
    return notebook, resources


def _in_the_pages_words(cells: list[NotebookNode], page: Page) -> None:
    """Write the notebook's own words in the page's language, and the contact of the page's country."""
    with in_language("en"):
        in_notebook = safety.emergency_text()
    for cell in cells:
        if cell.cell_type == "markdown":
            with_contact = cell.source.replace(in_notebook, safety.emergency_text(page.locale))
            cell["source"] = translated(with_contact)


def _opens(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and cell.source.startswith(_HEADING)


def _shown(cells: list[NotebookNode]) -> list[str]:
    """Return the names of the blocks that cells show."""
    marks = [
        output.get("metadata", {}).get("reliefbook", {})
        for cell in cells
        for output in cell.get("outputs", [])
    ]
    return [mark["block"] for mark in marks if "block" in mark]


def _findings(notebook: NotebookNode) -> Findings | None:
    """Return the findings that a notebook shows, or None for a notebook without a report's head."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if FINDINGS_TYPE in output.get("data", {}):
                return from_json(json.dumps(output["data"][FINDINGS_TYPE]))
    return None


def _figure_name(heading: str | None) -> str:
    """Return what a screen reader calls the place of a figure."""
    return _("Figure: {title}").format(title=heading) if heading else _("Figure")


def _described(alt: str | None) -> str:
    return alt or _("Figure without a description")


def _css_text(text: str) -> str:
    """Return text for a string in a style sheet; a file's name may hold quotes, or a tag."""
    plain = frozenset(" ,./:-_")
    return "".join(
        letter
        if letter in plain or (letter.isascii() and letter.isalnum())
        else f"\\{ord(letter):x} "
        for letter in text
    )


_FILTERS = {
    "safe_html": _safe_html,
    "css_text": _css_text,
    "figure_name": _figure_name,
    "described": _described,
}
