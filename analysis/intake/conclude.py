"""The parts of all files -> one log: one row per session, every row of every file counted."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.intake.duplicates import Keys, Settled, session_ids, settle
from analysis.intake.gather import Rows
from analysis.intake.mapping import Mapping
from analysis.intake.names import case_collisions
from analysis.intake.privacy import pseudonyms
from analysis.sessions import ROW_REPORT, SOURCES, SessionLog, empty_sessions

_CONFLICT = (
    "another row has the same participant and start but other values; correct one, or add a "
    "column session_number"
)
_TWO_LOGS = (
    "another file without a participant column has this start with other values; are they of one "
    "person? Say so with --person, or add a column participant"
)


class Part(NamedTuple):
    """One file as read, before rows of one session are settled.

    Attributes
    ----------
    name : str
        As the report names it.
    rows : Rows or None
        Its rows; None for a file that was read before.
    remarks : list of dict
        In the columns of ``ROW_REPORT`` but ``file``.
    source : dict
        One row of ``SOURCES``.
    assumed : bool
        Whether it has no column for the participant.
    """

    name: str
    rows: Rows | None
    remarks: list[dict]
    source: dict
    assumed: bool


def report(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the columns of ``ROW_REPORT``; ``line`` is missing where a file is meant."""
    told = rows.reindex(columns=list(ROW_REPORT)).reset_index(drop=True).astype(object)
    told = told.fillna({"column": "", "value": ""})
    return told.astype(dict.fromkeys(ROW_REPORT, "str") | {"line": "Int64"})


def concluded(
    parts: list[Part], mapping: Mapping | None, person: str | None, key: bytes | None
) -> SessionLog:
    """Return all files as one log.

    Parameters
    ----------
    parts : list of Part
        In the given order.
    mapping : Mapping or None
        Its ``identity.conflict`` says which file is right where two tell a session differently.
    person : str or None
        Whose logs these are, where they have no column for the participant.
    key : bytes or None
        Of the pseudonyms; None keeps the participants' codes.
    """
    # Two logs without a participant may be of two people: the later must not overwrite the earlier.
    strangers = person is None and sum(part.assumed for part in parts) > 1
    policy = "error" if strangers else (mapping.identity.conflict if mapping else "last")
    sessions, keys = _together(parts)
    settled = settle(sessions, keys, policy)
    del keys
    names = np.array([part.name for part in parts], dtype=object)
    sources = _recounted(parts, settled)
    message = _TWO_LOGS if strangers else _CONFLICT
    conflicts = _placed(settled.conflicts, names).assign(rule="conflict", message=message)
    codes = None if key is None else set(sessions["participant"].astype("category").cat.categories)
    refused = report(pd.concat([_faults(parts, codes), conflicts], ignore_index=True))
    kept = _renamed(_settled(sessions, settled), key)
    noticed = [
        _said(parts),
        *map(
            report,
            (_gone(settled.dropped, names), _rose(kept, names), _alike(kept, sources)),
        ),
        report(_nothing(sources)),
        *([report(_one_person(parts))] if strangers else []),
    ]
    return SessionLog(
        _finished(kept, names),
        _in_order(refused, names),
        pd.concat(noticed, ignore_index=True),
        sources,
    )


# Sessions


def _together(parts: list[Part]) -> tuple[pd.DataFrame, list[Keys]]:
    """Return the rows of all files, columns joined one by one so that memory holds them once."""
    frames, keys = [], []
    for place, part in enumerate(parts):
        for frame in part.rows.frames if part.rows else []:
            frames.append(frame.assign(source=np.int16(place)))
        keys += part.rows.keys if part.rows else []
        if part.rows:
            part.rows.frames.clear()
            part.rows.keys.clear()
    if not frames:
        return empty_sessions().assign(source=np.int16(0)), []
    columns = {name: _joined([frame.pop(name) for frame in frames]) for name in [*frames[0]]}
    return pd.DataFrame(columns, copy=False), keys


def _joined(pieces: list[pd.Series]) -> pd.Series | pd.Categorical:
    kinds = {str(piece.dtype) for piece in pieces}
    if kinds == {"category"}:
        return union_categoricals(pieces)
    if len(kinds) > 1:  # texts that repeat in one file and not in another
        pieces = [piece.astype("str") for piece in pieces]
    return pd.concat(pieces, ignore_index=True)


def _settled(sessions: pd.DataFrame, settled: Settled) -> pd.DataFrame:
    """Return one row per session; the columns are taken out of the rows one by one, to hold them once."""
    if settled.stays.all() and settled.combined.empty:
        return sessions
    columns = {}
    for name in [*sessions]:
        column = sessions.pop(name)
        if name in settled.combined:
            column = _with(column, settled.combined[name])
        columns[name] = column[settled.stays]
    return pd.DataFrame(columns, copy=False)


def _with(column: pd.Series, values: pd.Series) -> pd.Series:
    """Return a column with other values in some places."""
    if column.dtype == "category":
        new = pd.Index(values.unique()).difference(column.cat.categories)
        column = column.cat.add_categories(new)
    column.loc[values.index] = values
    return column


def _renamed(sessions: pd.DataFrame, key: bytes | None) -> pd.DataFrame:
    if key is None or sessions.empty:
        return sessions
    people = sessions["participant"].astype("category").cat.remove_unused_categories()
    return sessions.assign(
        participant=people.cat.rename_categories(pseudonyms(people.cat.categories, key))
    )


def _finished(sessions: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return sessions in the columns and types of the table; a narrowed one as it is."""
    wanted = empty_sessions()
    if "started_at_utc" not in sessions:
        return sessions.drop(columns=["source", "source_line"]).reset_index(drop=True)
    files = names[sessions["source"].to_numpy("int64")]
    full = sessions.assign(source_file=files, session_id=session_ids(sessions))
    return full[[*wanted]].astype(wanted.dtypes.to_dict()).reset_index(drop=True)


# What is said


def _faults(parts: list[Part], codes: set[str] | None) -> pd.DataFrame:
    """Return the faults of all files; with pseudonyms, no participant's name or code is quoted.

    Codes are those of the log: in a row that slipped one of them may stand in another column.
    """
    frames = [part.rows.faults.assign(file=part.name) for part in parts if part.rows]
    faults = pd.concat([pd.DataFrame(columns=list(ROW_REPORT)), *frames], ignore_index=True)
    if codes is not None:
        told = (faults["rule"] == "participant-code") | faults["value"].isin(codes)
        faults["value"] = faults["value"].mask(told, "")
    return faults


def _in_order(refused: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return faults by file, in the given order, and line."""
    order = {name: place for place, name in enumerate(names)}
    return refused.sort_values(
        ["file", "line"],
        kind="stable",
        ignore_index=True,
        key=lambda column: column.map(order) if column.name == "file" else column,
    )


def _placed(rows: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    places = rows["source"].to_numpy("int64")
    return pd.DataFrame(
        {
            "file": names[places],
            "line": rows["source_line"].to_numpy("int64"),
            "column": "",
            "value": "",
        }
    )


def _said(parts: list[Part]) -> pd.DataFrame:
    told = [row | {"file": part.name} for part in parts for row in part.remarks]
    return report(pd.DataFrame(told, columns=list(ROW_REPORT)))


def _gone(dropped: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return what is said of each row that became no session of its own."""
    words = {
        "duplicate-row": "identical to another row; counted once",
        "parts-combined": "another part of a session that was kept; the session stays one",
    }
    rows = _placed(dropped, names).assign(rule=dropped["rule"].to_numpy())
    changed = rows["rule"] == "changed-session"
    messages = rows["rule"].map(words)
    others = names[dropped["other_source"].to_numpy("int64")]
    messages[changed] = [
        f"this session says {_ratings(row.pain_before, row.pain_after)}; line {row.other_source_line} of "
        f"{other} says {_ratings(row.other_pain_before, row.other_pain_after)} and is used"
        for row, other in zip(
            dropped[changed.to_numpy()].itertuples(), others[changed], strict=True
        )
    ]
    return rows.assign(message=messages)


def _ratings(before: float, after: float) -> str:
    return f"{before:g} before and {'nothing' if np.isnan(after) else f'{after:g}'} after"


def _rose(sessions: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return a warning for each person whose pain rose in every one of three or more sessions."""
    change = sessions["pain_before"] - sessions["pain_after"]
    complete = sessions.loc[change.notna(), ["participant", "source"]].assign(change=change)
    people = complete.groupby("participant", observed=True)
    rose = people.agg(
        highest=("change", "max"), size=("change", "size"), source=("source", "first")
    )
    always = rose[(rose["highest"] < 0) & (rose["size"] >= 3)]
    return pd.DataFrame(
        {
            "file": names[always["source"].to_numpy("int64")],
            "line": None,
            "column": "",
            "value": always.index.astype(object),
            "rule": "pain-rose",
            "message": "pain rose in every session of this person; are the columns "
            "before and after swapped? The values are kept",
        }
    )


def _alike(sessions: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return a warning for each two participants that only letter case tells apart."""
    pairs = case_collisions(sessions["participant"].unique())
    message = "is written like another participant but for capital letters; are they one person?"
    rows = [
        (sources["file"].iloc[0], None, "", other, "case-only", f"{message} The other is {one}")
        for one, other in pairs
    ]
    return pd.DataFrame(rows, columns=list(ROW_REPORT))


def _one_person(parts: list[Part]) -> pd.DataFrame:
    """Return the question whether several logs without a participant are of one person."""
    files = [part.name for part in parts if part.assumed]
    message = (
        f"{len(files)} files have no column for the participant and are read as one person's; if they "
        "are not, add a column participant to each"
    )
    return pd.DataFrame({"file": files[:1], "rule": "one-person-assumed", "message": [message]})


def _nothing(sources: pd.DataFrame) -> pd.DataFrame:
    nothing = sources[sources["kept"] + sources["dropped"] == 0]
    message = "the file holds no usable session"
    return nothing[["file"]].assign(rule="no-session", message=message)


def _recounted(parts: list[Part], settled: Settled) -> pd.DataFrame:
    """Return one row per file, its rows counted where they ended."""
    sources = pd.DataFrame([part.source for part in parts]).assign(
        file=[part.name for part in parts]
    )
    fewer, faulty = (
        np.bincount(rows["source"].to_numpy("int64"), minlength=len(parts))
        for rows in (settled.dropped, settled.conflicts)
    )
    return sources.assign(
        kept=sources["kept"] - fewer - faulty,
        dropped=sources["dropped"] + fewer,
        refused=sources["refused"] + faulty,
    )[list(SOURCES)]
