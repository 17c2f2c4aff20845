"""The groups of a cohort's share copy in words: what was done, and what followed."""

import pandas as pd

from analysis.findings import Findings
from analysis.findings.shared_cohort import LEAST, UNDER
from analysis.language import N_, _, pgettext
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, TextTable
from analysis.wording.contrasts import compared
from analysis.wording.groups import footnotes, rule_words

#: Which sessions a row of all groups together is of, of points and of mm.
KINDS = {
    True: (N_("Sessions of rest"), N_("Sessions of rest on the 0 to 100 scale")),
    False: (N_("Sessions other than rest"), N_("Sessions other than rest on the 0 to 100 scale")),
}


def kind_of(row) -> str:
    """Return which sessions a row of all groups together is of."""
    if row.sessions_of != "rest":
        return _other(row)
    points, mm = KINDS[True]
    return _(points) if row.scale == "NRS0-10" else _(mm)


def _other(row) -> str:
    points, mm = KINDS[False]
    return _(points) if row.scale == "NRS0-10" else _(mm)


def of_people(k: str, n: str) -> str:
    """Return "10 of 45 people", "under 8 of 45 people"."""
    return _("{k} of {n}").format(k=numbers.count(k), n=n)


def _estimate(row) -> str:
    return numbers.estimate(row, LEAST)


def done_block(results: Findings) -> Block:
    """Return every group with its people, minutes, starting pain and average drop."""
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
    mm = bool(cells["scale"].ne("NRS0-10").any())
    caption = (
        _(
            "Every group that was logged: drop in points (mm on the 0 to 100 scale), positive is less pain"
        )
        if mm
        else _("Every group that was logged: drop in points, positive is less pain")
    )
    columns = (
        _("region, technique"),
        _("people"),
        _("median min"),
        pgettext("starting pain", "start"),
        _("drop (95 % interval)"),
    )
    table = TextTable(caption, columns, rows, (False, True, True, True, False))
    return Block(_("What was done, and what followed"), (), table)


def responders_block(results: Findings) -> Block:
    """Return how often sessions were followed by a change of at least so much."""
    title = _("Immediate change of at least …")
    rules = results.tables["responders"]
    lines = [_rule(row, results) for row in rules.itertuples()]
    if not lines or rules["people_of"].eq(UNDER).all():
        return Block(title, (_("No group has enough people to show."),))
    return Block(title, (*lines, *footnotes(rules["scale"])))


def _rule(row, results: Findings) -> str:
    text = _(
        "{Sessions}, {rule}: {share} of sessions (average of people's shares); people's own average change "
        "in {people}."
    )
    if row.share != row.share:  # NaN
        text = _(
            "{Sessions}, {rule}: share of sessions not shown; people's own average change in {people}."
        )
    return text.format(
        Sessions=_other(row),
        rule=rule_words(row.scale, results)[row.rule],
        share=numbers.share(row.share, row.low, row.high),
        people=of_people(row.people, numbers.people(row.people_of)),
    )


_MISSING = {
    True: N_(
        "Average drop in points, sessions other than rest: complete sessions only {complete}; if those "
        "without a rating after had no change {no_change}; 2 points worse {worse}; 2 points better {better}."
    ),
    False: N_(
        "Average drop in mm, sessions other than rest: complete sessions only {complete}; if those without "
        "a rating after had no change {no_change}; 20 mm worse {worse}; 20 mm better {better}."
    ),
}


def missing_block(results: Findings) -> Block:
    """Return what ratings that are missing could change."""
    title, lines = _("If “after” is missing"), results.tables["missing"]
    sentences = []
    for scale, cell in lines.groupby("scale"):
        means = cell.set_index("assumption")["estimate"].map(numbers.points)
        in_points = scale == "NRS0-10"
        sentences.append(
            _(_MISSING[in_points]).format(
                complete=means["complete"],
                no_change=means["no change"],
                worse=means["2 points worse"],
                better=means["2 points better"],
            )
        )
    often = _("People often stop logging when a session went badly.")
    few = _("Not shown: {under} ratings are missing, or too few people are summarised.")
    none = few.format(under=numbers.count(UNDER))
    return Block(title, (*sentences, often) if sentences else (none,))


def regions_block(results: Findings) -> Block:
    """Return where people worked, as a table beside the body map; it follows the pages of the HTML."""
    title, regions = _("Where people worked"), results.tables["regions"]
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
        return Block(title, (_("No region was logged."),))
    columns = (
        _("region"),
        _("people"),
        pgettext("starting pain", "start"),
        _("drop (95 % interval)"),
    )
    caption = _(
        "Average drop in pain by region, all techniques but rest (points; positive is less pain)"
    )
    table = TextTable(caption, columns, rows, (False, True, True, False))
    told = "; ".join(
        f"{row[0]}: {row[-1]}, {numbers.people(region.n_people)}"
        for row, region in zip(rows, regions.itertuples(), strict=True)
    )
    note = _("People chose the regions for their own reasons; the numbers do not compare them.")
    alt = _("Body map, seen from behind. Average drop in pain by region: {regions}.")
    return Block(title, (note,), table, figure="regions", alt=alt.format(regions=told))


def reduction_block(results: Findings) -> Block:
    """Return the figure of the drop per group, without the dots, which would be people."""
    title, cells = _("Pain reduction per group"), results.tables["cells"]
    told = "; ".join(
        f"{numbers.cell_name(row)}: {_estimate(row)}, {numbers.people(row.n_people)}"
        for row in cells[cells["estimate"].notna()].itertuples()
    )
    if not told:
        return Block(title, (_("No group has enough people to draw."),))
    note = _("Ring and bar: mean over people and its 95 % interval. Right of 0 is less pain.")
    alt = _("Plot of the drop in pain by group, with mean and 95 % interval. {groups}.")
    return Block(title, (note,), figure="reduction", alt=alt.format(groups=told))


def contrasts_block(results: Findings) -> Block:
    """Return technique against reference in people who logged both, without p-values."""
    title, contrasts = _("Same people, same starting pain"), results.tables["contrasts"]
    if contrasts.empty:
        return Block(title, (_("No two techniques to compare on one region."),))
    few = pgettext("people", "few")
    rows = [
        (compared(row), numbers.count(row.n_people) + f" ({few})" * row.few, *_lines(row))
        for row in contrasts.itertuples()
    ]
    columns = (
        _("region: technique − reference"),
        _("people"),
        _("adjusted"),
        _("unadjusted"),
    )
    caption = _(
        "Difference in drop, in people who logged both (points); no p-value in a share copy"
    )
    table = TextTable(caption, columns, rows, (False, True, False, False))
    notes = [
        _("Reference: set before the run.")
        if results.about["parameters"]["reference"]
        else _("Reference: rest where it was logged, else the technique of most people.")
    ]
    depends = "; ".join(compared(row) for row in contrasts[contrasts["depends"]].itertuples())
    if depends:
        warning = _("Depends on the adjustment for starting pain – not a robust finding.")
        notes.append(f"{depends}: {warning}")
    return Block(title, tuple(notes), table)


def _lines(row) -> tuple[str, str]:
    """Return the adjusted and the unadjusted line of a comparison, or why there is none."""
    unadjusted = numbers.difference(row.unadjusted, row.unadjusted_low, row.unadjusted_high)
    adjusted = numbers.difference(row.estimate, row.low, row.high)
    return (adjusted if row.line == "adjusted" else numbers.reason(row, LEAST), unadjusted)


def next_block(results: Findings) -> Block:
    """Return the immediate change beside the start of the next session."""
    title = _("Immediate, and at the next session")
    if "next" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    lines = [_following(row) for row in results.tables["next"].itertuples()]
    if not lines:
        return Block(title, (_("No session of one region to follow."),))
    note = _(
        "Next: the same person's next session in the region within 7 days; both drops are from the start "
        "of the first. People start again when it hurts; this can hide a lasting change."
    )
    return Block(title, (*lines, note))


def _following(row) -> str:
    if pd.isna(row.immediate):
        return f"{kind_of(row)}: {numbers.reason(row, LEAST)}."
    first, then = (
        f"{numbers.moved(value, row.scale)} ({numbers.moved_interval(value, low, high)})"
        for value, low, high in (
            (row.immediate, row.immediate_low, row.immediate_high),
            (row.next, row.next_low, row.next_high),
        )
    )
    text = _(
        "{Sessions}: average {first} right after, average {then} at the start of the next; {people}."
    )
    people = numbers.people(row.n_people)
    return text.format(Sessions=kind_of(row), first=first, then=then, people=people)
