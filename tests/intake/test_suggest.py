"""A starting mapping: what is certain, what is near, and nothing private."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.mapping import load_mapping
from analysis.intake.suggest import suggest_mapping
from analysis.intake.table import Table, chunk_of
from analysis.vocabulary import clean


def suggested(header: list[str], *rows: list[str], file: str = "log.csv") -> str:
    chunks = [chunk_of([row], [line], len(header)) for line, row in enumerate(rows, start=2)]
    return suggest_mapping(Table("", header, 1, iter(chunks), []), file)


def loaded(text: str):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.yml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)


def test_a_starting_mapping_whole():
    header = ["Who", "Nr", "session", "Datum", "Wo: genau", "place", "method", "pain_befor", "after",
              "Mood", "Mood", "", "Uhrzeit", "Comments"]  # fmt: skip
    row = [
        "P01",
        "x",
        "1",
        "01/03/2025 18:40",
        "y",
        "thigs",
        "ball",
        "6",
        "4",
        "",
        "",
        "",
        "",
        "secret",
    ]
    other = ["P02", "x", "2", "02/03/2025", "y", "hip", "zumba", "6", "4", "", "", "", "", "secret"]
    assert suggested(header, row, other, file="my log.csv") == (
        '# A starting mapping for "my log.csv". Lines that begin with # are suggestions: remove the # of '
        "those that are\n"
        "# right, correct or delete the others. Columns that are not named here are found by their usual "
        "names.\n"
        'name: "my log"\n'
        "# time:\n"
        '#   formats: ["%d/%m/%Y %H:%M"]   # day first\n'
        '#   formats: ["%m/%d/%Y %H:%M"]   # month first\n'
        "identity:\n"
        '  session: "session"\n'
        "columns:\n"
        '  participant: "Who"\n'
        '  started_at: "Datum"\n'
        "  region:\n"
        '    from: "place"\n'
        "    # values:\n"
        '    #   "thigs": thighs\n'
        "  technique:\n"
        '    from: "method"\n'
        "    # values:\n"
        '    #   "ball": tennis_ball or other\n'
        '    #   "zumba": ?\n'
        '  pain_after: "after"\n'
        '  notes: "Comments"\n'
        '  # "Nr" is not read\n'
        '  # "Wo: genau" is not read\n'
        '  # pain_before: "pain_befor"\n'
        '  # "Mood" stands 2 times; only a name of its own can be read\n'
    )


def test_what_is_certain_is_live():
    mapping = loaded(suggested(["Who", "place", "pain_befor"], ["P01", "hip", "6"]))
    assert {name: rule.headers for name, rule in mapping.columns.items()} == {
        "participant": ("Who",), "region": ("place",)
    }  # fmt: skip


def test_a_header_that_stands_twice_is_not_named():
    assert list(loaded(suggested(["place", "place", "who"])).columns) == ["participant"]


def test_without_a_known_column_it_is_valid_too():
    text = suggested(["alpha", "beta"])
    assert loaded(text).columns == {}
    assert text.endswith('# columns:\n  # "alpha" is not read\n  # "beta" is not read\n')


@pytest.mark.parametrize(
    ("cell", "format_"),
    [
        ("1.3.25 18:40:05", "%d.%m.%y %H:%M:%S"),
        ("13-03-2025", "%d-%m-%Y"),
        ("2025-03-01", None),
        ("1/3.2025", None),
    ],
)
def test_the_order_of_a_date_is_a_choice(cell, format_):
    text = suggested(["date"], [cell])
    assert ("# time:" in text) == (format_ is not None)
    assert format_ is None or f'#   formats: ["{format_}"]   # day first\n' in text
    assert loaded(text).time.formats == ()


def test_many_unknown_words_are_cut():
    text = suggested(["place"], *([f"w{number:02} {'x' * 80}"] for number in range(42)))
    assert text.count("xxxx") > 0
    assert "w39" in text
    assert "w40" not in text
    assert "    #   and 2 more words\n" in text
    assert "x" * 57 not in text


HEADERS = st.lists(st.sampled_from(["place", "who", "notes", "date", "session"]) | st.text(max_size=12),
                   min_size=1, max_size=6)  # fmt: skip


@settings(deadline=None)
@given(HEADERS, st.text(), st.text(alphabet=st.characters(exclude_characters="/\0"), min_size=1))
def test_any_table_gives_a_mapping_that_loads(header, cell, file):
    mapping = loaded(suggested(header, [cell] * len(header), file=file))
    cleaned = [clean(name) for name in header]
    assert all(rule.headers[0] in cleaned for rule in mapping.columns.values())


def test_no_cell_but_of_region_and_technique_is_shown():
    header = ["who", "notes", "date", "before", "medication", "side", "muscle", "?"]
    text = suggested(header, [f"private{place}" for place in range(len(header))])
    assert "private" not in text
