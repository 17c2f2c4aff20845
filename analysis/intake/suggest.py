"""A starting mapping for a file that the kit does not know, to be completed by a person.

What is certain stands there, what is only near is commented out. Cells are shown of regions and
techniques alone: no participant, no note.
"""

import difflib
import re
from pathlib import PurePath

import yaml

from analysis.intake.mapping import NO_MAPPING
from analysis.intake.table import Table
from analysis.sessions import COLUMN
from analysis.vocabulary import clean, fold, vocabulary

_NEAR = 0.75
_MOST_WORDS, _LONGEST_WORD = 40, 60
_ORDER = re.compile(r"\d{1,2}([./-])\d{1,2}\1(\d{4}|\d{2})(?: (\d{1,2}:\d{2})(:\d{2})?)?")
_TOP = """\
# A starting mapping for {file}. Lines that begin with # are suggestions: remove the # of those that are
# right, correct or delete the others. Columns that are not named here are found by their usual names."""


def suggest_mapping(table: Table, file: str) -> str:
    """Return a mapping for a file as YAML text, which is valid as it stands.

    Columns that the vocabulary knows are named, the nearest names for the others commented out. Words
    of region and technique that it does not know are listed with the nearest ones, and the two ways
    to read a date whose order is not certain.
    """
    names = [clean(header) for header in table.header]
    known = _known(names)
    words = {"region": {}, "technique": {}, "started_at": {}}
    for chunk in table.chunks:
        for column in words.keys() & known.keys():
            cells = chunk.cells.column(known[column]).unique().to_pylist()
            words[column] |= dict.fromkeys(map(clean, cells))
    lines = [
        _TOP.format(file=_quoted(PurePath(file).name)),
        f"name: {_quoted(clean(PurePath(file).stem) or 'log')}",
    ]
    lines += _time(words["started_at"])
    if "session_number" in known:
        lines += ["identity:", f"  session: {_quoted(names[known['session_number']])}"]
    columns = {place: column for column, place in known.items()}
    live = [_column(names[place], column, words.get(column, {}))
            for place, column in columns.items() if column in COLUMN]  # fmt: skip
    lines += ["columns:" if live else "# columns:", *(line for part in live for line in part)]
    lines += [_unread(names, place) for place in range(len(names)) if place not in columns]
    return "\n".join(filter(None, lines)) + "\n"


def _known(names: list[str]) -> dict[str, int]:
    """Return canonical name -> place of the first header that means it and stands once."""
    known: dict[str, int] = {}
    for place, name in enumerate(names):
        column = vocabulary().headers.get(fold(name))
        if column and names.count(name) == 1 and not name.startswith("_"):
            known.setdefault(column, place)
    return known


def _quoted(text: str) -> str:
    """Return a text as YAML writes it in quotes, in one line."""
    dumped = yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.removesuffix("\n")


def _column(header: str, column: str, words: dict[str, None]) -> list[str]:
    """Return the lines of a column that is known, with its words that are not."""
    listed = vocabulary().words.get(column, {}).keys() | vocabulary().missing
    unknown = [word for word in words if fold(word) not in listed]
    if column not in NO_MAPPING.terms or not unknown:
        return [f"  {column}: {_quoted(header)}"]
    lines = [f"  {column}:", f"    from: {_quoted(header)}", "    # values:"]
    for word in unknown[:_MOST_WORDS]:
        near = _near_words(word, column)
        lines.append(f"    #   {_quoted(word[:_LONGEST_WORD])}: {' or '.join(near) or '?'}")
    if len(unknown) > _MOST_WORDS:
        lines.append(f"    #   and {len(unknown) - _MOST_WORDS} more words")
    return lines


def _near_words(word: str, column: str) -> list[str]:
    ambiguous = vocabulary().ambiguous.get(column, {})
    words = vocabulary().words[column]
    near = difflib.get_close_matches(fold(word), words, n=1, cutoff=_NEAR)
    return ambiguous.get(fold(word)) or [words[other] for other in near]


def _unread(names: list[str], place: int) -> str:
    """Return the line of a header that is not read, with what it may mean."""
    name = names[place]
    if not name or name in names[:place]:
        return ""
    shown = _quoted(name)
    if names.count(name) > 1:
        return f"  # {shown} stands {names.count(name)} times; only a name of its own can be read"
    near = difflib.get_close_matches(fold(name), vocabulary().headers, n=1, cutoff=_NEAR)
    column = vocabulary().headers[near[0]] if near else ""
    return f"  # {column}: {shown}" if column in COLUMN else f"  # {shown} is not read"


def _time(cells: dict[str, None]) -> list[str]:
    """Return the two ways to read dates of which either part could be the day, the separators as used."""
    match = next(filter(None, map(_ORDER.fullmatch, cells)), None)
    if match is None:
        return []
    mark, year, clock, seconds = match.groups()
    year = "%Y" if len(year) == 4 else "%y"
    clock = f" %H:%M{':%S' if seconds else ''}" if clock else ""
    return ["# time:"] + [
        f'#   formats: ["{first}{mark}{second}{mark}{year}{clock}"]   # {said} first'
        for first, second, said in (("%d", "%m", "day"), ("%m", "%d", "month"))
    ]
