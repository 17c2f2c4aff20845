"""Children and parents, before and after as rows, numbered blocks -> one row per session."""

import csv
import io

import pytest
from shared import shared

from analysis.intake.canonical import apply, plan
from analysis.intake.mapping import NO_MAPPING, Join, Pivot, Repeat, load_mapping, preset
from analysis.intake.reshape import arranged, blocks, joined, paired
from analysis.intake.table import SEVERAL, Table, chunk_of
from analysis.sessions import UnusableLog

JOIN = Join("parent", "key", take=("who",))
PIVOT = Pivot(("who", "session"), "phase", "pain", "before", "after")


def table_of(text: str, *, name: str = "", separator: str = ",", size: int = 2) -> Table:
    """Return a table in chunks of two rows."""
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    numbered = list(enumerate(rows[1:], start=2))
    parts = [numbered[place : place + size] for place in range(0, len(numbered), size)]
    chunks = [
        chunk_of([row for _, row in part], [line for line, _ in part], len(rows[0]))
        for part in parts
    ]
    return Table(name, rows[0], 1, iter(chunks), [])


def rows_of(table: Table) -> list[list[str]]:
    (chunk,) = table.chunks
    return [table.header, *([*row.values()] for row in chunk.cells.to_pylist())]


def refusal(function, *arguments) -> tuple[str, str]:
    with pytest.raises(UnusableLog) as error:
        function(*arguments, "log.xlsx")
    return error.value.fault["rule"], str(error.value)


# Children and parents


def test_a_row_takes_columns_of_its_parent():
    child = table_of("parent,pain\n1,6\n2,5\n1,4\n9,3\n,2\n")
    parents = table_of("key,who,age\n1,P01,40\n2,P02,50\n,P03,60\n,P04,70\n")
    assert rows_of(joined(child, parents, JOIN, "log.xlsx")) == [
        ["parent", "pain", "who"],
        ["1", "6", "P01"],
        ["2", "5", "P02"],
        ["1", "4", "P01"],
        ["9", "3", ""],
        ["", "2", ""],
    ]


def test_without_a_word_on_it_everything_is_taken_that_the_child_lacks():
    child, parents = table_of("parent,start\n1,a\n"), table_of("key,start,who,\n1,b,P01,x\n")
    assert rows_of(joined(child, parents, JOIN._replace(take=()), "log.xlsx")) == [
        ["parent", "start", "key", "who"],
        ["1", "a", "1", "P01"],
    ]


def test_lines_and_counts_are_the_childs():
    child = table_of("parent,pain\n1,6\n1,5\n1,4\n")
    chunks = [chunk._replace(blank=1, ragged=[(9, 3)]) for chunk in child.chunks]
    parents = table_of("key,who\n1,P01\n")
    (chunk,) = joined(child._replace(chunks=iter(chunks)), parents, JOIN, "log.xlsx").chunks
    assert (chunk.lines.tolist(), chunk.blank, chunk.ragged) == ([2, 3, 4], 2, [(9, 3)] * 2)


def test_parents_that_cannot_be_told_apart_refuse_the_file():
    child, parents = table_of("parent,pain\n1,6\n"), table_of("key,who\n1,P01\n2,P02\n 1,P03\n")
    assert refusal(joined, child, parents, JOIN) == (
        "parent-repeated",
        "log.xlsx line 4: '1' stands in lines 2 and 4 of the table that the sessions belong to; each "
        "entry needs a key of its own, so export the file again",
    )


@pytest.mark.parametrize(
    ("join", "message"),
    [
        (JOIN._replace(left="up"), "the parent of a row from the column 'up', which is not there; the "
                                   "columns are: parent, pain"),
        (JOIN._replace(right="up"), "the key of a parent from the column 'up', which is not there; the "
                                    "columns are: key, who"),
        (JOIN._replace(take=("up",)), "what a row takes from the column 'up', which is not there; the "
                                      "columns are: key, who"),
    ],
)  # fmt: skip
def test_a_join_names_what_is_not_there(join, message):
    tables = table_of("parent,pain\n1,6\n"), table_of("key,who\n1,P01\n")
    assert refusal(joined, *tables, join) == (
        "missing-column",
        f"log.xlsx: the mapping reads {message}",
    )


def odk_tables() -> list[Table]:
    names = ("sciatica_log-session.csv", "sciatica_log.csv")
    texts = [shared("samples", "odk", name).read_text("utf-8") for name in names]
    return [table_of(text, name=name) for name, text in zip(names, texts, strict=True)]


def test_the_archive_of_odk_central():
    table = arranged(odk_tables(), preset("odk-repeat"), "log.zip")
    steps = plan(table, preset("odk-repeat"), "log.zip")
    (found,) = (apply(steps, chunk).cells.to_pydict() for chunk in table.chunks)
    assert found["participant"] == ["P01", "P02"]
    assert found["region"] == [f"buttock{SEVERAL}piriformis", "lumbar"]
    assert found["submission"] == ["uuid:aaa", "uuid:bbb"]


def test_rejected_entries_of_odk_central_are_left_out():
    child, parents = odk_tables()
    cells = next(parents.chunks).cells.to_pylist()
    state = str(parents.header.index("ReviewState"))
    rows = [[*(cells[0] | {state: "rejected"}).values()], [*cells[1].values()]]
    parents = parents._replace(chunks=iter([chunk_of(rows, [2, 3], len(parents.header))]))
    table = arranged([child, parents], preset("odk-repeat"), "log.zip")
    steps = plan(table, preset("odk-repeat"), "log.zip")
    (chunk,) = (apply(steps, chunk) for chunk in table.chunks)
    assert (chunk.lines.tolist(), chunk.skipped) == ([3], 1)


@pytest.mark.parametrize("language", ["xml_both", "xml_both_hier", "labels_de_both", "labels_en_both",
                                      "xml_details", "xml_summary"])  # fmt: skip
def test_a_kobo_csv_without_its_sessions_is_refused(language):
    text = shared("samples", "kobo", f"kobo_repeat_{language}.csv").read_text("utf-8")
    assert refusal(plan, table_of(text, separator=";"), preset("kobo")) == (
        "repeat-missing",
        "log.xlsx: the file is a KoboToolbox export without the sessions: its CSV leaves out repeat "
        "groups; export as XLSX",
    )


# Before and after as rows


def test_before_and_after_become_one_row():
    table = table_of(
        "who,session,when,phase,pain\n"
        "P01,1,18:40,Before,6\nP01,1,18:52,AFTER,4\nP02,1,07:10,after,3\nP01,2,07:10,before,5\n"
    )
    chunks = [chunk._replace(joined=[10 * len(chunk.lines)]) for chunk in table.chunks]
    pairs = paired(table._replace(chunks=iter(chunks)), PIVOT, "log.csv")
    (chunk,) = pairs.chunks
    assert rows_of(pairs._replace(chunks=iter([chunk]))) == [
        ["who", "session", "when", "pain_before", "pain_after"],
        ["P01", "1", "18:40", "6", "4"],
        ["P02", "1", "07:10", "", "3"],
        ["P01", "2", "07:10", "5", ""],
    ]
    assert (chunk.lines.tolist(), chunk.joined) == ([2, 4, 5], [20, 20, 3])


def test_what_makes_no_single_pair_stays_as_rows():
    table = table_of(
        "who,session,phase,pain\n"
        "P01,1,before,6\nP01,1,before,5\nP01,1,after,4\n"
        "P01,2,before,6\nP01,2,after,3\nP01,2,after,2\n"
        "P01,3,during,7\n"
    )
    pairs = paired(table, PIVOT, "log.csv")
    (chunk,) = pairs.chunks
    assert chunk.joined == []
    assert [row[2:] for row in rows_of(pairs._replace(chunks=iter([chunk])))[1:]] == [
        ["6", ""], ["5", ""], ["", "4"], ["6", ""], ["", "3"], ["", "2"], ["", ""],
    ]  # fmt: skip


def test_the_sample_of_before_and_after(tmp_path):
    path = tmp_path / "map.yml"
    path.write_text(
        "pivot: {key: [participant, session], phase: phase, value: pain, before: before, after: after}\n"
        "identity: {session: session}\ncolumns_only: true\n"
        "columns: {participant: participant, started_at: when, region: region, technique: technique}\n",
        encoding="utf-8",
    )
    mapping = load_mapping(path)
    text = shared("samples", "handmade", "before_and_after_rows.csv").read_text("utf-8")
    table = arranged([table_of(text)], mapping, "log.csv")
    steps = plan(table, mapping, "log.csv")
    (found,) = (apply(steps, chunk).cells.to_pydict() for chunk in table.chunks)
    assert list(zip(found["pain_before"], found["pain_after"], strict=True))[:2] == [
        ("6", "4"), ("5", "5")
    ]  # fmt: skip
    assert found["session_number"] == ["1", "2", "1"]
    assert found["pain_after"][2] == ""


def test_a_pivot_names_what_is_not_there():
    assert refusal(paired, table_of("who,session,pain\n"), PIVOT) == (
        "missing-column",
        "log.xlsx: the mapping reads before and after from the column 'phase', which is not there; the "
        "columns are: who, session, pain",
    )


# Numbered blocks


def test_numbered_columns_become_one():
    table = table_of("who,Region 1,Technique 1,Region 2,Technique 2,Region 3,day 1x\n"
                     "P01,hip,yoga, foot ,rest,knee,a\nP02,,,hip,,,b\n")  # fmt: skip
    assert rows_of(blocks(table, Repeat((1, 2), "{name} {n}"), "log.csv")) == [
        ["who", "Region", "Technique", "Region 3", "day 1x"],
        ["P01", f"hip{SEVERAL}foot", f"yoga{SEVERAL}rest", "knee", "a"],
        ["P02", "hip", "", "", "b"],
    ]


def test_the_words_follow_the_numbers_not_the_columns():
    table = table_of("r2,who,r1\nb,P01,a\n")
    assert rows_of(blocks(table, Repeat((1, 2), "{name}{n}"), "log.csv")) == [
        ["r", "who"],
        [f"a{SEVERAL}b", "P01"],
    ]


def test_without_a_numbered_column_the_file_is_refused():
    assert refusal(blocks, table_of("who,Region\n"), Repeat((1, 2), "{n}. {name}")) == (
        "missing-column",
        "log.xlsx: the mapping reads several words from numbered columns such as '1. Region', which is "
        "not there; the columns are: who, Region",
    )


def test_a_table_without_rows_keeps_its_shape():
    empty = table_of("who,session,phase,pain\n")
    assert rows_of(paired(empty, PIVOT, "log.csv")) == [
        ["who", "session", "pain_before", "pain_after"]
    ]


def test_a_mapping_that_says_nothing_changes_nothing():
    table = table_of("who,when\n")
    assert arranged([table], NO_MAPPING, "log.csv") is table
