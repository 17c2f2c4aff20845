"""All numbers of one report, as data: what ``findings.json`` holds, unrounded.

Everything a page shows comes from here; ``wording`` makes sentences and cells of it, ``display``
draws it. Nothing here is rounded, and no row holds notes.
"""

import json
import math
from typing import Any, NamedTuple

import pandas as pd

from analysis import __version__
from analysis.safety import not_asked, screen
from analysis.sessions import SessionLog, UserError
from analysis.statistics import (
    MIN_PEOPLE,
    between_people,
    contrasts,
    missing_after,
    person_sums,
    reduction,
    responders,
    sensitivity,
)
from analysis.statistics.reduction import person_means
from analysis.vocabulary import COMBINED, REST, vocabulary

#: Version of the layout of ``findings.json``.
SCHEMA = 1

#: One person's group of sessions is shown from this number on, below it only counted.
MIN_SESSIONS = 5

# How many sessions and faults the check page lists; all faults stand in refused.csv.
_FIRST, _FAULTS = 10, 50

#: Unit of the columns of all tables; a column without a unit is a name, a count or a text.
UNITS = (
    dict.fromkeys(
        (
            "estimate",
            "low",
            "high",
            "sd",
            "median",
            "mean_before",
            "session_estimate",
            "session_low",
            "session_high",
            "unadjusted",
            "unadjusted_low",
            "adjusted",
            "adjusted_low",
            "adjusted_high",
            "unadjusted_high",
            "mean_before_reference",
            "value",
            "pain_before",
            "pain_after",
            "pain_reduction",
            "lower_quartile",
            "upper_quartile",
            "median_before",
            "median_after",
            "median_reduction",
        ),
        "points of 0-10 (VAS: mm of 0-100); reductions: positive is less pain",
    )
    | dict.fromkeys(
        (
            "missing_share",
            "missing_share_reference",
            "positive",
            "zero",
            "negative",
            "worse_share",
            "floor_share",
            "end_0_share",
            "largest_share",
            "share",
            "share_positive",
            "people_low",
            "people_high",
        ),
        "share, 0 to 1",
    )
    | {"minutes": "minutes", "slope": "points per point", "week": "first day", "last": "day"}
)


class Findings(NamedTuple):
    """The numbers of one report.

    Attributes
    ----------
    about : dict
        Plain values: schema, kit, kind (cohort, one_person or check), first and last (ISO days),
        people, sessions, complete (sessions with both ratings), worse (sessions after which pain was
        up by 1, by 2), median_reduction (of all sessions on the 0 to 10 scale), rows, used, refused,
        dropped, blank (rows of the files), days (with a session), longest_gap (days without one),
        not_asked (columns), parameters.
    tables : dict of DataFrame
        By name. Cohort: overall, overall_responders, overall_sensitivity (all but rest), regions,
        cells, person_means, contrasts, between, responders, sensitivity, missing, weeks. One person: groups,
        fortnights, series. Check: faults, first. All: flags, sources, refused, remarks.
    """

    about: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def findings(
    log: SessionLog, *, reference: str | None = None, min_people: int = MIN_PEOPLE
) -> Findings:
    """Return the numbers of the cohort report.

    Parameters
    ----------
    log : SessionLog
        As ``read_log`` returns it.
    reference : str, optional
        The technique that others are compared with, set before looking; by default rest where it
        was logged, else the technique with most people of the region.
    min_people : int
        Fewer people than this in a group: only the count is shown. 6 or more.

    Raises
    ------
    UserError
        When ``min_people`` is below 6 or nobody logged the reference.
    """
    check_parameters(log.sessions, reference=reference, min_people=min_people)
    sessions = log.sessions
    sums = person_sums(sessions)
    worked = sums[sums["technique"] != REST]
    cells = _ordered(reduction(sums, min_people=min_people))
    compared = _ordered(contrasts(sums, reference, min_people=min_people))
    tables = {
        "overall": _overall(sums, min_people),
        "regions": _ordered(reduction(worked, by=["region"], min_people=min_people)),
        "cells": cells.merge(_minutes(sessions), how="left", on=["region", "technique", "scale"]),
        "person_means": _person_means(sums, cells),
        "contrasts": compared,
        "between": _between(sums, compared),
        "overall_responders": responders(worked, by=[], min_people=min_people),
        "overall_sensitivity": sensitivity(worked, by=[], min_people=min_people),
        "responders": _ordered(responders(sums, min_people=min_people)),
        "sensitivity": _ordered(sensitivity(sums, min_people=min_people)),
        "missing": missing_after(sums),
        "weeks": _weeks(sessions, min_people),
    }
    parameters = {"reference": reference, "min_people": min_people}
    return Findings(_about(log, sessions, "cohort", parameters), tables | _common(log, sessions))


def person_findings(log: SessionLog, *, person: str | None = None) -> Findings:
    """Return the numbers of one person's report.

    Parameters
    ----------
    log : SessionLog
        As ``read_log`` returns it.
    person : str, optional
        Whose; may be left out when the log has one person.

    Raises
    ------
    UserError
        When the log has several people and none is named, or the one named is not in it.
    """
    people = sorted(log.sessions["participant"].unique())
    if person is None and len(people) > 1:
        raise UserError(f"person: the log has {len(people)} people; name one, such as {people[0]}")
    if person is not None and people and person not in people:
        raise UserError(f"person: nobody in the log has the code {person!r}")
    sessions = (
        log.sessions[log.sessions["participant"] == (person or people[0])]
        if people
        else log.sessions
    )
    sessions = sessions.sort_values("started_at", kind="stable")
    series = sessions[
        [
            "started_at",
            "region",
            "technique",
            "scale",
            "minutes",
            "pain_before",
            "pain_after",
            "pain_reduction",
        ]
    ].reset_index(drop=True)
    tables = {"groups": _groups(sessions), "fortnights": _fortnights(sessions), "series": series}
    return Findings(
        _about(log, sessions, "one_person", {"person": person}), tables | _common(log, sessions)
    )


def check_findings(log: SessionLog) -> Findings:
    """Return what arrived and what was refused, without any result."""
    first = log.sessions.head(_FIRST)[
        ["participant", "started_at", "region", "technique", "scale", "pain_before", "pain_after"]
    ]
    faults = log.refused.head(_FAULTS)[["file", "line", "column", "value", "message"]]
    tables = {"faults": faults, "first": first}
    return Findings(_about(log, log.sessions, "check", {}), tables | _common(log, log.sessions))


def check_parameters(
    sessions: pd.DataFrame, *, reference: str | None = None, min_people: int = MIN_PEOPLE
) -> None:
    """Raise a UserError when a parameter of the cohort report has a value it cannot take.

    Parameters
    ----------
    sessions : DataFrame
        The sessions of the report.
    reference, min_people
        As in ``findings``.
    """
    if isinstance(min_people, bool) or not isinstance(min_people, int) or min_people < MIN_PEOPLE:
        raise UserError(
            f"min_people: must be a whole number of {MIN_PEOPLE} or more, because smaller "
            f"groups can identify a person; found {min_people!r}"
        )
    logged = sorted(set(sessions["technique"]) - {COMBINED})
    if reference is not None and logged and reference not in logged:
        raise UserError(f"reference: nobody logged {reference!r}; logged were {', '.join(logged)}")


def _about(log: SessionLog, sessions: pd.DataFrame, kind: str, parameters: dict) -> dict[str, Any]:
    counts = log.sources[["rows", "kept", "refused", "dropped", "blank"]].sum()
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
        "worse": _worse(sessions),
        "median_reduction": _median(sessions),
        "rows": int(counts["rows"]),
        "used": int(counts["kept"]),
        "refused": int(counts["refused"]),
        "dropped": int(counts["dropped"]),
        "blank": int(counts["blank"]),
        "not_asked": not_asked(sessions),
        "parameters": parameters,
    }


def _longest_gap(days: pd.Series) -> int:
    """Return the most days in a row without a session, between the first and the last."""
    between = days.drop_duplicates().sort_values().diff().dt.days.dropna()
    return int(max(0, between.max() - 1)) if len(between) else 0


def _worse(sessions: pd.DataFrame) -> dict[str, int]:
    """Return after how many sessions pain was up by 1 and by 2 points or more (VAS: 10, 20 mm)."""
    points = sessions["pain_reduction"].where(
        sessions["scale"] == "NRS0-10", sessions["pain_reduction"] / 10
    )
    return {"by_1": int((points <= -1).sum()), "by_2": int((points <= -2).sum())}


def _median(sessions: pd.DataFrame) -> float | None:
    """Return the median reduction of the sessions on the 0 to 10 scale with both ratings."""
    rated = sessions.loc[sessions["scale"] == "NRS0-10", "pain_reduction"].dropna()
    return float(rated.median()) if len(rated) else None


def _common(log: SessionLog, sessions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that every report has; values of refused cells stay in refused.csv."""
    refused = (
        log.refused.groupby("rule", sort=True)
        .agg(n_faults=("rule", "size"), example=("message", "first"))
        .reset_index()
    )
    remarks = log.remarks[["file", "line", "column", "rule", "message"]]
    return {
        "flags": screen(sessions),
        "sources": log.sources,
        "refused": refused,
        "remarks": remarks,
    }


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
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


def _overall(sums: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return two rows a scale: all sessions but rest, and rest."""
    parts = {
        "other than rest": sums[sums["technique"] != REST],
        "rest": sums[sums["technique"] == REST],
    }
    return pd.concat(
        [
            reduction(part, by=[], min_people=min_people).assign(sessions_of=name)
            for name, part in parts.items()
        ],
        ignore_index=True,
    )


def _between(sums: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """Return the exploratory lines between different people, for the comparisons of ``contrasts``."""
    lines = [
        between_people(sums, row.region, row.technique, row.reference, row.scale)
        for row in compared.itertuples()
    ]
    columns = [
        "region",
        "technique",
        "reference",
        "scale",
        "n_people",
        "n_people_reference",
        "estimate",
        "low",
        "high",
        "adjusted",
        "adjusted_low",
        "adjusted_high",
        "p_value",
        "reason",
    ]
    return pd.DataFrame(lines, columns=columns)


def _minutes(sessions: pd.DataFrame) -> pd.DataFrame:
    return sessions.groupby(["region", "technique", "scale"])["minutes"].median().reset_index()


def _person_means(sums: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return each person's mean reduction in the cells shown, in order of size, without names."""
    shown = cells.loc[cells["estimate"].notna(), ["region", "technique", "scale"]]
    people = sums[sums["n"] > 0].merge(shown, on=["region", "technique", "scale"])
    means = people[["region", "technique", "scale"]].assign(value=person_means(people))
    return _ordered(means.sort_values("value", kind="stable"))


def _weeks(sessions: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return starting pain by week over people: each person's mean of the week counts once."""
    rated = sessions[sessions["scale"] == "NRS0-10"]
    monday = rated["started_at"].dt.normalize() - pd.to_timedelta(
        rated["started_at"].dt.day_of_week, "D"
    )
    own = rated.groupby([monday.rename("week"), "participant"])["pain_before"].agg(["mean", "size"])
    by_week = own["mean"].groupby("week")
    weeks = pd.DataFrame(
        {
            "n_people": by_week.size(),
            "n_sessions": own["size"].groupby("week").sum(),
            "lower_quartile": by_week.quantile(0.25),
            "median": by_week.median(),
            "upper_quartile": by_week.quantile(0.75),
        }
    )
    values = ["lower_quartile", "median", "upper_quartile"]
    weeks[values] = weeks[values].where(weeks["n_people"] >= min_people)
    return weeks.reset_index()


def _fortnights(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the median starting pain of the first and of the last 14 days, if they are apart."""
    columns = {"part": "str", "n_sessions": "int64", "median": "float64"}
    first, last = sessions["started_at"].min(), sessions["started_at"].max()
    days = pd.Timedelta(days=14)
    if sessions.empty or last - first < 2 * days:
        return pd.DataFrame(columns=list(columns)).astype(columns)
    parts = {
        "first": sessions["started_at"] < first.normalize() + days,
        "last": sessions["started_at"] >= last.normalize() - days + pd.Timedelta(days=1),
    }
    rated = sessions["scale"] == "NRS0-10"
    rows = [
        (name, int((inside & rated).sum()), sessions.loc[inside & rated, "pain_before"].median())
        for name, inside in parts.items()
    ]
    return pd.DataFrame(rows, columns=list(columns))


def _groups(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one person's groups: counts, and medians from ``MIN_SESSIONS`` sessions on."""
    groups = sessions.groupby(["region", "technique", "scale"])
    complete = sessions.dropna(subset="pain_reduction").groupby(["region", "technique", "scale"])
    table = groups.agg(n_all=("region", "size"), minutes=("minutes", "median")).join(
        complete.agg(
            n_sessions=("region", "size"),
            median_before=("pain_before", "median"),
            median_after=("pain_after", "median"),
            median_reduction=("pain_reduction", "median"),
            n_worse=("pain_reduction", lambda changes: int((changes < 0).sum())),
        )
    )
    table = table.reset_index().fillna({"n_sessions": 0, "n_worse": 0})
    table = table.astype({"n_sessions": "int64", "n_worse": "int64"})
    hidden = (
        (table["n_sessions"] < MIN_SESSIONS)
        | table["region"].eq(COMBINED)
        | table["technique"].eq(COMBINED)
    )
    medians = ["median_before", "median_after", "median_reduction"]
    table[medians] = table[medians].where(~hidden)
    return _ordered(table)


def to_json(results: Findings) -> str:
    """Return the findings as JSON: names, units, rows; NaN is null. Same findings, same text."""
    tables = {
        name: {
            "columns": [
                {"name": column, "dtype": str(table[column].dtype), "unit": UNITS.get(column, "")}
                for column in table
            ],
            "rows": [
                [_plain(value) for value in row] for row in table.itertuples(index=False, name=None)
            ],
        }
        for name, table in results.tables.items()
    }
    return (
        json.dumps(
            {"about": results.about, "tables": tables},
            indent=1,
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )


def from_json(text: str) -> Findings:
    """Return the findings that ``to_json`` wrote.

    Raises
    ------
    UserError
        When the text is of another schema version.
    """
    content = json.loads(text)
    found = content.get("about", {}).get("schema")
    if found != SCHEMA:
        raise UserError(f"findings: must have schema version {SCHEMA}; found {found!r}")
    return Findings(
        content["about"], {name: _frame(table) for name, table in content["tables"].items()}
    )


def _frame(table: dict) -> pd.DataFrame:
    names = [column["name"] for column in table["columns"]]
    frame = pd.DataFrame(table["rows"], columns=names, dtype=object)
    return frame.astype({column["name"]: column["dtype"] for column in table["columns"]})


def _plain(value: Any) -> Any:
    """Return a JSON value; numbers keep every digit, times are ISO text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
