"""Log files -> one ``SessionLog``; the door of the kit."""

import datetime
import glob
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.intake.canonical import Plan, apply, plan
from analysis.intake.cells import Opened, is_database, log_name, open_log
from analysis.intake.conclude import Part, concluded, report
from analysis.intake.corrections import corrected, is_corrections, load_corrections
from analysis.intake.date_order import Evidence, decide_order, merge_evidence, order_evidence
from analysis.intake.gather import Gathering, Keep
from analysis.intake.header import comment_remark
from analysis.intake.mapping import NO_MAPPING, Mapping, load_mapping
from analysis.intake.privacy import load_key
from analysis.intake.readers import Fault, code
from analysis.intake.recognise import known, recognise, refuse_known
from analysis.intake.reshape import arranged
from analysis.intake.suggest import suggest_mapping
from analysis.intake.table import Chunk, Table, remark
from analysis.intake.validate import ONE_PERSON, Reading, cleaned, validate
from analysis.sessions import SessionLog, UserError

#: What a folder is searched for.
_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".json", ".jsonl", ".zip", ".parquet")


def read_log(
    *paths: str | Path | Iterable,
    mapping: str | Path | None = None,
    person: str | None = None,
    as_of: datetime.date | str | None = None,
    pseudonyms: str | Path | None = None,
) -> SessionLog:
    """Return the sessions of one or more log files, the refused rows and what was noticed.

    Parameters
    ----------
    *paths : path, folder, pattern, database URL, or list of these
        Logs, in order: CSV, TSV, XLSX, ODS, JSON, FHIR, Parquet, an ODK Central zip; all logs of a
        folder by name; a pattern such as ``logs/*.csv``; ``sqlite:///log.db`` with a query in the
        mapping. A corrected ``refused.csv`` among them corrects the others' cells.
    mapping : path or name, optional
        A YAML file that says which column is which and declares the log's own terms, or the name of
        a shipped one. Without it, a shipped one is taken where the columns show its tool.
    person : str, optional
        Who it is, for a log without a participant column.
    as_of : date or ISO text, optional
        The day of reading: sessions more than one day after it are refused as mistyped. Today if
        absent, the only clock that the package looks at; pass a date to repeat a reading later.
    pseudonyms : path, optional
        A file with a secret key, made if it is not there: every participant is replaced by a
        pseudonym that only this key gives. ``person`` then names nobody, and is ignored here.

    Returns
    -------
    SessionLog
        Every data row of every file is counted once: kept, refused, dropped, skipped or blank.

    Raises
    ------
    UnusableLog
        When a file cannot be read as a session log at all; nothing of any file is kept then.
    UserError
        For a mapping that cannot be read, or when no file is given.

    Examples
    --------
    >>> from analysis.shipped import example_log
    >>> log = read_log(example_log())
    >>> bool((log.sources["rows"] == log.sources[["kept", "refused", "dropped", "skipped", "blank"]]
    ...       .sum(axis=1)).all())
    True
    """
    return _log(paths, _options(mapping, person, as_of, pseudonyms))


def check_log(*paths: str | Path | Iterable, keep: Keep, **options) -> SessionLog:
    """Return what ``read_log`` does, but of each session only what is needed.

    Memory does not grow with the columns of the log, nor with its texts: ten million sessions are
    checked in little more than a gigabyte.

    Parameters
    ----------
    *paths
        As for ``read_log``.
    keep : callable
        Some columns of the sessions of a chunk, from all of them. ``participant``, ``pain_before``
        and ``pain_after`` stay in any case.
    **options
        The keywords of ``read_log``.

    Returns
    -------
    SessionLog
        Its ``sessions`` have the kept columns only, words as categories; all counts, refused rows
        and remarks are those of ``read_log``.
    """
    named = dict.fromkeys(("mapping", "person", "as_of", "pseudonyms")) | options
    return _log(paths, _options(**named)._replace(keep=keep))


def suggested(path: str | Path) -> str:
    """Return a mapping to start from, as YAML, for a log that is not understood without one.

    Parameters
    ----------
    path : path, or database URL
        One log. Its first table with a header is looked at; no participant and no note is quoted.

    Raises
    ------
    UnusableLog
        When it cannot be read even as a table.
    """
    opened = open_log(path, NO_MAPPING, _knows(None))
    refuse_known(opened.tables, opened.name)
    return suggest_mapping(opened.tables[0], opened.name)


class _Options(NamedTuple):
    """How all files are read: the keywords of ``read_log``, and what ``check_log`` keeps."""

    mapping: Mapping | None
    person: str | None
    as_of: datetime.date
    key: bytes | None
    keep: Keep | None = None


def _options(
    mapping: str | Path | None,
    person: str | None,
    as_of: datetime.date | str | None,
    pseudonyms: str | Path | None,
) -> _Options:
    rules = load_mapping(mapping) if mapping else None
    if pseudonyms is not None:
        # A name given for a log without one would stand in the report beside its pseudonym.
        return _Options(rules, None, _day(as_of), load_key(pseudonyms))
    _check_person(person)
    return _Options(rules, person, _day(as_of), None)


def _log(paths: Iterable, options: _Options) -> SessionLog:
    files = [*_expanded(_flat(paths))]
    if not files:
        raise UserError("no log given; name one or more CSV or XLSX files")
    logs, fixes = _corrections_apart(files)
    names = _names(logs)
    applied: set = set()
    parts: list[Part] = []
    for path, name in zip(logs, names, strict=True):
        mine = fixes[fixes["file"].isin([name, log_name(path)])]
        parts.append(_read_file(path, name, options, _Fixes(mine, applied), parts))
    log = concluded(parts, options.mapping, options.person, options.key)
    said = [_applied(fixes, applied), _unused(fixes, applied, log.refused)]
    return log._replace(remarks=pd.concat([log.remarks, *map(report, said)], ignore_index=True))


class _Fixes(NamedTuple):
    """Corrections of one file, and the indexes of those that were applied to any."""

    corrections: pd.DataFrame
    applied: set


# Which files


def _flat(paths: Iterable) -> list:
    return [
        path for item in paths for path in ([item] if isinstance(item, str | Path) else _flat(item))
    ]


def _expanded(paths: list[str | Path]) -> Iterable[str | Path]:
    """Yield the files of folders and patterns, by name; everything else as it is."""
    for given in paths:
        path = Path(given)
        # os.path says no, where pathlib raises, for a name that no file system can hold.
        if is_database(given) or os.path.isfile(path):
            yield given if is_database(given) else path
        elif os.path.isdir(path):
            found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in _SUFFIXES]
            if not found:
                raise UserError(
                    f"{path}: no log in this folder; logs end in {', '.join(_SUFFIXES)}"
                )
            yield from found
        elif glob.has_magic(str(given)):
            matches = sorted(glob.glob(str(given)))
            if not matches:
                raise UserError(f"{given}: no file matches this pattern")
            yield from map(Path, matches)
        else:
            yield path


def _corrections_apart(files: list[str | Path]) -> tuple[list[str | Path], pd.DataFrame]:
    """Return the logs, and the corrections of all corrected ``refused.csv`` among them."""
    found = [path for path in files if _holds_corrections(path)]
    logs = [path for path in files if path not in found]
    if not logs:
        raise UserError(
            f"{found[0].name}: these are corrections; give the log that they correct too"
        )
    empty = pd.DataFrame(columns=["file", "line", "column", "value", "by"])
    fixes = [load_corrections(path).assign(by=path.name) for path in found]
    return logs, pd.concat([empty, *fixes], ignore_index=True)


def _holds_corrections(path: str | Path) -> bool:
    """Return whether a file is a refused.csv; one that cannot be read is told of as a log."""
    if is_database(path) or path.suffix.lower() != ".csv" or not os.path.isfile(path):
        return False
    try:
        with path.open("rb") as stream:
            first = stream.readline(4096).decode("utf-8-sig", "replace")
    except OSError:
        return False
    return is_corrections([name.strip('" \r\n') for name in re.split("[,;\t]", first)])


def _applied(fixes: pd.DataFrame, applied: set) -> pd.DataFrame:
    """Return a note for each file of corrections: how many cells it changed."""
    changed = fixes[fixes.index.isin(applied)].groupby("by", sort=False).size()
    messages = [f"{n} cells of the log were read as corrected here" for n in changed]
    return pd.DataFrame({"file": changed.index, "rule": "cells-corrected", "message": messages})


def _unused(fixes: pd.DataFrame, applied: set, refused: pd.DataFrame) -> pd.DataFrame:
    """Return a warning for each correction that changed nothing and whose fault is gone all the same."""
    left = fixes[~fixes.index.isin(applied)].astype({"line": "Int64"})
    cell = ["file", "line", "column"]
    still = left.merge(refused[cell].drop_duplicates(), on=cell, how="left", indicator=True)
    gone = still.loc[still["_merge"] == "left_only", cell]
    message = "the correction changed nothing; is it the right log, line and column?"
    return gone.assign(value="", rule="correction-unused", message=message)


def _check_person(person: str | None) -> None:
    try:
        code(person or ONE_PERSON)
    except Fault as fault:
        raise UserError(f"person: {fault.message}; found {person!r}") from fault


def _day(as_of: datetime.date | str | None) -> datetime.date:
    if as_of is None:
        return datetime.date.today()
    if isinstance(as_of, datetime.datetime):
        return as_of.date()
    if isinstance(as_of, datetime.date):
        return as_of
    try:
        return datetime.date.fromisoformat(as_of)
    except ValueError as error:
        raise UserError(f"as_of must be a date such as 2026-03-31; found {as_of!r}") from error


def _names(files: list[str | Path]) -> list[str]:
    """Return each file's name, with as many of its folders as tell it from the others."""
    parts = [
        (log_name(file),) if is_database(file) else Path(file).absolute().parts for file in files
    ]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(path[-depth:]) for path in parts]
        if len(set(names)) == len(set(parts)):
            break
    return [name.lstrip("/") for name in names]


# One file


def _read_file(
    path: str | Path, name: str, options: _Options, fixes: _Fixes, earlier: list[Part]
) -> Part:
    """Return one file's valid rows and everything said of the others."""
    opened = open_log(path, options.mapping or NO_MAPPING, _knows(options.mapping))
    same = [part for part in earlier if part.source["sha256"] == opened.sha256()]
    if same and opened.size:
        return _repeated(same[0], name)
    refuse_known(opened.tables, opened.name)
    mapping = options.mapping or recognise(opened.tables, opened.hidden) or NO_MAPPING
    table, planned = _planned(opened, mapping, fixes)
    reading = Reading(
        planned.rules,
        mapping,
        planned.headers,
        mapping.file.decimal == "," or (table.decimal_comma and not mapping.file.decimal),
        options.person or ONE_PERSON,
        options.as_of,
        None,
    )
    gathering, order = Gathering(len(table.header), options.keep), ""
    for chunk in table.chunks:
        rows = apply(planned, chunk)
        read = validate(rows.cells, reading)
        if read.unread and reading.day_first is None and _evidence(rows) != Evidence():
            again = _planned(open_log(path, mapping, _knows(mapping)), mapping, fixes)
            day_first, order = _order(*again, reading, opened.name)
            reading = reading._replace(day_first=day_first)
            read = validate(rows.cells, reading)
        gathering.add(rows, read)
    rows = gathering.rows(reading, opened.name)
    if any(told["rule"] == "encoding-assumed" for told in table.remarks):
        rows = rows._replace(faults=_with_likely_cause(rows.faults))
    remarks = _remarks(table, planned, rows.counts, reading, order)
    rows.counts["skipped"] += opened.skipped  # of which the reader made a remark of its own
    return Part(
        name, rows, remarks, _source(opened, rows.counts), "participant" not in planned.headers
    )


def _knows(mapping: Mapping | None) -> Callable[[str], bool]:
    """Return what tells a header of a log: the vocabulary, this mapping, else every shipped one."""
    return known if mapping is None else lambda header: mapping.knows(header) or known(header)


def _planned(opened: Opened, mapping: Mapping, fixes: _Fixes) -> tuple[Table, Plan]:
    """Return the log among the tables of a file, from its first row, and how its columns are read."""
    tables = [corrected(table, *fixes) for table in opened.tables]
    table = arranged(tables, mapping, opened.name)
    return table, plan(table, mapping, opened.name)


def _evidence(rows: Chunk) -> Evidence:
    return order_evidence(cleaned(rows.cells["started_at"]), rows.lines)


def _order(table: Table, planned: Plan, reading: Reading, file: str) -> tuple[bool | None, str]:
    """Return whether the day stands first in the dates of a whole file, and the note that says why.

    The first such date asks for a second look at the file: a date far below may prove the order.
    """
    evidence = Evidence()
    for chunk in table.chunks:
        evidence = merge_evidence(evidence, _evidence(apply(planned, chunk)))
    return decide_order(evidence, reading.mapping.time, file, reading.headers["started_at"])


def _with_likely_cause(faults: pd.DataFrame) -> pd.DataFrame:
    """Return the faults of a file whose encoding was assumed: a strange word may be due to that."""
    odd = (faults["rule"] == "unknown-term") & ~faults["value"].map(str.isascii)
    cause = "the file's encoding was assumed, a likely cause: save it as UTF-8 and read it again; "
    return faults.assign(message=faults["message"].mask(odd, cause + faults["message"]))


def _repeated(part: Part, name: str) -> Part:
    """Return a file that was read before: counted, not used."""
    said = remark("duplicate-file", "the file is identical to an earlier one and was read once")
    source = part.source | {"file": name, "kept": 0, "refused": 0}
    source["dropped"] = source["rows"] - source["blank"] - source["skipped"]
    return Part(name, None, [said], source, part.assumed)


def _source(opened: Opened, counts: dict) -> dict:
    """Return one row of ``SOURCES``."""
    skipped = counts["skipped"] + counts["comments"]
    parts = {
        "kept": counts["kept"],
        "refused": counts["refused"],
        "dropped": counts["joined"],
        "skipped": skipped,
        "blank": counts["blank"],
    }
    size = {"sha256": opened.sha256(), "bytes": opened.size, "rows": sum(parts.values())}
    return {"file": opened.name} | size | parts


def _remarks(table: Table, planned: Plan, counts: dict, reading: Reading, order: str) -> list[dict]:
    """Return what was noticed in one file, from the header down."""
    start = reading.headers["started_at"]
    told = [
        *_left_out(counts),
        *planned.remarks,
        *(remark("date-order-read", order, column=start) for _ in range(bool(order))),
        *_zones(counts, reading),
    ]
    for name in ("pain_before", "pain_after"):
        if counts[name]:
            message = f"{counts[name]} ratings have more than one decimal; they are kept in tenths"
            told.append(remark("rounded", message, column=reading.headers[name]))
    if counts["nul"]:
        message = f"{counts['nul']} texts held the character NUL, which was removed"
        told.append(remark("nul-removed", message))
    if "participant" not in reading.headers:
        message = (
            f"no column for the participant: read as the log of one person, called {reading.person}"
        )
        told.append(remark("participant-assumed", message))
    if counts["same_day"]:
        message = (
            f"{counts['same_day']} sessions share a date with another one and "
            "have no time; they keep the file's order"
        )
        told.append(remark("same-day-order", message))
    return [*table.remarks, *told]


def _left_out(counts: dict) -> list[dict]:
    """Return what is said of rows that are no data."""
    told = []
    if counts["blank"]:
        message = f"{counts['blank']} blank rows were counted and left out"
        told.append(remark("rows-blank", message))
    if counts["comments"]:
        told.append(comment_remark(counts["comments"]))
    if counts["skipped"]:
        message = f"{counts['skipped']} rows were left out, as the mapping says"
        told.append(remark("rows-skipped", message))
    if counts["joined"]:
        message = f"{counts['joined']} rows after a session were joined to the row before it"
        told.append(remark("rows-joined", message))
    return told


def _zones(counts: dict, reading: Reading) -> list[dict]:
    """Return what is said of offsets and zones."""
    start, zone = reading.headers["started_at"], reading.mapping.time.timezone
    told = []
    if counts["with_offset"] and counts["without_offset"]:
        where = f"in the stated zone {zone}" if zone else "as wall time"
        message = (
            f"{counts['without_offset']} times carry no offset from UTC and others do; those without "
            f"were read {where}"
        )
        told.append(remark("zone-mixed", message, column=start))
    if counts["chosen"]:
        message = f"{counts['chosen']} times at a change of clocks were settled as the mapping says"
        told.append(remark("time-chosen", message, column=start))
    if counts["dropped_zone"]:
        where = f"in the stated zone {zone}" if zone else "as wall time"
        message = (
            f"{counts['dropped_zone']} times name a zone such as EST, which is not trusted; they were "
            f"read {where}"
        )
        told.append(remark("zone-untrusted", message, column=start))
    return told
