"""One cell -> its value, or what is wrong with it. Plain functions of a text; nothing is guessed."""

import difflib
import re
from collections.abc import Callable
from functools import cache, partial

from analysis.intake.mapping import ColumnRule
from analysis.intake.table import ERROR_CELL, NO_RESULT, SEVERAL
from analysis.sessions import Column
from analysis.vocabulary import fold, vocabulary

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+")
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,31}")
_MINUTES = (1.0, 180.0)
_LARGEST = 1e9
#: Named spellings of a number that a mapping may accept: what the text must be, and its value.
_SPELLINGS: dict[str, tuple[re.Pattern, Callable[[re.Match], str]]] = {
    "n_of_10": (re.compile(r"([0-9]+(?:\.[0-9]+)?) ?/ ?10"), lambda match: match[1]),
    "decimal_comma": (re.compile(r"(-?[0-9]+),([0-9]+)"), lambda match: f"{match[1]}.{match[2]}"),
    "min_suffix": (
        re.compile(r"([0-9]+(?:\.[0-9]+)?) ?min\.?", re.IGNORECASE),
        lambda match: match[1],
    ),
    "s_suffix": (
        re.compile(r"([0-9]+) ?s", re.IGNORECASE),
        lambda match: f"{int(match[1]) / 60:.6f}",
    ),
    "h_min": (
        re.compile(r"([0-9]+) ?h(?: ?([0-9]{1,2})(?: ?min)?)?", re.IGNORECASE),
        lambda match: str(60 * int(match[1]) + int(match[2] or 0)),
    ),
}


class Fault(ValueError):
    """What is wrong with one cell: a rule of ``sessions.RULES`` and a sentence."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.message = rule, message


def reader(
    column: Column, rule: ColumnRule, terms: dict[str, list[str]], *, decimal_comma: bool
) -> Callable[[str], object]:
    """Return what reads one filled cell of a column: its value, or a ``Fault`` raised.

    A region, technique or tool gives the list of the codes named (one, unless the column holds
    several); an answer, symptom or participant a text; a rating or minutes a float.
    """
    match column.kind:
        case "code":
            read = code
        case "term":
            own = terms.get("technique" if column.name == "tool" else column.name, [])
            read = partial(_term, column=column.name, own={fold(term): term for term in own})
        case "answer":
            read = partial(_answer, column=column.name)
        case "symptom":
            read = partial(_symptom, rule=rule, decimal_comma=decimal_comma)
        case "rating":
            read = partial(_number, rule=rule, decimal_comma=decimal_comma)
        case _:
            read = partial(_minutes, rule=rule, decimal_comma=decimal_comma)
    if column.kind == "term":
        return lambda text: _several(text, rule, read)
    return lambda text: read(_translated(text, rule))


def refuse_marked(raw: str) -> None:
    """Raise for a cell that a workbook shows as an error, or whose formula was never computed."""
    if raw.startswith(ERROR_CELL):
        raise Fault("error-cell", "the cell holds an error; put the value itself into it")
    if raw.startswith(NO_RESULT):
        raise Fault(
            "formula-no-result",
            "the cell holds a formula that was never computed; open the workbook in Excel and save it",
        )


def code(text: str) -> str:
    """Return a participant's code, or raise ``Fault``."""
    if not _CODE.fullmatch(text):
        raise Fault(
            "participant-code",
            "a participant is a code of the letters A-Z, digits, _ and -, "
            "up to 32 characters; replace the name by a code such as P01",
        )
    return text


def _translated(text: str, rule: ColumnRule) -> str:
    """Return a word, or what the mapping says that it means."""
    return rule.values.get(fold(text), text) if rule.values else text


def _several(text: str, rule: ColumnRule, read: Callable[[str], str]) -> list[str]:
    """Return the codes of the words in one cell, in order."""
    words = text.split(SEVERAL) if rule.several else [text]
    return [read(_translated(word, rule)) for word in words]


def _term(text: str, *, column: str, own: dict[str, str]) -> str:
    """Return the code of a word: the log's own terms, then the vocabulary's. Never a near word."""
    word = fold(text)
    words = vocabulary().words[column]
    if word in own:
        return own[word]
    if word in words:
        return words[word]
    side, _, place = word.partition(" ")
    if column == "region" and side in vocabulary().words["side"] and place in words:
        raise Fault(
            "unknown-term",
            f"a region and a side; write {place} here and {side} in a column named side",
        )
    ambiguous = vocabulary().ambiguous.get("technique" if column == "tool" else column, {})
    near = ambiguous.get(word) or difflib.get_close_matches(word, [*own, *words], n=1, cutoff=0.75)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise Fault(
        "unknown-term",
        f"not a {column} of the vocabulary; {hint}write one of: {_choices(column)}; or declare your own "
        "under terms: in a mapping",
    )


@cache
def _choices(column: str) -> str:
    """Return the words that a refusal names."""
    entries = {"region": vocabulary().regions, "subregion": vocabulary().subregions}
    return ", ".join(entries.get(column, vocabulary().techniques)["name"])


def _answer(text: str, *, column: str) -> str:
    words = vocabulary().words[column]
    if fold(text) not in words:
        allowed = ", ".join(dict.fromkeys(words.values()))
        raise Fault("unknown-term", f"{column} must be one of: {allowed}")
    return words[fold(text)]


def _number(text: str, *, rule: ColumnRule, decimal_comma: bool) -> float:
    """Read ASCII digits with at most one point; "8/10", "6-7", "1e1" and "5½" are no numbers.

    Another spelling is read only where a mapping names it.
    """
    comma = rule.decimal == "," if rule.decimal else decimal_comma
    written = text.replace(",", ".", 1) if comma else text
    for name in sorted(rule.accept):
        pattern, value = _SPELLINGS[name]
        if match := pattern.fullmatch(written):
            written = value(match)
            break
    if not _NUMBER.fullmatch(written):
        raise Fault("not-a-number", "must be a number written in digits, such as 6 or 6.5")
    if abs(float(written)) > _LARGEST:
        raise Fault("out-of-range", "the number is far too large")
    return float(written)


def _minutes(text: str, *, rule: ColumnRule, decimal_comma: bool) -> float:
    minutes = _number(text, rule=rule, decimal_comma=decimal_comma)
    low, high = _MINUTES
    if not low <= minutes <= high:
        raise Fault("out-of-range", f"must be from {low:g} to {high:g} minutes")
    return minutes


def _symptom(text: str, *, rule: ColumnRule, decimal_comma: bool) -> str:
    """Return yes, no, or a rating from 0 to 10 as text."""
    word = vocabulary().words["yes_no"].get(fold(text))
    if word:
        return word
    rating = _number(text, rule=rule, decimal_comma=decimal_comma)
    if not 0 <= rating <= 10:
        raise Fault("out-of-range", "must be yes, no, or a number from 0 to 10")
    return f"{rating + 0.0:g}"  # never "-0"
