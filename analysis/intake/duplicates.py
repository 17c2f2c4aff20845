"""Rows of one session -> one session: identical rows once, parts combined, conflicts refused.

A session is known by participant, start and session number. Sessions with a date alone are numbered
by their order on that date, so that a grown export of the same log still matches.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.vocabulary import COMBINED

IDENTITY = ["participant", "started_at", "session_number"]
#: What may differ between the rows of one session: its parts.
_PARTS = ["region", "subregion", "side", "technique", "tool", "strength"]
_ORIGIN = ["source", "source_file", "source_line"]


class Settled(NamedTuple):
    """Sessions with one row each.

    Attributes
    ----------
    sessions : DataFrame
        One row per session, with ``session_id``, ``parts`` and ``parts_named``.
    dropped : DataFrame
        Rows that became no session of their own: ``source`` (the file's place among the files),
        ``source_file``, ``source_line``, ``rule`` (duplicate-row or parts-combined).
    conflicts : DataFrame
        Rows of one identity that disagree, as they came.
    """

    sessions: pd.DataFrame
    dropped: pd.DataFrame
    conflicts: pd.DataFrame


def numbered(sessions: pd.DataFrame, date_only: np.ndarray) -> pd.DataFrame:
    """Return the rows of one file, those with a date alone numbered in the file's order."""
    unnumbered = date_only & (sessions["session_number"] == "").to_numpy()
    place = sessions.groupby(["participant", "started_at"], dropna=False).cumcount() + 1
    return sessions.assign(
        session_number=sessions["session_number"].where(~unnumbered, "day " + place.astype("str"))
    )


def settle(sessions: pd.DataFrame) -> Settled:
    """Return one row per session.

    Parameters
    ----------
    sessions : DataFrame
        Valid rows of all files, in the given order, with ``source_file`` and ``source_line``.

    Notes
    -----
    Identical rows: the first stays. Rows that differ only in where and what: one session, with the
    differing field "combined" and the pairs listed in ``parts_named``; no row is split or copied.
    Anything else of one identity is a conflict: none of its rows is used.
    """
    repeated = sessions.duplicated(IDENTITY, keep=False)
    single, groups = sessions[~repeated], sessions[repeated]
    values = [name for name in sessions if name not in _ORIGIN]
    twice = groups.duplicated(values)
    groups_once = groups[~twice]
    own = [name for name in values if name not in _PARTS]
    agreeing = groups_once.groupby(IDENTITY)[own[0]].transform("size") == groups_once.groupby(
        own, dropna=False
    )[own[0]].transform("size")
    parts = groups_once[agreeing]
    first = ~parts.duplicated(IDENTITY)
    dropped = pd.concat(
        [
            groups.loc[twice, _ORIGIN].assign(rule="duplicate-row"),
            parts.loc[~first, _ORIGIN].assign(rule="parts-combined"),
        ]
    )
    settled = pd.concat([_as_parts(single), _combined(parts)]).sort_index()
    return Settled(_identified(settled), dropped, groups_once[~agreeing])


def _as_parts(single: pd.DataFrame) -> pd.DataFrame:
    return single.assign(parts=1, parts_named=single["region"] + ", " + single["technique"])


def _combined(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per identity; a field with several values becomes "combined" (or blank)."""
    if rows.empty:
        return _as_parts(rows)
    named = _as_parts(rows)
    groups = named.groupby(IDENTITY, sort=False)
    several = groups[_PARTS].transform("nunique") > 1
    one = named.assign(
        parts=groups["region"].transform("size"),
        parts_named=groups["parts_named"].transform("; ".join),
        **{
            name: named[name].where(
                ~several[name], COMBINED if name in ("region", "technique") else ""
            )
            for name in _PARTS
        },
    )
    return one[~one.duplicated(IDENTITY)]


def _identified(sessions: pd.DataFrame) -> pd.DataFrame:
    """Add ``session_id``, a hash of the identity: the same on every machine and in every export."""
    text = (
        sessions["participant"]
        + "|"
        + sessions["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
        + "|"
        + sessions["session_number"]
    )
    hashes = pd.util.hash_array(text.to_numpy(dtype=object), categorize=False)
    return sessions.assign(session_id=[f"{number:016x}" for number in hashes])
