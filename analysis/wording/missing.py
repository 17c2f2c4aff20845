"""Sessions without a rating after, in words: what they could change, and whose they are."""

import pandas as pd

from analysis.findings import Findings
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people

_OFTEN = "People often stop logging when a session went badly."


def missing_block(results: Findings) -> Block:
    """Return what the missing ratings could change."""
    lines = results.tables["overall_sensitivity"]
    by_scale = lines[lines["n_missing"] > 0].groupby("scale")
    sentences = [_what_if(scale, cell, results) for scale, cell in by_scale]
    if not sentences:
        return Block(_TITLE, ("No rating after is missing in what is summarised.",))
    return Block(_TITLE, (" ".join([*sentences, _OFTEN]),))


_TITLE = "If “after” is missing"


def _what_if(scale: str, lines: pd.DataFrame, results: Findings) -> str:
    first = next(lines.itertuples())
    overall = results.tables["overall"]
    row = overall[(overall["sessions_of"] != "rest") & (overall["scale"] == scale)].iloc[0]
    every = row["n_sessions"] + row["n_missing"]
    known = (
        f"{numbers.counted(first.n_missing, every)} sessions other than rest have no after rating"
    )
    if pd.isna(first.estimate):
        return f"{known}: {numbers.reason(first, min_people(results))}."
    warned = f", over {numbers.percent(enough.MISSING_WARNED)}: read with care"
    means = lines.set_index("assumption")["estimate"].map(numbers.points)
    two, unit = ("2 points", "points") if scale == "NRS0-10" else ("20 mm", "mm")
    return (
        f"{known}{warned * first.much_missing}. Average drop in {unit}: complete sessions only "
        f"{means['complete']}; if those had no change {means['no change']}; {two} worse "
        f"{means['2 points worse']}; {two} better {means['2 points better']}."
        f"{_as_no(scale, results)}"
    )


def _as_no(scale: str, results: Findings) -> str:
    """Return the shares of sessions if every missing rating were no change of that size."""
    shares = [
        table[(table["scale"] == scale)].set_index("rule")["share"].map(numbers.percent)
        for table in (results.tables["overall_missing_as_no"], results.tables["overall_responders"])
    ]
    two = numbers.two(scale, results.about["parameters"]["vas_two"])
    words = {"30 percent": "30 % or more lower", "2 points": f"{two} or more lower"}
    told = ", ".join(
        f"{text} after {shares[0][rule]} instead of {shares[1][rule]}"
        for rule, text in words.items()
    )
    return f" Missing counted as not reached: {told}."


def missing_figure(results: Findings) -> Block:
    """Return how many sessions have no rating after, by technique and starting pain."""
    title = "No rating after, by technique and starting pain"
    bands = results.tables["missing_after"]
    if bands.empty:
        return Block(title, ("No session to count.",))
    totals = missing_totals(bands)
    by_technique = bands.groupby(["technique", "scale"], sort=False)
    rows = [
        _by_start(total, parts, min_people(results))
        for total, (_, parts) in zip(totals.itertuples(), by_technique, strict=True)
    ]
    table = TextTable(
        "Sessions without a rating after, of all, by starting pain (on a scale of mm, ten times that)",
        ("technique", "people", *bands["band"].unique(), "all"),
        rows,
        (False, *[True] * 5),
    )
    shown = totals.dropna(subset="share")
    if shown.empty:
        return Block(title, ("No technique has enough people to draw.",), table)
    told = "; ".join(
        f"{row.label}: {numbers.counted(row.n_missing, row.n_sessions)}"
        for row in shown.itertuples()
    )
    alt = f"Bar chart of the share of sessions without a rating after, 0 to 100 %. {told}."
    note = (
        f"Dashed line: above {numbers.percent(enough.MISSING_WARNED)} is warned of; dotted line: above "
        f"{numbers.percent(enough.MISSING_REFUSED)} a group is not shown."
    )
    return Block(title, (note,), table, figure="missing_after", alt=alt)


def _by_start(total, parts: pd.DataFrame, least: int) -> tuple[str, ...]:
    people = numbers.count(total.n_people)
    if pd.isna(total.share):
        few = numbers.reason(next(parts.itertuples()), least)
        return (total.label, people, few, *[numbers.UNKNOWN] * 3)
    counts = [
        numbers.counted(row.n_missing, row.n_sessions) for row in (*parts.itertuples(), total)
    ]
    return (total.label, people, *counts)


def missing_totals(bands: pd.DataFrame) -> pd.DataFrame:
    """Return the bands of each technique added up, with the ``share`` without after and a ``label``.

    One row per technique and scale, in their order: n_people, n_missing, n_sessions, share; NaN where
    people are too few.
    """
    by_technique = bands.groupby(["technique", "scale"], sort=False)
    totals = by_technique[["n_missing", "n_sessions"]].sum(min_count=1)
    totals = totals.assign(n_people=by_technique["n_people"].first()).reset_index()
    return totals.assign(
        share=totals["n_missing"] / totals["n_sessions"],
        label=[
            numbers.name("technique", row.technique) + numbers.scale(row)
            for row in totals.itertuples()
        ],
    )


def sensitivity_table(results: Findings) -> Block:
    """Return for every group what the missing ratings could change."""
    lines = results.tables["sensitivity"]
    rows = [
        _group(cell, min_people(results))
        for _, cell in lines.groupby(["region", "technique", "scale"], sort=False)
    ]
    table = TextTable(
        "Average drop in points (mm on the 0 to 100 scale) with its 95 % interval",
        (
            "region, technique",
            "no after",
            "complete only",
            "no change",
            "2 points worse*",
            "2 better*",
        ),
        rows,
        (False, True, *[False] * 4),
    )
    note = "* 20 mm on the 0 to 100 scale; never beyond the scale. A refilled session counts like any other."
    return Block("If “after” is missing, group by group", (note,), table)


def _group(cell: pd.DataFrame, least: int) -> tuple[str, ...]:
    first = next(cell.itertuples())
    name = (numbers.cell_name(first), numbers.count(first.n_missing))
    if pd.isna(first.estimate):
        return (*name, numbers.reason(first, least), *[numbers.UNKNOWN] * 3)
    return (*name, *[numbers.mean(row.estimate, row.low, row.high) for row in cell.itertuples()])
