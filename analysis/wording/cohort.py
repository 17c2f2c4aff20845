"""The cohort report in words."""

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.statistics import enough
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    ONLY_COMBINED,
    WITHOUT_ROWS,
    Block,
    TextTable,
    coverage_block,
    data_block,
    min_people,
    raised,
    synthetic,
    warning_block,
    without_sessions,
)
from analysis.wording.contrasts import contrast_block
from analysis.wording.groups import cell_notes, done_block, responder_block
from analysis.wording.missing import missing_block
from analysis.wording.next_session import next_block
from analysis.wording.since import since_block
from analysis.wording.worse import symptoms_block, worse_after_block


def cohort_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of the cohort report, in the order of the pages."""
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "since": since_block(results),
        "start_pain": _start_pain(results),
        "symptoms": symptoms_block(results),
        "done": done_block(results),
        "responders": responder_block(results),
        "missing": missing_block(results),
        "regions": _regions(results),
        "reduction": _reduction(results),
        "contrasts": contrast_block(results),
        "worse_after": worse_after_block(results),
        "next": next_block(results),
        "limits": _limits(results),
        "data": data_block(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about = results.about
    who = numbers.people(about["people"])
    when = f", {numbers.period(about['first'], about['last'])}" if about["sessions"] else ""
    return Block(
        f"Self-massage and stretching log: {who}{when}",
        (*synthetic(results), f"Exploratory. {safety.NOT_ADVICE}"),
    )


def _summary(results: Findings) -> Block:
    about, sentences = results.about, []
    if not about["sessions"]:
        return Block("In short", ("Nothing to summarise: no session could be used.",))
    overall = results.tables["overall"]
    rest = overall["sessions_of"].eq("rest")
    told = overall[~rest | overall["reason"].eq("")]
    kind = _kind if rest.any() else lambda row: "sessions of all techniques together"
    for row in told.itertuples():
        sentences.append(_followed(row, numbers.capital(kind(row)), min_people(results)))
    sentences += cell_notes(told, lambda row: kind(row) + numbers.scale(row))
    if about["people"] == 1:
        sentences.append("This log is of one person: the report “one_person” is made for it.")
    if raised(results):
        sentences = [
            f"{numbers.sessions(about['sessions'])} logged. A warning sign stands "
            "in this log: read it first."
        ]
    elif overall.empty:
        sentences.append(ONLY_COMBINED)
    else:
        sentences.append(
            "High pain tends to fall by itself: this log cannot show that massage was why."
        )
    return Block("In short", tuple(sentences))


def _kind(row) -> str:
    return "sessions of rest" if row.sessions_of == "rest" else "sessions other than rest"


def _followed(row, kind: str, least: int) -> str:
    """Return what followed the sessions of one overall row."""
    if row.n_people == 0:
        return f"{kind}: {numbers.sessions(row.n_missing)} logged, none with both ratings."
    if row.reason and row.reason != enough.NO_VARIATION:
        to_what = " to summarise" * (row.reason == enough.FEW)
        return (
            f"{kind}: {numbers.sessions(row.n_sessions + row.n_missing)} logged; "
            f"{numbers.reason(row, least)}{to_what}."
        )
    known = (
        f"{numbers.people(row.n_people)}, both ratings in {numbers.count(row.n_sessions)} of "
        f"{numbers.sessions(row.n_sessions + row.n_missing)}"
    )
    spread = (
        "no variation between people"
        if row.reason
        else numbers.moved_interval(row.estimate, row.low, row.high)
    )
    marked = ", ".join([spread, *numbers.marks(row)])
    return (
        f"{kind} were followed by an average {numbers.moved(row.estimate, row.scale)} "
        f"({marked}; {known}); average starting pain {numbers.points(row.mean_before)}."
    )


def _start_pain(results: Findings) -> Block:
    title = "Pain at the start of sessions, week by week"
    if "weeks" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    weeks = results.tables["weeks"]
    shown = weeks.dropna(subset="median")
    if shown.empty:
        few = f"Not enough people in any week ({min_people(results)} needed) to draw a line."
        if weeks.empty:
            few = "No rating from 0 to 10 to draw: this chart takes no other scale."
        return Block(title, (few,))
    first, last = shown.iloc[0], shown.iloc[-1]
    highest = shown.loc[shown["median"].idxmax()]
    alt = (
        f"Line chart: median starting pain over people in {numbers.plural(len(shown), 'week')}, 0 to "
        f"10, higher is worse. {numbers.points(first['median'])} in the week of "
        f"{numbers.day(first['week'])}, {numbers.points(last['median'])} in the week of "
        f"{numbers.day(last['week'])}, highest {numbers.points(highest['median'])} in the week of "
        f"{numbers.day(highest['week'])}."
    )
    note = (
        "Line: median over people of each person's mean of the week; band: quartiles. Not the same "
        "people log every week."
    )
    return Block(title, (note,), figure="start_pain", alt=alt)


def _regions(results: Findings) -> Block:
    regions, least = results.tables["regions"], min_people(results)
    regions = regions[regions["region"] != COMBINED]
    rows = [
        (
            _region(row),
            numbers.count(row.n_people),
            numbers.count(row.n_sessions),
            numbers.points(row.mean_before),
            numbers.estimate(row, least),
        )
        for row in regions.itertuples()
    ]
    table = TextTable(
        "Average drop in pain by region, all techniques but rest "
        f"({numbers.units(regions['scale'])}; positive is less pain)",
        ("region", "people", "sessions", "start", "drop (95 % interval)"),
        rows,
        (False, True, True, True, False),
    )
    if not rows:
        return Block("Where people worked", (_no_region(results),))
    told = "; ".join(
        f"{row[0]}: {row[-1]}, {numbers.people(region.n_people)}"
        for row, region in zip(rows, regions.itertuples(), strict=True)
    )
    return Block(
        "Where people worked",
        (
            "People chose the regions for their own reasons; the numbers do not compare them."
            f"{_rest_beside(results)}",
            *cell_notes(regions, _region),
        ),
        table,
        figure="regions",
        alt=f"Body map, seen from behind. Average drop in pain by region: {told}.",
    )


def _region(row) -> str:
    return numbers.name("region", row.region) + numbers.scale(row)


def _no_region(results: Findings) -> str:
    """Return why no region has a row although there are sessions."""
    if results.tables["overall"].empty:
        return ONLY_COMBINED
    return f"No session other than rest was of one region.{_rest_beside(results)}"


def _rest_beside(results: Findings) -> str:
    """Return what followed rest, which the map leaves out."""
    overall = results.tables["overall"]
    rest = overall[(overall["sessions_of"] == "rest") & (overall["scale"] == "NRS0-10")]
    if rest.empty or rest["estimate"].isna().all():
        return ""
    row = next(rest.itertuples())
    return f" After sessions of rest, left out here: {numbers.estimate(row, min_people(results))}."


def region_labels(regions: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the regions with the ``label`` that stands beside each on the body map.

    The first line is the region's name, the others its numbers, or why there are none. An estimate
    that is written 0.0 is drawn as 0, so that the map never says "pain rose" beside it.
    """
    labels, estimates = [], []
    for row in regions.itertuples():
        known = not row.reason
        few = " (few)" if row.few else ""
        details = (
            [numbers.estimate(row._replace(few=False), least), numbers.people(row.n_people) + few]
            if known
            else [numbers.estimate(row, least)]
        )
        labels.append("\n".join([numbers.name("region", row.region).capitalize(), *details]))
        estimates.append(0.0 if numbers.points(row.estimate) == "0.0" else row.estimate)
    return regions.assign(label=labels, estimate=estimates)


def _reduction(results: Findings) -> Block:
    cells, least = results.tables["cells"], min_people(results)
    told = "; ".join(
        f"{numbers.cell_name(row)}: {numbers.estimate(row, least)}, {numbers.people(row.n_people)}"
        for row in cells.itertuples()
        if not row.reason
    )
    if not told:
        return Block("Pain reduction per person", ("No group has enough people to draw.",))
    alt = f"Dot plot of the drop in pain, one dot a person, with mean and 95 % interval. {told}."
    note = (
        "Dot: one person's own average; ring and bar: mean over people and its 95 % interval. Right of 0 "
        "is less pain."
    )
    return Block("Pain reduction per person", (note,), figure="reduction", alt=alt)


def _limits(results: Findings) -> Block:
    least = min_people(results)
    return Block(
        "Method and limits",
        (
            CANNOT_SHOW,
            "The unit is the person: own sessions are averaged first, every person counts once. "
            f"Intervals are 95 % t intervals over people, not adjusted for their number; that of an adjusted "
            f"line holds the error of its slope too. Under {least} people only the count is shown, under "
            f"{enough.FEW_PEOPLE} “few people”.",
            "No average holds sessions of several parts, without after, or of a group that subtraction would "
            "tell. Order is the guide's, never by result.",
        ),
    )
