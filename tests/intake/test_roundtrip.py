"""A log that is written is read back the same; what is private stays out of everything that is said."""

import csv
import io
import json
import re
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from test_intake import SLOW, canonical, faults, read, read_or_refuse, refusal, sound_logs, written

from analysis.intake import read_log
from analysis.intake.write import write_sessions
from analysis.sessions import COLUMNS, SessionLog, empty_sessions

NAMES = [column.name for column in COLUMNS]
ENDINGS = ("csv", "tsv", "json", "parquet", "xlsx")
#: What no workbook can hold is replaced by this.
NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def as_read(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return sessions as a log gives them when it is read the first time."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        [list(sessions), *sessions.astype(object).where(sessions.notna(), "").to_numpy().tolist()]
    )
    with tempfile.TemporaryDirectory() as folder:
        log = read(written(Path(folder), text.getvalue()))
    assert faults(log) == []
    return log.sessions


def written_and_read(sessions: pd.DataFrame, folder: str, ending: str) -> SessionLog:
    path = Path(folder) / f"log.{ending}"
    write_sessions(sessions, path)
    return read(path)


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=15, **SLOW)
@given(sound_logs())
def test_a_log_that_is_written_is_read_back_the_same(ending, logged):
    sessions = as_read(logged)
    with tempfile.TemporaryDirectory() as folder:
        again = written_and_read(sessions, folder, ending)
    assert faults(again) == []
    wanted = sessions
    if ending == "xlsx":
        held = {
            name: sessions[name].str.replace(NOT_XML, "\ufffd", regex=True)
            for name in ("notes", "medicine")
        }
        wanted = sessions.assign(**held)
    same = [*NAMES, "session_id", "session_number", "started_at_utc", "pain_reduction"]
    assert_frame_equal(again.sessions[same], wanted[same])


@settings(max_examples=30, **SLOW)
@given(
    sound_logs(),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.lists(st.sampled_from(ENDINGS[:4]), min_size=2, max_size=2),
)
def test_a_log_in_two_files_is_the_whole_log_in_any_order(logged, first, endings):
    sessions = as_read(logged)
    here = pd.Series(first[: len(sessions)], index=sessions.index)
    with tempfile.TemporaryDirectory() as folder:
        parts = [part for part in (sessions[here], sessions[~here]) if len(part)]
        paths = [Path(folder) / f"{place}.{ending}" for place, ending in enumerate(endings)]
        paths = paths[: len(parts)]
        for path, part in zip(paths, parts, strict=True):
            write_sessions(part, path)
        logs = [read(*paths), read(*reversed(paths))]
    whole = sessions.sort_values("session_id", ignore_index=True)
    for log in logs:
        assert faults(log) == []
        together = log.sessions.sort_values("session_id", ignore_index=True)
        assert_frame_equal(together[[*NAMES, "session_id"]], whole[[*NAMES, "session_id"]])


KEYS = st.sampled_from([*NAMES[:12], "resourceType", "item", "answer", "linkId", "notes", "", "\0"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6)
)


@settings(max_examples=100, **SLOW)
@given(TREES)
def test_any_json_is_read_or_refused(tree):
    with tempfile.TemporaryDirectory() as folder:
        read_or_refuse(written(Path(folder), json.dumps(tree), "log.json"))


@settings(max_examples=100, **SLOW)
@given(
    st.sampled_from(
        [b"PAR1", b"[{", b'{"resourceType":', b"PK\x03\x04", b'{"participant":"P01"}\n']
    ),
    st.binary(max_size=200),
    st.sampled_from(["x.parquet", "x.json", "x.jsonl", "x.zip", "x.ods"]),
)
def test_any_bytes_of_any_kind_are_read_or_refused(head, tail, name):
    with tempfile.TemporaryDirectory() as folder:
        read_or_refuse(written(Path(folder), head + tail, name))


# What is private

SECRET = "my secret"
#: Rows with a fault each, and rows that are noticed: told twice, in conflict, in parts.
CHANGES = (
    {},
    {"region": "knee"},
    {"technique": "hopping"},
    {"side": "up"},
    {"pain_before": "much"},
    {"pain_after": "11"},
    {"minutes": "0"},
    {"weakness": "rather"},
    {"started_at": "soon"},
    {"started_at": "2025-03-05 10:00"},
    {"started_at": "2025-03-05 10:00"},
    {"started_at": "2025-03-06 10:00"},
    {"started_at": "2025-03-06 10:00", "pain_after": "5"},
    {"started_at": "2025-03-07 10:00"},
    {"started_at": "2025-03-07 10:00", "region": "hip", "subregion": ""},
    {"notes": SECRET * 2_000},
    {"medicine": SECRET * 2_000},
)


def private() -> pd.DataFrame:
    rows = [{"notes": SECRET, "medicine": SECRET} | change for change in CHANGES]
    return pd.read_csv(io.StringIO(canonical(*rows)), dtype=str, keep_default_na=False)


PRIVATE = private()


def put(rows: pd.DataFrame, folder: Path, ending: str) -> Path:
    path = folder / f"log.{ending}"
    match ending:
        case "xlsx":
            rows.to_excel(path, index=False)
        case "json":
            rows.to_json(path, orient="records")
        case "parquet":
            rows.to_parquet(path, index=False)
        case _:
            rows.to_csv(path, index=False)
    return path


def said(log: SessionLog) -> str:
    """Return everything that a log says but the sessions themselves."""
    return log.refused.to_csv() + log.remarks.to_csv() + log.sources.to_csv()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
def test_no_note_is_in_what_is_said_of_a_log(tmp_path, ending):
    log = read(put(PRIVATE, tmp_path, ending))
    assert set(log.sessions["notes"]) == {SECRET}
    assert log.sources["refused"].item() == 12
    assert SECRET not in said(log)


MULTI = [
    'region: {from: region, multi_split: "|"}',
    "region: {from: region, multi_labels: true}",
    "region: {multi_columns: {pattern: 'is (.+)', on: ['1']}}",
]


@pytest.mark.parametrize("rule", MULTI)
@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
def test_no_note_is_in_what_is_said_of_a_log_with_a_mapping(tmp_path, rule, ending):
    mapping = written(tmp_path, f"columns:\n  {rule}\n", "multi.yml")
    rows = PRIVATE.assign(region="hip|knee", **{"is hip": "1", "is knee": "perhaps"})
    if "multi_columns" in rule:
        rows = rows.drop(columns="region")
    log = read(put(rows, tmp_path, ending), mapping=mapping)
    assert log.sources["refused"].item() == len(rows)
    assert SECRET not in said(log)


@pytest.mark.parametrize("ending", ["xlsx", "json", "parquet"])
def test_no_note_is_in_the_refusal_of_a_file(tmp_path, ending):
    for rows in (PRIVATE.drop(columns="region"), PRIVATE.assign(pain_before="60", pain_after="50")):
        assert SECRET not in refusal(put(rows, tmp_path, ending))


CODES = ("Anna7", "ANNA7", "Bert9")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
def test_with_pseudonyms_no_code_is_anywhere_in_a_log(tmp_path, ending):
    codes = [CODES[place % len(CODES)] for place in range(len(PRIVATE))]
    rows = PRIVATE.assign(participant=codes, notes="", medicine="")
    # A name where a code belongs, and one that differs from another in capital letters only.
    rows.loc[1, "participant"] = "Anna7 Example"
    log = read_log(put(rows, tmp_path, ending), as_of="2026-03-31", pseudonyms=tmp_path / "key.txt")
    assert log.sessions["participant"].str.fullmatch("p[a-z2-7]{12}").all()
    assert log.sessions["participant"].nunique() == len(CODES)
    everything = (said(log) + log.sessions.to_csv()).casefold()
    assert not [code for code in CODES if code.casefold() in everything]


def test_with_pseudonyms_a_changed_session_and_swapped_columns_name_nobody(tmp_path):
    changes = [{"participant": "Anna7", "pain_before": "3", "pain_after": "7"}] * 3
    first = written(tmp_path, canonical(*changes), "a.csv")
    second = written(tmp_path, canonical(*[row | {"pain_after": "8"} for row in changes]), "b.csv")
    log = read_log(first, second, as_of="2026-03-31", pseudonyms=tmp_path / "key.txt")
    assert {"pain-rose", "changed-session"} <= set(log.remarks["rule"])
    assert "anna7" not in (said(log) + log.sessions.to_csv()).casefold()


def test_a_log_without_a_session_is_written_and_read_back(tmp_path):
    path = tmp_path / "log.csv"
    write_sessions(empty_sessions(), path)
    assert len(read(path).sessions) == 0
