"""Rows of one session -> one session: identical rows once, parts combined, conflicts settled.

A session is known by participant, start and session number. Sessions with a date alone are numbered
by their order on that date, so that a grown export of the same log still matches. Rows are compared
by hashes, an identity by 64 bits: in one of some 400,000 logs of ten million sessions two different
ones fall together.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.vocabulary import COMBINED

#: What may differ between the rows of one session: its parts.
_PARTS = ("region", "subregion", "side", "technique", "tool", "strength", "parts", "parts_named")
_IDENTITY = ("participant", "started_at", "started_at_utc", "session_number")
#: Which of two files that tell a session differently is right: ``identity.conflict`` of a mapping.
POLICIES = ("last", "first", "error")


class Keys(NamedTuple):
    """What tells the rows of a chunk apart, one number a row.

    Attributes
    ----------
    identity : ndarray of uint64
        Of person, start and session number.
    own : ndarray of uint32
        Of all values but where and what (``_PARTS``).
    whole : ndarray of uint32
        Of all values.
    submission : ndarray of uint64, or of uint8 where all are 0
        Of the entry's own id; 0 where there is none.
    """

    identity: np.ndarray
    own: np.ndarray
    whole: np.ndarray
    submission: np.ndarray


class Settled(NamedTuple):
    """Which rows are sessions.

    Attributes
    ----------
    stays : ndarray of bool
        Whether a row is the one row of a session.
    combined : DataFrame
        Those that stand for several rows, by their place: the columns of ``_PARTS`` as they are then.
    dropped : DataFrame
        Rows that became no session of their own: source and source_line (of the row), other_source and
        other_source_line (of the row that stays), rule (duplicate-row, parts-combined,
        changed-session), pain_before and pain_after of both.
    conflicts : DataFrame
        Rows of one identity that disagree: source, source_line.
    """

    stays: np.ndarray
    combined: pd.DataFrame
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


def keys_of(sessions: pd.DataFrame) -> Keys:
    """Return the keys of rows; the same values give the same keys in every chunk and file.

    A blank adds nothing, so that a column that one file has and another lacks tells nothing apart.
    """
    # The instant tells two sessions of a repeated hour apart; without a zone there is none.
    start = np.where(
        sessions["started_at_utc"].isna(),
        _hash(sessions["started_at"]),
        _hash(sessions["started_at_utc"]),
    )
    identity = _hash(sessions["participant"]) + start + _hash(sessions["session_number"])
    names = sessions.columns.difference([*_IDENTITY, "submission", "pain_reduction"])
    own = sum(_hash(sessions[name]) for name in names.difference(_PARTS))
    whole = own + sum(_hash(sessions[name]) for name in names.intersection(_PARTS))
    submission = _hash(sessions["submission"])
    if not submission.any():
        submission = submission.astype("uint8")  # most logs have none, and are long
    return Keys(identity, _short(own), _short(whole), submission)


def _short(numbers: np.ndarray) -> np.ndarray:
    """Return the upper half: rows are compared by it only where their identity is the same."""
    return (_mixed(numbers) >> np.uint64(32)).astype("uint32")


def _hash(values: pd.Series) -> np.ndarray:
    """Return a number for each value of a column, 0 for a blank."""
    if values.dtype == "category":
        distinct = values.cat.categories.to_numpy(dtype=object)
        return _salted(distinct, values.name)[values.cat.codes.to_numpy()]
    if values.dtype == "str":
        codes, distinct = pd.factorize(values)
        return _salted(distinct.to_numpy(dtype=object), values.name)[codes]
    return _salted(values.to_numpy(), values.name)


def _salted(values: np.ndarray, column: str) -> np.ndarray:
    """Return hashes that say which column a value stands in."""
    salt = pd.util.hash_array(np.array([column], dtype=object), categorize=False)
    blank = values == "" if values.dtype == object else pd.isna(values)
    return np.where(blank, 0, _mixed(pd.util.hash_array(values, categorize=False) ^ salt))


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in which every bit has its part, as splitmix64 ends."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(27))


def day_keys(sessions: pd.DataFrame) -> np.ndarray:
    """Return a number for the person and day of each row."""
    return _hash(sessions["participant"]) + _hash(sessions["started_at"])


def day_places(keys: np.ndarray, seen: dict[int, int]) -> np.ndarray:
    """Return the place of each row among those of one person and day, from 1.

    Parameters
    ----------
    keys : ndarray of uint64
        As ``day_keys`` gives them, of the rows of a chunk that have a date alone.
    seen : dict
        How many rows of each key the earlier chunks had; brought up to date.
    """
    codes, distinct = pd.factorize(keys)
    before = np.array([seen.get(key, 0) for key in distinct.tolist()], dtype="int64")
    counts = np.bincount(codes, minlength=len(distinct))
    seen.update(zip(distinct.tolist(), (before + counts).tolist(), strict=True))
    return pd.Series(codes).groupby(codes).cumcount().to_numpy() + 1 + before[codes]


def settle(sessions: pd.DataFrame, keys: list[Keys], policy: str = "last") -> Settled:
    """Return which rows are sessions, so that there is one row per session.

    Parameters
    ----------
    sessions : DataFrame
        Valid rows of all files, in the given order, with source (the file's place among the files)
        and source_line, numbered from 0; perhaps only some of the other columns.
    keys : list of Keys
        Theirs, chunk by chunk.
    policy : str
        One of ``POLICIES``.

    Notes
    -----
    Within a file: of identical rows the first stays; rows that differ only in where and what are one
    session, the differing field "combined" and the pairs listed in ``parts_named``; no row is split
    or copied; anything else of one identity is a conflict, and none of its rows is used. Between
    files: a session that two files tell alike is counted once, in the first; one that they tell
    differently is settled by the policy. An entry whose person or start was edited (the same
    submission, another identity that the later file has not) is a changed session too.
    """
    identity, submission = (_all(keys, name) for name in ("identity", "submission"))
    again = _twice(identity) | _twice(submission)
    rows = sessions.iloc[np.flatnonzero(again)]
    own, whole = (_all(keys, name, again) for name in ("own", "whole"))
    within = _within(rows, identity[again], own, whole)
    between = _between(within, identity[again], submission[again], policy)
    stays = ~again
    stays[between.rows.index.to_numpy()] = True
    return Settled(
        stays,
        between.rows[[name for name in _PARTS if name in rows]][between.rows["n_rows"] > 1],
        pd.concat([within.dropped, between.dropped], ignore_index=True),
        pd.concat([within.conflicts, between.conflicts], ignore_index=True),
    )


def _twice(numbers: np.ndarray) -> np.ndarray:
    """Return which numbers but 0 occur again; by sorting, which needs least memory."""
    ordered = np.sort(numbers)
    repeated = np.unique(ordered[1:][(ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)])
    return np.isin(numbers, repeated) if len(repeated) else np.zeros(len(numbers), dtype=bool)


def _all(keys: list[Keys], name: str, wanted: np.ndarray | None = None) -> np.ndarray:
    """Return one of the numbers of all rows, or of those wanted, chunk by chunk."""
    chunks = [getattr(chunk, name) for chunk in keys]
    if wanted is not None:
        ends = np.cumsum([len(chunk) for chunk in chunks])
        masks = np.split(wanted, ends[:-1]) if chunks else []
        chunks = [chunk[mask] for chunk, mask in zip(chunks, masks, strict=True)]
    return np.concatenate(chunks) if chunks else np.empty(0, "uint64")


class _Told(NamedTuple):
    """Sessions as told so far: one row each, its place among the rows looked at, its values."""

    rows: pd.DataFrame
    places: np.ndarray
    values: np.ndarray
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


def _within(rows: pd.DataFrame, identity: np.ndarray, own: np.ndarray, whole: np.ndarray) -> _Told:
    """Settle the rows of one file that share an identity."""
    group = identity + _mixed(rows["source"].to_numpy().astype("uint64"))
    frame = pd.DataFrame({"group": group, "own": own, "whole": whole})
    first = frame.groupby(["group", "whole"], sort=False).cumcount().eq(0).to_numpy()
    agreeing = (frame.groupby("group")["own"].transform("nunique") == 1).to_numpy()
    kept = np.flatnonzero(first & agreeing)
    leads = kept[~frame.iloc[kept].duplicated("group").to_numpy()]
    parts, twice = np.setdiff1d(kept, leads), np.flatnonzero(~first)
    lead_of = pd.Series(leads, index=group[leads])
    alike = pd.Series(np.arange(len(frame))).groupby([group, whole]).transform("first").to_numpy()
    dropped = [
        _dropped(rows, twice, alike[twice], "duplicate-row"),
        _dropped(rows, parts, lead_of.reindex(group[parts]).to_numpy(), "parts-combined"),
    ]
    # The parts of a session may come in another order in another file.
    values = pd.Series(whole[kept]).groupby(group[kept], sort=False).sum().to_numpy()
    conflicts = rows.iloc[np.flatnonzero(first & ~agreeing)][["source", "source_line"]]
    return _Told(
        _combined(rows.iloc[kept], group[kept]), leads, values, pd.concat(dropped), conflicts
    )


def _dropped(rows: pd.DataFrame, places: np.ndarray, others: np.ndarray, rule: str) -> pd.DataFrame:
    """Return rows that became no session of their own, each beside the one that stays."""
    said = ["source", "source_line", "pain_before", "pain_after"]
    row, other = (
        rows.iloc[np.asarray(which, dtype="int64")][said].reset_index(drop=True)
        for which in (places, others)
    )
    return row.join(other.add_prefix("other_")).assign(rule=rule)


def _combined(rows: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Return one row per group, with n_rows; a field with several values becomes "combined" (or blank)."""
    grouped = rows.groupby(group, sort=False)
    columns = {"n_rows": grouped["source"].transform("size")}
    for name in [name for name in _PARTS if name in rows]:
        values = rows[name].astype("int64" if name == "parts" else "str")
        of_group = values.groupby(group, sort=False)
        if name == "parts":
            columns[name] = of_group.transform("sum")
        elif name == "parts_named":
            columns[name] = of_group.transform("; ".join) if len(rows) else values
        else:
            several = of_group.transform("nunique") > 1
            blank = COMBINED if name in ("region", "technique") else ""
            columns[name] = values.mask(several, blank)
    return rows.assign(**columns)[~pd.Series(group).duplicated().to_numpy()]


def _between(within: _Told, identity: np.ndarray, submission: np.ndarray, policy: str) -> _Told:
    """Settle sessions that several files tell."""
    rows, places = within.rows, within.places
    group = _edited(identity[places], submission[places], rows["source"].to_numpy())
    # An entry whose person or start was edited tells another session, whatever else it says.
    values = within.values.astype("uint64") + identity[places]
    told = pd.DataFrame({"group": group, "value": values, "place": np.arange(len(group))})
    by_group = told.groupby("group")
    right = by_group["value"].transform("first" if policy == "first" else "last")
    agrees = told["value"] == right
    other = told["group"].map(told[agrees].groupby("group")["place"].first())
    differs = by_group["value"].transform("nunique") > 1
    conflict = differs & (policy == "error")
    gone = (told["place"] != other) & ~conflict
    dropped = [
        _dropped(rows, told.loc[gone & alike, "place"], other[gone & alike], rule)
        for alike, rule in ((agrees, "duplicate-row"), (~agrees, "changed-session"))
    ]
    stays = (~gone & ~conflict).to_numpy()
    conflicts = rows[conflict.to_numpy()][["source", "source_line"]]
    return _Told(rows[stays], places[stays], within.values[stays], pd.concat(dropped), conflicts)


def _edited(identity: np.ndarray, submission: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Return the identity of each session, an edited entry's that of its latest version.

    An entry is known by its submission. Where a later file has the entry but no longer this person
    and start, both were edited; an entry of several sessions (a repeat) is never matched so.
    """
    if not submission.any():
        return identity
    frame = pd.DataFrame({"identity": identity, "submission": submission, "source": source})
    single = frame[
        (frame["submission"] != 0) & ~frame.duplicated(["submission", "source"], keep=False)
    ]
    latest = single.drop_duplicates("submission", keep="last").set_index("submission")
    edited = single["submission"].map(latest["identity"])
    return frame["identity"].where(~frame.index.isin(single.index), edited).to_numpy("uint64")


def session_ids(sessions: pd.DataFrame) -> list[str]:
    """Return a hash of each session's identity: the same on every machine and in every export."""
    utc = sessions["started_at_utc"]
    wall = np.datetime_as_string(sessions["started_at"].to_numpy("datetime64[us]"), unit="us")
    instant = np.datetime_as_string(utc.to_numpy("datetime64[us]"), unit="us")
    start = np.where(utc.isna(), wall, np.char.add(instant, "Z"))
    people, numbers = (sessions[name].astype(object) for name in ("participant", "session_number"))
    texts = people + "|" + pd.Series(start, index=sessions.index, dtype=object) + "|" + numbers
    hashes = pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False)
    return [f"{number:016x}" for number in hashes]
