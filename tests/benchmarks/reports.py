"""Many reports beside the plain commands: same notebook, same people, two at a time, one run.

    python tests/benchmarks/reports.py [people]

prints what one report costs by ``run_batch`` (executed notebook, HTML, PDF, findings, manifest), by the
commands ``papermill`` and ``jupyter nbconvert --to html`` (no PDF), and the floor: the notebook's cells
alone, in forks of a warm process. The batch makes every person's report of a synthetic log, the commands
those of every fourth person: they take long.
"""

import ast
import functools
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np

from analysis.example import example_log
from analysis.intake.read import keep_log
from analysis.report import run_batch
from analysis.report.engine import OF_KERNEL, Warm
from analysis.shipped import notebooks

WORKERS, PEOPLE, EVERY = 2, 100, 4
PROGRAMS = Path(sys.executable).parent
NOTEBOOK = str(notebooks()["one_person"])


def by_commands(log: str, folder: Path, code: str) -> None:
    """Make one report as anybody would who has only the two programs."""
    output = folder / f"{code}.ipynb"
    made = [
        PROGRAMS / "papermill",
        NOTEBOOK,
        output,
        "--no-progress-bar",
        "-p",
        "log",
        log,
        "-r",
        "person",
        code,
    ]
    page = [PROGRAMS / "jupyter", "nbconvert", "--to", "html", "--no-input", output]
    for command in (made, page):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)


def run_cells(log: str, code: str) -> None:
    """Run the notebook's cells, and make what each shows, without a kernel."""
    names: dict = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        if cell.metadata.get("tags") == ["parameters"]:
            names |= {"log": log, "person": code}
        if last is not None:
            eval(compile(ast.Expression(last.value), "cell", "eval"), names)._repr_mimebundle_()


def each(work, codes: list[str]) -> float:
    """Return the seconds that one of them takes, so many at a time."""
    start = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(work, codes))
    return (time.perf_counter() - start) / len(codes)


def main(people: int) -> None:
    """Print the three figures and their ratios."""
    import reports  # a warm process finds a function by its module, which is not this script's own

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sessions = example_log(np.random.default_rng(5), people)
        log = str(folder / "log.csv")
        sessions.to_csv(log, index=False)
        start = time.perf_counter()
        made = run_batch([log], folder / "batch", workers=WORKERS)
        batch = (time.perf_counter() - start) / len(made)
        assert {report.status for report in made} == {"made"}, made
        few = [report.name for report in made][::EVERY]
        commands = each(functools.partial(by_commands, log, folder), few)
        with Warm(OF_KERNEL, prepare=(keep_log, ((log,), {}))) as warm:
            warm.call(reports.run_cells, log, few[0])  # until it is warm
            floor = each(lambda code: warm.call(reports.run_cells, log, code), few)
    print(f"{len(made)} people, {len(sessions):,} rows, {WORKERS} at a time; seconds a report")
    print(f"reliefbook batch, with the PDF         {batch:6.2f}")
    print(
        f"papermill and nbconvert, without       {commands:6.2f}   {commands / batch:.1f} times as long"
    )
    print(
        f"the cells alone, in a warm process     {floor:6.2f}   the batch takes {batch / floor:.2f} times that"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
