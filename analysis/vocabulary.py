"""The regions, techniques, tools and answers that people log, with their other words.

All of it is data in ``vocabulary.yml``; this room loads it, folds words for comparison and knows
nothing about files or numbers.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pandas as pd
import yaml

# U+00AD and the characters of category Cf (zero-width spaces, direction and byte-order marks).
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"[\s_\-]+")

#: Part of every word list: several parts in one session. Counted, never analysed.
COMBINED = "combined"
#: The logged control: deliberately nothing, with the same rating times.
REST = "rest"


class Vocabulary(NamedTuple):
    """The vocabulary as frames and look-up tables.

    Attributes
    ----------
    regions : DataFrame
        One row per region, in the guide's order: code, name, anatomy_guide and anatomy_added
        (lists), techniques (codes named for it), aim, caution, aliases, source.
    subregions : DataFrame
        One row per muscle or part: code, name, region, aliases, source.
    techniques : DataFrame
        One row per technique or tool: code, name, kind, definition, aliases, source.
    words : dict of dict
        For each column with a word list: folded word -> code. ``words["region"]`` holds the
        subregions' words too, ``words["subregion"]`` only theirs.
    ambiguous : dict of dict
        For a column: folded word -> codes that it may mean. Suggested, never applied.
    missing : frozenset of str
        Folded words that stand for a missing answer.
    headers : dict
        Folded header -> canonical column.
    """

    regions: pd.DataFrame
    subregions: pd.DataFrame
    techniques: pd.DataFrame
    words: dict[str, dict[str, str]]
    ambiguous: dict[str, dict[str, list[str]]]
    missing: frozenset[str]
    headers: dict[str, str]

    def name(self, column: str, code: str) -> str:
        """Return the plain name of a region or technique; a log's own term is its own name."""
        names = self._names(column)
        return names.get(code, code)

    def order(self, column: str, codes) -> list[str]:
        """Return the codes in the guide's order, a log's own terms after them by alphabet."""
        known = list(self._names(column))
        return sorted(
            codes, key=lambda code: (known.index(code), "") if code in known else (len(known), code)
        )

    def _names(self, column: str) -> dict[str, str]:
        entries = self.regions if column == "region" else self.techniques
        return dict(zip(entries["code"], entries["name"], strict=True))


def fold(word: str) -> str:
    """Return the word as it is compared: NFC, nothing invisible, one blank, case folded.

    A run of blanks, ``_`` and ``-`` counts as one blank: ``Lower-Back`` is ``lower_back``.

    >>> fold("  Lower-Back ")
    'lower back'
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFC", word))
    return _BLANKS.sub(" ", visible).strip().casefold()


def clean(text: str) -> str:
    """Return a cell's text without invisible characters and outer blanks, in NFC."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).strip()


@cache
def vocabulary() -> Vocabulary:
    """Return the kit's vocabulary, read once from ``vocabulary.yml``."""
    source = yaml.safe_load(files("analysis").joinpath("vocabulary.yml").read_text("utf-8"))
    words = {
        "region": _words(source["regions"]) | _words(source["subregions"]),
        "subregion": _words(source["subregions"]),
        "technique": _words(source["techniques"]),
        "tool": _words(source["techniques"]),
        "yes_no": _answers(source["yes_no"]),
    } | {column: _answers(values) for column, values in source["answers"].items()}
    return Vocabulary(
        regions=_regions(source["regions"]),
        subregions=pd.DataFrame(source["subregions"]),
        techniques=pd.DataFrame(source["techniques"]),
        words=words,
        ambiguous={
            column: {fold(word): codes for word, codes in entries.items()}
            for column, entries in source["ambiguous"].items()
        },
        missing=frozenset(fold(word) for word in ["", *source["missing"]]),
        headers={
            fold(word): column
            for column, aliases in source["headers"].items()
            for word in [column, *aliases]
        },
    )


def _regions(entries: list[dict]) -> pd.DataFrame:
    anatomy = pd.DataFrame([entry["anatomy"] for entry in entries]).add_prefix("anatomy_")
    return pd.DataFrame(entries).drop(columns="anatomy").join(anatomy)


def _words(entries: list[dict]) -> dict[str, str]:
    """Return folded word -> code; a word that stands twice is an error in the YAML file."""
    table: dict[str, str] = {}
    for entry in entries:
        for word in map(fold, [entry["code"], entry["name"], *entry["aliases"]]):
            if table.setdefault(word, entry["code"]) != entry["code"]:
                raise ValueError(
                    f"vocabulary.yml: {word!r} means {table[word]} and {entry['code']}"
                )
    return table


def _answers(values: dict[str, list[str]]) -> dict[str, str]:
    return _words(
        [{"code": code, "name": code, "aliases": words} for code, words in values.items()]
    )
