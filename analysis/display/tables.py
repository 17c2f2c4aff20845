"""Blocks as HTML: real tables with a caption and header cells, every text escaped."""

from html import escape

from analysis.wording import Block, TextTable


def block_html(block: Block) -> str:
    """Return a block's sentences and table as HTML; its title is the notebook's heading."""
    alarms = "".join(f"<p>{escape(sentence)}</p>" for sentence in block.alarms)
    inner = f'<div class="alarm">{alarms}</div>' if alarms else ""
    bold, plain = block.sentences[: block.strong], block.sentences[block.strong :]
    inner += "".join(f"<p><strong>{escape(sentence)}</strong></p>" for sentence in bold)
    inner += "".join(f"<p>{escape(sentence)}</p>" for sentence in plain)
    if block.table is not None and block.table.rows:
        inner += table_html(block.table)
    return f'<div class="block">{inner}</div>'


def table_html(table: TextTable) -> str:
    """Return a table with caption, column headers, and the first cell of a row as its header."""
    head = "".join(
        f'<th scope="col"{_side(right)}>{escape(column)}</th>'
        for column, right in zip(table.columns, table.numeric, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, table.numeric)}</tr>" for row in table.rows)
    return (
        f"<table><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(row: tuple[str, ...], numeric: tuple[bool, ...]) -> str:
    first = f'<th scope="row"{_side(numeric[0])}>{escape(row[0])}</th>'
    return first + "".join(
        f"<td{_side(right)}>{escape(cell)}</td>"
        for cell, right in zip(row[1:], numeric[1:], strict=True)
    )


def _side(right: bool) -> str:
    return ' class="number"' if right else ""


def block_text(block: Block) -> str:
    """Return a block as plain text, for a notebook read in a terminal or by a screen reader."""
    lines = [*block.alarms, *block.sentences]
    if block.table is not None:
        lines += [block.table.caption, " | ".join(block.table.columns)]
        lines += [" | ".join(row) for row in block.table.rows]
    return "\n".join(lines)
