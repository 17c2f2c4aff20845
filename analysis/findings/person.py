"""The numbers of one person's report, and of the check page."""

import pandas as pd

from analysis.findings.about import about, common, ordered
from analysis.findings.data import Findings
from analysis.safety import fortnights, not_asked, screen
from analysis.sessions import SessionLog, UserError
from analysis.vocabulary import COMBINED, REST

#: One person's group of sessions is shown from this number on, below it only counted.
MIN_SESSIONS = 5

# How many sessions and faults the check page lists; all faults stand in refused.csv.
_FIRST, _FAULTS = 10, 50


def person_findings(
    log: SessionLog, *, person: str | None = None, question: str | None = None
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
    tables = {
        "groups": _groups(sessions),
        "medians": _medians(sessions),
        "start": _start(sessions),
        "fortnights": fortnights(sessions).drop(columns="participant"),
        "series": series,
    }
    if len(people) > 1:
        # What was refused may be another person's: this report has only the counts of it.
        log = log._replace(refused=log.refused.iloc[:0], remarks=log.remarks.iloc[:0])
    parameters = {"person": person, "question": question}
    return Findings(about(log, sessions, "one_person", parameters), tables | common(log, sessions))


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


def _medians(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the median reduction of the sessions on the 0 to 10 scale, other than rest and of rest."""
    rated = sessions[sessions["scale"] == "NRS0-10"]
    rest = rated["technique"] == REST
    parts = {"other than rest": rated[~rest], "rest": rated[rest]}
    rows = [
        (name, len(part), int(part["pain_reduction"].count()), part["pain_reduction"].median())
        for name, part in parts.items()
    ]
    return pd.DataFrame(rows, columns=["sessions_of", "n_all", "n_sessions", "median_reduction"])


def _start(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one row: the sessions with a starting pain from 0 to 10, and its median."""
    rated = sessions.loc[sessions["scale"] == "NRS0-10", "pain_before"]
    return pd.DataFrame({"n_sessions": [len(rated)], "median": [rated.median()]})


def _groups(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one person's groups: counts, and medians from ``MIN_SESSIONS`` sessions on."""
    keys = ["region", "technique", "scale"]
    changes = sessions["pain_reduction"]
    counted = sessions.assign(lower=changes > 0, same=changes == 0, worse=changes < 0)
    table = counted.groupby(keys).agg(
        n_all=("region", "size"),
        n_sessions=("pain_reduction", "count"),
        n_lower=("lower", "sum"),
        n_same=("same", "sum"),
        n_worse=("worse", "sum"),
        minutes=("minutes", "median"),
    )
    complete = sessions.dropna(subset="pain_reduction").groupby(keys)
    medians = {
        f"median_{name}": complete[f"pain_{name}"].median() for name in ("before", "reduction")
    }
    table = table.join(pd.DataFrame(medians)).reset_index()
    hidden = (table["n_sessions"] < MIN_SESSIONS) | table[["region", "technique"]].eq(COMBINED).any(
        axis=1
    )
    return ordered(table.assign(**{name: table[name].where(~hidden) for name in medians}))
