"""The appendix of the cohort report, in words: the same log counted in other ways."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import _
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people, without_sessions
from analysis.wording.comparisons import (
    behind_table,
    between_table,
    intervals_table,
    pairs_table,
)
from analysis.wording.contrasts import compared, people_of
from analysis.wording.groups import footnotes, rule_words
from analysis.wording.missing import missing_figure, sensitivity_table
from analysis.wording.regions import regions_block

_CELL = ["region", "technique", "scale"]


def appendix_figures(results: Findings) -> dict[str, Block]:
    """Return the blocks of the appendix that have a figure, by name."""
    shown = {
        "regions": regions_block(results),
        "curve": _curve(results),
        "slopes": _slopes(results),
        "missing_after": missing_figure(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def appendix_tables(results: Findings) -> dict[str, Block]:
    """Return the tables of the appendix by name; none is a second answer to the pages before it."""
    shown = {
        "spread": _spread(results),
        "from_zero": _from_zero(results),
        "shares": _shares(results),
        "people": _people(results),
        "sensitivity": sensitivity_table(results),
        "behind": behind_table(results),
        "intervals": intervals_table(results),
        "between": between_table(results),
        "all_pairs": pairs_table(results),
        "complete_blocks": _complete_blocks(results),
        "refitted": _refitted(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _curve(results: Findings) -> Block:
    title = _("How large people's own average change was")
    curve = results.tables["overall_curve"].dropna(subset="value")
    if curve.empty:
        none = _("No group of sessions other than rest has enough people to draw.")
        return Block(title, (none,))
    told = " ".join(
        _steps(scale, steps, results.about["parameters"]["vas_two"])
        for scale, steps in curve.groupby("scale")
    )
    note = _(
        "Line: share of people whose average change, over their sessions other than rest, was at least so "
        "large; one step a person's own average. Right of 0 is less pain."
    )
    beside = f"{note} {footnotes(curve['scale'])[0]}"
    alt = _("Cumulative curve of people. {steps}").format(steps=told)
    return Block(title, (beside,), figure="curve", alt=alt)


def _steps(scale: str, steps: pd.DataFrame, vas_two: int) -> str:
    """Return the curve of one scale in words, at no change and at "2 points"."""
    n_people = int(steps["n_people"].iloc[0])
    two = 2 if scale == "NRS0-10" else vas_two
    reached, above = [
        numbers.share_of(
            round(steps.loc[steps["value"] >= size, "share"].max() * n_people), n_people
        )
        if (steps["value"] >= size).any()
        else numbers.share_of(0, n_people)
        for size in (0, two)
    ]
    low, high = (numbers.points(steps["value"].agg(end)) for end in ("min", "max"))
    told = _(
        "Smallest drop {low}, largest {high} points. 0 or more: {reached} people; {two} or more: {above}."
    )
    if scale != "NRS0-10":
        told = _(
            "Smallest drop {low}, largest {high} mm of 100. 0 or more: {reached} people; {two} or more: "
            "{above}."
        )
    size = numbers.two(scale, vas_two)
    return told.format(low=low, high=high, reached=reached, two=size, above=above)


def _slopes(results: Findings) -> Block:
    title = _("Before and after, person by person")
    means = results.tables["person_means"]
    if means.empty:
        return Block(title, (_("No group has enough people to draw."),))
    one = _("{group}: lower after in {lower} people, higher in {higher}")
    told = "; ".join(
        one.format(
            group=numbers.cell_name(next(people.itertuples())),
            lower=numbers.counted((people["value"] > 0).sum(), len(people)),
            higher=numbers.count((people["value"] < 0).sum()),
        )
        for _key, people in means.groupby(_CELL, sort=False)
    )
    note = _(
        "Line: one person's own average before and after; higher is worse. Solid: lower after; dashed: not."
    )
    alt = _("Slope graph of people's average pain before and after, the whole scale. {groups}.")
    return Block(title, (note,), figure="slopes", alt=alt.format(groups=told))


def _refused(row, least: int, n_columns: int) -> tuple[str, ...]:
    """Return the row of a group that shows only its people."""
    blank = [numbers.UNKNOWN] * (n_columns - 3)
    return (numbers.cell_name(row), numbers.count(row.n_people), numbers.reason(row, least), *blank)


def _spread(results: Findings) -> Block:
    cells, least = results.tables["cells"], min_people(results)
    columns = (
        _("region, technique"),
        _("people"),
        _("median of people (SD)"),
        _("people less / same / more pain"),
        _("sessions a person, median (most)"),
        _("largest share"),
        _("counting sessions"),
        _("worse by 2"),
        _("started at 1 or below"),
        _("ended at 0"),
    )
    rows = [
        _of_cell(row) if pd.notna(row.estimate) else _refused(row, least, len(columns))
        for row in cells.itertuples()
    ]
    table = TextTable(
        _(
            "How people and sessions differ in every group (points, on the 0 to 100 scale mm; 2 is 20 mm, 1 "
            "is 10 mm)"
        ),
        columns,
        rows,
        (False, True, False, True, True, True, False, True, True, True),
    )
    note = _(
        "Largest share: of the sessions, one person's. Counting sessions: the average over sessions "
        "instead of people, with its 95 % interval, dominated by heavy loggers."
    )
    return Block(_("People and sessions in every group"), (note,), table)


def _of_cell(row) -> tuple[str, ...]:
    people = (row.positive, row.zero, row.negative)
    sessions = (row.worse_share, row.floor_share, row.end_0_share)
    return (
        numbers.cell_name(row),
        numbers.count(row.n_people),
        f"{numbers.points(row.median)} ({numbers.points(row.sd)})",
        " / ".join(numbers.count(round(share * row.n_people)) for share in people),
        f"{numbers.rating(row.sessions_median)} ({numbers.count(row.sessions_max)})",
        numbers.percent(row.largest_share),
        numbers.mean(row.session_estimate, row.session_low, row.session_high),
        *[numbers.counted(round(share * row.n_sessions), row.n_sessions) for share in sessions],
    )


def _from_zero(results: Findings) -> Block:
    cells, least = results.tables["cells"], min_people(results)
    rows = [
        (
            numbers.cell_name(row),
            numbers.count(row.n_people),
            numbers.estimate(row, least),
            numbers.p_value(row.p_value),
            numbers.p_value(row.p_signed_rank),
        )
        for row in cells.itertuples()
    ]
    table = TextTable(
        _(
            "Average drop (points, on the 0 to 100 scale mm), and two tests of 0; not adjusted for their "
            "number"
        ),
        (
            _("region, technique"),
            _("people"),
            _("drop (95 % interval)"),
            _("t\u00a0p"),
            _("signed-rank\u00a0p"),
        ),
        rows,
        (False, True, False, True, True),
    )
    note = _(
        "Pain that is high tends to fall by itself, so a small p says nothing of a technique. The "
        "signed-rank test with Pratt's zeros is of symmetry about 0, not of the mean; exact up to 200 "
        "people, asymptotic above."
    )
    title = _(
        "Is the average recorded change different from zero? (This does not test the technique.)"
    )
    return Block(title, (note,), table)


def _lines(results: Findings, name: str) -> dict[tuple[str, str], tuple]:
    """Return the rows of a table of rules by group and rule, sessions other than rest first."""
    overall, groups = results.tables[f"overall_{name}"], results.tables[name]
    all_but_rest = _("all but rest")
    lines = {(f"{all_but_rest}{numbers.scale(row)}", row.rule): row for row in overall.itertuples()}
    return lines | {(numbers.cell_name(row), row.rule): row for row in groups.itertuples()}


def _shares(results: Findings) -> Block:
    names = ("responders", "from_4", "missing_as_no")
    every, from_4, as_no = (_lines(results, name) for name in names)
    least = min_people(results)
    rows = [
        (
            group,
            rule_words(row.scale, results)[rule],
            *[_share(lines.get((group, rule)), least) for lines in (every, from_4, as_no)],
        )
        for (group, rule), row in every.items()
        if not row.reason or rule == "30 percent"  # a hidden group is said to be so once
    ]
    table = TextTable(
        _("Average over people of each person's share of sessions, with its 95 % interval"),
        (
            _("group"),
            _("change"),
            _("all sessions"),
            _("started at 4 or above"),
            _("missing counted as not reached"),
        ),
        rows,
        (False,) * 5,
    )
    note = _(
        "4 is 40 mm on the 0 to 100 scale. From a low start, 30 % is a small change, and 2 points are "
        "out of reach below 2. Missing is not counted as worse."
    )
    notes = (note, *_footnote(results))
    return Block(_("Shares of sessions, counted in other ways"), notes, table)


def _footnote(results: Findings) -> tuple[str, ...]:
    """Return the line beside the shares of all groups, where there is one; its note stands before."""
    tables = (results.tables[name] for name in ("overall_responders", "responders"))
    scales = [table.loc[table["share"].notna(), "scale"] for table in tables]
    return footnotes(pd.concat(scales))[:1]


def _share(row, least: int) -> str:
    if row is None:
        return numbers.UNKNOWN
    return numbers.reason(row, least) if row.reason else numbers.share(row.share, row.low, row.high)


def _people(results: Findings) -> Block:
    rows = [
        (
            group,
            rule_words(row.scale, results)[rule],
            numbers.share_of(int(row.people), int(row.people_of)),
            numbers.share_interval(row.people_low, row.people_high),
            numbers.share_interval(row.exact_low, row.exact_high),
        )
        for (group, rule), row in _lines(results, "responders").items()
        if not row.reason
    ]
    title = _("People by their own average change")
    if not rows:
        return Block(title, (_("No group has enough people to show."),))
    table = TextTable(
        _("People whose average change is that large, with two 95 % intervals"),
        (_("group"), _("change"), _("people"), "Wilson", "Clopper-Pearson"),
        rows,
        (False, False, True, True, True),
    )
    note = _("Clopper and Pearson's interval is exact and wider.")
    return Block(title, (note, *_footnote(results)), table)


def _complete_blocks(results: Findings) -> Block:
    rows = [
        _blocks(row, min_people(results)) for row in results.tables["complete_blocks"].itertuples()
    ]
    table = TextTable(
        _("Friedman's test in people who logged every usual technique of a region"),
        (_("region"), _("techniques"), _("people"), _("chi-square (df)"), "p"),
        rows,
        (False, False, True, False, True),
    )
    note = _(
        "It asks whether drops are distributed alike over the techniques of a person; it says nothing of "
        "any pair and is not adjusted for starting pain."
    )
    return Block(_("People who logged every technique"), (note,), table)


def _blocks(row, least: int) -> tuple[str, ...]:
    codes = row.techniques.split(", ") if row.techniques else []
    tested = f"{numbers.two_decimals(row.chi_square)} ({numbers.count(row.df)})"
    return (
        numbers.name("region", row.region) + numbers.scale(row),
        ", ".join(numbers.name("technique", code) for code in codes) or numbers.UNKNOWN,
        numbers.count(row.n_people),
        numbers.reason(row, least) if row.reason else tested,
        numbers.p_value(row.p_value),
    )


def _refitted(results: Findings) -> Block:
    title = _("Bootstrap and mixed model")
    if "bootstrap" not in results.tables:
        asked = _("Not computed: run the report with more_checks=True (-p more_checks=true).")
        return Block(title, (asked,))
    model = results.tables.get("mixed_model", pd.DataFrame(columns=[*_CELL, "reference"]))
    fits = {_key(row): row for row in model.itertuples()}
    rows = [
        _two_fits(row, fits.get(_key(row)), results)
        for row in results.tables["bootstrap"].itertuples()
    ]
    table = TextTable(
        _("Averages, then comparisons with the reference (points, on the 0 to 100 scale mm)"),
        (_("group"), _("people"), _("bootstrap over people (95 %)"), _("mixed model (95 %)")),
        rows,
        (False, True, False, False),
    )
    note = _(
        "Beside the t intervals of the pages before, never instead. Bootstrap: 15 to 29 people are few. "
        "Mixed model: random technique slope, z interval, too narrow with few people."
    )
    return Block(title, (note,), table)


def _key(row) -> tuple[str, ...]:
    return (row.region, row.technique, row.scale, row.reference)


def _two_fits(row, model, results: Findings) -> tuple[str, ...]:
    write = numbers.difference if row.reference else numbers.mean
    least = min_people(results)
    fitted = numbers.UNKNOWN
    if model is not None:
        known = numbers.difference(model.estimate, model.z_low, model.z_high)
        fitted = numbers.reason(model, least) if model.reason else known
    drawn, shown = write(row.estimate, row.low, row.high), not row.reason or pd.notna(row.estimate)
    return (
        compared(row) if row.reference else numbers.cell_name(row),
        people_of(row),
        _with_dropped(row, drawn if shown else numbers.reason(row, least)),
        fitted,
    )


def _with_dropped(row, told: str) -> str:
    """Return a cell with how many draws had nothing to compute, where there were any."""
    if not row.n_dropped:
        return told
    dropped = numbers.counted(row.n_dropped, row.n_draws)
    return _("{told}; {dropped} draws dropped").format(told=told, dropped=dropped)
