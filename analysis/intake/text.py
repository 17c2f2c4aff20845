"""CSV and TSV in all their dialects -> one ``Table``, in blocks of bounded memory.

Two readers, one meaning: Python's ``csv`` in strict mode is the reference; Arrow's, an order of
magnitude faster, reads the blocks in which both must agree, and a test holds them to it.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analysis.intake.header import (
    HEADER_WITHIN,
    chunks_of,
    find_header,
    is_comment,
    without_blank,
    without_comments,
)
from analysis.intake.mapping import FileRules
from analysis.intake.table import Chunk, Table, each_distinct, remark
from analysis.intake.write import unguarded
from analysis.sessions import UnusableLog

_SEPARATORS = (",", ";", "\t", "|")
_PIECE = 16 * 2**20
_TOP = 1  # pieces in which the header is looked for
_LOOKED_AT = 4_000  # rows that show whether the texts of a column repeat
_LONGEST = 16 * 2**20  # bytes of a row
_LINE_END = re.compile(rb"\r\n|\r|\n")
# A carriage return at the very end may be half of a line end whose other half comes with the next piece.
_LINE = re.compile(r"\r\n|\n|\r(?!\Z)")
_LOST = "\ufffd".encode()
_QUOTE, _LF, _CR = b'"\n\r'


class Dialect(NamedTuple):
    """How a delimited text is written: separator, number of columns, start of a comment; its file."""

    separator: str
    width: int
    comment: str
    file: str


class Text(NamedTuple):
    """What one look at all bytes of a file tells.

    Attributes
    ----------
    encoding : str
        As Python names it.
    sha256 : str
        Of the bytes.
    size : int
        In bytes.
    remarks : list of dict
        An assumed encoding, a repeated mark, signs of earlier damage.
    """

    encoding: str
    sha256: str
    size: int
    remarks: list[dict]


def look(opened: Callable[[], BinaryIO], file: str, stated: str = "") -> Text:
    """Return encoding and hash of a text file, after reading all of it in pieces.

    UTF-16 by its mark, else UTF-8, else Windows-1252 with a warning; nothing is detected.

    Parameters
    ----------
    opened : callable
        Opens the bytes anew.
    file : str
        The file's name, for a refusal.
    stated : str
        The encoding that a mapping states.

    Raises
    ------
    UnusableLog
        "empty" or "encoding".
    """
    hashed, size, start, damaged = hashlib.sha256(), 0, b"", False
    decoder, valid = codecs.getincrementaldecoder("utf-8")(), True
    tail = b""
    for piece in _pieces(opened):
        hashed.update(piece)
        size += len(piece)
        start = start or piece[:4096]
        damaged = damaged or _LOST in piece or _LOST in tail + piece[:2]
        tail = piece[-2:]
        # Plain ASCII needs no decoder, unless it ends what the piece before began.
        plain = piece.isascii() and not decoder.getstate()[0]
        valid = valid and (plain or _decodes(decoder, piece))
    valid = valid and _decodes(decoder, b"", final=True)
    if size < 4096 and not start.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UnusableLog(file, "empty", "the file is empty; export the log again")
    remarks: list[dict] = []
    encoding = _encoding(start, valid, stated, file, remarks)
    _check_encoding(opened, encoding, file, by_mapping=bool(stated))
    if encoding == "cp1252" and not stated:
        _refuse_mixed(opened, file)
    if damaged and encoding == "utf-8":
        remarks.append(
            remark(
                "damaged-text",
                "the file holds the mark of letters that were lost earlier (U+FFFD); compare with the "
                "original",
            )
        )
    return Text(encoding, hashed.hexdigest(), size, remarks)


def _pieces(opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with opened() as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(start: bytes, valid: bool, stated: str, file: str, remarks: list[dict]) -> str:
    if stated:
        return stated
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.count(0) > len(start) // 8:
        raise UnusableLog(
            file, "encoding", "the text looks like UTF-16 without a mark; save it as UTF-8"
        )
    if start.startswith(2 * codecs.BOM_UTF8):
        remarks.append(remark("bom-repeated", "the file begins with two byte-order marks"))
    if valid:
        return "utf-8"
    remarks.append(
        remark(
            "encoding-assumed",
            "the text is not UTF-8 and was read as Windows-1252; if letters look wrong, save the "
            "file as UTF-8",
        )
    )
    return "cp1252"


def _check_encoding(
    opened: Callable[[], BinaryIO], encoding: str, file: str, *, by_mapping: bool
) -> None:
    """Raise unless all bytes are text of the stated encoding, or of UTF-16 by its mark."""
    if not by_mapping and encoding != "utf-16":
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in _pieces(opened):
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeError as error:
        said = "the text is damaged UTF-16; save it as UTF-8"
        if by_mapping:
            said = f"the text is not {encoding}, as the mapping states; state another or save it as UTF-8"
        raise UnusableLog(file, "encoding", said) from error


def _refuse_mixed(opened: Callable[[], BinaryIO], file: str) -> None:
    """Raise when some lines with letters beyond ASCII are UTF-8 and others are not.

    Two programs wrote such a file; read as one encoding, a part of it would be wrong.
    """
    utf8_line, offset = 0, 0
    other: tuple[int, int] | None = None
    with opened() as stream:
        for number, line in enumerate(stream, start=1):
            if not line.isascii():
                try:
                    line.decode("utf-8")
                    utf8_line = utf8_line or number
                except UnicodeDecodeError as error:
                    other = other or (number, offset + error.start)
            offset += len(line)
            if utf8_line and other:
                raise UnusableLog(
                    file,
                    "encoding",
                    f"line {utf8_line} is UTF-8 and line {other[0]} is not (byte {other[1]:,} of the file); "
                    "save the whole file as UTF-8",
                    line=other[0],
                )


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
    pieces = _utf8(opened, text.encoding)
    top = b"".join(islice(pieces, _TOP))
    separator, skipped = _separator(top, rules, knows)
    rows = _by_reference(iter([top]), separator, 1, file)
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


def _utf8(opened: Callable[[], BinaryIO], encoding: str) -> Iterator[bytes]:
    """Yield the text as UTF-8 in pieces, without byte-order marks."""
    pieces = _pieces(opened)
    if encoding != "utf-8":
        # cp1252 has five bytes without a letter; they become U+FFFD and are never lost.
        decoded = codecs.iterdecode(pieces, encoding, errors="replace")
        pieces = (text.encode("utf-8") for text in decoded)
    first = next(pieces, b"")
    while first.startswith(codecs.BOM_UTF8):
        first = first.removeprefix(codecs.BOM_UTF8)
    return chain([first], pieces)


def _separator(top: bytes, rules: FileRules, knows: Callable) -> tuple[str, int]:
    """Return the separator that yields most known names in one line, and the lines to skip.

    A leading ``sep=`` line, as Excel writes it, is obeyed and is no data.
    """
    start = top[:5].decode("latin-1")
    if start[:4].lower() == "sep=" and start[4:] in _SEPARATORS:
        return start[4], 1
    if rules.separator:
        return rules.separator, 0
    probe = {separator: _most_names(top, separator, knows) for separator in _SEPARATORS}
    return max(_SEPARATORS, key=probe.__getitem__), 0


def _most_names(top: bytes, separator: str, knows: Callable) -> int:
    try:
        with _long_cells():
            rows = islice(csv.reader(_lines(iter([top])), delimiter=separator), HEADER_WITHIN)
            return max((sum(map(knows, row)) for row in rows), default=0)
    except (
        csv.Error,
        _TooLongError,
    ):  # the wrong separator, or a fault that the strict reading will name
        return 0


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
            rows = _by_reference(chain([block], blocks), dialect.separator, line, dialect.file)
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
        if end or len(rest) > _LONGEST:
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


def _by_reference(
    pieces: Iterator[bytes], separator: str, line: int, file: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row; a quoted cell may span lines, the row has its first."""
    first = line
    with _long_cells():
        reader = csv.reader(_lines(pieces), delimiter=separator, strict=True)
        try:
            for row in reader:
                yield line, row
                line = first + reader.line_num
        except csv.Error as error:
            if "field limit" in str(error):
                raise _too_long(file, line) from error
            raise UnusableLog(
                file,
                "unclosed-quote",
                f"a quoted cell does not end where it should ({error}); "
                "close the quote or double the quotes inside it",
                line=line,
            ) from error
        except _TooLongError as error:
            raise _too_long(file, line) from error


class _TooLongError(Exception):
    """A line longer than ``LONGEST``."""


def _too_long(file: str, line: int) -> UnusableLog:
    return UnusableLog(
        file,
        "too-large",
        f"a row is longer than {_LONGEST:,} bytes; is a quote missing, or is it another kind of file?",
        line=line,
    )


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield lines with their ends, as an editor counts them: LF, CR LF or CR, and no other mark."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    for piece in pieces:
        text, end = rest + decoder.decode(piece), 0
        for match in _LINE.finditer(text):
            yield text[end : match.end()]
            end = match.end()
        rest = text[end:]
        if len(rest) > _LONGEST:
            raise _TooLongError
    if rest:
        yield rest


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module read cells that are too long, so that their row can be refused by name."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


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
