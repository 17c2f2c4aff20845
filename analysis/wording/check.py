"""What arrived and what was refused, in words."""

import pandas as pd

from analysis.findings import Findings
from analysis.sessions import RULES
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, coverage_block, data_block, warning_block


def check_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of the check page."""
    return {
        "head": Block("What arrived, what was refused, and why"),
        "warnings": warning_block(results),
        "coverage": coverage_block(results),
        "refused": _refused(results),
        "remarks": _remarks(results),
        "data": data_block(results),
    }


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
            "line in refused.csv.",
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
            "" if pd.isna(row.line) else numbers.count(row.line),
            row.column,
            RULES[row.rule][0],
            row.message,
        )
        for row in remarks.itertuples()
    ]
    table = TextTable(
        "Remarks; nothing was refused for them",
        ("line", "column", "level", "remark"),
        rows,
        (True, False, False, False),
    )
    return Block(title, ("A warning asks you to look; a note says what was done.",), table)
