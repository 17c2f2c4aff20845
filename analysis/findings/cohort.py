"""The numbers of the cohort report."""

import pandas as pd

from analysis.findings.about import about, common, ordered
from analysis.findings.data import Findings
from analysis.sessions import SessionLog, UserError
from analysis.statistics import (
    MIN_PEOPLE,
    between_people,
    contrasts,
    enough,
    person_sums,
    reduction,
    responders,
    sensitivity,
)
from analysis.statistics.reduction import person_means
from analysis.vocabulary import COMBINED, REST


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
    cells = ordered(reduction(sums, min_people=min_people))
    told = _not_told_by_subtraction(sums, cells, min_people)
    worked = told[told["technique"] != REST]
    compared = ordered(contrasts(sums, reference, min_people=min_people))
    tables = {
        "overall": _overall(told, min_people),
        "regions": ordered(reduction(worked, by=["region"], min_people=min_people)),
        "cells": _with_minutes(cells, sessions),
        "person_means": _person_means(sums, cells),
        "contrasts": compared,
        "between": between_people(sums, compared, min_people=min_people),
        "overall_responders": responders(worked, by=[], min_people=min_people),
        "overall_sensitivity": sensitivity(worked, by=[], min_people=min_people),
        "responders": ordered(responders(sums, min_people=min_people)),
        "sensitivity": ordered(sensitivity(sums, min_people=min_people)),
        "weeks": _weeks(sessions, min_people),
    }
    parameters = {"reference": reference, "min_people": min_people}
    shared = common(log, sessions)
    shared["flags"] = _hiding_few(shared["flags"], min_people)
    return Findings(about(log, sessions, "cohort", parameters), tables | shared)


def _hiding_few(flags: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return the flags without counts and days where they concern fewer than ``min_people`` people."""
    few = flags["n_people"] < min_people
    counts = {name: flags[name].astype("Int64").mask(few) for name in ("n", "n_people")}
    return flags.assign(**counts, last=flags["last"].mask(few))


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


def _overall(sums: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return two rows a scale: sessions other than rest, of one region and technique, and rest."""
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


def _with_minutes(cells: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with the median minutes of those that are shown."""
    key = ["region", "technique", "scale"]
    minutes = sessions.groupby(key)["minutes"].median().reset_index()
    merged = cells.merge(minutes, how="left", on=key)
    return merged.assign(minutes=merged["minutes"].where(merged["estimate"].notna()))


def _not_told_by_subtraction(
    sums: pd.DataFrame, cells: pd.DataFrame, min_people: int
) -> pd.DataFrame:
    """Return the sums without the hidden cells that a summary would give away.

    A region's average less those of its shown groups is the average of its hidden ones. Where these
    are fewer than ``min_people`` people together, their sessions enter no summary.
    """
    key = ["region", "technique", "scale"]
    hidden = cells.loc[cells["reason"].isin([enough.FEW, enough.NO_SESSIONS]), key].assign(
        hidden=True
    )
    marked = sums.merge(hidden, how="left", on=key)
    marked["hidden"] = marked["hidden"].eq(True)
    # Rest is summarised over all regions, everything else by region.
    summary = marked["region"].where(marked["technique"] != REST, REST)
    people = marked["participant"]
    every = people.groupby([summary, marked["scale"]]).transform("nunique")
    unseen = people.where(marked["hidden"]).groupby([summary, marked["scale"]]).transform("nunique")
    told = marked["hidden"] & (unseen < min_people) & (every >= min_people)
    return marked[~told].drop(columns="hidden")


def _person_means(sums: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return each person's mean reduction in the cells shown, in order of size, without names."""
    shown = cells.loc[cells["estimate"].notna(), ["region", "technique", "scale"]]
    people = sums[sums["n"] > 0].merge(shown, on=["region", "technique", "scale"])
    means = people[["region", "technique", "scale"]].assign(value=person_means(people))
    return ordered(means.sort_values("value", kind="stable"))


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
