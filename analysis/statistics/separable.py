"""Sections 4 and 5, the warning beside them: techniques that a log cannot tell apart.

Two techniques that were always used together, in different months or by different people: no formula
tells them apart, however many sessions there are. Their comparisons keep their numbers; the reason
given here is the warning that stands beside them.
"""

from itertools import product

import numpy as np
import pandas as pd

from analysis.statistics import enough
from analysis.statistics.intervals import mean_of
from analysis.vocabulary import COMBINED

# Why two techniques cannot be told apart, beside too few people (``enough.FEW``).
TOGETHER = "always used together"
DIFFERENT_MONTHS = "used in different months"
DIFFERENT_PEOPLE = "used by different people"

#: From this share of its days shared with the other on, a technique was always used with it.
ALWAYS = 0.90
#: Below this overlap of their calendar ranges, techniques were used in different months.
OVERLAP = 0.50
#: The range of fewer days than this, of either technique, says nothing. Nine people's days drawn at
#: random from the same 90 have a median overlap below 50 % in 68 % of draws with 3 days of each
#: technique, in 21 % with 4 of each, in 5 % with 4 of one and 12 of the other, in 4 % with 5 of each.
RANGE_DAYS = 4

_PERSON = ["region", "participant"]
_USER = [*_PERSON, "technique"]
_PAIR = ["region", "technique", "other"]
_VALUES = ("shared", "shared_other", "overlap")


def separable(sessions: pd.DataFrame, *, min_people: int = enough.MIN_PEOPLE) -> pd.DataFrame:
    """Return for every two techniques of a region whether the log could tell them apart.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, started_at, region, technique, parts_named. Every session is a use,
        rated after or not, on any scale. What a "combined" session names in ``parts_named`` was used
        on its day; an own term of a mapping with ", ", "; " or " + " in it is not found there.
    min_people : int
        With fewer people who used both, only counts are shown.

    Returns
    -------
    DataFrame
        One row per region and two techniques used there, sorted; technique comes before other in
        the alphabet. Counts of people, to be hidden by the caller where they are small:
        n_people_both, only_technique, only_other. Over those who used both, each person weight 1:
        shared, the mean share of a person's days with the technique that have the other too;
        shared_other, the reverse; overlap, the median of days shared by the two calendar ranges /
        days in their union, over the n_people_overlap of them who used each on four days or more
        (NaN if these are fewer than ``min_people``). ``reason`` is "" or the first that holds of:
        ``DIFFERENT_PEOPLE`` (people enough used each of the two, too few used both),
        ``enough.FEW``, ``TOGETHER`` (shared or shared_other is 90 % or more: one of the two was
        hardly ever used without the other), ``DIFFERENT_MONTHS`` (overlap below 50 %). With one of
        the first two, the shares and the overlap are NaN.

    Notes
    -----
    Ranges are from a technique's first to its last day in the log of one person and region, both
    included (statistics.md, 11, Layout check). No reason does not mean that a comparison is fair.
    """
    used = _used(sessions)
    users = used.groupby(["region", "technique"], observed=True)["participant"]
    users = users.nunique().reset_index()
    pairs = users.merge(users.rename(columns={"technique": "other"}), on="region")
    pairs = pairs[pairs["technique"] < pairs["other"]].sort_values(_PAIR, ignore_index=True)
    pairs = pairs.merge(_in_those_with_both(used), how="left", on=_PAIR)
    pairs["overlap"] = pairs["overlap"].where(pairs["n_people_overlap"] >= min_people)
    both = pairs["n_people_both"].fillna(0).astype("int64")
    each = pairs[["participant_x", "participant_y"]]
    few = both < min_people
    always = pairs[["shared", "shared_other"]].max(axis=1).round(10) >= ALWAYS
    apart = pairs["overlap"].round(10) < OVERLAP
    reason = np.select(
        [few & (each.min(axis=1) >= min_people), few, always, apart],
        [DIFFERENT_PEOPLE, enough.FEW, TOGETHER, DIFFERENT_MONTHS],
        default="",
    )
    counts = {
        "n_people_both": both,
        "only_technique": each["participant_x"] - both,
        "only_other": each["participant_y"] - both,
        "n_people_overlap": pairs["n_people_overlap"].fillna(0).astype("int64"),
    }
    values = {name: pairs[name].mask(few) for name in _VALUES}
    told = pd.Series(reason, pairs.index, "str")
    return pairs[_PAIR].astype("str").assign(**counts, **values, reason=told)


def _used(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one row per region, participant, technique and day on which it was used."""
    days = sessions.assign(day=sessions["started_at"].dt.normalize())
    combined = days[["region", "technique"]].eq(COMBINED).any(axis=1)
    texts = days.loc[combined, "parts_named"].unique()
    named = pd.DataFrame(
        [(text, *part) for text in texts for part in _parts(text)],
        columns=["parts_named", "region", "technique"],
        dtype="str",
    )
    of_combined = days.loc[combined, ["participant", "day", "parts_named"]]
    columns = [*_USER, "day"]
    uses = [days.loc[~combined, columns], of_combined.merge(named, on="parts_named")[columns]]
    # Categories, for words are slow to match; ordered, so that one technique comes before another.
    used = pd.concat(uses, ignore_index=True).astype(dict.fromkeys(_USER, "category"))
    return used.assign(technique=used["technique"].cat.as_ordered()).drop_duplicates()


def _parts(named: str) -> list[tuple[str, str]]:
    """Return the pairs of region and technique that ``parts_named`` lists.

    "hip, rest; calf, rest" are pairs. "hip + calf, rest + yoga" does not say which technique was for
    which region: each may have been.
    """
    pairs = []
    for text in named.split("; "):
        regions, _, techniques = text.partition(", ")
        pairs += product(regions.split(" + "), techniques.split(" + "))
    return [pair for pair in dict.fromkeys(pairs) if not {"", COMBINED}.intersection(pair)]


def _in_those_with_both(used: pd.DataFrame) -> pd.DataFrame:
    """Return for every two techniques what the people who used both have, on average."""
    day = used["day"]
    own = used.assign(first=day, last=day, days=1).groupby(_USER, observed=True)
    own = own.agg({"first": "min", "last": "max", "days": "sum"}).reset_index()
    a_day = [*_PERSON, "day"]
    several = used[used.duplicated(a_day, keep=False)]  # most days have one technique, and no match
    same_day = _two_techniques(several, a_day).groupby([*_USER, "other"], observed=True)
    people = _two_techniques(own, _PERSON).merge(
        same_day.size().rename("days_shared").reset_index(),
        how="left",
        on=[*_USER, "other"],
    )
    shared = people["days_shared"].fillna(0)
    people = people.assign(
        shared=shared / people["days"],
        shared_other=shared / people["days_other"],
        overlap=_overlap(people).where(people[["days", "days_other"]].min(axis=1) >= RANGE_DAYS),
    )
    return people.groupby(_PAIR, observed=True, as_index=False).agg(
        n_people_both=("participant", "size"),
        shared=("shared", mean_of),
        shared_other=("shared_other", mean_of),
        n_people_overlap=("overlap", "count"),
        overlap=("overlap", "median"),
    )


def _two_techniques(table: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Return every two rows that agree in ``on``, the technique before the other in the alphabet."""
    others = table.rename(columns={"technique": "other"})
    pairs = table.merge(others, on=on, suffixes=("", "_other"))
    return pairs[pairs["technique"] < pairs["other"]]


def _overlap(people: pd.DataFrame) -> pd.Series:
    """Return the days that two calendar ranges share / the days that either has."""
    one_day = pd.Timedelta(days=1)
    starts, ends = people[["first", "first_other"]], people[["last", "last_other"]]
    shared = (ends.min(axis=1) - starts.max(axis=1) + one_day).clip(lower=pd.Timedelta(0))
    lengths = ends.set_axis([0, 1], axis=1) - starts.set_axis([0, 1], axis=1) + one_day
    return shared / (lengths.sum(axis=1) - shared)
