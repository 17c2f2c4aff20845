"""Notebooks have the same outputs by the engine ``reliefbook`` as by papermill's own."""

import pytest
from adversarial import NOTEBOOKS, RAISES, notebook
from both import differences, ours, theirs

from analysis import shipped
from analysis.report.engine import can_fork

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("engine"),
    pytest.mark.skipif(not can_fork(), reason="no fork here: it is papermill's own engine"),
]


def compared(source, tmp_path, **options):
    """Return what differs, and our run."""
    mine = ours(source, tmp_path / "ours.ipynb", **options)
    return differences(theirs(source, tmp_path / "theirs.ipynb", **options), mine), mine


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_made_to_tell_engines_apart_cannot(name, tmp_path):
    found, mine = compared(notebook(NOTEBOOKS[name]), tmp_path)
    assert found == []
    never = [
        cell["source"] for cell in mine.notebook["cells"] if cell.get("execution_count", 1) is None
    ]
    assert never == (["'never'", "  "] if name == "errors" else ["  "])


@pytest.mark.parametrize("name", shipped.notebooks())
def test_a_report_notebook_is_the_same(name, tmp_path):
    given = {} if name == "guide" else {"as_of": "2026-06-30"}
    found, mine = compared(str(shipped.notebooks()[name]), tmp_path, parameters=given)
    assert found == []
    assert mine.error == ""


DEATHS = {
    "os._exit": ["print('before')", "import os, time; time.sleep(0.3); os._exit(7)", "'never'"],
    "kill -9": ["import os, time; time.sleep(0.3); os.kill(os.getpid(), 9)", "'never'"],
    "segmentation fault": ["import ctypes, time; time.sleep(0.3); ctypes.string_at(0)"],
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_killed_kernel_is_told_in_the_same_words(name, tmp_path):
    found, mine = compared(notebook(DEATHS[name]), tmp_path)
    assert found == []
    assert mine.error == "DeadKernelError: Kernel died"


def test_an_endless_cell_ends_at_the_time_limit(tmp_path):
    source = notebook(["print('in time')", "while True: pass", "'never'"])
    found, mine = compared(source, tmp_path, execution_timeout=2)
    assert found == []
    assert mine.error.startswith("CellTimeoutError: A cell timed out while it was being executed")


def test_an_endless_cell_can_be_interrupted(tmp_path):
    source = notebook([("import time\nwhile True: time.sleep(0.1)", RAISES), "'next'"])
    found, mine = compared(source, tmp_path, execution_timeout=2, interrupt_on_timeout=True)
    assert found == []
    (after,) = [cell for cell in mine.notebook["cells"] if cell["source"] == "'next'"]
    assert after["outputs"][0]["data"] == {"text/plain": "'next'"}


def test_files_are_written_out_when_a_kernel_ends_politely(tmp_path):
    for run in (ours, theirs):
        mark = tmp_path / f"{run.__name__}.txt"
        cell = f"import atexit\natexit.register(open({str(mark)!r}, 'w').write, 'at exit')"
        assert run(notebook([cell]), tmp_path / "x.ipynb").error == ""
        assert mark.read_text() == "at exit"
