"""A file -> what it is, by its first bytes and not by its name."""

import codecs
import json

import pytest

from analysis.intake.cells import open_log
from analysis.intake.mapping import NO_MAPPING
from analysis.intake.recognise import known
from analysis.sessions import UnusableLog

RECORDS = [{"date": "2026-03-31", "place": "thigh", "before": 6, "after": 4}]


def header(path) -> list[str]:
    (table,) = open_log(path, NO_MAPPING, known).tables
    return table.header


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("blanks", ["", "\r\n "])
def test_json_is_known_in_every_encoding_that_has_a_mark(tmp_path, encoding, blanks):
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    log = tmp_path / "log.csv"
    text = blanks + json.dumps(RECORDS)
    log.write_bytes(marks.get(encoding, b"") + text.encode(encoding))
    assert header(log) == ["date", "place", "before", "after"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_header_in_square_brackets_is_no_json(tmp_path, encoding):
    log = tmp_path / "log.json"
    log.write_text("[x],date,place,before,after\n1,2026-03-31,thigh,6,4\n", encoding)
    assert header(log) == ["[x]", "date", "place", "before", "after"]


def test_an_encrypted_parquet_file_says_so(tmp_path):
    log = tmp_path / "log.csv"
    log.write_bytes(b"PARE" + bytes(40) + b"\x10\x00\x00\x00PARE")
    with pytest.raises(UnusableLog) as error:
        open_log(log, NO_MAPPING, known)
    assert error.value.fault["rule"] == "encrypted"
    assert str(error.value) == "log.csv: the Parquet file is encrypted; export it without a key"
