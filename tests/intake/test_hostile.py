"""Hostile files: each does what ``tests/hostile/expectations.csv`` says it must.

Files of others are not copied; where they do not stand beside the checkout, their tests are skipped.
"""

import csv
import json
import re
from pathlib import Path

import openpyxl
import pytest
import yaml
from pandas.testing import assert_frame_equal
from shared import shared
from test_intake import AS_OF, NO_HEADER, faults, read, refusal, remarks, warnings_of, written

from analysis.intake import read_log
from analysis.intake.cells import open_log
from analysis.intake.mapping import load_mapping
from analysis.intake.write import write_sessions
from analysis.sessions import COLUMNS, UnusableLog
from analysis.vocabulary import fold, vocabulary

HERE = Path(__file__).parents[1] / "hostile"
NAMES = [column.name for column in COLUMNS]


def expectations() -> list[dict]:
    with (HERE / "expectations.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


CASES = expectations()
TABLES = [case for case in CASES if case["category"] == "table"]
MAPPING_OF = {case["file"]: case["needs_mapping"] for case in CASES}


def hostile(name: str) -> Path:
    return HERE / name if (HERE / name).exists() else shared("hostile", *name.split("/"))


def log_of(name: str):
    """Read a hostile file with the mapping that it needs."""
    mapping = MAPPING_OF[name]
    return read(hostile(name), mapping=hostile(mapping) if mapping else None)


#: Makes a session of every row of any table: what a session needs and the table lacks is the same in each.
ANY_TABLE = {
    "columns_only": True,
    "columns": {
        "started_at": {"const": "2025-03-01"},
        "region": {"const": "hip"},
        "technique": {"const": "yoga"},
        "pain_before": {"const": "6"},
        "pain_after": {"const": "4"},
    },
}


def mapping_for(case: dict, folder: Path) -> Path | None:
    if not case["needs_mapping"]:
        return None
    mapping = hostile(case["needs_mapping"])
    if case["category"] != "table":
        return mapping
    rules = yaml.safe_load(mapping.read_text("utf-8"))
    columns = ANY_TABLE["columns"] | rules.get("columns", {})
    return written(folder, json.dumps(rules | ANY_TABLE | {"columns": columns}), "table.map.yml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_hostile_file_does_what_it_must(tmp_path, case):
    try:
        log = read(hostile(case["file"]), mapping=mapping_for(case, tmp_path))
    except UnusableLog:
        verdict, kept = "reject_file", 0
    else:
        kept = len(log.sessions)
        verdict = "accept_with_warning" if warnings_of(log) else "accept"
        verdict = "row_errors" if len(log.refused) else verdict
    assert (verdict, str(kept)) == (case["verdict"], case["sessions_kept"])


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case["file"])
def test_a_table_that_is_no_session_log_is_refused_with_a_sentence(case):
    path = hostile(case["file"])
    assert refusal(path) == f"{path.name}: {NO_HEADER}"


# The table reader alone


def records(name: str) -> list[dict]:
    mapping = load_mapping(hostile(MAPPING_OF[name]))
    (table,) = open_log(hostile(name), mapping, lambda _: False).tables
    rows = [row for chunk in table.chunks for row in chunk.cells.to_pylist()]
    return [dict(zip(table.header, row.values(), strict=True)) for row in rows]


SPECTRUM = [case["file"] for case in TABLES if "records equal" in case["what_must_happen"]]


@pytest.mark.parametrize("name", SPECTRUM)
def test_cells_are_those_of_the_records_beside_them(name):
    wanted = hostile(name.removesuffix(".csv") + ".json").read_text("utf-8")
    assert records(name) == json.loads(wanted)


def test_letters_lost_before_are_kept_as_they_came():
    name = "public/csv-spectrum/location_coordinates.csv"
    wanted = json.loads(hostile(name.removesuffix(".csv") + ".json").read_text("utf-8"))
    (found,) = records(name)
    telephone = "Contact Phone Number"
    assert found | {telephone: ""} == wanted | {telephone: ""}


@pytest.mark.parametrize(
    ("name", "row", "wanted"),
    [
        ("bom.csv", 0, {"id": "1", "name": "english"}),
        ("latin1.csv", 1, {"id": "2", "name": "©"}),
        ("table-infer-iso-8859-7.csv", 2, {"id": "3", "age": "36", "name": "Ìõñùí"}),
        ("skip-rows.csv", 0, {"id": "1", "name": "english"}),
        ("skip-rows.csv", 1, {"id": "2", "name": "中国人"}),
        ("issue-1105-timezone.csv", 1, {"id": "1", "timestamp": "2020-01-01T15:00:00+03:00"}),
        ("preserve-formatting-percentage.xlsx", 0, {"col1": "123", "col2": "0.52"}),
    ],
)
def test_what_stands_in_the_tables_of_others(name, row, wanted):
    assert records(f"public/frictionless/{name}")[row] == wanted


# What must happen beyond the verdict


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("dia_cr_only.csv", [2, 3]),
        ("dia_newline_in_note.csv", [2, 4]),
        ("dia_sep_line.csv", [3, 4]),
        ("dup_rows_inside_file.csv", [2, 4]),
        ("str_title_rows_above_header.csv", [4, 5]),
        ("xlsx_1904_date_system.xlsx", [2]),
    ],
)
def test_the_sessions_stand_in_these_lines(name, lines):
    assert log_of(name).sessions["source_line"].tolist() == lines


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("xlsx_1904_date_system.xlsx", ["2025-03-04 18:40:00"]),
        ("time_12_hour.csv", [f"2025-03-01 {clock}:00" for clock in ("00:15", "12:15", "18:40")]),
        ("time_google_forms_EST_in_summer.csv", ["2025-07-01 18:40:11"]),
        (
            "time_mixed_offsets.csv",
            [
                f"2025-{day}:00"
                for day in ("03-01 18:40", "07-02 18:40", "07-03 16:40", "07-04 18:40")
            ],
        ),
        ("val_msforms_trailing_semicolon.csv", ["2025-03-01 18:40:05"]),
        ("val_swapped_headers_german.csv", ["2025-03-01 18:40:00"]),
    ],
)
def test_the_wall_time_is_the_one_that_was_written(name, starts):
    assert log_of(name).sessions["started_at"].astype(str).tolist() == starts


@pytest.mark.parametrize(
    ("name", "instants"),
    [
        ("time_google_forms_EST_in_summer.csv", ["2025-07-01 22:40:11"]),
        (
            "time_mixed_offsets.csv",
            [
                f"2025-{day}:00"
                for day in ("03-01 17:40", "07-02 16:40", "07-03 16:40", "07-04 16:40")
            ],
        ),
        ("val_swapped_headers_german.csv", ["2025-03-01 17:40:00"]),
    ],
)
def test_the_instant_is_known_where_an_offset_or_a_zone_is(name, instants):
    assert log_of(name).sessions["started_at_utc"].astype(str).tolist() == instants


#: Why each file is refused.
REFUSALS = {
    "zip_slip_odk_export.zip": ": the archive holds a file whose name leads out of it; export it again",
    "enc_utf16be_nobom.csv": ": the text looks like UTF-16 without a mark; save it as UTF-8",
    "xlsx_encrypted_stub.xlsx": ": the workbook has a password or is an old .xls; remove the password "
    "and save it as .xlsx",
    "xlsx_is_csv.xlsx": ": the name says workbook, the content is text; rename it to .csv",
    "xlsx_merged_two_row_header.xlsx": " line 2: cells of the header are merged (row 2, column 7); undo "
    "the merging, or state header_rows and fill_merged: true in a mapping",
    "xlsx_zip_bomb.xlsx": ": the workbook unpacks to 135,660,945 bytes, more than 67,108,864; save the "
    "log sheet as CSV",
    "json_deep_nesting.json": ": the values are nested too deeply, more than 64 levels; is it the right "
    "file?",
    "str_20000_columns.csv": " line 1: the table has 20,009 columns, more than 2,000; is it the right "
    "file?",
    "str_bom_only.csv": ": the file is empty; export the log again",
    "str_empty_0_bytes.csv": ": the file is empty; export the log again",
    "str_headers_equal_after_normalising.csv": ": 'pain_before' and ' Pain Before ' both mean "
    "pain_before; rename one, or say in a mapping which one to read",
    "str_no_header.csv": f": {NO_HEADER}",
    "str_one_extra_field_every_row.csv": " line 2: every row has another number of cells than the "
    "header (9); found 10. A comma inside a cell needs quotes",
    "time_dmy_then_mdy_mixed.csv": ": '13/04/2025 18:40' (line 2) has the day first and "
    "'04/13/2025 07:10' (line 3) the month; write dates as 2026-03-31, or state the order: save a line "
    'such as time: {formats: ["%d/%m/%Y"]} (day first) or time: {formats: ["%m/%d/%Y"]} (month first) '
    "as my.yml and add --mapping my.yml",
    "bearable_2021.csv": ": the file is an export of Bearable, which keeps a severity from 1 to 4 for a "
    "part of the day and no pain before and after a session; keep a table with the columns date, "
    "region, technique, pain before, pain after",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_hostile_file_is_refused_with_its_reason(name):
    assert refusal(hostile(name)) == f"{name}{REFUSALS[name]}"


def test_every_hostile_file_that_is_refused_has_its_reason_here():
    refused = {
        case["file"] for case in CASES if case["verdict"] == "reject_file" and case not in TABLES
    }
    assert set(REFUSALS) == refused


#: What a person is warned of.
WARNINGS = {
    "enc_cp1251_russian.csv": [
        (
            "encoding-assumed",
            "the text is not UTF-8 and was read as Windows-1252; if letters look wrong, save the file "
            "as UTF-8",
        ),
        ("no-session", "the file holds no usable session"),
    ],
    "enc_double_bom.csv": [("bom-repeated", "the file begins with two byte-order marks")],
    "dup_rows_inside_file.csv": [("duplicate-row", "identical to another row; counted once")],
    "str_title_rows_above_header.csv": [
        (
            "rows-above-header",
            "the header was found in line 3; the lines above it are not data",
        )
    ],
    "val_before_after_swapped.csv": [
        (
            "pain-rose",
            "pain rose in every session of this person; are the columns before and after swapped? The "
            "values are kept",
        )
    ],
    "time_google_forms_EST_in_summer.csv": [
        (
            "zone-untrusted",
            "1 times name a zone such as EST, which is not trusted; they were read in the stated zone "
            "America/New_York",
        )
    ],
    "time_mixed_offsets.csv": [
        (
            "zone-mixed",
            "1 times carry no offset from UTC and others do; those without were read in the stated zone "
            "Europe/Berlin",
        )
    ],
}


@pytest.mark.parametrize("name", WARNINGS)
def test_a_hostile_file_is_read_with_its_warning(name):
    log = log_of(name)
    rules = warnings_of(log)
    assert [said for said in remarks(log) if said[0] in rules] == WARNINGS[name]


NOT_A_TIME = "must be a date, or a date with a time, such as 2026-03-31 18:40"


def test_an_unknown_word_in_an_assumed_encoding_names_that_as_the_likely_cause():
    (fault,) = faults(log_of("enc_cp1251_russian.csv"))
    assert fault == (
        *(2, "region", "ïîÿñíèöà", "unknown-term"),
        "the file's encoding was assumed, a likely cause: save it as UTF-8 and read it again; not a "
        "region of the vocabulary; write one of: lower back, buttocks, thighs, feet, hip, calf, other "
        "region, several regions; or declare your own under terms: in a mapping",
    )


def test_times_on_a_twelve_hour_clock_need_what_the_format_says():
    assert faults(log_of("time_12_hour.csv")) == [
        (line, "started_at", f"2025-03-01 {clock}", "not-a-time", NOT_A_TIME)
        for line, clock in ((5, "6:40p"), (6, "13:40 PM"), (7, "noon"))
    ]


def test_impossible_times_are_eleven_faults():
    log = log_of("time_impossible.csv")
    assert log.refused["line"].tolist() == list(range(2, 13))
    rules = dict(zip(log.refused["value"], log.refused["rule"], strict=True))
    assert rules.pop("2099-01-01 10:00") == "time-future"
    assert rules.pop("1899-12-30 10:00") == "time-range"
    assert rules.pop("") == "missing"
    assert [*rules] == [
        *("2025-02-29 10:00", "0000-00-00", "2025-03-01 24:00", "2025-03-01 23:60"),
        *("45717.7777", "1740850800", "yesterday", "3pm"),
    ]
    assert set(rules.values()) == {"not-a-time"}


def test_a_formula_that_was_never_computed_is_no_missing_rating():
    assert faults(log_of("xlsx_formula_no_cached_value.xlsx")) == [
        (
            *(2, "pain_after", "=G2-2", "formula-no-result"),
            "the cell holds a formula that was never computed; open the workbook in Excel and save it",
        )
    ]


def test_a_formula_is_no_participant():
    assert faults(log_of("inj_formula.csv")) == [
        (
            *(13, "participant", "=1+1", "participant-code"),
            "a participant is a code of the letters A-Z, digits, _ and -, up to 32 characters; replace "
            "the name by a code such as P01",
        )
    ]


def test_pain_that_is_no_number_is_quoted_and_never_guessed():
    name = "val_pain_words.csv"
    with hostile(name).open(encoding="utf-8", newline="") as table:
        logged = [row["pain_before"] for row in csv.DictReader(table)]
    log = log_of(name)
    kept = [logged[line - 2] for line in log.sessions["source_line"]]
    assert kept == [" 5 ", "5.", "0", "10", "7.25"]
    assert log.sessions["pain_before"].tolist() == [5.0, 5.0, 0.0, 10.0, 7.3]
    assert log.refused["value"].tolist() == [cell for cell in logged if cell not in kept]
    assert set(log.refused["column"]) == {"pain_before"}
    assert len(log.refused) == log.refused["line"].nunique() == 25


@pytest.mark.parametrize(
    ("name", "columns", "cells"),
    [
        ("enc_utf8_bom.csv", ["participant"], [["P01"], ["P02"]]),
        ("enc_double_bom.csv", ["participant"], [["P01"], ["P02"]]),
        ("dia_newline_in_note.csv", ["notes"], [['line 1\nline 2; "quoted", comma'], ["fine"]]),
        (
            "val_leading_zero_ids.csv",
            ["participant"],
            [["007"], ["7"], ["1e5"], ["2E3"], ["0123456789012345678901"]],
        ),
        (
            "val_na_words.csv",
            ["side", "notes"],
            [["", word] for word in ("NA", "None", "none", "null", "nan", "N/A", "n/a", "-")],
        ),
        (
            "val_before_after_swapped.csv",
            ["pain_before", "pain_after"],
            [[3.0, 7.0], [2.0, 6.0], [4.0, 8.0]],
        ),
        ("val_swapped_headers_german.csv", ["pain_before", "pain_after"], [[6.0, 4.0]]),
        (
            "val_msforms_trailing_semicolon.csv",
            ["parts", "parts_named", "pain_reduction"],
            [[4, "hip + buttocks, yoga + stretching", 2.0]],
        ),
        ("kobo_labels_space_joined.csv", ["parts"], [[4], [1]]),
        ("redcap_labels_headers.csv", ["parts"], [[2], [1]]),
    ],
)
def test_what_hostile_files_keep_in_their_cells(name, columns, cells):
    assert log_of(name).sessions[columns].to_numpy().tolist() == cells


def test_nothing_is_unpacked_from_an_archive_whose_names_lead_out_of_it(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    log = written(inside, hostile("zip_slip_odk_export.zip").read_bytes(), "log.zip")
    monkeypatch.chdir(inside)
    refusal(log)
    assert [*tmp_path.rglob("*")] == [inside, log]


MERGED = """
file: {header_rows: [2, 3]FILL}
time: {timezone: Europe/Berlin}
columns: {participant: Code, started_at: When}
terms: {technique: [rolling, ball]}
"""


def test_merged_cells_are_read_as_a_mapping_says(tmp_path):
    book = hostile("xlsx_merged_two_row_header.xlsx")
    filled = read(
        book, mapping=written(tmp_path, MERGED.replace("FILL", ", fill_merged: true"), "map.yml")
    )
    assert filled.sessions["source_line"].tolist() == [4, 5, 6, 7]
    assert filled.sessions["participant"].iloc[0] == filled.sessions["participant"].iloc[1]
    assert faults(filled) == []


# The big list of naughty strings, as notes


@pytest.fixture(scope="module")
def naughty():
    return read_log(hostile("blns_in_notes.csv"), as_of=AS_OF)


@pytest.fixture(scope="module")
def strings() -> list[str]:
    return json.loads(hostile("public/blns.json").read_text("utf-8"))


def test_every_naughty_string_is_kept_as_a_note(naughty, strings):
    assert naughty.sessions["notes"].tolist() == strings
    # A row that spans lines starts in its first line.
    assert naughty.sessions["source_line"].is_monotonic_increasing


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "parquet"])
def test_naughty_notes_are_written_and_read_back(tmp_path, naughty, ending):
    assert write_sessions(naughty.sessions, tmp_path / f"log.{ending}") == 0
    again = read(tmp_path / f"log.{ending}")
    assert_frame_equal(again.sessions[NAMES], naughty.sessions[NAMES])


def test_naughty_notes_are_written_to_a_workbook_but_for_what_xml_cannot_hold(
    tmp_path, naughty, strings
):
    held = [re.subn("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text) for text in strings]
    lost = write_sessions(naughty.sessions, tmp_path / "log.xlsx")
    assert lost == sum(count for _, count in held) > 0
    again = read(tmp_path / "log.xlsx")
    assert again.sessions["notes"].tolist() == [text for text, _ in held]


@pytest.mark.parametrize("name", ["inj_formula.csv", "blns_in_notes.csv"])
def test_no_cell_that_we_write_is_a_formula(tmp_path, name):
    sessions = log_of(name).sessions
    write_sessions(sessions, tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as table:
        cells = [cell for row in csv.reader(table) for cell in row]
    assert [cell for cell in cells if re.match("[=+\\-@\t\r\n\0＝＋－＠]", cell)] == []
    write_sessions(sessions, tmp_path / "log.xlsx")
    book = openpyxl.load_workbook(tmp_path / "log.xlsx")
    kinds = {cell.data_type for row in book.active.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    assert not any(cell.hyperlink for row in book.active.iter_rows() for cell in row)
    book.close()


# Words of others


def test_the_words_of_other_logs_are_known_or_called_ambiguous():
    words = yaml.safe_load((HERE / "aliases.yml").read_text("utf-8"))
    known = vocabulary().words
    assert [word for word in words["missing"] if fold(word) not in vocabulary().missing] == []
    assert [
        word
        for name, others in words["headers"].items()
        for word in (name, *others)
        if fold(word) not in vocabulary().headers
    ] == []
    assert [
        word
        for column in ("region", "technique", "side")
        for term, others in words[column].items()
        for word in (term, *others)
        if fold(word) not in known[column]
    ] == [
        # The guide has no one meaning for these; a mapping says what a log means by them.
        *("rolling", "ball"),
        *("ball / trigger-point pressure", "ball / triggerpunkt"),
    ]


# A published trial


def test_the_published_trial_is_read_with_its_own_terms():
    log = read(
        shared("datasets", "vallbona1997_magnets.csv"),
        mapping=shared("datasets", "vallbona1997_magnets.map.yml"),
    )
    assert faults(log) == []
    sessions = log.sessions
    assert sessions["technique"].value_counts().to_dict() == {"magnet": 29, "placebo": 21}
    assert set(sessions["region"]) == {"trigger point"}
    assert sessions["participant"].tolist() == [f"M{number:02}" for number in range(1, 51)]
    assert int((sessions["pain_reduction"] == 0).sum()) == 15
