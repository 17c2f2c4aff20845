"""A notebook and its parameters -> a report bundle; papermill runs the notebook."""

import datetime
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.translators import translate_parameters
from traitlets.config import Config

from analysis import shipped
from analysis.display.show import FINDINGS_TYPE
from analysis.findings import (
    Findings,
    Page,
    PooledSums,
    check_page,
    check_parameters,
    from_json,
    read_previous,
    read_sums,
    to_json,
)
from analysis.intake import read_log
from analysis.intake.cells import is_database, log_name
from analysis.intake.names import slug
from analysis.intake.privacy import refuse_key_in
from analysis.report.bundle import FHIR_FILE, manifest, published, refuse_foreign, refused_csv
from analysis.report.fhir import to_fhir
from analysis.report.page import to_html
from analysis.report.parameters import MATERIALS, checked
from analysis.report.pdf import to_pdf
from analysis.sessions import SessionLog, UserError

# Health data goes between papermill and the kernel: encrypted where the kernel can.
_ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})

_OF_COHORT = ("reference", "min_people", "vas_two")

#: Other parameters that name files: absolute for the run, by name in what is published.
_FILES = ("mapping", "pseudonyms", "plan", "previous")
_OF_READING = ("mapping", "person", "as_of", "pseudonyms")


class Report(NamedTuple):
    """A published report.

    Attributes
    ----------
    folder : Path
        The bundle.
    findings : Findings
        Its numbers.
    material : SessionLog or PooledSums
        What it was made from.
    """

    folder: Path
    findings: Findings
    material: SessionLog | PooledSums


def run_report(
    log: str | Path | Sequence[str | Path] | None = None,
    to: str | Path | None = None,
    *,
    sums: str | Path | Sequence[str | Path] | None = None,
    notebook: str | Path | None = None,
    parameters: dict[str, Any] | None = None,
    strict: bool = False,
    fhir: bool = False,
) -> Report:
    """Run a notebook on a log, or on the sums of sites, and publish the report bundle.

    Parameters
    ----------
    log : path or paths, optional
        What ``read_log`` takes: files, folders, patterns, database URLs; the shipped example if absent.
    to : path, optional
        The bundle's folder, replaced as a whole; ``reports/<name of the log>`` if absent.
    sums : path or paths, optional
        What ``read_sums`` takes, in place of a log.
    notebook : str or path, optional
        The name of a shipped notebook or the path of another. By default ``one_person`` for one
        person's log, else ``pain_reduction``.
    parameters : dict, optional
        Of the notebook, beside ``log`` and ``sums``: those that its cell tagged ``parameters`` names.
    strict : bool
        Publish nothing when a row was refused.
    fhir : bool
        Also publish the report as a FHIR R4 document; of one person only under a pseudonym.

    Returns
    -------
    Report

    Raises
    ------
    UserError
        For an unusable log or sums, an unknown or mistyped parameter, a folder with other files, or a
        notebook that fails. Nothing is published then; an earlier bundle stays as it is, and the
        failed notebook is saved beside it as ``<folder>.failed.ipynb``.
    """
    given = dict(parameters or {})
    kind, paths = _inputs(log, sums, notebook)
    target = Path(to) if to is not None else Path("reports") / slug(Path(log_name(paths[0])).stem)
    refuse_foreign(target)
    _refuse_inside(paths, target)
    if given.get("pseudonyms") is not None:
        refuse_key_in(given["pseudonyms"], target)
    material = _material(kind, paths, given)
    source = _notebook(notebook, material, given)
    if strict:
        _refuse_refused(kind, material)
    if (material.refused["rule"] == "time-future").any():
        # Only then does the report depend on the day: it is written down, to be repeated later.
        given.setdefault("as_of", datetime.date.today().isoformat())
    values = checked(source, given, kind) | {kind: _plain(list(map(_absolute, paths)))}
    check_parameters(material, **_among(_OF_COHORT, values))
    check_page(**_among(Page._fields, values))
    for name in _FILES:
        if values.get(name) is not None and Path(values[name]).exists():
            values[name] = str(Path(values[name]).resolve())
    read_previous(values.get("previous"))  # raises before anything runs
    executed = _execute(source, values, _failed_path(target))
    results = _findings(executed, material, source)
    _publish(target, executed, results, material, values, source, fhir=fhir)
    return Report(target, results, material)


def _among(names: Sequence[str], values: dict[str, Any]) -> dict[str, Any]:
    """Return those of the parameters that a notebook has."""
    return {name: values[name] for name in names if name in values}


def _inputs(log, sums, notebook: str | Path | None) -> tuple[str, list[str | Path]]:
    """Return which parameter names what the report is made of, and the paths; an example by default."""
    if log is not None and sums is not None:
        raise UserError("a report is made of a log or of sums, not of both")
    kind, given = ("log", log) if sums is None else ("sums", sums)
    paths = [_example(notebook)] if given is None else _paths(given)
    if not paths:
        raise UserError(f"no {kind} given; name one or more files")
    return kind, paths


def _material(kind: str, paths: list[str | Path], given: dict[str, Any]) -> SessionLog | PooledSums:
    """Return the log or the sums as read."""
    how = {name: given[name] for name in _OF_READING if given.get(name) is not None}
    if kind == "log":
        return read_log(paths, **how)
    if how:
        raise UserError(f"{next(iter(how))}: sums were read at the sites; leave it out")
    return read_sums(paths)


def _refuse_refused(kind: str, material: SessionLog | PooledSums) -> None:
    """Raise when a row was refused."""
    n_refused = int(material.sources["refused"].sum())
    if n_refused:
        who = {"log": "reliefbook check", "sums": "reliefbook check at its site"}[kind]
        raise UserError(
            f"{n_refused} rows were refused, nothing was published; correct them ({who} names "
            "each), or run without --strict"
        )


def _refuse_inside(paths: list[str | Path], target: Path) -> None:
    """Raise for a log or corrections in the folder of the report, which is replaced as a whole."""
    inside = [path for path in paths if Path(path).resolve().is_relative_to(target.resolve())]
    if inside and target.exists():
        raise UserError(
            f"{inside[0]}: it lies in the report's own folder, which is replaced; copy it to another "
            "place first, or name another folder with --to"
        )


def _example(notebook: str | Path | None) -> Path:
    return shipped.example_of_one() if notebook == "one_person" else shipped.example_log()


def _paths(log: str | Path | Sequence[str | Path]) -> list[str | Path]:
    given = [log] if isinstance(log, str | Path) else log
    return [path if is_database(path) else Path(path) for path in given]


def _absolute(path: str | Path) -> str:
    """Return where a log is, from any folder."""
    return path if is_database(path) else str(path.resolve())


def _plain(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _failed_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.failed.ipynb")


def _notebook(
    name: str | Path | None, material: SessionLog | PooledSums, given: dict[str, Any]
) -> Path:
    """Return the notebook's path: by name, by path, or one person's for one person's log."""
    known = shipped.notebooks()
    if name is None:
        one = isinstance(material, SessionLog) and (
            material.sessions["participant"].nunique() == 1
            or (material.remarks["rule"] == "participant-assumed").any()
            or given.get("person") is not None
        )
        return known["one_person" if one else "pain_reduction"]
    if str(name) in known:
        return known[str(name)]
    if not Path(name).is_file():
        raise UserError(
            f"notebook: must be one of {', '.join(known)}, or a file; found {str(name)!r}"
        )
    return Path(name)


def _execute(source: Path, values: dict[str, Any], failed: Path) -> NotebookNode:
    """Return the executed notebook, by papermill; on failure keep it at ``failed`` and raise."""
    with tempfile.TemporaryDirectory(prefix="reliefbook-") as folder:
        output = Path(folder) / "report.ipynb"
        try:
            papermill.execute_notebook(
                str(source),
                str(output),
                parameters=values,
                progress_bar=False,
                shutdown_kernel="immediate",  # half a second a report
                config=_ENCRYPTED,
            )
        except papermill.PapermillExecutionError as error:
            _keep_failed(output, failed)
            raise UserError(_one_line(error, failed)) from error
        except RuntimeError as error:  # the kernel did not start, or died
            _keep_failed(output, failed)
            reason = " ".join(str(error).split())
            raise UserError(f"{source.stem}: the kernel stopped; {reason}") from error
        return nbformat.read(output, as_version=4)


def _keep_failed(output: Path, failed: Path) -> None:
    """Save a failed notebook, its own first cell, the emergency text, first."""
    if not output.exists():
        return
    notebook = nbformat.read(output, as_version=4)
    notebook.cells.sort(
        key=lambda cell: cell.metadata.get("tags", []) == ["papermill-error-cell-tag"]
    )
    failed.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, failed)


def _one_line(error: papermill.PapermillExecutionError, failed: Path) -> str:
    """Return why a notebook failed: our own refusals as they are, others with their place."""
    message = " ".join(str(error.evalue).split())
    if error.ename in ("UserError", "UnusableLog"):
        return message
    return f"the notebook failed in cell {error.exec_count}: {error.ename}: {message}; see {failed}"


def _findings(executed: NotebookNode, material: SessionLog | PooledSums, source: Path) -> Findings:
    """Return the findings that the notebook shows, after a check that they are of these files."""
    shown = [
        output["data"][FINDINGS_TYPE]
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if FINDINGS_TYPE in output.get("data", {})
    ]
    if len(shown) != 1:
        raise UserError(
            f"{source.stem}: a report notebook calls show_head once; found {len(shown)}"
        )
    results = from_json(json.dumps(shown[0]))
    if list(results.tables["sources"]["sha256"]) != list(material.sources["sha256"]):
        raise UserError("the log changed while the report was made; run it again")
    return results


def _figures(executed: NotebookNode) -> dict[str, str]:
    """Return name -> SVG of the figures that the notebook shows."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return {
        output["metadata"]["reliefbook"]["figure"]: output["data"]["image/svg+xml"]
        for output in outputs
        if "figure" in output.get("metadata", {}).get("reliefbook", {})
    }


def normalised(executed: NotebookNode, values: dict[str, Any]) -> NotebookNode:
    """Return an executed notebook without what differs from run to run: times, paths, random ids.

    Parameters
    ----------
    executed : NotebookNode
        As papermill wrote it.
    values : dict
        The parameters as published; files by name.
    """
    notebook = nbformat.from_dict(executed)
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["source"] = translate_parameters("python3", "python", values, "Parameters")
    return notebook


def _publish(
    target: Path,
    executed: NotebookNode,
    results: Findings,
    material: SessionLog | PooledSums,
    values: dict[str, Any],
    source: Path,
    *,
    fhir: bool,
) -> None:
    public = {
        name: _names_only(value) if name in (*MATERIALS, *_FILES) else value
        for name, value in values.items()
    }
    if values.get("pseudonyms") is not None:
        # A file may have a person's name; under pseudonyms the log gives files names of its own.
        public["log"] = _plain(list(material.sources["file"]))
    notebook = normalised(executed, public)
    question = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    with published(target) as folder:
        _write(folder / "report.ipynb", nbformat.writes(notebook) + "\n")
        _write(folder / "findings.json", to_json(results))
        of_others = results.about["kind"] == "one_person" and results.about["log_people"] > 1
        refused = material.refused.iloc[:0] if of_others else material.refused
        # The mark tells spreadsheets that it is UTF-8: it comes back corrected, letters and all.
        _write(folder / "refused.csv", "\ufeff" + refused_csv(refused))
        _write(folder / "report.html", to_html(notebook, question))
        pdf = to_pdf(results, question, _figures(notebook))
        (folder / "report.pdf").write_bytes(pdf)
        if fhir:
            hidden = values.get("pseudonyms") is not None
            log = None if results.about["kind"] == "cohort" else material
            _write(folder / FHIR_FILE, to_fhir(log, results, pdf, pseudonymised=hidden))
        _write(
            folder / "manifest.json",
            manifest(material, public, source.stem, folder, previous=values.get("previous")),
        )
    _failed_path(target).unlink(missing_ok=True)


def _names_only(value: str | list[str] | None) -> str | list[str] | None:
    if isinstance(value, list):
        return [log_name(path) for path in value]
    return None if value is None else log_name(value)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
