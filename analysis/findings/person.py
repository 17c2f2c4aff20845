"""The numbers of one person's report, and of the check page."""

import numpy as np
import pandas as pd

from analysis.findings.about import about, common, ordered
from analysis.findings.cohort import check_parameters
from analysis.findings.data import Findings
from analysis.findings.since import with_since
from analysis.safety import fortnights, not_asked, screen
from analysis.sessions import SessionLog, UserError
from analysis.statistics import (
    enough,
    next_session,
    person_cells,
    person_contrasts,
    randomisation_test,
    randomised_plan,
    symptoms,
    worse_after,
)
from analysis.statistics.next_session import VALUES
from analysis.statistics.one_person import MIN_SESSIONS, complete_sessions
from analysis.statistics.plan import RandomisationTest
from analysis.vocabulary import COMBINED, REST

# Reasons why a number is NaN, beside those of ``statistics``.
NOT_AS_DRAWN = "not the list that its seed draws"
FEW_PAIRS = "not enough sessions with a next one"
ONE_PERSON = "one person: no interval over people"

_CELL = ["region", "technique", "scale"]
_SERIES = ["started_at", *_CELL, "minutes", "pain_before", "pain_after", "pain_reduction"]
_PLAN = (
    *RandomisationTest._fields,
    "scale",
    "n_later",
    "first_day",
    "last_day",
    "block_size",
    "seed",
)

# How many sessions and faults the check page lists; all faults stand in refused.csv.
_FIRST, _FAULTS = 10, 50


def person_findings(
    log: SessionLog,
    *,
    person: str | None = None,
    question: str | None = None,
    reference: str | None = None,
    plan: pd.DataFrame | None = None,
    seed: int = 1,
    previous: Findings | None = None,
) -> Findings:
    """Return the numbers of one person's report.

    Parameters
    ----------
    log : SessionLog
        As ``read_log`` returns it.
    person : str, optional
        Whose; may be left out when the log has one person.
    question : str, optional
        The person's own words for the visit.
    reference : str, optional
        The technique that others are compared with, set before looking; by default rest where it
        was logged, else the technique with most sessions of the region.
    plan : DataFrame, optional
        The randomised plan that was followed, as ``read_plan`` returns it.
    seed : int
        Of the lists that are drawn where a plan's scheme has more than 20,000.
    previous : Findings, optional
        Of the last report of this person, as ``read_previous`` returns them.

    Raises
    ------
    UserError
        When the log has several people and none is named, the one named is not in it, the
        reference was never logged, or the previous report is not one of this log and person.
    """
    sessions = _own(log.sessions, person)
    check_parameters(log._replace(sessions=sessions), reference=reference)
    if len(sessions) < len(log.sessions):
        # What was refused may be another person's: this report has only the counts of it.
        log = log._replace(refused=log.refused.iloc[:0], remarks=log.remarks.iloc[:0])
    tables = _tables(sessions, reference) | {"plan": _planned(sessions, plan, reference, seed)}
    parameters = {
        "person": person,
        "question": question,
        "reference": reference,
        "plan": None if plan is None else "given",
        "seed": seed,
    }
    plain = about(log, sessions, "one_person", parameters)
    return with_since(Findings(plain, tables | common(log, sessions)), sessions, previous)


def _own(sessions: pd.DataFrame, person: str | None) -> pd.DataFrame:
    """Return the sessions of one person, in time order."""
    people = sorted(sessions["participant"].unique())
    if person is None and len(people) > 1:
        raise UserError(f"person: the log has {len(people)} people; name one, such as {people[0]}")
    if person is not None and people and person not in people:
        raise UserError(f"person: nobody in the log has the code {person!r}")
    own = sessions[sessions["participant"] == person] if person and people else sessions
    return own.sort_values("started_at", kind="stable")


def _tables(sessions: pd.DataFrame, reference: str | None) -> dict[str, pd.DataFrame]:
    return {
        "overall": _overall(sessions),
        "groups": _groups(sessions),
        "contrasts": ordered(person_contrasts(sessions, reference)),
        "next": _next(sessions),
        "worse": worse_after(sessions, by=()),
        "worse_after": ordered(worse_after(sessions)),
        "symptoms": symptoms(sessions),
        "start": _start(sessions),
        "fortnights": fortnights(sessions).drop(columns="participant"),
        "series": sessions[_SERIES].reset_index(drop=True),
    }


def _overall(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return two rows a scale: sessions other than rest, of one region and technique, and rest."""
    single = sessions[~sessions[["region", "technique"]].eq(COMBINED).any(axis=1)]
    part = np.where(single["technique"] == REST, "rest", "other than rest")
    cells = person_cells(single.assign(region="", technique=part))
    return cells.drop(columns="region").rename(columns={"technique": "sessions_of"})


def _groups(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one person's groups: counts, what followed, and the median minutes and start.

    Where ``person_cells`` shows no median, none of the starting pain stands here either.
    """
    changes = sessions["pain_reduction"]
    counted = sessions.assign(lower=changes > 0, same=changes == 0, worse=changes < 0)
    counts = counted.groupby(_CELL).agg(
        n_all=("region", "size"),
        n_lower=("lower", "sum"),
        n_same=("same", "sum"),
        n_worse=("worse", "sum"),
        minutes=("minutes", "median"),
    )
    rated = sessions[changes.notna()].groupby(_CELL)["pain_before"].median()
    counts = counts.join(rated.rename("median_before")).reset_index()
    cells = person_cells(sessions).rename(columns={"median": "median_reduction"})
    table = counts.merge(cells, on=_CELL, validate="one_to_one")
    hidden = table["median_reduction"].isna()
    return ordered(table.assign(median_before=table["median_before"].mask(hidden)))


def _next(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the two overall rows of ``next_session`` a scale, from ``MIN_SESSIONS`` pairs on."""
    table = next_session(sessions, min_people=1)
    table = table[table["sessions_of"] != "one technique"].reset_index(drop=True)
    # An interval over people needs a second one.
    shown = table["reason"] == enough.FEW
    few = shown & (table["n_pairs"] < MIN_SESSIONS)
    table.loc[few, list(VALUES)] = np.nan
    return table.assign(reason=table["reason"].mask(shown, ONE_PERSON).mask(few, FEW_PAIRS))


def _planned(
    sessions: pd.DataFrame, plan: pd.DataFrame | None, reference: str | None, seed: int
) -> pd.DataFrame:
    """Return one row, the randomisation test against the plan; none without a plan."""
    if plan is None:
        return pd.DataFrame(columns=_PLAN)
    chosen = reference if reference in set(plan["technique"]) else None
    test = randomisation_test(sessions, plan, reference=chosen, rng=np.random.default_rng(seed))
    if not as_drawn(plan):
        untested = {"estimate": np.nan, "p_value": np.nan, "n_lists": 0, "exact": False}
        test = test._replace(**untested, reason=NOT_AS_DRAWN)
    logged = sessions["started_at"].max()
    row = test._asdict() | {
        "scale": _scale(sessions, plan),
        "n_later": int((plan["day"] > logged).sum()),
        "first_day": plan["day"].min(),
        "last_day": plan["day"].max(),
        "block_size": int(plan["block_size"].iloc[0]),
        "seed": int(plan["seed"].iloc[0]),
    }
    return pd.DataFrame([row], columns=_PLAN)


def as_drawn(plan: pd.DataFrame) -> bool:
    """Return whether the list of a plan is the one that its seed draws.

    Parameters
    ----------
    plan : DataFrame
        As ``read_plan`` returns it. Two techniques may have changed places inside a block since.
    """
    by_day = plan.sort_values("day", ignore_index=True)
    again = randomised_plan(
        by_day["technique"].unique(),
        region=by_day["region"].iloc[0],
        first_day=by_day["day"].iloc[0],
        n_days=len(by_day),
        block=int(by_day["block_size"].iloc[0]),
        rng=np.random.default_rng(by_day["seed"].iloc[0]),
    )
    return again.equals(by_day[list(again)])


def _scale(sessions: pd.DataFrame, plan: pd.DataFrame) -> str:
    """Return the scale of the sessions that answer a plan; "" without one."""
    complete = complete_sessions(sessions)
    of_plan = complete["region"].isin(plan["region"]) & complete["technique"].isin(
        plan["technique"]
    )
    scales = complete.loc[of_plan & complete["day"].isin(plan["day"]), "scale"]
    return "" if scales.empty else scales.iloc[0]


def _start(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one row of the ratings from 0 to 10: sessions, median start, how many ended lower or not."""
    rated = sessions.loc[sessions["scale"] == "NRS0-10", ["pain_before", "pain_reduction"]]
    start, change = rated["pain_before"], rated["pain_reduction"]
    return pd.DataFrame(
        {
            "n_sessions": [len(rated)],
            "median": [start.median()],
            "n_lower": [(change > 0).sum()],
            "n_same": [(change == 0).sum()],
            "n_higher": [(change < 0).sum()],
        }
    )


def check_findings(log: SessionLog) -> Findings:
    """Return what arrived and what was refused, without any result."""
    first = log.sessions.head(_FIRST)[
        ["participant", "started_at", "region", "technique", "scale", "pain_before", "pain_after"]
    ]
    faults = log.refused.head(_FAULTS)[["file", "line", "column", "value", "message"]]
    tables = {"faults": faults, "first": first}
    return Findings(about(log, log.sessions, "check", {}), tables | common(log, log.sessions))


def check_flags(log: SessionLog) -> Findings:
    """Return the warning signs of a log and nothing else; of ``screened`` sessions, too."""
    sessions = log.sessions
    about = {
        "kind": "check",
        "people": sessions["participant"].nunique(),
        "sessions": len(sessions),
        "not_asked": not_asked(sessions),
    }
    return Findings(about, {"flags": screen(sessions)})
