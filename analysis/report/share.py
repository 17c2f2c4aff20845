"""A published bundle -> its share copy: the same two pages without names, days and small groups.

``findings.shared_copy`` says what is left out and why. The page is made without a kernel: its cells
are the title and emergency text of the shipped notebook, a heading for every block, and what
``show_block`` and ``show_figure`` give of the shared findings, in the report's language. So nothing of the
executed notebook, which has paths and every number, can come into a copy. A copy has no notebook and no
refused rows, and of the appendix no more than the body map.
"""

import hashlib
import json
import platform
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis import __version__, shipped
from analysis.display import show_block, show_figure, show_head
from analysis.display.show import Shown
from analysis.findings import Findings, to_json
from analysis.findings.published import published_findings
from analysis.findings.shared_copy import shared_findings
from analysis.report.bundle import published
from analysis.report.email import DRAFT, checked_address, draft
from analysis.report.page import to_html
from analysis.report.pdf import to_pdf
from analysis.sessions import UserError
from analysis.wording import appendix_figures, blocks

#: The files of a copy, in the order in which they are named to the user.
FILES = ("report.html", "report.pdf", "findings.json", "manifest.json")

_NOTEBOOKS = {"cohort": "pain_reduction", "one_person": "one_person"}
# Which a report has, and a copy has not.
_OF_REPORT = ("report.ipynb", "refused.csv")


class ShareCopy(NamedTuple):
    """A published share copy.

    Attributes
    ----------
    folder : Path
        Where it is.
    files : tuple of Path
        Of it, in the order in which they are named; the draft last, where there is one.
    findings : Findings
        Its numbers.
    """

    folder: Path
    files: tuple[Path, ...]
    findings: Findings


def share_report(bundle: str | Path, to: str | Path, *, email_to: str | None = None) -> ShareCopy:
    """Make the share copy of a published report.

    Parameters
    ----------
    bundle : path
        The folder of the report, as it was published.
    to : path
        The copy's folder, replaced as a whole; never that of a report.
    email_to : str, optional
        An address: a draft of an e-mail with the copy attached is written into the folder, too.

    Returns
    -------
    ShareCopy

    Raises
    ------
    UserError
        When the bundle is none, was changed, or is of another kind; when the folder is that of a
        report, or has other files; for an address that is none. Nothing is published then.

    Notes
    -----
    Of the bundle only ``findings.json`` is read, and of ``manifest.json`` its hash. The copy has the
    report's language, country, paper and size of print; who made the report, and on which day, it has not.
    Same bundle, same bytes.
    """
    source, target = Path(bundle), Path(to)
    if email_to is not None:
        checked_address(email_to)
    results = shared_findings(published_findings(source))
    _refuse_report(source, target)
    notebook = _notebook(results)
    question = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    with published(target) as folder:
        page = to_html(notebook, question).encode()
        pdf = to_pdf(results, question, _figures(notebook))
        _write(folder / "report.html", page)
        _write(folder / "report.pdf", pdf)
        _write(folder / "findings.json", to_json(results).encode())
        _write(folder / "manifest.json", _manifest(results, folder).encode())
        if email_to is not None:
            _write(folder / DRAFT, draft(results, email_to, pdf=pdf, page=page))
    names = (*FILES, DRAFT) if email_to is not None else FILES
    return ShareCopy(target, tuple(target / name for name in names), results)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _refuse_report(source: Path, target: Path) -> None:
    """Raise where the copy would take the place of a report."""
    inside = target.resolve().is_relative_to(source.resolve())
    if inside or any((target / name).exists() for name in _OF_REPORT):
        raise UserError(
            f"{target}: a report lies there, and the copy would take its place; name another folder with --to"
        )


def _notebook(results: Findings) -> NotebookNode:
    """Return the page's cells: title and emergency text, then every block of the copy."""
    shown = blocks(results)
    source = shipped.notebooks()[_NOTEBOOKS[results.about["kind"]]]
    first = nbformat.read(source, as_version=4).cells[0].source
    cells = [new_markdown_cell(first), _output(show_head(results))]
    for name, block in (shown | appendix_figures(results)).items():
        if name == "head" or not (block.alarms or block.sentences or block.table or block.figure):
            continue
        cells.append(new_markdown_cell(f"## {block.title}"))
        if block.figure:
            cells.append(_output(show_figure(results, name)))
        cells.append(_output(show_block(results, name)))
    return new_notebook(cells=cells)


def _output(shown: Shown) -> NotebookNode:
    """Return a cell without code that shows an output."""
    data, metadata = shown._repr_mimebundle_()
    return new_code_cell("", outputs=[new_output("display_data", data, metadata=metadata)])


def _figures(notebook: NotebookNode) -> dict[str, str]:
    """Return name -> SVG of the figures that the page shows."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return {
        output["metadata"]["reliefbook"]["figure"]: output["data"]["image/svg+xml"]
        for output in outputs
        if "image/svg+xml" in output["data"]
    }


def _manifest(results: Findings, folder: Path) -> str:
    """Return the manifest as JSON: nothing of the report's own, whose hashes prove who has it."""
    content: dict[str, Any] = {
        "schema": 1,
        "share_copy": True,
        "kind": results.about["kind"],
        "parameters": results.about["parameters"],
        "tables_sha256": results.about["tables_sha256"],
        "outputs": {
            path.name: {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "bytes": path.stat().st_size,
            }
            for path in sorted(folder.iterdir())
        },
        "versions": {"reliefbook": __version__, "python": platform.python_version()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
