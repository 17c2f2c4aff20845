"""Parquet files and database queries -> rows of text, or one sentence; never anything else."""

import datetime
import decimal
import hashlib
import math
import sqlite3
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.intake import columns
from analysis.intake.columns import database_name, database_table, parquet_table
from analysis.intake.table import Table
from analysis.sessions import UnusableLog, UserError

FILE = "log.parquet"
NOON = datetime.datetime(2025, 3, 1, 12, 30)
BERLIN = datetime.timezone(datetime.timedelta(hours=1))


def rows_of(table: Table) -> list[tuple]:
    """Return all rows of a table, each with its number before its cells."""
    return [
        (int(line), *row.values())
        for chunk in table.chunks
        for line, row in zip(chunk.lines, chunk.cells.to_pylist(), strict=True)
    ]


def written(folder: Path, table: pa.Table | dict, **options) -> Path:
    path = folder / FILE
    pq.write_table(pa.table(table) if isinstance(table, dict) else table, path, **options)
    return path


def cells(folder: Path, values: list, kind: pa.DataType) -> list[str]:
    """Return a Parquet column of these values as text; a column of x beside it leaves no row blank."""
    path = written(folder, {"value": pa.array(values, kind), "x": ["x"] * len(values)})
    return [cell for _, cell, _ in rows_of(parquet_table(path, FILE))]


def parquet_fault(path: Path) -> tuple[str, str]:
    """Return the rule and the sentence with which a Parquet file is refused, at once or on the way."""
    with pytest.raises(UnusableLog) as caught:
        rows_of(parquet_table(path, FILE))
    assert caught.value.fault["file"] == FILE
    return caught.value.fault["rule"], caught.value.fault["message"]


# Parquet


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        (pa.string(), ["007", "NA", " x", None], ["007", "NA", " x", ""]),
        (pa.large_string(), ["ö", None], ["ö", ""]),
        (pa.dictionary(pa.int8(), pa.string()), ["b", None, "a", "b"], ["b", "", "a", "b"]),
        (pa.dictionary(pa.int8(), pa.int64()), [2, None], ["2", ""]),
        (pa.int64(), [6, -1, 2**62, None], ["6", "-1", str(2**62), ""]),
        (
            pa.float64(),
            [6.0, 6.25, 1e16, 1e-7, math.nan, math.inf, None],
            ["6", "6.25", "10000000000000000", "1e-07", "", "inf", ""],
        ),
        (pa.float32(), [6.1, 6.0], ["6.1", "6"]),
        (pa.float16(), [6.5], ["6.5"]),
        (pa.bool_(), [True, False, None], ["true", "false", ""]),
        (pa.decimal128(4, 2), [decimal.Decimal("6.50"), None], ["6.50", ""]),
        (pa.date32(), [NOON.date(), None], ["2025-03-01", ""]),
        (pa.time64("us"), [NOON.time()], ["12:30:00"]),
        (
            pa.timestamp("us"),
            [NOON, NOON.replace(microsecond=250_000), None],
            ["2025-03-01 12:30:00", "2025-03-01 12:30:00.25", ""],
        ),
        (pa.timestamp("ns"), [NOON], ["2025-03-01 12:30:00"]),
        (pa.timestamp("s", "UTC"), [NOON], ["2025-03-01 12:30:00Z"]),
        (pa.timestamp("us", "+01:00"), [NOON], ["2025-03-01 13:30:00+01:00"]),
        (pa.timestamp("us"), [2**62], ["<value out of range: 4611686018427387904>"]),
        (pa.null(), [None], [""]),
    ],
)
def test_a_typed_value_is_the_text_that_a_person_would_write(tmp_path, kind, values, texts):
    assert cells(tmp_path, values, kind) == texts


def test_a_blank_finds_room_beside_as_many_words_as_a_dictionary_holds(tmp_path):
    words = [f"w{place}" for place in range(128)]
    kind = pa.dictionary(pa.int8(), pa.string())
    assert cells(tmp_path, [*words, None], kind) == [*words, ""]


def test_chunks_are_as_all_readers_give_them(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "_ROWS", 2)
    path = written(tmp_path, {"a": ["x", "x", "", None, "y"], "b": [1, 2, None, None, None]})
    table = parquet_table(path, FILE)
    chunks = list(table.chunks)
    assert (table.name, table.header, table.header_line, table.remarks) == ("", ["a", "b"], 0, [])
    assert [chunk.lines.tolist() for chunk in chunks] == [[1, 2], [], [5]]
    assert [chunk.blank for chunk in chunks] == [0, 2, 0]
    words = chunks[0].cells.column("0").chunk(0)
    assert words.type.value_type == pa.string()
    assert len(set(words.dictionary.to_pylist())) == len(words.dictionary)
    assert chunks[2].cells.to_pydict() == {"0": ["y"], "1": [""]}


def test_columns_of_other_kinds_are_blank_and_named(tmp_path):
    table = {
        "when": pa.array([1], pa.duration("s")),
        "pain": [6],
        "tools": [["ball"]],
        "place": [{"region": "thigh"}],
        "photo": [b"x"],
    }
    read = parquet_table(written(tmp_path, table), FILE)
    assert rows_of(read) == [(1, "", "6", "", "", "")]
    assert [(note["rule"], note["column"], note["message"]) for note in read.remarks] == [
        (
            "column-unread",
            name,
            "this column holds lists, records, durations or binary data and is not read; save it as text",
        )
        for name in ("when", "tools", "place", "photo")
    ]


def test_columns_of_one_name_both_stay(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["q"])], names=["x", "x"])
    read = parquet_table(written(tmp_path, table), FILE)
    assert (read.header, rows_of(read)) == (["x", "x"], [(1, "1", "q")])


DAMAGED = (
    "not-a-workbook",
    "the file cannot be read as Parquet; it is damaged or cut off, export it again",
)


def test_a_readable_and_an_unreadable_column_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([[1]])], names=["x", "x"])
    assert parquet_fault(written(tmp_path, table)) == DAMAGED


def test_2001_columns_are_refused(tmp_path):
    path = written(tmp_path, {str(place): [1] for place in range(2_001)})
    assert parquet_fault(path) == (
        "too-many-columns",
        "the table has 2,001 columns, more than 2,000; is it the right file?",
    )


def test_text_that_is_no_utf_8_is_refused(tmp_path):
    broken = pa.array([b"\xff"]).cast(pa.string(), safe=False)
    assert broken.type == pa.string()
    assert parquet_fault(written(tmp_path, {"a": broken})) == DAMAGED


def test_an_encrypted_file_says_so(tmp_path):
    path = tmp_path / FILE
    path.write_bytes(b"PARE" + bytes(40) + b"\x10\x00\x00\x00PARE")
    assert parquet_fault(path) == (
        "encrypted",
        "the Parquet file is encrypted; export it without a key",
    )


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_gives_rows_or_a_sentence(tmp_path, data):
    path = written(tmp_path, {"a": ["x", None, "y"], "b": [1.5, 2, None], "c": [NOON] * 3})
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(4, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, 2 * len(content)))])
    try:
        rows = rows_of(parquet_table(path, FILE))
    except UnusableLog:
        return
    assert all(isinstance(cell, str) for _, *texts in rows for cell in texts)


@given(st.lists(st.floats(allow_nan=False) | st.integers(-(2**53), 2**53).map(float), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_come_back_the_same(tmp_path, numbers):
    texts = cells(tmp_path, numbers, pa.float64())
    assert [float(text) for text in texts] == numbers
    assert not any(text.endswith(".0") for text in texts)


# Databases


def database(folder: Path, *rows: tuple, name: str = "clinic.db") -> str:
    """Return the URL of a SQLite database with a table of two columns."""
    with closing(sqlite3.connect(folder / name)) as connection, connection:
        connection.execute("CREATE TABLE log (a, b)")
        connection.executemany("INSERT INTO log VALUES (?, ?)", rows)
    return f"sqlite:///{folder / name}"


def query(url: str, statement: str = "SELECT a, b FROM log ORDER BY rowid"):
    return database_table(url, statement, hashlib.sha256())


def query_fault(url: str, statement: str = "SELECT a, b FROM log") -> tuple[str, str, str]:
    """Return the file, the rule and the sentence with which a query is refused."""
    with pytest.raises(UnusableLog) as caught:
        rows_of(query(url, statement))
    return tuple(caught.value.fault[part] for part in ("file", "rule", "message"))


def test_rows_of_a_query_are_text_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "_ROWS", 2)
    table = query(database(tmp_path, ("007", 6.0), (None, " "), (None, 6.25), ("x", 2**40)))
    chunks = list(table.chunks)
    assert table.header == ["a", "b"]
    assert [chunk.lines.tolist() for chunk in chunks] == [[1], [3, 4]]
    assert [chunk.blank for chunk in chunks] == [1, 0]
    assert [row for chunk in chunks for row in chunk.cells.to_pylist()] == [
        {"0": "007", "1": "6"},
        {"0": "", "1": "6.25"},
        {"0": "x", "1": str(2**40)},
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (math.nan, ""),
        (decimal.Decimal("6.50"), "6.50"),
        (decimal.Decimal("1E+3"), "1000"),
        (decimal.Decimal("NaN"), ""),
        (NOON, "2025-03-01 12:30:00"),
        (NOON.replace(tzinfo=BERLIN), "2025-03-01 12:30:00+01:00"),
        (NOON.date(), "2025-03-01"),
        (NOON.time(), "12:30:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_what_drivers_give_is_text_as_in_parquet(value, text):
    assert columns._text(value) == text


def test_the_digest_is_of_the_rows_whatever_the_size_of_a_batch(tmp_path, monkeypatch):
    rows = [("a", "b,"), ('"', "")]

    def digest(*rows: tuple) -> str:
        taken = hashlib.sha256()
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        list(database_table(database(folder, *rows), "SELECT * FROM log", taken).chunks)
        return taken.hexdigest()

    whole = digest(*rows)
    assert whole == hashlib.sha256(b'["a", "b"]\n["a", "b,"]\n["\\"", ""]\n').hexdigest()
    assert digest(("a", "b"), (",", "")) != digest(("a", ""), ("b", ","))
    monkeypatch.setattr(columns, "_ROWS", 1)
    assert digest(*rows) == whole


def test_a_missing_database_is_refused_and_not_made(tmp_path):
    assert query_fault(f"sqlite:///{tmp_path}/none.db") == (
        "none.db",
        "not-a-file",
        "there is no such SQLite file; check the path in sqlite:///path",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "log.db").write_text("participant,pain\n" * 100)
    assert query_fault(f"sqlite:///{tmp_path}/log.db") == (
        "log.db",
        "database",
        "the query failed (file is not a database); correct the query or the file",
    )


def test_a_faulty_query_is_refused_with_what_sqlite_says(tmp_path):
    assert query_fault(database(tmp_path), "SELECT pain FROM log") == (
        "clinic.db",
        "database",
        "the query failed (no such column: pain); correct the query or the file",
    )


def test_a_statement_that_writes_cannot(tmp_path):
    url = database(tmp_path, ("x", 1))
    statement = "WITH old AS (SELECT 1) DELETE FROM log RETURNING a"
    assert query_fault(url, statement) == (
        "clinic.db",
        "database",
        "the query failed (attempt to write a readonly database); correct the query or the file",
    )
    assert rows_of(query(url)) == [(1, "x", "1")]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM log", "SELECT 1; DELETE FROM log", "", "SELECTED", "PRAGMA x"]
)
def test_only_one_select_is_run(tmp_path, statement):
    with pytest.raises(UserError) as caught:
        query(database(tmp_path), statement)
    assert str(caught.value) == (
        "the query must be one statement that begins with SELECT or WITH; "
        "leave out other statements and semicolons"
    )


def test_a_final_semicolon_is_no_second_statement(tmp_path):
    assert rows_of(query(database(tmp_path), " with x as (select 1) select * from x;\n")) == [
        (1, "1")
    ]


def test_binary_data_are_refused_with_the_column(tmp_path):
    assert query_fault(database(tmp_path, ("x", b"\x00"))) == (
        "clinic.db",
        "database",
        "the column 'b' holds binary data, lists or the like; "
        "leave it out of the query or turn it into text there",
    )


def test_text_that_is_no_utf_8_is_refused_without_quoting_it(tmp_path):
    url = database(tmp_path)
    assert query_fault(url, "SELECT CAST(x'736563726574ff' AS TEXT)") == (
        "clinic.db",
        "encoding",
        "the database holds text that is not UTF-8; export the log again",
    )


def test_too_many_columns_of_a_query_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.intake.table.MOST_COLUMNS", 1)
    assert query_fault(database(tmp_path)) == (
        "clinic.db",
        "too-many-columns",
        "the table has 2 columns, more than 1; is it the right file?",
    )


def test_another_database_needs_sqlalchemy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(UserError) as caught:
        query("postgresql://anna:secret@example.org/clinic")
    assert str(caught.value) == (
        "a database other than SQLite needs SQLAlchemy and a driver; "
        "install them with: pip install 'reliefbook[database]'"
    )


def test_sqlalchemy_gives_the_same_rows(tmp_path):
    pytest.importorskip("sqlalchemy")
    url = database(tmp_path, ("18:40 :x 5%", 6.0), (None, 2))
    statement = "SELECT a, b, ':y' FROM log WHERE a LIKE '%' OR b = 2 ORDER BY rowid"
    header, *batches = columns._server_rows(url, statement, "database")
    assert header == ["a", "b", "':y'"]
    assert [tuple(row) for batch in batches for row in batch] == [
        ("18:40 :x 5%", 6.0, ":y"),
        (None, 2, ":y"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "nothing",
        "nosuch://anna:secret@example.org/clinic",
        "postgresql://anna:secret@example.org:secret/clinic",
        "postgresql+secret://anna:secret@example.org/clinic",
    ],
)
def test_a_database_that_cannot_be_reached_is_refused_without_its_credentials(url):
    pytest.importorskip("sqlalchemy")
    with pytest.raises(UserError) as caught:
        query(url)
    text = str(caught.value)
    assert text.startswith(f"{database_name(url)}: the ")
    assert not any(part in text for part in ("anna", "secret", "example.org"))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///clinic.db", "clinic.db"),
        ("sqlite:////data/anna/clinic.db?key=secret", "clinic.db"),
        (r"sqlite:///C:\anna\clinic.db", "clinic.db"),
        ("sqlite://", "database"),
        ("postgresql://anna:secret@example.org:5432/clinic?password=secret", "database/clinic"),
        ("mysql+pymysql://example.org/clinic", "database/clinic"),
        ("postgresql://anna:sec/ret@example.org/clinic", "database"),
        ("postgresql://anna:sec#ret@example.org/clinic", "database"),
        ("postgresql://anna:sec?ret@example.org/clinic", "database"),
        ("postgresql://anna:sec@ret@example.org/clinic", "database"),
        ("mssql+pyodbc:///?odbc_connect=PWD=secret/secret", "database"),
        ("secret", "database"),
    ],
)
def test_a_name_of_a_database_tells_no_secret(url, name):
    assert database_name(url) == name
