"""The share copy in words: the same pages without days, names and small groups.

One person's blocks are those of the report, of shared findings. A cohort's are made here: its counts
are texts, and what a reader could subtract is not said.
"""

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.findings.shared_copy import LEAST, NOT_SHOWN, STEP, UNDER
from analysis.sessions import RULES
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    WITHOUT_ROWS,
    Block,
    TextTable,
    raised,
    synthetic,
    warning_block,
    without_sessions,
)
from analysis.wording.contrasts import compared
from analysis.wording.groups import footnotes, rule_words
from analysis.wording.person import person_blocks

#: The first sentence of one person's copy.
NOT_ANONYMOUS = "Not anonymous to someone who knows this person."
_COHORT_COPY = (
    f"Share copy: no names, notes or dates; counts under {LEAST} are not told, nor what would tell them, "
    f"and the others are rounded to {STEP}."
)
_PERSON_COPY = (
    "Share copy: no notes, question, dates or clock times; day 1 is that of the first session, minutes are "
    f"to the nearest {STEP}, own words for a region or technique are “other”."
)


def shared_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of a share copy, in the order of its pages."""
    of_person = results.about["kind"] == "one_person"
    return _person(results) if of_person else _cohort(results)


def footer(results: Findings) -> list[str]:
    """Return the lines at the foot of every page of a copy: its tables' hash, not that of a raw file."""
    about = results.about
    return [
        f"shared tables: SHA-256 {about['tables_sha256']}",
        f"share copy, {numbers.period(about['first'], about['last'])}, reliefbook {about['kit']}"
        if about["sessions"]
        else f"share copy, reliefbook {about['kit']}",
    ]


def _data(results: Findings, *sentences: str) -> Block:
    about = results.about
    parameters = ", ".join(
        f"{key}={'not given' if value is None else value}"
        for key, value in sorted(about["parameters"].items())
    )
    files = ", ".join(results.tables["sources"]["file"])
    return Block(
        "Data",
        (
            *sentences,
            f"Made of the report of {files}. Parameters: {parameters}. Kit: reliefbook {about['kit']}. "
            f"SHA-256 of the shared tables: {about['tables_sha256']}.",
        ),
    )


# One person


def _person(results: Findings) -> dict[str, Block]:
    shown = person_blocks(results)
    del shown["question"]
    head, coverage = shown["head"], shown["coverage"]
    shown["head"] = head._replace(sentences=(NOT_ANONYMOUS, *head.sentences, _PERSON_COPY))
    if results.about["of_several"]:
        sessions = numbers.sessions(results.about["sessions"])
        own = f"{sessions} of this person, in a log of several people."
        shown["coverage"] = coverage._replace(sentences=(own, *coverage.sentences[1:]))
    refused = "; ".join(
        f"{RULES[row.rule][1]} ({numbers.count(row.n_faults)})"
        for row in results.tables["refused"].itertuples()
    )
    told = (f"Refused, and what such a row must have: {refused}.",) if refused else ()
    return shown | {"data": _data(results, *told)}


# A cohort


def _cohort(results: Findings) -> dict[str, Block]:
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": _coverage(results),
        "start_pain": _start_pain(results),
        "symptoms": _symptoms(results),
        "done": _done(results),
        "responders": _responders(results),
        "missing": _missing(results),
        "regions": _regions(results),
        "reduction": _reduction(results),
        "contrasts": _contrasts(results),
        "next": _next(results),
        "limits": _limits(),
        "data": _data(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about = results.about
    who = numbers.people(about["people"])
    when = f", {numbers.period(about['first'], about['last'])}" if about["sessions"] else ""
    return Block(
        f"Self-massage and stretching log: {who}{when}",
        (*synthetic(results), f"Exploratory. {safety.NOT_ADVICE}", _COHORT_COPY),
    )


def _summary(results: Findings) -> Block:
    title, about = "In short", results.about
    if not about["sessions"]:
        return Block(title, ("Nothing to summarise: no session could be used.",))
    if raised(results):
        logged = numbers.sessions(about["sessions"])
        alarm = f"{logged} logged. A warning sign stands in this log: read it first."
        return Block(title, (alarm,))
    followed = [_followed(row) for row in results.tables["overall"].itertuples()]
    cannot = "High pain tends to fall by itself: this log cannot show that massage was why."
    return Block(title, (*followed, cannot))


def _kind(row) -> str:
    kind = "Sessions of rest" if row.sessions_of == "rest" else "Sessions other than rest"
    return kind + ("" if row.scale == "NRS0-10" else " on the 0 to 100 scale")


def _followed(row) -> str:
    """Return what followed the sessions of one overall row, or why that is not told."""
    if row.reason:
        return f"{_kind(row)}: {row.reason}."
    return (
        f"{_kind(row)} were followed by an average {numbers.moved(row.estimate, row.scale)} "
        f"({numbers.moved_interval(row.estimate, row.low, row.high)}; {numbers.people(row.n_people)}); average "
        f"starting pain {numbers.points(row.mean_before)}."
    )


def _coverage(results: Findings) -> Block:
    about = results.about
    sentences = [f"{numbers.sessions(about['sessions'])} used; rows refused: {about['refused']}."]
    if about["sessions"]:
        both = f"Both ratings in {numbers.count(about['complete'])} of them."
        sentences.append(both if about["without_rows"] else f"{both} {_median_days(about)}")
        sentences += [_worse(row) for row in results.tables["worse"].itertuples()]
    return Block("How complete is the log, and who got worse?", tuple(sentences))


def _median_days(about: dict) -> str:
    days = numbers.n_days(about["first"], about["last"])
    return f"The median person logged on {about['days_median']} of {numbers.days(days)}."


_EVENTS = {
    ("pain up by 1", "NRS0-10"): "Pain was up by 1 point or more",
    ("pain up by 2", "NRS0-10"): "Pain was up by 2 points or more",
    ("pain up by 1", "VAS0-100"): "Pain was up by 10 mm of 100 or more",
    ("pain up by 2", "VAS0-100"): "Pain was up by 20 mm of 100 or more",
}


def _worse(row) -> str:
    """Return in how many people something was higher after a session; of few, only that they are few."""
    what = _EVENTS.get((row.event, row.scale), "Numbness or tingling was new or higher")
    sessions = "one or more sessions"
    if row.n_with.isdigit():
        sessions = f"{numbers.count(row.n_with)} of {numbers.sessions(row.n_sessions)}"
    return f"{what} after {sessions}, in {row.people_with} of {numbers.people(row.n_people)}."


def _start_pain(results: Findings) -> Block:
    title = "Pain at the start of sessions, week by week"
    if "weeks" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    weeks = results.tables["weeks"]
    shown = weeks.dropna(subset="median")
    if shown.empty:
        return Block(title, (f"No week has {LEAST} people with a rating from 0 to 10.",))
    first, last = shown.iloc[0], shown.iloc[-1]
    alt = (
        f"Line chart: median starting pain over people in {numbers.plural(len(shown), 'week')}, 0 to 10, "
        f"higher is worse. {numbers.points(first['median'])} in week {first['week']}, "
        f"{numbers.points(last['median'])} in week {last['week']}."
    )
    note = (
        "Line: median over people of each person's mean of the week; band: quartiles. Not the same people "
        "log every week."
    )
    return Block(title, (note,), figure="start_pain", alt=alt)


def _symptoms(results: Findings) -> Block:
    title = "Numbness and tingling"
    if "symptoms" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    lines = [
        f"{name.capitalize()}: new or higher after a session in {states.loc['worse', 'people_with']}, there "
        f"before or after one in {states.loc['present', 'people_with']} of "
        f"{numbers.people(states.loc['present', 'n_people'])}."
        for name, states in (
            (name, rows.set_index("state"))
            for name, rows in results.tables["symptoms"].groupby("symptom", sort=False)
        )
    ]
    return Block(title, (*lines, "Counts, no test. Not answered is not absent."))


def _estimate(row) -> str:
    return numbers.estimate(row, LEAST)


def _done(results: Findings) -> Block:
    cells = results.tables["cells"]
    rows = [
        (
            numbers.cell_name(row),
            numbers.count(row.n_people),
            numbers.rating(row.minutes),
            numbers.points(row.mean_before),
            _estimate(row),
        )
        for row in cells.itertuples()
    ]
    mm = " (mm on the 0 to 100 scale)" * bool(cells["scale"].ne("NRS0-10").any())
    table = TextTable(
        f"Every group that was logged: drop in points{mm}, positive is less pain",
        ("region, technique", "people", "median min", "start", "drop (95 % interval)"),
        rows,
        (False, True, True, True, False),
    )
    return Block("What was done, and what followed", (), table)


def _responders(results: Findings) -> Block:
    title = "Immediate change of at least …"
    rules = results.tables["responders"]
    lines = [_rule(row, results) for row in rules.itertuples()]
    if not lines or rules["people_of"].eq(UNDER).all():
        return Block(title, ("No group has enough people to show.",))
    return Block(title, (*lines, *footnotes(rules["scale"])))


def _rule(row, results: Findings) -> str:
    share = numbers.share(row.share, row.low, row.high)
    told = f"{share} of sessions (average of people's shares)" if row.share == row.share else ""
    where = "" if row.scale == "NRS0-10" else " on the 0 to 100 scale"
    people = f"people's own average change in {row.people} of {numbers.people(row.people_of)}"
    return (
        f"Sessions other than rest{where}, {rule_words(row.scale, results)[row.rule]}: "
        f"{told or 'share of sessions not shown'}; {people}."
    )


def _missing(results: Findings) -> Block:
    title, lines = "If “after” is missing", results.tables["missing"]
    sentences = []
    for scale, cell in lines.groupby("scale"):
        means = cell.set_index("assumption")["estimate"].map(numbers.points)
        two, unit = ("2 points", "points") if scale == "NRS0-10" else ("20 mm", "mm")
        sentences.append(
            f"Average drop in {unit}, sessions other than rest: complete sessions only {means['complete']}; "
            f"if those without a rating after had no change {means['no change']}; {two} worse "
            f"{means['2 points worse']}; {two} better {means['2 points better']}."
        )
    often = "People often stop logging when a session went badly."
    few = f"Not shown: {UNDER} ratings are missing, or too few people are summarised."
    return Block(title, (*sentences, often) if sentences else (few,))


def _regions(results: Findings) -> Block:
    regions = results.tables["regions"]
    regions = regions[regions["region"] != COMBINED]
    rows = [
        (
            numbers.name("region", row.region) + numbers.scale(row),
            numbers.count(row.n_people),
            numbers.points(row.mean_before),
            _estimate(row),
        )
        for row in regions.itertuples()
    ]
    if not rows:
        return Block("Where people worked", ("No region was logged.",))
    table = TextTable(
        "Average drop in pain by region, all techniques but rest (points; positive is less pain)",
        ("region", "people", "start", "drop (95 % interval)"),
        rows,
        (False, True, True, False),
    )
    told = "; ".join(f"{row[0]}: {row[-1]}, {numbers.people(row[1])}" for row in rows)
    note = "People chose the regions for their own reasons; the numbers do not compare them."
    alt = f"Body map, seen from behind. Average drop in pain by region: {told}."
    return Block("Where people worked", (note,), table, figure="regions", alt=alt)


def _reduction(results: Findings) -> Block:
    title, cells = "Pain reduction per group", results.tables["cells"]
    told = "; ".join(
        f"{numbers.cell_name(row)}: {_estimate(row)}, {numbers.people(row.n_people)}"
        for row in cells[cells["estimate"].notna()].itertuples()
    )
    if not told:
        return Block(title, ("No group has enough people to draw.",))
    note = "Ring and bar: mean over people and its 95 % interval. Right of 0 is less pain."
    alt = f"Plot of the drop in pain by group, with mean and 95 % interval. {told}."
    return Block(title, (note,), figure="reduction", alt=alt)


def _contrasts(results: Findings) -> Block:
    title, contrasts = "Same people, same starting pain", results.tables["contrasts"]
    if contrasts.empty:
        return Block(title, ("No two techniques to compare on one region.",))
    rows = [
        (
            compared(row),
            numbers.count(row.n_people) + " (few)" * row.few,
            *_lines(row),
        )
        for row in contrasts.itertuples()
    ]
    table = TextTable(
        "Difference in drop, in people who logged both (points); no p-value in a share copy",
        ("region: technique − reference", "people", "adjusted", "unadjusted"),
        rows,
        (False, True, False, False),
    )
    asked = results.about["parameters"]["reference"]
    default = "rest where it was logged, else the technique of most people"
    notes = [f"Reference: {'set before the run' if asked else default}."]
    depends = "; ".join(compared(row) for row in contrasts[contrasts["depends"]].itertuples())
    if depends:
        notes.append(
            f"{depends}: Depends on the adjustment for starting pain – not a robust finding."
        )
    return Block(title, tuple(notes), table)


def _lines(row) -> tuple[str, str]:
    """Return the adjusted and the unadjusted line of a comparison, or why there is none."""
    unadjusted = numbers.difference(row.unadjusted, row.unadjusted_low, row.unadjusted_high)
    adjusted = numbers.difference(row.estimate, row.low, row.high)
    return (adjusted if row.line == "adjusted" else numbers.reason(row, LEAST), unadjusted)


def _next(results: Findings) -> Block:
    title = "Immediate, and at the next session"
    if "next" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    lines = [_following(row) for row in results.tables["next"].itertuples()]
    if not lines:
        return Block(title, ("No session of one region to follow.",))
    note = (
        "Next: the same person's next session in the region within 7 days; both drops are from the start "
        "of the first. People start again when it hurts; this can hide a lasting change."
    )
    return Block(title, (*lines, note))


def _following(row) -> str:
    if pd.isna(row.immediate):
        return f"{_kind(row)}: {numbers.reason(row, LEAST)}."
    first, then = (
        f"{numbers.moved(value, row.scale)} ({numbers.moved_interval(value, low, high)})"
        for value, low, high in (
            (row.immediate, row.immediate_low, row.immediate_high),
            (row.next, row.next_low, row.next_high),
        )
    )
    return (
        f"{_kind(row)}: average {first} right after, average {then} at the start of the next; "
        f"{numbers.people(row.n_people)}."
    )


def _limits() -> Block:
    return Block(
        "Method and limits",
        (
            CANNOT_SHOW,
            "The unit is the person: own sessions are averaged first, every person counts once. Intervals "
            "are 95 % t intervals over people, not adjusted for their number. Order is the guide's, never by "
            "result.",
            f"“{UNDER}” is 0 to {LEAST - 1}. “{NOT_SHOWN}”: it would tell of a hidden group, or cannot be added "
            "up. Own words for a region or technique are “other”. Rounded counts need not add up. The report "
            "that this copy was made of has every group, p-values and all checks.",
        ),
    )
