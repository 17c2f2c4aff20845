"""A mapping: which column of a log is which, how its cells are written, and the log's own terms.

Read from a YAML file, or one of the presets that come with the kit. ``_keys`` names every key with its
check, of ``grammar``; any other key or value is refused with its line. The kit's presets name headers
as a last resort: a column that is found by another name comes before them, and one that is not there
is no fault.
"""

import re
from collections import abc
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import yaml

from analysis.intake import grammar
from analysis.intake.grammar import Check, Place
from analysis.intake.times import TimeRules
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
_STYLES = ("multi_split", "multi_labels", "multi_columns", "multi_items")
_ORIGINS = ("from", "const", "from_file_name", "multi_columns")
_NUMBER_RULES = ("n_of_10", "decimal_comma", "min_suffix", "s_suffix", "h_min")


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
    """A mapping as read; ``shipped`` marks a preset of the kit, ``own`` the columns stated over one.

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
    own: frozenset[str] = frozenset()

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
    except FileNotFoundError as error:
        raise UserError(
            f"{file}: there is no such mapping file; those that come with the kit are "
            f"{', '.join(PRESETS)}"
        ) from error
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
    if "preset" in said:
        mapping = _over(preset(said["preset"]), mapping)
    return _with_blocks(mapping) if mapping.repeat else mapping


def _over(base: Mapping, mapping: Mapping) -> Mapping:
    """Return a preset with what a mapping states laid over it."""
    merged = {
        name: type(default)(
            *(
                stated if stated != usual else shipped
                for stated, usual, shipped in zip(
                    getattr(mapping, name), default, getattr(base, name), strict=True
                )
            )
        )
        for name, default in NO_MAPPING._asdict().items()
        if name in ("file", "rows", "time", "identity")
    }
    whole = {
        name: getattr(mapping, name) or getattr(base, name) for name in ("join", "repeat", "pivot")
    }
    return mapping._replace(
        columns=base.columns | mapping.columns,
        shipped=True,
        own=frozenset(mapping.columns),
        **merged,
        **whole,
    )


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
    nodes = grammar.entries(tree, _keys({}), Place(file, ""))
    own = _keys({})["terms"](nodes["terms"], Place(file, "terms")) if "terms" in nodes else {}
    checks = _keys(own)
    return {name: checks[name](node, Place(file, name)) for name, node in nodes.items()}


def _keys(own: dict[str, tuple[str, ...]]) -> dict[str, Check]:
    """Return the keys of a mapping with their checks."""
    texts = grammar.list_of(grammar.text)
    table = {"sheet": grammar.text, "member": grammar.text, "sheet_with": texts}
    return {
        "name": grammar.text,
        "preset": grammar.one_of(*PRESETS),
        "recognise": grammar.names(
            {"all_of": texts, "any_of": texts, "none_of": texts, "sheet": grammar.text},
        ),
        "file": grammar.names(
            {
                "format": grammar.one_of("csv", "xlsx", "zip", "fhir"),
                "encoding": grammar.encoding,
                "separator": grammar.one_of(",", ";", "\t", "|"),
                "decimal": grammar.one_of(".", ","),
                **table,
                "header_row": grammar.number,
                "header_rows": grammar.list_of(grammar.number),
                "fill_merged": grammar.flag,
                "comment": grammar.text,
                "resource": grammar.text,
                "group": grammar.text,
                "query": grammar.text,
            }
        ),
        "join": grammar.names(
            table | {"left": grammar.text, "right": grammar.text, "take": texts},
            needed=("left", "right"),
        ),
        "repeat": grammar.names(
            {"numbers": grammar.list_of(grammar.number), "pattern": grammar.numbered},
            needed=("numbers", "pattern"),
        ),
        "pivot": grammar.names(
            {
                "key": texts,
                "phase": grammar.text,
                "value": grammar.text,
                "before": grammar.text,
                "after": grammar.text,
            },
            needed=Pivot._fields,
        ),
        "rows": grammar.names(
            {"where": grammar.pairs(grammar.choice), "drop": grammar.pairs(grammar.choice)}
        ),
        "columns": grammar.names({name: partial(_column, own=own) for name in COLUMN}),
        "columns_only": grammar.flag,
        "terms": grammar.names(
            {"region": grammar.list_of(grammar.term), "technique": grammar.list_of(grammar.term)}
        ),
        "time": grammar.names(
            {
                "timezone": grammar.timezone,
                "timezone_column": grammar.text,
                "formats": grammar.list_of(grammar.time_format),
                "excel_serials": grammar.flag,
                "ambiguous": grammar.one_of("error", "earlier", "later"),
                "nonexistent": grammar.one_of("error", "later"),
                "trailing_zone": grammar.one_of("refuse", "drop"),
                "date_only": grammar.one_of("refuse", "accept"),
            }
        ),
        "identity": grammar.names(
            {
                "session": grammar.text,
                "submission": grammar.text,
                "conflict": grammar.one_of("last", "first", "error"),
            }
        ),
        # What a test of the mapping reads, and should find.
        "example": grammar.text,
        "expect": grammar.pairs(grammar.any_text),
    }


def _column(node: yaml.Node, place: Place, own: dict[str, tuple[str, ...]]) -> ColumnRule:
    """Return the rule of one column: the name of a header, or names with values."""
    if not isinstance(node, yaml.MappingNode):
        return ColumnRule(headers=(grammar.text(node, place),))
    word = partial(grammar.word, column=place.key, own=own)
    pattern = partial(grammar.regex, column=place.key)
    said = grammar.names(
        {
            "from": grammar.one_or_more(grammar.text),
            "join": grammar.any_text,
            "const": word,
            "from_file_name": pattern,
            "values": grammar.pairs(word),
            "missing": grammar.list_of(grammar.any_text),
            "decimal": grammar.one_of(".", ","),
            "accept": grammar.list_of(grammar.one_of(*_NUMBER_RULES)),
            "scale": grammar.one_of("100"),
            "multi_split": grammar.separator,
            "multi_labels": grammar.flag,
            "multi_columns": grammar.names(
                {
                    "pattern": pattern,
                    "on": grammar.list_of(grammar.any_text),
                    "codes": grammar.one_of("redcap"),
                },
                needed=("pattern",),
            ),
            "multi_items": grammar.flag,
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
