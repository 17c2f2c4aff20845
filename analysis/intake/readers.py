"""One cell -> its value, or what is wrong with it. Plain functions of a text; nothing is guessed."""

import difflib
import re
from collections.abc import Callable
from functools import cache, partial

from analysis.intake.mapping import Mapping
from analysis.sessions import Column
from analysis.vocabulary import fold, vocabulary

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+")
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,31}")
_LONGEST = 10_000
_LARGEST = 1e9


class Fault(ValueError):
    """What is wrong with one cell: a rule of ``sessions.RULES`` and a sentence."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.message = rule, message


def reader(column: Column, mapping: Mapping, *, decimal_comma: bool) -> Callable[[str], object]:
    """Return what reads one filled cell of a column: its value, or a ``Fault`` raised."""
    match column.kind:
        case "code":
            return code
        case "term":
            own = mapping.terms.get("technique" if column.name == "tool" else column.name, [])
            return partial(_term, column=column.name, own={fold(term): term for term in own})
        case "answer":
            return partial(_answer, column=column.name)
        case "symptom":
            return partial(_symptom, decimal_comma=decimal_comma)
        case "text":
            return _text
    return partial(_number, decimal_comma=decimal_comma)


def code(text: str) -> str:
    """Return a participant's code, or raise ``Fault``."""
    if not _CODE.fullmatch(text):
        raise Fault(
            "participant-code",
            "a participant is a code of the letters A-Z, digits, _ and -, "
            "up to 32 characters; replace the name by a code such as P01",
        )
    return text


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


def _number(text: str, *, decimal_comma: bool) -> float:
    """Read ASCII digits with at most one point; "8/10", "6-7", "1e1" and "5½" are no numbers."""
    written = text.replace(",", ".", 1) if decimal_comma else text
    if not _NUMBER.fullmatch(written):
        raise Fault("not-a-number", "must be a number written in digits, such as 6 or 6.5")
    if abs(float(written)) > _LARGEST:
        raise Fault("out-of-range", "the number is far too large")
    return float(written)


def _symptom(text: str, *, decimal_comma: bool) -> str:
    """Return yes, no, or a rating from 0 to 10 as text."""
    word = vocabulary().words["yes_no"].get(fold(text))
    if word:
        return word
    rating = _number(text, decimal_comma=decimal_comma)
    if not 0 <= rating <= 10:
        raise Fault("out-of-range", "must be yes, no, or a number from 0 to 10")
    return f"{rating + 0.0:g}"  # never "-0"


def _text(text: str) -> str:
    if len(text) > _LONGEST:
        raise Fault("too-long", f"must be at most {_LONGEST:,} characters; found {len(text):,}")
    return text
