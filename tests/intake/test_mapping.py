"""The mapping grammar: every key of the design loads, everything else is refused with its line."""

import json
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import shared

from analysis.intake.mapping import (
    NO_MAPPING,
    PRESETS,
    ColumnRule,
    FileRules,
    Identity,
    Join,
    Pivot,
    Recognise,
    Repeat,
    Rows,
    load_mapping,
    preset,
)
from analysis.intake.times import TimeRules
from analysis.sessions import COLUMN, COLUMNS, UserError

EXAMPLES = ("reliefbook-template", "google-forms-csv", "google-sheet-labels-with-commas",
            "ms-forms-csv", "redcap-raw", "redcap-labels", "kobo-flat-names", "kobo-repeat-xlsx",
            "kobo-labels-de", "odk-central-zip", "fhir-r4-questionnaire-response",
            "german-hand-made-csv", "numbered-blocks", "before-and-after-rows",
            "excel-two-row-header")  # fmt: skip


@pytest.fixture
def load(tmp_path):
    """Write a mapping and load it."""

    def loader(text: str):
        path = tmp_path / "map.yml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)

    return loader


@pytest.mark.parametrize("place", range(len(EXAMPLES)), ids=EXAMPLES)
def test_every_example_of_the_design_loads(load, place):
    text = shared("design", "mappings-example.yml").read_text("utf-8")
    document = text.split("\n---\n")[place]
    # "rolling" is a plain name of the design; for the kit it is ambiguous unless the log declares it.
    mapping = load(f"{document}\nterms: {{technique: [rolling]}}\n")
    assert mapping.name == EXAMPLES[place]
    named = set(yaml.safe_load(document).get("columns", {}))
    wanted = {f"{name}_before" if name in ("numbness", "tingling") else name for name in named}
    blocks = {"subregion", "tool"} if mapping.repeat else set()
    assert set(mapping.columns) == wanted | blocks


def test_every_mapping_of_the_hostile_files_loads():
    paths = sorted(shared("hostile").rglob("*.map.yml"))
    assert len(paths) == 14
    assert all(load_mapping(path).shipped is False for path in paths)


def test_every_key_arrives_under_its_name(load):
    mapping = load(
        """
name: all of it
recognise: {all_of: [a], any_of: [b], none_of: [c], sheet: s}
file:
  {format: zip, encoding: cp1252, separator: "\\t", decimal: ",", sheet: log, member: log.csv,
   sheet_with: [x, y], header_row: 3, header_rows: [2, 3], fill_merged: true, comment: "#",
   resource: Observation, group: session, query: select 1}
join: {sheet: p, member: p.csv, sheet_with: [z], left: l, right: r, take: [t, u]}
repeat: {numbers: [1, 2], pattern: "{name} {n}"}
pivot: {key: [k], phase: p, value: v, before: pre, after: post}
rows: {where: {form: Session-Log}, drop: {state: [rejected, ""]}}
columns_only: true
terms: {region: [knee], technique: [Magnet, wand]}
time:
  {timezone: Europe/Berlin, timezone_column: zone, formats: ["%d/%m/%y"], excel_serials: true,
   ambiguous: later, nonexistent: later, trailing_zone: drop, date_only: refuse}
identity: {session: no, submission: id, conflict: first}
example: log.csv
expect: {sessions: 1, row_errors: 0}
"""
    )
    assert mapping.name == "all of it"
    assert mapping.recognise == Recognise(("a",), ("b",), ("c",), "s")
    assert mapping.file == FileRules("zip", "cp1252", "\t", ",", "log", "log.csv", ("x", "y"), 3,
                                     (2, 3), True, "#", "Observation", "session",
                                     "select 1")  # fmt: skip
    assert mapping.join == Join("l", "r", "p", "p.csv", ("z",), ("t", "u"))
    assert mapping.repeat == Repeat((1, 2), "{name} {n}")
    assert mapping.pivot == Pivot(("k",), "p", "v", "pre", "post")
    assert mapping.rows == Rows(
        {"form": frozenset({"session log"})}, {"state": frozenset({"rejected", ""})}
    )
    assert mapping.columns_only is True
    assert mapping.terms == {"region": ["knee"], "technique": ["Magnet", "wand"]}
    assert mapping.time == TimeRules(
        "Europe/Berlin", "zone", ("%d/%m/%y",), True, "later", "later", "drop", "refuse"
    )
    assert mapping.identity == Identity("no", "id", "first")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Where", ColumnRule(("Where",))),
        ("{from: [Datum, Uhrzeit], join: 'T'}", ColumnRule(("Datum", "Uhrzeit"), join="T")),
        ("{const: stretching}", ColumnRule(const="stretching")),
        ("{from_file_name: '^(.+)_'}", ColumnRule(from_file_name="^(.+)_")),
        (
            "{from: x, values: {Faszien-Rolle: other}, missing: ['-99', KA]}",
            ColumnRule(("x",), values={"faszien rolle": "other"}, missing=frozenset({"-99", "ka"})),
        ),
        (
            "{decimal: ',', accept: [n_of_10, h_min], scale: 100}",
            ColumnRule(decimal=",", accept=frozenset({"n_of_10", "h_min"}), scale="100"),
        ),
        ("{multi_split: ' '}", ColumnRule(several=True, split=" ")),
        ("{multi_labels: true}", ColumnRule(several=True, labels=True)),
        ("{multi_items: true}", ColumnRule(several=True, items=True)),
        (
            "{multi_columns: {pattern: 'a/(.+)', on: [JA], codes: redcap}}",
            ColumnRule(several=True, pattern="a/(.+)", on=("ja",), redcap=True),
        ),
    ],
)
def test_a_column_is_named_or_described(load, text, rule):
    assert load(f"columns: {{technique: {text}}}").columns == {"technique": rule}


def test_words_stay_text(load):
    mapping = load("columns: {participant: 007, side: yes, notes: 2025-13-45, minutes: null}")
    assert [rule.headers for rule in mapping.columns.values()] == [
        ("007",), ("yes",), ("2025-13-45",), ("null",)
    ]  # fmt: skip


def test_own_terms_may_be_declared_below_their_use(load):
    mapping = load("columns: {tool: {values: {m: magnet}}}\nterms: {technique: [Magnet]}")
    assert mapping.columns["tool"].values == {"m": "magnet"}


def test_numbered_blocks_hold_several_terms(load):
    mapping = load("repeat: {numbers: [1], pattern: '{name} {n}'}\ncolumns: {region: Wo, side: S}")
    assert {name: rule.several for name, rule in mapping.columns.items()} == {
        "region": True, "side": False, "subregion": True, "technique": True, "tool": True
    }  # fmt: skip
    assert mapping.columns["region"].headers == ("Wo",)


TOP = ("this version reads name, preset, recognise, file, join, repeat, pivot, rows, columns, columns_only, "
       "terms, time, identity, example, expect")  # fmt: skip
CANONICAL = ", ".join(COLUMN)
RULE_KEYS = ("from, join, const, from_file_name, values, missing, decimal, accept, scale, multi_split, "
             "multi_labels, multi_columns, multi_items")  # fmt: skip
FAULTS = [
    ("colums: {region: Where}", f"1: unknown key 'colums'; {TOP}; did you mean columns?"),
    ("name: x\nversion: 1\n", f"2: unknown key 'version'; {TOP}"),
    (
        "name: x\ncolumns:\n  region: Where\n  pain_befor: Before\n",
        f"4: unknown key 'pain_befor'; this version reads {CANONICAL}; did you mean pain_before?",
    ),
    (
        "columns: {session_number: Nr}",
        f"1: unknown key 'session_number'; this version reads {CANONICAL}",
    ),
    (
        "columns: {numbness: a, numbness_before: b}",
        "1: the key 'numbness_before' stands twice; put the two together",
    ),
    (
        "columns:\n  region: {form: x}",
        f"2: unknown key 'form'; this version reads {RULE_KEYS}; did you mean from?",
    ),
    (
        "terms:\n  tool: [roller]\n",
        "2: unknown key 'tool'; this version reads region, technique",
    ),
    (
        "identity: {numbness: x}",
        "1: unknown key 'numbness'; this version reads session, submission, conflict",
    ),
    ("- name: x\n", "1: must be names with values; found a list"),
    ("just words", "1: must be names with values; found 'just words'"),
    ("name: x\ncolumns: Where\n", "2: columns: must be names with values; found 'Where'"),
    ("columns:\n", "1: columns: must be names with values; found ''"),
    ("name: [1]\n", "1: name: must be text; found a list"),
    ("columns: {region: ''}", "1: region: must be text; found ''"),
    ("columns:\n  region: [a, b]\n", "2: region: must be text; found a list"),
    ("terms: {region: knee}", "1: region: must be a list of words; found 'knee'"),
    ("terms: {region: [[1]]}", "1: region: must be a list of words; found a list"),
    ("time: {formats: '%d/%m/%Y'}", "1: formats: must be a list of words; found '%d/%m/%Y'"),
    (
        "time:\n  formats:\n  - '%d.%m.%Y %Z'\n",
        "3: formats: must be made of %Y %y %m %d %b %H %M %S %I %p, as in %d/%m/%Y %H:%M; "
        "found '%d.%m.%Y %Z'",
    ),
    (
        "time: {timezone: Europe/Berlim}",
        "1: timezone: must be a time zone such as Europe/Berlin; found 'Europe/Berlim'; did you mean "
        "Europe/Berlin?",
    ),
    (
        "time: {timezone: localtime}",
        "1: timezone: must be a time zone such as Europe/Berlin; found 'localtime'",
    ),
    (
        "time: {ambiguous: first}",
        "1: ambiguous: must be error or earlier or later; found 'first'",
    ),
    ("time: {nonexistent: earlier}", "1: nonexistent: must be error or later; found 'earlier'"),
    ("time: {trailing_zone: keep}", "1: trailing_zone: must be refuse or drop; found 'keep'"),
    ("time: {date_only: 'no'}", "1: date_only: must be refuse or accept; found 'no'"),
    ("time: {excel_serials: yes}", "1: excel_serials: must be true or false; found 'yes'"),
    ("identity: {conflict: both}", "1: conflict: must be last or first or error; found 'both'"),
    ("identity: {session: {}}", "1: session: must be text; found names with values"),
    ("file: {header_row: 0}", "1: header_row: must be a whole number from 1; found '0'"),
    ("file: {header_rows: [2, ٣]}", "1: header_rows: must be a whole number from 1; found '٣'"),
    ("file: {separator: ' '}", "1: separator: must be ',' or ';' or '\\t' or '|'; found ' '"),
    ("file: {format: xls}", "1: format: must be csv or xlsx or zip or fhir; found 'xls'"),
    (
        "file: {encoding: rot13}",
        "1: encoding: must be an encoding such as utf-8 or cp1252; found 'rot13'",
    ),
    ("join: {sheet: p, left: l}", "1: join: must also say right"),
    ("pivot: {key: [a]}", "1: pivot: must also say phase, value, before, after"),
    (
        "repeat: {numbers: [1], pattern: Region}",
        "1: pattern: must be made of {name} and {n}, as in '{name} {n}'; found 'Region'",
    ),
    (
        "columns: {region: {multi_columns: {pattern: 'region/('}}}",
        "1: pattern: must be a regular expression (missing ), unterminated subpattern at position 7); "
        "found 'region/('",
    ),
    (
        "columns: {region: {multi_columns: {pattern: '[[a](.)'}}}",
        "1: pattern: must be a regular expression (Possible nested set at position 1); found '[[a](.)'",
    ),
    (
        "columns: {region: {multi_columns: {pattern: 'region/.+'}}}",
        "1: pattern: must be a regular expression with one group in round brackets; found 'region/.+'",
    ),
    (
        "columns: {participant: {from_file_name: '(a)(b)'}}",
        "1: from_file_name: must be a regular expression with one group in round brackets; "
        "found '(a)(b)'",
    ),
    (
        "columns:\n  region:\n    from: x\n    const: hip\n",
        "3: region: says from and const; keep one of them",
    ),
    (
        "columns: {region: {multi_split: ',', multi_items: true}}",
        "1: region: says multi_split and multi_items; keep one of them",
    ),
    (
        "columns:\n  technique:\n    values:\n      a: stretching\n      b: rolling\n",
        "5: values: must be a word for technique, of the vocabulary or of terms; found 'rolling'; "
        "did you mean tennis_ball or other?",
    ),
    (
        "columns: {region: {const: thigs}}",
        "1: const: must be a word for region, of the vocabulary or of terms; found 'thigs'; did you "
        "mean thighs?",
    ),
    (
        "columns: {numbness: {values: {some: 11}}}",
        "1: values: must be a word for numbness_before, of the vocabulary or of terms; found '11'",
    ),
    (
        "columns: {side: {values: {Links: left, links: right}}}",
        "1: values: 'links' stands twice; keep one of them",
    ),
    (
        "columns: {minutes: {accept: [n_of_100]}}",
        "1: accept: must be 'n_of_10' or 'decimal_comma' or 'min_suffix' or 's_suffix' or 'h_min'; "
        "found 'n_of_100'",
    ),
    ("columns: {pain_before: {scale: 10}}", "1: scale: must be 100; found '10'"),
    (
        f"terms: {{technique: [{'x' * 41}]}}",
        f"1: technique: a term must be at most 40 printable characters; found '{'x' * 41}'",
    ),
]


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_what_is_outside_the_grammar_is_refused_with_its_line(load, text, message):
    with pytest.raises(UserError) as error:
        load(text)
    assert str(error.value) == f"map.yml line {message}"


def test_without_a_mapping_there_are_no_rules(load):
    assert load_mapping(None) == load("") == NO_MAPPING


def test_a_mapping_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(UserError) as error:
        load_mapping(tmp_path / "no.yml")
    assert str(error.value) == (
        f"{tmp_path / 'no.yml'}: there is no such mapping file; those that come with the kit are "
        + ", ".join(PRESETS)
    )
    with pytest.raises(UserError) as error:
        load_mapping(tmp_path)
    assert str(error.value) == f"{tmp_path}: the mapping file cannot be read; Is a directory"
    with pytest.raises(UserError) as error:
        load_mapping("a\0b")
    assert str(error.value) == "a\0b: the mapping file cannot be read; embedded null byte"


def test_a_preset_is_loaded_by_name_unless_a_file_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_mapping("kobo") is preset("kobo")
    (tmp_path / "kobo").write_text("name: mine", encoding="utf-8")
    assert load_mapping("kobo").name == "mine"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_states_neither_zone_nor_terms(name):
    mapping = preset(name)
    assert mapping.name == name
    assert mapping.shipped
    assert mapping.recognise != Recognise()
    assert mapping.time.timezone == ""
    assert mapping.terms == {"region": [], "technique": []}


def test_a_header_is_known_by_vocabulary_name_or_pattern(load):
    mapping = load(
        "columns: {minutes: Wie lange genau, region: {multi_columns: {pattern: 'Q/(.+)'}}}"
    )
    headers = ["Participant-ID", " Wie lange genau ", "Q/hip", "Q/", "hip"]
    assert [mapping.knows(header) for header in headers] == [True, True, True, False, False]
    assert not NO_MAPPING.knows("Wie lange genau")


def test_the_word_question_in_a_pattern_is_any_header_of_the_column(load):
    rule = load("columns: {region: {multi_columns: {pattern: '{question}/(.+)'}}}").columns[
        "region"
    ]
    matches = [re.fullmatch(rule.pattern, header) for header in
               ("region/hip", "Body_Region/hip", "Where did you work?/hip", "side/hip")]  # fmt: skip
    assert [match and match[1] for match in matches] == ["hip", "hip", "hip", None]


KEYS = ["name", "columns", "terms", "time", "rows", "file", "join", "pivot", "repeat", "region",
        "values", "multi_columns", "pattern", "from", "const", "formats", "timezone", "where",
        *(column.name for column in COLUMNS)]  # fmt: skip
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["(", "[[a]", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TREES)
def test_any_tree_loads_or_is_refused_in_one_line(load, tree):
    said = "map.yml line "
    try:
        load(json.dumps(tree))
    except UserError as error:
        said = str(error)
    assert said.startswith("map.yml line ") or "not valid YAML" in said
    assert "\n" not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_load_or_are_refused(tmp_path, content):
    path = tmp_path / "map.yml"
    path.write_bytes(content)
    try:
        mapping = load_mapping(path)
    except UserError:
        mapping = NO_MAPPING
    assert mapping.columns == {}
