"""Every group of a cohort in words: what was done, what followed, how often by how much."""

from collections.abc import Callable

import pandas as pd

from analysis.findings import Findings
from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import ONLY_COMBINED, WITHOUT_ROWS, Block, TextTable, min_people

#: Beside every share of sessions or people, on any scale.
STAR = "* Like the 30 %, set for change over weeks, not one session."
#: Beside every share on the 0 to 10 scale, once a report (statistics.md, 12).
BENCHMARK = (
    f"{STAR} Untreated ratings after a personal high: 54 % (≥2), 36 % (≥30 %); see note.",
    "Note: Sessions are started when pain is high, and high pain tends to fall by itself. In a published "
    "app cohort of chronic back pain, before any study treatment, ratings at least 1.5 above the "
    "person's own average were followed within 24 hours by a rating 1.9 points lower on average; "
    "54 % were ≥2 points lower, 36 % ≥30 % lower. Usual care was not recorded; ratings were hours "
    "apart, so this probably overstates change within minutes. (Recomputed from public raw data: "
    "siddharth-r-tiwari/pain-variability-and-relief.)",
)


def footnotes(scales: pd.Series) -> tuple[str, ...]:
    """Return what stands beside shares on these scales: the benchmark is of the 0 to 10 scale."""
    if scales.empty:
        return ()
    return BENCHMARK if scales.eq("NRS0-10").any() else (STAR,)


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
        f"Every group that was logged, analysed or not: drop ({numbers.units(cells['scale'])}), positive "
        "is less pain; shares are averages over people of each person's share of sessions",
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
    notes = (*cell_notes(cells), *_sizes(results), *_no_minutes(results))
    return Block("What was done, and what followed", notes, table)


def _sizes(results: Findings) -> list[str]:
    """Return what 2 less and 2 more are in mm, where a group is on that scale."""
    mm = bool(results.tables["cells"]["scale"].ne("NRS0-10").any())
    vas_two = results.about["parameters"]["vas_two"]
    return [f"On the 0 to 100 scale, 2 less is {vas_two} mm less, 2 more is 20 mm more."] * mm


def _no_minutes(results: Findings) -> list[str]:
    return [f"Median minutes: {WITHOUT_ROWS}"] * bool(results.about.get("without_rows"))


#: The rules shown beside every group: at least 30 % and 2 points less, and 2 points worse.
_SHARES = ("30 percent", "2 points", "worse by 2")


def _people(row: pd.Series) -> str:
    """Return how many people's mean change meets a rule."""
    if pd.isna(row["people"]):
        return numbers.UNKNOWN
    return f"{numbers.count(row['people'])} of {numbers.count(row['people_of'])}"


def cell_notes(cells: pd.DataFrame, name: Callable = numbers.cell_name) -> list[str]:
    """Return what warns of the averages of ``reduction``, each row under its name."""
    heavy = cells[cells["largest_share"] > enough.HEAVY_LOGGER]
    point = cells["scale"].map({scale: of["two_points"] / 20 for scale, of in SCALES.items()})
    differ = (cells["estimate"] - cells["session_estimate"]).abs() / point
    unequal = cells[differ > enough.WEIGHTS_DIFFER]
    warned = cells[cells["estimate"].notna() & (cells["missing_share"] > enough.MISSING_WARNED)]
    notes = [
        _listed(
            f"One person gave over {numbers.percent(enough.HEAVY_LOGGER)} of the sessions in",
            heavy,
            name,
            lambda row: numbers.above(row.largest_share, enough.HEAVY_LOGGER),
        ),
        _listed(
            "Counting sessions instead of people, dominated by heavy loggers, would give",
            unequal,
            name,
            lambda row: numbers.points(row.session_estimate),
        ),
        _listed(
            f"Over {numbers.percent(enough.MISSING_WARNED)} of the sessions have no after rating, read "
            "with care",
            warned,
            name,
            lambda row: numbers.above(row.missing_share, enough.MISSING_WARNED),
        ),
    ]
    if cells["imprecise"].any():
        mm = " (10 mm)" * bool(cells.loc[cells["imprecise"], "scale"].ne("NRS0-10").any())
        notes.append(
            f"Too imprecise: the interval reaches more than 1 point{mm} to each side, too imprecise "
            "to tell a useless from a useful difference."
        )
    return [note for note in notes if note]


def _listed(what: str, cells: pd.DataFrame, name: Callable, value: Callable) -> str:
    """Return "what: buttocks, rest (31 %); ...", or nothing for no cell."""
    named = "; ".join(f"{name(row)} ({value(row)})" for row in cells.itertuples())
    return f"{what}: {named}." if named else ""


def responder_block(results: Findings) -> Block:
    """Return how often sessions were followed by a change of at least so much."""
    title = "Immediate change of at least …"
    overall = results.tables["overall_responders"]
    lines = [
        line
        for scale, rules in overall.groupby("scale")
        if rules["share"].notna().any()
        for line in _responders(scale, rules.set_index("rule"), results)
    ]
    # The table of groups has shares too, also where those of all together are not shown.
    everywhere = pd.concat([overall, results.tables["responders"]])
    notes = footnotes(everywhere.loc[everywhere["share"].notna(), "scale"])
    return Block(title, (*(lines or [_not_shown(overall, results)]), *notes))


def _not_shown(overall: pd.DataFrame, results: Findings) -> str:
    """Return why there are no shares of all groups together."""
    if results.tables["overall"].empty:
        return ONLY_COMBINED
    whole = overall.drop_duplicates("scale").itertuples()
    reasons = dict.fromkeys(numbers.reason(row, min_people(results)) for row in whole)
    return f"Not shown: {'; '.join(reasons) or 'no session other than rest'}."


def rule_words(scale: str, results: Findings) -> dict[str, str]:
    """Return each rule's words on a scale; what counts as worse is no setting."""
    two = numbers.two(scale, results.about["parameters"]["vas_two"])
    return {
        "30 percent": "30 % or more lower",
        "2 points": f"{two} or more lower*",
        "both": "both",
        "worse by 2": f"{numbers.two(scale)} or more higher",
    }


def _responders(scale: str, rules: pd.DataFrame, results: Findings) -> list[str]:
    """Return the lines of one scale: shares of sessions, people, sessions that start low or high."""
    words = rule_words(scale, results)
    least = min_people(results)
    shares = "; ".join(_share(text, rules.loc[rule], least) for rule, text in words.items())
    where = "" if scale == "NRS0-10" else " on the 0 to 100 scale"
    n_people = int(rules["n_people"].max())
    line = (
        f"Sessions other than rest{where}, average of {numbers.people(n_people)}'s shares "
        f"({'few people, ' * bool(numbers.few(n_people, least))}95 % interval): {shares} of sessions."
    )
    people = "; ".join(
        f"{words[rule]} in {numbers.counted(row['people'], row['people_of'])} "
        f"({numbers.share_interval(row['people_low'], row['people_high'])})"
        for rule, row in rules.reindex(["30 percent", "2 points"])
        .dropna(subset="people")
        .iterrows()
    )
    means = f"People's own mean change (95 % interval): {people}."
    return [line, means, _low_starts(scale, rules, results)]


def _share(words: str, rule: pd.Series, least: int) -> str:
    """Return a rule's share of sessions, or why there is none."""
    if pd.isna(rule["share"]):
        return f"{words}: {numbers.reason(rule, least)}"
    return f"{words} after {numbers.share(rule['share'], rule['low'], rule['high'])}"


def _low_starts(scale: str, rules: pd.DataFrame, results: Findings) -> str:
    """Return how many sessions started too low to fall far, and the shares of those that did not."""
    overall = results.tables["overall"]
    row = overall[(overall["sessions_of"] != "rest") & (overall["scale"] == scale)].iloc[0]
    floor, end_0 = (
        numbers.counted(round(row[name] * row["n_sessions"]), row["n_sessions"])
        for name in ("floor_share", "end_0_share")
    )
    low, high = ("1", "4") if scale == "NRS0-10" else ("10 mm", "40 mm")
    left_out = numbers.sessions(int(rules["n_start_0"].iloc[0]))
    return (
        f"Left out of the 30 %: {left_out} that started at 0{_who_started(rules)}. {floor} started at "
        f"{low} or below, {end_0} ended at 0. Only those that started at {high} or above: "
        f"{_from_4(scale, results)}."
    )


def _who_started(rules: pd.DataFrame) -> str:
    """Return how many people the 30 % is of, where some never started above 0."""
    every = rules["n_people"].max()
    fewer = rules["n_people"].get("30 percent", every)
    left = f", so that it is of the {numbers.people(int(fewer))} who ever started above 0"
    return left * bool(0 < fewer < every)


def _from_4(scale: str, results: Findings) -> str:
    """Return the shares of sessions that started high enough for both rules to ask the same."""
    table = results.tables["overall_from_4"]
    rules = table[table["scale"] == scale].set_index("rule")
    first = next(rules.itertuples())
    if first.reason:
        return numbers.reason(first, min_people(results))
    share, words = rules["share"].map(numbers.percent), rule_words(scale, results)
    told = ", ".join(f"{words[rule]} after {share[rule]}" for rule in ("30 percent", "2 points"))
    people = numbers.people(first.n_people) + numbers.few(first.n_people, min_people(results))
    return f"{told}; {people}, {numbers.sessions(int(first.n_sessions))}"
