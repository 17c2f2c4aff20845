"""A table as written -> canonical columns: by the mapping, then by the vocabulary; nothing is guessed."""

import csv
import io
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared

from analysis.intake.canonical import apply, plan
from analysis.intake.mapping import NO_MAPPING, PRESETS, load_mapping, preset
from analysis.intake.table import ERROR_CELL, SEVERAL, Chunk, Table, chunk_of
from analysis.sessions import UnusableLog

FIVE = "date,place,what I did,before,after\n"
ROW = "2025-03-01,thigh,stretch,6,4\n"
UNUSED = "this column is not read; name it in a mapping if it should be"


def table_of(text: str, separator: str = ",") -> Table:
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    chunk = chunk_of(rows[1:], list(range(2, len(rows) + 1)), len(rows[0]))
    return Table("", rows[0], 1, iter([chunk]), [])


@pytest.fixture
def mapped(tmp_path):
    """Load a mapping from its text."""

    def loader(text: str):
        path = tmp_path / "map.yml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)

    return loader


def cells(table: Table, mapping=NO_MAPPING, file: str = "log.csv") -> dict[str, list]:
    """Return the canonical cells, words of one cell joined by "|"."""
    steps = plan(table, mapping, file)
    chunks = [apply(steps, chunk).cells for chunk in table.chunks]
    return {name: [text.replace(SEVERAL, "|") for text in column]
            for name, column in pa.concat_tables(chunks).to_pydict().items()}  # fmt: skip


def refusal(table: Table, mapping=NO_MAPPING) -> tuple[str, str, str]:
    with pytest.raises(UnusableLog) as error:
        cells(table, mapping)
    return error.value.fault["rule"], error.value.fault["column"], str(error.value)


def told(table: Table, mapping=NO_MAPPING) -> list[tuple]:
    remarks = plan(table, mapping, "log.csv").remarks
    return [(said["rule"], said["column"], said["message"]) for said in remarks]


def test_the_commonest_log_needs_no_mapping():
    assert cells(table_of(FIVE + ROW)) == {
        "started_at": ["2025-03-01"], "region": ["thigh"], "technique": ["stretch"],
        "pain_before": ["6"], "pain_after": ["4"],
    }  # fmt: skip
    assert plan(table_of(FIVE), NO_MAPPING, "log.csv").headers == {
        "started_at": "date", "region": "place", "technique": "what I did",
        "pain_before": "before", "pain_after": "after",
    }  # fmt: skip
    assert told(table_of(FIVE))[0] == ("column-taken", "date", "read as started_at")


def test_a_mapping_comes_before_the_vocabulary_and_names_what_it_took(mapped):
    table = table_of(
        "Nr,Tag,place, Wo ,Was,before,NRS now,after\n3,2025-03-01,hip,thigh,st,9,6,4\n"
    )
    mapping = mapped(
        "columns: {started_at: Tag, region: Wo, technique: Was, pain_before: NRS now}\n"
        "identity: {session: Nr, submission: Nr}\ntime: {timezone_column: Nr}"
    )
    assert told(table, mapping) == [
        ("column-taken", "Nr", "read as zone"),
        ("column-taken", "Tag", "read as started_at"),
        ("column-unused", "place", UNUSED),
        ("column-taken", "Wo", "read as region"),
        ("column-taken", "Was", "read as technique"),
        ("column-unused", "before", UNUSED),
        ("column-taken", "NRS now", "read as pain_before"),
        ("column-taken", "after", "read as pain_after"),
    ]
    found = cells(table, mapping)
    assert (found["region"], found["pain_before"]) == (["thigh"], ["6"])
    assert found["session_number"] == found["submission"] == found["zone"] == ["3"]


def test_the_name_of_a_column_comes_before_another_word_for_it():
    table = table_of("timestamp,started_at," + FIVE.removeprefix("date,") + "b," + ROW)
    assert cells(table)["started_at"] == ["2025-03-01"]
    assert told(table)[0] == ("column-unused", "timestamp", UNUSED)


def test_with_columns_only_nothing_else_is_found(mapped):
    table = table_of("notes," + FIVE + "x," + ROW)
    text = "columns: {started_at: date, region: {multi_split: ','}, technique: {}, pain_before: {}"
    without = mapped(f"columns_only: true\n{text}, pain_after: after}}")
    assert set(cells(table, without)) == {
        "started_at", "region", "technique", "pain_before", "pain_after"
    }  # fmt: skip


def test_a_date_and_a_time_are_one_start(mapped):
    text = "date,time,place,method,before,after\n2025-03-01,18:40,hip,yoga,6,4\n2025-03-02,,hip,yoga,6,4\n,,x,,,"
    assert cells(table_of(text))["started_at"] == ["2025-03-01 18:40", "2025-03-02", ""]
    joined = mapped("columns: {started_at: {from: [date, time], join: T}}")
    assert cells(table_of(text), joined)["started_at"] == [
        "2025-03-01T18:40",
        "2025-03-02",
        "",
    ]
    assert "clock" not in cells(table_of(text), joined)


def test_a_time_alone_is_the_start():
    text = "time,place,method,before,after\n18:40,hip,yoga,6,4\n"
    assert cells(table_of(text))["started_at"] == ["18:40"]


def test_a_value_may_be_constant_or_stand_in_the_name_of_the_file(mapped):
    mapping = mapped(
        "columns: {participant: {from_file_name: '^([^_]+)_'}, technique: {const: stretching}}"
    )
    found = cells(table_of(FIVE + ROW + ROW), mapping, "P07_march.csv")
    assert found["participant"] == ["P07", "P07"]
    assert found["technique"] == ["stretching", "stretching"]
    assert refusal(table_of(FIVE), mapping) == (
        "missing-column",
        "participant",
        "log.csv: the mapping reads participant from the name of the file, which does not fit "
        "'^([^_]+)_'; rename the file or change the mapping",
    )


# Several words in one answer


@pytest.mark.parametrize(
    ("style", "cell", "words"),
    [
        ("multi_split: ';'", "Buttock; Hip;", "Buttock|Hip"),
        ("multi_split: ';'", ";", ""),
        ("multi_split: ' '", "buttock  hip", "buttock|hip"),
        ("multi_items: true", f"a{SEVERAL}{SEVERAL}b", "a|b"),
        ("multi_labels: true", "Lower back, Hip", "Lower back|Hip"),
        ("multi_labels: true", "Hip;Spleen;left, right", "Hip|Spleen;left, right"),
        ("multi_labels: true", "Back thigh", "Back thigh"),
        ("multi_labels: true", "Spleen, the knee", "Spleen|the knee"),
        ("multi_labels: true", "", ""),
        (
            "multi_labels: true, values: {'Lower back (lumbar, L4-S1)': lower back, 'L4-S1)': hip}",
            "Hip, LOWER BACK (lumbar, L4-S1), x",
            "Hip|LOWER BACK (lumbar, L4-S1)|x",
        ),
    ],
)
def test_several_words_of_one_cell(mapped, style, cell, words):
    mapping = mapped(f"columns: {{region: {{{style}}}}}\nterms: {{region: [the knee]}}")
    table = table_of(FIVE)
    chunk = chunk_of([["2025-03-01", cell, "stretch", "6", "4"]], [2], 5)
    assert cells(table._replace(chunks=iter([chunk])), mapping)["region"] == [words]


def test_chosen_columns_become_words_in_the_order_of_the_form(mapped):
    mapping = mapped("columns: {region: {multi_columns: {pattern: 'region___(.+)'}}}")
    header = "date,region___hip,region___lower_back,region___,method,before,after\n"
    table = table_of(
        header
        + "2025-03-01,1,TRUE,1,yoga,6,4\n2025-03-01,0,Unchecked,,yoga,6,4\n"
        + f"2025-03-01,no,2,,yoga,6,4\n2025-03-01,{ERROR_CELL}#N/A,1,,yoga,6,4\n"
    )
    steps = plan(table, mapping, "log.csv")
    assert steps.headers["region"] == "region"
    assert told(table, mapping)[1:3] == [
        ("column-taken", "region___hip", "read as region, with 1 more columns like it"),
        ("column-unused", "region___", UNUSED),
    ]
    # What is neither yes nor no stays, so that its row is refused by name.
    assert cells(table, mapping)["region"] == [
        "hip|lower_back", "", "2", f"{ERROR_CELL}#N/A|lower_back"
    ]  # fmt: skip


def test_only_the_stated_word_means_chosen(mapped):
    mapping = mapped("columns: {region: {multi_columns: {pattern: 'r/(.+)', on: [Checked]}}}")
    table = table_of("date,r/hip,method,before,after\n2025-03-01,Checked,yoga,6,4\n"
                     "2025-03-01,1,yoga,6,4\n")  # fmt: skip
    assert cells(table, mapping)["region"] == ["hip", "1"]


# Rows


def test_rows_that_are_no_sessions_are_counted(mapped):
    mapping = mapped("rows: {where: {form: [Session-Log, diary]}, drop: {state: ''}}")
    table = table_of("form,state," + FIVE + f"session log,ok,{ROW}DIARY,,{ROW}other,ok,{ROW}")
    chunk = apply(plan(table, mapping, "log.csv"), next(table.chunks)._replace(skipped=1))
    assert (chunk.lines.tolist(), chunk.skipped, len(chunk.cells)) == ([2], 3, 1)


# Refusals


@pytest.mark.parametrize(
    ("header", "mapping", "rule", "column", "message"),
    [
        (
            "x,x," + FIVE,
            "columns: {region: Place}",
            "missing-column",
            "Place",
            "the mapping reads region from the column 'Place', which is not there; the columns are: x, "
            "x, date, place, what I did, before, after",
        ),
        (
            "x,x," + FIVE,
            "columns: {region: x}",
            "header-duplicate",
            "x",
            "the mapping reads region from the column 'x', which is twice; the columns are: x, x, date, "
            "place, what I did, before, after",
        ),
        (
            FIVE,
            "columns: {region: {multi_columns: {pattern: 'r/(.+)'}}}",
            "missing-column",
            "",
            "the mapping reads region from a column like 'r/(.+)', which is not there; the columns are: "
            "date, place, what I did, before, after",
        ),
        (
            FIVE,
            "rows: {drop: {state: x}}",
            "missing-column",
            "state",
            "the mapping reads which rows are sessions from the column 'state', which is not there; the "
            "columns are: date, place, what I did, before, after",
        ),
        (
            "date, Pain Before ,pain_before,place,method,after",
            "",
            "header-duplicate",
            "pain_before",
            "' Pain Before ' and 'pain_before' both mean pain_before; rename one, or say in a mapping "
            "which one to read",
        ),
        (
            "date,mood,before",
            "",
            "missing-column",
            "region",
            "no column for region, technique, pain_after; the columns are 'date', 'mood', 'before'. "
            "Rename them, or say in a mapping which is which",
        ),
    ],
)
def test_a_file_without_its_columns_is_refused(mapped, header, mapping, rule, column, message):
    assert refusal(table_of(header), mapped(mapping)) == (rule, column, f"log.csv: {message}")


def test_an_unused_header_may_stand_twice():
    table = table_of("Complete?,Complete?," + FIVE + "a,b," + ROW)
    assert cells(table)["region"] == ["thigh"]
    assert told(table)[0] == (
        "header-repeated",
        "Complete?",
        "2 columns have this name; none is read by it",
    )
    assert len(told(table)) == 6


def test_a_column_without_a_name_may_hold_nothing():
    header = FIVE.rstrip() + ",\u200b\n"
    assert cells(table_of(f"{header}2025-03-01,thigh,stretch,6,4, \n"))["region"] == ["thigh"]
    assert refusal(table_of(f"{header}2025-03-01,thigh,stretch,6,4,x\n")) == (
        "header-blank",
        "",
        "log.csv: column 6 holds data but has no name; give it one in the header row",
    )


def test_a_tools_own_column_is_not_the_persons():
    assert cells(table_of("_notes,notes," + FIVE + "x,y," + ROW))["notes"] == ["y"]


# Presets


def test_in_a_preset_a_question_comes_before_the_stamp_of_the_tool():
    header = "Timestamp,Participant code,When did the session start?,Where did you work?,What did you do?"
    row = '2025/03/01 7:05:02 PM GMT+1,P01,2025-03-01 18:40,Hip,"Yoga, Stretching",6,4\n'
    table = table_of(f"{header},Pain before,Pain after\n{row}")
    found = cells(table, preset("google-forms"))
    assert (found["started_at"], found["technique"]) == (["2025-03-01 18:40"], ["Yoga|Stretching"])
    assert told(table, preset("google-forms"))[:2] == [
        (
            "preset-used",
            "",
            "the file was read by the mapping google-forms that comes with the kit; to add to it, begin "
            "a mapping of your own with preset: google-forms",
        ),
        ("column-unused", "Timestamp", UNUSED),
    ]


def test_in_a_preset_the_stamp_stands_in_for_a_question():
    table = table_of(shared("samples", "forms", "msforms_saved_as_csv.csv").read_text("utf-8"))
    found = cells(table, preset("microsoft-forms"))
    assert found["started_at"] == ["8/20/25 12:51:45", "8/21/25 10:15:30"]
    assert found["region"] == ["Buttock|Piriformis", "Lower back"]
    assert found["technique"] == ["Ball", "Stretching|Foam roller"]
    assert found["submission"] == ["1", "2"]


@pytest.mark.parametrize(("file", "name"), [("raw", "redcap-raw"), ("labels", "redcap-labels")])
def test_redcap_in_both_layouts(file, name):
    text = shared("samples", "redcap", f"own_session_log_{file}.csv").read_text("utf-8")
    found = cells(table_of(text), preset(name))
    assert found["participant"] == ["P01", "P01", "P02"]
    assert found["session_number"] == ["1", "2", "1"]
    regions = [words.lower().replace(" ", "_") for words in found["region"]]
    assert regions == ["buttock|piriformis", "lower_back", "foot_arch"]
    assert [words.count("|") for words in found["technique"]] == [1, 0, 0]


@pytest.mark.parametrize("layout", ["xml_both", "xml_both_hier", "xml_details"])
def test_kobo_with_and_without_groups_and_summaries(layout):
    text = shared("samples", "kobo", f"kobo_flat_{layout}.csv").read_text("utf-8")
    found = cells(table_of(text, ";"), preset("kobo"))
    assert found["region"] == ["buttock|piriformis", "lumbar"]
    assert found["technique"] == ["stretch|ball", "foam_roll"]
    assert found["pain_after"] == ["4", "5"]
    assert found["started_at"] == ["2025-03-01T18:40:00.000+01:00", "2025-03-02T07:10:00.000+01:00"]


def test_kobo_labels_may_hold_the_mark_of_a_group():
    text = shared("samples", "kobo", "kobo_flat_labels_de_both.csv").read_text("utf-8")
    found = cells(table_of(text, ";"), preset("kobo"))
    assert found["technique"] == ["Dehnen|Ball / Triggerpunkt", "Faszienrolle"]
    assert found["region"] == ["Gesäß|Piriformis", "Lendenwirbelsäule"]


def test_the_brackets_of_a_redcap_label_survive():
    text = shared("hostile", "redcap_labels_headers.csv").read_text("utf-8")
    mapping = load_mapping(shared("hostile", "redcap_labels_headers.map.yml"))
    found = cells(table_of(text), mapping)
    assert [words.count("|") + 1 for words in found["region"]] == [2, 1]
    assert "Lower back (lumbar)" in "|".join(found["region"]).split("|")


# Speed and invariants


def test_a_plain_log_is_selected_not_copied():
    names = ["date", "place", "method", "before", "after", *(f"x{n}" for n in range(7))]
    column = pa.array(["2025-03-01"] * 1_000_000)
    arrow = pa.table([column] * 12, names=[str(place) for place in range(12)])
    chunk = Chunk(arrow, np.arange(1_000_000))
    steps = plan(Table("", names, 1, iter([]), []), NO_MAPPING, "log.csv")
    start = time.perf_counter()
    found = apply(steps, chunk)
    assert time.perf_counter() - start < 0.1
    assert found.cells["region"].chunk(0).equals(column)


WORDS = st.text(alphabet="hip, ;\nstrechyogaX()-\x1f", max_size=20)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_no_letter_of_an_answer_is_lost(answers):
    rows = [["2025-03-01", answer, "yoga", "6", "4"] for answer in answers]
    chunk = chunk_of(rows, list(range(len(rows))), 5)
    header = ["Timestamp", "region", "technique", "before", "after"]
    found = cells(Table("", header, 1, iter([chunk]), []), preset("google-forms"))["region"]
    letters = [
        [character for character in text if character.isalpha()] for text in (*answers, *found)
    ]
    assert letters[: len(answers)] == letters[len(answers) :]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(FIVE.strip().split(",")) | st.text(max_size=12), min_size=1, max_size=8
    ),
    st.sampled_from([NO_MAPPING, *map(preset, PRESETS)]),
)
def test_any_header_gives_columns_or_a_refusal(header, mapping):
    try:
        found = cells(Table("", header, 1, iter([chunk_of([], [], len(header))]), []), mapping)
    except UnusableLog:
        found = {}
    assert all(column == [] for column in found.values())
