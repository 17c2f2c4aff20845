"""Every group of a cohort in words: what was done, what followed, how often by how much."""

from collections.abc import Callable

import pandas as pd

from analysis.findings import Findings
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people

_FLUCTUATION = (
    "Sessions are started when pain is high, and high pain tends to fall by itself. In a published "
    "app cohort of chronic back pain, before any study treatment, ratings at least 1.5 above the "
    "person's own average were followed within 24 hours by a rating 1.9 points lower on average; "
    "54 % were ≥2 points lower, 36 % ≥30 % lower. Usual care was not recorded; ratings were hours "
    "apart, so this probably overstates change within minutes. (Recomputed from public raw data: "
    "siddharth-r-tiwari/pain-variability-and-relief.)"
)


def done_block(results: Findings) -> Block:
    """Return every group, analysed or not: people first, starting pain beside the reduction."""
    cells, least = results.tables["cells"], min_people(results)
    keys = ["region", "technique", "scale"]
    rules = results.tables["responders"].set_index([*keys, "rule"])
    rows = []
    for row in cells.itertuples():
        logged = numbers.count(row.n_sessions + row.n_missing)
        known = not row.reason or row.reason == enough.NO_VARIATION
        shares = [rules.loc[(row.region, row.technique, row.scale, rule)] for rule in _SHARES]
        rows.append(
            (
                numbers.cell_name(row),
                numbers.count(row.n_people),
                numbers.rating(row.minutes) if known else numbers.UNKNOWN,
                f"{numbers.count(row.n_missing)} of {logged}",
                numbers.points(row.mean_before),
                numbers.estimate(row, least),
                *[numbers.percent(share["share"]) for share in shares],
                _people(shares[0]),
            )
        )
    table = TextTable(
        "Every group that was logged, analysed or not: drop in points, positive is less pain; shares are "
        "averages over people of each person's share of sessions",
        (
            "region, technique",
            "people",
            "median min",
            "no after, of sessions",
            "start",
            "drop (95 % interval)",
            "30\u00a0%\u00a0less",
            "2 less*",
            "2 more",
            "people 30\u00a0%\u00a0less",
        ),
        rows,
        (False, True, True, True, True, False, True, True, True, True),
    )
    return Block("What was done, and what followed", tuple(_done_notes(cells)), table)


#: The rules shown beside every group: at least 30 % and 2 points less, and 2 points worse.
_SHARES = ("30 percent", "2 points", "worse by 2")


def _people(row: pd.Series) -> str:
    """Return how many people's mean change meets a rule."""
    if pd.isna(row["people"]):
        return numbers.UNKNOWN
    return f"{numbers.count(row['people'])} of {numbers.count(row['people_of'])}"


def _done_notes(cells: pd.DataFrame) -> list[str]:
    heavy = cells[cells["largest_share"] > enough.HEAVY_LOGGER]
    unequal = cells[(cells["estimate"] - cells["session_estimate"]).abs() > enough.WEIGHTS_DIFFER]
    warned = cells[cells["estimate"].notna() & (cells["missing_share"] > enough.MISSING_WARNED)]
    notes = [
        _listed(
            f"One person gave over {numbers.percent(enough.HEAVY_LOGGER)} of the sessions in",
            heavy,
            lambda row: numbers.percent(row.largest_share),
        ),
        _listed(
            "Counting sessions instead of people, dominated by heavy loggers, would give",
            unequal,
            lambda row: numbers.points(row.session_estimate),
        ),
        _listed(
            f"Over {numbers.percent(enough.MISSING_WARNED)} of the sessions have no after rating, read "
            "with care",
            warned,
            lambda row: numbers.percent(row.missing_share),
        ),
    ]
    if cells["imprecise"].any():
        notes.append(
            "Too imprecise: the interval reaches more than 1 point to each side, too imprecise "
            "to tell a useless from a useful difference."
        )
    return [note for note in notes if note]


def _listed(what: str, cells: pd.DataFrame, value: Callable) -> str:
    """Return "what: buttocks, rest (31 %); ...", or nothing for no cell."""
    named = "; ".join(f"{numbers.cell_name(row)} ({value(row)})" for row in cells.itertuples())
    return f"{what}: {named}." if named else ""


def responder_block(results: Findings) -> Block:
    """Return how often sessions were followed by a change of at least so much."""
    title = "Immediate change of at least …"
    overall = results.tables["overall_responders"]
    lines = [
        _shares(scale, rules.set_index("rule"))
        for scale, rules in overall[overall["share"].notna()].groupby("scale")
    ]
    if not lines:
        return Block(title, ("Not enough people to show.",))
    notes = (
        "* The thresholds were set for change over weeks, not within one session. Untreated ratings "
        "after a personal high: 54 % (≥2), 36 % (≥30 %); see note.",
        f"Note: {_FLUCTUATION}",
    )
    benchmark = notes if overall["scale"].eq("NRS0-10").any() else ()
    return Block(title, (*lines, *benchmark))


def _shares(scale: str, rules: pd.DataFrame) -> str:
    two = "20 mm" if scale == "VAS0-100" else "2 points"
    words = {
        "30 percent": "30 % or more lower after",
        "2 points": f"{two} or more lower* after",
        "both": "both after",
        "worse by 2": f"{two} or more higher after",
    }
    shares = "; ".join(
        f"{text} {numbers.percent(rules['share'].get(rule))} of sessions"
        for rule, text in words.items()
        if rule in rules.index
    )
    scale_words = "" if scale == "NRS0-10" else " on the 0 to 100 scale"
    n_people = int(rules["n_people"].max())
    line = f"Sessions other than rest{scale_words}, average of {numbers.people(n_people)}'s shares: {shares}."
    if "30 percent" not in rules.index:
        return line
    people = rules.loc["30 percent"]
    low, high = (numbers.percent(people[name]) for name in ("people_low", "people_high"))
    counted = numbers.share_of(int(people["people"]), int(people["people_of"]))
    left_out = numbers.plural(int(people["n_start_0"]), "session")
    fewer = int(people["n_people"])
    of_fewer = f", which is of the {numbers.people(fewer)} who ever started above 0" * (
        fewer < n_people
    )
    return (
        f"{line} {left_out} that started at 0 are left out of the 30 %{of_fewer}. People whose mean drops by "
        f"30 % or more: {counted}, 95 % interval {low} to {high}."
    )
