"""Any log file -> sessions: every row kept, refused with its reason, or counted; never a traceback.

Every log here is read through ``read``, which also counts: each row of each file is in exactly one
of kept, refused, dropped and blank.
"""

import csv
import datetime
import io
import itertools
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.intake import read_log
from analysis.intake.mapping import PRESETS
from analysis.sessions import (
    COLUMN,
    COLUMNS,
    ROW_REPORT,
    RULES,
    SOURCES,
    SessionLog,
    UnusableLog,
    UserError,
    empty_sessions,
)
from analysis.vocabulary import vocabulary

AS_OF = "2026-03-31"
#: The commonest log: date, place, what I did, before, after.
FIVE = ("date", "place", "what I did", "before", "after")
SESSION = ("2025-03-01", "thigh", "stretch", "6", "4")
#: A sound row of every canonical column.
SOUND = {
    "participant": "P01",
    "started_at": "2025-03-01 18:40",
    "region": "thighs",
    "subregion": "hamstrings",
    "side": "left",
    "technique": "pressure",
    "tool": "tennis ball",
    "minutes": "12.5",
    "strength": "medium",
    "pain_before": "6",
    "pain_after": "4",
    "scale": "NRS0-10",
    "numbness_before": "3",
    "numbness_after": "no",
    "tingling_before": "yes",
    "tingling_after": "0",
    "numbness_place": "foot",
    "symptom_side": "left",
    "weakness": "no",
    "bladder_bowel": "no",
    "medicine": "ibuprofen",
    "notes": "slept well",
}


# Writing and reading


def as_text(*rows, header=FIVE, separator=",", end="\n") -> str:
    """Return a table as CSV text; cells with a quote, a separator or a line break are quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerows([header, *rows])
    return text.getvalue()


def canonical(*changes: dict, header=tuple(SOUND)) -> str:
    """Return a log in canonical columns: one sound row each with the changes, a minute apart."""
    rows = [
        SOUND | {"started_at": f"2025-03-01 {8 + place // 60:02}:{place % 60:02}"} | change
        for place, change in enumerate(changes)
    ]
    return as_text(*([row[name] for name in header] for row in rows), header=header)


def written(folder: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(folder: Path, *rows, name: str = "log.xlsx", change=None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    book.save(folder / name)
    book.close()
    return folder / name


def read(*paths, **options) -> SessionLog:
    """Read a log as of a fixed day, and count its rows."""
    log = read_log(*paths, **{"as_of": AS_OF} | options)
    assert_counted(log)
    return log


def read_text(folder: Path, content: str | bytes, **options) -> SessionLog:
    return read(written(folder, content), **options)


def assert_counted(log: SessionLog) -> None:
    """Assert the contract of ``SessionLog``: every row of every file is in exactly one count.

    Rows joined to another one by the mapping are counted as dropped without a remark of their own.
    """
    sources = log.sources
    assert list(log.sessions) == list(empty_sessions())
    assert log.sessions.dtypes.equals(empty_sessions().dtypes)
    assert list(log.refused) == list(log.remarks) == list(ROW_REPORT)
    assert list(sources) == list(SOURCES)
    counts = sources[["kept", "refused", "dropped", "skipped", "blank"]]
    assert (counts >= 0).all(axis=None)
    assert (sources["rows"] == counts.sum(axis=1)).all()
    assert len(log.sessions) == sources["kept"].sum()
    assert log.sessions["session_id"].is_unique
    assert {RULES[rule][0] for rule in log.refused["rule"]} <= {"row"}
    assert {RULES[rule][0] for rule in log.remarks["rule"]} <= {"warning", "note"}
    again = set(log.remarks.loc[log.remarks["rule"] == "duplicate-file", "file"])
    for source in sources.itertuples():
        if source.file in again:
            continue
        kept = log.sessions.loc[log.sessions["source_file"] == source.file, "source_line"]
        refused = set(log.refused.loc[log.refused["file"] == source.file, "line"])
        dropped = dropped_rows(log)[lambda rows, file=source.file: rows["file"] == file]["line"]
        assert len(set(kept)) == source.kept
        assert len(refused) == source.refused
        assert len(set(dropped)) == source.dropped
        assert len({*kept, *refused, *dropped}) == source.kept + source.refused + source.dropped


def dropped_rows(log: SessionLog) -> pd.DataFrame:
    return log.remarks[
        log.remarks["rule"].isin(["duplicate-row", "parts-combined", "changed-session"])
    ]


def faults(log: SessionLog) -> list[tuple]:
    """Return every fault without the file's name: line, column, value, rule, message."""
    return list(log.refused.drop(columns="file").itertuples(index=False, name=None))


def remarks(log: SessionLog, *, without: tuple = ("column-taken", "participant-assumed")) -> list:
    """Return rule and message of every remark but those that a five-column log always has."""
    told = log.remarks[~log.remarks["rule"].isin(without)]
    return list(told[["rule", "message"]].itertuples(index=False, name=None))


def warnings_of(log: SessionLog) -> list[str]:
    return [rule for rule in log.remarks["rule"] if RULES[rule][0] == "warning"]


def refusal(*paths, **options) -> str:
    """Return the whole text of the refusal of a log, its file or its mapping."""
    with pytest.raises(UserError) as error:
        read(*paths, **options)
    return str(error.value)


def read_or_refuse(path: Path) -> SessionLog | None:
    """Read a log, or None where it is refused with a sentence; anything else is a failure."""
    try:
        return read(path)
    except UserError as error:
        sentence = str(error)
    assert sentence
    assert "\n" not in sentence
    return None


#: Any text but NUL, which is removed; surrogates, which no encoding holds.
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@pytest.fixture(scope="module")
def a_workbook(tmp_path_factory) -> bytes:
    rows = [(datetime.datetime(2025, 3, day, 18, 40), "thigh", "yoga", 6, 4.5) for day in (1, 2, 3)]
    return workbook(tmp_path_factory.mktemp("books"), FIVE, *rows).read_bytes()


# The commonest log, at the first try

FIRST_TRY = [
    (None, "date", "", "column-taken", "read as started_at"),
    (None, "place", "", "column-taken", "read as region"),
    (None, "what I did", "", "column-taken", "read as technique"),
    (None, "before", "", "column-taken", "read as pain_before"),
    (None, "after", "", "column-taken", "read as pain_after"),
    (
        None,
        "",
        "",
        "participant-assumed",
        "no column for the participant: read as the log of one person, called P01",
    ),
]


def told(log: SessionLog) -> list[tuple]:
    frame = log.remarks.drop(columns="file").astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def assert_first_try(log: SessionLog, file: str) -> None:
    wanted = {
        "participant": ["P01", "P01", "P01"],
        "started_at": pd.to_datetime(["2025-03-01", "2025-03-02", "2025-03-03"]).tolist(),
        "region": ["lower_back", "thighs", "feet"],
        "subregion": ["", "", "arch"],
        "technique": ["stretching", "tennis_ball", "pressure"],
        "pain_before": [6.0, 5.5, 7.0],
        "pain_after": [4.0, 5.5, 8.0],
        "scale": ["NRS0-10"] * 3,
        "pain_reduction": [2.0, 0.0, -1.0],
        "session_number": ["day 1"] * 3,
        "parts": [1, 1, 1],
        "parts_named": ["lower_back, stretching", "thighs, tennis_ball", "feet, pressure"],
        "source_file": [file] * 3,
        "source_line": [2, 3, 4],
    }
    assert log.sessions[list(wanted)].to_dict("list") == wanted
    rest = log.sessions.drop(columns=[*wanted, "session_id", "minutes", "started_at_utc"])
    assert (rest == "").all(axis=None)
    assert log.sessions[["minutes", "started_at_utc"]].isna().all(axis=None)
    assert faults(log) == []
    assert told(log) == FIRST_TRY
    assert set(log.remarks["file"]) == {file}
    assert log.sources.drop(columns=["sha256", "bytes"]).to_dict("records") == [
        {"file": file, "rows": 3, "kept": 3, "refused": 0, "dropped": 0, "skipped": 0, "blank": 0}
    ]


def test_the_commonest_log_reads_at_the_first_try_as_csv(tmp_path):
    rows = [
        ("2025-03-01", "Lower Back", "Stretching", "6", "4"),
        ("2025-03-02", "thigh", "t-ball", "5.5", "5.5"),
        ("2025-03-03", "arch of the foot", "press and hold", "7", "8"),
    ]
    assert_first_try(read_text(tmp_path, as_text(*rows)), "log.csv")


def test_the_commonest_log_reads_at_the_first_try_as_workbook(tmp_path):
    path = workbook(
        tmp_path,
        FIVE,
        (datetime.date(2025, 3, 1), "Lower Back", "Stretching", 6, 4),
        (datetime.datetime(2025, 3, 2), "thigh", "t-ball", 5.5, 5.5),
        ("2025-03-03", "arch of the foot", "press and hold", "7", 8),
    )
    assert_first_try(read(path), "log.xlsx")


def test_the_file_is_named_counted_and_hashed(tmp_path):
    log = read_text(tmp_path, "date,place,what I did,before,after\n")
    source = log.sources.iloc[0]
    assert source["bytes"] == 35
    # printf 'date,place,what I did,before,after\n' | sha256sum
    assert source["sha256"] == "cbe98034ef1e303bc2480dd8c1686a388f067f4a31dbc5c1f2ba1d71fb128b59"


def test_canonical_names_need_no_remark(tmp_path):
    assert told(read_text(tmp_path, canonical({}, {}))) == []


def test_a_sound_row_of_every_column(tmp_path):
    session = read_text(tmp_path, canonical({})).sessions.iloc[0]
    assert session[[column.name for column in COLUMNS]].to_dict() == SOUND | {
        "started_at": pd.Timestamp("2025-03-01 08:00"),
        "tool": "tennis_ball",
        "minutes": 12.5,
        "pain_before": 6.0,
        "pain_after": 4.0,
    }


def other_headers() -> list[dict[str, str]]:
    """Return canonical column -> another header for it, until every header was there once."""
    words: dict[str, list[str]] = {}
    for header, column in vocabulary().headers.items():
        if column != "clock":  # it joins the start, and has a test of its own
            words.setdefault(column, []).append(header)
    rounds = itertools.zip_longest(*words.values())
    return [
        {column: header for column, header in zip(words, headers, strict=True) if header}
        for headers in rounds
    ]


@pytest.mark.parametrize("headers", other_headers())
def test_every_header_of_the_vocabulary_is_taken(tmp_path, headers):
    cells = SOUND | {"session_number": "3"}
    plain = read_text(tmp_path, as_text(cells.values(), header=cells))
    shown = [f" {headers.get(name, name).upper()}\u200b" for name in cells]
    log = read_text(tmp_path, as_text(cells.values(), header=shown))
    assert_frame_equal(log.sessions, plain.sessions)
    taken = log.remarks[log.remarks["rule"] == "column-taken"]
    assert dict(zip(taken["column"], taken["message"], strict=True)) == {
        header.upper(): f"read as {column}"
        for column, header in headers.items()
        if header != column.replace("_", " ")
    }


def test_the_own_name_of_a_column_comes_before_another_word_for_it(tmp_path):
    text = as_text(
        ("2025-03-02", "2025-03-01", *SESSION[1:]), header=("timestamp", "started_at", *FIVE[1:])
    )
    log = read_text(tmp_path, text)
    assert log.sessions["started_at"].tolist() == [pd.Timestamp("2025-03-01")]
    assert log.remarks.iloc[0].tolist() == [
        "log.csv",
        pd.NA,
        "timestamp",
        "",
        "column-unused",
        "this column is not read; name it in a mapping if it should be",
    ]


def test_the_names_of_the_file_are_the_ones_in_a_fault(tmp_path):
    text = as_text(
        ("2025-03-01", "moon", "stretch", "6", "4"), header=(" Date", " Place ", *FIVE[2:])
    )
    assert [row[1] for row in faults(read_text(tmp_path, text))] == ["Place"]


# One person


def test_person_names_the_participant_of_a_log_without_one(tmp_path):
    log = read_text(tmp_path, as_text(SESSION), person="K7")
    assert log.sessions["participant"].tolist() == ["K7"]
    assert (
        "participant-assumed",
        "no column for the participant: read as the log of one person, called K7",
    ) in remarks(log, without=())


def test_person_changes_no_participant_that_is_logged(tmp_path):
    log = read_text(tmp_path, as_text(("P02", *SESSION), header=("who", *FIVE)), person="K7")
    assert log.sessions["participant"].tolist() == ["P02"]


# What refuses a row

CODE = (
    "a participant is a code of the letters A-Z, digits, _ and -, up to 32 characters; "
    "replace the name by a code such as P01"
)
NUMBER = "must be a number written in digits, such as 6 or 6.5"
TIME = "must be a date, or a date with a time, such as 2026-03-31 18:40"
SERIAL = (
    "a serial number of a spreadsheet, not a date; write dates as 2026-03-31, or state "
    "time: {excel_serials: true} in a mapping"
)
EARLY = "must not be before 1990-01-01"
FUTURE = "must not be later than one day after the day of reading, 2026-03-31"
REGIONS = (
    "write one of: lower back, buttocks, thighs, feet, hip, calf, other region, several regions; or declare "
    "your own under terms: in a mapping"
)
TECHNIQUES = (
    "write one of: deep circular strokes, sustained pressure, trigger-point release, deep-tissue massage, "
    "acupressure, tennis ball, piriformis stretcher, stretching, strengthening, yoga, Pilates, rest, several "
    "techniques, other technique; or declare your own under terms: in a mapping"
)
PARTS = (
    "write one of: sacrum, coccyx, piriformis, hamstrings, adductors, arch of the foot, muscles beside the "
    "lumbar spine, gluteal muscles; or declare your own under terms: in a mapping"
)
BALL = "did you mean tennis_ball or other? "
POINTS = "did you mean acupressure or trigger_point_release or pressure? "

ROW_FAULTS = [
    ("participant", "", "missing", "participant is required; fill it in"),
    ("participant", "\u200b ", "missing", "participant is required; fill it in"),
    ("participant", "=1+1", "participant-code", CODE),
    ("participant", "Anna Example", "participant-code", CODE),
    ("participant", "n/a", "participant-code", CODE),
    ("participant", "-", "participant-code", CODE),
    ("participant", "-P01", "participant-code", CODE),
    ("participant", "P01\x00", "participant-code", CODE),
    ("participant", "Päm", "participant-code", CODE),
    ("participant", "P" * 33, "participant-code", CODE),
    ("started_at", "", "missing", "started_at is required; fill in the date"),
    ("started_at", "NA", "missing", "started_at is required; fill in the date"),
    ("started_at", "yesterday", "not-a-time", TIME),
    ("started_at", "2025-02-29", "not-a-time", TIME),
    ("started_at", "2025-13-01", "not-a-time", TIME),
    ("started_at", "2025-03-01 24:00", "not-a-time", TIME),
    ("started_at", "2025-03-01 23:60", "not-a-time", TIME),
    ("started_at", "0000-00-00", "not-a-time", TIME),
    ("started_at", "45717.7777", "not-a-time", SERIAL),
    ("started_at", "18:40", "not-a-time", TIME),
    ("started_at", "3pm", "not-a-time", TIME),
    ("started_at", "2025-03-01 13:40 PM", "not-a-time", TIME),
    ("started_at", "2025-03-01 0:40 am", "not-a-time", TIME),
    ("started_at", "2025-03-01 noon", "not-a-time", TIME),
    ("started_at", "2025-03", "not-a-time", TIME),
    ("started_at", "2025/02/30", "not-a-time", TIME),
    ("started_at", "31 April 2025", "not-a-time", TIME),
    ("started_at", "1 Foo 2025", "not-a-time", TIME),
    ("started_at", "1 ma 2025", "not-a-time", TIME),
    ("started_at", "1/3/25", "not-a-time", TIME),
    ("started_at", "2099-01-01 10:00", "time-future", FUTURE),
    ("started_at", "9999-12-31", "time-future", FUTURE),
    ("started_at", "1989-12-31", "time-range", EARLY),
    ("started_at", "0001-01-01", "time-range", EARLY),
    ("region", "", "missing", "region is required; fill it in"),
    ("region", "none", "missing", "region is required; fill it in"),
    ("region", "moon", "unknown-term", f"not a region of the vocabulary; {REGIONS}"),
    (
        "region",
        "hamstrigs",
        "unknown-term",
        f"not a region of the vocabulary; did you mean hamstrings? {REGIONS}",
    ),
    ("region", "left thigh and foot", "unknown-term", f"not a region of the vocabulary; {REGIONS}"),
    ("subregion", "hip", "unknown-term", f"not a subregion of the vocabulary; {PARTS}"),
    ("side", "upper", "unknown-term", "side must be one of: left, right, both, middle"),
    ("technique", "ball", "unknown-term", f"not a technique of the vocabulary; {BALL}{TECHNIQUES}"),
    (
        "technique",
        "Pressure-Points",
        "unknown-term",
        f"not a technique of the vocabulary; {POINTS}{TECHNIQUES}",
    ),
    (
        "technique",
        "streching",
        "unknown-term",
        f"not a technique of the vocabulary; did you mean stretching? {TECHNIQUES}",
    ),
    ("tool", "ball", "unknown-term", f"not a tool of the vocabulary; {BALL}{TECHNIQUES}"),
    ("minutes", "12 min", "not-a-number", NUMBER),
    ("minutes", "0", "out-of-range", "must be from 1 to 180 minutes"),
    ("minutes", "0.99", "out-of-range", "must be from 1 to 180 minutes"),
    ("minutes", "180.5", "out-of-range", "must be from 1 to 180 minutes"),
    ("strength", "mild", "unknown-term", "strength must be one of: light, medium, strong"),
    ("pain_before", "", "missing", "pain_before is required; fill it in"),
    ("pain_before", "-", "missing", "pain_before is required; fill it in"),
    ("pain_before", "8/10", "not-a-number", NUMBER),
    ("pain_before", "seven", "not-a-number", NUMBER),
    ("pain_before", "6,5", "not-a-number", NUMBER),
    ("pain_before", "6.5.1", "not-a-number", NUMBER),
    ("pain_before", ".", "not-a-number", NUMBER),
    ("pain_before", "+6", "not-a-number", NUMBER),
    ("pain_before", "1e1", "not-a-number", NUMBER),
    ("pain_before", "٧", "not-a-number", NUMBER),
    ("pain_before", "5½", "not-a-number", NUMBER),
    ("pain_before", "inf", "not-a-number", NUMBER),
    ("pain_before", "11", "out-of-range", "must be from 0 to 10"),
    ("pain_before", "10.01", "out-of-range", "must be from 0 to 10"),
    ("pain_before", "-1", "out-of-range", "must be from 0 to 10"),
    ("pain_after", "ok", "not-a-number", NUMBER),
    ("pain_after", "10.5", "out-of-range", "must be from 0 to 10"),
    ("scale", "0-5", "unknown-term", "scale must be one of: NRS0-10, VAS0-100"),
    ("numbness_before", "a bit", "not-a-number", NUMBER),
    ("numbness_before", "11", "out-of-range", "must be yes, no, or a number from 0 to 10"),
    ("numbness_after", "-1", "out-of-range", "must be yes, no, or a number from 0 to 10"),
    ("tingling_before", "10.5", "out-of-range", "must be yes, no, or a number from 0 to 10"),
    ("tingling_after", "??", "not-a-number", NUMBER),
    (
        "numbness_place",
        "head",
        "unknown-term",
        "numbness_place must be one of: saddle, buttock, leg, foot",
    ),
    ("symptom_side", "middle", "unknown-term", "symptom_side must be one of: left, right, both"),
    ("weakness", "yes", "unknown-term", "weakness must be one of: no, same, new_or_worse, both"),
    ("bladder_bowel", "2", "unknown-term", "bladder_bowel must be one of: no, yes"),
]
TOO_LONG = "must be at most 10,000 characters; found 10,001"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> SessionLog:
    """Return a log of one faulty cell a row, a sound row before and after them."""
    wrong = ({column: cell} for column, cell, *_ in ROW_FAULTS)
    return read_text(tmp_path_factory.mktemp("faulty"), canonical({}, *wrong, {}))


@pytest.mark.parametrize(
    ("line", "column", "cell", "rule", "message"),
    [(line, *fault) for line, fault in enumerate(ROW_FAULTS, start=3)],
)
def test_a_faulty_cell_refuses_its_row_and_says_why(faulty, line, column, cell, rule, message):
    assert [fault for fault in faults(faulty) if fault[0] == line] == [
        (line, column, cell, rule, message)
    ]


def test_a_faulty_cell_refuses_no_other_row(faulty):
    assert faulty.sessions["source_line"].tolist() == [2, len(ROW_FAULTS) + 3]
    assert faulty.sources["refused"].tolist() == [len(ROW_FAULTS)]


@pytest.mark.parametrize("column", ["notes", "medicine"])
def test_free_text_that_is_too_long_refuses_its_row_and_is_not_quoted(tmp_path, column):
    log = read_text(tmp_path, canonical({column: "x" * 10_000}, {column: "x" * 10_001}))
    assert faults(log) == [(3, column, "", "too-long", TOO_LONG)]
    assert log.sessions[column].tolist() == ["x" * 10_000]


def test_a_row_that_says_neither_what_nor_with_which_tool(tmp_path):
    log = read_text(tmp_path, canonical({"technique": "-", "tool": ""}))
    assert faults(log) == [
        (2, "technique", "-", "missing", "technique is required; fill it in, or the tool")
    ]


def test_a_row_that_says_no_tool_in_a_log_of_tools(tmp_path):
    header = tuple(name for name in SOUND if name != "technique")
    log = read_text(tmp_path, canonical({"tool": "n/a"}, {"tool": "ball"}, {}, header=header))
    assert faults(log) == [
        (2, "tool", "n/a", "missing", "technique is required; fill it in, or the tool"),
        (3, "tool", "ball", "unknown-term", f"not a tool of the vocabulary; {BALL}{TECHNIQUES}"),
    ]
    assert log.sessions["technique"].tolist() == ["tennis_ball"]


def test_a_row_of_another_width_refuses_itself_only(tmp_path):
    text = as_text(SESSION) + "2025-03-02,thigh,stretch,6\n2025-03-03,thigh,a, b,6,4\n2025-03-04\n"
    width = (
        "the row must have 5 cells as the header; found {}; "
        "put quotes round a cell that holds a separator"
    )
    assert faults(read_text(tmp_path, text)) == [
        (3, "", "", "field-count", width.format(4)),
        (4, "", "", "field-count", width.format(6)),
        (5, "", "", "field-count", width.format(1)),
    ]


OTHER_RATINGS = (
    "another row has the same participant and start but other values; "
    "correct one, or add a column session_number"
)


def test_rows_of_one_session_with_other_ratings_refuse_each_other(tmp_path):
    start = {"started_at": "2025-03-01 18:40"}
    log = read_text(tmp_path, canonical(start, {}, start | {"pain_after": "5"}))
    assert faults(log) == [
        (2, "", "", "conflict", OTHER_RATINGS),
        (4, "", "", "conflict", OTHER_RATINGS),
    ]
    assert log.sessions["source_line"].tolist() == [3]


def test_a_refused_part_refuses_the_other_parts_of_its_session(tmp_path):
    start = {"started_at": "2025-03-01 18:40"}
    log = read_text(tmp_path, canonical(start, start | {"technique": "yogi"}, {}))
    assert faults(log) == [
        (2, "", "", "conflict", "another row of the same session was refused; correct that one"),
        (
            3,
            "technique",
            "yogi",
            "unknown-term",
            f"not a technique of the vocabulary; did you mean yoga? {TECHNIQUES}",
        ),
    ]
    assert log.sessions["source_line"].tolist() == [4]


def test_every_rule_for_a_row_has_a_test_here():
    tested = {rule for *_, rule, _ in ROW_FAULTS} | {"too-long", "field-count", "conflict"}
    # What only a workbook holds, or only a mapping asks for, has its tests in tests/intake.
    elsewhere = {"error-cell", "formula-no-result", "date-only"}
    zones = {"time-ambiguous", "time-nonexistent", "time-zone-unknown", "time-zone-text"}
    assert tested | elsewhere | zones == {
        rule for rule, (level, _) in RULES.items() if level == "row"
    }


def test_all_faults_of_a_row_are_listed(tmp_path):
    wrong = {
        column: cell
        for column, cell, rule, _ in ROW_FAULTS
        if rule not in ("missing", "time-range", "time-future")
    }
    log = read_text(tmp_path, canonical({}, wrong, {"pain_before": "11", "pain_after": "12"}))
    assert sorted(log.refused.loc[log.refused["line"] == 3, "column"]) == sorted(wrong)
    assert len(wrong) == len(COLUMNS) - 2  # all but the free text
    assert faults(log)[-2:] == [
        (4, "pain_before", "11", "out-of-range", "must be from 0 to 10"),
        (4, "pain_after", "12", "out-of-range", "must be from 0 to 10"),
    ]
    assert log.sources["refused"].tolist() == [2]


def test_the_faults_come_by_file_and_line(tmp_path):
    second = written(tmp_path, canonical({"side": "up"}, {"minutes": "0"}), "a.csv")
    first = written(tmp_path, canonical({}, {"side": "up", "region": "x"}), "b.csv")
    log = read(first, second)
    assert list(zip(log.refused["file"], log.refused["line"], strict=True)) == [
        ("b.csv", 3),
        ("b.csv", 3),
        ("a.csv", 2),
        ("a.csv", 3),
    ]


def test_a_long_cell_is_shown_in_part(tmp_path):
    log = read_text(tmp_path, canonical({"region": "x" * 300, "started_at": "y" * 300}))
    assert {row[1]: row[2] for row in faults(log)} == {"region": "x" * 200, "started_at": "y" * 200}


# What refuses a file


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


HEADER = ",".join(FIVE)
ROW = ",".join(SESSION)
NO_HEADER = (
    "no header row found in the first 20 lines; the first row should name the columns: "
    "date, region, technique, pain before, pain after"
)
EMPTY = "the file is empty; export the log again"
ORDER = (
    'write dates as 2026-03-31, or state the order: save a line such as time: {formats: ["%d/%m/%Y"]} '
    '(day first) or time: {formats: ["%m/%d/%Y"]} (month first) as my.yml and add --mapping my.yml'
)
UTF16 = "the text looks like UTF-16 without a mark; save it as UTF-8"
WIDTH = (
    "every row has another number of cells than the header (5); found {}. "
    "A comma inside a cell needs quotes"
)
FOUND = (
    "the columns are 'date', 'place', 'before', 'after'. "
    "Rename them, or say in a mapping which is which"
)


class FileFault(NamedTuple):
    """A file, and the rule, message and place with which it must be refused."""

    rule: str
    content: str | bytes
    message: str
    name: str = "log.csv"
    line: int | None = None
    column: str = ""
    value: str = ""


FILE_FAULTS = [
    FileFault("empty", b"", EMPTY),
    FileFault("empty", b"\xef\xbb\xbf", EMPTY),
    FileFault("empty", b" \r\n\t\n", EMPTY, name="log.xlsx"),
    FileFault(
        "too-many-columns",
        f"{HEADER},{','.join(f'c{n}' for n in range(1_996))}\n{ROW}",
        "the table has 2,001 columns, more than 2,000; is it the right file?",
        line=1,
    ),
    FileFault(
        "too-large",
        zipped(**{"xl/a": bytes(2**26 + 1)}),
        "the workbook unpacks to 67,108,865 bytes, more than 67,108,864; save the log sheet as CSV",
        name="log.xlsx",
    ),
    FileFault(
        "not-a-workbook",
        f"{HEADER}\n{ROW}\n",
        "the name says workbook, the content is text; rename it to .csv",
        name="log.xlsx",
    ),
    FileFault(
        "not-a-session-log",
        b"%PDF-1.7\n",
        "the file is a PDF; export the log as CSV or XLSX",
        name="log.pdf",
    ),
    FileFault(
        "not-a-session-log",
        "\n<!DOCTYPE html><html></html>",
        "the file is a web page or XML; export the log as CSV or XLSX",
        name="log.html",
    ),
    FileFault(
        "not-a-session-log",
        b"SQLite format 3\0",
        (
            "the file is an SQLite database; give sqlite:///path/of/the/file.db and a mapping with "
            "file: {query: select ...}"
        ),
        name="log.db",
    ),
    FileFault(
        "too-large",
        f"{HEADER},notes\n{ROW},x\n{ROW},{'x' * (2**24 + 1)}",
        (
            "a row is longer than 16,777,216 bytes; is a quote missing, or is it another kind of file?"
        ),
        line=3,
    ),
    FileFault(
        "encoding",
        f"{HEADER}\n".encode()
        + "2025-03-01,Gesäß,yoga,6,4\n".encode()
        + b"2025-03-02,Ges\xe4\xdf,yoga,6,4\n",
        ("line 2 is UTF-8 and line 3 is not (byte 77 of the file); save the whole file as UTF-8"),
        line=3,
    ),
    FileFault(
        "encrypted",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        "the workbook has a password or is an old .xls; remove the password and save it as .xlsx",
        name="log.xlsx",
    ),
    FileFault("encoding", f"{HEADER}\n{ROW}\n".encode("utf-16-le"), UTF16),
    FileFault("encoding", f"{HEADER}\n{ROW}\n".encode("utf-16-be"), UTF16),
    FileFault(
        "encoding",
        f"{HEADER}\n{ROW}\n".encode("utf-16")[:-1],
        "the text is damaged UTF-16; save it as UTF-8",
    ),
    FileFault("no-header", f"{ROW}\n{ROW}\n", NO_HEADER),
    FileFault("no-header", "x\n" * 20 + f"{HEADER}\n{ROW}\n", NO_HEADER),
    FileFault("no-header", "date,place\n2025-03-01,thigh\n", NO_HEADER),
    FileFault(
        "header-duplicate",
        f"{HEADER}, Pain_Before \n{ROW},3\n".replace("before", "pain before", 1),
        (
            "'pain before' and ' Pain_Before ' both mean pain_before; "
            "rename one, or say in a mapping which one to read"
        ),
        column=" Pain_Before ",
    ),
    FileFault(
        "header-blank",
        f"{HEADER},,\n{ROW},,\n{ROW},,x\n",
        "column 7 holds data but has no name; give it one in the header row",
    ),
    FileFault(
        "missing-column",
        "date,place,before,after\n2025-03-01,thigh,6,4\n",
        f"no column for technique; {FOUND}",
        column="technique",
    ),
    FileFault(
        "missing-column",
        "date,what I did,before\n2025-03-01,stretch,6\n",
        (
            "no column for region, pain_after; the columns are 'date', 'what I did', 'before'. "
            "Rename them, or say in a mapping which is which"
        ),
        column="region",
    ),
    FileFault("row-width", f"{HEADER}\n{ROW},x\n{ROW},y\n", WIDTH.format(6), line=2),
    FileFault("row-width", f"{HEADER}\n\n2025-03-01,thigh\n", WIDTH.format(2), line=3),
    FileFault(
        "unclosed-quote",
        f'{HEADER}\n{ROW}\n2025-03-02,"thigh,stretch,6,4\n{ROW}\n',
        (
            "a quoted cell does not end where it should (unexpected end of data); "
            "close the quote or double the quotes inside it"
        ),
        line=3,
    ),
    FileFault(
        "unclosed-quote",
        f'{HEADER}\n{ROW}\n2025-03-02,"a\nb" thigh,stretch,6,4\n{ROW}\n',
        (
            "a quoted cell does not end where it should (',' expected after '\"'); "
            "close the quote or double the quotes inside it"
        ),
        line=3,
    ),
    FileFault(
        "date-order",
        f"{HEADER}\n01/02/2025,thigh,stretch,6,4\n2025-03-13,thigh,stretch,6,4\n",
        (
            "'01/02/2025' could have the day or the month first, and no date in the file proves "
            f"which; {ORDER}"
        ),
        column="date",
        value="01/02/2025",
    ),
    FileFault(
        "date-order",
        f"{HEADER}\n13/04/2025,thigh,yoga,6,4\n04/13/2025,thigh,yoga,6,4\n1/2/2025,hip,yoga,6,4\n",
        f"'13/04/2025' (line 2) has the day first and '04/13/2025' (line 3) the month; {ORDER}",
        column="date",
        value="04/13/2025",
    ),
    FileFault(
        "scale",
        f"{HEADER}\n2025-03-01,thigh,yoga,60,45.5\n2025-03-02,thigh,yoga,10,20\n",
        (
            "most ratings are above 10; if they are on a scale from 0 to 100, state it: "
            "add a column scale with VAS0-100 in every row, or scale: 100 in a mapping"
        ),
        column="before",
        value="60",
    ),
]


@pytest.mark.parametrize("wrong", FILE_FAULTS, ids=lambda wrong: wrong.rule)
def test_a_file_that_cannot_be_read_says_why(tmp_path, wrong):
    with pytest.raises(UnusableLog) as error:
        read(written(tmp_path, wrong.content, wrong.name))
    place = (wrong.name, wrong.line, wrong.column, wrong.value)
    assert error.value.fault == dict(
        zip(ROW_REPORT, (*place, wrong.rule, wrong.message), strict=True)
    )
    where = wrong.name if wrong.line is None else f"{wrong.name} line {wrong.line}"
    assert str(error.value) == f"{where}: {wrong.message}"
    assert RULES[wrong.rule][0] == "file"


def test_a_path_that_is_no_file_says_so(tmp_path):
    assert refusal(tmp_path / "no.csv") == (
        f"no.csv: the log must be a file that exists; found nothing there at {tmp_path / 'no.csv'}"
    )
    assert refusal("/dev/zero") == ("zero: the log must be a file; found a device at /dev/zero")


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    path = written(tmp_path, as_text(SESSION))

    def forbidden(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert refusal(path) == "log.csv: the file cannot be read; Permission denied"


def test_a_damaged_workbook_says_so(tmp_path):
    path = written(tmp_path, zipped(**{"xl/workbook.xml": b"<workbook"}), "log.xlsx")
    assert re.fullmatch(
        r"log\.xlsx: the workbook is damaged \([^()]+\); save it again", refusal(path)
    )


def test_every_rule_for_a_file_has_a_test_here():
    tested = {wrong.rule for wrong in FILE_FAULTS} | {"not-a-file"}
    # What only one format or a mapping can break has its tests in tests/intake.
    elsewhere = {"unsafe-archive", "dtd", "json", "database", "merged-cells"}
    mapped = {"missing-sheet", "repeat-missing", "parent-repeated"}
    rules = {rule for rule, (level, _) in RULES.items() if level == "file"}
    assert tested | elsewhere | mapped == rules


def test_no_log_and_a_wrong_day_of_reading_say_so(tmp_path):
    assert refusal() == "no log given; name one or more CSV or XLSX files"
    assert refusal([]) == "no log given; name one or more CSV or XLSX files"
    path = written(tmp_path, as_text(SESSION))
    assert refusal(path, as_of="31.3.2026") == (
        "as_of must be a date such as 2026-03-31; found '31.3.2026'"
    )


def test_one_file_that_cannot_be_read_refuses_all(tmp_path):
    good = written(tmp_path, as_text(SESSION), "good.csv")
    bad = written(tmp_path, "", "bad.csv")
    assert refusal(good, bad) == f"bad.csv: {EMPTY}"


def test_a_file_of_headers_only_is_a_log_without_a_session(tmp_path):
    log = read_text(tmp_path, HEADER)
    assert remarks(log) == [("no-session", "the file holds no usable session")]
    assert log.sources[["rows", "kept"]].to_numpy().tolist() == [[0, 0]]


# Lines, blank rows, titles, separators


def test_lines_are_those_of_an_editor(tmp_path):
    header = (*FIVE, "notes")
    text = (
        f"{','.join(header)}\n"
        '2025-03-01,thigh,stretch,6,4,"one\ntwo\r\nthree\rfour"\n'
        "\n"
        '2025-03-02,thigh,stretch,six,4,"a ""quoted"" word"\r\n'
        "2025-03-03,thigh,stretch,6,4,\u2028not\x85a\x0bline\x0cbreak\n"
        "2025-03-04,thigh,stretch,6\n"
        "2025-03-05,thigh,stretch,6,4,last"
    )
    log = read_text(tmp_path, text)
    assert log.sessions["source_line"].tolist() == [2, 8, 10]
    assert log.sessions["notes"].tolist() == [
        "one\ntwo\r\nthree\rfour",
        "\u2028not\x85a\x0bline\x0cbreak",
        "last",
    ]
    assert [(row[0], row[3]) for row in faults(log)] == [(7, "not-a-number"), (9, "field-count")]
    assert log.sources["blank"].tolist() == [1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(tmp_path, end):
    log = read_text(tmp_path, as_text(SESSION, ("2025-03-02", *SESSION[1:]), end=end))
    assert log.sessions["source_line"].tolist() == [2, 3]


def test_a_sep_line_is_obeyed_and_is_no_data(tmp_path):
    for line in ("sep=;\r\n", "SEP=;\r\n"):
        log = read_text(tmp_path, line + as_text(SESSION, separator=";"))
        assert log.sessions["source_line"].tolist() == [3]
        assert remarks(log) == []
    # It is obeyed where the probe would find another separator.
    assert refusal(written(tmp_path, "sep=;\n" + as_text(SESSION))) == f"log.csv: {NO_HEADER}"


def test_blank_rows_are_counted_wherever_they_are(tmp_path):
    text = f"{HEADER}\n\n,,,,\n{ROW}\n , ,\t,\u00a0,\n,,\n\n2025-03-02,hip,yoga,6,4\n\n"
    log = read_text(tmp_path, text)
    assert log.sessions["source_line"].tolist() == [4, 8]
    assert log.sources["blank"].tolist() == [6]
    assert remarks(log) == [("rows-blank", "6 blank rows were counted and left out")]


def test_a_title_above_the_header_is_no_data(tmp_path):
    log = read_text(tmp_path, f"My diary,,,,\n,,,,\n{HEADER}\n{ROW}\n")
    assert log.sessions["source_line"].tolist() == [4]
    assert log.remarks.iloc[0].tolist() == [
        "log.csv",
        3,
        "",
        "",
        "rows-above-header",
        "the header was found in line 3; the lines above it are not data",
    ]
    assert log.sources["rows"].tolist() == [1]


def test_blank_lines_above_the_header_need_no_remark(tmp_path):
    assert remarks(read_text(tmp_path, f"\n,,\n{HEADER}\n{ROW}\n")) == []


def test_the_header_may_stand_in_line_20(tmp_path):
    log = read_text(tmp_path, "x\n" * 19 + f"{HEADER}\n{ROW}\n")
    assert log.sessions["source_line"].tolist() == [21]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_found(tmp_path, separator):
    row = ("2025-03-01", "thigh", "stretch", "6.5", "4", "a, b; c | d\te")
    log = read_text(tmp_path, as_text(row, header=(*FIVE, "notes"), separator=separator))
    assert log.sessions[["pain_before", "notes"]].to_numpy().tolist() == [[6.5, row[-1]]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_comma_is_a_decimal_mark_only_between_semicolons(tmp_path, separator):
    row = ("2025-03-01", "thigh", "stretch", "6,5", "4", "12,5", "2,5")
    header = (*FIVE, "minutes", "numbness_before")
    log = read_text(tmp_path, as_text(row, header=header, separator=separator))
    if separator == ";":
        numbers = log.sessions[["pain_before", "minutes", "numbness_before"]]
        assert numbers.to_numpy().tolist() == [[6.5, 12.5, "2.5"]]
    else:
        assert [row[1:] for row in faults(log)] == [
            ("minutes", "12,5", "not-a-number", NUMBER),
            ("before", "6,5", "not-a-number", NUMBER),
            ("numbness_before", "2,5", "not-a-number", NUMBER),
        ]


@pytest.mark.parametrize("cell", ["1.000,5", "6,5,0"])
def test_a_comma_and_a_point_are_no_number(tmp_path, cell):
    log = read_text(tmp_path, as_text((*SESSION[:3], cell, "4"), separator=";"))
    assert faults(log) == [(2, "before", cell, "not-a-number", NUMBER)]


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_with_its_mark_needs_no_remark(tmp_path, encoding):
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = as_text(("2025-03-01", "Gesäß", "yoga", "6", "4", "müde 😀"), header=(*FIVE, "notes"))
    log = read_text(tmp_path, f"{mark}{text}".encode(encoding))
    assert log.sessions[["region", "notes"]].to_numpy().tolist() == [["buttocks", "müde 😀"]]
    assert remarks(log) == []
    assert log.remarks["column"].tolist()[0] == "date"


def test_what_is_not_utf_8_is_read_as_windows_1252_and_said(tmp_path):
    text = as_text(("2025-03-01", "Gesäß", "yoga", "6", "4", "€ “x”"), header=(*FIVE, "notes"))
    log = read_text(tmp_path, text.encode("cp1252"))
    assert log.sessions[["region", "notes"]].to_numpy().tolist() == [["buttocks", "€ “x”"]]
    assert remarks(log) == [
        (
            "encoding-assumed",
            "the text is not UTF-8 and was read as Windows-1252; "
            "if letters look wrong, save the file as UTF-8",
        )
    ]


def test_the_first_odd_letter_may_stand_far_down(tmp_path):
    rows = [(f"2025-03-01 00:{n // 60:02}:{n % 60:02}", *SESSION[1:]) for n in range(3_000)]
    text = as_text(*rows, ("2025-03-02", "Gesäß", "yoga", "6", "4"))
    for encoding, rules in (("utf-8", []), ("cp1252", ["encoding-assumed"])):
        log = read_text(tmp_path, text.encode(encoding))
        assert log.sessions["region"].iloc[-1] == "buttocks"
        assert [rule for rule, _ in remarks(log)] == rules


def test_a_few_nuls_are_no_utf_16(tmp_path):
    log = read_text(tmp_path, canonical({"notes": "a\x00b"}, {"region": "th\x00igh"}))
    assert log.sessions["notes"].tolist() == ["ab"]
    assert remarks(log) == [("nul-removed", "1 texts held the character NUL, which was removed")]
    assert [row[:4] for row in faults(log)] == [(3, "region", "th\x00igh", "unknown-term")]


# Times

NEEDS_NO_STATEMENT = [
    ("2025-03-01", "2025-03-01", True),
    (" 2025-03-01 ", "2025-03-01", True),
    ("2025-03-01 00:00", "2025-03-01", False),
    ("2025-03-01 18:40", "2025-03-01 18:40", False),
    ("2025-03-01T18:40", "2025-03-01 18:40", False),
    ("2025-03-01T18:40:30", "2025-03-01 18:40:30", False),
    ("2025-03-01 18:40:30.25", "2025-03-01 18:40:30.25", False),
    ("2025-03-01T18:40:00+01:00", "2025-03-01 18:40", False),
    ("2025-03-01T18:40:00Z", "2025-03-01 18:40", False),
    ("2025-03-01 18:40-0500", "2025-03-01 18:40", False),
    ("2025-03-01 18:40 +05:30", "2025-03-01 18:40", False),
    ("2025/3/1", "2025-03-01", True),
    ("2025.03.01", "2025-03-01", True),
    ("2025-3-1 8:05", "2025-03-01 08:05", False),
    ("2025/03/01 6.40", "2025-03-01 06:40", False),
    ("1 March 2025", "2025-03-01", True),
    ("1st Mar 2025", "2025-03-01", True),
    ("1-MAR-2025", "2025-03-01", True),
    ("2. Sept. 2025 7:05", "2025-09-02 07:05", False),
    ("30th Nov 2021", "2021-11-30", True),
    ("March 1, 2025", "2025-03-01", True),
    ("Mar 1 2025 6:40 PM", "2025-03-01 18:40", False),
    ("2025-03-01 12:15 AM", "2025-03-01 00:15", False),
    ("2025-03-01 12:15 PM", "2025-03-01 12:15", False),
    ("2025-03-01 6:40 p.m.", "2025-03-01 18:40", False),
    ("2025-03-01 06:40:30pm", "2025-03-01 18:40:30", False),
    ("2024-02-29", "2024-02-29", True),
]


@pytest.mark.parametrize(("cell", "time", "date_only"), NEEDS_NO_STATEMENT)
def test_a_time_that_needs_no_statement(tmp_path, cell, time, date_only):
    session = read_text(tmp_path, as_text((cell, *SESSION[1:]))).sessions.iloc[0]
    assert session["started_at"] == pd.Timestamp(time)
    assert session["session_number"] == ("day 1" if date_only else "")


def test_an_offset_gives_the_instant_and_the_wall_time_stays(tmp_path):
    cells = [
        "2025-03-01T18:40+01:00",
        "2025-07-01T18:40:00+02:00",
        "2025-07-02 18:40",
        "2025-07-03",
    ]
    log = read_text(tmp_path, as_text(*((cell, *SESSION[1:]) for cell in cells)))
    assert remarks(log) == [
        (
            "zone-mixed",
            "1 times carry no offset from UTC and others do; those without were read as wall time",
        )
    ]
    assert log.sessions["started_at"].dt.hour.tolist() == [18, 18, 18, 0]
    assert log.sessions["started_at_utc"].tolist() == [
        pd.Timestamp("2025-03-01 17:40"),
        pd.Timestamp("2025-07-01 16:40"),
        pd.NaT,
        pd.NaT,
    ]


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["13/04/2025", "01/02/2025"], ["2025-04-13", "2025-02-01"]),
        (["04/13/2025", "01/02/2025"], ["2025-04-13", "2025-01-02"]),
        (["31.1.2025 8:05 pm", "01.02.2025 18:40"], ["2025-01-31 20:05", "2025-02-01 18:40"]),
        (["1-2-2025", "2025-05-01", "13-2-2025"], ["2025-02-01", "2025-05-01", "2025-02-13"]),
        (["3. 2. 2025", "13. 2. 2025"], ["2025-02-03", "2025-02-13"]),
        (["1/2/2025, 18:40:10", "1/13/2025, 6:40"], ["2025-01-02 18:40:10", "2025-01-13 06:40"]),
    ],
)
def test_the_file_proves_which_comes_first(tmp_path, cells, times):
    log = read_text(tmp_path, as_text(*((cell, *SESSION[1:]) for cell in cells)))
    assert log.sessions["started_at"].tolist() == [pd.Timestamp(time) for time in times]


def test_an_impossible_date_is_a_fault_of_its_row_once_the_order_is_proven(tmp_path):
    cells = ["13/04/2025", "31/04/2025", "30/02/2025", "00/01/2025", "01/00/2025"]
    log = read_text(tmp_path, as_text(*((cell, *SESSION[1:]) for cell in cells)))
    assert [row[2:] for row in faults(log)] == [(cell, "not-a-time", TIME) for cell in cells[1:]]


@pytest.mark.parametrize(
    ("formats", "cell", "time", "date_only"),
    [
        (["%d/%m/%Y"], "01/02/2025", "2025-02-01", True),
        (["%m/%d/%Y"], "01/02/2025", "2025-01-02", True),
        (["%d.%m.%y %H:%M"], "01.02.25 18:40", "2025-02-01 18:40", False),
        (["%m/%d/%Y", "%m/%d/%Y %I:%M %p"], "01/02/2025 6:40 PM", "2025-01-02 18:40", False),
        (["%d/%m/%Y"], "2025-03-04", "2025-03-04", True),
        (["%d/%m/%Y"], "2025-03-04T18:40Z", "2025-03-04 18:40", False),
        (["%Y-%d-%m"], "2025-03-04", "2025-03-04", True),
    ],
)
def test_a_stated_format_is_read_after_iso_8601(tmp_path, formats, cell, time, date_only):
    mapping = written(tmp_path, json.dumps({"time": {"formats": formats}}), "map.yml")
    log = read_text(tmp_path, as_text((cell, *SESSION[1:])), mapping=mapping)
    assert log.sessions["started_at"].tolist() == [pd.Timestamp(time)]
    assert log.sessions["session_number"].tolist() == ["day 1" if date_only else ""]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("1 March 2025", "2025-03-01"),
        ("2025/3/2", "2025-03-02"),
        ("03/04/2025 18:40", "2025-04-03 18:40"),
        ("3.4.2025 6:40 pm", "2025-04-03 18:40"),
    ],
)
def test_a_stated_order_holds_for_dates_with_a_clock_too(tmp_path, cell, time):
    mapping = written(tmp_path, 'time: {formats: ["%d/%m/%Y"]}', "map.yml")
    log = read_text(tmp_path, as_text((cell, *SESSION[1:])), mapping=mapping)
    assert log.sessions["started_at"].tolist() == [pd.Timestamp(time)]


def test_the_order_that_the_file_proves_is_said(tmp_path):
    text = as_text(("3/4/2025", *SESSION[1:]), ("15/4/2025", *SESSION[1:]))
    log = read_text(tmp_path, text)
    assert log.sessions["started_at"].tolist() == [
        pd.Timestamp("2025-04-03"),
        pd.Timestamp("2025-04-15"),
    ]
    said = log.remarks[log.remarks["rule"] == "date-order-read"]["message"].tolist()
    assert said == ["dates were read day first, as '15/4/2025' proves"]


@pytest.mark.parametrize("header", [("date", "time"), ("time", "when")])
def test_a_date_and_a_clock_in_two_columns_are_one_start(tmp_path, header):
    cells = {"date": "2025-03-01", "when": "2025-03-01", "time": "7:05 pm"}
    rows = [
        tuple(cells[name] for name in header),
        tuple("" if n == "time" else cells[n] for n in header),
    ]
    text = as_text(*((*row, *SESSION[1:]) for row in rows), header=(*header, *FIVE[1:]))
    log = read_text(tmp_path, text)
    assert log.sessions["started_at"].tolist() == [
        pd.Timestamp("2025-03-01 19:05"),
        pd.Timestamp("2025-03-01"),
    ]


def test_a_side_before_a_region_is_told_where_to_go(tmp_path):
    log = read_text(tmp_path, as_text(("2025-03-01", "Left buttock", *SESSION[2:])))
    assert [row[3:] for row in faults(log)] == [
        (
            "unknown-term",
            "a region and a side; write buttock here and left in a column named side",
        )
    ]


@pytest.mark.parametrize("cell", ["13/31/2025", "soon", "2025"])
def test_what_a_stated_format_does_not_read_is_a_fault_of_its_row(tmp_path, cell):
    mapping = written(tmp_path, 'time: {formats: ["%d/%m/%Y"]}', "map.yml")
    text = as_text(("01/02/2025", *SESSION[1:]), (cell, *SESSION[1:]))
    log = read_text(tmp_path, text, mapping=mapping)
    assert faults(log) == [(3, "date", cell, "not-a-time", TIME)]


@pytest.mark.parametrize("as_of", ["2026-03-31", datetime.date(2026, 3, 31)])
def test_the_day_of_reading_allows_one_day_more(tmp_path, as_of):
    cells = ["2026-04-01 23:59:59", "2026-04-02", "2026-04-02 00:00", "1990-01-01", "1989-12-31"]
    text = as_text(*((cell, *SESSION[1:]) for cell in cells))
    log = read_text(tmp_path, text, as_of=as_of)
    assert log.sessions["source_line"].tolist() == [2, 5]
    assert faults(log) == [
        (3, "date", "2026-04-02", "time-future", FUTURE),
        (4, "date", "2026-04-02 00:00", "time-future", FUTURE),
        (6, "date", "1989-12-31", "time-range", EARLY),
    ]


# Ratings


def test_half_points_and_reductions_are_exact_tenths(tmp_path):
    rows = [
        (f"2025-03-{day:02}", "thigh", "yoga", before, after)
        for day, (before, after) in enumerate(
            [("7", "4.9"), ("6.5", "6.5"), ("0", "10"), ("5.", ".5"), ("07", "-0"), ("8.3", "")], 1
        )
    ]
    log = read_text(tmp_path, as_text(*rows))
    assert log.sessions["pain_reduction"].tolist()[:5] == [2.1, 0.0, -10.0, 4.5, 7.0]
    assert np.isnan(log.sessions["pain_after"].iloc[5])
    assert np.isnan(log.sessions["pain_reduction"].iloc[5])
    assert remarks(log) == []


def test_ratings_with_more_than_one_decimal_are_kept_in_tenths_and_counted(tmp_path):
    rows = [
        ("2025-03-01", "thigh", "yoga", "7.25", "4"),
        ("2025-03-02", "thigh", "yoga", "0.05", "2.349"),
        ("2025-03-03", "thigh", "yoga", "6.50", "0.35"),
    ]
    log = read_text(tmp_path, as_text(*rows))
    assert log.sessions["pain_before"].tolist() == [7.3, 0.1, 6.5]
    assert log.sessions["pain_after"].tolist() == [4.0, 2.3, 0.4]
    assert log.sessions["pain_reduction"].tolist() == [3.3, -2.2, 6.1]
    told = log.remarks[log.remarks["rule"] == "rounded"]
    assert told[["column", "message"]].to_numpy().tolist() == [
        ["before", "2 ratings have more than one decimal; they are kept in tenths"],
        ["after", "2 ratings have more than one decimal; they are kept in tenths"],
    ]


def test_a_stated_scale_of_100_is_kept_as_it_is(tmp_path):
    changes = [
        {"scale": "VAS", "pain_before": "60", "pain_after": "45.5"},
        {"scale": "0-100", "pain_before": "100", "pain_after": "0"},
        {"scale": "", "pain_before": "6", "pain_after": "4"},
        {"scale": "mm", "pain_before": "100.5", "pain_after": "-1"},
    ]
    log = read_text(tmp_path, canonical(*changes))
    assert log.sessions["scale"].tolist() == ["VAS0-100", "VAS0-100", "NRS0-10"]
    assert log.sessions["pain_reduction"].tolist() == [14.5, 100.0, 2.0]
    assert faults(log) == [
        (5, "pain_before", "100.5", "out-of-range", "must be from 0 to 100"),
        (5, "pain_after", "-1", "out-of-range", "must be from 0 to 100"),
    ]


def test_half_of_the_ratings_above_10_are_faults_and_no_scale(tmp_path):
    rows = [("2025-03-01", "thigh", "yoga", "60", "40"), ("2025-03-02", "thigh", "yoga", "6", "4")]
    log = read_text(tmp_path, as_text(*rows))
    assert [row[:3] for row in faults(log)] == [(2, "before", "60"), (2, "after", "40")]


def test_ratings_above_100_are_faults_and_no_scale(tmp_path):
    log = read_text(tmp_path, as_text(("2025-03-01", "thigh", "yoga", "101", "250")))
    assert [row[1:] for row in faults(log)] == [
        ("before", "101", "out-of-range", "must be from 0 to 10"),
        ("after", "250", "out-of-range", "must be from 0 to 10"),
    ]


def test_pain_that_rose_in_every_session_is_asked_about_and_kept(tmp_path):
    def rising(*pairs):
        return canonical(*({"pain_before": b, "pain_after": a} for b, a in pairs))

    sentence = (
        "pain rose in every session of this person; "
        "are the columns before and after swapped? The values are kept"
    )
    log = read_text(tmp_path, rising(("3", "7"), ("2", "6"), ("4", "8"), ("5", "")))
    assert told(log) == [(None, "", "P01", "pain-rose", sentence)]
    assert log.sessions["pain_reduction"].tolist()[:3] == [-4.0, -4.0, -4.0]
    for pairs in (
        [("3", "7"), ("2", "6")],
        [("3", "7"), ("2", "6"), ("4", "4")],
        [("3", "7"), ("2", "6"), ("5", "")],
    ):
        assert told(read_text(tmp_path, rising(*pairs))) == []


# Words


@pytest.mark.parametrize("code", ["007", "7", "1e5", "2E3", "NA", "none", "null", "P" * 32, "_a-B"])
def test_a_participant_code_is_kept_as_it_is_written(tmp_path, code):
    log = read_text(tmp_path, canonical({"participant": f" {code}\u200b"}))
    assert log.sessions["participant"].tolist() == [code]


MISSING = ["", " ", "-", "--", "N/A", "na", "NaN", "None", "NULL", "blank", " - ", "\u200b"]


@pytest.mark.parametrize("word", MISSING)
def test_a_missing_word_is_missing_in_every_optional_column(tmp_path, word):
    optional = [
        column
        for column in COLUMNS
        if column.name == "technique" or not (column.required or column.kind == "text")
    ]
    # Where the technique is missing the tool stands for it, so one row tries each.
    text = canonical(
        {column.name: word for column in optional if column.name != "technique"},
        {column.name: word for column in optional if column.name != "tool"},
    )
    log = read_text(tmp_path, text)
    assert faults(log) == []
    for name in {column.name for column in optional} - {"technique", "tool", "scale"}:
        values = log.sessions[name]
        assert (values.isna() if COLUMN[name].kind in ("number", "rating") else values == "").all()
    assert log.sessions["tool"].tolist() == ["", "tennis_ball"]
    assert log.sessions["technique"].tolist() == ["pressure", "tennis_ball"]
    assert log.sessions["scale"].tolist() == ["NRS0-10", "NRS0-10"]


NOTES = [
    "",
    " ",
    " spaces before and after \t",
    "NA",
    "-",
    "none",
    "=1+1",
    "\ufefftwo\u200bwords\u00ad",
    "Gesa\u0308ß",
    "a,b;c|d\te",
    'a "quoted" word',
    "line\nline\r\nline\rline\n",
    "\u2028\x85\x0b\x0c\x1c",
    "\x01\x1b[31m",
    "<script>alert(1)</script>",
    "😀 \ufffd \ufffe",
]


@pytest.mark.parametrize("column", ["notes", "medicine"])
def test_free_text_is_kept_as_it_is_written(tmp_path, column):
    log = read_text(tmp_path, canonical(*({column: note} for note in NOTES)))
    assert log.sessions[column].tolist() == NOTES


def test_free_text_is_in_no_fault_and_in_no_remark(tmp_path):
    secret = {"notes": "my secret", "medicine": "my secret"}
    start = {"started_at": "2025-03-01 18:40"}
    long = "my secret" * 2_000
    wrong = {column: cell for column, cell, *_ in ROW_FAULTS}
    text = canonical(
        secret | wrong,
        {"notes": long, "medicine": long},
        secret | start,
        secret | start | {"pain_after": "5"},
        secret | {"started_at": "2025-03-02"},
        secret | {"started_at": "2025-03-02"},
        secret | {"started_at": "2025-03-03 10:00"},
        secret | {"started_at": "2025-03-03 10:00"},
        *[secret | {"pain_before": "2.25"}] * 3,
    )
    text += "P01,my secret\n"
    log = read_text(tmp_path, text)
    assert len(log.sessions) == 6
    assert log.sessions["notes"].tolist() == ["my secret"] * 6
    reports = pd.concat([log.refused, log.remarks]).astype("str")
    assert not reports.apply(lambda column: column.str.contains("secret")).any(axis=None)


def test_free_text_is_in_no_refusal_of_a_file(tmp_path):
    for text in (
        f'{HEADER},notes\n{ROW},"my secret\n{ROW},"my secret\n',
        f"{HEADER},notes\n{ROW},my secret,x\n",
        f"{HEADER},notes,\n{ROW},my secret,my secret\n",
    ):
        assert "secret" not in refusal(written(tmp_path, text))


@pytest.mark.parametrize(
    ("logged", "also", "region", "subregion"),
    [
        ("Hamstrings", "", "thighs", "hamstrings"),
        ("biceps femoris", "", "thighs", "hamstrings"),
        ("piriformis muscle", "", "buttocks", "piriformis"),
        ("foot arch", "", "feet", "arch"),
        ("tailbone", "", "lower_back", "coccyx"),
        ("ql", "", "lower_back", "lumbar_muscles"),
        ("hamstrings", "adductors", "thighs", "adductors"),
        ("thigh", "inner thigh", "thighs", "adductors"),
        ("thigh", "", "thighs", ""),
    ],
)
def test_a_muscle_logged_as_region_is_its_region_with_that_part(
    tmp_path, logged, also, region, subregion
):
    log = read_text(tmp_path, canonical({"region": logged, "subregion": also}))
    assert log.sessions[["region", "subregion"]].to_numpy().tolist() == [[region, subregion]]
    assert log.sessions["parts_named"].tolist() == [f"{region}, pressure"]


def test_a_tool_stands_for_a_technique_that_is_blank(tmp_path):
    changes = [
        {"technique": "", "tool": "Piriformis Stretcher"},
        {"technique": "stretch", "tool": "Piriformis Stretcher"},
        {"technique": "piriformis stretcher", "tool": ""},
    ]
    log = read_text(tmp_path, canonical(*changes))
    assert log.sessions[["technique", "tool"]].to_numpy().tolist() == [
        ["piriformis_stretcher", "piriformis_stretcher"],
        ["stretching", "piriformis_stretcher"],
        ["piriformis_stretcher", ""],
    ]


def test_a_log_of_tools_needs_no_technique(tmp_path):
    log = read_text(
        tmp_path,
        as_text((*SESSION[:2], "t-ball", "6", "4"), header=("date", "place", "tool", *FIVE[3:])),
    )
    assert log.sessions[["technique", "tool"]].to_numpy().tolist() == [["tennis_ball"] * 2]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("side", "R", "right"),
        ("side", "Mitte", "middle"),
        ("strength", "firm", "strong"),
        ("numbness_place", "between the legs", "saddle"),
        ("symptom_side", "both legs", "both"),
        ("weakness", "New or worse", "new_or_worse"),
        ("weakness", "none of it", "no"),
        ("bladder_bowel", "1", "yes"),
        ("bladder_bowel", "0", "no"),
        ("bladder_bowel", "✓", "yes"),
        ("numbness_before", "TRUE", "yes"),
        ("numbness_before", "нет", "no"),
        ("numbness_before", "1", "1"),
        ("numbness_before", "10", "10"),
        ("tingling_after", "2.50", "2.5"),
        ("tingling_after", "0", "0"),
    ],
)
def test_an_answer_is_read_by_its_words(tmp_path, column, cell, value):
    log = read_text(tmp_path, canonical({column: cell}))
    assert log.sessions[column].tolist() == [value]


# Rows of one session


def start(time: str = "2025-03-01 18:40", **changes) -> dict:
    return {"started_at": time} | changes


def test_rows_of_one_session_with_other_techniques_are_one_session_of_parts(tmp_path):
    text = canonical(
        start(technique="stretching"),
        {},
        start(technique="yoga", side="right"),
        start(technique="stretching", region="buttocks", subregion=""),
    )
    log = read_text(tmp_path, text)
    assert len(log.sessions) == 2
    session = log.sessions.iloc[0]
    assert session[["region", "subregion", "side", "technique", "tool"]].tolist() == [
        "combined",
        "",
        "",
        "combined",
        "tennis_ball",
    ]
    assert session[
        ["parts", "parts_named", "pain_reduction", "minutes", "source_line"]
    ].tolist() == [
        3,
        "thighs, stretching; thighs, yoga; buttocks, stretching",
        2.0,
        12.5,
        2,
    ]
    sentence = "another part of a session that was kept; the session stays one"
    assert told(log) == [
        (4, "", "", "parts-combined", sentence),
        (5, "", "", "parts-combined", sentence),
    ]
    assert log.sources["dropped"].tolist() == [2]


def test_a_field_that_all_parts_share_stays(tmp_path):
    log = read_text(tmp_path, canonical(start(technique="yoga"), start(technique="stretching")))
    assert log.sessions[["region", "technique", "parts"]].to_numpy().tolist() == [
        ["thighs", "combined", 2]
    ]


def test_a_session_number_keeps_two_sessions_of_one_minute_apart(tmp_path):
    text = as_text(
        ("1", "2025-03-01 18:40", *SESSION[1:]),
        ("2", "2025-03-01 18:40", *SESSION[1:3], "5", "5"),
        header=("session", *FIVE),
    )
    log = read_text(tmp_path, text)
    assert log.sessions["session_number"].tolist() == ["1", "2"]


def test_two_people_may_start_at_the_same_minute(tmp_path):
    log = read_text(tmp_path, canonical(start(), start(participant="P02", pain_after="5")))
    assert len(log.sessions) == 2


def test_identical_rows_are_one_session_and_counted(tmp_path):
    log = read_text(tmp_path, canonical(start(), {}, start(), start()))
    assert log.sessions["source_line"].tolist() == [2, 3]
    assert told(log) == [
        (line, "", "", "duplicate-row", "identical to another row; counted once") for line in (4, 5)
    ]


def test_an_identical_row_of_a_conflict_is_no_session(tmp_path):
    log = read_text(tmp_path, canonical(start(), start(), start(pain_after="5"), {}))
    assert [(row[0], row[3]) for row in faults(log)] == [(2, "conflict"), (4, "conflict")]
    assert dropped_rows(log)["line"].tolist() == [3]


def test_a_part_that_conflicts_refuses_all_parts(tmp_path):
    rows = [start(technique="yoga"), start(technique="pilates"), start(technique="rest", notes="x")]
    log = read_text(tmp_path, canonical(*rows))
    assert [(row[0], row[3]) for row in faults(log)] == [(line, "conflict") for line in (2, 3, 4)]


def test_sessions_with_a_date_alone_keep_the_order_of_the_file(tmp_path):
    rows = [SESSION, SESSION, ("2025-03-01", "hip", "yoga", "3", "3"), ("2025-03-02", *SESSION[1:])]
    log = read_text(tmp_path, as_text(*rows))
    assert log.sessions["session_number"].tolist() == ["day 1", "day 2", "day 3", "day 1"]
    assert remarks(log) == [
        (
            "same-day-order",
            "3 sessions share a date with another one and have no time; they keep the file's order",
        )
    ]


def test_a_refused_row_keeps_its_place_among_the_sessions_of_a_day(tmp_path):
    wrong = read_text(tmp_path, as_text(SESSION, (*SESSION[:3], "six", "4"), SESSION))
    right = read_text(tmp_path, as_text(SESSION, (*SESSION[:3], "6", "4"), SESSION))
    assert wrong.sessions["session_id"].tolist() == right.sessions["session_id"].tolist()[::2]


# Several files


def test_one_file_twice_is_read_once(tmp_path):
    text = canonical({}, {"side": "up"}) + "\n"
    first = written(tmp_path, text, "first.csv")
    again = written(tmp_path, text, "again.csv")
    log = read(first, again)
    assert set(log.sessions["source_file"]) == set(log.refused["file"]) == {"first.csv"}
    assert log.remarks[log.remarks["file"] == "again.csv"].to_numpy().tolist() == [
        [
            "again.csv",
            pd.NA,
            "",
            "",
            "duplicate-file",
            "the file is identical to an earlier one and was read once",
        ]
    ]
    assert log.sources.drop(columns=["sha256", "bytes"]).to_numpy().tolist() == [
        ["first.csv", 3, 1, 1, 0, 0, 1],
        ["again.csv", 3, 0, 0, 2, 0, 1],
    ]


def test_two_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    first = written(tmp_path, canonical(start("2025-03-01 08:00")), "spring/log.csv")
    second = written(
        tmp_path, canonical(start("2025-06-01 08:00"), {"side": "up"}), "summer/log.csv"
    )
    log = read([first, second])
    assert log.sources["file"].tolist() == ["spring/log.csv", "summer/log.csv"]
    assert log.sessions["source_file"].tolist() == ["spring/log.csv", "summer/log.csv"]
    assert log.refused["file"].tolist() == ["summer/log.csv"]


def test_a_grown_export_gives_every_session_once(tmp_path):
    rows = [
        ("2025-03-01", "thigh", "stretch", "6", "4"),
        ("2025-03-01", "thigh", "stretch", "6", "4"),
        ("2025-03-01 18:40", "hip", "yoga", "5", "5"),
        ("2025-03-01 18:40", "hip", "pilates", "5", "5"),
        ("2025-03-02", "foot", "rub", "5", "5"),
        ("2025-03-03", "foot", "hold", "5", ""),
    ]
    more = [("2025-03-03", "foot", "hold", "4", "4"), ("2025-03-04", "calf", "hold", "4", "4")]
    march = written(tmp_path, as_text(*rows), "march.csv")
    april = written(tmp_path, as_text(*rows, *more), "april.csv")
    both, grown = read(march, april), read(april)
    origin = ["source_file", "source_line"]
    assert_frame_equal(both.sessions.drop(columns=origin), grown.sessions.drop(columns=origin))
    assert both.sources[["rows", "kept", "refused", "dropped"]].to_numpy().tolist() == [
        [6, 4, 1, 1],
        [8, 2, 1, 5],
    ]


def told_by_two_files(tmp_path, conflict: str | None) -> SessionLog:
    """Read a session that two files tell differently."""
    first = written(tmp_path, canonical(start(), {}), "a.csv")
    second = written(tmp_path, canonical(start(pain_after="")), "b.csv")
    if conflict is None:
        return read(first, second)
    mapping = written(tmp_path, f"identity: {{conflict: {conflict}}}", "map.yml")
    return read(first, second, mapping=mapping)


@pytest.mark.parametrize(
    ("conflict", "kept", "gone", "message"),
    [
        (None, ("b.csv", 2), "a.csv", "this session says 6 before and 4 after; line 2 of b.csv says 6 before "
         "and nothing after and is used"),
        ("last", ("b.csv", 2), "a.csv", "this session says 6 before and 4 after; line 2 of b.csv says 6 before "
         "and nothing after and is used"),
        ("first", ("a.csv", 2), "b.csv", "this session says 6 before and nothing after; line 2 of a.csv says 6 "
         "before and 4 after and is used"),
    ],
)  # fmt: skip
def test_a_session_that_two_files_tell_differently_is_told_with_both_values(
    tmp_path, conflict, kept, gone, message
):
    log = told_by_two_files(tmp_path, conflict)
    places = list(zip(log.sessions["source_file"], log.sessions["source_line"], strict=True))
    assert sorted(places) == sorted([kept, ("a.csv", 3)])
    changed = log.remarks[log.remarks["rule"] == "changed-session"]
    assert changed[["file", "line", "message"]].to_numpy().tolist() == [[gone, 2, message]]
    assert log.sources["dropped"].sum() == 1


def test_a_mapping_may_refuse_what_two_files_tell_differently(tmp_path):
    log = told_by_two_files(tmp_path, "error")
    assert list(zip(log.refused["file"], log.refused["line"], strict=True)) == [
        ("a.csv", 2),
        ("b.csv", 2),
    ]
    assert log.sources["refused"].tolist() == [1, 1]


def test_the_last_telling_is_counted_in_the_file_that_told_it_first(tmp_path):
    old = written(tmp_path, canonical(start()), "1.csv")
    new = written(tmp_path, canonical(start(pain_after="5")), "2.csv")
    again = written(tmp_path, canonical(start(pain_after="5"), {}), "3.csv")
    log = read(old, new, again)
    assert log.sessions["source_file"].tolist() == ["2.csv", "3.csv"]
    assert [(row.file, row.rule) for row in dropped_rows(log).itertuples()] == [
        ("3.csv", "duplicate-row"),
        ("1.csv", "changed-session"),
    ]


def test_two_logs_without_a_participant_are_not_taken_for_one_person(tmp_path):
    hers = written(tmp_path, as_text(SESSION), "hers.csv")
    his = written(tmp_path, as_text((*SESSION[:3], "3", "3")), "his.csv")
    log = read(hers, his)
    assert log.sources["refused"].tolist() == [1, 1]
    assert set(log.refused["message"]) == {
        "another file without a participant column has this start with other values; are they of one "
        "person? Say so with --person, or add a column participant"
    }
    assert read(hers, his, person="K7").sources["kept"].tolist() == [0, 1]


def test_an_edited_entry_replaces_the_one_with_its_submission(tmp_path):
    mapping = written(tmp_path, "identity: {submission: ID}", "map.yml")
    header = ("ID", *FIVE)
    old = [("1", *SESSION), ("2", "2025-03-02", *SESSION[1:])]
    new = [("1", "2025-02-28", *SESSION[1:]), ("2", "2025-03-02", *SESSION[1:])]
    first = written(tmp_path, as_text(*old, header=header), "march.csv")
    second = written(tmp_path, as_text(*new, header=header), "april.csv")
    log = read(first, second, mapping=mapping, person="P01")
    assert sorted(log.sessions["started_at"].dt.day) == [2, 28]
    assert log.sources[["kept", "dropped"]].to_numpy().tolist() == [[1, 1], [1, 1]]


# Workbooks


def test_cells_of_a_workbook_are_read_as_a_person_sees_them(tmp_path):
    path = workbook(
        tmp_path,
        ("who", *FIVE, "minutes", "bladder", "notes"),
        (
            7,
            datetime.datetime(2025, 3, 1, 18, 40),
            "thigh",
            "yoga",
            6.1,
            0.1 + 0.2,
            12,
            True,
            "a\nb",
        ),
        ("007", "2025-03-02 07:10", "thigh", "yoga", "6", None, 12.5, None, " NA "),
        ("P3", datetime.datetime(2025, 3, 3, 23, 59, 59), "thigh", "yoga", 10, 0, None, "no", 3),
    )
    log = read(path)
    assert log.sessions["participant"].tolist() == ["7", "007", "P3"]
    assert log.sessions["started_at"].tolist() == [
        pd.Timestamp("2025-03-01 18:40"),
        pd.Timestamp("2025-03-02 07:10"),
        pd.Timestamp("2025-03-03 23:59:59"),
    ]
    assert log.sessions["pain_before"].tolist() == [6.1, 6.0, 10.0]
    assert log.sessions["pain_after"].fillna(-1).tolist() == [0.3, -1.0, 0.0]
    assert log.sessions["minutes"].fillna(-1).tolist() == [12.0, 12.5, -1.0]
    assert log.sessions["bladder_bowel"].tolist() == ["yes", "", "no"]
    assert log.sessions["notes"].tolist() == ["a\nb", " NA ", "3"]
    assert "rounded" not in set(log.remarks["rule"])


def test_rows_of_a_workbook_have_the_numbers_of_the_sheet(tmp_path):
    path = workbook(
        tmp_path,
        ("My diary",),
        (),
        FIVE,
        ("2025-03-01", "thigh", "yoga", 6, 4),
        (None, None, None, None, " "),
        ("2025-03-02", "moon", "yoga", 6, 4),
        (),
        ("2025-03-03", "thigh", "yoga", 6, 4),
    )
    log = read(path)
    assert log.sessions["source_line"].tolist() == [4, 8]
    assert [row[:3] for row in faults(log)] == [(6, "place", "moon")]
    assert remarks(log) == [
        ("rows-above-header", "the header was found in line 3; the lines above it are not data"),
        ("rows-blank", "2 blank rows were counted and left out"),
    ]


def test_a_table_may_stand_anywhere_on_the_sheet(tmp_path):
    def moved(book):
        for row, cells in enumerate([FIVE, ("2025-03-01", "thigh", "yoga", 6, 4)], start=5):
            for column, cell in enumerate(cells, start=3):
                book.active.cell(row, column, cell)

    log = read(workbook(tmp_path, change=moved))
    assert log.sessions["source_line"].tolist() == [6]


def test_the_first_visible_sheet_with_a_header_is_read(tmp_path):
    def more(book):
        hidden = book.create_sheet("lists", 0)
        for row in (FIVE, ("2025-03-09", "hip", "pilates", 1, 1)):
            hidden.append(row)
        hidden.sheet_state = "hidden"
        book.create_sheet("read me", 1).append(("How to fill in this log",))
        book.create_chartsheet("chart", 0)

    log = read(workbook(tmp_path, FIVE, ("2025-03-01", "thigh", "yoga", 6, 4), change=more))
    assert log.sessions["region"].tolist() == ["thighs"]


def test_a_workbook_of_the_old_macintosh_has_the_same_dates(tmp_path):
    def old(book):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append((datetime.datetime(2025, 3, 4, 18, 40), "thigh", "yoga", 6, 4))

    log = read(workbook(tmp_path, FIVE, change=old))
    assert log.sessions["started_at"].tolist() == [pd.Timestamp("2025-03-04 18:40")]


def test_a_number_of_days_or_a_clock_alone_is_no_date(tmp_path):
    cells = [45717, datetime.time(18, 40), datetime.timedelta(hours=5), True]
    log = read(workbook(tmp_path, FIVE, *((cell, "thigh", "yoga", 6, 4) for cell in cells)))
    assert [row[2:4] for row in faults(log)] == [
        ("45717", "not-a-time"),
        ("18:40:00", "not-a-time"),
        ("5:00:00", "not-a-time"),
        ("true", "not-a-time"),
    ]


def test_no_decimal_comma_in_a_workbook(tmp_path):
    log = read(workbook(tmp_path, FIVE, ("2025-03-01", "thigh", "yoga", "6,5", 4)))
    assert faults(log) == [(2, "before", "6,5", "not-a-number", NUMBER)]


def test_an_empty_workbook_says_that_there_is_no_header(tmp_path):
    assert refusal(workbook(tmp_path)) == f"log.xlsx: {NO_HEADER}"


def test_a_workbook_is_known_by_its_content(tmp_path):
    path = workbook(tmp_path, FIVE, ("2025-03-01", "thigh", "yoga", 6, 4), name="log.xlsx")
    renamed = path.rename(tmp_path / "log.csv")
    assert len(read(renamed).sessions) == 1


# Mappings

TOP = (
    "this version reads name, preset, recognise, file, join, repeat, pivot, rows, columns, columns_only, terms, "
    "time, identity, example, expect"
)
CANONICAL = ", ".join(COLUMN)
MAPPING_FAULTS = [
    (
        "colums: {region: Where}",
        f"map.yml line 1: unknown key 'colums'; {TOP}; did you mean columns?",
    ),
    ("name: x\nversion: 1\n", f"map.yml line 2: unknown key 'version'; {TOP}"),
    ("true: x", f"map.yml line 1: unknown key 'true'; {TOP}"),
    (
        "name: x\ncolumns:\n  region: Where\n  pain_befor: Before\n",
        "map.yml line 4: unknown key 'pain_befor'; "
        f"this version reads {CANONICAL}; did you mean pain_before?",
    ),
    (
        "columns: {session_number: Nr}",
        f"map.yml line 1: unknown key 'session_number'; this version reads {CANONICAL}",
    ),
    (
        "terms:\n  tool: [roller]\n",
        "map.yml line 2: unknown key 'tool'; this version reads region, technique",
    ),
    (
        "identity: {submision: ID}",
        "map.yml line 1: unknown key 'submision'; this version reads session, submission, conflict; did you "
        "mean submission?",
    ),
    (
        "time:\n\n  zone: Europe/Berlin\n",
        "map.yml line 3: unknown key 'zone'; this version reads timezone, timezone_column, formats, "
        "excel_serials, ambiguous, nonexistent, trailing_zone, date_only; did you mean timezone?",
    ),
    ("- name: x\n", "map.yml line 1: must be names with values; found a list"),
    ("just words", "map.yml line 1: must be names with values; found 'just words'"),
    (
        "name: x\ncolumns: Where\n",
        "map.yml line 2: columns: must be names with values; found 'Where'",
    ),
    ("columns:\n", "map.yml line 1: columns: must be names with values; found ''"),
    ("name: [1]\n", "map.yml line 1: name: must be text; found a list"),
    ("columns: {region: ''}", "map.yml line 1: region: must be text; found ''"),
    ("columns:\n  region: [a, b]\n", "map.yml line 2: region: must be text; found a list"),
    ("terms: {region: knee}", "map.yml line 1: region: must be a list of words; found 'knee'"),
    ("terms: {region: [[1]]}", "map.yml line 1: region: must be a list of words; found a list"),
    (
        "time: {formats: '%d/%m/%Y'}",
        "map.yml line 1: formats: must be a list of words; found '%d/%m/%Y'",
    ),
    ("identity: {session: {}}", "map.yml line 1: session: must be text; found names with values"),
]


@pytest.mark.parametrize(("text", "message"), MAPPING_FAULTS)
def test_a_mapping_outside_the_grammar_says_where(tmp_path, text, message):
    mapping = written(tmp_path, text, "map.yml")
    assert refusal(written(tmp_path, as_text(SESSION)), mapping=mapping) == message


def test_a_mapping_that_is_not_there_says_so(tmp_path):
    path = written(tmp_path, as_text(SESSION))
    missing = tmp_path / "no.yml"
    assert refusal(path, mapping=missing) == (
        f"{missing}: there is no such mapping file; those that come with the kit are "
        + ", ".join(PRESETS)
    )
    assert refusal(path, mapping=str(tmp_path)) == (
        f"{tmp_path}: the mapping file cannot be read; Is a directory"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"name: [",
            "while parsing a flow node expected the node content, but found '<stream end>' "
            'in "<unicode string>", line 1, column 8: name: [ ^',
        ),
        (
            "name: müde".encode("cp1252"),
            "'utf-8' codec can't decode byte 0xfc in position 7: invalid start byte",
        ),
    ],
)
def test_a_mapping_that_is_no_yaml_says_so(tmp_path, content, reason):
    mapping = written(tmp_path, content, "map.yml")
    assert refusal(written(tmp_path, as_text(SESSION)), mapping=mapping) == (
        f"map.yml: the mapping is not valid YAML; {reason}"
    )


def test_a_mapped_column_that_is_not_there_or_there_twice_refuses_the_file(tmp_path):
    header = ("x", "x", *FIVE)
    path = written(tmp_path, as_text(("", "", *SESSION), header=header))
    columns = "the columns are: x, x, date, place, what I did, before, after"
    for source, found, rule in (
        ("Place", "not there", "missing-column"),
        ("x", "twice", "header-duplicate"),
    ):
        mapping = written(tmp_path, f"columns: {{region: {source}}}", "map.yml")
        with pytest.raises(UnusableLog) as error:
            read(path, mapping=mapping)
        assert str(error.value) == (
            f"log.csv: the mapping reads region from the column {source!r}, "
            f"which is {found}; {columns}"
        )
        assert (error.value.fault["rule"], error.value.fault["column"]) == (rule, source)


def test_a_mapping_names_columns_and_the_vocabulary_finds_the_rest(tmp_path):
    text = as_text(
        ("3", "2025-03-01", "hip", "thigh", "stretch", "9", "6", "4"),
        header=("Nr", "Tag", "place", " Wo ", "Was", "before", "NRS now", "after"),
    )
    mapping = written(
        tmp_path,
        "name: mine\n"
        "columns: {started_at: Tag, region: Wo, technique: Was, pain_before: NRS now}\n"
        "identity: {session: Nr}\n",
        "map.yml",
    )
    log = read_text(tmp_path, text, mapping=mapping)
    session = log.sessions.iloc[0]
    assert session[["session_number", "region", "pain_before", "pain_after"]].tolist() == [
        "3",
        "thighs",
        6.0,
        4.0,
    ]
    assert told(log)[:-1] == [
        (None, "Nr", "", "column-taken", "read as session_number"),
        (None, "Tag", "", "column-taken", "read as started_at"),
        (
            None,
            "place",
            "",
            "column-unused",
            "this column is not read; name it in a mapping if it should be",
        ),
        (None, "Wo", "", "column-taken", "read as region"),
        (None, "Was", "", "column-taken", "read as technique"),
        (
            None,
            "before",
            "",
            "column-unused",
            "this column is not read; name it in a mapping if it should be",
        ),
        (None, "NRS now", "", "column-taken", "read as pain_before"),
        (None, "after", "", "column-taken", "read as pain_after"),
    ]


def test_a_mapped_column_is_not_found_once_more_by_its_other_meaning(tmp_path):
    mapping = written(tmp_path, "columns: {region: what I did}", "map.yml")
    text = as_text(
        ("2025-03-01", "thigh", "stretch", "6", "4"),
        header=("date", "what I did", "activity", "before", "after"),
    )
    log = read_text(tmp_path, text, mapping=mapping)
    assert log.sessions[["region", "technique"]].to_numpy().tolist() == [["thighs", "stretching"]]


def test_own_terms_are_kept_as_declared_and_win_over_other_words(tmp_path):
    mapping = written(
        tmp_path,
        "terms:\n  region: [Glute, the Knee]\n  technique: [Stretch, Magnet wand]\n",
        "map.yml",
    )
    rows = [
        ("2025-03-01", "glute", "STRETCH", "6", "4"),
        ("2025-03-02", "the-knee", "magnet  wand", "6", "4"),
        ("2025-03-03", "glutes", "stretches", "6", "4"),
        ("2025-03-04", "the kne", "magnet wands", "6", "4"),
    ]
    log = read_text(tmp_path, as_text(*rows), mapping=mapping)
    assert log.sessions[["region", "technique"]].to_numpy().tolist() == [
        ["Glute", "Stretch"],
        ["the Knee", "Magnet wand"],
        ["buttocks", "stretching"],
    ]
    assert [row[1:] for row in faults(log)] == [
        (
            "place",
            "the kne",
            "unknown-term",
            f"not a region of the vocabulary; did you mean the knee? {REGIONS}",
        ),
        (
            "what I did",
            "magnet wands",
            "unknown-term",
            f"not a technique of the vocabulary; did you mean magnet wand? {TECHNIQUES}",
        ),
    ]


def test_own_techniques_are_own_tools_too(tmp_path):
    mapping = written(tmp_path, "terms: {technique: [Magnet]}", "map.yml")
    log = read_text(tmp_path, canonical({"technique": "", "tool": "magnet"}), mapping=mapping)
    assert log.sessions[["technique", "tool"]].to_numpy().tolist() == [["Magnet", "Magnet"]]


def test_an_empty_mapping_is_none(tmp_path):
    mapping = written(tmp_path, "", "map.yml")
    log = read_text(tmp_path, as_text(SESSION), mapping=mapping)
    assert_frame_equal(log.sessions, read_text(tmp_path, as_text(SESSION)).sessions)


# The same log gives the same sessions


def test_a_session_has_the_same_id_on_every_machine(tmp_path):
    log = read_text(tmp_path, canonical(start(), start("2025-03-02 07:10:30")))
    assert log.sessions["session_id"].tolist() == ["95bf9ebc370cc5f0", "a23d955f0de36991"]


def test_the_id_is_of_person_start_and_number_only(tmp_path):
    one = read_text(tmp_path, canonical(start(), start("2025-03-02 07:10")))
    other = read_text(
        tmp_path,
        canonical(
            start("2025-03-02 07:10", region="feet", pain_before="2", notes="changed"),
            start(participant="P02"),
            start(),
        ),
    )
    ids = other.sessions["session_id"].tolist()
    assert one.sessions["session_id"].tolist() == [ids[2], ids[0]]
    assert ids[1] not in one.sessions["session_id"].tolist()


# What was once wrong


@pytest.mark.parametrize(
    "row", [f'{ROW},"my note\n' + f"{ROW},x\n" * 5_000, f"{ROW},{'x' * 140_000}\n"]
)
def test_a_cell_longer_than_131072_characters_is_no_traceback(tmp_path, row):
    read_or_refuse(written(tmp_path, f"{HEADER},notes\n{row}"))


def test_a_long_note_is_too_long_and_no_open_quote(tmp_path):
    notes = [
        *(f"2025-03-{day:02},thigh,yoga,6,4,x\n" for day in range(1, 31)),
        f"{ROW},{'x' * 140_000}\n",
    ]
    log = read_text(tmp_path, f"{HEADER},notes\n{''.join(notes)}")
    assert [row[3] for row in faults(log)] == ["too-long"]


@pytest.mark.parametrize("cell", ["9" * 20, "9" * 400])
def test_a_huge_number_is_out_of_range(tmp_path, cell):
    log = read_text(tmp_path, canonical({}, {"pain_before": cell}))
    assert [row[3] for row in faults(log)] == ["out-of-range"]


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("2025-03-01", "2025-03-02 18:40"),
        ("2025-03-01", "2025-03-02 18:40:00.5"),
        ("2025-03-01 18:40", "2025-03-02 18:40:00.5"),
    ],
)
def test_the_id_of_a_session_does_not_depend_on_other_sessions(tmp_path, first, other):
    alone = read_text(tmp_path, canonical(start(first)))
    among = read_text(tmp_path, canonical(start(first), start(other)))
    assert among.sessions["session_id"].iloc[0] == alone.sessions["session_id"].iloc[0]


def test_one_path_twice_is_counted_once(tmp_path):
    path = written(tmp_path, canonical(start(), start()))
    assert read(path, path).sources["kept"].tolist() == [1, 0]


def test_two_files_of_one_name_in_folders_of_one_name(tmp_path):
    first = written(tmp_path, canonical(start(), start()), "p1/march/log.csv")
    second = written(tmp_path, canonical(start("2025-03-02")), "p2/march/log.csv")
    log = read(first, second)
    assert log.sources["kept"].tolist() == [1, 1]
    assert log.sources["file"].is_unique


def test_a_relative_path_is_not_named_as_the_root(tmp_path, monkeypatch):
    written(tmp_path, canonical(start("2025-03-02")), "old/log.csv")
    written(tmp_path, canonical(start()))
    monkeypatch.chdir(tmp_path)
    assert not read("log.csv", "old/log.csv").sources["file"].iloc[0].startswith("/")


@pytest.mark.parametrize(
    "text",
    [
        *("null", "~", "0", "false"),
        "name: 2025-13-45",
        "<<: {terms: {region: [knee]}}",
        "time: {formats: ['%d/%m/%Y %Q']}",
        "time: {formats: ['%d/%m/%Y %H:%M %z']}",
        "[" * 2_000,
    ],
)
def test_a_mapping_gives_no_traceback(tmp_path, text):
    rows = [(f"01/0{month}/2025 18:40 +0{month}00", *SESSION[1:]) for month in (1, 2)]
    mapping = written(tmp_path, text, "map.yml")
    try:
        log = read_text(tmp_path, as_text(*rows), mapping=mapping)
    except UserError:
        log = None
    assert log is None or len(log.sources) == 1


@pytest.mark.parametrize("text", ["[]", "terms: {region: [knee]}\nterms: {region: [elbow]}"])
def test_a_mapping_that_says_nothing_or_twice_is_refused(tmp_path, text):
    mapping = written(tmp_path, text, "map.yml")
    refusal(written(tmp_path, as_text(SESSION)), mapping=mapping)


def test_an_own_region_is_never_merged_with_a_part_of_the_vocabulary(tmp_path):
    mapping = written(tmp_path, "terms: {region: [piriformis]}", "map.yml")
    log = read_text(tmp_path, as_text(("2025-03-01", "piriformis", *SESSION[2:])), mapping=mapping)
    assert log.sessions[["region", "subregion"]].to_numpy().tolist() == [["piriformis", ""]]


def test_pain_that_rose_is_asked_about_in_the_file_of_the_person(tmp_path):
    first = written(tmp_path, canonical({}), "first.csv")
    rising = {"participant": "P02", "pain_before": "2", "pain_after": "5"}
    second = written(tmp_path, canonical(rising, rising, rising), "second.csv")
    log = read(first, second)
    assert log.remarks[["file", "rule"]].to_numpy().tolist() == [["second.csv", "pain-rose"]]


def test_a_date_that_fits_neither_order_is_a_fault_of_its_row(tmp_path):
    text = as_text(("15/03/2025", *SESSION[1:]), ("30/20/2025", *SESSION[1:]))
    assert [row[2:4] for row in faults(read_text(tmp_path, text))] == [("30/20/2025", "not-a-time")]


def test_a_short_date_may_have_a_t_before_its_clock(tmp_path):
    log = read_text(tmp_path, as_text(("2025-3-1T18:40", *SESSION[1:])))
    assert log.sessions["started_at"].tolist() == [pd.Timestamp("2025-03-01 18:40")]


def test_a_date_with_an_offset_is_a_date_alone(tmp_path):
    rows = [("2025-03-01+01:00", *SESSION[1:]), ("2025-03-01+01:00", *SESSION[1:3], "5", "5")]
    log = read_text(tmp_path, as_text(*rows))
    assert log.sessions["session_number"].tolist() == ["day 1", "day 2"]


def test_digits_are_ascii_in_every_date(tmp_path):
    log = read_text(tmp_path, as_text(("٢٠٢٥/٠٣/٠١", *SESSION[1:])))
    assert [row[3] for row in faults(log)] == ["not-a-time"]


def test_the_day_of_reading_is_a_day(tmp_path):
    text = as_text(("2026-04-02 10:00", *SESSION[1:]))
    log = read_text(tmp_path, text, as_of=datetime.datetime(2026, 3, 31, 15, 0))
    assert [row[3] for row in faults(log)] == ["time-future"]


def test_a_file_of_conflicts_only_holds_no_session(tmp_path):
    log = read_text(tmp_path, canonical(start(), start(pain_after="5")))
    assert warnings_of(log) == ["no-session"]


@pytest.mark.parametrize("change", [{"minutes": "20"}, {"notes": "another"}])
def test_a_conflict_says_what_differs(tmp_path, change):
    log = read_text(tmp_path, canonical(start(), start(technique="yoga") | change))
    assert [row[3] for row in faults(log)] == ["conflict", "conflict"]
    assert "other ratings" not in faults(log)[0][4]


def test_only_kept_ratings_are_counted_as_rounded(tmp_path):
    log = read_text(
        tmp_path, canonical({}, {"pain_before": "-1.25"}, {"region": "x", "pain_before": "5.55"})
    )
    assert told(log) == []


def test_person_names_the_participant_of_a_log_without_rows(tmp_path):
    log = read_text(tmp_path, HEADER, person="K7")
    assert remarks(log, without=("column-taken", "no-session"))[0][1].endswith("called K7")


@pytest.mark.parametrize("person", ["Anna Example", "../../x", "P" * 33])
def test_person_is_a_code_like_any_participant(tmp_path, person):
    refusal(written(tmp_path, as_text(SESSION)), person=person)


def test_a_symptom_of_minus_nought_is_nought(tmp_path):
    assert read_text(tmp_path, canonical({"numbness_before": "-0"})).sessions[
        "numbness_before"
    ].tolist() == ["0"]


def test_a_text_that_begins_with_pk_is_text(tmp_path):
    log = read_text(tmp_path, as_text(("1", *SESSION), header=("PK", *FIVE)))
    assert len(log.sessions) == 1


def test_a_workbook_that_was_cut_off_is_damaged(tmp_path, a_workbook):
    assert "archive" not in refusal(written(tmp_path, a_workbook[:-100], "log.xlsx"))


def test_a_damaged_version_number_is_no_traceback(tmp_path, a_workbook):
    content = bytearray(a_workbook)
    content[a_workbook.index(b"PK\x01\x02") + 6] = 224
    read_or_refuse(written(tmp_path, bytes(content), "log.xlsx"))


def test_a_stray_cell_at_the_far_end_does_not_end_python(tmp_path):
    def stray(book):
        book.active.cell(2**20, 2**14, "x")

    path = workbook(tmp_path, FIVE, ("2025-03-01", "thigh", "yoga", 6, 4), change=stray)
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\n"
        "from analysis.intake import read_log\n"
        "from analysis.sessions import UserError\n"
        f"try: read_log({str(path)!r}, as_of='2026-03-31')\n"
        "except UserError: pass\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_second_sheet_of_sessions_is_not_lost(tmp_path):
    def april(book):
        sheet = book.create_sheet("April")
        sheet.append(("who", *FIVE))
        sheet.append(("P01", "2025-04-01", "hip", "pilates", 1, 1))

    march = [("who", *FIVE), ("P01", "2025-03-01", "thigh", "yoga", 6, 4)]
    log = read(workbook(tmp_path, *march, change=april))
    assert len(log.sessions) == 2 or warnings_of(log) != []


def test_a_name_longer_than_a_file_system_allows_is_no_traceback(tmp_path):
    refusal(tmp_path / ("x" * 300))


# Properties

SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
STARTS = [
    b"",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"PK\x03\x04",
    b"sep=",
    b"\xd0\xcf\x11\xe0",
]
HEADS = [*STARTS, f"{HEADER}\n".encode(), f"{HEADER}\n{ROW}\n".encode(), HEADER.encode("utf-16")]


@settings(max_examples=150, **SLOW)
@given(st.sampled_from(HEADS), st.binary(max_size=300), st.sampled_from(["x.csv", "x.xlsx"]))
def test_any_bytes_are_read_or_refused(head, tail, name):
    with tempfile.TemporaryDirectory() as folder:
        read_or_refuse(written(Path(folder), head + tail, name))


@settings(max_examples=100, **SLOW)
@given(
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    cut=st.floats(0, 1),
)
def test_a_damaged_workbook_is_read_or_refused(a_workbook, changes, cut):
    content = bytearray(a_workbook)
    for place, byte in changes:
        content[int(place * len(content))] = byte
    if not changes:
        del content[int(cut * len(content)) :]
    with tempfile.TemporaryDirectory() as folder:
        read_or_refuse(written(Path(folder), bytes(content), "x.xlsx"))


NASTY = st.sampled_from(
    [
        *("", " ", "-", "NA", "\t", "\x00", "\x1c", "\x85", "\u2028", "\ufeff", "\u200b", "\u202e"),
        *('"', '""', "'", "a,b", "a;b", "a|b", "a\nb", "a\r\nb", "\r", "\\", "=1+1", "<b>", "{0}"),
        *("é", "e\u0301", "ß", "İ", "٧", "½", "😀", "1e5", "nan", "inf", "-1", "11", "6.25", "6,5"),
        *("5.", ".5", "-.5", "-0", "100", "0x5", "x" * 300, "%s", "sep=,", "PK\x03\x04", "ball"),
        *("2025-03-01T18:40Z", "2025-13-01", "24:00", "13/04/2025", "31.01.2025 8:05 pm"),
        *("0001-01-01", "May 5, 2025", "9999-12-31", "1600-02-30", "2025/3/1 7.5"),
        *("piriformis", "combined", "VAS"),
    ]
)
LIKELY = {
    "started_at": ["2025-03-01", "2025-03-01 18:40", "2025-03-02T07:10:00+01:00", "2025-03-03"],
    "region": ["thigh", "lower back", "piriformis", "hip"],
    "technique": ["stretch", "yoga", "hold", ""],
    "pain_before": ["6", "7.5", "0"],
    "pain_after": ["4", "", "3.25"],
    "participant": ["P01", "P02", "007"],
    "side": ["", "left", "b"],
    "tool": ["", "t-ball"],
    "minutes": ["", "5", "12.5"],
    "scale": ["", "NRS"],
    "numbness_before": ["", "yes", "3"],
    "bladder_bowel": ["", "0"],
    "session_number": ["", "1", "2"],
    "notes": ["", 'fine, "ok"\nyes'],
}
NEEDED = list(LIKELY)[:5]


@st.composite
def tables(draw) -> list[list[str]]:
    """Return a header and rows, most of them sound, some ragged, blank or repeated."""
    header = draw(
        st.permutations(NEEDED + draw(st.lists(st.sampled_from([*LIKELY][5:]), unique=True)))
    )
    cells = {
        name: st.one_of(*[st.sampled_from(LIKELY[name])] * 6, NASTY, st.text(max_size=8))
        for name in header
    }
    sound = st.tuples(*(cells[name] for name in header)).map(list)
    row = st.one_of(
        *[sound] * 8,
        st.just([""] * len(header)),
        st.just([]),
        st.lists(NASTY, max_size=len(header) + 2),
    )
    rows = draw(st.lists(row, max_size=8))
    repeated = draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
    return [header, *rows, *repeated]


@settings(max_examples=80, **SLOW)
@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_row_of_any_table_is_in_exactly_one_place(table, separator, end):
    lines, content = [], ""
    for row in table:
        lines.append(1 + len(re.findall("\r\n|\r|\n", content)))
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerow(
            row
        )
        content += text.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        log = read_or_refuse(written(Path(folder), content))
    if log is None:
        return
    blank = [not "".join(row).strip() for row in table]
    places = [
        *log.sessions["source_line"],
        *log.refused["line"].unique(),
        *dropped_rows(log)["line"],
    ]
    data = [line for line, is_blank in zip(lines, blank, strict=True) if not is_blank][1:]
    assert sorted(places) == data
    assert log.sources["blank"].tolist() == [sum(blank)]


@st.composite
def sound_logs(draw) -> pd.DataFrame:
    """Return sessions as they should be read: one row each, every column of its own type."""
    tenths = st.integers(0, 100).map(lambda number: number / 10)
    words = {
        name: st.sampled_from(["", *dict.fromkeys(vocabulary().words[name].values())])
        for name in [column.name for column in COLUMNS if column.kind == "answer"]
        if name != "scale"
    }
    symptom = st.sampled_from(["", "yes", "no", "0", "2.5", "10"])
    session = {
        "participant": st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,31}", fullmatch=True),
        "started_at": st.datetimes(
            datetime.datetime(1990, 1, 1), datetime.datetime(2026, 4, 1, 23, 59, 59)
        ).map(lambda time: pd.Timestamp(time.replace(microsecond=0))),
        "region": st.sampled_from(vocabulary().regions["code"].tolist()),
        "technique": st.sampled_from(vocabulary().techniques["code"].tolist()),
        "tool": st.sampled_from(["", *vocabulary().techniques["code"]]),
        "subregion": st.sampled_from(["", *vocabulary().subregions["code"]]),
        "minutes": st.one_of(st.just(np.nan), st.integers(4, 720).map(lambda number: number / 4)),
        "pain_before": tenths,
        "pain_after": st.one_of(st.just(np.nan), tenths),
        "scale": st.just("NRS0-10"),
        "notes": st.text(TEXT, max_size=20),
        "medicine": st.text(TEXT, max_size=20),
    } | words
    session |= {
        f"{name}_{when}": symptom
        for name, when in itertools.product(("numbness", "tingling"), ("before", "after"))
    }
    rows = draw(
        st.lists(
            st.fixed_dictionaries(session),
            min_size=1,
            max_size=6,
            unique_by=lambda row: (row["participant"], row["started_at"]),
        )
    )
    return pd.DataFrame(rows)[[column.name for column in COLUMNS]]


def as_cells(sessions: pd.DataFrame) -> list[list[str]]:
    """Return sessions as a person would write them: a blank for what is missing."""
    cells = sessions.assign(started_at=sessions["started_at"].astype(object))
    return [
        ["" if isinstance(cell, float) and np.isnan(cell) else str(cell) for cell in row]
        for row in cells.itertuples(index=False, name=None)
    ]


@settings(max_examples=50, **SLOW)
@given(sound_logs(), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_sound_log_is_read_as_it_was_written(sessions, separator, encoding):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([list(sessions), *as_cells(sessions)])
    with tempfile.TemporaryDirectory() as folder:
        log = read(written(Path(folder), text.getvalue().encode(encoding)))
    assert faults(log) == []
    names = list(sessions)
    assert_frame_equal(log.sessions[names], sessions.astype(empty_sessions()[names].dtypes))


@settings(max_examples=15, **SLOW)
@given(sound_logs())
def test_a_sound_workbook_is_read_as_it_was_written(sessions):
    # A workbook holds no control character and no blank alone; after = stands a formula.
    plain = {
        name: sessions[name]
        .str.replace(r"[^ -<>-~À-ž]", "", regex=True)
        .str.replace("^ +$", "", regex=True)
        for name in ("notes", "medicine")
    }
    sessions = sessions.assign(**plain)
    cells = sessions.astype(object).where(sessions.notna(), None)
    rows = [
        [cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell for cell in row]
        for row in cells.itertuples(index=False, name=None)
    ]
    with tempfile.TemporaryDirectory() as folder:
        log = read(workbook(Path(folder), list(sessions), *rows))
    assert faults(log) == []
    names = list(sessions)
    assert_frame_equal(log.sessions[names], sessions.astype(empty_sessions()[names].dtypes))


@settings(max_examples=30, **SLOW)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_columns_does_not_matter(table, random):
    header, *rows = table
    rows = [row for row in rows if len(row) == len(header)]
    order = random.sample(range(len(header)), len(header))
    logs = []
    with tempfile.TemporaryDirectory() as folder:
        for places in (range(len(header)), order):
            text = io.StringIO(newline="")
            csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
                [[row[place] for place in places] for row in (header, *rows)]
            )
            logs.append(read_or_refuse(written(Path(folder), text.getvalue())))
    first, second = logs
    assert (first is None) == (second is None)
    if first is not None:
        assert_frame_equal(first.sessions, second.sessions)
        assert sorted(faults(first)) == sorted(faults(second))
        assert first.sources["kept"].tolist() == second.sources["kept"].tolist()


@pytest.mark.parametrize("term", ["x" * 41, "abc\u202edef"])
def test_an_own_term_that_would_break_a_page_is_refused(tmp_path, term):
    mapping = written(tmp_path, f"terms: {{technique: [{term}]}}", "map.yml")
    assert refusal(written(tmp_path, as_text(SESSION)), mapping=mapping) == (
        f"map.yml line 1: technique: a term must be at most 40 printable characters; found {term!a}"
    )


def test_a_mapping_is_laid_over_a_preset(tmp_path):
    mapping = written(
        tmp_path,
        "preset: google-forms\n"
        "terms: {technique: [heat pad]}\n"
        "columns: {started_at: When, region: {multi_split: '+'}}\n",
        "map.yml",
    )
    header = ("Timestamp", "When", "place", "what I did", "before", "after")
    row = ("2025/03/09 7:00:00 PM", "2025/03/01 6:40:00 PM", "thigh+hip", "stretch;heat pad", 6, 4)
    log = read_text(tmp_path, as_text(row, header=header), mapping=mapping)
    session = log.sessions.iloc[0]
    assert session[["started_at", "region", "technique", "parts_named"]].tolist() == [
        pd.Timestamp("2025-03-01 18:40"),
        "combined",
        "combined",
        "thighs + hip, stretching + heat pad",
    ]


def test_a_sign_in_a_refused_row_is_told(tmp_path):
    rows = [
        {"bladder_bowel": "yes"},
        {"region": "xyz", "bladder_bowel": "yes"},
        {"region": "xyz", "numbness_place": "saddle"},
        {"region": "xyz", "weakness": "both"},
        {"region": "xyz", "symptom_side": "both"},
        {"region": "xyz"},
    ]
    log = read_text(tmp_path, canonical(*rows))
    told = log.remarks[log.remarks["rule"] == "sign-in-refused"]
    assert told["line"].tolist() == [3, 4, 5, 6]
    assert set(told["message"]) == {
        "this row was refused and has an answer that can need emergency care; read it now, and correct "
        "it so that it is counted"
    }


def test_files_without_a_participant_are_asked_about(tmp_path):
    first = written(tmp_path, as_text(SESSION), "a.csv")
    second = written(tmp_path, as_text(("2025-03-02", *SESSION[1:])), "b.csv")
    asked = read(first, second).remarks
    assert asked.loc[
        asked["rule"] == "one-person-assumed", ["file", "message"]
    ].to_numpy().tolist() == [
        [
            "a.csv",
            "2 files have no column for the participant and are read as one person's; if they are not, "
            "add a column participant to each",
        ]
    ]
    assert "one-person-assumed" not in set(read(first, second, person="K7").remarks["rule"])


def test_files_have_no_names_of_their_own_under_pseudonyms(tmp_path):
    path = written(tmp_path, as_text(SESSION), "anna.csv")
    log = read(path, pseudonyms=tmp_path / "key")
    assert log.sources["file"].tolist() == log.sessions["source_file"].tolist() == ["log 1"]


def test_a_code_in_another_column_is_not_quoted_under_pseudonyms(tmp_path):
    path = written(tmp_path, canonical({}, {"region": "P01"}, {"region": "moon"}))
    log = read(path, pseudonyms=tmp_path / "key")
    assert log.refused["value"].tolist() == ["", "moon"]
    assert read(path).refused["value"].tolist() == ["P01", "moon"]
