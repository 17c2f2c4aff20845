"""Sessions without a rating after, in words: what they could change, and whose they are."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _, pgettext
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people

_OFTEN = N_("People often stop logging when a session went badly.")


def missing_block(results: Findings) -> Block:
    """Return what the missing ratings could change."""
    lines = results.tables["overall_sensitivity"]
    by_scale = lines[lines["n_missing"] > 0].groupby("scale")
    sentences = [_what_if(scale, cell, results) for scale, cell in by_scale]
    title = _("If “after” is missing")
    if not sentences:
        return Block(title, (_("No rating after is missing in what is summarised."),))
    return Block(title, (" ".join([*sentences, _(_OFTEN)]),))


def _what_if(scale: str, lines: pd.DataFrame, results: Findings) -> str:
    first = next(lines.itertuples())
    overall = results.tables["overall"]
    row = overall[(overall["sessions_of"] != "rest") & (overall["scale"] == scale)].iloc[0]
    missing = numbers.counted(first.n_missing, row["n_sessions"] + row["n_missing"])
    if pd.isna(first.estimate):
        refused = _("{missing} sessions other than rest have no after rating: {reason}.")
        return refused.format(missing=missing, reason=numbers.reason(first, min_people(results)))
    sentences = (
        _known(missing, much=first.much_missing),
        _means(scale, lines.set_index("assumption")["estimate"]),
        _as_no(scale, results),
    )
    return " ".join(sentences)


def _known(missing: str, *, much: bool) -> str:
    """Return how many sessions are without after, with a warning where they are many."""
    if not much:
        told = _("{missing} sessions other than rest have no after rating.")
        return told.format(missing=missing)
    told = _(
        "{missing} sessions other than rest have no after rating, over {limit}: read with care."
    )
    return told.format(missing=missing, limit=numbers.percent(enough.MISSING_WARNED))


def _means(scale: str, estimates: pd.Series) -> str:
    """Return the average drop under every assumption on the sessions without after."""
    in_points = _(
        "Average drop in points: complete sessions only {complete}; if those had no change {same}; 2 points "
        "worse {worse}; 2 points better {better}."
    )
    in_mm = _(
        "Average drop in mm: complete sessions only {complete}; if those had no change {same}; 20 mm worse "
        "{worse}; 20 mm better {better}."
    )
    means = estimates.map(numbers.points)
    return (in_points if scale == "NRS0-10" else in_mm).format(
        complete=means["complete"],
        same=means["no change"],
        worse=means["2 points worse"],
        better=means["2 points better"],
    )


def _as_no(scale: str, results: Findings) -> str:
    """Return the shares of sessions if every missing rating were no change of that size."""
    shares = [
        table[(table["scale"] == scale)].set_index("rule")["share"].map(numbers.percent)
        for table in (results.tables["overall_missing_as_no"], results.tables["overall_responders"])
    ]
    told = _(
        "Missing counted as not reached: 30 % or more lower after {share_30} instead of {known_30}, {two} or "
        "more lower after {share_2} instead of {known_2}."
    )
    return told.format(
        share_30=shares[0]["30 percent"],
        known_30=shares[1]["30 percent"],
        two=numbers.two(scale, results.about["parameters"]["vas_two"]),
        share_2=shares[0]["2 points"],
        known_2=shares[1]["2 points"],
    )


def missing_figure(results: Findings) -> Block:
    """Return how many sessions have no rating after, by technique and starting pain."""
    title = _("No rating after, by technique and starting pain")
    bands = results.tables["missing_after"]
    if bands.empty:
        return Block(title, (_("No session to count."),))
    totals = missing_totals(bands)
    by_technique = bands.groupby(["technique", "scale"], sort=False)
    rows = [
        _by_start(total, parts, min_people(results))
        for total, (_key, parts) in zip(totals.itertuples(), by_technique, strict=True)
    ]
    table = TextTable(
        _(
            "Sessions without a rating after, of all, by starting pain (on a scale of mm, ten times "
            "that)"
        ),
        (_("technique"), _("people"), *map(_, bands["band"].unique()), pgettext("sessions", "all")),
        rows,
        (False, *[True] * 5),
    )
    shown = totals.dropna(subset="share")
    if shown.empty:
        return Block(title, (_("No technique has enough people to draw."),), table)
    told = "; ".join(
        f"{row.label}: {numbers.counted(row.n_missing, row.n_sessions)}"
        for row in shown.itertuples()
    )
    alt = _("Bar chart of the share of sessions without a rating after, 0 to 100 %. {groups}.")
    note = _(
        "Dashed line: above {warned} is warned of; dotted line: above {refused} a group is not shown."
    ).format(
        warned=numbers.percent(enough.MISSING_WARNED),
        refused=numbers.percent(enough.MISSING_REFUSED),
    )
    return Block(title, (note,), table, figure="missing_after", alt=alt.format(groups=told))


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
        for _key, cell in lines.groupby(["region", "technique", "scale"], sort=False)
    ]
    table = TextTable(
        _("Average drop in points (mm on the 0 to 100 scale) with its 95 % interval"),
        (
            _("region, technique"),
            _("no after"),
            _("complete only"),
            _("no change"),
            _("2 points worse*"),
            _("2 better*"),
        ),
        rows,
        (False, True, *[False] * 4),
    )
    note = _(
        "* 20 mm on the 0 to 100 scale; never beyond the scale. A refilled session counts like any other."
    )
    return Block(_("If “after” is missing, group by group"), (note,), table)


def _group(cell: pd.DataFrame, least: int) -> tuple[str, ...]:
    first = next(cell.itertuples())
    name = (numbers.cell_name(first), numbers.count(first.n_missing))
    if pd.isna(first.estimate):
        return (*name, numbers.reason(first, least), *[numbers.UNKNOWN] * 3)
    return (*name, *[numbers.mean(row.estimate, row.low, row.high) for row in cell.itertuples()])
