"""The validated chunks of one file -> its part of a log, every row counted."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intake.duplicates import Keys, day_keys, day_places, keys_of
from analysis.intake.faults import PLACED
from analysis.intake.reading import Reading
from analysis.intake.table import Chunk
from analysis.intake.validate import Validated, unstated_scale
from analysis.sessions import ROW_REPORT, UnusableLog

Keep = Callable[[pd.DataFrame], pd.DataFrame]


class Rows(NamedTuple):
    """The rows of one file, before those of one session are settled.

    Attributes
    ----------
    frames : list of DataFrame
        The valid rows, chunk by chunk, with source_line.
    keys : list of Keys
        Theirs.
    faults : DataFrame
        One row per fault: line, column, value, rule, message; by line.
    counts : Counter
        Of rows: kept, refused, joined, skipped, comments, blank; of the file: those of
        ``Validated.counts`` and same_day.
    signs : list of int
        Lines of refused rows with an answer that can need emergency care.
    """

    frames: list[pd.DataFrame]
    keys: list[Keys]
    faults: pd.DataFrame
    counts: Counter
    signs: list[int]


class Gathering:
    """Rows of one file as they come, chunk by chunk.

    Parameters
    ----------
    width : int
        Number of columns of the file.
    keep : callable or None
        What is kept of the valid sessions of a chunk; None keeps all columns.
    """

    def __init__(self, width: int, keep: Keep | None) -> None:
        self._width, self._keep = width, keep
        self._frames: list[pd.DataFrame] = []
        self._keys: list[Keys] = []
        self._faults: list[pd.DataFrame] = []
        self._refused: list[np.ndarray] = []
        self._days: list[np.ndarray] = []
        self._seen: dict[int, int] = {}
        self._signs: list[int] = []
        self._highest = -np.inf
        self.counts: Counter = Counter()

    def add(self, rows: Chunk, read: Validated) -> None:
        """Take in the next chunk: its rows as cells, and as read."""
        sessions = self._numbered(read).assign(source_line=rows.lines.astype("int32"))
        keys = keys_of(sessions.drop(columns="source_line"))
        valid = np.ones(len(sessions), dtype=bool)
        valid[read.faults["place"].unique()] = False
        known = sessions["started_at"].notna() & (sessions["participant"] != "")
        self._refused.append(keys.identity[~valid & known.to_numpy()])
        self._signs += rows.lines[~valid & _has_sign(sessions)].tolist()
        self._keys.append(Keys(*(key[valid] for key in keys)))
        kept = sessions if self._keep is None else _narrowed(sessions, self._keep)
        self._frames.append(kept if valid.all() else kept[valid])
        self._faults += [_at_lines(read.faults, rows.lines)] * bool(len(read.faults))
        self._faults += [_ragged(rows, self._width)] * bool(rows.ragged)
        self._highest = max(self._highest, read.highest)
        self.counts.update(read.counts)
        self.counts.update(unstated_scale(sessions))
        self.counts.update(
            kept=int(valid.sum()),
            refused=int((~valid).sum()) + len(rows.ragged),
            joined=len(rows.joined),
            skipped=rows.skipped,
            comments=rows.comments,
            blank=rows.blank,
        )

    def _numbered(self, read: Validated) -> pd.DataFrame:
        """Return the rows, those with a date alone numbered by their order on that date."""
        sessions = read.sessions
        places = np.flatnonzero(read.date_only & (sessions["session_number"] == "").to_numpy())
        if not len(places):
            return sessions
        keys = day_keys(sessions.iloc[places])
        numbers = np.array(sessions["session_number"], dtype=object)
        numbers[places] = [f"day {place}" for place in day_places(keys, self._seen)]
        faulty = np.isin(places, read.faults["place"])
        self._days.append(keys[~faulty])
        return sessions.assign(session_number=pd.Categorical(numbers))

    def rows(self, reading: Reading, file: str) -> Rows:
        """Return all that came.

        Raises
        ------
        UnusableLog
            "scale": when most ratings are above 10 and no scale of 100 is stated.
        """
        self._refuse_scale(reading, file)
        self._refuse_parts()
        self.counts["same_day"] = sum(
            self._seen[key] > 1 for keys in self._days for key in keys.tolist()
        )
        faults = pd.concat([_at_lines(pd.DataFrame(columns=PLACED), np.empty(0)), *self._faults])
        faults = faults.sort_values("line", kind="stable", ignore_index=True)
        return Rows(self._frames, self._keys, faults, self.counts, self._signs)

    def _refuse_scale(self, reading: Reading, file: str) -> None:
        if self.counts["above"] > 0.5 * self.counts["rated"]:
            raise UnusableLog(
                file,
                "scale",
                "most ratings are above 10; if they are on a scale from 0 to "
                "100, state it: add a column scale with VAS0-100 in every row, or scale: 100 in a mapping",
                column=reading.headers["pain_before"],
                value=f"{self._highest:g}",
            )

    def _refuse_parts(self) -> None:
        """Refuse sound rows of a session of which another row was refused.

        What remains of such a session would pass for the whole of it: a session of two techniques
        would count for one.
        """
        refused = np.unique(np.concatenate([np.empty(0, "uint64"), *self._refused]))
        if not len(refused):
            return
        message = "another row of the same session was refused; correct that one"
        for place, (frame, keys) in enumerate(zip(self._frames, self._keys, strict=True)):
            part = pd.Series(keys.identity).isin(refused).to_numpy()
            if part.any():
                lines = frame["source_line"].to_numpy()[part]
                fault = {"line": lines, "column": "", "value": "", "rule": "conflict"}
                self._faults.append(pd.DataFrame(fault | {"message": message}))
                self._frames[place] = frame[~part]
                self._keys[place] = Keys(*(key[~part] for key in keys))
                self.counts.update(kept=-int(part.sum()), refused=int(part.sum()))


def _has_sign(sessions: pd.DataFrame) -> np.ndarray:
    """Return which rows answer a question about warning signs so that it can be an emergency.

    The screen of ``safety`` sees sessions only; such an answer must not be lost with a mistyped date.
    """
    return (
        (sessions["bladder_bowel"] == "yes")
        | sessions["numbness_place"].isin(["saddle", "buttock"])
        | (sessions["symptom_side"] == "both")
        | (sessions["weakness"] == "both")
    ).to_numpy()


def _narrowed(sessions: pd.DataFrame, keep: Keep) -> pd.DataFrame:
    """Return what is kept of sessions, and what settling them needs; ratings in half the memory."""
    kept = keep(sessions)
    ratings = {name: sessions[name].astype("float32") for name in ("pain_before", "pain_after")}
    needed = {name: sessions[name] for name in ("participant", "source_line")}
    return kept.assign(**needed, **ratings)


def _at_lines(faults: pd.DataFrame, lines: np.ndarray) -> pd.DataFrame:
    """Return faults of a chunk with the lines of their rows."""
    placed = faults.assign(line=lines[faults["place"].to_numpy("int64")])
    return placed[list(ROW_REPORT[1:])]


def _ragged(rows: Chunk, width: int) -> pd.DataFrame:
    told = [
        (
            line,
            "",
            "",
            "field-count",
            f"the row must have {width} cells as the header; found {found}; "
            "put quotes round a cell that holds a separator",
        )
        for line, found in rows.ragged
    ]
    return pd.DataFrame(told, columns=list(ROW_REPORT[1:]))
