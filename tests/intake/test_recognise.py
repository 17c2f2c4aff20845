"""Which tool wrote a file, which of its tables is the log, and which apps keep no session log."""

import csv

import pytest
from shared import shared

from analysis.intake.mapping import NO_MAPPING, PRESETS, FileRules, Join, preset
from analysis.intake.recognise import (
    choose,
    choose_parents,
    known,
    recognise,
    refuse_apple,
    refuse_known,
)
from analysis.intake.table import Table
from analysis.sessions import UnusableLog

INSTEAD = "; keep a table with the columns date, region, technique, pain before, pain after"
LOG = ("date", "place", "before", "after")


def named(*header: str, name: str = "") -> Table:
    return Table(name, list(header), 1, iter([]), [])


def sample(*path: str, separator: str = ",") -> Table:
    text = shared(*path).read_text("utf-8")
    return named(*next(csv.reader(text.splitlines(), delimiter=separator)))


@pytest.mark.parametrize(
    ("path", "separator", "name"),
    [
        ("forms/googleforms_csv_download.csv", ",", "google-forms"),
        ("forms/googleforms_sheet_labels_with_commas.csv", ",", "google-forms"),
        ("forms/msforms_saved_as_csv.csv", ",", "microsoft-forms"),
        ("redcap/own_session_log_raw.csv", ",", "redcap-raw"),
        ("redcap/own_session_log_labels.csv", ",", "redcap-labels"),
        ("kobo/kobo_flat_xml_both_hier.csv", ";", "kobo"),
        ("kobo/kobo_flat_labels_de_both.csv", ";", "kobo"),
        ("odk/sciatica_log.csv", ",", "odk"),
        ("odk/sciatica_log-session.csv", ",", "odk-repeat"),
        ("handmade/german_semicolon.csv", ";", None),
        ("apps/daylio_layout.csv", ",", None),
    ],
)
def test_a_sample_is_known_by_its_header(path, separator, name):
    found = recognise([sample("samples", *path.split("/"), separator=separator)], [])
    assert (found and found.name) == name


def test_the_template_needs_its_hidden_sheet():
    log = named("participant", "started_at", "region", "technique", "pain_before", "pain_after")
    assert recognise([log], ["lists", "_schema"]).name == "reliefbook-template"
    assert recognise([log], ["lists"]) is None


def test_a_repeat_group_comes_before_the_flat_form():
    parents = named("start", "_id", "_uuid", "_submission_time", "_index")
    child = named("region", "_index", "_parent_table_name", "_parent_index")
    assert recognise([parents, child], []).name == "kobo-repeat"
    assert recognise([parents], []).name == "kobo"


def test_fhir_is_known_by_the_columns_of_its_reader():
    assert recognise([named("_id", "_status", "_authored", "_subject", "x")], []).name == "fhir"


def test_every_preset_can_be_recognised():
    for name in PRESETS:
        rule = preset(name).recognise
        header = (*rule.all_of, *rule.any_of)
        assert recognise([named(*header)], [rule.sheet]).name == name


def test_names_are_compared_whole():
    assert recognise([named("timestamp", *LOG)], []) is None
    assert recognise([named("Timestamp", "Start time", *LOG)], []) is None
    assert recognise([named(" Timestamp\u200b", *LOG)], []).name == "google-forms"


def test_headers_of_a_tool_are_known():
    headers = ["place", "session/region/hip", "_uuid", "KEY", "region___hip",
               "What did you do? (choice=Yoga)", "Repeat Instance", "hello"]  # fmt: skip
    assert [known(header) for header in headers] == [True] * 7 + [False]


# Which table


def test_the_first_table_that_names_a_log_is_read_and_the_others_are_told():
    tables = [named("a", "b", name="readme"), named(*LOG, name="march"), named(*LOG, name="april")]
    chosen = choose(tables, NO_MAPPING, "log.xlsx")
    assert chosen.name == "march"
    assert [(said["rule"], said["message"]) for said in chosen.remarks] == [
        (
            "sheet-unread",
            "the sheet 'april' looks like a log too and was not read, only 'march'; save it as a file "
            "of its own and give both",
        )
    ]
    assert choose(tables[:1], NO_MAPPING, "log.xlsx").name == "readme"


@pytest.mark.parametrize(
    "rules",
    [FileRules(sheet="april"), FileRules(member="april"), FileRules(sheet_with=("x", "date"))],
)
def test_the_table_that_a_mapping_names_is_read(rules):
    tables = [named(*LOG, name="march"), named(*LOG, "x", name="april")]
    chosen = choose(tables, NO_MAPPING._replace(file=rules), "log.xlsx")
    assert (chosen.name, chosen.remarks) == ("april", [])


def test_a_sheet_that_a_preset_names_may_have_another_name():
    table = named(*LOG, name="Sheet1")
    assert choose([table], preset("reliefbook-template"), "log.xlsx") is table


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (FileRules(sheet="May"), "'May'"),
        (FileRules(sheet_with=("x", "y")), "one with the columns x, y"),
    ],
)
def test_a_table_that_is_not_there_refuses_the_file(rules, what):
    tables = [named(*LOG, name="march"), named("x", name="april")]
    with pytest.raises(UnusableLog) as error:
        choose(tables, NO_MAPPING._replace(file=rules), "log.xlsx")
    assert error.value.fault["rule"] == "missing-sheet"
    assert str(error.value) == (
        f"log.xlsx: the mapping reads the table {what}, which is not there; the tables are: 'march', "
        "'april'"
    )


def test_parents_are_found_by_their_own_columns():
    tables = [
        named("_parent_index", "_index"),
        named("_uuid", "_submission_time", "_index", name="p"),
    ]
    assert choose(tables, preset("kobo-repeat"), "log.xlsx") is tables[0]
    assert choose_parents(tables, preset("kobo-repeat"), "log.xlsx") is tables[1]
    join = Join("a", "b", sheet="p")
    assert choose_parents(tables, NO_MAPPING._replace(join=join), "log.xlsx") is tables[1]


@pytest.mark.parametrize(
    ("name", "left"), [("odk-repeat", "PARENT_KEY"), ("kobo-repeat", "_parent_index")]
)
def test_children_without_their_parents_say_what_to_give(name, left):
    child = named(*preset(name).recognise.all_of, *LOG)
    with pytest.raises(UnusableLog) as error:
        choose_parents([child], preset(name), "child.csv")
    assert error.value.fault["rule"] == "missing-sheet"
    assert str(error.value) == (
        f"child.csv: the rows name their parent in {left}, and the table of the parents is not in this "
        "file; give the whole export, the zip of ODK Central or the workbook of KoboToolbox"
    )


def test_parents_that_a_mapping_names_and_that_are_not_there():
    mapping = NO_MAPPING._replace(join=Join("a", "b", sheet="p"))
    with pytest.raises(UnusableLog) as error:
        choose_parents([named(*LOG, name="march")], mapping, "log.xlsx")
    assert str(error.value) == (
        "log.xlsx: the mapping reads the table 'p', which is not there; the tables are: 'march'"
    )


# Apps


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "hostile/bearable_2021.csv",
            "the file is an export of Bearable, which keeps a severity from 1 to 4 for a part of the day "
            "and no pain before and after a session",
        ),
        (
            "samples/apps/bearable_layout_2024.csv",
            "the file is an export of Bearable, which keeps a severity from 1 to 4 for a part of the day "
            "and no pain before and after a session",
        ),
        (
            "samples/apps/daylio_layout.csv",
            "the file is an export of Daylio, which keeps a mood for the day and no pain before and "
            "after a session",
        ),
    ],
)
def test_an_app_without_sessions_is_refused_and_named(path, message):
    with pytest.raises(UnusableLog) as error:
        refuse_known([named(*LOG), sample(*path.split("/"))], "app.csv")
    assert error.value.fault["rule"] == "not-a-session-log"
    assert str(error.value) == f"app.csv: {message}{INSTEAD}"


def test_a_log_is_no_export_of_an_app():
    refuse_known([named(*LOG, "mood", "weekday", "category")], "log.csv")


@pytest.mark.parametrize(
    "start", [b'<?xml version="1.0"?>\n<HealthData ', b"\xef\xbb\xbf <HealthData>"]
)
def test_apple_health_is_known_by_its_first_bytes(start):
    with pytest.raises(UnusableLog) as error:
        refuse_apple(start, "export.xml")
    assert error.value.fault["rule"] == "not-a-session-log"
    assert str(error.value) == (
        "export.xml: the file is an export of Apple Health, which keeps pain as one of five words and "
        f"no pain before and after a session{INSTEAD}"
    )


def test_the_sample_of_apple_health_is_refused():
    with pytest.raises(UnusableLog):
        refuse_apple(shared("samples", "apple", "export_min.xml").read_bytes(), "export.xml")


@pytest.mark.parametrize(
    "content", [b"", b"date,place\n<HealthData", b"<?xml?><other/>", b"PK\x03\x04"]
)
def test_nothing_else_is_taken_for_apple_health(content):
    refuse_apple(content, "log.csv")
