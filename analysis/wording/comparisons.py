"""The appendix on comparisons, in words: what stands behind each, and other ways to make it."""

from analysis.findings import Findings
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people
from analysis.wording.contrasts import beside, compared, responder_difference

_PAIR = "region: technique − reference"
_NONE = "No two techniques were logged on one region: nothing to compare."


def behind_table(results: Findings) -> Block:
    """Return for every comparison the people and sessions behind it, its slope and its starts."""
    title, least = "What stands behind each comparison", min_people(results)
    rows = [_behind(row, least) for row in results.tables["contrasts"].itertuples()]
    if not rows:
        return Block(title, (_NONE,))
    table = TextTable(
        "In people who logged both, unless another column says so; technique, then reference",
        (
            _PAIR,
            "people",
            "sessions",
            "people with a single session",
            "people with only one of them",
            "mean start",
            "no after",
            "slope",
            "larger drop with the technique",
        ),
        rows,
        (False, True, True, True, True, True, True, False, True),
    )
    note = (
        "Slope: points of drop per point of starting pain, inside a person and technique. The last "
        "column counts people at the same starting pain, or unadjusted where it says so; equal drops "
        "count half."
    )
    return Block(title, (note,), table)


def _behind(row, least: int) -> tuple[str, ...]:
    only = f"{numbers.count(row.only_technique)}, {numbers.count(row.only_reference)}"
    missing = (
        f"{numbers.percent(row.missing_share)}, {numbers.percent(row.missing_share_reference)}"
    )
    if row.line == "":
        refused = numbers.reason(row, least)
        blank = [numbers.UNKNOWN] * 2
        return (
            compared(row),
            numbers.count(row.n_people),
            *blank,
            only,
            "–",
            missing,
            refused,
            "–",
        )
    slope = (
        f"{numbers.two_decimals(row.slope)} from {numbers.plural(row.df_within, 'repeated session')}"
        if row.line == "adjusted"
        else numbers.reason(row, least)
    )
    return (
        compared(row),
        numbers.count(row.n_people),
        f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}",
        numbers.count(row.single),
        only,
        f"{numbers.points(row.mean_before)}, {numbers.points(row.mean_before_reference)}",
        missing,
        slope,
        f"{numbers.rating(row.share_positive * row.n_people)} of {numbers.count(row.n_people)}"
        + " unadjusted" * (row.line == "unadjusted"),
    )


def intervals_table(results: Findings) -> Block:
    """Return every comparison with an interval for all together, and one with its slope as known."""
    contrasts = results.tables["contrasts"]
    rows = [_intervals(row) for row in contrasts[contrasts["line"] != ""].itertuples()]
    title = "The same comparisons with other intervals"
    if not rows:
        return Block(title, ("No comparison has people enough.",))
    family = numbers.plural(int(contrasts["p_value"].notna().sum()), "comparison")
    table = TextTable(
        f"Difference in drop ({numbers.units(contrasts['scale'])}); the simultaneous intervals are of "
        f"{family} together",
        (
            _PAIR,
            "line",
            "95 %",
            "simultaneous",
            "if the slope were known",
            "its p",
            "its signed-rank p",
        ),
        rows,
        (False, False, False, False, False, True, True),
    )
    note = (
        "The 95 % interval of an adjusted line holds the error of its slope; the last three columns leave "
        "it out."
    )
    return Block(title, (note,), table)


def _intervals(row) -> tuple[str, ...]:
    adjusted = row.line == "adjusted"
    shown = ("estimate", "low", "high") if adjusted else _UNADJUSTED
    fixed = (row.estimate, row.fixed_slope_low, row.fixed_slope_high)
    return (
        compared(row),
        row.line,
        numbers.difference(*[getattr(row, name) for name in shown]),
        numbers.interval(row.simultaneous_low, row.simultaneous_high),
        numbers.difference(*fixed),
        numbers.p_value(row.fixed_slope_p),
        numbers.p_value(row.fixed_slope_signed_rank),
    )


_UNADJUSTED = ("unadjusted", "unadjusted_low", "unadjusted_high")


def between_table(results: Findings) -> Block:
    """Return every comparison between people with only the one and only the other technique."""
    title = "Between different people"
    rules, least = results.tables["responder_differences"], min_people(results)
    between = results.tables["between"]
    rows = [_between(row, rules, least) for row in between.itertuples()]
    if not rows:
        return Block(title, (_NONE,))
    table = TextTable(
        "Difference in drop between people with only the technique and only the reference "
        f"({numbers.units(between['scale'])})",
        (
            _PAIR,
            "people",
            "difference",
            "Hedges g",
            "at the same starting pain",
            "people whose mean drops by 30 % or more",
        ),
        rows,
        (False, True, False, True, False, False),
    )
    note = (
        "Exploratory: other people chose the other technique. Never pooled with the comparisons in the "
        "same people. Hedges g: the difference over the pooled standard deviation of person means, "
        "corrected for their number. Intervals by Welch, by least squares and by Newcombe."
    )
    return Block(title, (note,), table)


def _between(row, rules, least: int) -> tuple[str, ...]:
    sizes = (row.n_people, row.n_people_reference)
    people = ", ".join(map(numbers.count, sizes))
    if row.reason:
        few = f"not enough people ({people}; {least} needed of each)"
        reason = few if row.reason == enough.FEW else row.reason
        return (compared(row), people, reason, *["–"] * 3)
    people = ", ".join(numbers.count(size) + numbers.few(size, least) for size in sizes)
    adjusted = numbers.difference(row.adjusted, row.adjusted_low, row.adjusted_high)
    return (
        compared(row),
        people,
        numbers.difference(row.estimate, row.low, row.high),
        numbers.two_decimals(row.hedges_g),
        row.adjusted_reason or adjusted,
        responder_difference(row, rules),
    )


def pairs_table(results: Findings) -> Block:
    """Return every pair of techniques of a region, with intervals and without a test."""
    title, least = "Every pair of techniques", min_people(results)
    pairs = results.tables["all_pairs"]
    rows = [_pair(row, results, least) for row in pairs.itertuples()]
    if not rows:
        return Block(title, (_NONE,))
    table = TextTable(
        "Difference in drop, first technique minus second, in people who logged both "
        f"({numbers.units(pairs['scale'])})",
        ("region: first − second", "people", "adjusted", "unadjusted"),
        rows,
        (False, True, False, False),
    )
    note = "Exploratory: of so many intervals some exclude 0 by chance, so no p-value is given."
    return Block(title, (note,), table)


def _pair(row, results: Findings, least: int) -> tuple[str, ...]:
    start = (beside(row, results), numbers.count(row.n_people) + " (few)" * row.few)
    unadjusted = numbers.difference(*[getattr(row, name) for name in _UNADJUSTED])
    known = numbers.difference(row.estimate, row.low, row.high)
    return (
        *start,
        known if row.estimate == row.estimate else numbers.reason(row, least),
        unadjusted,
    )
