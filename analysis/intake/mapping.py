"""A mapping: which column of a log is which, how its cells are written, and the log's own terms.

Read from a YAML file, or one of the presets that come with the kit. ``_grammar`` is the whole
grammar, one check a key; any other key or value is refused with its line. The kit's presets name
headers as a last resort: a column that is found by another name comes before them, and one that is
not there is no fault.
"""

import difflib
import re
import warnings
from collections import abc
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import yaml

from analysis.intake.times import TimeRules, known_zone, zone_names
from analysis.sessions import COLUMN, UserError
from analysis.vocabulary import clean, fold, vocabulary

#: The mappings that come with the kit, in the order in which a file is compared with them.
PRESETS = (
    "reliefbook-template",
    "google-forms",
    "microsoft-forms",
    "redcap-raw",
    "redcap-labels",
    "kobo-repeat",
    "kobo",
    "odk-repeat",
    "odk",
    "fhir",
)
#: In a pattern: any word of the vocabulary for the column.
QUESTION = "{question}"
_NAME, _NUMBER = "{name}", "{n}"

# A term names a row of a table and of a figure.
_LONGEST_TERM = 40
_STYLES = ("multi_split", "multi_labels", "multi_columns", "multi_items")
_ORIGINS = ("from", "const", "from_file_name", "multi_columns")
_NUMBER_RULES = ("n_of_10", "decimal_comma", "min_suffix", "s_suffix", "h_min")
_SHORT = {"numbness": "numbness_before", "tingling": "tingling_before"}


class Recognise(NamedTuple):
    """How a preset knows its files: names in one header, and the name of a sheet."""

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    sheet: str = ""


class FileRules(NamedTuple):
    """How the file is written and which table of it is the log; what is not stated is empty."""

    format: str = ""
    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    sheet: str = ""
    member: str = ""
    sheet_with: tuple[str, ...] = ()
    header_row: int | None = None
    header_rows: tuple[int, ...] = ()
    fill_merged: bool = False
    comment: str = ""
    resource: str = ""
    group: str = ""
    query: str = ""


class Join(NamedTuple):
    """Which table holds the parents of the log's rows, by which columns, and what is taken.

    Nothing named in ``take`` means every column that the log's own table lacks.
    """

    left: str
    right: str
    sheet: str = ""
    member: str = ""
    sheet_with: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


class Repeat(NamedTuple):
    """Numbered blocks of columns: the numbers, and how a header is made of name and number."""

    numbers: tuple[int, ...]
    pattern: str


class Pivot(NamedTuple):
    """Before and after as rows: what makes a pair, and where phase and rating stand."""

    key: tuple[str, ...]
    phase: str
    value: str
    before: str
    after: str


class Rows(NamedTuple):
    """Which rows are sessions: header -> folded words that a row must have, or must not."""

    where: abc.Mapping[str, frozenset[str]] = {}
    drop: abc.Mapping[str, frozenset[str]] = {}


class Identity(NamedTuple):
    """What tells sessions apart beside participant and start, and which of two versions wins."""

    session: str = ""
    submission: str = ""
    conflict: str = "last"


class ColumnRule(NamedTuple):
    """Where one canonical column comes from and how its cells are written.

    Attributes
    ----------
    headers : tuple of str
        Source headers, joined by ``join``; empty: found by the vocabulary.
    const, from_file_name : str or None
        The same value for every row, stated or matched in the file's name.
    values : dict
        Folded source word -> word of the vocabulary or own term.
    missing : frozenset of str
        Words that are missing answers in this column, beside the vocabulary's: clean and without
        case, but not folded, which would make a true 99 of -99.
    decimal, accept, scale
        How its numbers are written.
    several : bool
        Whether a cell may hold several words.
    split, labels, pattern, on, redcap, items
        How they are written: a separator; known labels; one column each, whose header fits the
        pattern and whose cell is one of ``on``; items of a record.
    """

    headers: tuple[str, ...] = ()
    join: str = " "
    const: str | None = None
    from_file_name: str | None = None
    values: abc.Mapping[str, str] = {}
    missing: frozenset[str] = frozenset()
    decimal: str = ""
    accept: frozenset[str] = frozenset()
    scale: str = ""
    several: bool = False
    split: str = ""
    labels: bool = False
    pattern: str = ""
    on: tuple[str, ...] = ("1", "checked", "true", "yes")
    redcap: bool = False
    items: bool = False


class Mapping(NamedTuple):
    """A mapping as read; ``shipped`` marks a preset of the kit.

    ``terms`` are the log's own: "region" and "technique" -> words, shown as declared and never
    merged with a term of the vocabulary.
    """

    name: str = ""
    recognise: Recognise = Recognise()
    file: FileRules = FileRules()
    join: Join | None = None
    repeat: Repeat | None = None
    pivot: Pivot | None = None
    rows: Rows = Rows()
    columns: abc.Mapping[str, ColumnRule] = {}
    columns_only: bool = False
    terms: abc.Mapping[str, list[str]] = {"region": [], "technique": []}
    time: TimeRules = TimeRules()
    identity: Identity = Identity()
    shipped: bool = False

    def knows(self, header: str) -> bool:
        """Return whether a header is one of the vocabulary's or of this mapping's."""
        name = clean(header)
        return fold(header) in vocabulary().headers or any(
            name in rule.headers or (rule.pattern and re.fullmatch(rule.pattern, name))
            for rule in self.columns.values()
        )


NO_MAPPING = Mapping()


def load_mapping(path: str | Path | None) -> Mapping:
    """Return the mapping in a YAML file, or the preset of that name; without either, the empty one.

    Raises
    ------
    UserError
        When the file is not there, is no YAML, or has a key or value outside the grammar; the text
        names the file, the line and the key.
    """
    if path is None:
        return NO_MAPPING
    file = Path(path)
    if str(path) in PRESETS and not file.exists():
        return preset(str(path))
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{file}: the mapping file cannot be read; {reason}") from error
    return _mapping(content, file.name)


@cache
def preset(name: str) -> Mapping:
    """Return one of ``PRESETS``."""
    file = f"{name}.yml"
    content = files("analysis").joinpath("intake", "presets", file).read_bytes()
    return _mapping(content, file)._replace(shipped=True)


def _mapping(content: bytes, file: str) -> Mapping:
    try:
        # Every word stays text: no date, no yes and no 007 is turned into something else.
        tree = yaml.compose(content.decode("utf-8"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{file}: the mapping is not valid YAML; {reason}") from error
    said = {} if tree is None else _said_by(tree, file)
    told = {name: said[name] for name in ("name", "columns", "columns_only") if name in said}
    kinds = {"recognise": Recognise, "file": FileRules, "join": Join, "repeat": Repeat,
             "pivot": Pivot, "rows": Rows, "time": TimeRules, "identity": Identity}  # fmt: skip
    parts = {name: kind(**said[name]) for name, kind in kinds.items() if name in said}
    terms = {column: list(said.get("terms", {}).get(column, ())) for column in NO_MAPPING.terms}
    mapping = Mapping(terms=terms, **told, **parts)
    return _with_blocks(mapping) if mapping.repeat else mapping


def _with_blocks(mapping: Mapping) -> Mapping:
    """Return a mapping whose columns of terms hold several words: one a numbered block."""
    blocks = {
        column.name: mapping.columns.get(column.name, ColumnRule())._replace(several=True)
        for column in COLUMN.values()
        if column.kind == "term"
    }
    return mapping._replace(columns=mapping.columns | blocks)


def _said_by(tree: yaml.Node, file: str) -> dict:
    """Return every key's checked value; ``terms`` first, for the words that columns may use."""
    nodes = _entries(tree, _grammar({}), _Place(file, ""))
    own = _grammar({})["terms"](nodes["terms"], _Place(file, "terms")) if "terms" in nodes else {}
    grammar = _grammar(own)
    return {name: grammar[name](node, _Place(file, name)) for name, node in nodes.items()}


class _Place(NamedTuple):
    """Where a value stands: its file and its key."""

    file: str
    key: str

    def fault(self, node: yaml.Node, sentence: str) -> UserError:
        key = f"{self.key}: " if self.key else ""
        return UserError(f"{self.file} line {node.start_mark.line + 1}: {key}{sentence}")

    def unlike(self, node: yaml.Node, wanted: str) -> UserError:
        return self.fault(node, f"must be {wanted}; found {_shown(node)}")


_Check = Callable[[yaml.Node, _Place], object]


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


# The grammar


def _grammar(own: dict[str, tuple[str, ...]]) -> dict[str, _Check]:
    """Return the keys of a mapping with their checks."""
    texts = _list(_text)
    table = {"sheet": _text, "member": _text, "sheet_with": texts}
    return {
        "name": _text,
        "recognise": _names(
            {"all_of": texts, "any_of": texts, "none_of": texts, "sheet": _text},
        ),
        "file": _names(
            {
                "format": _one_of("csv", "xlsx", "zip", "fhir"),
                "encoding": _encoding,
                "separator": _one_of(",", ";", "\t", "|"),
                "decimal": _one_of(".", ","),
                **table,
                "header_row": _number,
                "header_rows": _list(_number),
                "fill_merged": _flag,
                "comment": _text,
                "resource": _text,
                "group": _text,
                "query": _text,
            }
        ),
        "join": _names(
            table | {"left": _text, "right": _text, "take": texts}, needed=("left", "right")
        ),
        "repeat": _names(
            {"numbers": _list(_number), "pattern": _numbered}, needed=("numbers", "pattern")
        ),
        "pivot": _names(
            {"key": texts, "phase": _text, "value": _text, "before": _text, "after": _text},
            needed=Pivot._fields,
        ),
        "rows": _names({"where": _pairs(_choice), "drop": _pairs(_choice)}),
        "columns": _names({name: partial(_column, own=own) for name in COLUMN}),
        "columns_only": _flag,
        "terms": _names({"region": _list(_term), "technique": _list(_term)}),
        "time": _names(
            {
                "timezone": _timezone,
                "timezone_column": _text,
                "formats": _list(_format),
                "excel_serials": _flag,
                "ambiguous": _one_of("error", "earlier", "later"),
                "nonexistent": _one_of("error", "later"),
                "trailing_zone": _one_of("refuse", "drop"),
                "date_only": _one_of("refuse", "accept"),
            }
        ),
        "identity": _names(
            {
                "session": _text,
                "submission": _text,
                "conflict": _one_of("last", "first", "error"),
            }
        ),
        # What a test of the mapping reads, and should find.
        "example": _text,
        "expect": _pairs(_any),
    }


def _column(node: yaml.Node, place: _Place, own: dict[str, tuple[str, ...]]) -> ColumnRule:
    """Return the rule of one column: the name of a header, or names with values."""
    if not isinstance(node, yaml.MappingNode):
        return ColumnRule(headers=(_text(node, place),))
    word = partial(_word, column=place.key, own=own)
    pattern = partial(_regex, column=place.key)
    said = _names(
        {
            "from": _one_or_more(_text),
            "join": _any,
            "const": word,
            "from_file_name": pattern,
            "values": _pairs(word),
            "missing": _list(_any),
            "decimal": _one_of(".", ","),
            "accept": _list(_one_of(*_NUMBER_RULES)),
            "scale": _one_of("100"),
            "multi_split": _separator,
            "multi_labels": _flag,
            "multi_columns": _names(
                {"pattern": pattern, "on": _list(_any), "codes": _one_of("redcap")},
                needed=("pattern",),
            ),
            "multi_items": _flag,
        }
    )(node, place)
    for names in (_ORIGINS, _STYLES):
        used = [name for name in names if said.get(name)]
        if len(used) > 1:
            raise place.fault(node, f"says {' and '.join(used)}; keep one of them")
    return _column_rule(said)


def _column_rule(said: dict) -> ColumnRule:
    choices = said.get("multi_columns", {})
    alike = ("join", "const", "from_file_name", "decimal", "scale")
    return ColumnRule(
        **{name: said[name] for name in alike if name in said},
        headers=said.get("from", ()),
        values={fold(source): word for source, word in said.get("values", {}).items()},
        missing=frozenset(clean(word).casefold() for word in said.get("missing", ())),
        accept=frozenset(said.get("accept", ())),
        several=any(said.get(style) for style in _STYLES),
        split=said.get("multi_split", ""),
        labels=said.get("multi_labels", False),
        pattern=choices.get("pattern", ""),
        on=tuple(map(fold, choices.get("on", ColumnRule().on))),
        redcap="codes" in choices,
        items=said.get("multi_items", False),
    )


# Checks: a node of the YAML tree -> its value, or a UserError with its line


def _names(grammar: dict[str, _Check], needed: tuple[str, ...] = ()) -> _Check:
    """Return the check of names with values, each name of the grammar."""

    def check(node: yaml.Node, place: _Place) -> dict:
        nodes = _entries(node, grammar, place)
        lacking = [name for name in needed if name not in nodes]
        if lacking:
            raise place.fault(node, f"must also say {', '.join(lacking)}")
        return {name: grammar[name](value, _Place(place.file, name))
                for name, value in nodes.items()}  # fmt: skip

    return check


def _entries(node: yaml.Node, grammar: dict, place: _Place) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise place.unlike(node, "names with values")
    nodes: dict[str, yaml.Node] = {}
    above = _Place(place.file, "")
    for name_node, value in node.value:
        name = name_node.value if isinstance(name_node, yaml.ScalarNode) else "?"
        name = _SHORT[name] if _SHORT.get(name) in grammar else name
        if name not in grammar:
            raise above.fault(
                name_node,
                f"unknown key {name!r}; this version reads {', '.join(grammar)}"
                + _hint(difflib.get_close_matches(name, grammar, n=1)),
            )
        if name in nodes:
            raise above.fault(name_node, f"the key {name!r} stands twice; put the two together")
        nodes[name] = value
    return nodes


def _hint(near: list[str]) -> str:
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _pairs(check: _Check) -> _Check:
    """Return the check of the file's own words with values."""

    def checked(node: yaml.Node, place: _Place) -> dict:
        if not isinstance(node, yaml.MappingNode):
            raise place.unlike(node, "names with values")
        found: dict[str, object] = {}
        for name_node, value in node.value:
            name = clean(_any(name_node, place))
            if fold(name) in map(fold, found):
                raise place.fault(name_node, f"{name!r} stands twice; keep one of them")
            found[name] = check(value, place)
        return found

    return checked


def _list(check: _Check) -> _Check:
    """Return the check of a list of words."""

    def checked(node: yaml.Node, place: _Place) -> tuple:
        items = node.value if isinstance(node, yaml.SequenceNode) else [None]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise place.unlike(node, "a list of words")
        return tuple(check(item, place) for item in items)

    return checked


def _one_or_more(check: _Check) -> _Check:
    """Return the check of a word or a list of words."""

    def checked(node: yaml.Node, place: _Place) -> tuple:
        one = isinstance(node, yaml.ScalarNode)
        return (check(node, place),) if one else _list(check)(node, place)

    return checked


def _one_of(*words: str) -> _Check:
    """Return the check of a word of a list."""

    def checked(node: yaml.Node, place: _Place) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.value not in words:
            raise place.unlike(node, " or ".join(word if word.isalnum() else repr(word)
                                                 for word in words))  # fmt: skip
        return node.value

    return checked


def _any(node: yaml.Node, place: _Place) -> str:
    """Return a text, which may be blank."""
    if not isinstance(node, yaml.ScalarNode):
        raise place.unlike(node, "text")
    return node.value


def _text(node: yaml.Node, place: _Place) -> str:
    text = clean(_any(node, place))
    if not text:
        raise place.unlike(node, "text")
    return text


def _separator(node: yaml.Node, place: _Place) -> str:
    """Return what stands between words: a blank may, nothing may not."""
    text = _any(node, place)
    if not text:
        raise place.unlike(node, "text")
    return text


def _choice(node: yaml.Node, place: _Place) -> frozenset[str]:
    return frozenset(map(fold, _one_or_more(_any)(node, place)))


def _flag(node: yaml.Node, place: _Place) -> bool:
    return _one_of("true", "false")(node, place) == "true"


def _number(node: yaml.Node, place: _Place) -> int:
    text = _any(node, place)
    if not re.fullmatch("[1-9][0-9]{0,6}", text):
        raise place.unlike(node, "a whole number from 1")
    return int(text)


def _encoding(node: yaml.Node, place: _Place) -> str:
    name = _text(node, place)
    try:
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise place.unlike(node, "an encoding such as utf-8 or cp1252") from error
    return name


def _timezone(node: yaml.Node, place: _Place) -> str:
    name = _text(node, place)
    if not known_zone(name):
        near = difflib.get_close_matches(name, sorted(zone_names()), n=1)
        wanted = place.unlike(node, "a time zone such as Europe/Berlin")
        raise UserError(f"{wanted}{_hint(near)}")
    return name


def _format(node: yaml.Node, place: _Place) -> str:
    """Return a format of times; it may only have directives that say one thing everywhere."""
    word = _text(node, place)
    directives = re.findall("%(.?)", word)
    if not directives or set(directives) - set("YymdBbHIMSfp%"):
        raise place.fault(
            node,
            f"must be made of %Y %y %m %d %b %H %M %S %I %p, as in %d/%m/%Y %H:%M; found {word!r}",
        )
    return word


def _term(node: yaml.Node, place: _Place) -> str:
    word, written = _text(node, place), _any(node, place)
    # What cannot be printed is refused as written: cleaning takes out some of it, such as U+202E.
    if len(word) > _LONGEST_TERM or not written.isprintable():
        raise place.fault(
            node,
            f"a term must be at most {_LONGEST_TERM} printable characters; found {written[:60]!a}",
        )
    return word


def _numbered(node: yaml.Node, place: _Place) -> str:
    pattern = _text(node, place)
    if pattern.count(_NAME) != 1 or pattern.count(_NUMBER) != 1:
        raise place.unlike(node, f"made of {_NAME} and {_NUMBER}, as in '{_NAME} {_NUMBER}'")
    return pattern


def _regex(node: yaml.Node, place: _Place, column: str) -> str:
    """Return a regular expression with one group, the words for the question filled in."""
    text = _text(node, place).replace(QUESTION, _questions(column))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            groups = re.compile(text).groups
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise place.unlike(node, f"a regular expression ({error})") from error
    if groups != 1:
        raise place.unlike(node, "a regular expression with one group in round brackets")
    return text


@cache
def _questions(column: str) -> str:
    """Return what matches any word of the vocabulary for a column, as a form may write it."""
    words = [word for word, name in vocabulary().headers.items() if name == column]
    spelled = (re.escape(word).replace(r"\ ", r"[\s_\-]+") for word in words)
    return f"(?i:{'|'.join(spelled)})"


def _word(node: yaml.Node, place: _Place, column: str, own: dict[str, tuple[str, ...]]) -> str:
    """Return a word that is read in a column: of the vocabulary, or an own term."""
    word = _text(node, place)
    listed = "yes_no" if COLUMN[column].kind == "symptom" else column
    words = vocabulary().words.get(listed)
    terms = own.get("technique" if column == "tool" else column, ())
    rating = listed == "yes_no" and word in map(str, range(11))
    if words is None or rating or fold(word) in {*words, *map(fold, terms)}:
        return word
    near = vocabulary().ambiguous.get(column, {}).get(fold(word))
    near = near or difflib.get_close_matches(fold(word), [*terms, *words], n=1, cutoff=0.75)
    wanted = place.unlike(node, f"a word for {column}, of the vocabulary or of terms")
    raise UserError(f"{wanted}{_hint(near)}")
