"""FHIR resources -> rows of text, or one sentence; never anything else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared

from analysis.intake.documents import read_json
from analysis.intake.fhir import FhirRows, fhir_sheet, is_fhir
from analysis.intake.read import read_log
from analysis.intake.table import SEVERAL
from analysis.sessions import UnusableLog, UserError

FILE = "log.json"
RESPONSE = "QuestionnaireResponse"


def fault(call, *args) -> tuple[str, str]:
    """Return the rule and the sentence with which a call refuses its file."""
    with pytest.raises(UnusableLog) as caught:
        call(*args)
    assert caught.value.fault["file"] == FILE
    return caught.value.fault["rule"], caught.value.fault["message"]


def response(*items: dict, **members) -> dict:
    return {"resourceType": RESPONSE, "status": "completed", "item": list(items)} | members


def question(link: str, *values: object, kind: str = "valueString", **members) -> dict:
    return {"linkId": link, "answer": [{kind: value} for value in values]} | members


def group(link: str, *items: dict) -> dict:
    return {"linkId": link, "item": list(items)}


def fhir(tree: object, name: str = "session", resource: str = RESPONSE) -> FhirRows:
    return fhir_sheet(read_json(json.dumps(tree).encode(), FILE), resource, name, FILE)


def fhir_records(tree: object, name: str = "session", resource: str = RESPONSE) -> list[dict]:
    """Return the rows as dicts of their filled cells."""
    (_, header), *rows = fhir(tree, name, resource).sheet.rows
    return [
        {column: cell for column, cell in zip(header, cells, strict=True) if cell}
        for _, cells in rows
    ]


# Answers to a questionnaire


def test_a_bundle_of_responses_gives_a_row_per_occurrence_of_the_group():
    tree = read_json(shared("samples", "fhir", "bundle_r4_session_log.json").read_bytes(), FILE)
    found = fhir_sheet(tree, RESPONSE, "session", FILE)
    header = (
        "_id,_status,_authored,_subject,participant_id,session/started_at,session/region,session/side,"
        "session/technique,session/minutes,session/pain_before,session/pain_after,session/numbness,"
        "session/notes"
    )
    origin = ["ex1", "completed", "2025-03-01T19:05:02+01:00", "P01", "P01"]
    region, technique = f"buttock{SEVERAL}piriformis", f"ball{SEVERAL}stretch"
    first = [region, "right", technique, "12", "6", "4", "true", "sharp"]
    second = ["lumbar", "", "foam_roll", "8", "5", "5", "false", ""]
    assert found.sheet.rows == [
        (0, header.split(",")),
        (1, [*origin, "2025-03-01T18:40:00+01:00", *first]),
        (2, [*origin, "2025-03-02T07:10:00+01:00", *second]),
    ]
    assert found.sheet.remarks == []
    assert found.skipped == 0


def test_a_single_response_and_a_list_of_it_give_the_same_rows():
    text = shared("samples", "fhir", "questionnaireresponse_r4.json").read_bytes()
    tree = read_json(text, FILE)
    bundle = read_json(shared("samples", "fhir", "bundle_r4_session_log.json").read_bytes(), FILE)
    rows = [fhir_sheet(each, RESPONSE, "session", FILE) for each in (tree, [tree], bundle)]
    assert rows[0] == rows[1] == rows[2]
    assert is_fhir(tree)
    assert is_fhir([tree])
    assert not any(map(is_fhir, ([], [tree, {}], {"item": []}, "resourceType", None)))


def test_a_withdrawn_response_is_counted_and_left_out_but_its_columns_stay():
    tree = read_json(shared("hostile", "fhir_entered_in_error.json").read_bytes(), FILE)
    sheet, skipped = fhir_sheet(tree, RESPONSE, "session", FILE)
    assert skipped == 1
    assert [number for number, _ in sheet.rows] == [0]
    assert "session/pain_before" in sheet.rows[0][1]
    assert [(note["rule"], note["message"]) for note in sheet.remarks] == [
        (
            "status-skipped",
            "rows left out: 1; their source marks them entered-in-error, stopped or cancelled",
        )
    ]


def test_withdrawn_rows_are_counted_and_said_once_in_the_log(tmp_path):
    answers = {"started_at": "2026-03-31", "region": "thighs", "technique": "pressure",
               "pain_before": "6", "pain_after": "4"}  # fmt: skip
    session = group("session", *(question(link, value) for link, value in answers.items()))
    path = tmp_path / FILE
    whose = {"subject": {"reference": "Patient/P01"}}
    stopped = response(session, session, status="stopped", **whose)
    path.write_text(json.dumps([response(session, **whose), stopped]))
    log = read_log(path, as_of="2026-04-01")
    assert log.sources[["rows", "kept", "skipped"]].values.tolist() == [[3, 1, 2]]
    said = log.remarks["rule"].tolist()
    assert (said.count("status-skipped"), said.count("rows-skipped")) == (1, 0)


def test_rows_keep_their_place_in_the_file_when_others_are_left_out():
    withdrawn = response(group("session"), group("session"), status="stopped")
    found = fhir([response(group("session")), withdrawn, response(question("a", "x"))])
    assert [number for number, _ in found.sheet.rows] == [0, 1, 4]
    assert found.skipped == 2


def test_without_the_group_a_response_is_one_row_and_repeated_items_are_several_values():
    twice = response(group("g", question("a", "x")), group("g", question("a", "y")))
    row = {"_status": "completed", "g/a": f"x{SEVERAL}y"}
    assert fhir_records(twice, "") == fhir_records(twice, "session") == [row]


def test_items_beside_a_nested_group_stand_in_its_rows_only():
    day = [
        group(
            "day", question("date", date), *(group("session", question("pain", p)) for p in pains)
        )
        for date, pains in (("1", ["6", "5"]), ("2", ["4"]))
    ]
    rows = fhir_records(response(question("who", "P01"), *day))
    assert [(row["who"], row["day/date"], row["day/session/pain"]) for row in rows] == [
        ("P01", "1", "6"),
        ("P01", "1", "5"),
        ("P01", "2", "4"),
    ]


def test_items_below_an_answer_are_flattened_too():
    tool = {"linkId": "tool", "answer": [{"valueString": "ball", "item": [question("size", "6")]}]}
    (row,) = fhir_records(response(group("session", tool)))
    assert (row["session/tool"], row["session/tool/size"]) == ("ball", "6")


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        ("valueBoolean", False, "false"),
        ("valueDecimal", 6.25, "6.25"),
        ("valueDate", "2025-03", "2025-03"),
        ("valueCoding", {"code": "LA6113-0", "display": "2 or more"}, "LA6113-0"),
        ("valueCoding", {"display": "2 or more"}, "[valueCoding]"),
        ("valueQuantity", {"value": 12, "unit": "min"}, "12"),
        ("valueQuantity", {"value": 5, "comparator": "<"}, "<5"),
        ("valueReference", {"reference": "Device/ball"}, "ball"),
        ("valueAttachment", {"url": "photo.jpg"}, "[valueAttachment]"),
    ],
)
def test_an_answer_is_its_text_never_its_display(kind, value, cell):
    assert fhir_records(response(question("a", value, kind=kind)))[0]["a"] == cell


@pytest.mark.parametrize(
    ("subject", "cell"),
    [
        ({"identifier": {"value": "P01"}, "reference": "Patient/7"}, "P01"),
        ({"reference": "https://example.org/Patient/7"}, "7"),
        ({"reference": "Patient/7/_history/2"}, "7"),
        ({"reference": "urn:uuid:7"}, "urn:uuid:7"),
    ],
)
def test_the_subject_is_its_identifier_or_the_last_part_of_its_reference(subject, cell):
    assert fhir_records(response(subject=subject))[0]["_subject"] == cell


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("text", "the file must be an object"),
        ({"resourceType": "Bundle", "entry": {}}, "entry must be a list"),
        (
            {"resourceType": "Bundle", "entry": [{"resource": []}, "x"]},
            "entry[1] must be an object",
        ),
        (response("x"), "item[0] must be an object"),
        ([response(), response({"answer": []})], "[1].item[0].linkId must be a text"),
        (response({"linkId": "a", "answer": [None]}), "item[0].answer[0] must be an object"),
        (
            response(question("a", "x", kind="valueCoding")),
            "item[0].answer[0].valueCoding must be an object",
        ),
        (
            response(question("a", {"code": []}, kind="valueCoding")),
            "item[0].answer[0].valueCoding.code must be a text, a number, true or false",
        ),
        (
            response({"linkId": "a", "answer": [{"valueString": "x", "valueInteger": 1}]}),
            "item[0].answer[0] must be an object with one value",
        ),
    ],
)
def test_a_malformed_resource_is_refused_with_the_place_of_the_fault(tree, message):
    assert fault(fhir, tree) == ("json", f"{message}; export the file again")


def test_a_file_without_the_resource_says_what_it_holds():
    entries = [{"resource": {"resourceType": kind}} for kind in ("Patient", "Observation")]
    assert fault(fhir, {"resourceType": "Bundle", "entry": [*entries, {}]}) == (
        "not-a-session-log",
        "the file holds no QuestionnaireResponse, only 'Observation', 'Patient'; "
        "export the resources that hold the sessions",
    )
    assert fault(fhir, []) == (
        "not-a-session-log",
        "the file holds no QuestionnaireResponse, only nothing; "
        "export the resources that hold the sessions",
    )


def test_another_resource_than_the_two_is_an_error_of_the_mapping():
    with pytest.raises(UserError) as caught:
        fhir(response(), resource="Patient")
    assert str(caught.value) == (
        "resource must be QuestionnaireResponse or Observation; found 'Patient'"
    )


# Observations


def test_observations_have_what_pairs_before_and_after():
    tree = read_json(shared("samples", "fhir", "bundle_r4_session_log.json").read_bytes(), FILE)
    header = (
        "id,status,category,code,subject,encounter,effectiveDateTime,value,unit,bodySite,method,"
        "extension/session-phase"
    )
    origin = ["final", "survey", "72514-3", "P01", ""]
    assert fhir_sheet(tree, "Observation", "", FILE).sheet.rows == [
        (0, header.split(",")),
        (1, ["o1", *origin, "2025-03-01T18:40:00+01:00", "6", "{score}", "46862004", "", "before"]),
        (2, ["o2", *origin, "2025-03-01T18:52:00+01:00", "4", "{score}", "46862004", "", "after"]),
    ]


def test_components_extensions_and_concepts_without_a_code():
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "encounter": {"reference": "Encounter/s1"},
        "bodySite": {"text": "buttock", "coding": [{"display": "Buttock"}]},
        "valueCodeableConcept": {"coding": [{"code": "mild"}, {"code": "other"}]},
        "component": [{"code": {"coding": [{"code": "before"}]}, "valueInteger": 6}],
        "extension": [{"url": "x/session", "extension": [{"url": "no", "valueString": "2"}]}],
    }
    assert fhir_records(observation, resource="Observation") == [
        {
            "status": "final",
            "encounter": "s1",
            "value": "mild",
            "bodySite": "buttock",
            "component/before": "6",
            "extension/session/extension/no": "2",
        }
    ]


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [({"unit": "minutes", "code": "min"}, "min"), ({"unit": "minutes"}, "minutes")],
)
def test_a_unit_is_its_code_or_else_its_name(quantity, unit):
    observation = {"resourceType": "Observation", "valueQuantity": {"value": 1} | quantity}
    assert fhir_records(observation, resource="Observation") == [{"value": "1", "unit": unit}]


def test_a_cancelled_observation_is_left_out():
    cancelled = {"resourceType": "Observation", "status": "cancelled"}
    assert fhir([cancelled], resource="Observation").skipped == 1


# Whatever comes in

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
_ANSWERS = [
    {"valueCoding": {"code": "x"}},
    {"valueQuantity": {"value": 1, "comparator": "<"}},
    {"valueReference": {"identifier": {"value": "x"}}, "item": [question("b", "y")]},
]
_OBSERVATION = {
    "resourceType": "Observation",
    "code": {"coding": [{"code": "x"}]},
    "valueQuantity": {"value": 1, "code": "u"},
    "component": [{"code": {"text": "x"}, "valueInteger": 6}],
    "extension": [{"url": "x", "extension": [{"url": "y", "valueString": "2"}]}],
}
_RESOURCES = [response(group("session", {"linkId": "a", "answer": _ANSWERS})), _OBSERVATION]
_BUNDLE = {"resourceType": "Bundle", "entry": [{"resource": each} for each in _RESOURCES]}


def places(tree: object) -> list[tuple]:
    """Return the path to each value in a tree."""
    named = {dict: lambda: tree.items(), list: lambda: enumerate(tree)}.get(type(tree), list)()
    return [(), *((name, *path) for name, value in named for path in places(value))]


def replaced(tree: object, path: tuple, value: object) -> object:
    """Return a tree with another value at a path."""
    if not path:
        return value
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    changed[path[0]] = replaced(tree[path[0]], path[1:], value)
    return changed


@given(st.sampled_from(places(_BUNDLE)), _JSON)
@settings(max_examples=300)
def test_any_value_anywhere_in_a_bundle_gives_rows_or_a_sentence(path, value):
    for resource in (RESPONSE, "Observation"):
        try:
            rows = fhir_records(replaced(_BUNDLE, path, value), resource=resource)
        except UnusableLog:
            continue
        assert all(isinstance(cell, str) for row in rows for cell in row.values())
