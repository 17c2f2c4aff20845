"""JSON -> its values, and records with named values -> rows of text.

Numbers keep the text in which they are written: 6.50 stays "6.50", and 1e400 is no infinity.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NoReturn

from analysis.intake.table import SEVERAL, Sheet, check_width, remark
from analysis.sessions import UnusableLog

_MOST_BYTES = 64 * 2**20
_MOST_CELLS = 10_000_000
_MOST_VALUES = 4_000_000  # one takes a hundred bytes and more
_DEEPEST = 64
_SHOWN = 60
_BLANKS = re.compile(r"[ \t\r\n]*")


def read_json(content: bytes, file: str) -> object:
    """Return what a JSON file holds: dict, list, str, bool or None; a number is its text.

    A file of several values, each on a line of its own (JSON Lines), is the list of them.

    Parameters
    ----------
    content : bytes
        The file. UTF-8, or UTF-16 with a byte-order mark.
    file : str
        Its name, as refusals give it.

    Raises
    ------
    UnusableLog
        "too-large", "encoding", or "json": not JSON, a name twice in one object, NaN or Infinity,
        nested deeper than 64.
    """
    if len(content) > _MOST_BYTES:
        raise UnusableLog(
            file,
            "too-large",
            f"the file has {len(content):,} bytes, more than {_MOST_BYTES:,}; "
            "split it, or give the log as CSV",
        )
    if sum(map(content.count, (b"{", b"[", b","))) > _MOST_VALUES:
        raise UnusableLog(
            file,
            "too-large",
            f"the file holds more than {_MOST_VALUES:,} values; split it, or give the log as CSV",
        )
    text = _decoded(content, file)
    decoder = json.JSONDecoder(
        object_pairs_hook=partial(_once, file=file),
        parse_float=str,
        parse_int=str,
        parse_constant=partial(_refuse_constant, file=file),
    )
    try:
        values = list(_values(text, decoder))
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        raise UnusableLog(
            file,
            "json",
            f"the file is not valid JSON from line {error.lineno}, column {error.colno} on "
            f"({reason}); export it again",
            line=error.lineno,
        ) from error
    except RecursionError as error:
        raise _too_deep(file) from error
    if any(_is_deep(value) for value in values):
        raise _too_deep(file)
    return values[0] if len(values) == 1 else values


def _decoded(content: bytes, file: str) -> str:
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = content.decode("utf-16" if content.startswith(marks) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableLog(
            file, "encoding", "the text is not UTF-8, as JSON must be; save it as UTF-8"
        ) from error
    if "\0" in text:
        raise UnusableLog(
            file, "encoding", "the text looks like UTF-16 without a mark; save it as UTF-8"
        )
    return text


def _values(text: str, decoder: json.JSONDecoder) -> Iterator[object]:
    """Yield the values of a text, of which each further one begins on a new line."""
    place = _BLANKS.match(text).end()
    while True:
        value, end = decoder.raw_decode(text, place)
        yield value
        place = _BLANKS.match(text, end).end()
        if place == len(text):
            return
        if "\n" not in text[end:place]:
            raise json.JSONDecodeError("Extra data", text, place)


def _once(pairs: list[tuple[str, object]], file: str) -> dict:
    """Return named values as a dict; a name that stands twice would hide one of its values."""
    named = dict(pairs)
    if len(named) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise UnusableLog(
            file,
            "json",
            f"the name {quoted(twice)} stands twice in one record; "
            "rename one of the two and export again",
        )
    return named


def _refuse_constant(constant: str, file: str) -> NoReturn:
    raise UnusableLog(
        file, "json", f"the file holds {constant}, which is no JSON number; leave the value out"
    )


def _too_deep(file: str) -> UnusableLog:
    return UnusableLog(
        file,
        "json",
        f"the values are nested too deeply, more than {_DEEPEST} levels; is it the right file?",
    )


def _is_deep(value: object) -> bool:
    """Return whether lists and objects stand inside one another more often than any log needs."""
    level = [[value]]
    for _ in range(_DEEPEST + 1):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def quoted(name: str) -> str:
    """Return a name of the file as a sentence shows it."""
    return repr(name[:_SHOWN])


def records_sheet(tree: object, file: str) -> Sheet:
    """Return JSON records as rows of text, under the names of their values.

    Parameters
    ----------
    tree : object
        From ``read_json``: a list of objects, an object that holds one such list, or one object,
        which is one record.
    file : str
        The file's name.

    Returns
    -------
    Sheet
        The first row, number 0, is the header: the names in order of first appearance, those of
        nested objects joined by "/". The others have the record's number, from 1. A list of plain
        values is one cell with ``SEVERAL`` between them; null and absent are blank. No record gives
        no row at all. Values beside the list of records are named in a remark "column-unused".

    Raises
    ------
    UnusableLog
        "not-a-session-log" where there are no records, or several lists of them; "json" for a list
        of lists or of objects inside a record, and for two values under one name;
        "too-many-columns", "too-large".
    """
    remarks = []
    if isinstance(tree, dict):
        tree, beside = _list_within(tree, file)
        if beside:
            names = ", ".join(map(quoted, beside[:10]))
            remarks.append(
                remark("column-unused", f"values beside the list of records are not read: {names}")
            )
    if not isinstance(tree, list) or not all(isinstance(record, dict) for record in tree):
        raise UnusableLog(
            file,
            "not-a-session-log",
            "the file is not a list of records with named values; export the log as such, or as CSV",
        )
    records = (
        _once(list(_named_cells(record, number, file)), file)
        for number, record in enumerate(tree, start=1)
    )
    return sheet_of(records, file, remarks)


def _list_within(tree: dict, file: str) -> tuple[list, list[str]]:
    """Return the records of an object, and the names of what stands beside them."""
    lists = [
        name
        for name, value in tree.items()
        if isinstance(value, list) and any(isinstance(item, dict) for item in value)
    ]
    if len(lists) > 1:
        raise UnusableLog(
            file,
            "not-a-session-log",
            f"the file holds several lists of records: {', '.join(map(quoted, lists[:10]))}; "
            "give the one with the sessions as a file of its own",
        )
    if lists:
        return tree[lists[0]], [name for name in tree if name != lists[0]]
    return ([], []) if list(tree.values()) == [[]] else ([tree], [])


def _named_cells(
    record: dict, number: int, file: str, prefix: str = ""
) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        column = prefix + name
        if isinstance(value, dict):
            yield from _named_cells(value, number, file, f"{column}/")
        elif not isinstance(value, list):
            yield column, plain(value)
        elif not any(isinstance(item, dict | list) for item in value):
            yield column, SEVERAL.join(plain(item) for item in value if item is not None)
        else:
            raise UnusableLog(
                file,
                "json",
                f"{quoted(column)} of record {number} is a list of objects or of lists, which fits in "
                "no cell; export one record for each of them",
                line=number,
            )


def plain(value: str | bool | None) -> str:
    """Return a value that is no list and no object as the text of a cell."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
    return value


def sheet_of(records: Iterable[dict[str, str]], file: str, remarks: list[dict]) -> Sheet:
    """Return rows under one header, numbered from 1.

    Raises
    ------
    UnusableLog
        "too-large", as soon as it is, or "too-many-columns".
    """
    read, header = [], {}
    for record in records:
        read.append(record)
        header |= record  # for its names, in order of first appearance
        # One record with many names among many with few would fill the memory with blanks.
        if len(read) * len(header) > _MOST_CELLS:
            raise UnusableLog(
                file,
                "too-large",
                f"the records make a table of more than {_MOST_CELLS:,} cells; "
                "leave out values that are not needed",
            )
    check_width(len(header), file)
    if not read:
        return Sheet("", [], [], remarks, recognised_header=True)
    names = [name.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name in header]
    rows = [[record.get(name, "") for name in header] for record in read]
    return Sheet("", [*enumerate([names, *rows])], [], remarks, recognised_header=True)
