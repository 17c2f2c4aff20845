"""The appendix on comparisons, in words: what stands behind each, and other ways to make it."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _, ngettext, pgettext
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people
from analysis.wording.contrasts import beside, compared, people_of, responder_difference

_PAIR = N_("region: technique − reference")
_NONE = N_("No two techniques were logged on one region: nothing to compare.")


def behind_table(results: Findings) -> Block:
    """Return for every comparison the people and sessions behind it, its slope and its starts."""
    title, least = _("What stands behind each comparison"), min_people(results)
    rows = [_behind(row, least) for row in results.tables["contrasts"].itertuples()]
    if not rows:
        return Block(title, (_(_NONE),))
    table = TextTable(
        _("In people who logged both, unless another column says so; technique, then reference"),
        (
            _(_PAIR),
            _("people"),
            _("sessions"),
            _("people with a single session"),
            _("people with only one of them"),
            _("mean start"),
            _("no after"),
            _("slope"),
            _("larger drop with the technique"),
        ),
        rows,
        (False, True, True, True, True, True, True, False, True),
    )
    note = _(
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
            numbers.UNKNOWN,
            missing,
            refused,
            numbers.UNKNOWN,
        )
    adjusted = row.line == "adjusted"
    larger = _("{k} of {n}") if adjusted else _("{k} of {n} unadjusted")
    return (
        compared(row),
        numbers.count(row.n_people),
        f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}",
        numbers.count(row.single),
        only,
        f"{numbers.points(row.mean_before)}, {numbers.points(row.mean_before_reference)}",
        missing,
        _slope(row) if adjusted else numbers.reason(row, least),
        larger.format(
            k=numbers.rating(row.share_positive * row.n_people), n=numbers.count(row.n_people)
        ),
    )


def _slope(row) -> str:
    told = ngettext(
        "{slope} from {n} repeated session", "{slope} from {n} repeated sessions", row.df_within
    )
    return told.format(slope=numbers.two_decimals(row.slope), n=numbers.count(row.df_within))


def intervals_table(results: Findings) -> Block:
    """Return every comparison with an interval for all together, and one with its slope as known."""
    contrasts = results.tables["contrasts"]
    rows = [_intervals(row) for row in contrasts[contrasts["line"] != ""].itertuples()]
    title = _("The same comparisons with other intervals")
    if not rows:
        return Block(title, (_("No comparison has people enough."),))
    table = TextTable(
        _family(contrasts),
        (
            _(_PAIR),
            pgettext("adjusted or unadjusted", "line"),
            _("95 %"),
            pgettext("interval", "simultaneous"),
            _("if the slope were known"),
            _("its p"),
            _("its signed-rank p"),
        ),
        rows,
        (False, False, False, False, False, True, True),
    )
    note = _(
        "The 95 % interval of an adjusted line holds the error of its slope; the last three columns leave "
        "it out."
    )
    return Block(title, (note,), table)


def _family(contrasts: pd.DataFrame) -> str:
    """Return the caption, which says of how many comparisons the simultaneous intervals are."""
    n = int(contrasts["p_value"].notna().sum())
    caption = ngettext(
        "Difference in drop ({units}); the simultaneous intervals are of {n} comparison together",
        "Difference in drop ({units}); the simultaneous intervals are of {n} comparisons together",
        n,
    )
    return caption.format(units=numbers.units(contrasts["scale"]), n=numbers.count(n))


_LINES = {"adjusted": N_("adjusted"), "unadjusted": N_("unadjusted")}


def _intervals(row) -> tuple[str, ...]:
    adjusted = row.line == "adjusted"
    shown = ("estimate", "low", "high") if adjusted else _UNADJUSTED
    fixed = (row.estimate, row.fixed_slope_low, row.fixed_slope_high)
    return (
        compared(row),
        _(_LINES[row.line]),
        numbers.difference(*[getattr(row, name) for name in shown]),
        numbers.interval(row.simultaneous_low, row.simultaneous_high),
        numbers.difference(*fixed),
        numbers.p_value(row.fixed_slope_p),
        numbers.p_value(row.fixed_slope_signed_rank),
    )


_UNADJUSTED = ("unadjusted", "unadjusted_low", "unadjusted_high")


def between_table(results: Findings) -> Block:
    """Return every comparison between people with only the one and only the other technique."""
    title = _("Between different people")
    rules, least = results.tables["responder_differences"], min_people(results)
    between = results.tables["between"]
    rows = [_between(row, rules, least) for row in between.itertuples()]
    if not rows:
        return Block(title, (_(_NONE),))
    table = TextTable(
        _(
            "Difference in drop between people with only the technique and only the reference ({units})"
        ).format(units=numbers.units(between["scale"])),
        (
            _(_PAIR),
            _("people"),
            _("difference"),
            _("Hedges g"),
            _("at the same starting pain"),
            _("people whose mean drops by 30 % or more"),
        ),
        rows,
        (False, True, False, True, False, False),
    )
    note = _(
        "Exploratory: other people chose the other technique. Never pooled with the comparisons in the "
        "same people. Hedges g: the difference over the pooled standard deviation of person means, "
        "corrected for their number. Intervals by Welch, by least squares and by Newcombe."
    )
    return Block(title, (note,), table)


def _between(row, rules, least: int) -> tuple[str, ...]:
    sizes = (row.n_people, row.n_people_reference)
    people = ", ".join(map(numbers.count, sizes))
    if row.reason:
        few = _("not enough people ({people}; {least} needed of each)")
        few = few.format(people=people, least=numbers.count(least))
        reason = few if row.reason == enough.FEW else _(row.reason)
        return (compared(row), people, reason, *[numbers.UNKNOWN] * 3)
    people = ", ".join(numbers.count(size) + numbers.few(size, least) for size in sizes)
    adjusted = numbers.difference(row.adjusted, row.adjusted_low, row.adjusted_high)
    return (
        compared(row),
        people,
        numbers.difference(row.estimate, row.low, row.high),
        numbers.two_decimals(row.hedges_g),
        _(row.adjusted_reason) or adjusted,
        responder_difference(row, rules),
    )


def pairs_table(results: Findings) -> Block:
    """Return every pair of techniques of a region, with intervals and without a test."""
    title, least = _("Every pair of techniques"), min_people(results)
    pairs = results.tables["all_pairs"]
    rows = [_pair(row, results, least) for row in pairs.itertuples()]
    if not rows:
        return Block(title, (_(_NONE),))
    table = TextTable(
        _(
            "Difference in drop, first technique minus second, in people who logged both ({units})"
        ).format(units=numbers.units(pairs["scale"])),
        (_("region: first − second"), _("people"), _("adjusted"), _("unadjusted")),
        rows,
        (False, True, False, False),
    )
    note = _("Exploratory: of so many intervals some exclude 0 by chance, so no p-value is given.")
    return Block(title, (note,), table)


def _pair(row, results: Findings, least: int) -> tuple[str, ...]:
    start = (beside(row, results), people_of(row))
    unadjusted = numbers.difference(*[getattr(row, name) for name in _UNADJUSTED])
    known = numbers.difference(row.estimate, row.low, row.high)
    return (
        *start,
        known if row.estimate == row.estimate else numbers.reason(row, least),
        unadjusted,
    )
