"""Exports of real tools, as they come: read by their preset, by an example mapping, or refused."""

import pytest
import yaml
from shared import shared
from test_intake import AS_OF, read, refusal, written

from analysis.intake import read_log
from analysis.sessions import UnusableLog, UserError

#: The documents of the example mappings.
EXAMPLES = (
    "reliefbook-template",
    "google-forms-csv",
    "google-sheet-labels-with-commas",
    "ms-forms-csv",
    "redcap-raw",
    "redcap-labels",
    "kobo-flat-names",
    "kobo-repeat-xlsx",
    "kobo-labels-de",
    "odk-central-zip",
    "fhir-r4-questionnaire-response",
    "german-hand-made-csv",
    "numbered-blocks",
    "before-and-after-rows",
    "excel-two-row-header",
)


#: The vocabulary calls "ball" and "rolling" ambiguous; a log that means one thing by each declares them.
OWN_TERMS = "\nterms: {technique: [rolling, ball]}\n"


def examples() -> dict[str, tuple[dict, str]]:
    """Return each document by its name: as YAML reads it, and its text."""
    texts = shared("design", "mappings-example.yml").read_text("utf-8").split("\n---\n")
    documents = [(yaml.safe_load(text), text) for text in texts]
    return {document["name"]: (document, text) for document, text in documents}


def test_every_example_mapping_is_tested():
    assert tuple(examples()) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_mapping_reads_its_example(tmp_path, name):
    document, text = examples()[name]
    mapping = written(tmp_path, text + OWN_TERMS, "example.yml")
    log = read_log(shared("samples").joinpath(document["example"]), mapping=mapping, as_of=AS_OF)
    assert document["expect"] == {
        "sessions": len(log.sessions),
        "parts": log.sessions["parts"].sum(),
        "row_errors": log.sources["refused"].sum(),
    }


#: What is read without a mapping: file, preset, sessions, refused rows. Those that are refused say "ball" or
#: "rolling", or words of this form only.
READ = (
    ("excel/session_log_template_filled.xlsx", "reliefbook-template", 1, 3),
    ("fhir/bundle_r4_session_log.json", "fhir", 1, 1),
    ("fhir/questionnaireresponse_r4.json", "fhir", 1, 1),
    ("forms/googleforms_csv_download.csv", "google-forms", 0, 1),
    ("kobo/kobo_flat_labels_de_both.csv", "kobo", 1, 1),
    ("kobo/kobo_flat_labels_de_both.xlsx", "kobo", 1, 1),
    ("kobo/kobo_flat_labels_en_both.csv", "kobo", 1, 1),
    ("kobo/kobo_flat_labels_en_both.xlsx", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_both.csv", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_both.xlsx", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_both_hier.csv", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_both_hier.xlsx", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_details.csv", "kobo", 1, 1),
    ("kobo/kobo_flat_xml_summary.csv", "kobo", 1, 1),
    ("kobo/kobo_repeat_labels_de_both.xlsx", "kobo-repeat", 2, 1),
    ("kobo/kobo_repeat_labels_en_both.xlsx", "kobo-repeat", 2, 1),
    ("kobo/kobo_repeat_xml_both.xlsx", "kobo-repeat", 2, 1),
    ("kobo/kobo_repeat_xml_both_hier.xlsx", "kobo-repeat", 2, 1),
    ("odk/sciatica_log.zip", "odk-repeat", 1, 1),
    ("redcap/own_session_log_labels.csv", "redcap-labels", 1, 2),
    ("redcap/own_session_log_raw.csv", "redcap-raw", 1, 2),
)

#: What is refused without a mapping, by rule.
REFUSED = {
    "date-order": (
        "forms/googleforms_sheet_labels_with_commas.csv",
        "handmade/german_semicolon.csv",
    ),
    "empty": ("redcap/redcapr_empty-rows_data.csv",),
    "missing-column": (
        "handmade/before_and_after_rows.csv",
        "handmade/numbered_blocks.csv",
        "redcap/redcapr_empty-rows_dictionary.csv",
        "redcap/tidier_db_data_long_as_read_by_R.csv",
        "redcap/tidier_mixed_structure_as_read_by_R.csv",
    ),
    "no-header": (
        "redcap/redcapr_checkboxes-1_data.csv",
        "redcap/redcapr_checkboxes-1_dictionary.csv",
        "redcap/redcapr_decimal-comma-and-dot_data.csv",
        "redcap/redcapr_decimal-comma-and-dot_dictionary.csv",
        "redcap/redcapr_decimal-comma_data.csv",
        "redcap/redcapr_decimal-comma_dictionay.csv",
        "redcap/redcapr_repeating-instruments_data.csv",
        "redcap/redcapr_repeating-instruments_dictionary.csv",
        "redcap/redcapr_survey_data.csv",
        "redcap/redcapr_survey_dictionary.csv",
        "redcap/redcapr_validation-types-1_data.csv",
        "redcap/redcapr_validation-types-1_dictionary.csv",
        "redcap/redcapr_vignette-repeating_data.csv",
        "redcap/redcapr_vignette-repeating_dictionary.csv",
    ),
    "not-a-session-log": (
        "apple/export_min.xml",
        "apps/bearable_layout_2021.csv",
        "apps/bearable_layout_2024.csv",
        "apps/daylio_layout.csv",
        "fhir/questionnaire_r4.json",
    ),
    "repeat-missing": (
        "kobo/kobo_repeat_labels_de_both.csv",
        "kobo/kobo_repeat_labels_en_both.csv",
        "kobo/kobo_repeat_xml_both.csv",
        "kobo/kobo_repeat_xml_both_hier.csv",
        "kobo/kobo_repeat_xml_details.csv",
        "kobo/kobo_repeat_xml_summary.csv",
    ),
}

#: What must give no traceback, and no session; by which rule is not settled: parts of an export, or the
#: definition of a form.
NO_LOG = (
    "forms/msforms_saved_as_csv.csv",
    "kobo/form_flat_xlsform.xlsx",
    "kobo/form_repeat_xlsform.xlsx",
    "odk/sciatica_log-session.csv",
    "odk/sciatica_log.csv",
    "redcap/own_session_log_dictionary.csv",
)


@pytest.mark.parametrize(("name", "preset", "sessions", "refused"), READ)
def test_an_export_is_read_by_its_preset(name, preset, sessions, refused):
    log = read(shared("samples").joinpath(name))
    said = log.remarks.loc[log.remarks["rule"] == "preset-used", "message"].tolist()
    assert said == [
        f"the file was read by the mapping {preset} that comes with the kit; to add to it, begin a "
        f"mapping of your own with preset: {preset}"
    ]
    assert (len(log.sessions), log.sources["refused"].sum()) == (sessions, refused)


@pytest.mark.parametrize(
    ("name", "rule"), [(name, rule) for rule, names in REFUSED.items() for name in names]
)
def test_an_export_that_is_no_log_of_sessions_is_refused(name, rule):
    with pytest.raises(UnusableLog) as error:
        read_log(shared("samples").joinpath(name))
    assert error.value.fault["rule"] == rule


@pytest.mark.parametrize("name", NO_LOG)
def test_a_part_of_an_export_gives_no_session(name):
    try:
        log = read(shared("samples").joinpath(name))
    except UserError:
        return
    assert len(log.sessions) == 0


def test_every_sample_is_tested():
    samples = shared("samples")
    tables = {
        path.relative_to(samples).as_posix()
        for path in samples.rglob("*")
        if path.suffix not in ("", ".md")
    }
    refused = [name for names in REFUSED.values() for name in names]
    assert tables == {*(name for name, *_ in READ), *refused, *NO_LOG}


INSTEAD = (
    "no pain before and after a session; keep a table with the columns date, region, technique, pain "
    "before, pain after"
)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("apple/export_min.xml", "Apple Health, which keeps pain as one of five words"),
        (
            "apps/bearable_layout_2021.csv",
            "Bearable, which keeps a severity from 1 to 4 for a part of the day",
        ),
        (
            "apps/bearable_layout_2024.csv",
            "Bearable, which keeps a severity from 1 to 4 for a part of the day",
        ),
        ("apps/daylio_layout.csv", "Daylio, which keeps a mood for the day"),
    ],
)
def test_an_app_without_sessions_is_named(name, sentence):
    path = shared("samples").joinpath(name)
    assert refusal(path) == f"{path.name}: the file is an export of {sentence} and {INSTEAD}"
