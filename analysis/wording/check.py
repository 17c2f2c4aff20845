"""What arrived and what was refused, in words."""

import pandas as pd

from analysis.findings import Findings
from analysis.sessions import RULES
from analysis.wording import numbers
from analysis.wording.blocks import (
    Block,
    TextTable,
    coverage_block,
    data_block,
    synthetic,
    warning_block,
)


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
    when = f", {numbers.period(about['first'], about['last'])}" if about["sessions"] else ""
    sessions = numbers.sessions(about["sessions"])
    return Block(
        f"Session log: {sessions} of {numbers.people(about['people'])}{when}", synthetic(results)
    )


def _refused(results: Findings) -> Block:
    refused = results.tables["refused"]
    title = "What was refused"
    if refused.empty:
        return Block(title, ("No row was refused.",))
    rows = [
        (row.rule, RULES[row.rule][1], numbers.count(row.n_faults), row.example)
        for row in refused.itertuples()
    ]
    table = TextTable(
        "Faults by rule",
        ("rule", "what a row must pass", "faults", "first example"),
        rows,
        (False, False, True, False),
    )
    return Block(
        title,
        (
            "A row with several faults is counted under each; every fault stands with its "
            "line in refused.csv; correct its column value and give it beside the log, or correct the log.",
        ),
        table,
    )


def _remarks(results: Findings) -> Block:
    remarks = results.tables["remarks"]
    title = "What was noticed"
    if remarks.empty:
        return Block(title, ("Nothing else was noticed.",))
    rows = [
        (
            _line(row),
            row.column,
            RULES[row.rule][0],
            row.message,
            numbers.count(row.n_remarks),
        )
        for row in remarks.itertuples()
    ]
    table = TextTable(
        "Remarks; nothing was refused for them",
        ("file, first line", "column", "level", "remark", "times"),
        rows,
        (False, False, False, False, True),
    )
    return Block(title, ("A warning asks you to look; a note says what was done.",), table)


def _faults(results: Findings) -> Block:
    faults = results.tables["faults"]
    title = "Where"
    if faults.empty:
        return Block(title, ("No fault to list.",))
    rows = [(_line(row), row.column, row.value, row.message) for row in faults.itertuples()]
    table = TextTable(
        "Faults by line",
        ("file, line", "column", "found", "what to do"),
        rows,
        (False, False, False, False),
    )
    total = int(results.tables["refused"]["n_faults"].sum())
    listed = (
        f"The first {len(faults)} of {numbers.count(total)} faults."
        if total > len(faults)
        else f"{numbers.plural(total, 'fault')}."
    )
    return Block(title, (listed,), table)


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
    table = TextTable(
        "The first sessions, as the kit reads them",
        ("participant", "day", "region, technique", "before", "after"),
        rows,
        (False, False, False, True, True),
    )
    return Block("As the kit reads it", (), table)


def _line(row) -> str:
    """Return where a fault or remark stands: "log.csv 14", or the file alone."""
    return row.file if pd.isna(row.line) else f"{row.file} {row.line}"
