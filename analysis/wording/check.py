"""What arrived and what was refused, in words.

The messages of the reader and its rules' codes are in English, as in ``refused.csv``.
"""

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _, ngettext, pgettext
from analysis.sessions import RULES
from analysis.wording import numbers
from analysis.wording.blocks import (
    Block,
    TextTable,
    coverage_block,
    data_block,
    opening,
    warning_block,
)

_LEVELS = {"warning": N_("warning"), "note": N_("note")}


def check_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of the check page."""
    return {
        "head": _head(results),
        "warnings": warning_block(results),
        "coverage": coverage_block(results),
        "refused": _refused(results),
        "faults": _faults(results),
        "remarks": _remarks(results),
        "first": _first(results),
        "data": data_block(results),
    }


def _head(results: Findings) -> Block:
    about = results.about
    title = _("Session log: {sessions} of {people}")
    period = ""
    if about["sessions"]:
        title = _("Session log: {sessions} of {people}, {period}")
        period = numbers.period(about["first"], about["last"])
    sessions, people = numbers.sessions(about["sessions"]), numbers.people(about["people"])
    told = title.format(sessions=sessions, people=people, period=period)
    return Block(told, opening(results))


def _refused(results: Findings) -> Block:
    refused = results.tables["refused"]
    title = _("What was refused")
    if refused.empty:
        return Block(title, (_("No row was refused."),))
    rows = [
        (row.rule, _(RULES[row.rule][1]), numbers.count(row.n_faults), row.example)
        for row in refused.itertuples()
    ]
    table = TextTable(
        _("Faults by rule"),
        (_("rule"), _("what a row must pass"), _("faults"), _("first example")),
        rows,
        (False, False, True, False),
    )
    note = _(
        "A row with several faults is counted under each; every fault stands with its line in "
        "refused.csv; correct its column value and give it beside the log, or correct the log."
    )
    return Block(title, (note,), table)


def _remarks(results: Findings) -> Block:
    remarks = results.tables["remarks"]
    title = _("What was noticed")
    if remarks.empty:
        return Block(title, (_("Nothing else was noticed."),))
    rows = [
        (
            _line(row),
            row.column,
            _(_LEVELS[RULES[row.rule][0]]),
            row.message,
            numbers.count(row.n_remarks),
        )
        for row in remarks.itertuples()
    ]
    columns = (
        _("file, first line"),
        _("column"),
        pgettext("of a remark", "level"),
        _("remark"),
        pgettext("how often", "times"),
    )
    caption = _("Remarks; nothing was refused for them")
    table = TextTable(caption, columns, rows, (False, False, False, False, True))
    return Block(title, (_("A warning asks you to look; a note says what was done."),), table)


def _faults(results: Findings) -> Block:
    faults = results.tables["faults"]
    title = _("Where")
    if faults.empty:
        return Block(title, (_("No fault to list."),))
    rows = [(_line(row), row.column, row.value, row.message) for row in faults.itertuples()]
    table = TextTable(
        _("Faults by line"),
        (_("file, line"), _("column"), pgettext("in a cell", "found"), _("what to do")),
        rows,
        (False, False, False, False),
    )
    total = int(results.tables["refused"]["n_faults"].sum())
    listed = (
        _("The first {n} of {total} faults.")
        if total > len(faults)
        else ngettext("{total} fault.", "{total} faults.", total)
    )
    shown = listed.format(n=numbers.count(len(faults)), total=numbers.count(total))
    return Block(title, (shown,), table)


def _first(results: Findings) -> Block:
    rows = [
        (
            row.participant,
            numbers.day(row.started_at),
            numbers.cell_name(row),
            numbers.rating(row.pain_before),
            numbers.rating(row.pain_after),
        )
        for row in results.tables["first"].itertuples()
    ]
    columns = (
        _("participant"),
        pgettext("column", "day"),
        _("region, technique"),
        pgettext("column", "before"),
        pgettext("column", "after"),
    )
    caption = _("The first sessions, as the kit reads them")
    table = TextTable(caption, columns, rows, (False, False, False, True, True))
    return Block(_("As the kit reads it"), (), table)


def _line(row) -> str:
    """Return where a fault or remark stands: "log.csv 14", or the file alone."""
    return row.file if pd.isna(row.line) else f"{row.file} {row.line}"
