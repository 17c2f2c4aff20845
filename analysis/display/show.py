"""What a notebook cell shows: one block, or one figure with its words for those who cannot see it."""

import io
import json
from collections.abc import Callable
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis.display.body_map import plot_body_map
from analysis.display.figures import plot_sessions, plot_start_pain, plot_weeks
from analysis.display.people import plot_curve, plot_missing, plot_reduction, plot_slopes
from analysis.display.shared import draw_shared
from analysis.display.style import Look, look_of
from analysis.display.tables import block_html, block_text
from analysis.findings import Findings, page_of, to_json
from analysis.language import _, in_its_language
from analysis.wording import (
    Block,
    appendix_figures,
    appendix_tables,
    blocks,
    missing_totals,
    region_labels,
)

#: The findings travel in the executed notebook as an output of this type; the report reads them
#: there, so that a notebook run by plain papermill carries its own numbers, and no file name or
#: environment variable has to reach into the kernel.
FINDINGS_TYPE = "application/vnd.reliefbook.findings+json"


class Shown:
    """A finished output: its representations by MIME type, with their metadata."""

    def __init__(self, data: dict, metadata: dict | None = None) -> None:
        self._data, self._metadata = data, metadata or {}

    def __repr__(self) -> str:
        return self._data.get("text/plain", "")

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return self._data, self._metadata


@in_its_language
def show_block(results: Findings, name: str) -> Shown:
    """Return a block's sentences and table, as ``wording.blocks`` or ``appendix_figures`` names it."""
    block = _block(results, name)
    return Shown(
        {"text/html": block_html(block), "text/plain": block_text(block)},
        {"reliefbook": {"block": name}},
    )


@in_its_language
def show_appendix(results: Findings) -> Shown:
    """Return the tables of a cohort's appendix, one under another, each under its title."""
    shown = appendix_tables(results).values()
    return Shown(
        {
            "text/html": "".join(
                f"<h3>{escape(block.title)}</h3>{block_html(block)}" for block in shown
            ),
            "text/plain": "\n\n".join(f"{block.title}\n{block_text(block)}" for block in shown),
        },
        {"reliefbook": {"block": "appendix"}},
    )


def _block(results: Findings, name: str) -> Block:
    """Return a block of the pages, or of the appendix that a cohort has."""
    pages = _once(blocks, results)
    return pages[name] if name in pages else _once(appendix_figures, results)[name]


# Function -> the findings that it wrote last, and what it wrote.
_written: dict[Callable, tuple[Findings, dict[str, Block]]] = {}


def _once(write: Callable, results: Findings) -> dict[str, Block]:
    """Return what is written of findings: each cell shows one block of a page that is written once."""
    if write not in _written or _written[write][0] is not results:
        _written[write] = (results, write(results))
    return _written[write][1]


@in_its_language
def show_head(results: Findings) -> Shown:
    """Return the report's first block; the findings themselves travel with it (``FINDINGS_TYPE``)."""
    block = _once(blocks, results)["head"]
    html = f'<p class="subtitle">{escape(block.title)}</p>' + block_html(block)
    return Shown(
        {
            "text/html": html,
            "text/plain": "\n".join([block.title, block_text(block)]),
            FINDINGS_TYPE: json.loads(to_json(results)),
        },
        {"reliefbook": {"block": "head"}},
    )


@in_its_language
def show_figure(results: Findings, name: str) -> Shown:
    """Return a block's figure as SVG, with its alternative text.

    Parameters
    ----------
    results : Findings
        Of a cohort or of one person.
    name : str
        start_pain, reduction, regions or sessions; curve, slopes or missing_after. Where the block has
        nothing to draw, the output is empty; the block's own sentence says why.
    """
    block = _block(results, name)
    if not block.figure:
        return Shown({"text/html": "", "text/plain": _("Nothing to draw.")})
    return picture(draw(results, name), name, block.alt)


@in_its_language
def draw(results: Findings, name: str) -> Figure:
    """Return the figure of a block, as a matplotlib Figure: in the page's language, for its print."""
    look = look_of(page_of(results))
    if results.about.get("shared"):
        return draw_shared(results, name, look)
    return _DRAWN[name](results, look)


def _start_pain(results: Findings, look: Look) -> Figure:
    tables = results.tables
    if results.about["kind"] == "cohort":
        return plot_weeks(tables["weeks"], look)
    return plot_start_pain(tables["series"], tables["start"]["median"][0], look)


def _reduction(results: Findings, look: Look) -> Figure:
    cells, people = results.tables["cells"], results.tables["person_means"]
    return plot_reduction(cells, people, vas_two=_vas_two(results), look=look)


def _curve(results: Findings, look: Look) -> Figure:
    return plot_curve(results.tables["overall_curve"], vas_two=_vas_two(results), look=look)


def _missing_after(results: Findings, look: Look) -> Figure:
    return plot_missing(missing_totals(results.tables["missing_after"]), look)


def _vas_two(results: Findings) -> int:
    return results.about["parameters"]["vas_two"]


_DRAWN = {
    "start_pain": _start_pain,
    "sessions": lambda results, look: plot_sessions(results.tables["series"], look),
    "regions": lambda results, look: plot_body_map(_labelled(results), look),
    "reduction": _reduction,
    "curve": _curve,
    "slopes": lambda results, look: plot_slopes(results.tables["person_means"], look),
    "missing_after": _missing_after,
}


def picture(figure: Figure, name: str, alt: str) -> Shown:
    """Return a figure as an output: SVG, the same bytes every time, and its alternative text."""
    svg = to_svg(figure)
    return Shown(
        {"image/svg+xml": svg, "text/plain": alt},
        {"image/svg+xml": {"alt": alt}, "reliefbook": {"figure": name}},
    )


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG without a date and with fixed ids."""
    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "reliefbook", "text.parse_math": False}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _labelled(results: Findings):
    """Return the regions of the body map with their labels; those it does not draw are absent."""
    regions, least = results.tables["regions"], results.about["parameters"]["min_people"]
    return region_labels(regions[regions["scale"] == "NRS0-10"], least)
