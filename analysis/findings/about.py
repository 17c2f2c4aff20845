"""What every report says of its log: counts, flags, refused rows; and the order of rows."""

from typing import Any

import pandas as pd

from analysis import __version__
from analysis.findings.data import SCHEMA
from analysis.safety import not_asked, screen
from analysis.sessions import SessionLog
from analysis.shipped import example_hashes
from analysis.vocabulary import vocabulary

# Columns that a remark names.
_NAMED = 10


def about(log: SessionLog, sessions: pd.DataFrame, kind: str, parameters: dict) -> dict[str, Any]:
    """Return the plain values of a report (``Findings.about``): of these sessions, from this log."""
    counts = log.sources[["rows", "kept", "refused", "dropped", "skipped", "blank"]].sum()
    days = sessions["started_at"].dt.normalize()
    return {
        "schema": SCHEMA,
        "kit": __version__,
        "kind": kind,
        "first": None if sessions.empty else days.min().date().isoformat(),
        "last": None if sessions.empty else days.max().date().isoformat(),
        "people": sessions["participant"].nunique(),
        "sessions": len(sessions),
        "complete": int(sessions["pain_reduction"].notna().sum()),
        "days": days.nunique(),
        "longest_gap": _longest_gap(days),
        "log_people": log.sessions["participant"].nunique(),
        "days_median": _median_days(sessions),
        "synthetic": bool(log.sources["sha256"].isin(example_hashes()).any()),
        "rows": int(counts["rows"]),
        "used": int(counts["kept"]),
        "refused": int(counts["refused"]),
        "dropped": int(counts["dropped"]),
        "skipped": int(counts["skipped"]),
        "blank": int(counts["blank"]),
        "not_asked": not_asked(sessions),
        "parameters": parameters,
    }


def _longest_gap(days: pd.Series) -> int:
    """Return the most days in a row without a session, between the first and the last."""
    between = days.drop_duplicates().sort_values().diff().dt.days.dropna()
    return int(max(0, between.max() - 1)) if len(between) else 0


def _median_days(sessions: pd.DataFrame) -> float | None:
    """Return the median over people of their days with a session."""
    days = sessions["started_at"].dt.normalize().groupby(sessions["participant"]).nunique()
    return float(days.median()) if len(days) else None


def common(log: SessionLog, sessions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that every report has; none holds the value of a refused cell."""
    refused = (
        log.refused.groupby("rule", sort=True)
        .agg(n_faults=("rule", "size"), example=("message", "first"))
        .reset_index()
    )
    return {
        "flags": screen(sessions),
        "sources": log.sources,
        "refused": refused,
        "remarks": _remarks(log.remarks),
    }


def _remarks(remarks: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each thing said of a file: how often, its first line, the columns."""
    said = remarks.groupby(["file", "rule", "message"], sort=False)
    told = said.agg(line=("line", "first"), column=("column", _columns), n_remarks=("rule", "size"))
    return told.reset_index()[["file", "line", "column", "rule", "message", "n_remarks"]]


def _columns(names: pd.Series) -> str:
    """Return the names of the columns that a remark is about, the first ten of many."""
    distinct = [name for name in dict.fromkeys(names) if name]
    more = f" and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else ""
    return ", ".join(distinct[:_NAMED]) + more


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the guide's order of regions and techniques; never by their results."""
    keys = [name for name in ("region", "technique") if name in table]
    return table.sort_values(
        keys,
        kind="stable",
        ignore_index=True,
        key=lambda column: column.map(
            {
                code: place
                for place, code in enumerate(vocabulary().order(column.name, column.unique()))
            }
        ),
    )
