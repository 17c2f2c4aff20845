"""Prints what a notebook costs by papermill's engine, by ours, and its cells alone in a warm process.

``python tests/engine/measure.py [NOTEBOOK] [PAIRS]``: pairs run in turn, medians of seconds. The
cells alone are one ``exec`` after the other in a fork, with no shell and no second process.
"""

import contextlib
import io
import logging
import statistics
import sys
import time

import nbformat
import papermill

from analysis import shipped
from analysis.report.engine import OF_KERNEL, Warm
from analysis.report.engine.papermill_engine import execute_forked


def cells_alone(path: str) -> float:
    """Return the seconds that the code cells of a notebook take by themselves."""
    cells, names = nbformat.read(path, as_version=4).cells, {}
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
    return time.perf_counter() - start


def seconds(execute, *arguments, **options) -> float:
    start = time.perf_counter()
    execute(*arguments, progress_bar=False, shutdown_kernel="immediate", **options)
    return time.perf_counter() - start


def main(name: str = "one_person", pairs: str = "5") -> None:
    from measure import cells_alone as cells  # by its module, a fork finds it

    path = str(shipped.notebooks().get(name, name))
    logging.disable()
    runs = {"papermill": [], "reliefbook": [], "cells alone": []}
    with Warm((*OF_KERNEL, "nbformat", "papermill")) as warm:
        start = time.perf_counter()
        warm.call(len, "")
        print(f"warm after {time.perf_counter() - start:.2f} s")
        for _turn in range(int(pairs)):
            runs["papermill"].append(seconds(papermill.execute_notebook, path, None))
            runs["reliefbook"].append(seconds(execute_forked, path, None, warm=warm))
            runs["cells alone"].append(warm.call(cells, path))
    medians = {way: statistics.median(took) for way, took in runs.items()}
    for way, took in medians.items():
        print(
            f"{way:12} {took:6.2f} s   papermill takes {medians['papermill'] / took:.1f} times this"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
