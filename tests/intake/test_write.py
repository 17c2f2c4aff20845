"""The way out: what is written reads back the same, and no spreadsheet runs any of it."""

import csv
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.intake import read_log
from analysis.intake.write import guarded, unguarded, write_sessions, write_table
from analysis.sessions import UserError

FORMATS = (".csv", ".tsv", ".xlsx", ".parquet", ".json")
LIVE = ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\0x", "＝1", "＋1", "－1", "＠x")
AS_OF = "2026-07-01"
# Any text that a frame can hold: no half of a character.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def rows_of(path: Path) -> list[list[str]]:
    """Return the rows of a delimited file as the strictest reader sees them."""
    separator = {".csv": ",", ".tsv": "\t"}[path.suffix]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=separator, strict=True))


def sheet_of(path: Path) -> list[list]:
    book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


# The guard


@pytest.mark.parametrize("cell", LIVE)
def test_a_live_beginning_is_guarded_also_behind_quotes(cell):
    assert guarded(cell) == f"'{cell}"
    assert guarded(f"'{cell}") == f"''{cell}"
    assert guarded(f"x{cell}") == f"x{cell}"


@pytest.mark.parametrize("cell", ["", "'", "''", "'s ochtends", "6", "a=b", " =1"])
def test_any_other_text_stays_as_it_is(cell):
    assert guarded(cell) == unguarded(cell) == cell


@given(st.text("'=+-@\t\r\n\0＝＋－＠x1 ") | st.text())
def test_the_guard_comes_off_exactly(cell):
    assert unguarded(guarded(cell)) == cell


# Any table


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_text_is_guarded_numbers_are_not(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    table = frame(note=["=1+1", "x,\ty", ""], change=[-1.0, 2.5, np.nan])
    assert write_table(table, path) == 0
    assert rows_of(path) == [["note", "change"], ["'=1+1", "-1"], ["x,\ty", "2.5"], ["", ""]]


def test_the_bytes_of_a_csv_file(tmp_path):
    path = tmp_path / "table.CSV"
    write_table(frame(a=["ä", 'say "x"', "one\rtwo"], b=[6.0, 6.5, 0.0]), path)
    assert path.read_bytes().decode() == 'a,b\r\nä,6\r\n"say ""x""",6.5\r\n"one\rtwo",0\r\n'


def test_a_json_file_is_records_with_plain_numbers(tmp_path):
    path = tmp_path / "table.json"
    write_table(frame(note=["=1+1", ""], pain=[6.0, np.nan]), path)
    assert path.read_text("utf-8") == (
        '[\n{"note": "=1+1", "pain": 6},\n{"note": "", "pain": null}\n]\n'
    )


def test_a_parquet_file_keeps_types(tmp_path):
    path = tmp_path / "table.parquet"
    table = frame(note=["=1+1", ""], pain=[6.0, np.nan])
    write_table(table, path)
    assert_frame_equal(pd.read_parquet(path), table)


TRAPS = ["=1+1", "{=1+1}", "http://example.org", "mailto:x", "007", " x ", "_x0041_", "a\rb\n",
         "<r>x</r>", "<r>&</r>", "<r></r>", "'=1", "1e5"]  # fmt: skip


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(tmp_path):
    path = tmp_path / "table.xlsx"
    assert write_table(frame(note=TRAPS, pain=[6.0] * len(TRAPS)), path) == 0
    assert sheet_of(path) == [["note", "pain"], *([trap, 6] for trap in TRAPS)]
    cells = list(openpyxl.load_workbook(path).active.iter_rows(min_row=2))
    # openpyxl takes the "=" of a text cell for a formula; every other one it calls by its type.
    assert {note.data_type for note, _ in cells[2:]} == {"s"}
    assert {pain.data_type for _, pain in cells} == {"n"}


def test_a_workbook_holds_no_formula_and_no_link(tmp_path):
    path = tmp_path / "table.xlsx"
    write_table(frame(note=TRAPS), path)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


def test_what_a_workbook_cannot_hold_is_replaced_and_counted(tmp_path):
    path = tmp_path / "table.xlsx"
    assert write_table(frame(note=["a\0b\x1fc\t", "\ufffe", "sound"]), path) == 3
    assert sheet_of(path) == [["note"], ["a\ufffdb\ufffdc\t"], ["\ufffd"], ["sound"]]


def test_a_cell_that_is_too_long_for_a_workbook_is_refused(tmp_path):
    path = tmp_path / "table.xlsx"
    write_table(frame(notes=["\U0001f600" * 16_383]), path)  # two units each: the longest there is
    assert len(sheet_of(path)[1][0]) == 16_383
    with pytest.raises(UserError) as refusal:
        write_table(frame(notes=["\U0001f600" * 16_384]), path)
    assert str(refusal.value) == (
        "table.xlsx: a cell of notes has more than the 32,767 characters that a workbook can hold; "
        "write .csv instead"
    )


def test_a_table_that_is_too_long_for_a_workbook_is_refused(tmp_path):
    with pytest.raises(UserError) as refusal:
        write_table(frame(pain=np.zeros(1_048_576)), tmp_path / "table.xlsx")
    assert str(refusal.value) == (
        "table.xlsx: a workbook holds 1,048,576 rows, no more; write .csv instead"
    )


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_comes_back_from_every_format(texts):
    with tempfile.TemporaryDirectory() as folder:
        for suffix in FORMATS:
            path = Path(folder, f"table{suffix}")
            replaced = write_table(frame(place=["x"] * len(texts), note=texts), path)
            if suffix in (".csv", ".tsv"):
                back = [unguarded(row[1]) for row in rows_of(path)[1:]]
            elif suffix == ".json":
                back = [row["note"] for row in json.loads(path.read_text("utf-8"))]
            elif suffix == ".parquet":
                back = list(pd.read_parquet(path)["note"])
            else:
                back = [row[1] if len(row) > 1 else "" for row in sheet_of(path)[1:]]
                if replaced:
                    continue
            assert back == texts, suffix


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_table_gives_the_same_bytes(tmp_path, suffix):
    table = frame(note=["=1", "x"], pain=[1.0, np.nan])
    write_table(table, tmp_path / f"one{suffix}")
    write_table(table, tmp_path / f"two{suffix}")
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_workbook_does_not_say_when_it_was_made(tmp_path):
    write_table(frame(note=["x"]), tmp_path / "table.xlsx")
    with zipfile.ZipFile(tmp_path / "table.xlsx") as archive:
        dates = re.findall(
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[^<]*", archive.read("docProps/core.xml").decode()
        )
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert dates == ["2000-01-01T00:00:00Z"] * 2


# One step


@pytest.mark.parametrize("name", ["table.ods", "table.xls", "table", ".csv"])
def test_another_ending_is_refused_by_name(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(UserError) as refusal:
        write_table(frame(a=["x"]), path)
    assert str(refusal.value) == (
        f"{path}: a table is written as .csv, .tsv, .xlsx, .parquet or .json; end the name of the file "
        "with one of these"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path):
    path = tmp_path / "table.csv"
    path.mkdir()
    with pytest.raises(UserError) as refusal:
        write_table(frame(a=["x"]), path)
    assert str(refusal.value) == (
        f"{path}: the file cannot be written (Is a directory); choose another place"
    )
    assert list(tmp_path.rglob("*")) == [path]


@pytest.mark.parametrize(
    ("place", "reason"),
    [("absent/table.csv", "No such file or directory"), ("file/table.csv", "Not a directory"),
     ("x" * 300 + ".csv", "File name too long")],
)  # fmt: skip
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, place, reason):
    (tmp_path / "file").write_text("x")
    path = tmp_path / place
    with pytest.raises(UserError) as refusal:
        write_table(frame(a=["x"]), path)
    assert str(refusal.value) == (
        f"{path}: the file cannot be written ({reason}); choose another place"
    )


def test_the_earlier_file_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_table(frame(a=["earlier"]), path)

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_table(frame(a=["later"]), path)
    assert rows_of(path) == [["a"], ["earlier"]]
    assert list(tmp_path.iterdir()) == [path]


# Sessions

ROWS = (
    # Two sessions on one date, one with a clock at midnight, one with seconds.
    "P01,2026-03-01,,feet,,pressure,,12.5,6.5,4,3,no,slept well",
    "P01,2026-03-01,,thighs,hamstrings,yoga,,12,7,,yes,0,",
    "P01,2026-03-02 00:00,,feet,,,tennis ball,,0,0,,,x",
    "007,2026-03-03 18:40:05,2,lower back,,rest,,,10,9.5,,,x",
)
HEADER = (
    "participant,started_at,session_number,region,subregion,technique,tool,minutes,pain_before,"
    "pain_after,tingling_before,tingling_after,notes"
)


@pytest.fixture
def sessions(write):
    return read_log(write(HEADER, *ROWS), as_of=AS_OF).sessions


def test_the_written_log_line_by_line(sessions, tmp_path):
    write_sessions(sessions, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_bytes().decode().split("\r\n") == [
        "participant,started_at,region,subregion,technique,tool,minutes,pain_before,pain_after,scale,"
        "tingling_before,tingling_after,notes,session_number",
        "P01,2026-03-01,feet,,pressure,,12.5,6.5,4,NRS0-10,3,no,slept well,",
        "P01,2026-03-01,thighs,hamstrings,yoga,,12,7,,NRS0-10,yes,0,,",
        "P01,2026-03-02T00:00,feet,,tennis_ball,tennis_ball,,0,0,NRS0-10,,,x,",
        "007,2026-03-03T18:40:05,lower_back,,rest,,,10,9.5,NRS0-10,,,x,2",
        "",
    ]


READ_BACK = ("source_file", "source_line", "parts", "parts_named")


def assert_same(written: pd.DataFrame, path: Path) -> None:
    write_sessions(written, path)
    log = read_log(path, as_of=AS_OF)
    assert len(log.refused) == 0
    names = [name for name in written if name not in READ_BACK]
    assert_frame_equal(log.sessions[names], written[names].reset_index(drop=True))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_sessions_read_back_unchanged(sessions, tmp_path, suffix):
    assert_same(sessions, tmp_path / f"log{suffix}")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_example_reads_back_unchanged(log, tmp_path, suffix):
    assert_same(log.sessions, tmp_path / f"log{suffix}")


def test_a_session_keeps_its_number_where_the_one_before_it_is_missing(sessions, tmp_path):
    second = sessions[sessions["session_number"] == "day 2"]
    assert_same(second, tmp_path / "log.csv")
    assert rows_of(tmp_path / "log.csv")[1][-1] == "day 2"


def test_sessions_in_another_order_keep_their_numbers(sessions, tmp_path):
    assert_same(sessions.iloc[::-1], tmp_path / "log.csv")


def test_a_number_of_ones_own_keeps_its_clock(write, tmp_path):
    log = write(HEADER, "P01,2026-03-01 08:00,day 1,feet,,yoga,,,5,4,,,")
    assert_same(read_log(log, as_of=AS_OF).sessions, tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv")[1][1] == "2026-03-01T08:00"


def test_a_rating_column_without_ratings_is_still_written(write, tmp_path):
    log = write("date,place,what I did,before,after", "2026-03-01,feet,yoga,5,")
    assert_same(read_log(log, as_of=AS_OF).sessions, tmp_path / "out.csv")


def test_a_session_of_several_parts_is_one_combined_row(small_log, tmp_path):
    start = "P1,2026-03-01 08:00"
    parts = small_log(f"{start},feet,yoga,5,4", f"{start},thighs,pressure,5,4").sessions
    assert parts["parts"].tolist() == [2]
    assert_same(parts, tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv")[1] == [
        "P1", "2026-03-01T08:00", "combined", "combined", "5", "4", "NRS0-10"
    ]  # fmt: skip


def test_no_sessions_give_a_header(sessions, tmp_path):
    write_sessions(sessions.iloc[:0], tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_bytes() == (
        b"participant,started_at,region,technique,pain_before,pain_after\r\n"
    )


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_records_hold_what_the_log_held(sessions, tmp_path, suffix):
    path = tmp_path / f"log{suffix}"
    write_sessions(sessions, path)
    if suffix == ".json":
        rows = json.loads(path.read_text("utf-8"))
    else:
        rows = pd.read_parquet(path).to_dict("records")
    assert {name: rows[0][name] for name in ("participant", "started_at", "region", "minutes")} == {
        "participant": "P01", "started_at": "2026-03-01", "region": "feet", "minutes": 12.5
    }  # fmt: skip
    assert rows[3]["session_number"] == "2"
    assert pd.isna(rows[2]["minutes"])
