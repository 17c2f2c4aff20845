"""A mapping: which column of a log is which, and the log's own terms.

Read from a YAML file. Keys so far: ``name``, ``columns`` (canonical name: "source header"),
``terms`` (own regions and techniques), ``identity`` (``session``: header) and ``time``
(``formats``: strptime formats, tried after ISO 8601). Any other key is refused by name.
"""

import difflib
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import yaml

from analysis.intake.cells import Table, remark
from analysis.sessions import COLUMN, UnusableLog, UserError
from analysis.vocabulary import clean, fold, vocabulary

# A term names a row of a table and of a figure.
_LONGEST_TERM = 40
_GRAMMAR = {
    "name": str,
    "columns": dict.fromkeys(COLUMN, str),
    "terms": {"region": list, "technique": list},
    "identity": {"session": str},
    "time": {"formats": list},
}


class Mapping(NamedTuple):
    """A mapping as read.

    Attributes
    ----------
    columns : dict
        Canonical name -> source header, for the columns that the mapping names.
    terms : dict
        "region" and "technique" -> the log's own terms. They are shown as declared and never merged
        with a term of the vocabulary.
    formats : list of str
        strptime formats of ``started_at``.
    """

    columns: dict[str, str]
    terms: dict[str, list[str]]
    formats: list[str]

    def knows(self, header: str) -> bool:
        """Return whether a header is one of the vocabulary's or of this mapping's."""
        return fold(header) in vocabulary().headers or header.strip() in self.columns.values()


NO_MAPPING = Mapping({}, {"region": [], "technique": []}, [])


def load_mapping(path: str | Path | None) -> Mapping:
    """Return the mapping in a YAML file; without a path, the empty one.

    Raises
    ------
    UserError
        When the file is not there, is no YAML, or has a key or value outside the grammar; the text
        names the file, the line and the key.
    """
    if path is None:
        return NO_MAPPING
    file = Path(path)
    try:
        # Every word stays text: no date, no yes and no 007 is turned into something else.
        tree = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise UserError(f"{file}: the mapping file cannot be read; {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{file.name}: the mapping is not valid YAML; {reason}") from error
    content = {} if tree is None else _content(tree, _GRAMMAR, file.name, "")
    columns = content.get("columns", {})
    if "session" in content.get("identity", {}):
        columns["session_number"] = content["identity"]["session"]
    own = content.get("terms", {})
    return Mapping(
        columns,
        {column: own.get(column, []) for column in ("region", "technique")},
        content.get("time", {}).get("formats", []),
    )


def _content(node: yaml.Node, grammar: object, file: str, key: str) -> object:
    """Return what a node says, or raise with its line and key when the grammar has it not."""
    where = f"{file} line {node.start_mark.line + 1}: " + (f"{key}: " if key else "")
    if isinstance(grammar, dict):
        if not isinstance(node, yaml.MappingNode):
            raise UserError(f"{where}must be names with values; found {_said(node)}")
        return _entries(node, grammar, file)
    if grammar is list:
        items = node.value if isinstance(node, yaml.SequenceNode) else [None]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise UserError(f"{where}must be a list of words; found {_said(node)}")
        return [_checked(item.value, key, where) for item in items]
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise UserError(f"{where}must be text; found {_said(node)}")
    return node.value.strip()


def _entries(node: yaml.MappingNode, grammar: dict, file: str) -> dict:
    content = {}
    for name_node, value in node.value:
        name = name_node.value if isinstance(name_node, yaml.ScalarNode) else "?"
        where = f"{file} line {name_node.start_mark.line + 1}: "
        if name not in grammar:
            near = difflib.get_close_matches(name, grammar, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UserError(
                f"{where}unknown key {name!r}; this version reads {', '.join(grammar)}{hint}"
            )
        if name in content:
            raise UserError(f"{where}the key {name!r} stands twice; put the two together")
        content[name] = _content(value, grammar[name], file, name)
    return content


def _said(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


def _checked(word: str, key: str, where: str) -> str:
    """Return a word of a list; a format may only have directives that say one thing everywhere."""
    if key in ("region", "technique") and (len(word) > _LONGEST_TERM or not word.isprintable()):
        raise UserError(
            f"{where}a term must be at most {_LONGEST_TERM} printable characters; found {word[:60]!a}"
        )
    directives = re.findall("%(.?)", word)
    if key == "formats" and (not directives or set(directives) - set("YymdBbHIMSfp%")):
        raise UserError(
            f"{where}must be made of %Y %m %d %b %H %M %S %I %p, as in %d/%m/%Y %H:%M; found {word!r}"
        )
    return word


class Canonical(NamedTuple):
    """The cells of one file under canonical names.

    Attributes
    ----------
    cells : DataFrame
        One column per canonical name found, text.
    headers : dict
        Canonical name -> header as written in the file.
    remarks : list of dict
        Which column was taken for what, and which are not read.
    """

    cells: pd.DataFrame
    headers: dict[str, str]
    remarks: list[dict]


def to_canonical(table: Table, mapping: Mapping) -> Canonical:
    """Return the table's columns under their canonical names.

    The mapping's names come first, then a header that is a canonical name, then the other words of
    the vocabulary. Where a canonical name has none, it is absent; nothing is filled in.

    Raises
    ------
    UnusableLog
        For a needed column that stands twice, a column with data and no name, a mapped column that
        is not there, or a required column that is missing.
    """
    folded = [fold(header) for header in table.header]
    _refuse_nameless(table, folded)
    places = _mapped(table, mapping)
    for name, place in _found(table, folded, taken=set(places.values())).items():
        places.setdefault(name, place)
    if "started_at" not in places and "clock" in places:
        places["started_at"] = places.pop("clock")
    _refuse_missing(table, places)
    remarks = []
    for place, header in enumerate(table.header):
        name = next((name for name, taken in places.items() if taken == place), None)
        if name is None and header.strip():
            remarks.append(
                remark(
                    "column-unused",
                    "this column is not read; name it in a mapping if it should be",
                    column=header.strip(),
                )
            )
        elif name is not None and fold(name) != folded[place]:
            taken = "the time of started_at" if name == "clock" else name
            remarks.append(remark("column-taken", f"read as {taken}", column=header.strip()))
    cells = pd.DataFrame({name: table.cells[place] for name, place in places.items()})
    if "clock" in cells:
        # A date and a time in two columns are one start.
        clock = cells.pop("clock")
        cells = cells.assign(started_at=(cells["started_at"] + " " + clock).str.strip())
    return Canonical(
        cells, {name: clean(table.header[place]) for name, place in places.items()}, remarks
    )


def _mapped(table: Table, mapping: Mapping) -> dict[str, int]:
    headers = [header.strip() for header in table.header]
    places = {}
    for name, header in mapping.columns.items():
        if headers.count(header) != 1:
            rule = "header-duplicate" if header in headers else "missing-column"
            found = "twice" if header in headers else "not there"
            raise UnusableLog(
                table.file,
                rule,
                f"the mapping reads {name} from the column "
                f"{header!r}, which is {found}; the columns are: " + ", ".join(headers),
                column=header,
            )
        places[name] = headers.index(header)
    return places


def _found(table: Table, folded: list[str], taken: set[int]) -> dict[str, int]:
    """Return canonical name -> place by the vocabulary; the name itself before its other words."""
    by_name: dict[str, list[int]] = {}
    for place, word in enumerate(folded):
        if place not in taken and word in vocabulary().headers:
            by_name.setdefault(vocabulary().headers[word], []).append(place)
    places = {}
    for name, candidates in by_name.items():
        exact = [place for place in candidates if folded[place] == fold(name)]
        chosen = exact or candidates
        if len(chosen) > 1:
            names = " and ".join(repr(table.header[place]) for place in chosen)
            raise UnusableLog(
                table.file,
                "header-duplicate",
                f"{names} both mean {name}; rename one, or say in a mapping which one to read",
                column=table.header[chosen[1]],
            )
        places[name] = chosen[0]
    return places


def _refuse_nameless(table: Table, folded: list[str]) -> None:
    for place, word in enumerate(folded):
        if not word and table.cells[place].str.strip().ne("").any():
            raise UnusableLog(
                table.file,
                "header-blank",
                f"column {place + 1} holds data but has no name; give it one in the header row",
            )


def _refuse_missing(table: Table, places: dict[str, int]) -> None:
    """Raise unless the required columns are there; participant may be absent (one person's log)."""
    needed = ["started_at", "region", "pain_before", "pain_after"]
    missing = [name for name in needed if name not in places]
    if "technique" not in places and "tool" not in places:
        missing.insert(2, "technique")
    if missing:
        found = ", ".join(repr(header.strip()) for header in table.header if header.strip())
        raise UnusableLog(
            table.file,
            "missing-column",
            f"no column for {', '.join(missing)}; the "
            f"columns are {found}. Rename them, or say in a mapping which is which",
            column=missing[0],
        )
