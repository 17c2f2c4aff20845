"""Pain and nerve symptoms that were higher after a session: counts, and no test.

Sections 15 and 17: harms are shown, what was worse first. Every count stands beside the sessions it
is of and the people behind both; who shows it to others hides those of few people.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.sessions import SCALES, in_tenths

#: The symptoms that are asked before and after a session.
SYMPTOMS = ("numbness", "tingling")
#: The signs that are asked once a session.
SIGNS = ("weakness", "both legs", "bladder or bowel")

_COUNTS = ("n_with", "n_sessions", "people_with", "n_people")


def worse_after(sessions: pd.DataFrame, *, by: Sequence[str] = ("technique",)) -> pd.DataFrame:
    """Return after how many sessions pain or a symptom was higher than before, of how many.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, scale, pain_before, pain_after, numbness_before, numbness_after,
        tingling_before, tingling_after, and those of ``by``. Sessions of several techniques are a
        group of their own, "combined".
    by : sequence of str
        What makes a group beside the scale: technique, region, both, or nothing.

    Returns
    -------
    DataFrame
        Three rows per group, sorted by ``by``, event and scale. event: "pain up by 1" and "pain up
        by 2" points or more, among sessions with both ratings (VAS: 10 and 20 mm, in rows of their
        own scale); "symptom new or higher", among sessions where numbness or tingling (or both) was
        answered before and after (no pain scale: scale ""). Counts: n_with (sessions with the
        event), n_sessions (among which it is counted), people_with and n_people (behind them).

    Notes
    -----
    Compared on whole tenths: after - before >= 10 or 20 tenths of a point (statistics.md, 1). The
    counts are of sessions (clinician-report.md, 7 and E), so a frequent logger weighs more; no
    interval belongs to them. A session in which one symptom was not asked can still count as "not
    higher" by the other.
    """
    # Categories, for words are slow to count and to tell apart.
    coded = sessions[["participant", *by, "scale"]].astype("category")
    scale, no_scale = coded["scale"], pd.Series("", coded.index, "category")
    two_points = scale.map({name: limits["two_points"] for name, limits in SCALES.items()})
    two_points = two_points.to_numpy("int64")
    rise = in_tenths(sessions["pain_after"]) - in_tenths(sessions["pain_before"])
    rated = sessions[["pain_before", "pain_after"]].notna().all(axis=1)
    before_after = [_before_after(sessions, name) for name in SYMPTOMS]
    answered = [before.ne("") & after.ne("") for before, after in before_after]
    grown = [higher(before, after) for before, after in before_after]
    events = {
        "pain up by 1": (scale, rated, 2 * rise >= two_points),
        "pain up by 2": (scale, rated, rise >= two_points),
        "symptom new or higher": (no_scale, np.logical_or(*answered), np.logical_or(*grown)),
    }
    rows = []
    for event, (of_scale, among, met) in events.items():
        told = coded.assign(scale=of_scale, among=among, met=met, n=1)
        for key, group in told.groupby([*by, "scale"], observed=True):
            row = dict(zip([*by, "scale"], key, strict=True)) | {"event": event}
            rows.append(row | _counts(group))
    keys = [*by, "event", "scale"]
    return pd.DataFrame(rows, columns=[*keys, *_COUNTS]).sort_values(keys, ignore_index=True)


def symptoms(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return how often nerve symptoms were logged, and how those asked twice stood after the session.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, numbness_before, numbness_after, tingling_before, tingling_after,
        weakness, symptom_side, bladder_bowel.

    Returns
    -------
    DataFrame
        Seven rows for numbness and for tingling, worse first, each session in one of "present",
        "absent" and "not answered", and each present one in one of the others: "worse" (new or higher
        after), "same", "better" (gone or lower after), "not comparable" (an answer is missing, or a
        yes stands beside a rating), "present" (a yes or a rating above 0, before or after), "absent"
        (a no or a 0, and nothing else), "not answered" (no column, or blank before and after). Then
        three rows for each of ``SIGNS``, each session in one of "yes", "no" and "not answered":
        weakness (yes: of any kind), both legs (yes: symptoms or weakness there; no: the side of the
        symptoms is given as one), bladder or bowel. Columns: symptom, state, n_with, n_sessions (those
        present, or all), people_with, n_people (behind them).

    Notes
    -----
    statistics.md, 15; clinician-report.md, 6. No test. Not answered is not absent: weakness of one leg
    does not say that no other symptom is in both. Yes before and after is "same", for the log has no
    size of it.
    """
    rows = []
    for name in SYMPTOMS:
        columns = [f"{name}_before", f"{name}_after"]
        rows += _state_rows(sessions, name, columns, _states)
    for name, (columns, states) in _ASKED_ONCE.items():
        rows += _state_rows(sessions, name, columns, states)
    return pd.DataFrame(rows, columns=["symptom", "state", *_COUNTS])


def _state_rows(
    sessions: pd.DataFrame, symptom: str, columns: list[str], states: Callable
) -> list[dict]:
    """Return a row for every state of a symptom; each set of answers of a person is looked at once."""
    answers = sessions.groupby(["participant", *columns]).size().rename("n").reset_index()
    found = states(*[answers[name].astype("category") for name in columns])
    return [
        {"symptom": symptom, "state": state} | _counts(answers.assign(among=among, met=met))
        for state, (among, met) in found.items()
    ]


def _once(yes: pd.Series, no: pd.Series) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return the states of a sign that is asked once, as ``_states`` does."""
    every = pd.Series(data=True, index=yes.index)
    return {"yes": (every, yes), "no": (every, no), "not answered": (every, ~(yes | no))}


def _both_legs(side: pd.Series, weakness: pd.Series) -> dict[str, tuple[pd.Series, pd.Series]]:
    both = side.eq("both") | weakness.eq("both")
    return _once(both, side.isin(["left", "right"]) & ~both)


_ASKED_ONCE = {
    "weakness": (
        ["weakness"],
        lambda asked: _once(asked.isin(["same", "new_or_worse", "both"]), asked.eq("no")),
    ),
    "both legs": (["symptom_side", "weakness"], _both_legs),
    "bladder or bowel": (
        ["bladder_bowel"],
        lambda asked: _once(asked.eq("yes"), asked.eq("no")),
    ),
}


def present(answers: pd.Series) -> pd.Series:
    """Return whether a symptom is recorded as present: yes, or a rating above 0."""
    return _level(answers).gt(0) | (answers == "yes")


def higher(before: pd.Series, after: pd.Series) -> pd.Series:
    """Return whether a symptom is recorded as higher after than before; "yes" is above no."""
    appeared = _level(before).eq(0) & present(after)
    return appeared | _level(after).gt(_level(before))


def _level(answers: pd.Series) -> pd.Series:
    """Return the rating, 0 for no; NaN for a blank, and for yes, which has no size."""
    levels = {"no": 0.0, "yes": float("nan"), "": float("nan")}
    levels |= {answer: float(answer) for answer in set(answers.unique()) - levels.keys()}
    return answers.map(levels).astype("float64")


def _before_after(sessions: pd.DataFrame, symptom: str) -> tuple[pd.Series, pd.Series]:
    before, after = sessions[f"{symptom}_before"], sessions[f"{symptom}_after"]
    return before.astype("category"), after.astype("category")


def _states(before: pd.Series, after: pd.Series) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Return for every state of a symptom among which sessions it is counted, and which have it."""
    had = present(before) | present(after)
    answered = before.ne("") | after.ne("")
    worse, better = higher(before, after), higher(after, before)
    alike = _level(before).eq(_level(after)) | (before.eq("yes") & after.eq("yes"))
    every = pd.Series(data=True, index=before.index)
    return {
        "worse": (had, worse),
        "same": (had, alike),
        "better": (had, better),
        "not comparable": (had, ~(worse | alike | better)),
        "present": (every, had),
        "absent": (every, answered & ~had),
        "not answered": (every, ~answered),
    }


def _counts(told: pd.DataFrame) -> dict[str, int]:
    """Return the sessions and people with ``met`` among those with ``among``, ``n`` sessions a row."""
    people, n = told["participant"], told["n"]
    with_it = told["among"] & told["met"]
    return {
        "n_with": int(n[with_it].sum()),
        "n_sessions": int(n[told["among"]].sum()),
        "people_with": people[with_it].nunique(),
        "n_people": people[told["among"]].nunique(),
    }
