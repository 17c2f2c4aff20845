"""Languages: every sentence is translated, none is left over, and none is left in English."""

import ast
import gettext
import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import matplotlib as mpl
import pandas as pd
import pypdf
import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from pages import pages
from shared import AS_OF, CLAIMS

import analysis
from analysis.display import draw
from analysis.display.figures import plot_start_pain, plot_weeks
from analysis.findings import with_page
from analysis.language import _, current, in_language, ngettext, pgettext, translated
from analysis.wording import numbers

PACKAGE = Path(analysis.__file__).parent
ROOT = PACKAGE.parent
CATALOGS = sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/reliefbook.po"))
FIGURES = [("cohort", "start_pain"), ("cohort", "regions"), ("cohort", "reduction"),
           ("cohort", "curve"), ("cohort", "slopes"), ("cohort", "missing_after"),
           ("person", "start_pain"), ("person", "sessions")]  # fmt: skip


# ---- the catalogs


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """Return the messages of the code, the notebooks and the vocabulary, as pybabel collects them."""
    path = tmp_path_factory.mktemp("catalog") / "reliefbook.pot"
    words = ["extract", "--mapping-file", "pyproject.toml", "--output-file", str(path), "."]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run(["pybabel", "--quiet", *words])
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(params=CATALOGS, ids=lambda path: path.parts[-3])
def catalog(request):
    path = request.param
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def keys(catalog) -> set[tuple]:
    return {(message.context, message.id) for message in catalog if message.id}


def test_every_language_but_english_has_a_catalog():
    found = {path.parts[-3] for path in CATALOGS}
    assert found == set(analysis.language.LANGUAGES) - {"en"}


def test_the_messages_are_those_of_code_notebooks_and_vocabulary(extracted):
    found = keys(extracted)
    assert (None, ("{n} session", "{n} sessions")) in found  # a plural
    assert ("people", "few") in found  # with its context
    assert (None, "not enough people") in found  # by N_, where a reason is defined
    assert (None, "Does pain fall after a session, and for whom?") in found
    assert (None, "What followed the sessions, and what that cannot mean.") in found
    assert (None, "deep circular strokes") in found
    assert (None, "Not after a hip operation or a fall, unless your clinician agrees.") in found


def test_a_catalog_has_exactly_the_messages_of_the_code(catalog, extracted):
    assert keys(extracted) - keys(catalog) == set(), "missing: pybabel update"
    assert keys(catalog) - keys(extracted) == set(), "left over: pybabel update"
    assert [message.id for message in catalog.obsolete.values()] == []


def test_no_translation_is_uncertain(catalog):
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


def test_no_message_is_without_a_translation(catalog):
    assert [message.id for message in catalog if message.id and not all(told(message))] == []


def told(message) -> tuple[str, ...]:
    """Return a message's translation, a plural's in all its forms."""
    return message.string if isinstance(message.string, tuple) else (message.string,)


def claims(language: str, texts: list[str]) -> list[str]:
    return [text for text in texts if CLAIMS[language].search(text)]


def test_no_text_that_the_kit_can_print_claims_anything(catalog, extracted):
    english = [text for message in extracted if message.id
               for text in ([message.id] if isinstance(message.id, str) else message.id)]  # fmt: skip
    assert claims("en", english) == []
    assert (
        claims(str(catalog.locale), [text for message in catalog for text in told(message)]) == []
    )


def test_the_search_for_claims_finds_them():
    assert claims("en", ["It works.", "10 worst imaginable", "the worst"]) == [
        "It works.",
        "the worst",
    ]
    german = ["Dehnen hilft.", "10 schlimmster vorstellbarer", "eine Verbesserung", "Nothilfe"]
    assert claims("de", german) == ["Dehnen hilft.", "eine Verbesserung"]


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"{[^{}]*}", text))


def misfilled(message) -> bool:
    """Return whether a translation has other placeholders than the English."""
    wanted = placeholders(message.id[-1] if isinstance(message.id, tuple) else message.id)
    return any(placeholders(form) != wanted for form in told(message) if form)


def test_a_translation_has_the_placeholders_of_the_english(catalog):
    assert [message.id for message in catalog if message.id and misfilled(message)] == []


def test_the_check_of_placeholders_sees_one_that_is_missing_in_a_plural(extracted):
    message = extracted.get(("{n} session", "{n} sessions")).clone()
    message.string = ("{n} Sitzung", "{n} Sitzungen")
    assert not misfilled(message)
    message.string = ("{n} Sitzung", "{m} Sitzungen")
    assert misfilled(message)


# ---- no sentence is left in the code

_CALLS = {"_", "N_", "ngettext", "pgettext"}
# What looks for words and is not shown: words of notes, names of rows in the findings.
_NOT_SHOWN = {"_WORDS", "_UP", "_SYMPTOM"}


def sentences_in(source: str) -> list[str]:
    """Return the texts of three words or more that no translation function is given."""
    tree = ast.parse(source)
    found = []
    _look(tree, found)
    return found


def _look(node: ast.AST, found: list[str]) -> None:
    if isinstance(node, ast.Raise) or _is_translated(node) or _is_not_shown(node):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    text = _literal(node)
    if len(re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*(>|$)", " ", text))) >= 3 and " " in text:
        found.append(text)
        return
    keys = node.keys if isinstance(node, ast.Dict) else []  # what is looked up is not shown
    for child in ast.iter_child_nodes(node):
        if child not in keys:
            _look(child, found)


def _is_translated(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in _CALLS


def _is_not_shown(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in _NOT_SHOWN


def _literal(node: ast.AST) -> str:
    """Return the text of a string, or of the fixed parts of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "{}" for part in node.values)
    return ""


SHOWING = [*sorted((PACKAGE / "wording").rglob("*.py")), *sorted((PACKAGE / "display").rglob("*.py")),
           PACKAGE / "safety.py",
           *(PACKAGE / "report" / f"{name}.py" for name in ("pdf", "page", "narrative"))]  # fmt: skip


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_sentence_is_left_in_the_code(path):
    assert sentences_in(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_message_stands_inside_an_f_string(path):
    """Python 3.11 gives an f-string as one token: Babel would not see the message there."""
    names = {"_", "ngettext", "pgettext", "N_"}
    calls = [call for text in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(text, ast.JoinedStr)
             for call in ast.walk(text) if isinstance(call, ast.Call)
             and getattr(call.func, "id", "") in names and isinstance(call.args[0], ast.Constant)]  # fmt: skip
    assert [(call.lineno, call.args[0].value) for call in calls] == []


def test_the_walk_sees_a_sentence_in_any_place():
    source = '''
"""A docstring of many words."""
TEXT = "one two three"
TABLE = {"a key of data": N_("one two three")}
MARKED = N_("one two three")
def f(n):
    """Another docstring of words."""
    if n:
        raise UserError(f"no such words: {n}")
    return [f"of {n} the sessions", _("of {n} the sessions").format(n=n), ngettext("a b c", "d e f", n)]
'''
    assert sentences_in(source) == ["one two three", "of {} the sessions"]


# ---- a language of brackets: what stands outside of them was never translated


class Brackets(gettext.NullTranslations):
    """Every message in brackets."""

    def gettext(self, message):  # noqa: D102
        return f"⟦{message}⟧"

    def ngettext(self, one, many, n):  # noqa: D102
        return f"⟦{one if n == 1 else many}⟧"

    def pgettext(self, context, message):  # noqa: D102
        return f"⟦{message}⟧"


@pytest.fixture
def bracketed(monkeypatch):
    catalogs = {"en": gettext.NullTranslations(), "de": Brackets()}
    monkeypatch.setattr("analysis.language._catalog", catalogs.__getitem__)


# A day as German writes it, and what is the same in every language: names of files and of methods, hashes,
# a person's code.
_SAME = re.compile(
    r"\d+\. \w+\.? \d{4}|SHA-256|\b[0-9a-f]{64}\b|\breliefbook\b|[\w-]+\.csv|\bsyn-\d+"
    r"|^p$|^Wilson$|^Clopper-Pearson$"
)


def untranslated(text: str) -> str:
    """Return the words of a text that stand outside all brackets."""
    while "⟦" in text and (shorter := re.sub("⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = shorter
    return " ".join(re.findall(r"[^\W\d_]+", _SAME.sub(" ", text)))


# The same where all blanks are squeezed out.
_SAME_IN_ONE = re.compile(r"SHA-256[0-9a-f]{64}|\d+\.[^\W\d]+\.?\d{4}|reliefbook[\d.]+|[\w-]+\.csv")


def texts_of(html: str) -> list[str]:
    """Return every text of a page that is seen, heard or printed."""
    page = BeautifulSoup(html, "html.parser")
    styles = [style.extract().text for style in page("style")]
    printed = [text for style in styles for text in re.findall(r"content: (.*?);", style)]
    spoken = [tag[name] for tag in page.find_all(True) for name in ("alt", "aria-label", "title")
              if tag.get(name)]  # fmt: skip
    return [*page.find_all(string=True), *spoken, *map(_unescaped, printed)]


def _unescaped(css: str) -> str:
    """Return the text of a style sheet's strings."""
    strings = " ".join(re.findall('"([^"]*)"', css))
    return re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), strings)


@pytest.mark.parametrize("name", ["pain_reduction", "one_person"])
def test_every_word_of_a_report_is_translated(name, bracketed):
    made = pages(name, language="de", as_of=AS_OF)
    left = {text: untranslated(text) for text in texts_of(made.html)[1:]}
    assert {text: words for text, words in left.items() if words} == {}
    reader = pypdf.PdfReader(io.BytesIO(made.pdf))
    squeezed = "".join(re.sub(r"\s", "", page.extract_text()) for page in reader.pages)
    assert set(untranslated(_SAME_IN_ONE.sub(" ", squeezed)).split()) <= {"p"}
    assert reader.trailer["/Root"]["/Lang"] == "de"


@pytest.mark.parametrize(("kind", "name"), FIGURES)
def test_every_word_of_a_figure_is_translated(kind, name, request, bracketed):
    figure = draw(with_page(request.getfixturevalue(kind), language="de"), name)
    figure.draw_without_rendering()
    texts = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    months = "Jan|Feb|Mär|Apr|Mai|Jun"
    left = {text: untranslated(re.sub(rf"^({months})\.?$", "", text)) for text in texts}
    assert {text: words for text, words in left.items() if words} == {}


def test_the_brackets_show_what_is_not_translated(bracketed):
    with in_language("de"):
        assert untranslated(_("a {n} of").format(n=_("b"))) == ""
        assert untranslated(f"{_('a')} then {numbers.day('2026-03-03')}") == "then"


# ---- numbers, days and figures


def test_numbers_and_days_in_german():
    with in_language("de"):
        assert numbers.points(-1.26) == "−1,3"
        assert numbers.count(1590) == "1.590"
        assert numbers.p_value(0.034) == "0,034"
        assert numbers.day("2026-03-03") == "3. März 2026"
    assert numbers.points(-1.26) == "−1.3"
    assert numbers.day("2026-03-03") == "3 Mar 2026"


def labels_in(language: str, first: str, last: str) -> list[str]:
    """Return the labels of an axis of time between two days, what stands once beside it last."""
    series = pd.DataFrame({"started_at": pd.to_datetime([first, last]), "scale": "NRS0-10",
                           "pain_before": [5.0, 6.0]})  # fmt: skip
    with in_language(language):
        figure = plot_start_pain(series, 5.5)
    figure.draw_without_rendering()
    axis = figure.axes[0].xaxis
    words = [label.get_text() for label in axis.get_ticklabels()]
    return [*words, axis.get_offset_text().get_text(), figure.axes[0].texts[-1].get_text()[-3:]]


def test_a_figure_has_the_months_and_the_comma_of_its_language():
    assert labels_in("en", "2026-02-20", "2026-05-10") == [
        "Mar", "15", "Apr", "15", "May", "2026-May", "5.5"]  # fmt: skip
    assert labels_in("de", "2026-02-20", "2026-05-10") == [
        "Mär", "15", "Apr", "15", "Mai", "Mai 2026", "5,5"]  # fmt: skip


def test_the_months_do_not_depend_on_the_computers_own_language():
    names = {language: labels_in(language, "2026-07-20", "2026-12-20") for language in ("en", "de")}
    assert "Oct" in names["en"]
    assert "Okt" in names["de"]
    assert "2026" in names["de"]


def test_a_figure_of_weeks_has_a_thousands_point():
    weeks = pd.DataFrame({"week": pd.date_range("2026-01-05", periods=3, freq="7D"),
                          "n_people": 1590, "lower_quartile": 3.0, "median": 4.0,
                          "upper_quartile": 5.0})  # fmt: skip
    with in_language("de"):
        assert plot_weeks(weeks).axes[0].texts[1].get_text() == "1.590"


# ---- which language is being written


def test_two_threads_write_two_languages_at_the_same_time():
    together = Barrier(2)

    def write(language):
        written = set()
        with in_language(language):
            for _turn in range(200):
                together.wait(10)
                written.add((current(), numbers.points(1.5)))
        return written

    with ThreadPoolExecutor(2) as threads:
        german, english = threads.map(write, ("de", "en"))
    assert german == {("de", "1,5")}
    assert english == {("en", "1.5")}


def test_a_language_ends_with_its_block_also_by_an_error():
    with pytest.raises(ZeroDivisionError), in_language("de"):
        raise ZeroDivisionError
    assert current() == "en"
    with pytest.raises(ValueError, match=r"^no catalog for 'xx'$"), in_language("xx"):
        pass


def test_a_notebooks_words_are_translated_by_paragraph_and_a_quote_is_not(bracketed):
    source = "## In short\n\nWhat was\nlogged.\n\n> Get help.\n\n"
    assert translated(source) == source
    with in_language("de"):
        assert translated(source) == "## ⟦In short⟧\n\n⟦What was logged.⟧\n\n> Get help.\n\n"
        assert ngettext("{n} day", "{n} days", 2) == "⟦{n} days⟧"
        assert pgettext("people", "few") == "⟦few⟧"
