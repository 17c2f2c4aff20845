"""An executed notebook -> one HTML file: no code, no script, nothing loaded from outside."""

import re
from pathlib import Path

import bleach
from nbconvert import HTMLExporter
from nbformat import NotebookNode

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


def to_html(notebook: NotebookNode, title: str) -> str:
    """Return the report page of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; code cells are left out, their outputs shown.
    title : str
        Of the page, as the browser's tab shows it.

    Notes
    -----
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
    exporter.register_filter("safe_html", _safe_html)
    page, _ = exporter.from_notebook_node(notebook, resources={"reliefbook_title": title})
    return page


def _safe_html(html: str) -> str:
    """Return HTML with the tags of ``_TAGS``; the style sheet that pandas puts into a table is cut."""
    return bleach.clean(_STYLE.sub("", html), tags=_TAGS, attributes=_ATTRIBUTES)
