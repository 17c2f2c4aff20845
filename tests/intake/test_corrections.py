"""A corrected refused.csv: what a spreadsheet did to it is tolerated, what a person did is applied."""

import csv
import io
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.corrections import corrected, is_corrections, load_corrections
from analysis.intake.table import ERROR_CELL, NO_RESULT, Chunk, Table, chunk_of
from analysis.report.bundle import refused_csv
from analysis.sessions import ROW_REPORT, UserError

HEADER = "file,line,column,value,rule,message"
LOG = ["Date", "Before", "How long", "minutes", "Note"]


def loaded(folder: Path, content: str | bytes) -> pd.DataFrame:
    path = folder / "refused.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_corrections(path)


def refusal(folder: Path, content: str | bytes) -> str:
    with pytest.raises(UserError) as error:
        loaded(folder, content)
    return str(error.value)


def corrections(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Return corrections (line, column, value), indexed from 100."""
    frame = pd.DataFrame(rows, columns=["line", "column", "value"])
    return frame.assign(file="log.csv").set_axis(range(100, 100 + len(rows)))


def table_of(*rows: list[str], header=LOG, first: int = 2) -> Table:
    """Return a table with each row in a chunk of its own, in lines from 2."""
    chunks = [chunk_of([row], [line], len(header)) for line, row in enumerate(rows, start=first)]
    return Table("", list(header), 1, iter(chunks), [])


def after(table: Table, *rows: tuple[int, str, str]) -> tuple[list[list[str]], set]:
    """Return the rows of a table after its corrections, and which were applied."""
    applied: set = set()
    chunks = list(corrected(table, corrections(*rows), applied).chunks)
    return [list(row.values()) for chunk in chunks for row in chunk.cells.to_pylist()], applied


# The file


@pytest.mark.parametrize(
    ("header", "is_it"),
    [
        (list(ROW_REPORT), True),
        (["File", "LINE", " column", "Value"], True),
        ([*ROW_REPORT, "", ""], True),
        (["file", "line", "column", "rule"], False),
        ([*ROW_REPORT, "value"], False),
        (["date", "place", "what I did", "before", "after"], False),
        ([], False),
    ],
)
def test_a_header_of_refused_rows_is_known(header, is_it):
    assert is_corrections(header) is is_it


def test_what_a_report_wrote_is_read(tmp_path):
    refused = pd.DataFrame(
        [
            ("-log.csv", 4, "Date", "=1+1", "not-a-time", "must be a date"),
            ("-log.csv", 4, "Before", "'+x", "not-a-number", "must be a number"),
            ("-log.csv", 5, "", "", "field-count", "a whole row"),
            ("-log.csv", None, "Before", "", "scale", "a whole file"),
            ("-log.csv", 7, "@", "a\rb;\n", "unknown-term", "of two lines"),
        ],
        columns=list(ROW_REPORT),
    ).astype({"line": "Int64"})
    found = loaded(tmp_path, refused_csv(refused))
    assert list(found.itertuples(name=None)) == [
        (2, "-log.csv", 4, "Date", "=1+1"),
        (3, "-log.csv", 4, "Before", "'+x"),
        (6, "-log.csv", 7, "@", "a\rb;\n"),
    ]
    assert found.dtypes.astype("str").tolist() == ["str", "int64", "str", "str"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_a_spreadsheet_saves_is_read(tmp_path, separator, mark, quoting):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\r\n")
    writer.writerows([HEADER.split(","), ["ä.csv", "14", "Before", "6,5; or\t7", "r", "m"]])
    writer.writerows([[""] * 6, [" "] * 6])
    found = loaded(tmp_path, mark + text.getvalue() + "\r\n")
    assert list(found.itertuples(name=None)) == [(2, "ä.csv", 14, "Before", "6,5; or\t7")]


def test_columns_may_stand_elsewhere_or_be_deleted(tmp_path):
    found = loaded(tmp_path, "Value;Line;File;Column\n6;14;a;b\n;15;a;b")
    assert list(found.itertuples(name=None)) == [(2, "a", 14, "b", "6"), (3, "a", 15, "b", "")]


def test_nothing_refused_is_nothing_to_correct(tmp_path):
    assert loaded(tmp_path, HEADER).empty


def test_another_file_is_refused(tmp_path):
    for content in ("", "date,place,before\n1,2,3\n", "\n" + HEADER):
        assert refusal(tmp_path, content) == (
            "refused.csv: not a file of refused rows; its first line must name file, line, column, "
            "value, as in the refused.csv of a report"
        )


@pytest.mark.parametrize("content", [b"PK\x03\x04\xff\xfe", HEADER.encode("utf-16"), b"\xe4"])
def test_another_encoding_is_refused(tmp_path, content):
    assert refusal(tmp_path, content) == (
        'refused.csv: the corrections are not text in UTF-8; in the spreadsheet choose "Save as" and '
        '"CSV UTF-8"'
    )


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError) as error:
        load_corrections(tmp_path / "refused.csv")
    assert str(error.value) == (
        f"{tmp_path / 'refused.csv'}: the corrections cannot be read; No such file or directory"
    )


@pytest.mark.parametrize(
    ("row", "found"),
    [("log.csv,14,Before,6,5,out-of-range,must be", 7), ("log.csv,14,Before", 3)],
)
def test_a_row_whose_cells_cannot_be_told_apart_is_refused(tmp_path, row, found):
    assert refusal(tmp_path, f"{HEADER}\n\n{row}\n") == (
        f"refused.csv line 3: the row must have 6 cells as the first line; found {found}. Put quotes "
        "round a cell that holds a separator"
    )


@pytest.mark.parametrize("line", ["x", "14.5", "-3", "²", "9" * 19])
def test_a_line_that_is_no_number_is_refused(tmp_path, line):
    assert refusal(tmp_path, f"{HEADER}\nlog.csv,{line},Before,6,,\n") == (
        "refused.csv line 2: line must be a number, as it was written; correct only the column value"
    )


def test_a_quote_that_does_not_end_is_refused(tmp_path):
    assert refusal(tmp_path, f'{HEADER}\nlog.csv,14,Before,"6,,\n') == (
        "refused.csv line 2: a quoted cell does not end where it should (unexpected end of data); close "
        "the quote or double the quotes inside it"
    )


@given(st.binary() | st.text().map(lambda text: f"{HEADER}\n{text}".encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = loaded(Path(folder), content)
        except UserError:
            return
        assert list(found) == ["file", "line", "column", "value"]


# The cells


def test_a_corrected_cell_is_replaced_and_the_others_stay():
    table = table_of(["2026-03-01", "11", "5", "5", ""], ["2026-03-02", "12", "5", "5", ""])
    rows, applied = after(table, (3, " before\u200b".title(), "1"), (3, "Date", "2026-03-02"))
    assert rows == [["2026-03-01", "11", "5", "5", ""], ["2026-03-02", "1", "5", "5", ""]]
    assert applied == {100}


def test_only_chunks_with_a_corrected_line_are_touched():
    table = table_of(["d", "11", "", "", ""], ["d", "12", "", "", ""])
    chunks = list(table.chunks)
    new = corrected(table._replace(chunks=iter(chunks)), corrections((3, "Before", "1")), set())
    first, second = new.chunks
    assert first.cells is chunks[0].cells
    assert second.cells.column(0) == chunks[1].cells.column(0)
    assert second.cells.schema == chunks[1].cells.schema
    assert new[:3] == table[:3]


def test_chunks_are_read_when_they_are_asked_for():
    def never():
        raise AssertionError
        yield

    corrected(table_of()._replace(chunks=never()), corrections((2, "Date", "x")), set())


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
)
def test_a_column_keeps_its_type(kind):
    cells = pa.table({"0": pa.chunked_array([pa.array(["a"], kind), pa.array(["b"], kind)])})
    table = Table("", ["Before"], 1, iter([Chunk(cells, pd.Index([2, 5]).to_numpy())]), [])
    (chunk,) = corrected(table, corrections((5, "Before", "6")), set()).chunks
    assert chunk.cells.schema == cells.schema
    assert chunk.cells["0"].to_pylist() == ["a", "6"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("11", "11"),
        ("11", " 11"),
        ("x" * 201, "x" * 200),
        ("a\nb", "a\r\nb"),
        ("", ""),
        (f"{ERROR_CELL}#DIV/0!", "#DIV/0!"),
        (f"{NO_RESULT}=A1", "=A1"),
    ],
)
def test_a_value_as_it_was_shown_changes_nothing(cell, shown):
    assert after(table_of(["d", cell, "", "", ""]), (2, "Before", shown)) == (
        [["d", cell, "", "", ""]],
        set(),
    )


def test_a_blank_empties_a_cell_but_never_free_text():
    row = ["d", "11", "1000", "1000", "x" * 20_000]
    rows, applied = after(
        table_of(row), (2, "Before", ""), (2, "How long", " "), (2, "Note", ""), (2, "minutes", "")
    )
    assert rows == [["d", "", " ", "", row[-1]]]
    assert applied == {100, 101, 103}


def test_a_blank_does_not_empty_a_column_that_only_a_mapping_knows():
    table = table_of(["wie war es"], header=["Antwort 12"])
    assert after(table, (2, "Antwort 12", "")) == ([["wie war es"]], set())


def test_free_text_can_be_rewritten():
    rows, applied = after(table_of(["d", "", "", "", "long"]), (2, "Note", "short"))
    assert rows == [["d", "", "", "", "short"]]
    assert applied == {100}


def test_what_finds_no_cell_is_not_applied():
    header = ["Date", "Before", "before ", "Before"]
    table = table_of(["d", "1", "2", "3"], header=header)
    rows, applied = after(table, (9, "Date", "x"), (2, "After", "x"), (2, "Before", "x"))
    assert rows == [["d", "1", "2", "3"]]
    assert applied == set()


def test_two_faults_of_one_cell_may_be_corrected_once_or_alike():
    row = ["d", "11", "", "", ""]
    for second in ("11", "6"):
        rows, applied = after(table_of(row), (2, "Before", "6"), (2, "Before", second))
        assert rows == [["d", "6", "", "", ""]]
        assert applied == ({100} if second == "11" else {100, 101})


def test_two_different_corrections_of_one_cell_are_refused():
    with pytest.raises(UserError) as error:
        after(table_of(["d", "11", "", "", ""]), (2, "Before", "6"), (2, "Before", "7"))
    assert str(error.value) == (
        "line 2 of the log: the corrections hold two different values for one cell; keep one of them"
    )


@given(
    cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1),
    line=st.integers(0, 8),
    value=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
def test_at_most_the_named_cell_changes(cells, line, value):
    rows, applied = after(
        table_of(*([cell, "kept"] for cell in cells), header=["Before", "After"]),
        (line, "Before", value),
    )
    changed = [place for place, (row, cell) in enumerate(zip(rows, cells, strict=True))
               if row != [cell, "kept"]]  # fmt: skip
    assert changed == ([line - 2] if applied else [])
    assert all(rows[place] == [value, "kept"] for place in changed)
