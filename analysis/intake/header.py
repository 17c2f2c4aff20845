"""Raw rows -> a table: which row is the header, which rows are blank or comments."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.mapping import FileRules
from analysis.intake.table import MOST_COLUMNS, Chunk, Sheet, Table, check_width, chunk_of, remark
from analysis.sessions import UnusableLog

#: The header is looked for in the first rows.
HEADER_WITHIN = 20
_HEADER_NAMES = 3
_LONGEST_NAME = 1_000  # characters; question texts are long
_ROWS_AT_ONCE = 50_000
# What Python's str.isspace calls blank.
_BLANK = r"^[\t-\r\x1c-\x1f\x{85}\p{Z}]*$"
#: The five columns of the commonest log, in the words that the refusal names.
_WANTED = ("date", "region", "technique", "pain before", "pain after")


class Header(NamedTuple):
    """Where the columns are named.

    Attributes
    ----------
    names : list of str
        As written; those of several header rows joined by a blank.
    place : int
        Of the last header row among the rows looked at.
    line : int
        Of the first header row.
    last_line : int or None
        The line before the first row below the header; None where there is none.
    remarks : list of dict
        What stands above it.
    """

    names: list[str]
    place: int
    line: int
    last_line: int | None
    remarks: list[dict]


def find_header(
    rows: list[tuple[int, list[str]]], file: str, rules: FileRules, knows: Callable[[str], bool]
) -> Header:
    """Return the header: the stated rows, else the first of twenty with three known names.

    Parameters
    ----------
    rows : list of (int, list of str)
        Line and cells of the first rows; one more than needed, to know where the header ends.
    file : str
        For a refusal.
    rules : FileRules
        ``header_row``, ``header_rows``, ``comment``.
    knows : callable
        Whether a header is one that a session log has.

    Raises
    ------
    UnusableLog
        "no-header" or "too-many-columns".
    """
    stated = [rules.header_row] if rules.header_row else list(rules.header_rows)
    places = [place for place, (line, _) in enumerate(rows) if line in stated]
    if not stated:
        place = header_place([row for _, row in rows], knows)
        places = [] if place is None else [place]
    if not places:
        where = f"line {stated[0]}" if stated else "the first 20 lines"
        raise UnusableLog(
            file,
            "no-header",
            f"no header row found in {where}; the first row should name the columns: "
            + ", ".join(_WANTED),
        )
    parts = [rows[place][1] for place in places]
    width, line = max(map(len, parts)), rows[places[0]][0]
    check_width(width, file, line)
    padded = [[*part, *[""] * (width - len(part))] for part in parts]
    names = [" ".join(filter(None, map(str.strip, cells))) for cells in zip(*padded, strict=True)]
    last = places[-1]
    return Header(
        names if len(parts) > 1 else parts[0],
        last,
        line,
        rows[last + 1][0] - 1 if last + 1 < len(rows) else None,
        _above(rows[: places[0]], line, rules.comment),
    )


def header_place(rows: list[list[str]], knows: Callable[[str], bool]) -> int | None:
    """Return the place of the first row with three known names among the first twenty."""
    return next(
        (
            place
            for place, row in enumerate(rows[:HEADER_WITHIN])
            if n_known(row, knows) >= _HEADER_NAMES
        ),
        None,
    )


def n_known(row: list[str], knows: Callable[[str], bool]) -> int:
    """Return how many cells of a row are known names; beyond a header's limits none is looked for."""
    return sum(knows(cell) for cell in row[:MOST_COLUMNS] if len(cell) <= _LONGEST_NAME)


def _above(rows: list[tuple[int, list[str]]], line: int, comment: str) -> list[dict]:
    """Return what is to be said of the rows above the header."""
    filled = [row for _, row in rows if any(cell.strip() for cell in row)]
    comments = [row for row in filled if is_comment(row[0], comment)]
    remarks = [comment_remark(len(comments))] if comments else []
    if len(filled) > len(comments):
        above = f"the header was found in line {line}; the lines above it are not data"
        remarks.append(remark("rows-above-header", above, line=line))
    return remarks


def comment_remark(n_rows: int) -> dict:
    """Return what is said of comments."""
    rows = "1 comment was" if n_rows == 1 else f"{n_rows} comments were"
    return remark("rows-comment", f"{rows} left out")


def is_comment(text: str, mark: str) -> bool:
    """Return whether a row that begins with this text is a comment."""
    return bool(mark) and text.startswith(mark)


def sheet_table(sheet: Sheet, file: str, rules: FileRules, knows: Callable[[str], bool]) -> Table:
    """Return a sheet that was read as a whole as a table.

    Raises
    ------
    UnusableLog
        "no-header", "too-many-columns" or "merged-cells".
    """
    if sheet.recognised_header:
        rules = rules._replace(header_row=None, header_rows=())
        header = find_header(sheet.rows[:1], file, rules, lambda _: True)
        rows = sheet.rows
    else:
        rows = _filled(sheet, rules) if rules.fill_merged else sheet.rows
        most = max([HEADER_WITHIN, rules.header_row or 0, *rules.header_rows])
        header = find_header(rows[: most + 1], file, rules, knows)
        _refuse_merged(sheet, header, file, rules)
    chunks = chunks_of(iter(rows[header.place + 1 :]), len(header.names), rules.comment)
    return Table(sheet.name, header.names, header.line, chunks, [*sheet.remarks, *header.remarks])


def _filled(sheet: Sheet, rules: FileRules) -> list[tuple[int, list[str]]]:
    """Return the rows of a sheet, the value of a merged range in each of its cells.

    In header rows only along the row: a name that spans two of them is no name twice.
    """
    rows = {line: [*cells] for line, cells in sheet.rows}
    for top, left, bottom, right in sheet.merged:
        value = rows[top][left] if top in rows else ""
        for line in range(top, bottom + 1):
            if line in rows and (line == top or top not in rules.header_rows):
                rows[line][left : right + 1] = [value] * len(rows[line][left : right + 1])
    return list(rows.items())


def _refuse_merged(sheet: Sheet, header: Header, file: str, rules: FileRules) -> None:
    """Raise for merged cells in the header or below, unless a mapping says what they mean.

    All cells of a merged range but the first are empty: which rows its value belongs to is not ours
    to guess.
    """
    last = sheet.rows[header.place][0]
    for top, left, bottom, _ in sheet.merged:
        stated = rules.header_rows if top <= last else rules.fill_merged
        if bottom >= header.line and not stated:
            where = "the header" if top <= last else "the data"
            raise UnusableLog(
                file,
                "merged-cells",
                f"cells of {where} are merged (row {top}, column {left + 1}); undo the merging, or state "
                "header_rows and fill_merged: true in a mapping",
                line=top,
            )


def chunks_of(rows: Iterator[tuple[int, list[str]]], width: int, comment: str) -> Iterator[Chunk]:
    """Yield rows as chunks: those of another width counted apart, blank ones and comments counted."""
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        fitting = [(line, row) for line, row in part if len(row) == width]
        others = [
            (line, row)
            for line, row in part
            if len(row) != width and any(cell and not cell.isspace() for cell in row)
        ]
        ragged = [(line, len(row)) for line, row in others if not is_comment(row[0], comment)]
        chunk = chunk_of(
            [row for _, row in fitting],
            [line for line, _ in fitting],
            width,
            ragged=ragged,
            comments=len(others) - len(ragged),
            blank=len(part) - len(fitting) - len(others),
        )
        yield without_blank(without_comments(chunk, comment))


def without_comments(chunk: Chunk, mark: str) -> Chunk:
    """Return the rows that are no comments, the others counted."""
    if not mark or not len(chunk.lines):
        return chunk
    texts = chunk.cells.column(0).cast(pa.string())
    keep = ~pc.starts_with(texts, mark).to_numpy(zero_copy_only=False)
    return _kept(chunk, keep)._replace(comments=chunk.comments + int((~keep).sum()))


def without_blank(chunk: Chunk) -> Chunk:
    """Return the rows with any content, the others counted."""
    places = np.arange(len(chunk.lines))
    for column in chunk.cells.columns:
        if not len(places):
            return chunk
        texts = column.take(pa.array(places)).cast(pa.string())
        blank = pc.match_substring_regex(texts, _BLANK).to_numpy(zero_copy_only=False)
        places = places[blank]
    keep = np.ones(len(chunk.lines), dtype=bool)
    keep[places] = False
    return _kept(chunk, keep)._replace(blank=chunk.blank + len(places))


def _kept(chunk: Chunk, keep: np.ndarray) -> Chunk:
    if keep.all():
        return chunk
    return chunk._replace(cells=chunk.cells.filter(pa.array(keep)), lines=chunk.lines[keep])
