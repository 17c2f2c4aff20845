"""Technique against reference in one person's log, in words."""

from analysis.findings import Findings
from analysis.language import _
from analysis.statistics import enough
from analysis.statistics.one_person import (
    FEW_SESSIONS,
    MIN_OVERLAP,
    MIN_SWITCHES,
    PLAIN_SESSIONS,
)
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable
from analysis.wording.contrasts import compared
from analysis.wording.plan import plan_sentences


def person_contrasts_block(results: Findings) -> Block:
    """Return every technique against its reference, with the layout in time, and the plan's test."""
    title, plan = _("Technique against reference, in this log"), plan_sentences(results)
    trial = _("Self-tracking log, not a trial.")
    if not plan:
        no_plan = _("No randomised plan was given, so no p-value stands here.")
        trial = f"{trial} {no_plan}"
    if results.tables["contrasts"].empty:
        none = _("No two techniques were logged on one region: nothing to compare.")
        return Block(title, (f"{trial} {none}", *plan))
    return Block(title, (f"{trial} {_layout(results)}", *plan), _table(results))


def _layout(results: Findings) -> str:
    """Return what the reference is, and what overlap and switches are."""
    asked = results.about["parameters"]["reference"]
    reference = (
        _("Reference: set before the run.")
        if asked
        else _("Reference: rest where it was logged, else the technique of most sessions.")
    )
    overlap = _(
        "Overlap: days in both calendar ranges, of the days in either; below {share}, or below {switches} "
        "switches between the two, they were used at different times."
    ).format(share=numbers.percent(MIN_OVERLAP), switches=numbers.count(MIN_SWITCHES))
    return f"{reference} {overlap}"


def _table(results: Findings) -> TextTable:
    contrasts = results.tables["contrasts"]
    tested = results.tables["plan"].query("reason == ''")
    planned = [_pair(row) for row in tested.itertuples()]
    rows = [
        (
            compared(row),
            f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}",
            numbers.count(row.switches),
            numbers.percent(row.overlap),
            _difference(row, drawn=_pair(row) in planned),
        )
        for row in contrasts.itertuples()
    ]
    caption = _(
        "Difference in drop at the same starting pain and day ({units}); positive is a larger drop with "
        "the first"
    )
    columns = (
        _("region: technique − reference"),
        _("sessions"),
        _("switches"),
        _("overlap"),
        _("difference (95 % interval)"),
    )
    units = numbers.units(contrasts["scale"])
    numeric = (False, True, True, True, False)
    return TextTable(caption.format(units=units), columns, rows, numeric)


def _pair(row) -> tuple:
    """Return what two techniques are compared on, whichever is the reference."""
    return (row.region, row.scale, {row.technique, row.reference})


def _difference(row, *, drawn: bool) -> str:
    """Return a difference with its interval, or why there is none."""
    fewer = min(row.n_sessions, row.n_sessions_reference)
    if row.reason == FEW_SESSIONS:
        text = _("not enough sessions (n = {n}) to compare")
        return text.format(n=numbers.count(fewer))
    if row.reason and row.reason != enough.NO_VARIATION:
        return numbers.reason(row)
    marks = [_("too imprecise")] * row.imprecise
    # The banner is also for enough sessions whose order nobody drew; a tested plan has its sentence.
    if row.few and fewer < PLAIN_SESSIONS:
        marks = [_("few sessions"), *marks]
    elif row.few and not drawn:
        marks = [_("not randomised"), *marks]
    return ", ".join([numbers.difference(row.estimate, row.low, row.high), *marks])
