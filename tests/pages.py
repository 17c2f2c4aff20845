"""A report's two pages, made in this process: no kernel, so that a test can put its own words in."""

import ast
import json
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from analysis import shipped
from analysis.display.show import FINDINGS_TYPE
from analysis.findings import Findings, from_json
from analysis.report.page import to_html
from analysis.report.pdf import to_pdf


class Pages(NamedTuple):
    """The page, the PDF, and the findings that both show."""

    html: str
    pdf: bytes
    findings: Findings


def pages(name: str, **parameters) -> Pages:
    """Return the pages of a shipped report notebook with these parameters."""
    notebook = executed(name, **parameters)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = next(output.data[FINDINGS_TYPE] for output in outputs if FINDINGS_TYPE in output.data)
    results = from_json(json.dumps(shown))
    question = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    figures = {output.metadata["reliefbook"]["figure"]: output.data["image/svg+xml"]
               for output in outputs if "figure" in output.metadata.get("reliefbook", {})}  # fmt: skip
    return Pages(to_html(notebook, question), to_pdf(results, question, figures), results)


def executed(name: str, **parameters) -> NotebookNode:
    """Return a shipped notebook with the outputs of its cells."""
    notebook, names = nbformat.read(shipped.notebooks()[name], as_version=4), {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _outputs(ast.parse(cell.source), names)
            if cell.metadata.get("tags") == ["parameters"]:
                assert set(parameters) <= set(names)
                names |= parameters
    return notebook


def _outputs(tree: ast.Module, names: dict) -> list[NotebookNode]:
    """Run a cell and return what its last line shows."""
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        return []
    shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    data, metadata = json.loads(json.dumps(shown._repr_mimebundle_()))
    return [new_output("display_data", data, metadata=metadata)]
