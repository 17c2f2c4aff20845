"""The notebooks keep the rules of the house, and run from anywhere."""

import ast
import json
import re
import shutil

import nbformat
import papermill
import pytest

from analysis import shipped
from analysis.safety import emergency_text
from analysis.wording import appendix_figures, blocks

NOTEBOOKS = shipped.notebooks()
# A heading with its sentence and one output for each block of the two pages, then the appendix.
MOST_CELLS, MOST_LINES = 56, 5


def test_the_four_notebooks_are_there():
    assert sorted(NOTEBOOKS) == ["check_log", "guide", "one_person", "pain_reduction"]


def faults(notebook) -> list[str]:
    """Return the style rules that a notebook breaks."""
    found = []
    first, code = notebook.cells[0], [cell for cell in notebook.cells if cell.cell_type == "code"]
    if first.cell_type != "markdown" or not re.match(r"# .+\?\n", first.source):
        found.append("the first cell is not a question as title")
    if emergency_text() not in first.source:
        found.append("the first cell lacks M0")
    if code[0].metadata.get("tags") != ["parameters"]:
        found.append("the first code cell is not the parameters cell")
    for cell in code:
        tree = ast.parse(cell.source)
        forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda,
                     ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)  # fmt: skip
        if any(isinstance(node, forbidden) for node in ast.walk(tree)):
            found.append(f"{cell.id}: a definition or loop")
        if any(isinstance(node, ast.Name) and node.id == "round" for node in ast.walk(tree)):
            found.append(f"{cell.id}: rounding")
        if len(cell.source.splitlines()) > MOST_LINES and cell is not code[0]:
            found.append(f"{cell.id}: more than {MOST_LINES} lines")
        if cell.outputs or cell.execution_count:
            found.append(f"{cell.id}: committed with outputs")
    if len(notebook.cells) > MOST_CELLS:
        found.append("too many cells")
    if "no number here shows" not in notebook.cells[-2].source + notebook.cells[
        -1
    ].source and not any(
        "Limits" in cell.source or "limits" in cell.source for cell in notebook.cells
    ):
        found.append("no cell states the limits")
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_keeps_the_rules(name):
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    nbformat.validate(notebook)
    assert faults(notebook) == []


def test_the_rules_see_a_loop_rounding_and_outputs():
    notebook = nbformat.read(NOTEBOOKS["pain_reduction"], as_version=4)
    notebook.cells[2].source = "for x in []:\n    round(x)"
    notebook.cells[2].execution_count = 3
    notebook.cells[0].source = "# No question"
    assert faults(notebook) == [
        "the first cell is not a question as title",
        "the first cell lacks M0",
        "cell-03: a definition or loop",
        "cell-03: rounding",
        "cell-03: committed with outputs",
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_with_unix_line_ends_and_numbered_cells(name):
    content = NOTEBOOKS[name].read_bytes()
    assert b"\r" not in content
    ids = [cell["id"] for cell in json.loads(content)["cells"]]
    assert ids == [f"cell-{number:02d}" for number in range(1, len(ids) + 1)]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_by_plain_papermill_from_another_folder(name, tmp_path, monkeypatch):
    copied = shutil.copy(NOTEBOOKS[name], tmp_path / "copy.ipynb")
    monkeypatch.chdir(tmp_path)
    executed = papermill.execute_notebook(str(copied), "out.ipynb", progress_bar=False,
                                          shutdown_kernel="immediate")  # fmt: skip
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    streams = [
        out for cell in code for out in cell.outputs if out.output_type in ("stream", "error")
    ]
    assert streams == []


def test_plain_papermill_takes_a_relative_log(tmp_path, monkeypatch):
    shutil.copy(shipped.example_of_one(), tmp_path / "mine.csv")
    monkeypatch.chdir(tmp_path)
    executed = papermill.execute_notebook(str(NOTEBOOKS["one_person"]), "out.ipynb",
                                          parameters={"log": "mine.csv"}, progress_bar=False,
                                          shutdown_kernel="immediate")  # fmt: skip
    assert "mine.csv" in json.dumps(executed.cells)


@pytest.mark.parametrize(
    ("notebook", "results"), [("pain_reduction", "cohort"), ("one_person", "person")]
)
def test_the_headings_of_a_notebook_are_the_titles_of_its_blocks(notebook, results, request):
    titles = [block.title for name, block in blocks(request.getfixturevalue(results)).items()
              if name != "head"]  # fmt: skip
    assert [title for title in headings(notebook, "## ") if "Appendix" not in title] == titles


def headings(notebook: str, level: str) -> list[str]:
    source = nbformat.read(NOTEBOOKS[notebook], as_version=4)
    return [line.removeprefix(level) for cell in source.cells if cell.cell_type == "markdown"
            for line in cell.source.splitlines() if line.startswith(level)]  # fmt: skip


def test_the_appendix_of_the_cohort_follows_its_two_pages(cohort):
    assert headings("pain_reduction", "## ")[-2:] == ["Method and limits", "Appendix: checks"]
    figures = [block.title for block in appendix_figures(cohort).values()]
    assert headings("pain_reduction", "### ") == [*figures, "Tables"]
