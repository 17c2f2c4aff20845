"""The numbers of the cohort report."""

import numpy as np
import pandas as pd

from analysis.findings.about import about, common, ordered
from analysis.findings.data import Findings
from analysis.findings.since import with_since
from analysis.findings.sites import PooledSums, pooled_about, pooled_tables
from analysis.sessions import SessionLog, UserError
from analysis.statistics import (
    MIN_PEOPLE,
    between_people,
    contrasts,
    medicine,
    missing_after,
    next_session,
    person_sums,
    reduction,
    responder_curve,
    responder_differences,
    responders,
    responders_from_4,
    responders_missing_as_no,
    sensitivity,
    separable,
    symptoms,
    worse_after,
)
from analysis.statistics.appendix import all_pairs, bootstrap_t, friedman, mixed_model
from analysis.statistics.person_sums import drop_of_two
from analysis.statistics.reduction import person_means
from analysis.vocabulary import COMBINED, REST


def findings(
    material: SessionLog | PooledSums,
    *,
    reference: str | None = None,
    min_people: int = MIN_PEOPLE,
    vas_two: int = 20,
    more_checks: bool = False,
    seed: int = 1,
    previous: Findings | None = None,
) -> Findings:
    """Return the numbers of the cohort report.

    Parameters
    ----------
    material : SessionLog or PooledSums
        A log as ``read_log`` returns it, or the sums of sites as ``read_sums`` does. Sums give every
        table of ``tables_of_sums`` that the pooled log gives; what needs the sessions is absent:
        next, separable, worse_after, symptoms, medicine, weeks and mixed_model, and of worse all but one
        event.
    reference : str, optional
        The technique that others are compared with, set before looking; by default rest where it
        was logged, else the technique with most people of the region.
    min_people : int
        Fewer people than this in a group: only the count is shown. 6 or more.
    vas_two : int
        The drop in mm that counts as 2 points on a 0 to 100 scale: 20, or 15.
    more_checks : bool
        Also a bootstrap over people and a mixed model: minutes where there are thousands of people.
    seed : int
        Of the bootstrap's draws.
    previous : Findings, optional
        Of the last report of this log, as ``read_previous`` returns them.

    Raises
    ------
    UserError
        When a parameter has a value it cannot take, nobody logged the reference, or the previous
        report is not one of this log.
    """
    check_parameters(material, reference=reference, min_people=min_people, vas_two=vas_two)
    parameters = {
        "reference": reference,
        "min_people": min_people,
        "vas_two": vas_two,
        "more_checks": more_checks,
        "seed": seed,
    }
    of_sites = isinstance(material, PooledSums)
    sums = material.sums if of_sites else person_sums(material.sessions, vas_two=vas_two)
    tables = tables_of_sums(sums, reference=reference, min_people=min_people)
    if more_checks:
        of = {"cells": tables["cells"], "pairs": tables["contrasts"]}
        tables["bootstrap"] = bootstrap_t(sums, **of, rng=np.random.default_rng(seed))
    left = left_out(sums, min_people)
    if not of_sites:
        return with_since(_of_log(material, tables, parameters, left), material.sessions, previous)
    if previous is not None:
        raise UserError("previous: sums hold no sessions to compare with it; leave it out")
    return _of_sites(material, tables, parameters, left)


def _of_log(log: SessionLog, tables: dict, parameters: dict, left: pd.DataFrame) -> Findings:
    """Return the findings of a log: the tables of its sums, and what its sessions give."""
    sessions, min_people = log.sessions, parameters["min_people"]
    told = without_cells(sessions, left)
    more = _tables_of_rows(told, min_people) | common(log, sessions)
    more["separable"] = ordered(separable(sessions, min_people=min_people))
    more["weeks"] = _weeks(sessions, min_people)
    more |= {
        "cells": _with_minutes(tables["cells"], sessions),
        "flags": _hiding_few(more["flags"], min_people),
    }
    if parameters["more_checks"]:
        more["mixed_model"] = mixed_model(sessions, pairs=tables["contrasts"])
    return Findings(about(log, sessions, "cohort", parameters), tables | more)


def _of_sites(pooled: PooledSums, tables: dict, parameters: dict, left: pd.DataFrame) -> Findings:
    """Return the findings of sums: minutes, which they do not hold, are missing."""
    min_people = parameters["min_people"]
    more = pooled_tables(pooled, without_cells(pooled.sums, left))
    more |= {
        "cells": tables["cells"].assign(minutes=np.nan),
        "flags": _hiding_few(more["flags"], min_people),
        "worse": _hiding_events(more["worse"], min_people),
    }
    return Findings(pooled_about(pooled, parameters), tables | more)


def tables_of_sums(
    sums: pd.DataFrame, *, reference: str | None, min_people: int
) -> dict[str, pd.DataFrame]:
    """Return the tables of the cohort report that need no session, only each person's sums.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them, of one log or merged.
    reference, min_people
        As in ``findings``.
    """
    least = {"min_people": min_people}
    cells = ordered(reduction(sums, **least))
    told = without_cells(sums, left_out(sums, min_people))
    worked = told[told["technique"] != REST]
    compared = ordered(contrasts(sums, reference, **least))
    return {
        "overall": _overall(told, min_people),
        "regions": ordered(reduction(worked, by=["region"], **least)),
        "cells": cells,
        "person_means": _person_means(sums, cells),
        "contrasts": compared,
        "between": between_people(sums, compared, **least),
        "responder_differences": responder_differences(sums, compared, **least),
        "all_pairs": ordered(all_pairs(sums, **least)),
        "complete_blocks": ordered(friedman(sums, **least)),
        "overall_responders": responders(worked, by=[], **least),
        "overall_from_4": responders_from_4(worked, by=[], **least),
        "overall_missing_as_no": responders_missing_as_no(worked, by=[], **least),
        "overall_sensitivity": sensitivity(worked, by=[], **least),
        "overall_curve": responder_curve(worked, by=[], **least),
        "responders": ordered(responders(sums, **least)),
        "from_4": ordered(responders_from_4(sums, **least)),
        "missing_as_no": ordered(responders_missing_as_no(sums, **least)),
        "sensitivity": ordered(sensitivity(sums, **least)),
        "missing_after": ordered(missing_after(told, **least)),
    }


def _tables_of_rows(sessions: pd.DataFrame, min_people: int) -> dict[str, pd.DataFrame]:
    """Return the tables that need the sessions: their dates, their order, their symptoms, medicine."""
    following = next_session(sessions, min_people=min_people)
    return {
        # Only the two overall rows: the cells would give hidden ones away by subtraction.
        "next": following[following["sessions_of"] != "one technique"].reset_index(drop=True),
        "worse": _hiding_events(worse_after(sessions, by=()), min_people),
        "worse_after": ordered(_hiding_events(worse_after(sessions), min_people)),
        "symptoms": _hiding_signs(_hiding_events(symptoms(sessions), min_people), min_people),
        "medicine": _hiding_events(medicine(sessions), min_people),
    }


def _hiding_events(counts: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return counts of events without those of groups of few people.

    Harms are hidden no more than benefits are: by how many people a group has, not by how many of
    them were worse after.
    """
    few = counts["n_people"] < min_people
    hidden = {name: counts[name].astype("Int64").mask(few) for name in ("n_with", "people_with")}
    return counts.assign(**hidden)


def _hiding_signs(states: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return the symptoms without the signs of fewer than ``min_people`` people.

    As the warning signs: a count of weakness or of trouble with bladder or bowels is one of few people
    even in a large log. Who said no is hidden with it, for the rest of all sessions would tell it.
    """
    few = states["state"].eq("yes") & states["people_with"].between(1, min_people - 1)
    of_few = states["symptom"].isin(states.loc[few, "symptom"]) & states["state"].isin(
        ["yes", "no"]
    )
    return states.assign(**{name: states[name].mask(of_few) for name in ("n_with", "people_with")})


def _hiding_few(flags: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return the flags without counts and days where they concern fewer than ``min_people`` people."""
    few = flags["n_people"] < min_people
    counts = {name: flags[name].astype("Int64").mask(few) for name in ("n", "n_people")}
    return flags.assign(**counts, last=flags["last"].mask(few))


def check_parameters(
    material: SessionLog | PooledSums,
    *,
    reference: str | None = None,
    min_people: int = MIN_PEOPLE,
    vas_two: int = 20,
) -> None:
    """Raise a UserError when a parameter of the cohort report has a value it cannot take.

    Parameters
    ----------
    material, reference, min_people, vas_two
        As in ``findings``.
    """
    drop_of_two("VAS0-100", vas_two)  # raises
    of_sites = isinstance(material, PooledSums)
    if of_sites and material.about["vas_two"] != vas_two:
        raise UserError(
            f"vas_two: the sums take {material.about['vas_two']} mm as 2 points, so the report must too; "
            f"found {vas_two}"
        )
    if isinstance(min_people, bool) or not isinstance(min_people, int) or min_people < MIN_PEOPLE:
        raise UserError(
            f"min_people: must be a whole number of {MIN_PEOPLE} or more, because smaller "
            f"groups can identify a person; found {min_people!r}"
        )
    rows = material.sums if of_sites else material.sessions
    logged = sorted(set(rows["technique"]) - {COMBINED})
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


_CELL = ["region", "technique", "scale"]


def left_out(sums: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return the hidden cells that a summary would give away; they enter no summary.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    min_people : int
        As in ``findings``.

    Returns
    -------
    DataFrame
        region, technique, scale.

    Notes
    -----
    The whole less its shown cells is what the hidden ones hold. Where these are of fewer than
    ``min_people`` people together, they are left out of the whole. The wholes are regions, rest, all
    but rest, techniques, and the log. What is left out of one whole is left out of all, which can
    leave too few in another: so again until nothing more is.
    """
    n_people = sums[sums["n"] > 0].groupby(_CELL)["participant"].nunique()
    cells = sums[_CELL].drop_duplicates(ignore_index=True)
    few = n_people.reindex(pd.MultiIndex.from_frame(cells)).fillna(0).to_numpy() < min_people
    out = np.zeros(len(cells), dtype=bool)
    people = sums.merge(cells.assign(cell=cells.index), on=_CELL)[["participant", "cell"]]
    while True:
        told = _given_away(people, cells, few, out, min_people)
        if not told.any():
            return cells[out]
        out |= told


def _given_away(
    people: pd.DataFrame, cells: pd.DataFrame, few: np.ndarray, out: np.ndarray, min_people: int
) -> np.ndarray:
    """Return which of the cells that are few and still in are told by one of the wholes."""
    told = np.zeros(len(cells), dtype=bool)
    inside = people[~out[people["cell"].to_numpy()]]
    cell = inside["cell"].to_numpy()
    of_few = few[cell]
    for whole in _wholes(cells):
        name = whole.to_numpy()[cell]
        every = inside["participant"].groupby(name).nunique()
        unseen = inside.loc[of_few, "participant"].groupby(name[of_few]).nunique()
        shown = every.index[every >= min_people]
        given = unseen.index[unseen < min_people].intersection(shown)
        told |= few & ~out & whole.isin(given).to_numpy()
    return told


def _wholes(cells: pd.DataFrame) -> list[pd.Series]:
    """Return for each kind of summary the one that a cell is added to; NaN where to none."""
    single = ~cells[["region", "technique"]].eq(COMBINED).any(axis=1)
    rest = cells["technique"] == REST
    region, technique, scale = (cells[name] for name in _CELL)
    return [
        (scale + " " + region.where(~rest, REST)).where(single),
        scale.where(single & ~rest),
        scale + " " + technique,
        scale,
    ]


def without_cells(frame: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the rows (sums, or sessions) that are of none of the cells."""
    if cells.empty:
        return frame
    key = pd.MultiIndex.from_frame(frame[_CELL])
    return frame[~key.isin(pd.MultiIndex.from_frame(cells))]


def _person_means(sums: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return each person's means in the cells shown, by size of the reduction, without names.

    Columns: value (reduction), mean_before, mean_after (of sessions with both ratings).
    """
    key = ["region", "technique", "scale"]
    people = sums[sums["n"] > 0].merge(cells.loc[cells["estimate"].notna(), key], on=key)
    means = people[key].assign(
        value=person_means(people),
        mean_before=people["Sb"] / people["n"] / 10,
        mean_after=(people["Sb"] - people["Sc"]) / people["n"] / 10,
    )
    # All three, so that the order of equal reductions does not depend on names.
    return ordered(means.sort_values(["value", "mean_before", "mean_after"], kind="stable"))


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
