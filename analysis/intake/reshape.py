"""Tables whose rows are not sessions -> one table with one row per session.

Children get their parent's columns, before and after become one row, numbered blocks one column. Such
files are small; each table is read as a whole.
"""

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from analysis.intake.mapping import Join, Mapping, Pivot, Repeat
from analysis.intake.recognise import choose, choose_parents
from analysis.intake.table import SEVERAL, Chunk, Table
from analysis.sessions import UnusableLog
from analysis.vocabulary import clean, fold

_KOBO = {"_id", "_uuid", "_submission_time", "_index"}


def arranged(tables: list[Table], mapping: Mapping, file: str) -> Table:
    """Return the log among the tables of a file, in the shape of one row per session.

    Raises
    ------
    UnusableLog
        When the mapping names a table or a column that is not there, or parents cannot be told apart.
    """
    table = choose(tables, mapping, file)
    if mapping.join:
        table = joined(table, choose_parents(tables, mapping, file), mapping.join, file)
    if mapping.pivot:
        table = paired(table, mapping.pivot, file)
    return blocks(table, mapping.repeat, file) if mapping.repeat else table


def joined(child: Table, parents: Table, join: Join, file: str) -> Table:
    """Return the rows of a child table, each with columns of its parent.

    A row without a parent has blanks there. Without ``join.take``, every column is taken that the
    child lacks.

    Raises
    ------
    UnusableLog
        "missing-column", or "parent-repeated" when two parents have one key.
    """
    own, theirs = _names(child), _names(parents)
    left = place_of(own, join.left, "the parent of a row", file)
    right = place_of(theirs, join.right, "the key of a parent", file)
    others = [header for header in theirs if header and header not in own]
    taken = [
        place_of(theirs, header, "what a row takes", file)
        for header in join.take or dict.fromkeys(others)
    ]
    rows, above = _whole(child), _whole(parents)
    row_of = _by_key(_texts(above, right), above.lines, file)
    parent = [row_of.get(clean(key)) for key in _texts(rows, left)]
    found = above.cells.take(pa.array(parent, pa.int64()))
    columns = [found.column(place).fill_null("") for place in taken]
    header = [*child.header, *(parents.header[place] for place in taken)]
    return _table(child, header, rows, [*rows.cells.columns, *columns])


def _by_key(keys: list[str], lines: np.ndarray, file: str) -> dict[str, int]:
    row_of: dict[str, int] = {}
    for row, key in enumerate(map(clean, keys)):
        if key in row_of:
            raise UnusableLog(
                file,
                "parent-repeated",
                f"{key!r} stands in lines {lines[row_of[key]]} and {lines[row]} of the table that the "
                "sessions belong to; each entry needs a key of its own, so export the file again",
                line=int(lines[row]),
                value=key,
            )
        if key:
            row_of[key] = row
    return row_of


def paired(table: Table, pivot: Pivot, file: str) -> Table:
    """Return one row per pair of a "before" and an "after" row: the former, with both ratings.

    The columns of phase and rating become ``pain_before`` and ``pain_after``. Only one row of each
    phase with one key makes a pair; any other row stays, and lacks the rating that it does not hold.
    """
    rows = _whole(table)
    places = [
        place_of(_names(table), header, "before and after", file)
        for header in (*pivot.key, pivot.phase, pivot.value)
    ]
    *keys, phases, ratings = (_texts(rows, place) for place in places)
    phases = [fold(phase) for phase in phases]
    befores, afters = (
        [row for row, phase in enumerate(phases) if phase == fold(word)]
        for word in (pivot.before, pivot.after)
    )
    keys = [tuple(map(clean, key)) for key in zip(*keys, strict=True)]
    single_before, single_after = _single(befores, keys), _single(afters, keys)
    after_of = {row: single_after[key] for key, row in single_before.items() if key in single_after}
    absorbed = set(after_of.values())
    stays = [row for row in range(len(phases)) if row not in absorbed]
    is_before, is_after = set(befores), set(afters)
    before = [ratings[row] if row in is_before else "" for row in stays]
    after = [ratings[after_of.get(row, row)] if row in after_of or row in is_after else ""
             for row in stays]  # fmt: skip
    others = [place for place in range(len(table.header)) if place not in places[-2:]]
    kept = rows._replace(
        lines=rows.lines[stays], joined=[*rows.joined, *(int(rows.lines[row]) for row in absorbed)]
    )
    columns = [rows.cells.column(place).take(pa.array(stays, pa.int64())) for place in others]
    header = [*(table.header[place] for place in others), "pain_before", "pain_after"]
    ratings = [pa.array(column, pa.string()) for column in (before, after)]
    return _table(table, header, kept, [*columns, *ratings])


def _single(rows: list[int], keys: list[tuple]) -> dict[tuple, int]:
    """Return key -> row, for keys that stand once among these rows."""
    by_key: dict[tuple, list[int]] = {}
    for row in rows:
        by_key.setdefault(keys[row], []).append(row)
    return {key: found[0] for key, found in by_key.items() if len(found) == 1}


def blocks(table: Table, repeat: Repeat, file: str) -> Table:
    """Return a table whose numbered columns are one each, its cells the filled ones of each row.

    "Region 1, Region 2" become "Region", where the first of them stood.

    Raises
    ------
    UnusableLog
        "missing-column" when no header is numbered so.
    """
    pattern = re.escape(repeat.pattern).replace(r"\{name\}", "(?P<name>.+?)")
    pattern = pattern.replace(r"\{n\}", "(?P<n>[0-9]{1,7})")
    numbered: dict[str, dict[int, int]] = {}
    names = _names(table)
    matches = [re.fullmatch(pattern, name) for name in names]
    for place, match in enumerate(matches):
        if match and int(match["n"]) in repeat.numbers:
            numbered.setdefault(match["name"], {})[int(match["n"])] = place
    if not numbered:
        example = repeat.pattern.replace("{name}", "Region").replace("{n}", str(repeat.numbers[0]))
        raise not_there(names, "several words", f"numbered columns such as {example!r}", file)
    rows = _whole(table)
    name_of = {min(places.values()): name for name, places in numbered.items()}
    inside = {place for places in numbered.values() for place in places.values()}
    header, columns = [], []
    for place, written in enumerate(table.header):
        if place in name_of:
            block = numbered[name_of[place]]
            parts = [_texts(rows, block[n]) for n in repeat.numbers if n in block]
            header.append(name_of[place])
            columns.append(pa.array(_several(parts), pa.string()))
        elif place not in inside:
            header.append(written)
            columns.append(rows.cells.column(place))
    return _table(table, header, rows, columns)


def _several(parts: list[list[str]]) -> list[str]:
    return [SEVERAL.join(filter(None, map(str.strip, cells))) for cells in zip(*parts, strict=True)]


def refuse_missing_repeat(table: Table, file: str) -> None:
    """Raise for a KoboToolbox CSV: it leaves out the sessions of a repeat group without a word."""
    if _KOBO.issubset(_names(table)):
        raise UnusableLog(
            file,
            "repeat-missing",
            "the file is a KoboToolbox export without the sessions: its CSV leaves out repeat groups; "
            "export as XLSX",
        )


def place_of(names: list[str], header: str, reads: str, file: str) -> int:
    """Return the place of a column that a mapping names, among the cleaned headers of a table.

    ``reads`` is what the mapping reads from it. Raises ``UnusableLog`` unless it is there once.
    """
    if names.count(header) != 1:
        raise not_there(names, reads, f"the column {header!r}", file, column=header)
    return names.index(header)


def not_there(
    names: list[str], reads: str, source: str, file: str, *, column: str = ""
) -> UnusableLog:
    """Return the refusal of a file without a column that a mapping names, or with two of them."""
    twice = column in names
    return UnusableLog(
        file,
        "header-duplicate" if twice else "missing-column",
        f"the mapping reads {reads} from {source}, which is {'twice' if twice else 'not there'}; "
        f"the columns are: {', '.join(names)}",
        column=column,
    )


def _names(table: Table) -> list[str]:
    return [clean(header) for header in table.header]


def _whole(table: Table) -> Chunk:
    """Return all rows of a table as one chunk of plain text."""
    chunks = list(table.chunks)
    names = [str(place) for place in range(len(table.header))]
    schema = pa.schema([(name, pa.string()) for name in names])
    return Chunk(
        pa.concat_tables([schema.empty_table(), *(chunk.cells.cast(schema) for chunk in chunks)]),
        np.concatenate([np.empty(0, "int64"), *(chunk.lines for chunk in chunks)]),
        ragged=_all(chunk.ragged for chunk in chunks),
        joined=_all(chunk.joined for chunk in chunks),
        **{
            count: sum(getattr(chunk, count) for chunk in chunks)
            for count in ("blank", "skipped", "comments")
        },
    )


def _all(lists: Iterable[list]) -> list:
    return [item for part in lists for item in part]


def _texts(rows: Chunk, place: int) -> list[str]:
    return rows.cells.column(place).to_pylist()


def _table(table: Table, header: list[str], rows: Chunk, columns: list) -> Table:
    """Return a table in another shape; what was noticed in the old one still holds."""
    cells = pa.table(columns, names=[str(place) for place in range(len(header))])
    return table._replace(header=header, chunks=iter([rows._replace(cells=cells)]))
