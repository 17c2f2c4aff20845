"""JSON -> its values, and records -> rows of text, or one sentence; never anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from analysis.intake.documents import read_json, records_sheet
from analysis.intake.table import SEVERAL
from analysis.sessions import UnusableLog

FILE = "log.json"


def fault(call, *args) -> tuple[str, str]:
    """Return the rule and the sentence with which a call refuses its file."""
    with pytest.raises(UnusableLog) as caught:
        call(*args)
    assert caught.value.fault["file"] == FILE
    return caught.value.fault["rule"], caught.value.fault["message"]


def table(text: str) -> list[list[str]]:
    return [cells for _, cells in records_sheet(read_json(text.encode(), FILE), FILE).rows]


def refused(text: str | bytes) -> tuple[str, str]:
    """Return how the reading of JSON refuses a text."""
    return fault(read_json, text if isinstance(text, bytes) else text.encode(), FILE)


def refused_records(text: str) -> tuple[str, str]:
    return fault(records_sheet, read_json(text.encode(), FILE), FILE)


# Reading JSON


def test_numbers_keep_the_text_in_which_they_are_written():
    text = "[6.50, 1e400, -0, 12345678901234567890.0, %s]" % ("9" * 5_000)
    assert read_json(text.encode(), FILE) == text[1:-1].split(", ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_utf_8_or_utf_16_by_its_mark(encoding):
    assert read_json('["ö"]'.encode(encoding), FILE) == ["ö"]


def test_one_value_a_line_is_a_list():
    assert read_json(b'{"a": 1}\r\n\n{"a": 2}\n', FILE) == [{"a": "1"}, {"a": "2"}]
    assert read_json(b'{"a": 1}\n', FILE) == {"a": "1"}


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (b'["\xe4"]', "encoding", "the text is not UTF-8, as JSON must be; save it as UTF-8"),
        (
            '["a"]'.encode("utf-16-be"),
            "encoding",
            "the text looks like UTF-16 without a mark; save it as UTF-8",
        ),
        (
            b"[1,\n 2,,]",
            "json",
            "the file is not valid JSON from line 2, column 4 on (expecting value); export it again",
        ),
        (
            b'{"a": 1}\n{"a": }\n',
            "json",
            "the file is not valid JSON from line 2, column 7 on (expecting value); export it again",
        ),
        (
            b'{"a": 1} {"a": 2}',
            "json",
            "the file is not valid JSON from line 1, column 10 on (extra data); export it again",
        ),
        (
            b'{"a": 1, "b": 2, "a": 3}',
            "json",
            "the name 'a' stands twice in one record; rename one of the two and export again",
        ),
        (
            b"[-Infinity]",
            "json",
            "the file holds -Infinity, which is no JSON number; leave the value out",
        ),
        (
            b" " * (64 * 2**20 + 1),
            "too-large",
            "the file has 67,108,865 bytes, more than 67,108,864; split it, or give the log as CSV",
        ),
    ],
)
def test_what_is_no_json_is_refused_in_a_sentence(content, rule, message):
    assert refused(content) == (rule, message)


TOO_DEEP = (
    "json",
    "the values are nested too deeply, more than 64 levels; is it the right file?",
)


def test_64_levels_are_read_and_65_refused():
    assert read_json(b"[" * 64 + b"]" * 64, FILE) != []
    assert refused("[" * 65 + "]" * 65) == TOO_DEEP
    assert refused('{"a":' * 64 + "[]" + "}" * 64) == TOO_DEEP


def test_a_hundred_thousand_brackets_are_refused():
    assert refused(shared("hostile", "json_deep_nesting.json").read_bytes()) == TOO_DEEP


# Records


def test_records_have_their_names_as_header_and_are_numbered_from_1():
    sheet = records_sheet(read_json(b'[{"b": 1, "a": null}, {"c": true, "b": "x"}]', FILE), FILE)
    assert sheet.rows == [
        (0, ["b", "a", "c"]),
        (1, ["1", "", ""]),
        (2, ["x", "", "true"]),
    ]
    assert sheet.recognised_header


def test_nested_objects_and_lists_of_plain_values_are_flattened():
    assert table('[{"a": {"b": {"c": 6.50}, "d": [1, null, "x", false]}, "e": [], "f": {}}]') == [
        ["a/b/c", "a/d", "e"],
        ["6.50", f"1{SEVERAL}x{SEVERAL}false", ""],
    ]


def test_no_record_gives_no_row():
    assert table("[]") == table('{"sessions": []}') == []


def test_one_object_is_one_record_even_with_an_empty_list():
    assert table('{"pain": 6, "tools": []}') == [["pain", "tools"], ["6", ""]]


def test_the_one_list_of_an_object_is_read_and_what_stands_beside_it_is_named():
    tree = read_json(b'{"version": 2, "any": [{"a": 1}], "tags": ["x"]}', FILE)
    sheet = records_sheet(tree, FILE)
    assert sheet.rows == [(0, ["a"]), (1, ["1"])]
    assert [(note["rule"], note["message"]) for note in sheet.remarks] == [
        ("column-unused", "values beside the list of records are not read: 'version', 'tags'")
    ]


NO_RECORDS = (
    "not-a-session-log",
    "the file is not a list of records with named values; export the log as such, or as CSV",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6", NO_RECORDS),
        ('[{"a": 1}, 2]', NO_RECORDS),
        ('{"log": [{"a": 1}, 2]}', NO_RECORDS),
        (
            '{"x": [{"a": 1}], "y": [{"a": 1}]}',
            (
                "not-a-session-log",
                "the file holds several lists of records: 'x', 'y'; give the one with the sessions as a "
                "file of its own",
            ),
        ),
        (
            '[{"a": 1}, {"a": {"b": [{"c": 1}]}}]',
            (
                "json",
                "'a/b' of record 2 is a list of objects or of lists, which fits in no cell; "
                "export one record for each of them",
            ),
        ),
        (
            '[{"a/b": 1, "a": {"b": 2}}]',
            (
                "json",
                "the name 'a/b' stands twice in one record; rename one of the two and export again",
            ),
        ),
    ],
)
def test_records_that_make_no_table_are_refused(text, expected):
    assert refused_records(text) == expected


def test_2000_columns_are_read_and_2001_refused():
    assert len(table(json.dumps([dict.fromkeys(map(str, range(2_000)))]))[0]) == 2_000
    assert refused_records(json.dumps([{str(place): 1} for place in range(2_001)])) == (
        "too-many-columns",
        "the table has 2,001 columns, more than 2,000; is it the right file?",
    )


def test_blanks_do_not_fill_the_memory():
    tree = [{}] * 5_001 + [dict.fromkeys(map(str, range(2_000)))]
    assert fault(records_sheet, tree, FILE) == (
        "too-large",
        "the records make a table of more than 10,000,000 cells; leave out values that are not needed",
    )


def test_half_a_surrogate_pair_is_no_name():
    assert table(r'[{"a\ud800": 1}]')[0] == ["a\ufffd"]


# Whatever comes in

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_rows_or_a_sentence(content):
    try:
        sheet = records_sheet(read_json(content, FILE), FILE)
    except UnusableLog:
        return
    assert len({len(cells) for _, cells in sheet.rows}) <= 1
    assert [number for number, _ in sheet.rows] == [*range(len(sheet.rows))]


def test_a_file_of_millions_of_values_is_refused_before_it_is_parsed():
    # 12 MB of text would take more than a gigabyte as objects.
    content = b"[" + b"{}," * 2_000_000 + b"{}]"
    with pytest.raises(UnusableLog) as error:
        read_json(content, "log.json")
    assert str(error.value) == (
        "log.json: the file holds more than 4,000,000 values; split it, or give the log as CSV"
    )
