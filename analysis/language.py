"""The languages of a report: English stands in the code, every other language in one catalog.

The field's own way, gettext: a sentence is written ``_("{n} of {total} sessions").format(...)``, and
``analysis/locale/<language>/LC_MESSAGES/reliefbook.po`` holds what it is in that language, for any
translation program. ``pybabel extract`` collects the sentences (``[tool.babel]`` in pyproject.toml); a
test compares them with each catalog, so that none is missing or left over.

The language is that of the report that is being written (``in_language``), and never guessed from the
computer: the same findings give the same bytes everywhere.
"""

import functools
import gettext
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

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
