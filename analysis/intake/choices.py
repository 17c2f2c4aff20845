"""A question with several answers, in whatever way a form writes it -> one text of words.

The words stand in one cell, behind a separator or as known labels, or each has a column of its own
that says whether it was chosen. The text has them joined by ``SEVERAL``, in the form's order.
"""

import re
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.mapping import ColumnRule, Mapping
from analysis.intake.reshape import not_there
from analysis.intake.table import SEVERAL, each_distinct
from analysis.vocabulary import fold, vocabulary

# A label ends where one of these stands, or within it if the label itself holds one.
_LABEL_ENDS = re.compile(f"([,;\\n{SEVERAL}])")


def choice_columns(
    names: list[str], rules: dict[str, ColumnRule], mapping: Mapping, file: str
) -> dict[str, dict[int, str]]:
    """Return canonical name -> place -> word, for columns that say whether a word was chosen.

    The patterns of the mapping find them; a preset may name what is not there.

    Raises
    ------
    UnusableLog
        "missing-column", when no header fits a pattern.
    """
    choices = {}
    for name, rule in rules.items():
        if not rule.pattern:
            continue
        matches = {place: re.fullmatch(rule.pattern, header) for place, header in enumerate(names)}
        words = {place: match[1] for place, match in matches.items() if match and match[1]}
        if words:
            choices[name] = words
        elif not mapping.shipped:
            raise not_there(names, name, f"a column like {rule.pattern!r}", file)
    return choices


def words_of(
    rule: ColumnRule, column: str, terms: dict[str, list[str]]
) -> Callable[[str], str] | None:
    """Return what makes the words of one cell, or None where the cell stays as it is."""
    mark = rule.split or (SEVERAL if rule.items else "")
    if mark:
        return lambda text: _several(text.split(mark))
    if rule.labels:
        own = terms.get("technique" if column == "tool" else column, [])
        labels = {*rule.values, *map(fold, own), *vocabulary().words.get(column, ())} - {""}
        longest = 1 + max((len(_LABEL_ENDS.findall(label)) for label in labels), default=0)
        return lambda text: _labels(text, labels, longest)
    return None


def chosen_words(cells: pa.Table, words: dict[int, str], on: tuple[str, ...]) -> pa.Array:
    """Return the words whose column says that they were chosen.

    A cell that says neither yes nor no is kept as a word, so that its row is refused by name.
    """
    answers = vocabulary().words["yes_no"]
    off = {"0", "unchecked", *vocabulary().missing}
    off |= {word for word, answer in answers.items() if answer == "no"}
    columns = []
    for place, word in words.items():

        def said(text: str, word: str = word) -> str | None:
            if fold(text) in on:
                return word
            return None if fold(text) in off else text

        columns.append(each_distinct(cells.column(place), said))
    return without_nulls(columns, SEVERAL)


def without_nulls(parts: list[pa.Array | pa.ChunkedArray], mark: str) -> pa.Array | pa.ChunkedArray:
    """Return what is there in each row as one text.

    Arrow 26 loses a row of which every part is null; the blank in front keeps it, and is cut off.
    """
    blank = pa.repeat("", len(parts[0]))
    texts = pc.binary_join_element_wise(blank, *parts, mark, null_handling="skip")
    return pc.utf8_slice_codeunits(texts, start=len(mark))


def _several(words: Iterable[str]) -> str:
    return SEVERAL.join(filter(None, map(str.strip, words)))


def _labels(text: str, labels: set[str], longest: int) -> str:
    """Return the known labels of a cell, the longest first from each place.

    What fits no label stays a word of its own, so that its row is refused by name.
    """
    pieces = _LABEL_ENDS.split(text)  # words at even places, what ends them at odd ones
    words, unknown, place = [], "", 0
    while place < len(pieces):
        ends = range(min(place + 2 * longest, len(pieces) + 1) - 1, place, -2)
        end = next((end for end in ends if fold("".join(pieces[place:end])) in labels), None)
        if end is None:
            unknown += "".join(pieces[place : place + 2])
            place += 2
        else:
            words += [unknown, "".join(pieces[place:end])]
            unknown, place = "", end + 1
    return _several(word.strip(",; ") for word in (*words, unknown))
