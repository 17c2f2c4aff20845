"""Many reports: one of each participant, or of each log; what is finished is not made again.

Every report is made by ``run_report`` in a process of its own, so its bytes are those of the single
command. The log is read once, in the warm process that the others are forked from. A journal in the
folder says which bundle is finished, made from what: after a crash the next run goes on from there.
"""

import functools
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from analysis import __version__, shipped
from analysis.intake import read_log
from analysis.intake.cells import is_database
from analysis.intake.files import expanded
from analysis.intake.names import slugs
from analysis.intake.read import keep_log
from analysis.report.engine import OF_KERNEL, OF_REPORT, Warm, can_fork
from analysis.report.listing import listing
from analysis.report.run import run_report
from analysis.sessions import UserError

_JOURNAL, _LOCK, _PAGE = "batch.jsonl", ".batch.lock", "index.html"
# Parameters that name a file: what is in it decides, not where it is.
_FILES = ("mapping", "plan", "pseudonyms")
_OF_READING = ("mapping", "as_of", "pseudonyms")


class Task(NamedTuple):
    """One report to make: of whom or what, into which folder, from which logs, how."""

    name: str
    folder: Path
    logs: tuple[str, ...]
    parameters: dict[str, Any]
    notebook: str | None


class Made(NamedTuple):
    """What became of a report.

    Attributes
    ----------
    name : str
        The participant, or the log's file.
    folder : str
        Of its bundle, below the batch's.
    key : str
        Hash of all that it is made from.
    status : str
        made, unchanged (finished before, from the same) or failed.
    reason : str
        Why it failed.
    sessions, refused : int
        Sessions in the report; refused rows of its log.
    last : str or None
        The last day with a session.
    signs : tuple of str
        Rules of the warning signs in it.
    """

    name: str
    folder: str
    key: str
    status: str
    reason: str = ""
    sessions: int = 0
    refused: int = 0
    last: str | None = None
    signs: tuple[str, ...] = ()


def run_batch(
    logs: Iterable[str | Path],
    to: str | Path,
    *,
    by: str = "participant",
    workers: int | None = None,
    notebook: str | None = None,
    parameters: dict[str, Any] | None = None,
    tell: Callable[[Made, int], None] = lambda made, total: None,
) -> list[Made]:
    """Make one report of each participant of the logs, or of each log.

    Parameters
    ----------
    logs : paths
        What ``read_log`` takes.
    to : path
        The folder of all bundles, one folder each, and of the page ``index.html`` that links them.
    by : str
        participant; or file: each log is one person's, one site's or one clinic's.
    workers : int, optional
        How many reports at a time; by default one for each core.
    notebook, parameters
        As for ``run_report``.
    tell : callable
        Called with every report as it is done, and with how many there are.

    Returns
    -------
    list of Made
        One for each report, in the order of codes or of files.

    Raises
    ------
    UserError
        For a log that cannot be read, a folder that another batch is writing to, or one that is not a
        batch's. What was finished before stays.
    """
    given, target = dict(parameters or {}), Path(to)
    paths = tuple(path if is_database(path) else str(Path(path).resolve()) for path in logs)
    tasks = _BY[by](paths, target, given, notebook)
    workers, made = workers or os.cpu_count() or 1, {}
    _digest.cache_clear()  # a file is read once a batch, and may have changed since the last
    with _alone(target):
        done = _finished(target)
        with _journal(target) as note, _making(paths, given, workers) as make:
            for each in _run(tasks, functools.partial(_one, done, make), workers):
                made[each.name] = each
                if each.status == "made":
                    note(each)
                tell(each, len(tasks))
        ordered = [made[task.name] for task in tasks]
        _replace(target / _PAGE, listing(ordered))
    return ordered


# What there is to make


def _of_participants(
    logs: tuple[str, ...], target: Path, given: dict[str, Any], notebook: str | None
) -> list[Task]:
    """Return one report of each participant, in the order of their codes."""
    how = {name: given[name] for name in _OF_READING if given.get(name) is not None}
    codes = sorted(read_log(logs, **how).sessions["participant"].unique())
    if not codes:
        raise UserError("no session could be used, so there is nobody to report on; see check")
    names = slugs(codes)
    return [
        Task(code, target / names[code], logs, given | {"person": code}, notebook) for code in codes
    ]


def _of_files(
    logs: tuple[str, ...], target: Path, given: dict[str, Any], notebook: str | None
) -> list[Task]:
    """Return one report of each log, in their order, under the names of their files."""
    paths = [str(path) for path in expanded(list(logs))]
    stems = [Path(path).stem for path in paths]
    named = stems if len(set(stems)) == len(stems) else paths
    names = slugs(named)
    return [
        Task(
            Path(path).name if named is stems else path,
            target / names[name],
            (path,),
            given,
            notebook,
        )
        for path, name in zip(paths, named, strict=True)
    ]


_BY = {"participant": _of_participants, "file": _of_files}


def _key(task: Task) -> str:
    """Return the hash of all that a report is made from: logs, parameters, their files, notebook, kit."""
    files = [*task.logs, *(task.parameters[name] for name in _FILES if task.parameters.get(name))]
    notebooks = [str(path) for path in shipped.notebooks().values()]
    used = [task.notebook] if task.notebook and Path(task.notebook).is_file() else notebooks
    content = [task.name, task.parameters, task.notebook, __version__]
    content += [_digest(str(path)) for path in (*files, *used)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@functools.lru_cache(maxsize=256)
def _digest(path: str) -> str:
    """Return the hash of a file; of a database or a shipped name, of its words."""
    if is_database(path) or not os.path.isfile(path):
        return hashlib.sha256(path.encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# The folder


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep a second batch away from the folder while this one writes into it."""
    if target.exists() and not target.is_dir():
        raise UserError(f"{target}: a batch goes into a folder of its own; found a file there")
    if (target / _PAGE).exists() and not (target / _JOURNAL).exists():
        raise UserError(f"{target}: it holds an {_PAGE} of something else; name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{target}: another batch is writing into it; wait until it is done, or name another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _finished(target: Path) -> dict[str, Made]:
    """Return by folder what the journal says is finished, and still is; remove what a crash left."""
    for left in target.glob(".*.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    journal, found = target / _JOURNAL, {}
    for line in journal.read_text("utf-8").splitlines() if journal.exists() else ():
        try:
            entry = json.loads(line)
            made = Made(**entry["made"])
        except (ValueError, KeyError, TypeError):  # half a line: the computer was switched off
            continue
        if _manifest(target, made) == entry["manifest"]:
            found[made.folder] = made._replace(status="unchanged", signs=tuple(made.signs))
    return found


@contextmanager
def _journal(target: Path) -> Iterator[Callable[[Made], None]]:
    """Give a function that writes down for good that a report is finished."""
    with (target / _JOURNAL).open("a", encoding="utf-8", newline="\n") as file:

        def note(made: Made) -> None:
            entry = {"made": made._asdict(), "manifest": _manifest(target, made)}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

        file.write("\n")  # ends half a line that a crash may have left
        yield note


def _manifest(target: Path, made: Made) -> str:
    """Return the hash of a bundle's manifest, which has the hashes of its other files; "" without one."""
    path = target / made.folder / "manifest.json"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _replace(path: Path, text: str) -> None:
    """Put a file in another's place in one step."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)


# Making


@contextmanager
def _making(
    logs: tuple[str, ...], given: dict[str, Any], workers: int
) -> Iterator[Callable[[Task], Made]]:
    """Give a function that makes a report in a process of its own."""
    if can_fork():
        how = {name: given[name] for name in _OF_READING if given.get(name) is not None}
        with Warm(OF_KERNEL + OF_REPORT, prepare=(keep_log, (logs, how))) as warm:
            yield functools.partial(warm.call, _make)
    else:
        fresh = {"max_tasks_per_child": 1, "mp_context": multiprocessing.get_context("spawn")}
        with ProcessPoolExecutor(workers, **fresh) as pool:
            yield lambda task: pool.submit(_make, task).result()


def _make(task: Task) -> Made:
    """Return what became of one report; a failure is told and leaves the others alone."""
    made = Made(task.name, task.folder.name, _key(task), "failed")
    how = {"notebook": task.notebook, "parameters": task.parameters}
    try:
        report = run_report(list(task.logs), task.folder, **how)
    except UserError as error:
        return made._replace(reason=str(error))
    except Exception as error:
        return made._replace(
            reason=" ".join(f"unexpected: {type(error).__name__}: {error}".split())
        )
    about = report.findings.about
    return made._replace(
        status="made",
        sessions=about["sessions"],
        refused=about["refused"],
        last=about["last"],
        signs=tuple(report.findings.tables["flags"]["rule"]),
    )


def _one(done: dict[str, Made], make: Callable[[Task], Made], task: Task) -> Made:
    """Return what is finished already, or what was made now."""
    finished = done.get(task.folder.name)
    if finished is not None and finished.key == _key(task):
        return finished
    try:
        return make(task)
    except Exception as error:  # its process was killed, for want of memory for example
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Made(task.name, task.folder.name, _key(task), "failed", reason)


def _run(tasks: list[Task], work: Callable[[Task], Made], workers: int) -> Iterator[Made]:
    """Yield what became of each task as it is done; few are begun ahead, so that memory stays small."""
    coming = iter(tasks)
    with ThreadPoolExecutor(workers) as threads:
        running: set[Future] = set()
        try:
            while running := running | {
                threads.submit(work, task) for task in islice(coming, 2 * workers - len(running))
            }:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except BaseException:  # Ctrl-C: what is being made is finished, nothing more is begun
            threads.shutdown(wait=False, cancel_futures=True)
            raise
