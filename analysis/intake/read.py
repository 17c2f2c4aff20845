"""Log files -> one ``SessionLog``; the door of the kit."""

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.intake.canonical import Plan, apply, plan
from analysis.intake.cells import Opened, log_name, open_log
from analysis.intake.conclude import Part, concluded, report
from analysis.intake.corrections import corrected
from analysis.intake.date_order import Evidence, decide_order, merge_evidence, order_evidence
from analysis.intake.files import corrections_apart, expanded, flat, names_of
from analysis.intake.gather import Gathering, Keep
from analysis.intake.mapping import NO_MAPPING, Mapping, load_mapping
from analysis.intake.privacy import load_key
from analysis.intake.readers import Fault, code
from analysis.intake.reading import Reading
from analysis.intake.recognise import known, recognise, refuse_known
from analysis.intake.remarks import remarks_of
from analysis.intake.reshape import arranged
from analysis.intake.suggest import suggest_mapping
from analysis.intake.table import Chunk, Table, remark
from analysis.intake.validate import ONE_PERSON, cleaned, validate
from analysis.sessions import SessionLog, UserError

_SIGN = (
    "this row was refused and has an answer that can need emergency care; read it now, and correct it "
    "so that it is counted"
)


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
    files = [*expanded(flat(paths))]
    if not files:
        raise UserError("no log given; name one or more CSV or XLSX files")
    logs, fixes = corrections_apart(files)
    names = names_of(logs)
    if options.key is not None:
        # A file may have the name of a person.
        names = [f"log {place}" for place in range(1, len(logs) + 1)]
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
    remarks = [
        *remarks_of(table, planned, rows.counts, reading, order),
        *(remark("sign-in-refused", _SIGN, line=line) for line in rows.signs),
    ]
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
