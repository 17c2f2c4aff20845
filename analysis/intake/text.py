"""CSV and TSV in all their dialects -> one ``Table``, in blocks of bounded memory.

Two readers, one meaning: Python's ``csv`` in strict mode is the reference; Arrow's, an order of
magnitude faster, reads the blocks in which both must agree, and a test holds them to it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analysis.intake.encoding import Text, utf8_pieces
from analysis.intake.header import (
    HEADER_WITHIN,
    chunks_of,
    find_header,
    is_comment,
    n_known,
    without_blank,
    without_comments,
)
from analysis.intake.mapping import FileRules
from analysis.intake.reference import LONGEST, lenient_rows, strict_rows
from analysis.intake.table import Chunk, Table, each_distinct
from analysis.intake.write import unguarded
from analysis.sessions import UnusableLog

_SEPARATORS = (",", ";", "\t", "|")
_TOP = 2  # pieces in which the header is looked for
_LOOKED_AT = 4_000  # rows that show whether the texts of a column repeat
_LINE_END = re.compile(rb"\r\n|\r|\n")
_QUOTE, _LF, _CR = b'"\n\r'


class Dialect(NamedTuple):
    """How a delimited text is written: separator, number of columns, start of a comment; its file."""

    separator: str
    width: int
    comment: str
    file: str


def text_table(
    opened: Callable[[], BinaryIO], file: str, text: Text, rules: FileRules, knows: Callable
) -> Table:
    """Return a delimited text file as a table; only its first rows are read yet.

    Parameters
    ----------
    opened : callable
        Opens the bytes anew.
    file : str
        The file's name, for a refusal.
    text : Text
        As ``look`` returns it.
    rules : FileRules
        What a mapping states: separator, header row, comment.
    knows : callable
        Whether a header is one that a session log has; finds the separator and the header row.

    Raises
    ------
    UnusableLog
        When no header is found, a quote does not close, or every row has one wrong width.
    """
    pieces = utf8_pieces(opened, text.encoding)
    top = b"".join(islice(pieces, _TOP))
    separator, skipped = _separator(top, rules, knows)
    rows = strict_rows(iter([top]), separator, 1, file)
    most = max([HEADER_WITHIN, rules.header_row or 0, *rules.header_rows])
    first = list(islice(rows, skipped, skipped + most + 1))
    header = find_header(first, file, rules, knows)
    line = header.last_line
    rest = chain([top[_end_of_line(top, line) :]], pieces) if line else iter([])
    dialect = Dialect(separator, len(header.names), rules.comment, file)
    chunks = _refuse_one_wrong_width(_chunks(rest, dialect, (line or 0) + 1), dialect)
    return Table(
        "",
        [unguarded(name) for name in header.names],
        header.line,
        _ahead(map(_unguarded, chunks)),
        [*text.remarks, *header.remarks],
        decimal_comma=separator == ";",
    )


def _separator(top: bytes, rules: FileRules, knows: Callable) -> tuple[str, int]:
    """Return the separator that yields most known names in one line, and the lines to skip.

    A leading ``sep=`` line, as Excel writes it, is obeyed and is no data.
    """
    start = top[:5].decode("latin-1")
    if start[:4].lower() == "sep=" and start[4:] in _SEPARATORS:
        return start[4], 1
    if rules.separator:
        return rules.separator, 0
    names = {
        mark: max(
            (n_known(row, knows) for row in lenient_rows(top, mark, HEADER_WITHIN)), default=0
        )
        for mark in _SEPARATORS
    }
    return max(_SEPARATORS, key=names.__getitem__), 0


def _end_of_line(top: bytes, line: int) -> int:
    """Return where a physical line ends, its line end included."""
    ends = islice(_LINE_END.finditer(top), line - 1, None)
    return next((match.end() for match in ends), len(top))


def _chunks(pieces: Iterator[bytes], dialect: Dialect, line: int) -> Iterator[Chunk]:
    """Yield the rows below the header, by Arrow as long as it must agree with the reference."""
    blocks, types = _blocks(pieces), None
    for block in blocks:
        quotes = _quotes(block, dialect.separator)
        if quotes is None or dialect.width == 1:
            rows = strict_rows(chain([block], blocks), dialect.separator, line, dialect.file)
            yield from chunks_of(rows, dialect.width, dialect.comment)
            return
        chunk = _by_arrow(block, dialect, (line, quotes), types or [pa.string()] * dialect.width)
        line += block.count(b"\n")
        if types is None:
            types = [_type(column) for column in chunk.cells.columns]
            chunk = _typed(chunk, types)
        yield chunk


def _type(column: pa.ChunkedArray) -> pa.DataType:
    """Return how to read a column on: as a dictionary where its texts repeat."""
    distinct = len(column.slice(0, _LOOKED_AT).unique())
    return pa.dictionary(pa.int32(), pa.string()) if distinct < _LOOKED_AT / 4 else pa.string()


def _typed(chunk: Chunk, types: list[pa.DataType]) -> Chunk:
    """Return the first chunk with its columns as those of all others will be."""
    columns = [
        column if kind == pa.string() else column.dictionary_encode()
        for column, kind in zip(chunk.cells.columns, types, strict=True)
    ]
    return chunk._replace(cells=pa.table(columns, names=chunk.cells.column_names))


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks of whole rows, as far as quotes are in order; else whatever there is."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = _last_row_end(rest)
        if end or len(rest) > LONGEST:
            yield rest[: end or None]
            rest = rest[end:] if end else b""
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _last_row_end(text: bytes) -> int:
    """Return where the last row ends: behind the last line feed outside of quotes; 0 if none."""
    place, odd = len(text), text.count(b'"') % 2
    while (before := text.rfind(b"\n", 0, place)) >= 0:
        odd ^= text.count(b'"', before, place) % 2
        if not odd:
            return before + 1
        place = before
    return 0


def _quotes(block: bytes, separator: str) -> np.ndarray | None:
    """Return where the quotes of a block are; None unless both readers must read it alike.

    They may differ where a carriage return ends a line, where a quote stands inside an unquoted
    cell, and where something follows a closing quote: there the strict reference decides.
    """
    if not block.endswith(b"\n"):
        return None
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return None
    if b'"' not in block:
        return np.empty(0, "int64")
    letters = np.frombuffer(block, "uint8")
    quotes = np.flatnonzero(letters == _QUOTE)
    if len(quotes) % 2:
        return None
    before = letters[quotes[0::2] - 1]  # before the first letter stands the last: a line feed
    after = letters[quotes[1::2] + 1]
    mark = ord(separator)
    opens = np.isin(before, [mark, _LF, _QUOTE])
    closes = np.isin(after, [mark, _LF, _CR, _QUOTE])
    return quotes if opens.all() and closes.all() else None


def _by_arrow(
    block: bytes, dialect: Dialect, place: tuple[int, np.ndarray], types: list[pa.DataType]
) -> Chunk:
    """Return the rows of a block, given the line in which it begins and its quotes."""
    line, quotes = place
    wrong: list[pa.csv.InvalidRow] = []
    names = [str(place) for place in range(dialect.width)]
    cells = pa.csv.read_csv(
        pa.BufferReader(block),
        # One thread: only then does a row of another width know its number.
        pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
        pa.csv.ParseOptions(
            delimiter=dialect.separator,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=lambda row: wrong.append(row) or "skip",
        ),
        pa.csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), strings_can_be_null=False
        ),
    )
    starts = _row_starts(block, quotes, len(cells) + len(wrong)) + line
    places = [row.number - 1 for row in wrong]
    filled = [
        (int(starts[place]), row)
        for place, row in zip(places, wrong, strict=True)
        if not _is_blank(row.text, dialect.separator)
    ]
    ragged = [
        (start, row.actual_columns)
        for start, row in filled
        if not is_comment(row.text.removeprefix('"'), dialect.comment)
    ]
    chunk = Chunk(
        cells,
        np.delete(starts, places),
        ragged,
        blank=len(wrong) - len(filled),
        comments=len(filled) - len(ragged),
    )
    return without_blank(without_comments(chunk, dialect.comment))


def _is_blank(row: str, separator: str) -> bool:
    cells = next(csv.reader(io.StringIO(row, newline=""), delimiter=separator), [])
    return not "".join(cells).strip()


def _row_starts(block: bytes, quotes: np.ndarray, n_rows: int) -> np.ndarray:
    """Return the line, from 0, in which each row of a block starts."""
    lines = np.arange(block.count(b"\n"))
    if n_rows == len(lines):
        return lines
    ends = np.flatnonzero(np.frombuffer(block, "uint8") == _LF)
    inside = np.flatnonzero(np.searchsorted(quotes, ends) % 2)
    return np.delete(lines, inside + 1)


def _ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield chunks, the next one read on another core while this one is looked at."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk


def _unguarded(chunk: Chunk) -> Chunk:
    """Return cells without the quote that the kit puts before what a spreadsheet would run."""
    cells = chunk.cells
    for place, column in enumerate(cells.columns):
        if _has_quote(column):
            plain = each_distinct(column, unguarded)
            cells = cells.set_column(place, cells.column_names[place], plain)
    return chunk._replace(cells=cells)


def _has_quote(column: pa.ChunkedArray) -> bool:
    """Return whether a cell begins with a quote; of repeating texts each is looked at once."""
    parts = [
        part.dictionary if pa.types.is_dictionary(part.type) else part for part in column.chunks
    ]
    return any(pc.any(pc.starts_with(part, "'")).as_py() for part in parts)


def _refuse_one_wrong_width(chunks: Iterator[Chunk], dialect: Dialect) -> Iterator[Chunk]:
    """Yield the chunks; raise behind the last when all rows had one width, another than the header."""
    fitting, first, widths = False, None, set()
    for chunk in chunks:
        fitting = fitting or len(chunk.lines) > 0
        first = first or next(iter(chunk.ragged), None)
        if not fitting:
            widths.update(width for _, width in chunk.ragged)
        yield chunk
    if not fitting and len(widths) == 1:
        raise UnusableLog(
            dialect.file,
            "row-width",
            f"every row has another number of cells than the header ({dialect.width}); found {first[1]}. A "
            "comma inside a cell needs quotes",
            line=first[0],
        )
