"""Rows of one session -> one session: identical rows once, parts combined, conflicts settled.

A session is known by participant, start and session number. Sessions with a date alone are numbered
by their order on that date, so that a grown export of the same log still matches. Rows are compared
by 64-bit hashes of their values: of ten million sessions two different ones fall together once in
some 400,000 logs.
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
    """What tells the rows of a chunk apart, one 64-bit number a row.

    Attributes
    ----------
    identity : ndarray of uint64
        Of person, start and session number.
    own : ndarray of uint64
        Of all values but where and what (``_PARTS``).
    whole : ndarray of uint64
        Of all values.
    submission : ndarray of uint64
        Of the entry's own id; 0 where there is none.
    """

    identity: np.ndarray
    own: np.ndarray
    whole: np.ndarray
    submission: np.ndarray


class Settled(NamedTuple):
    """Sessions with one row each.

    Attributes
    ----------
    sessions : DataFrame
        One row per session, those of several rows combined.
    dropped : DataFrame
        Rows that became no session of their own: source and source_line (of the row), other and
        other_line (of the row that stays), rule (duplicate-row, parts-combined, changed-session),
        pain_before and pain_after of both.
    conflicts : DataFrame
        Rows of one identity that disagree: source, source_line.
    """

    sessions: pd.DataFrame
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
    own = identity + sum(_hash(sessions[name]) for name in names.difference(_PARTS))
    whole = own + sum(_hash(sessions[name]) for name in names.intersection(_PARTS))
    return Keys(identity, own, whole, _hash(sessions["submission"]))


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


def settle(sessions: pd.DataFrame, keys: Keys, policy: str = "last") -> Settled:
    """Return one row per session.

    Parameters
    ----------
    sessions : DataFrame
        Valid rows of all files, in the given order, with source (the file's place among the files)
        and source_line; perhaps only some of the other columns.
    keys : Keys
        Theirs.
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
    source = sessions["source"].to_numpy()
    inside = keys.identity + _mixed(source.astype("uint64"))
    repeated = pd.Series(inside).duplicated(keep=False).to_numpy()
    alone, groups = sessions[~repeated], sessions[repeated]
    within = _within(groups, inside[repeated], keys.own[repeated], keys.whole[repeated])
    values = np.concatenate([keys.whole[~repeated], within.values])
    identity = np.concatenate([keys.identity[~repeated], keys.identity[repeated][within.places]])
    submission = np.concatenate(
        [keys.submission[~repeated], keys.submission[repeated][within.places]]
    )
    once = pd.concat([alone, within.sessions]) if len(within.sessions) else alone
    order = np.argsort(once.index.to_numpy(), kind="stable")
    between = _between(
        once.iloc[order] if len(within.sessions) else once,
        identity[order],
        values[order],
        submission[order],
        policy,
    )
    return Settled(
        between.sessions,
        pd.concat([within.dropped, between.dropped], ignore_index=True),
        pd.concat([within.conflicts, between.conflicts], ignore_index=True),
    )


class _Within(NamedTuple):
    sessions: pd.DataFrame
    places: np.ndarray
    values: np.ndarray
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


def _within(rows: pd.DataFrame, group: np.ndarray, own: np.ndarray, whole: np.ndarray) -> _Within:
    """Settle the rows of one file that share an identity with another."""
    frame = pd.DataFrame({"group": group, "own": own, "whole": whole})
    twice = frame.duplicated(["group", "whole"]).to_numpy()
    first_alike = frame.groupby(["group", "whole"]).cumcount().eq(0).to_numpy()
    agreeing = (frame.groupby("group")["own"].transform("nunique") == 1).to_numpy()
    kept = np.flatnonzero(first_alike & agreeing)
    leads = np.flatnonzero(~frame.iloc[kept].duplicated("group").to_numpy())
    lead_of = pd.Series(kept[leads], index=group[kept[leads]])
    parts = np.setdiff1d(kept, kept[leads])
    same = pd.Series(
        np.flatnonzero(~twice),
        index=pd.MultiIndex.from_frame(frame.loc[~twice, ["group", "whole"]]),
    )
    alike = same.reindex(pd.MultiIndex.from_frame(frame.loc[twice, ["group", "whole"]])).to_numpy()
    dropped = [
        _dropped(rows, np.flatnonzero(twice), alike, "duplicate-row"),
        _dropped(rows, parts, lead_of.reindex(group[parts]).to_numpy(), "parts-combined"),
    ]
    combined = _combined(rows.iloc[kept], group[kept])
    # The parts of a session may come in another order in another file.
    values = pd.Series(whole[kept]).groupby(group[kept], sort=False).sum().to_numpy("uint64")
    conflicts = rows.iloc[np.flatnonzero(~twice & ~agreeing)]
    return _Within(
        combined, kept[leads], values, pd.concat(dropped), conflicts[["source", "source_line"]]
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
    """Return one row per group; a field with several values becomes "combined" (or blank)."""
    if rows.empty:
        return rows
    grouped = rows.groupby(group, sort=False)
    columns = {}
    for name in _PARTS:
        if name in ("parts", "parts_named") or name not in rows:
            continue
        values = rows[name].astype("str")
        several = values.groupby(group, sort=False).transform("nunique") > 1
        columns[name] = values.mask(several, COMBINED if name in ("region", "technique") else "")
    if "parts" in rows:
        columns["parts"] = grouped["parts"].transform("sum")
    if "parts_named" in rows:
        named = rows["parts_named"].astype("str").groupby(group, sort=False)
        columns["parts_named"] = named.transform("; ".join)
    first = ~pd.Series(group).duplicated().to_numpy()
    return rows.assign(**columns)[first]


def _between(
    sessions: pd.DataFrame,
    identity: np.ndarray,
    values: np.ndarray,
    submission: np.ndarray,
    policy: str,
) -> Settled:
    """Settle sessions that several files tell."""
    nothing = _dropped(sessions, np.empty(0), np.empty(0), "duplicate-row")
    source = sessions["source"].to_numpy()
    if not len(source) or source[0] == source[-1]:
        return Settled(sessions, nothing, sessions[["source", "source_line"]].iloc[:0])
    group = _edited(identity, submission, source)
    frame = pd.DataFrame({"group": group, "value": values, "place": np.arange(len(group))})
    several = frame[frame.duplicated("group", keep=False)]
    told = several.groupby("group")
    right = told["value"].transform("first" if policy == "first" else "last")
    agrees = several["value"] == right
    stays = several[agrees].groupby("group")["place"].first()
    other = several["group"].map(stays)
    differs = told["value"].transform("nunique") > 1
    conflict = differs if policy == "error" else pd.Series(False, index=several.index)
    gone = (several["place"] != other) & ~conflict
    dropped = [
        _dropped(sessions, several.loc[gone & alike, "place"], other[gone & alike], rule)
        for alike, rule in ((agrees, "duplicate-row"), (~agrees, "changed-session"))
    ]
    out = np.zeros(len(group), dtype=bool)
    out[several.loc[gone | conflict, "place"]] = True
    conflicts = sessions.iloc[several.loc[conflict, "place"]][["source", "source_line"]]
    return Settled(sessions[~out], pd.concat(dropped), conflicts)


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
