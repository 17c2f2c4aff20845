"""The languages of a report: English stands in the code, every other language in one catalog.

The field's own way, gettext: a sentence is written ``_("{n} of {total} sessions").format(...)``, and
``analysis/locale/<language>/LC_MESSAGES/reliefbook.po`` holds what it is in that language, for any
translation program. Two commands, in the folder of the checkout, bring every catalog up to date after a
change of the English (``[tool.babel]`` in pyproject.toml says where sentences stand)::

    pybabel extract --mapping-file pyproject.toml --add-location file --output-file reliefbook.pot .
    pybabel update --domain reliefbook --input-file reliefbook.pot --output-dir analysis/locale \
        --previous --ignore-obsolete --ignore-pot-creation-date

A sentence that changed a little is kept as "fuzzy", with the English that it was made for, until its
mark is taken off; it is not printed before. A test compares the sentences with each catalog, so that none is
missing or left over. ``extract_notebook`` and ``extract_vocabulary`` are what the first command calls
for what is not Python.

The language is that of the report that is being written (``in_language``), and never guessed from the
computer: the same findings give the same bytes everywhere.
"""

import functools
import gettext
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import yaml
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_CATALOGS = Path(__file__).parent / "locale"
#: Language -> its own name. A language is here when its catalog is complete.
LANGUAGES = {"en": "English", "de": "Deutsch"}
_current: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Write in a language until the block ends; another thread or task is not touched.

    Parameters
    ----------
    language : str
        A key of ``LANGUAGES``.

    Raises
    ------
    ValueError
        For a language without a catalog.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no catalog for {language!r}")
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    """Return the language that is being written."""
    return _current.get()


def _(text: str) -> str:
    """Return a sentence in the language that is being written; its {names} are filled afterwards."""
    return _catalog(current()).gettext(text) if text else ""  # "" asks gettext for its header


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form that goes with a number: "{n} session" or "{n} sessions"."""
    return _catalog(current()).ngettext(one, many, int(n))


def pgettext(context: str, text: str) -> str:
    """Return a short text whose translation depends on where it stands, such as "n" or "less"."""
    return _catalog(current()).pgettext(context, text)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return a text as it is: it is collected here, and translated by ``_`` where it is shown."""
    return text


def translated(markdown: str) -> str:
    """Return a notebook's own words in the language that is being written, paragraph by paragraph.

    Parameters
    ----------
    markdown : str
        Headings and paragraphs, parted by blank lines. A block quote, which is the emergency text, and
        words that no catalog has, such as those of a notebook that is not ours, stay as they are.
    """
    parts = []
    for part, mark, words in _paragraphs(markdown):
        told = words if mark == _QUOTE else _(words)
        parts.append(part if told == words else f"{mark}{told}")
    return "\n\n".join(parts)


_QUOTE = "> "


def _paragraphs(markdown: str) -> Iterator[tuple[str, str, str]]:
    """Return each paragraph: as it is, its mark ("## "), and its words as one message."""
    for part in markdown.split("\n\n"):
        mark = re.match("(#+ |> )?", part)[0]
        yield part, mark, " ".join(part.removeprefix(mark).split())


def extract_notebook(file, keywords, comment_tags, options) -> Iterator[tuple]:
    """Return the messages of a notebook's own words, as Babel asks an extractor to do."""
    for cell in json.load(file)["cells"]:
        if cell["cell_type"] == "markdown":
            for _part, mark, words in _paragraphs("".join(cell["source"])):
                if words and mark != _QUOTE:
                    yield 1, None, words, []


#: What of ``vocabulary.yml`` stands on a page; the other words of an entry are what people log.
_SHOWN = {
    "regions": ("name", "aim", "caution", "source"),
    "subregions": ("name", "source"),
    "techniques": ("name", "kind", "definition", "source"),
}


def extract_vocabulary(file, keywords, comment_tags, options) -> Iterator[tuple]:
    """Return the messages of the vocabulary, as Babel asks an extractor to do."""
    source = yaml.safe_load(file)
    for part, columns in _SHOWN.items():
        for entry in source[part]:
            for column in columns:
                yield 1, None, entry[column], []


@functools.cache
def _catalog(language: str) -> gettext.NullTranslations:
    """Return a language's texts; the .po is read as it is, so that no built file can be out of date."""
    if language == "en":
        return gettext.NullTranslations()
    path = _CATALOGS / language / "LC_MESSAGES" / "reliefbook.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def in_its_language(write: Callable) -> Callable:
    """Return a function that writes in the language of the findings, its first argument."""

    @functools.wraps(write)
    def written(results, *args, **options):
        with in_language(results.about.get("page", {}).get("language", "en")):
            return write(results, *args, **options)

    return written
