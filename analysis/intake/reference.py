"""Delimited text -> rows by Python's ``csv`` in strict mode: what every faster reader must agree with."""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from analysis.sessions import UnusableLog

#: Bytes of a row; a longer one is a missing quote, or no table.
LONGEST = 16 * 2**20
# A carriage return at the very end may be half of a line end whose other half comes with the next piece.
_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")


def strict_rows(
    pieces: Iterator[bytes], separator: str, line: int, file: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row; a quoted cell may span lines, the row has its first.

    Parameters
    ----------
    pieces : iterator of bytes
        Of UTF-8, cut anywhere.
    separator : str
        One character.
    line : int
        In which the first row starts.
    file : str
        For a refusal.

    Raises
    ------
    UnusableLog
        "unclosed-quote", or "too-large" for a row longer than ``LONGEST``.
    """
    first, size = line, 0

    def of_this_row() -> Iterator[str]:
        nonlocal size
        for text in _lines(pieces):
            size += len(text)
            if size > LONGEST:
                raise _TooLongError
            yield text

    with _long_cells():
        reader = csv.reader(of_this_row(), delimiter=separator, strict=True)
        try:
            for row in reader:
                yield line, row
                line, size = first + reader.line_num, 0
        except csv.Error as error:
            raise UnusableLog(
                file,
                "unclosed-quote",
                f"a quoted cell does not end where it should ({error}); "
                "close the quote or double the quotes inside it",
                line=line,
            ) from error
        except _TooLongError as error:
            raise UnusableLog(
                file,
                "too-large",
                f"a row is longer than {LONGEST:,} bytes; is a quote missing, or is it another kind of "
                "file?",
                line=line,
            ) from error


def lenient_rows(text: bytes, separator: str, most: int) -> list[list[str]]:
    """Return the first rows by a separator that may be the wrong one; none where it cannot be right."""
    try:
        with _long_cells():
            return list(islice(csv.reader(_lines(iter([text])), delimiter=separator), most))
    except (csv.Error, _TooLongError):  # or a fault that the strict reading will name
        return []


class _TooLongError(Exception):
    """A line or a row longer than ``LONGEST``."""


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield lines with their ends, as an editor counts them: LF, CR LF or CR, and no other mark."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    for piece in pieces:
        text, end = rest + decoder.decode(piece), 0
        for match in _LINE_END.finditer(text):
            yield text[end : match.end()]
            end = match.end()
        rest = text[end:]
        if len(rest) > LONGEST:
            raise _TooLongError
    if rest:
        yield rest


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module read cells that are too long, so that their row can be refused by name."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)
