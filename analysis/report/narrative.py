"""A block of a report as XHTML: what a section of a FHIR document may hold."""

import html

from analysis.language import _
from analysis.wording import Block, TextTable


def narrative(block: Block) -> str:
    """Return a block as XHTML, "" for an empty one: words escaped, no attribute but a header's scope."""
    parts = [f"<p><b>{_escaped(text)}</b></p>" for text in block.alarms]
    parts += [f"<p>{_escaped(text)}</p>" for text in block.sentences]
    if block.table is not None and block.table.rows:
        parts.append(_table(block.table))
    if block.alt:
        words = _("Figure, see the PDF. {words}").format(words=block.alt)
        parts.append(f"<p>{_escaped(words)}</p>")
    inside = "".join(parts)
    return inside and f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'


def _table(table: TextTable) -> str:
    columns = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in table.columns)
    rows = []
    for head, *cells in table.rows:
        others = "".join(f"<td>{_escaped(cell)}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{_escaped(head)}</th>{others}</tr>')
    return (
        f"<table><caption>{_escaped(table.caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
