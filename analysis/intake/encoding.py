"""The bytes of a text file -> UTF-8, by rules that detect nothing."""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from analysis.intake.table import remark
from analysis.sessions import UnusableLog

_PIECE = 8 * 2**20
_LOST = "\ufffd".encode()


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
    """Yield a file's bytes; it is never open between two pieces, so that a refusal leaves none open."""
    offset = 0
    while True:
        with opened() as stream:
            stream.seek(offset)
            piece = stream.read(_PIECE)
        if not piece:
            return
        offset += len(piece)
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


def utf8_pieces(opened: Callable[[], BinaryIO], encoding: str) -> Iterator[bytes]:
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
