"""The share copy of one person: every count, and no day, file or own word."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.about import ordered
from analysis.findings.data import Findings
from analysis.findings.shared_names import (
    KEY,
    MERGED,
    NOT_SHOWN,
    ROWS,
    common_about,
    days_from,
    numbered_files,
    refused_sign,
    to_five,
    told_apart,
    without_own_terms,
)


def person_copy(results: Findings) -> Findings:
    """Return the copy of one person's findings, without their hash."""
    first, tables = results.about["first"], results.tables
    names = ("overall", "next", "worse", "symptoms", "start", "fortnights")
    copy = {name: tables[name] for name in names} | {
        "groups": _groups(tables["groups"]),
        "contrasts": ordered(told_apart(tables["contrasts"])),
        "worse_after": _worse(tables["worse_after"]),
        "series": _series(tables["series"], first),
        "plan": _plan(tables["plan"], first),
        "flags": tables["flags"].assign(last=_numbered(tables["flags"]["last"], first)),
        "refused": tables["refused"][["rule", "n_faults"]],
        "sources": numbered_files(tables["sources"]),
        "remarks": refused_sign(results),
    }
    if results.about["log_people"] > 1:  # its rows are others', too
        unknown = {name: pd.array([pd.NA] * len(copy["sources"]), "Int64") for name in ROWS}
        copy["sources"] = copy["sources"].assign(**unknown)
    # Hours between sessions come from clock times.
    copy["next"] = copy["next"].assign(n_timed=0, hours_median=np.nan)
    return Findings(_about(results), copy)


def _about(results: Findings) -> dict[str, Any]:
    about = results.about
    names = ("people", "sessions", "complete", "days", "longest_gap", "days_median")
    rows = ("rows", "used", "refused", "dropped", "skipped", "blank")
    of_several = about["log_people"] > 1
    # The rows of a log of several people are others', too.
    counts = dict.fromkeys(rows) if of_several else {name: about[name] for name in rows}
    return (
        common_about(results)
        | {name: about[name] for name in names}
        | counts
        | {"log_people": 1, "of_several": of_several}
    )


def _numbered(times: pd.Series, first: str | None) -> pd.Series:
    """Return days as numbers from 1, missing where there is none."""
    if first is None:
        return pd.Series(pd.NA, times.index, "Int64")
    return days_from(times, first).astype("Int64")


def _series(series: pd.DataFrame, first: str | None) -> pd.DataFrame:
    """Return one person's sessions in order, by day instead of time."""
    days = _numbered(series["started_at"], first)
    return without_own_terms(series).assign(started_at=days, minutes=to_five(series["minutes"]))


def _groups(groups: pd.DataFrame) -> pd.DataFrame:
    """Return one person's groups; sessions of several own words are added up, averages are not."""
    groups = without_own_terms(groups.assign(minutes=to_five(groups["minutes"])))
    alike = groups.duplicated(KEY, keep=False)
    counts = ["n_all", "n_sessions", "n_missing"]
    added = groups[KEY].join(groups.groupby(KEY)[counts].transform("sum"))
    blank = [name for name in groups if groups[name].dtype.kind in "if" and name not in counts]
    one = groups.assign(
        **{name: added[name] for name in counts},
        **{name: groups[name].astype("float64").mask(alike) for name in blank},
        **{name: groups[name] & ~alike for name in ("few", "imprecise")},
        reason=groups["reason"].mask(alike, MERGED),
    )
    return ordered(one.drop_duplicates(KEY))


def _worse(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events by technique; those of several own words are added up."""
    renamed, key = without_own_terms(events), ["technique", "event", "scale"]
    added = renamed.groupby(key, sort=False)
    counts = added[["n_with", "n_sessions"]].sum()
    people = added[["people_with", "n_people"]].max()
    return ordered(counts.join(people).reset_index())


def _plan(plan: pd.DataFrame, first: str | None) -> pd.DataFrame:
    """Return a plan by days of the log, without the seed, which is in the file of the plan."""
    renamed = without_own_terms(plan)
    kept = renamed[renamed["technique"] != renamed["reference"]].reset_index(drop=True)
    days = {name: _numbered(kept[name], first) for name in ("first_day", "last_day")}
    return kept.assign(seed=pd.Series([NOT_SHOWN] * len(kept), dtype="str"), **days)
