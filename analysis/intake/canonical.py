"""A table as written -> its columns under canonical names, by a mapping and the vocabulary.

``plan`` looks at the header once, ``apply`` at each chunk. Cells stay as written: a column is selected
and renamed; only what stands in several columns, or several words in one cell, is put together.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.choices import choice_columns, chosen_words, without_nulls, words_of
from analysis.intake.mapping import ColumnRule, Mapping
from analysis.intake.reshape import place_of, refuse_missing_repeat
from analysis.intake.table import Chunk, Table, distinct, each_distinct, remark
from analysis.sessions import UnusableLog
from analysis.vocabulary import clean, fold, vocabulary

# A tool can stand for the technique.
_REQUIRED = ("started_at", "region", "technique", "pain_before", "pain_after")
_MADE_BY_PIVOT = ("pain_before", "pain_after")


class Plan(NamedTuple):
    """How the chunks of one table become canonical columns.

    Attributes
    ----------
    file : str
        For a refusal.
    places : dict
        Canonical name -> places of its columns in the table; "clock" is joined to "started_at".
    choices : dict
        Canonical name -> place -> word, for columns that say whether a word was chosen.
    constants : dict
        Canonical name -> the one value of every row.
    rows : list of (int, frozenset of str, bool)
        Place, folded words, and whether a row must have one of them or must have none.
    nameless : list of int
        Places of columns without a name; they must hold nothing.
    rules : dict
        Canonical name -> its rule, where the mapping has one.
    terms : dict
        The log's own terms.
    headers : dict
        Canonical name -> header as written, for the faults.
    remarks : list of dict
        Which column was taken for what, and which are not read.
    """

    file: str
    places: dict[str, list[int]]
    choices: dict[str, dict[int, str]]
    constants: dict[str, str]
    rows: list[tuple[int, frozenset[str], bool]]
    nameless: list[int]
    rules: dict[str, ColumnRule]
    terms: dict[str, list[str]]
    headers: dict[str, str]
    remarks: list[dict]


def plan(table: Table, mapping: Mapping, file: str) -> Plan:
    """Return how the columns of a table get their canonical names.

    The mapping's names come first, then a header that is a canonical name, then the other words of
    the vocabulary; in a preset of the kit the mapping's names come last. Where a canonical name has
    none, it is absent; nothing is filled in.

    Raises
    ------
    UnusableLog
        For a needed column that stands twice, a mapped column that is not there, or a required
        column that is missing.
    """
    names = [clean(header) for header in table.header]
    if mapping.shipped:
        names = _without_group(names)
    rules = _rules(mapping)
    choices = choice_columns(names, rules, mapping, file)
    constants = _constants(rules, file)
    mapped = _mapped(names, rules, mapping, file)
    taken = {place for places in (*choices.values(), *mapped.values()) for place in places}
    found = _found(table, names, taken, file)
    if mapping.columns_only:
        made = _MADE_BY_PIVOT if mapping.pivot else ()
        found = {name: places for name, places in found.items() if name in (*rules, *made)}
    stated = {name: at for name, at in mapped.items() if not mapping.shipped or name in mapping.own}
    places = mapped | found | stated
    for name in (*choices, *constants):
        places.pop(name, None)
    if "started_at" not in places and "clock" in places:
        places["started_at"] = places.pop("clock")
    _refuse_missing(table, {*places, *choices, *constants}, file)
    headers = {name: clean(table.header[first]) for name, (first, *_) in places.items()}
    return Plan(
        file=file,
        places=places,
        choices=choices,
        constants=constants,
        rows=_rows(names, mapping, file),
        nameless=[place for place, name in enumerate(names) if not fold(name)],
        rules=rules,
        terms=mapping.terms,
        headers={name: name for name in (*choices, *constants)} | headers,
        remarks=_remarks(table, places, choices, mapping),
    )


def apply(plan: Plan, chunk: Chunk) -> Chunk:
    """Return a chunk with its cells under canonical names.

    Beside the columns of a session there may be "session_number", "submission" and "zone". A cell
    with several words holds them joined by ``SEVERAL``, in the form's order; without any it is "".
    Rows that the mapping leaves out are counted in ``skipped``.

    Raises
    ------
    UnusableLog
        "header-blank": a column without a name holds data.
    """
    _refuse_nameless(plan, chunk)
    chunk = _with_rows(plan, chunk)
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name, places in plan.places.items():
        rule = plan.rules.get(name, ColumnRule())
        parts = [chunk.cells.column(place) for place in places]
        one = parts[0] if len(parts) == 1 else _joined(parts, rule.join)
        words = words_of(rule, name, plan.terms)
        columns[name] = each_distinct(one, words) if words else one
    for name, words in plan.choices.items():
        columns[name] = chosen_words(chunk.cells, words, plan.rules[name].on)
    for name, value in plan.constants.items():
        columns[name] = _constant(value, len(chunk.lines))
    if "clock" in columns:
        # A date and a time in two columns are one start.
        columns["started_at"] = _joined([columns["started_at"], columns.pop("clock")], " ")
    return chunk._replace(cells=pa.table(columns))


# The header


def _rules(mapping: Mapping) -> dict[str, ColumnRule]:
    """Return the mapping's rules by canonical name, with those that only name a header."""
    named = {
        "session_number": mapping.identity.session,
        "submission": mapping.identity.submission,
        "zone": mapping.time.timezone_column,
    }
    return mapping.columns | {
        name: ColumnRule(headers=(header,)) for name, header in named.items() if header
    }


def _without_group(names: list[str]) -> list[str]:
    """Return headers without the group that a form tool writes before the questions of a group.

    The group is what stands before the name of the rating: "session/" in "session/pain_before".
    """
    ratings = {word for word, name in vocabulary().headers.items() if name == "pain_before"}
    for name in names:
        place = max(name.rfind(mark) for mark in "/-") + 1
        if place and fold(name) not in ratings and fold(name[place:]) in ratings:
            return [other.removeprefix(name[:place]) for other in names]
    return names


def _constants(rules: dict[str, ColumnRule], file: str) -> dict[str, str]:
    constants = {name: rule.const for name, rule in rules.items() if rule.const is not None}
    for name, rule in rules.items():
        if rule.from_file_name is None:
            continue
        match = re.search(rule.from_file_name, file)
        if not match or not match[1]:
            raise UnusableLog(
                file,
                "missing-column",
                f"the mapping reads {name} from the name of the file, which does not fit "
                f"{rule.from_file_name!r}; rename the file or change the mapping",
                column=name,
            )
        constants[name] = match[1]
    return constants


def _mapped(
    names: list[str], rules: dict[str, ColumnRule], mapping: Mapping, file: str
) -> dict[str, list[int]]:
    """Return canonical name -> places by the mapping; a preset may name what is not there."""
    places: dict[str, list[int]] = {}
    for name, rule in rules.items():
        for header in rule.headers:
            if header in names or not mapping.shipped or name in mapping.own:
                places.setdefault(name, []).append(place_of(names, header, name, file))
    return places


def _found(table: Table, names: list[str], taken: set[int], file: str) -> dict[str, list[int]]:
    """Return canonical name -> place by the vocabulary; the name itself before its other words.

    A name that begins with "_" is a form tool's own; such a column is only read if it is mapped.
    """
    by_name: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        column = vocabulary().headers.get(fold(name))
        if column and place not in taken and not name.startswith("_"):
            by_name.setdefault(column, []).append(place)
    places = {}
    for column, candidates in by_name.items():
        exact = [place for place in candidates if fold(names[place]) == fold(column)]
        chosen = exact or candidates
        if len(chosen) > 1:
            both = " and ".join(repr(table.header[place]) for place in chosen)
            raise UnusableLog(
                file,
                "header-duplicate",
                f"{both} both mean {column}; rename one, or say in a mapping which one to read",
                column=table.header[chosen[1]],
            )
        places[column] = chosen
    return places


def _refuse_missing(table: Table, names: set[str], file: str) -> None:
    """Raise unless the required columns are there; participant may be absent (one person's log)."""
    found = names | ({"technique"} if "tool" in names else set())
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        refuse_missing_repeat(table, file)
        columns = ", ".join(repr(header.strip()) for header in table.header if header.strip())
        raise UnusableLog(
            file,
            "missing-column",
            f"no column for {', '.join(missing)}; the "
            f"columns are {columns}. Rename them, or say in a mapping which is which",
            column=missing[0],
        )


def _rows(names: list[str], mapping: Mapping, file: str) -> list[tuple[int, frozenset[str], bool]]:
    rows = []
    for sides, keeps in ((mapping.rows.where, True), (mapping.rows.drop, False)):
        for header, words in sides.items():
            if header in names or not mapping.shipped:
                place = place_of(names, header, "which rows are sessions", file)
                rows.append((place, words, keeps))
    return rows


def _remarks(
    table: Table, places: dict[str, list[int]], choices: dict[str, dict[int, str]], mapping: Mapping
) -> list[dict]:
    """Return what was taken for what and what is not read, in the order of the columns."""
    names = {place: name for name, taken in places.items() for place in taken}
    chosen = {place: name for name, words in choices.items() for place in words}
    first = {min(words): name for name, words in choices.items()}
    headers = [clean(header) for header in table.header]
    remarks = [_preset_used(mapping)] if mapping.shipped and not mapping.own else []
    for place, header in enumerate(headers):
        if place in first:
            others = len(choices[first[place]]) - 1
            more = f", with {others} more columns like it" if others else ""
            remarks.append(remark("column-taken", f"read as {first[place]}{more}", column=header))
        elif place in names and fold(names[place]) != fold(header):
            taken = "the time of started_at" if names[place] == "clock" else names[place]
            remarks.append(remark("column-taken", f"read as {taken}", column=header))
        elif place not in names and place not in chosen and header:
            remarks += _unused(headers, place)
    return remarks


def _unused(headers: list[str], place: int) -> list[dict]:
    header = headers[place]
    if headers.count(header) == 1:
        message = "this column is not read; name it in a mapping if it should be"
        return [remark("column-unused", message, column=header)]
    if headers.index(header) < place:
        return []
    message = f"{headers.count(header)} columns have this name; none is read by it"
    return [remark("header-repeated", message, column=header)]


def _preset_used(mapping: Mapping) -> dict:
    return remark(
        "preset-used",
        f"the file was read by the mapping {mapping.name} that comes with the kit; to add to it, begin "
        f"a mapping of your own with preset: {mapping.name}",
    )


# The rows


def _refuse_nameless(plan: Plan, chunk: Chunk) -> None:
    for place in plan.nameless:
        trimmed = pc.utf8_trim_whitespace(_plain(chunk.cells.column(place)))
        if pc.any(pc.not_equal(trimmed, "")).as_py():
            raise UnusableLog(
                plan.file,
                "header-blank",
                f"column {place + 1} holds data but has no name; give it one in the header row",
            )


def _with_rows(plan: Plan, chunk: Chunk) -> Chunk:
    """Return a chunk without the rows that the mapping leaves out."""
    keep = np.ones(len(chunk.lines), dtype=bool)
    for place, words, keeps in plan.rows:
        codes, texts = distinct(chunk.cells.column(place))
        fits = np.array([fold(text) in words for text in texts], dtype=bool)
        keep &= fits[codes] == keeps
    if keep.all():
        return chunk
    return chunk._replace(
        cells=chunk.cells.filter(pa.array(keep)),
        lines=chunk.lines[keep],
        skipped=chunk.skipped + int((~keep).sum()),
    )


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return column.cast(pa.string())


def _joined(parts: list[pa.Array | pa.ChunkedArray], mark: str) -> pa.Array | pa.ChunkedArray:
    """Return the filled cells of each row as one text."""
    filled = []
    for part in parts:
        trimmed = pc.utf8_trim_whitespace(_plain(part))
        filled.append(pc.if_else(pc.equal(trimmed, ""), None, trimmed))
    return without_nulls(filled, mark)


def _constant(value: str, n_rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n_rows, "int32")), pa.array([value]))
