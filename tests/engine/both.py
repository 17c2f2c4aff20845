"""Runs a notebook on papermill's own engine and on ours, and makes the two comparable."""

import json
import os
import re
from typing import NamedTuple
from unittest import mock

import nbformat
import papermill

from analysis.report.engine.papermill_engine import execute_forked


class Run(NamedTuple):
    """What a run left: the notebook as saved, comparable, and the error that it ended with."""

    notebook: dict
    error: str


def run(execute, notebook, path, parameters=None, **options) -> Run:
    error = ""
    with mock.patch.dict(os.environ):
        os.environ.pop("PYTEST_CURRENT_TEST", None)  # with it ipykernel watches no descriptor
        try:
            execute(notebook, str(path), parameters=parameters, progress_bar=False, **options)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
    return Run(comparable(nbformat.read(path, as_version=4)), error)


def ours(notebook, path, **options) -> Run:
    return run(execute_forked, notebook, path, **options)


def theirs(notebook, path, **options) -> Run:
    return run(papermill.execute_notebook, notebook, path, **options)


def comparable(notebook) -> dict:
    """Return a saved notebook without ids, times and paths of the run, addresses and numbers of processes."""
    notebook.metadata.papermill = {"exception": notebook.metadata.papermill["exception"]}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        kept = {name: cell.metadata.papermill[name] for name in ("exception", "status")} if (
            "papermill" in cell.metadata) else {}  # fmt: skip
        cell.metadata.papermill = kept
        cell.metadata.pop("execution", None)
        cell["outputs"] = _merged(cell.get("outputs", []))
    text = json.dumps(notebook, sort_keys=True)
    for pattern, instead in (
        (r"0x[0-9a-f]{6,}", "0x"),
        (r"ipykernel_\d+", "ipykernel"),
        (r"kernel-[0-9a-f-]{36}|tmp[a-z0-9_]{8}\.json", "kernel"),
    ):
        text = re.sub(pattern, instead, text)
    return json.loads(text)


def _merged(outputs: list) -> list:
    """Return outputs with neighbours of one stream as one: ipykernel sends them every 0.2 s."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and output.get("name") == last.get("name"):
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def differences(a: Run, b: Run) -> list[str]:
    """Return what differs between two runs, cell by cell, from shortly before the difference."""
    found = [_apart("error", a.error, b.error)]
    found.append(_apart("metadata", a.notebook["metadata"], b.notebook["metadata"]))
    for one, two in zip(a.notebook["cells"], b.notebook["cells"], strict=True):
        found.append(_apart(one["source"][:60], one, two))
    return list(filter(None, found))


def _apart(where: str, one: object, two: object) -> str:
    one, two = json.dumps(one, sort_keys=True), json.dumps(two, sort_keys=True)
    if one == two:
        return ""
    first = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    start = max(0, first - 60)
    return f"{where!r}: {one[start : start + 300]} != {two[start : start + 300]}"
