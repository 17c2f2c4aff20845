"""The share copy of a cohort: no count of a small group, not by subtraction either.

Three rules hide a group (the model is OpenSAFELY's, 7 or fewer redacted, others rounded to 5):

1. A count under 8 is "under 8", 0 too, and has no estimate; every other count is rounded to 5, so
   that it is one of five numbers.
2. No whole stands beside all of its parts. Sessions are counted of the log and of events, not of
   groups; groups have people, who may be in several. Of k of n, k is not told where n - k is under 8.
   What is left are bounds: people together are at most the sum of those of each group.
   ``_hide_largest`` and ``_told`` hide a count where such a bound leaves fewer than three values.
3. Values are rounded to one decimal, shares to whole percents, because a mean with all its digits
   tells how many it is of. What tells the number of people through a known formula is absent: standard
   deviations, p-values, degrees of freedom, largest shares, Wilson's intervals. A t interval stands,
   because its width depends on a spread that is not told. The average of a region is not told beside
   a hidden group of it, nor that of all sessions where the hidden groups have under 8 people together.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.about import ordered
from analysis.findings.data import Findings
from analysis.findings.shared_names import (
    KEY,
    MERGED,
    NOT_SHOWN,
    STEP,
    common_about,
    numbered_files,
    refused_sign,
    to_five,
    told_apart,
    without_own_terms,
)
from analysis.language import N_
from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.vocabulary import COMBINED, REST

#: Fewer than this are not counted; other counts are rounded to a multiple of ``STEP``.
LEAST = 8
UNDER = N_("under 8")
#: Stands for k of n where those left are too few.
ALL_BUT = N_("all but under 8")

#: Reasons of a copy why a number is NaN.
FEW = N_("under 8 people")
TELLS = N_("not shown, it would tell of a group that is hidden")

# Most that a rounded count can be off.
_OFF = STEP // 2


def cohort_copy(results: Findings) -> Findings:
    """Return the copy of a cohort's findings, without their hash."""
    about, tables = results.about, results.tables
    least = max(LEAST, about["parameters"]["min_people"])
    copy = {
        "overall": _overall(tables),
        "regions": _regions(tables),
        "cells": _cells(tables["cells"]),
        "contrasts": _contrasts(tables["contrasts"]),
        "responders": _responders(tables),
        "missing": _missing(tables),
        "flags": _cohort_flags(tables["flags"], about["people"]),
        "sources": numbered_files(tables["sources"])[["file"]],
        "remarks": refused_sign(results),
    }
    copy |= _of_sessions(tables, about)
    told = _cohort_about(results)
    told["parameters"] |= {"min_people": least, "vas_two": about["parameters"]["vas_two"]}
    return Findings(told, _audited(copy, told["people"]))


def _cohort_about(results: Findings) -> dict[str, Any]:
    about = results.about
    # A log without a session has nobody to hide; "under 8" would be read as some.
    counts = {name: rounded(about[name]) for name in ("people", "sessions", "complete", "refused")}
    if not about["sessions"]:
        counts |= {"people": 0, "sessions": 0, "complete": 0}
    days = about["days_median"]
    counts["days_median"] = None if days is None else rounded(round(days))
    return common_about(results) | counts | {"without_rows": bool(about.get("without_rows"))}


def _values(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return a table of a cohort with its people as text; values rounded, or missing with a reason."""
    few = table["n_people"] < LEAST
    reasons = table["reason"].mask(few & (table["reason"] != enough.COMBINED_PARTS), FEW)
    # Where nothing varies, the average is everybody's own.
    shown = reasons.eq("")
    values = {name: table[name].astype("float64").round(1).where(shown) for name in names}
    people = pd.Series([rounded(n) for n in table["n_people"]], table.index, "str")
    return table.assign(n_people=people, reason=reasons.astype("str"), **values)


_ESTIMATE = ["mean_before", "estimate", "low", "high"]


def _reductions(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return rows of ``reduction``; what warns of few people or a wide interval is of what is shared."""
    shared = _values(table, _ESTIMATE)
    return _marked(shared)[[*keys, "n_people", *_ESTIMATE, "few", "imprecise", "reason"]]


def _marked(shared: pd.DataFrame) -> pd.DataFrame:
    unit = shared["scale"].map({name: of["two_points"] / 20 for name, of in SCALES.items()})
    unit = unit.astype(float)  # of no row, it would stay text
    few = [text.isdigit() and int(text) < enough.FEW_PEOPLE for text in shared["n_people"]]
    wide = (shared["high"] - shared["low"]) / 2 > enough.IMPRECISE * unit
    return shared.assign(few=pd.Series(few, shared.index, bool), imprecise=wide.astype(bool))


def _hide(table: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    """Return rows of ``_reductions`` without the values of some."""
    which = which & table["reason"].eq("")
    values = {name: table[name].mask(which) for name in _ESTIMATE}
    marks = {name: table[name] & ~which for name in ("few", "imprecise")}
    return table.assign(**values, **marks, reason=table["reason"].mask(which, TELLS))


def _overall(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the overall rows; without values where hidden groups in them have under 8 people together."""
    counted = _counted(tables)
    shared = _reductions(tables["overall"], ["sessions_of", "scale"])
    tells = []
    for row in tables["overall"].itertuples():
        kind = (counted["technique"] == REST) == (row.sessions_of == "rest")
        cells = counted[kind & (counted["scale"] == row.scale)]
        inside = cells["told"] if row.sessions_of != "rest" else _sessions(cells) != row.n_sessions
        people = cells.loc[cells["hidden"] & inside, "n_people"].sum()
        tells.append(0 < people < LEAST)
    return _hide(shared, pd.Series(tells, shared.index, bool))


def _counted(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the cells that enter a summary: whether hidden, and whether their region holds hidden ones.

    A report leaves small groups out of a summary that would give them away; then the sessions of the
    summary are those of the groups that are shown.
    """
    cells = tables["cells"]
    alone = cells[~cells[KEY].eq(COMBINED).any(axis=1)].reset_index(drop=True)
    alone = alone.assign(hidden=alone["n_people"] < LEAST)
    worked = alone[alone["technique"] != REST]
    shown = {key: _sessions(here) for key, here in worked.groupby(["region", "scale"])}
    holding = {
        (row.region, row.scale)
        for row in tables["regions"].itertuples()
        if shown.get((row.region, row.scale), 0) != row.n_sessions
    }
    told = [(row.region, row.scale) in holding for row in alone.itertuples()]
    return alone.assign(told=pd.Series(told, alone.index, bool))


def _sessions(cells: pd.DataFrame) -> int:
    """Return the sessions of the groups that are shown."""
    return int(cells.loc[~cells["hidden"], "n_sessions"].sum())


def _regions(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the regions; one whose sessions hold a hidden group has no values."""
    counted = _counted(tables)
    holding = counted[counted["told"]]
    pairs = set(zip(holding["region"], holding["scale"], strict=True))
    shared = _reductions(tables["regions"], ["region", "scale"])
    tells = [(row.region, row.scale) in pairs for row in shared.itertuples()]
    return _merged(_hide(shared, pd.Series(tells, shared.index, bool)), ["region", "scale"])


def _cells(cells: pd.DataFrame) -> pd.DataFrame:
    shared = _reductions(cells, KEY)
    minutes = to_five(cells["minutes"]).where(cells["n_people"] >= LEAST)
    return _merged(shared.assign(minutes=minutes), KEY)


def _merged(table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return a table without own words; of rows that now coincide one is left, without a number.

    People may be in several of them, and averages cannot be averaged.
    """
    renamed = without_own_terms(table)
    alike = renamed.duplicated(key, keep=False)
    blank = [name for name in renamed if renamed[name].dtype == "float64"]
    one = renamed.assign(
        n_people=renamed["n_people"].mask(alike, NOT_SHOWN),
        reason=renamed["reason"].mask(alike, MERGED),
        few=renamed["few"] & ~alike,
        imprecise=renamed["imprecise"] & ~alike,
        **{name: renamed[name].mask(alike) for name in blank},
    )
    return ordered(one.drop_duplicates(key))


_UNADJUSTED = ["unadjusted", "unadjusted_low", "unadjusted_high"]


def _contrasts(contrasts: pd.DataFrame) -> pd.DataFrame:
    compared = told_apart(contrasts)
    lines = compared["line"].mask(compared["n_people"] < LEAST, "").astype("str")
    values = ["estimate", "low", "high", *_UNADJUSTED]
    # An unadjusted line has a reason why there is no adjusted one, and its values stay.
    shared = _values(compared.assign(reason=compared["reason"].mask(lines != "", "")), values)
    reasons = shared["reason"].mask(lines != "", compared["reason"])
    names = [*KEY, "reference", "n_people", *values, "line", "few", "depends", "reason"]
    depends = compared["depends"] & lines.eq("adjusted")
    return ordered(_marked(shared).assign(line=lines, reason=reasons, depends=depends)[names])


def _responders(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return shares that stand for 8 people or more and leave out as many, and people as k of n."""
    rules = tables["overall_responders"]
    rules = rules[rules["rule"].isin(["30 percent", "2 points"])].reset_index(drop=True)
    stands = rules["share"] * rules["n_people"]
    # If everybody had one session, the share would be one of people.
    shown = rules["reason"].eq("") & (stands >= LEAST) & (rules["n_people"] - stands >= LEAST)
    values = {name: rules[name].round(2).where(shown) for name in ("share", "low", "high")}
    people = [
        UNDER if pd.isna(row.people) else _part(row.people, row.people_of, 0)
        for row in rules.itertuples()
    ]
    counts = {
        "people": pd.Series(people, rules.index, "str"),
        "people_of": pd.Series([rounded(n) for n in rules["people_of"]], rules.index, "str"),
    }
    return rules[["scale", "rule"]].assign(**counts, **values)


def _missing(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what missing ratings could change, where 8 or more are missing and the average is told."""
    lines, overall = tables["overall_sensitivity"], _overall(tables)
    told = overall[(overall["sessions_of"] != "rest") & overall["reason"].eq("")]
    shown = lines["scale"].isin(told["scale"]) & (lines["n_missing"] >= LEAST)
    kept = lines[shown & lines["estimate"].notna()].reset_index(drop=True)
    return kept[["scale", "assumption"]].assign(estimate=kept["estimate"].round(1))


def _cohort_flags(flags: pd.DataFrame, n_all: int) -> pd.DataFrame:
    """Return the warning signs; how many people, where both they and the others are 8 or more."""
    people = flags["n_people"].astype("Int64")
    shown = (people.ge(LEAST) & (n_all - people).ge(LEAST)).fillna(False).astype(bool)
    counts = {
        name: ((flags[name].astype("Int64") + _OFF) // STEP * STEP).where(shown)
        for name in ("n", "n_people")
    }
    unknown = pd.array([pd.NA] * len(flags), "Int64")
    return flags[["rule", "text", "sign"]].assign(**counts, total=unknown, last=unknown)


def _of_sessions(tables: dict[str, pd.DataFrame], about: dict) -> dict[str, pd.DataFrame]:
    """Return the tables that need the sessions; sums of sites have only one of them."""
    least = about["parameters"]["min_people"]
    shared = {"worse": _events(tables["worse"], ["event", "scale"], least)}
    if "symptoms" in tables:
        states = tables["symptoms"]
        states = states[states["state"].isin(["worse", "present"])].reset_index(drop=True)
        shared["symptoms"] = _symptoms(states, least)
    if "weeks" in tables:
        shared["weeks"] = _weeks(tables["weeks"])
    if "next" in tables:
        values = [f"{when}{end}" for when in ("immediate", "next") for end in ("", "_low", "_high")]
        names = ["sessions_of", "scale", "n_people", *values, "reason"]
        shared["next"] = _values(tables["next"], values)[names]
    return shared


def _events(table: pd.DataFrame, key: list[str], least: int) -> pd.DataFrame:
    """Return in how many people, and after how many sessions, something was higher."""
    rows = []
    for row in table.itertuples():
        people = _part(row.people_with, row.n_people, least)
        told = people.isdigit() and row.n_sessions - row.n_with >= LEAST
        sessions = rounded(row.n_with) if told else NOT_SHOWN
        rows.append((people, rounded(row.n_people), sessions, rounded(row.n_sessions)))
    columns = ["people_with", "n_people", "n_with", "n_sessions"]
    counts = pd.DataFrame(rows, columns=columns, index=table.index, dtype="str")
    return table[key].join(counts)


def _symptoms(states: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return in how many of all people a symptom was there, and in how many it was higher after."""
    every = states["symptom"].map(
        states[states["state"] == "present"].set_index("symptom")["n_people"]
    )
    people = [
        _part(row.people_with, n, least) for row, n in zip(states.itertuples(), every, strict=True)
    ]
    return states[["symptom", "state"]].assign(
        people_with=pd.Series(people, states.index, "str"),
        n_people=pd.Series([rounded(n) for n in every], states.index, "str"),
    )


def _weeks(weeks: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks by number; one is missing where nobody logged."""
    values = ["lower_quartile", "median", "upper_quartile"]
    number = (weeks["week"] - weeks["week"].min()).dt.days // 7 + 1
    shown = weeks["n_people"] >= LEAST
    rated = {name: weeks[name].round(1).where(shown) for name in values}
    people = pd.Series([rounded(n) for n in weeks["n_people"]], weeks.index, "str")
    return pd.DataFrame({"week": number.astype("int64"), "n_people": people, **rated})


# What could be had by subtraction


def _audited(tables: dict[str, pd.DataFrame], people: str | int) -> dict[str, pd.DataFrame]:
    """Return the tables without the counts that tell a hidden one by a sum."""
    cells, regions, overall = (tables[name].copy() for name in ("cells", "regions", "overall"))
    for place, row in regions.iterrows():
        here = (cells["region"] == row["region"]) & (cells["technique"] != REST)
        if _told(row["n_people"], cells.loc[here & (cells["scale"] == row["scale"]), "n_people"]):
            regions.loc[place, "n_people"] = NOT_SHOWN
    for place, row in overall.iterrows():
        kind = (cells["technique"] == REST) == (row["sessions_of"] == "rest")
        parts = [cells.loc[kind & (cells["scale"] == row["scale"]), "n_people"]]
        if row["sessions_of"] != "rest":
            parts.append(regions.loc[regions["scale"] == row["scale"], "n_people"])
        if any(_told(row["n_people"], part) for part in parts):
            overall.loc[place, "n_people"] = NOT_SHOWN
    shared = tables | {"regions": regions, "cells": cells, "overall": overall}
    # All people are at most those of all groups, of both rows of "overall", of all weeks.
    for name in ("cells", "overall", "weeks"):
        if name in shared:
            shared[name] = _hide_largest(shared[name], people)
    return shared


def _told(whole: str, parts: pd.Series) -> bool:
    """Return whether a hidden part can be had: people together are at most the sum of all parts."""
    if not str(whole).isdigit() or UNDER not in set(parts):
        return False
    most = sum(map(_most, parts)) - (LEAST - 1)
    return int(whole) - _OFF - most >= LEAST - 2


def _most(text: str) -> float:
    """Return the most that a shared count can be."""
    if text == UNDER:
        return LEAST - 1
    return int(text) + _OFF if text.isdigit() else math.inf


def _hide_largest(table: pd.DataFrame, whole: str | int) -> pd.DataFrame:
    """Return a table of parts without its largest count, where all of them would tell a hidden one."""
    if not _told(str(whole), table["n_people"]):
        return table
    sizes = [int(text) if text.isdigit() else 0 for text in table["n_people"]]
    largest = pd.Series(range(len(table)), table.index) == int(np.argmax(sizes))
    return table.assign(n_people=table["n_people"].mask(largest, NOT_SHOWN))


def rounded(n: float | None) -> str:
    """Return a count as it is shared.

    >>> [rounded(n) for n in (0, 7, 8, 12, 13)]
    ['under 8', 'under 8', '10', '10', '15']
    """
    if pd.isna(n) or n < LEAST:
        return UNDER
    return str((int(n) + _OFF) // STEP * STEP)


def _part(k: float | None, n: float, min_people: int) -> str:
    """Return k of n people as it is shared; the report hid k where it is under ``min_people``."""
    if pd.isna(k) and min_people > LEAST:
        return NOT_SHOWN
    if rounded(k) == UNDER or n - k >= LEAST:
        return rounded(k)
    return ALL_BUT
