"""Checks of a mapping's YAML: a node of the tree -> its value, or a refusal of it.

A ``Check`` gets a node and the ``Place`` where it stands. A refusal names the file, the line, the key,
what was found and, where there is one, the nearest word that would do.
"""

import difflib
import re
import warnings
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import yaml

from analysis.intake.times import known_zone, zone_names
from analysis.sessions import COLUMN, UserError
from analysis.vocabulary import clean, fold, vocabulary

# In a pattern: any word of the vocabulary for the column.
_QUESTION = "{question}"
_NAME, _NUMBER = "{name}", "{n}"
# A term names a row of a table and of a figure.
_LONGEST_TERM = 40
_SHORT = {"numbness": "numbness_before", "tingling": "tingling_before"}


class Place(NamedTuple):
    """Where a value stands: its file and its key."""

    file: str
    key: str

    def fault(self, node: yaml.Node, sentence: str) -> UserError:
        """Return a refusal that names file, line and key."""
        key = f"{self.key}: " if self.key else ""
        return UserError(f"{self.file} line {node.start_mark.line + 1}: {key}{sentence}")

    def unlike(self, node: yaml.Node, wanted: str) -> UserError:
        """Return a refusal that says what was wanted and what was found."""
        return self.fault(node, f"must be {wanted}; found {_shown(node)}")


Check = Callable[[yaml.Node, Place], object]


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


def names(grammar: dict[str, Check], needed: tuple[str, ...] = ()) -> Check:
    """Return the check of names with values, each name of the grammar."""

    def check(node: yaml.Node, place: Place) -> dict:
        nodes = entries(node, grammar, place)
        lacking = [name for name in needed if name not in nodes]
        if lacking:
            raise place.fault(node, f"must also say {', '.join(lacking)}")
        return {name: grammar[name](value, Place(place.file, name))
                for name, value in nodes.items()}  # fmt: skip

    return check


def entries(node: yaml.Node, grammar: dict, place: Place) -> dict[str, yaml.Node]:
    """Return the node of each name, every name one of the grammar that stands once."""
    if not isinstance(node, yaml.MappingNode):
        raise place.unlike(node, "names with values")
    nodes: dict[str, yaml.Node] = {}
    above = Place(place.file, "")
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


def pairs(check: Check) -> Check:
    """Return the check of the file's own words with values."""

    def checked(node: yaml.Node, place: Place) -> dict:
        if not isinstance(node, yaml.MappingNode):
            raise place.unlike(node, "names with values")
        found: dict[str, object] = {}
        for name_node, value in node.value:
            name = clean(any_text(name_node, place))
            if fold(name) in map(fold, found):
                raise place.fault(name_node, f"{name!r} stands twice; keep one of them")
            found[name] = check(value, place)
        return found

    return checked


def list_of(check: Check) -> Check:
    """Return the check of a list of words."""

    def checked(node: yaml.Node, place: Place) -> tuple:
        items = node.value if isinstance(node, yaml.SequenceNode) else [None]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise place.unlike(node, "a list of words")
        return tuple(check(item, place) for item in items)

    return checked


def one_or_more(check: Check) -> Check:
    """Return the check of a word or a list of words."""

    def checked(node: yaml.Node, place: Place) -> tuple:
        one = isinstance(node, yaml.ScalarNode)
        return (check(node, place),) if one else list_of(check)(node, place)

    return checked


def one_of(*words: str) -> Check:
    """Return the check of a word of a list."""

    def checked(node: yaml.Node, place: Place) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.value not in words:
            raise place.unlike(node, " or ".join(word if word.isalnum() else repr(word)
                                                 for word in words))  # fmt: skip
        return node.value

    return checked


def any_text(node: yaml.Node, place: Place) -> str:
    """Return a text, which may be blank."""
    if not isinstance(node, yaml.ScalarNode):
        raise place.unlike(node, "text")
    return node.value


def text(node: yaml.Node, place: Place) -> str:
    """Return a text that is not blank, clean."""
    cleaned = clean(any_text(node, place))
    if not cleaned:
        raise place.unlike(node, "text")
    return cleaned


def separator(node: yaml.Node, place: Place) -> str:
    """Return what stands between words: a blank may, nothing may not."""
    mark = any_text(node, place)
    if not mark:
        raise place.unlike(node, "text")
    return mark


def choice(node: yaml.Node, place: Place) -> frozenset[str]:
    """Return the folded words of a word or a list of words."""
    return frozenset(map(fold, one_or_more(any_text)(node, place)))


def flag(node: yaml.Node, place: Place) -> bool:
    """Return whether a node says true; it must say true or false."""
    return one_of("true", "false")(node, place) == "true"


def number(node: yaml.Node, place: Place) -> int:
    """Return a whole number from 1."""
    digits = any_text(node, place)
    if not re.fullmatch("[1-9][0-9]{0,6}", digits):
        raise place.unlike(node, "a whole number from 1")
    return int(digits)


def encoding(node: yaml.Node, place: Place) -> str:
    """Return the name of an encoding that Python knows."""
    name = text(node, place)
    try:
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise place.unlike(node, "an encoding such as utf-8 or cp1252") from error
    return name


def timezone(node: yaml.Node, place: Place) -> str:
    """Return the name of a time zone."""
    name = text(node, place)
    if not known_zone(name):
        near = difflib.get_close_matches(name, sorted(zone_names()), n=1)
        wanted = place.unlike(node, "a time zone such as Europe/Berlin")
        raise UserError(f"{wanted}{_hint(near)}")
    return name


def time_format(node: yaml.Node, place: Place) -> str:
    """Return a format of times; it may only have directives that say one thing everywhere."""
    written = text(node, place)
    directives = re.findall("%(.?)", written)
    if not directives or set(directives) - set("YymdBbHIMSfp%"):
        raise place.fault(
            node,
            f"must be made of %Y %y %m %d %b %H %M %S %I %p, as in %d/%m/%Y %H:%M; found {written!r}",
        )
    return written


def term(node: yaml.Node, place: Place) -> str:
    """Return an own term: short enough for a page, and printable."""
    cleaned, written = text(node, place), any_text(node, place)
    # What cannot be printed is refused as written: cleaning takes out some of it, such as U+202E.
    if len(cleaned) > _LONGEST_TERM or not written.isprintable():
        raise place.fault(
            node,
            f"a term must be at most {_LONGEST_TERM} printable characters; found {written[:60]!a}",
        )
    return cleaned


def numbered(node: yaml.Node, place: Place) -> str:
    """Return a pattern of name and number, each of which stands in it once."""
    pattern = text(node, place)
    if pattern.count(_NAME) != 1 or pattern.count(_NUMBER) != 1:
        raise place.unlike(node, f"made of {_NAME} and {_NUMBER}, as in '{_NAME} {_NUMBER}'")
    return pattern


def regex(node: yaml.Node, place: Place, column: str) -> str:
    """Return a regular expression with one group, the words for the question filled in."""
    pattern = text(node, place).replace(_QUESTION, _questions(column))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise place.unlike(node, f"a regular expression ({error})") from error
    if groups != 1:
        raise place.unlike(node, "a regular expression with one group in round brackets")
    return pattern


@cache
def _questions(column: str) -> str:
    """Return what matches any word of the vocabulary for a column, as a form may write it."""
    words = [word for word, name in vocabulary().headers.items() if name == column]
    spelled = (re.escape(word).replace(r"\ ", r"[\s_\-]+") for word in words)
    return f"(?i:{'|'.join(spelled)})"


def word(node: yaml.Node, place: Place, column: str, own: dict[str, tuple[str, ...]]) -> str:
    """Return a word that is read in a column: of the vocabulary, or an own term."""
    said = text(node, place)
    listed = "yes_no" if COLUMN[column].kind == "symptom" else column
    words = vocabulary().words.get(listed)
    terms = own.get("technique" if column == "tool" else column, ())
    rating = listed == "yes_no" and said in map(str, range(11))
    if words is None or rating or fold(said) in {*words, *map(fold, terms)}:
        return said
    near = vocabulary().ambiguous.get(column, {}).get(fold(said))
    near = near or difflib.get_close_matches(fold(said), [*terms, *words], n=1, cutoff=0.75)
    wanted = place.unlike(node, f"a word for {column}, of the vocabulary or of terms")
    raise UserError(f"{wanted}{_hint(near)}")
