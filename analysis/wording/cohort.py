"""The cohort report in words."""

from collections.abc import Callable

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.statistics import enough
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    Block,
    TextTable,
    coverage_block,
    data_block,
    raised,
    synthetic,
    warning_block,
)

_LORD = (
    "Adjusted means: at the same starting pain now. If A and B were used in different months with "
    "different pain levels, the adjusted line credits that difference to the technique; the "
    "unadjusted line does not."
)
_DEPENDS = "Depends on the adjustment for starting pain – not a robust finding."
_FLUCTUATION = (
    "Sessions are started when pain is high, and high pain tends to fall by itself. In a published "
    "app cohort of chronic back pain, before any study treatment, ratings at least 1.5 above the "
    "person's own average were followed within 24 hours by a rating 1.9 points lower on average; "
    "54 % were ≥2 points lower, 36 % ≥30 % lower. Usual care was not recorded; ratings were hours "
    "apart, so this probably overstates change within minutes. (Recomputed from public raw data: "
    "siddharth-r-tiwari/pain-variability-and-relief.)"
)


def cohort_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of the cohort report, in the order of the pages."""
    return {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "start_pain": _start_pain(results),
        "done": _done(results),
        "responders": _responders(results),
        "missing": _missing(results),
        "regions": _regions(results),
        "reduction": _reduction(results),
        "contrasts": _contrasts(results),
        "limits": _limits(results),
        "data": data_block(results),
    }


def _min_people(results: Findings) -> int:
    return results.about["parameters"]["min_people"]


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
    for row in results.tables["overall"].itertuples():
        if row.sessions_of == "rest" and row.reason:
            continue
        sentences.append(_followed(row, _min_people(results)))
    if raised(results):
        sentences = [
            f"{numbers.plural(about['sessions'], 'session')} logged. A warning sign stands "
            "in this log: read it first."
        ]
    else:
        sentences.append(
            "High pain tends to fall by itself: this log cannot show that massage was why."
        )
    return Block("In short", tuple(sentences))


def _followed(row, min_people: int) -> str:
    """Return what followed the sessions of one overall row."""
    unit = "" if row.scale == "NRS0-10" else " mm of 100"
    kind = "Sessions of rest" if row.sessions_of == "rest" else "Sessions other than rest"
    if row.n_people == 0:
        return f"{kind}: {numbers.plural(row.n_missing, 'session')} logged, none with both ratings."
    if row.reason and row.reason != enough.NO_VARIATION:
        return (
            f"{kind}: {numbers.plural(row.n_sessions + row.n_missing, 'session')} logged; "
            f"{numbers.reason(row, min_people)} to summarise."
        )
    known = (
        f"{numbers.people(row.n_people)}, both ratings in {numbers.count(row.n_sessions)} of "
        f"{numbers.plural(row.n_sessions + row.n_missing, 'session')}"
    )
    spread = (
        "no variation between people"
        if row.reason
        else f"95 % interval {numbers.interval(row.low, row.high)}"
    )
    return (
        f"{kind} were followed by an average {_moved(row.estimate)}{unit} "
        f"({spread}; {known}); average starting pain {numbers.points(row.mean_before)}."
    )


def _moved(estimate: float) -> str:
    """Return "drop of 1.2 points" or "rise of 0.3 points"; what rounds to 0.0 is no change."""
    size = numbers.points(abs(estimate))
    if size == "0.0":
        return "change of 0.0 points"
    return f"{'drop' if estimate > 0 else 'rise'} of {size} points"


def _start_pain(results: Findings) -> Block:
    weeks = results.tables["weeks"]
    title = "Pain at the start of sessions, week by week"
    shown = weeks.dropna(subset="median")
    if shown.empty:
        few = f"Not enough people in any week ({_min_people(results)} needed) to draw a line."
        return Block(title, (few,), figure="start_pain", alt="No chart: " + few.lower())
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
    regions, least = results.tables["regions"], _min_people(results)
    regions = regions[regions["region"] != COMBINED]
    rows = [
        (
            numbers.name("region", row.region) + _scale(row),
            numbers.count(row.n_people),
            numbers.count(row.n_sessions),
            numbers.points(row.mean_before),
            _estimate(row, least),
        )
        for row in regions.itertuples()
    ]
    table = TextTable(
        "Average drop in pain by region, all techniques but rest (points; positive is less pain)",
        ("region", "people", "sessions", "start", "drop (95 % interval)"),
        rows,
        (False, True, True, True, False),
    )
    told = "; ".join(
        f"{row[0]}: {row[-1]}, {numbers.people(region.n_people)}"
        for row, region in zip(rows, regions.itertuples(), strict=True)
    )
    return Block(
        "Where people worked",
        (
            "People chose the regions for their own reasons; the numbers do not compare them."
            f"{_rest_beside(results)}",
        ),
        table,
        figure="regions",
        alt=f"Body map, seen from behind. Average drop in pain by region: "
        f"{told or 'no region logged'}.",
    )


def _rest_beside(results: Findings) -> str:
    """Return what followed rest, which the map leaves out."""
    overall = results.tables["overall"]
    rest = overall[(overall["sessions_of"] == "rest") & (overall["scale"] == "NRS0-10")]
    if rest.empty or rest["estimate"].isna().all():
        return ""
    row = next(rest.itertuples())
    return f" After sessions of rest, left out here: {_estimate(row, _min_people(results))}."


def region_labels(regions: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return the regions with the ``label`` that stands beside each on the body map.

    The first line is the region's name, the others its numbers, or why there are none. An estimate
    that is written 0.0 is drawn as 0, so that the map never says "pain rose" beside it.
    """
    labels, estimates = [], []
    for row in regions.itertuples():
        known = not row.reason
        few = " (few)" if row.few else ""
        details = (
            [_estimate(row._replace(few=False), min_people), numbers.people(row.n_people) + few]
            if known
            else [_estimate(row, min_people)]
        )
        labels.append("\n".join([numbers.name("region", row.region).capitalize(), *details]))
        estimates.append(0.0 if numbers.points(row.estimate) == "0.0" else row.estimate)
    return regions.assign(label=labels, estimate=estimates)


def _scale(row) -> str:
    return "" if row.scale == "NRS0-10" else " (mm of 100)"


def _estimate(row, min_people: int) -> str:
    """Return "1.2 (0.6 to 1.8)", or why there is none."""
    if row.reason == enough.NO_VARIATION:
        return f"{numbers.points(row.estimate)} (no variation, no interval)"
    if row.reason:
        return numbers.reason(row, min_people)
    marks = " few people" * row.few + " too imprecise" * row.imprecise
    return f"{numbers.points(row.estimate)} ({numbers.interval(row.low, row.high)}){marks}"


def _done(results: Findings) -> Block:
    """Return every group, analysed or not: people first, starting pain beside the reduction."""
    cells, least = results.tables["cells"], _min_people(results)
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
                _estimate(row, least),
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


def _reduction(results: Findings) -> Block:
    cells, least = results.tables["cells"], _min_people(results)
    told = "; ".join(
        f"{numbers.cell_name(row)}: {_estimate(row, least)}, {numbers.people(row.n_people)}"
        for row in cells.itertuples()
        if not row.reason
    )
    alt = (
        f"Dot plot of the drop in pain, one dot a person, with mean and 95 % interval. {told}."
        if told
        else "No dot plot: no group has enough people."
    )
    note = (
        "Dot: one person's own average; ring and bar: mean over people and its 95 % interval. Right of 0 "
        "is less pain."
        if told
        else "No group has enough people to draw."
    )
    return Block("Pain reduction per person", (note,), figure="reduction", alt=alt)


def _contrasts(results: Findings) -> Block:
    contrasts, least = results.tables["contrasts"], _min_people(results)
    title = "Same people, same starting pain"
    columns = (
        "region: technique − reference",
        "people",
        "adjusted",
        "unadjusted",
        "p",
        "Holm p",
        "signed-rank\u00a0p",
    )
    if contrasts.empty:
        return Block(title, ("No two techniques were logged on one region: nothing to compare.",))
    rows = [_contrast(row, least) for row in contrasts.itertuples()]
    family = int(contrasts["p_value"].notna().sum())
    tests = f"; Holm over {numbers.plural(family, 'comparison')}" if family else ""
    table = TextTable(
        f"Difference in drop, in people who logged both (points{tests})",
        columns,
        rows,
        (False, True, False, False, True, True, True),
    )
    asked = results.about["parameters"]["reference"]
    chosen = (
        "set before the run"
        if asked
        else "rest where it was logged, else the technique of most people"
    )
    notes = [f"Reference: {chosen}. {_LORD}"]
    depends = "; ".join(
        _compared(row) for row in contrasts[contrasts["depends"]].itertuples() if _differ(row)
    )
    if depends:
        notes.append(f"{depends}: {_DEPENDS}")
    if contrasts["few_repeats"].any():
        notes.append(
            "Slope from few sessions where fewer than 20 repeated sessions stand behind the "
            "adjustment."
        )
    # Only where too few people logged both: beside a paired line it would be read as a second answer.
    between = results.tables["between"][contrasts["line"].eq("")]
    notes += [_between(row) for row in between[between["reason"] == ""].itertuples()]
    return Block(title, tuple(notes), table)


def _differ(row) -> bool:
    """Return whether the two lines of a contrast differ as they are written: 0.0 and 0.0 do not."""
    return (numbers.points(row.estimate), numbers.points(row.unadjusted)) != ("0.0", "0.0") or (
        row.low <= 0 <= row.high
    ) != (row.unadjusted_low <= 0 <= row.unadjusted_high)


def _between(row) -> str:
    """Return the exploratory line between people who logged only one of two techniques."""
    line = (
        f"Between different people, exploratory: {_compared(row)} "
        f"{_line(row.estimate, row.low, row.high)}; {numbers.people(row.n_people)} with only the one, "
        f"{numbers.count(row.n_people_reference)} with only the other"
    )
    adjusted = _line(row.adjusted, row.adjusted_low, row.adjusted_high)
    return (
        f"{line}; at the same starting pain {adjusted}." if pd.notna(row.adjusted) else f"{line}."
    )


def _compared(row) -> str:
    return (
        f"{numbers.name('region', row.region)}: {numbers.name('technique', row.technique)} − "
        f"{numbers.name('technique', row.reference)}{_scale(row)}"
    )


def _contrast(row, min_people: int) -> tuple[str, ...]:
    name = _compared(row)
    few = " (few)" if row.few else ""
    n_people = numbers.count(row.n_people) + few
    if row.line == "":
        return (name, numbers.count(row.n_people), numbers.reason(row, min_people), *["–"] * 4)
    adjusted = _line(row.estimate, row.low, row.high)
    if row.line == "unadjusted":
        adjusted = numbers.reason(row, min_people)
    return (
        name,
        n_people,
        adjusted,
        _line(row.unadjusted, row.unadjusted_low, row.unadjusted_high),
        numbers.p_value(row.p_value),
        numbers.p_value(row.p_holm),
        numbers.p_value(row.p_signed_rank),
    )


def _line(estimate: float, low: float, high: float) -> str:
    sign = "+" if numbers.points(estimate)[0] not in "−0" else ""
    spread = numbers.interval(low, high)
    return f"{sign}{numbers.points(estimate)} " + (
        f"({spread})" if spread != numbers.UNKNOWN else "(no variation)"
    )


def _responders(results: Findings) -> Block:
    title = "Immediate change of at least …"
    overall = results.tables["overall_responders"]
    lines = [
        _shares(scale, rules.set_index("rule"))
        for scale, rules in overall[overall["share"].notna()].groupby("scale")
    ]
    if not lines:
        return Block(title, ("Not enough people to show.",))
    return Block(
        title,
        (
            *lines,
            "* The thresholds were set for change over weeks, not within one session. Untreated ratings "
            "after a personal high: 54 % (≥2), 36 % (≥30 %); see note.",
            f"Note: {_FLUCTUATION}",
        ),
    )


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
    line = f"Sessions other than rest, average of {numbers.people(rules['n_people'].max())}'s shares: {shares}."
    if "30 percent" not in rules.index:
        return line
    people = rules.loc["30 percent"]
    low, high = (numbers.percent(people[name]) for name in ("people_low", "people_high"))
    counted = numbers.share_of(int(people["people"]), int(people["people_of"]))
    left_out = numbers.plural(int(people["n_start_0"]), "session")
    return (
        f"{line} {left_out} that started at 0 are left out of the 30 %. People whose mean drops by 30 % or "
        f"more: {counted}, 95 % interval {low} to {high}."
    )


def _missing(results: Findings) -> Block:
    """Return what the missing ratings could change."""
    title = "If “after” is missing"
    lines = results.tables["overall_sensitivity"]
    sentences = [
        _what_if(cell)
        for _, cell in lines[lines["estimate"].notna() & (lines["n_missing"] > 0)].groupby("scale")
    ]
    if not sentences:
        return Block(title, ("No rating after is missing in what is summarised.",))
    return Block(
        title, (" ".join([*sentences, "People often stop logging when a session went badly."]),)
    )


def _what_if(lines: pd.DataFrame) -> str:
    means = lines.set_index("assumption")["estimate"]
    first = lines.iloc[0]
    two, unit = ("2 points", "points") if first["scale"] == "NRS0-10" else ("20 mm", "mm")
    return (
        f"{numbers.count(first['n_missing'])} sessions other than rest have no after rating. Average drop in "
        f"{unit}: complete sessions only {numbers.points(means['complete'])}; if those had no change "
        f"{numbers.points(means['no change'])}; {two} worse {numbers.points(means['2 points worse'])}; {two} "
        f"better {numbers.points(means['2 points better'])}."
    )


def _limits(results: Findings) -> Block:
    least = _min_people(results)
    return Block(
        "Method and limits",
        (
            CANNOT_SHOW,
            "The unit is the person: each person's sessions are averaged first, every person counts once. "
            f"Intervals are 95 % t intervals over people, not adjusted for their number. Under {least} "
            f"people only the count is shown, under {enough.FEW_PEOPLE} “few people”.",
            "Sessions of several regions or techniques are counted as combined and not compared. Sessions "
            "without a rating after enter no average. Order is the guide's, never by result.",
        ),
    )
