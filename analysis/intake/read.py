"""Log files -> one ``SessionLog``; the door of the kit."""

import datetime
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.intake.cells import read_cells, remark
from analysis.intake.duplicates import IDENTITY, numbered, settle
from analysis.intake.mapping import Mapping, load_mapping, to_canonical
from analysis.intake.readers import Fault, code
from analysis.intake.validate import ONE_PERSON, validate
from analysis.sessions import (
    ROW_REPORT,
    SOURCES,
    SessionLog,
    UserError,
    empty_sessions,
)


def read_log(
    *paths: str | Path | Iterable,
    mapping: str | Path | None = None,
    person: str | None = None,
    as_of: datetime.date | str | None = None,
) -> SessionLog:
    """Return the sessions of one or more log files, the refused rows and what was noticed.

    Parameters
    ----------
    *paths : path, or list of paths
        CSV, TSV or XLSX files, in order. Identical files are read once.
    mapping : path, optional
        A YAML file that says which column is which and declares the log's own terms.
    person : str, optional
        Who it is, for a log without a participant column.
    as_of : date or ISO text, optional
        The day of reading: sessions more than one day after it are refused as mistyped. Today if
        absent, the only clock that the package looks at; pass a date to repeat a reading later.

    Returns
    -------
    SessionLog
        Every data row of every file is counted once: kept, refused, dropped or blank.

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
    >>> bool((log.sources["rows"] == log.sources[["kept", "refused", "dropped", "blank"]]
    ...       .sum(axis=1)).all())
    True
    """
    files = [Path(path) for path in _flat(paths)]
    _check_person(person)
    if not files:
        raise UserError("no log given; name one or more CSV or XLSX files")
    day = _day(as_of)
    rules = load_mapping(mapping)
    names = _names(files)
    parts = []
    for file in files:
        part = _read_file(file, rules, person, day)
        seen = [earlier.sources["sha256"].iloc[0] for earlier in parts]
        parts.append(_repeated(part) if part.sources["sha256"].iloc[0] in seen else part)
    return _settled(
        [
            _renamed(part, name, place)
            for place, (part, name) in enumerate(zip(parts, names, strict=True))
        ]
    )


def _flat(paths: Iterable) -> list:
    return [
        path for item in paths for path in ([item] if isinstance(item, str | Path) else _flat(item))
    ]


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


def _names(files: list[Path]) -> list[str]:
    """Return each file's name, with as many of its folders as tell it from the others."""
    parts = [file.absolute().parts for file in files]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(path[-depth:]) for path in parts]
        if len(set(names)) == len(set(parts)):
            break
    return [name.lstrip("/") for name in names]


def _read_file(path: Path, mapping: Mapping, person: str | None, day: datetime.date) -> SessionLog:
    """Return one file's valid rows, before rows of one session are settled."""
    table = read_cells(path, mapping.knows)
    canonical = to_canonical(table, mapping)
    rows = validate(
        canonical,
        mapping,
        file=table.file,
        decimal_comma=table.decimal_comma,
        person=person,
        as_of=day,
    )
    sessions = numbered(rows.sessions, rows.date_only).assign(
        source_file=path.name, source_line=table.lines
    )
    faults = pd.concat([rows.faults, _part_of_refused(sessions, rows.faults)])
    valid = ~sessions.index.isin(faults["place"])
    faults = faults.assign(line=table.lines[faults["place"].to_numpy(int)])
    wide = [
        {
            "line": line,
            "column": "",
            "value": "",
            "rule": "field-count",
            "message": f"the row must have {len(table.header)} cells as the header; "
            f"found {found}; "
            "put quotes round a cell that holds a separator",
        }
        for line, found in table.ragged.itertuples(index=False)
    ]
    refused = pd.concat([faults, pd.DataFrame(wide)]).sort_values("line", kind="stable")
    remarks = [*table.remarks, *canonical.remarks, *rows.remarks]
    same_day = int(
        (
            rows.date_only & valid & sessions.duplicated(["participant", "started_at"], keep=False)
        ).sum()
    )
    if same_day:
        remarks.append(
            remark(
                "same-day-order",
                f"{same_day} sessions share a date with another one and "
                "have no time; they keep the file's order",
            )
        )
    n_rows = len(sessions) + len(table.ragged) + table.blank
    source = {
        "file": path.name,
        "sha256": table.sha256,
        "bytes": table.size,
        "rows": n_rows,
        "kept": int(valid.sum()),
        "refused": int((~valid).sum()) + len(table.ragged),
        "dropped": 0,
        "blank": table.blank,
    }
    return SessionLog(
        sessions[valid],
        _report(refused.assign(file=path.name)),
        _report(pd.DataFrame(remarks).assign(file=path.name)),
        pd.DataFrame([source], columns=list(SOURCES)),
    )


def _part_of_refused(sessions: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """Return faults for sound rows of a session of which another row was refused.

    What remains of such a session would pass for the whole of it: a session of two techniques would
    count for one.
    """
    refused = sessions.index.isin(faults["place"])
    known = sessions["started_at"].notna() & (sessions["participant"] != "")
    keys = pd.MultiIndex.from_frame(sessions[IDENTITY])
    part = np.flatnonzero(~refused & known & keys.isin(keys[refused]))
    return pd.DataFrame(
        {
            "place": part,
            "column": "",
            "value": "",
            "rule": "conflict",
            "message": "another row of the same session was refused; correct that one",
        }
    )


def _report(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the columns of ``ROW_REPORT``; ``line`` is missing where a file is meant."""
    report = rows.reindex(columns=list(ROW_REPORT)).reset_index(drop=True)
    return report.astype(dict.fromkeys(ROW_REPORT, "str") | {"line": "Int64"})


def _renamed(part: SessionLog, name: str, place: int) -> SessionLog:
    """Return a part under the name and the place that tell its file from the others."""
    return SessionLog(
        part.sessions.assign(source=place, source_file=name),
        part.refused.assign(file=name),
        part.remarks.assign(file=name),
        part.sources.assign(file=name),
    )


def _repeated(part: SessionLog) -> SessionLog:
    """Return a file that was read before: counted, not used."""
    source = part.sources.assign(
        dropped=part.sources["rows"] - part.sources["blank"], kept=0, refused=0
    )
    note = remark("duplicate-file", "the file is identical to an earlier one and was read once")
    return SessionLog(
        part.sessions.iloc[:0], part.refused.iloc[:0], _report(pd.DataFrame([note])), source
    )


def _settled(parts: list[SessionLog]) -> SessionLog:
    """Return all files as one log: one row per session, every row of every file counted."""
    read = SessionLog(
        *(pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True))
    )
    settled = settle(read.sessions)
    conflicts = settled.conflicts.rename(
        columns={"source_file": "file", "source_line": "line"}
    ).assign(
        column="",
        value="",
        rule="conflict",
        message="another row has the same participant and start but other values; correct one, or add a "
        "column session_number",
    )
    order = {name: place for place, name in enumerate(dict.fromkeys(read.sources["file"]))}
    refused = pd.concat([read.refused, _report(conflicts)]).sort_values(
        ["file", "line"],
        kind="stable",
        key=lambda column: column.map(order) if column.name == "file" else column,
    )
    sources = _recounted(read.sources, settled.dropped, settled.conflicts)
    remarks = [read.remarks, *_noticed(settled.sessions, settled.dropped, sources)]
    columns = [*empty_sessions()]
    sessions = settled.sessions[columns].astype(empty_sessions().dtypes.to_dict())
    return SessionLog(
        sessions.reset_index(drop=True),
        refused.reset_index(drop=True),
        pd.concat(remarks, ignore_index=True),
        sources,
    )


def _recounted(
    sources: pd.DataFrame, dropped: pd.DataFrame, conflicts: pd.DataFrame
) -> pd.DataFrame:
    fewer, faulty = (
        rows["source"].value_counts().reindex(sources.index, fill_value=0)
        for rows in (dropped, conflicts)
    )
    return sources.assign(
        kept=sources["kept"] - fewer - faulty,
        dropped=sources["dropped"] + fewer,
        refused=sources["refused"] + faulty,
    )


def _noticed(
    sessions: pd.DataFrame, dropped: pd.DataFrame, sources: pd.DataFrame
) -> list[pd.DataFrame]:
    """Return the remarks that need all rows: dropped rows, pain that always rose, no session."""
    words = {
        "duplicate-row": "identical to another row; counted once",
        "parts-combined": "another part of a session that was kept; the session stays one",
    }
    rows = dropped.rename(columns={"source_file": "file", "source_line": "line"})
    rows = rows.assign(column="", value="", message=rows["rule"].map(words))
    complete = sessions.dropna(subset="pain_reduction")
    rose = complete.groupby("participant").agg(
        highest=("pain_reduction", "max"),
        size=("pain_reduction", "size"),
        file=("source_file", "first"),
    )
    always = rose[(rose["highest"] < 0) & (rose["size"] >= 3)]
    swapped = pd.DataFrame(
        {
            "file": always["file"],
            "line": None,
            "column": "",
            "value": always.index,
            "rule": "pain-rose",
            "message": "pain rose in every session of this person; are the columns "
            "before and after swapped? The values are kept",
        }
    )
    nothing = sources[sources["kept"] + sources["dropped"] == 0]
    none = pd.DataFrame(
        {
            "file": nothing["file"],
            "line": None,
            "column": "",
            "value": "",
            "rule": "no-session",
            "message": "the file holds no usable session",
        }
    )
    return [_report(frame) for frame in (rows, swapped, none)]
