"""Typed columns -> text: a Parquet file or the rows of a database query, batch by batch."""

import datetime
import decimal
import json
import math
import os
import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PureWindowsPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from analysis.intake.table import Chunk, Table, check_width, chunk_of, remark
from analysis.sessions import UnusableLog, UserError

_ROWS = 2**15
_BUFFER = 2**20
_PLAIN = (
    types.is_string,
    types.is_large_string,
    types.is_string_view,
    types.is_boolean,
    types.is_integer,
    types.is_floating,
    types.is_decimal,
    types.is_date,
    types.is_time,
    types.is_timestamp,
    types.is_null,
)
#: The end of a clock time: zeros that say nothing, and an offset without its colon.
_ZEROS = r"(?:\.0+|(\.\d*[1-9])0+)([Z+-]|$)"
_OFFSET = r"([+-]\d\d)(\d\d)$"
#: Whatever else stands in a URL, such as an unescaped password, is no name.
_SERVER_URL = re.compile(r"[\w+]+://(?:[^/?#@]*@)?[^/?#@]*/([\w.-]+)(?:\?.*)?", re.DOTALL)


def parquet_table(path: Path, file: str) -> Table:
    """Return the rows of a Parquet file as text; its batches are read one by one.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        Its name, as refusals give it.

    Returns
    -------
    Table
        Rows are numbered from 1. Text is as stored, 6.0 is "6", 6.25 "6.25", true "true", a time
        "2025-03-01 18:40:00" (followed by its offset, if the column has a zone); null and NaN are
        blank. Columns of lists, records, binary data or durations are blank, with a remark
        "column-unread" each.

    Raises
    ------
    UnusableLog
        "not-a-workbook" (damaged, cut off, or no Parquet), also while the chunks are read,
        "encrypted", "too-many-columns".
    """
    with _parquet_faults(file):
        # Else the whole row group, which may be the whole file, would be fetched at once.
        parquet = pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)
        schema = parquet.schema_arrow
        header = schema.names
    check_width(len(header), file)
    reason = "this column holds lists, records, durations or binary data and is not read; save it as text"
    remarks = [
        remark("column-unread", reason, column=name)
        for name, kind in zip(header, schema.types, strict=True)
        if not _is_plain(kind)
    ]
    return Table("", header, 0, _parquet_chunks(parquet, file), remarks)


@contextmanager
def _parquet_faults(file: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if "decrypt" in str(error):
            raise UnusableLog(
                file, "encrypted", "the Parquet file is encrypted; export it without a key"
            ) from error
        raise UnusableLog(
            file,
            "not-a-workbook",
            "the file cannot be read as Parquet; it is damaged or cut off, export it again",
        ) from error


def _is_plain(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(is_kind(kind) for is_kind in _PLAIN)


def _parquet_chunks(parquet: pq.ParquetFile, file: str) -> Iterator[Chunk]:
    schema = parquet.schema_arrow
    plain = {place: field.name for place, field in enumerate(schema) if _is_plain(field.type)}
    wanted = list(dict.fromkeys(plain.values()))
    first = 1
    with parquet, _parquet_faults(file):
        for batch in parquet.iter_batches(_ROWS, columns=wanted):
            batch.validate(full=True)  # what follows trusts the places that a damaged file gives
            if batch.schema.names != list(plain.values()):
                raise pa.ArrowInvalid("a readable and an unreadable column have one name")
            found = dict(zip(plain, batch.columns, strict=True))
            blank = pa.nulls(batch.num_rows)
            yield _chunk([_words(found.get(place, blank)) for place in range(len(schema))], first)
            first += batch.num_rows


def _words(array: pa.Array) -> pa.DictionaryArray:
    """Return a column as text, each distinct text once; null is blank."""
    typed = array if types.is_dictionary(array.type) else array.dictionary_encode()
    texts = pa.concat_arrays([_texts(typed.dictionary), pa.array([""])]).dictionary_encode()
    places = typed.indices.cast(pa.int32()).fill_null(len(texts) - 1)
    return pa.DictionaryArray.from_arrays(texts.indices.take(places), texts.dictionary)


def _texts(values: pa.Array) -> pa.Array:
    kind = values.type
    if types.is_floating(kind):
        # By way of text, so that a 6.1 of 32 bits does not become 6.099999904632568.
        numbers = values.cast(pa.string()).cast(pa.float64()).to_pylist()
        return pa.array([_text(number) for number in numbers], pa.string())
    texts = values.cast(pa.string())
    if types.is_timestamp(kind) or types.is_time(kind):
        texts = pc.replace_substring_regex(texts, _ZEROS, r"\1\2")
        texts = pc.replace_substring_regex(texts, _OFFSET, r"\1:\2")
    return texts


def _chunk(columns: list[pa.DictionaryArray], first: int) -> Chunk:
    """Return columns as a chunk without the rows that hold nothing, which are counted."""
    filled = np.zeros(len(columns[0]) if columns else 0, dtype=bool)
    for column in columns:
        has_text = pc.not_equal(pc.utf8_trim_whitespace(column.dictionary), "").to_numpy(False)
        filled |= has_text[column.indices.to_numpy()]
    cells = pa.table(columns, names=[str(place) for place in range(len(columns))])
    lines = np.arange(first, first + len(filled), dtype="int64")
    return Chunk(
        cells.filter(pa.array(filled)), lines[filled], blank=len(filled) - int(filled.sum())
    )


def database_name(url: str) -> str:
    """Return what a database is called in reports: no user, password, host or option of its URL.

    Examples
    --------
    >>> database_name("sqlite:///logs/clinic.db")
    'clinic.db'
    >>> database_name("postgresql://anna:secret@example.org/clinic?sslmode=require")
    'database/clinic'
    """
    if _is_sqlite(url):
        return PureWindowsPath(_sqlite_path(url)).name or "database"  # knows / and \ alike
    match = _SERVER_URL.fullmatch(url)
    return f"database/{match[1]}" if match else "database"


def database_table(url: str, query: str, digest) -> Table:
    """Return the rows of a query as text; they are fetched some thousands at a time.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` (opened read-only), or any URL that SQLAlchemy knows.
    query : str
        One statement that begins with SELECT or WITH. Nothing is ever committed; still, use an
        account that may only read.
    digest : hashlib object
        Takes the header and each row as read, one JSON list a line.

    Returns
    -------
    Table
        Rows are numbered from 1; values become text as in ``parquet_table``.

    Raises
    ------
    UnusableLog
        "not-a-file" (no such SQLite file), "database" (no connection, a faulty query, values that
        are no text, number or time), "encoding", "too-many-columns"; also while chunks are read.
    UserError
        When the query is no single SELECT, or a package or driver is not installed.
    """
    statement = _checked(query)
    name = database_name(url)
    read = _sqlite_rows if _is_sqlite(url) else _server_rows
    batches = read(url, statement, name)
    header = next(batches)
    check_width(len(header), name)
    digest.update(_encoded(header))
    return Table("", header, 0, _database_chunks(batches, header, name, digest), [])


def _checked(query: str) -> str:
    statement = query.strip().removesuffix(";")
    if ";" in statement or not re.match(r"(?:select|with)\b", statement, re.IGNORECASE):
        raise UserError(
            "the query must be one statement that begins with SELECT or WITH; "
            "leave out other statements and semicolons"
        )
    return statement


def _is_sqlite(url: str) -> bool:
    return re.match(r"sqlite(?:\+\w+)?:", url, re.IGNORECASE) is not None


def _sqlite_path(url: str) -> str:
    return url.partition("///")[2].partition("?")[0]


def _sqlite_rows(url: str, query: str, name: str) -> Iterator[list]:
    """Yield the column names, then the rows in batches.

    The connection lives in here, so that it is closed whenever the reading ends or is given up.
    """
    path = _sqlite_path(url)
    if not os.path.isfile(path):
        raise UnusableLog(
            name, "not-a-file", "there is no such SQLite file; check the path in sqlite:///path"
        )
    try:
        uri = f"{Path(path).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            # The default would quote the text that it cannot read.
            connection.text_factory = bytes.decode
            cursor = connection.execute(query)
            yield [column for column, *_ in cursor.description]
            while rows := cursor.fetchmany(_ROWS):
                yield rows
    except UnicodeDecodeError as error:
        raise UnusableLog(
            name, "encoding", "the database holds text that is not UTF-8; export the log again"
        ) from error
    except (sqlite3.Error, ValueError) as error:
        raise UnusableLog(
            name, "database", f"the query failed ({error}); correct the query or the file"
        ) from error


def _server_rows(url: str, query: str, name: str) -> Iterator[list]:
    """Yield the column names, then the rows in batches, from a transaction that is rolled back."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise UserError(
            "a database other than SQLite needs SQLAlchemy and a driver; "
            "install them with: pip install 'reliefbook[database]'"
        ) from error
    options = {"yield_per": _ROWS, "postgresql_readonly": True}
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect().execution_options(**options) as connection:
            result = connection.execute(sqlalchemy.text(query.replace(":", r"\:")))
            yield list(result.keys())
            yield from result.partitions()
    except ImportError:
        raise UserError(
            f"{name}: the driver of this database is not installed; "
            "install the one that the URL names"
        ) from None
    # Drivers raise what they like, and say users, hosts and passwords in it: only its kind is shown.
    except Exception as error:
        raise UnusableLog(
            name,
            "database",
            f"the query failed ({type(error).__name__}); check the URL, the account and the query",
        ) from None


def _database_chunks(
    batches: Iterator[list], header: list[str], name: str, digest
) -> Iterator[Chunk]:
    first = 1
    for batch in batches:
        rows = [
            [_cell(value, column, name) for value, column in zip(values, header, strict=True)]
            for values in batch
        ]
        for row in rows:
            digest.update(_encoded(row))
        filled = {
            line: row
            for line, row in enumerate(rows, first)
            if any(cell and not cell.isspace() for cell in row)
        }
        blank = len(rows) - len(filled)
        yield chunk_of([*filled.values()], [*filled], len(header), blank=blank)
        first += len(rows)


def _cell(value: object, column: str, name: str) -> str:
    try:
        return _text(value)
    except TypeError as error:
        raise UnusableLog(
            name,
            "database",
            f"the column {column!r} holds binary data, lists or the like; "
            "leave it out of the query or turn it into text there",
            column=column,
        ) from error


def _encoded(row: list[str]) -> bytes:
    """Return a row so that no two different rows give the same bytes."""
    return json.dumps(row).encode() + b"\n"


def _text(value: object) -> str:
    """Return a value as text, or raise ``TypeError`` for one that is no text, number or time."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case float():
            if math.isnan(value):
                return ""
            return str(int(value)) if value.is_integer() else repr(value)
        case decimal.Decimal():
            return "" if value.is_nan() else f"{value:f}"
        case datetime.datetime():
            return value.isoformat(sep=" ")
        case int() | datetime.date() | datetime.time() | uuid.UUID():
            return str(value)
    raise TypeError(type(value).__name__)
