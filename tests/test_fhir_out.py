"""The report as a FHIR document: valid R4, nobody's name, the same bytes, and the kit reads it back."""

import base64
import gettext
import hashlib
import json
import re
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B.bundle import Bundle
from pandas.testing import assert_frame_equal
from shared import AS_OF, HEADER

from analysis.findings import check_findings, person_findings, with_page
from analysis.intake import read_log
from analysis.intake.privacy import pseudonyms
from analysis.report import fhir
from analysis.report.fhir import to_fhir
from analysis.safety import emergency_text
from analysis.sessions import UserError
from analysis.shipped import example_of_one
from analysis.wording import Block, blocks

PDF = b"%PDF-1.7 a report"
TIMED = f"{HEADER},scale,notes,medicine"
#: A mapping with which the kit reads the Observations of a document back.
BACK = """
file: {format: fhir, resource: Observation}
pivot: {key: [component/session], phase: component/phase, value: value, before: before, after: after}
identity: {session: component/session}
columns_only: true
columns:
  participant: subject
  started_at: effectiveDateTime
  region: component/region worked on
  technique: component/technique
  scale: {from: unit, values: {"{score}": NRS0-10, mm: VAS0-100}}
"""


@pytest.fixture
def private(write, tmp_path):
    """Read a log under pseudonyms from its lines."""

    def reader(*lines: str, header: str = TIMED, mapping: str | None = None):
        rules = None if mapping is None else write(mapping, name="map.yml")
        log = write(header, *lines)
        return read_log(log, mapping=rules, as_of=AS_OF, pseudonyms=tmp_path / "key")

    return reader


@pytest.fixture
def one(tmp_path):
    """Return the synthetic log of one person, under a pseudonym."""
    return read_log(example_of_one(), as_of=AS_OF, pseudonyms=tmp_path / "key")


def document(log, results=None, pdf: bytes = PDF) -> dict:
    """Return the document of one person's log, or of other findings, as a tree."""
    results = person_findings(log) if results is None else results
    return json.loads(to_fhir(log, results, pdf, pseudonymised=True))


def resources(bundle: dict, kind: str) -> list[dict]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


def sections(bundle: dict) -> list[dict]:
    return resources(bundle, "Composition")[0]["section"]


def words(section: dict) -> list[str]:
    """Return the texts of a section as a browser would show them, one for each piece."""
    root = ElementTree.fromstring(section["text"]["div"])
    return [text for text in root.itertext() if text]


def references(tree) -> list[str]:
    """Return what a tree refers to, wherever it stands."""
    if isinstance(tree, list):
        return [found for item in tree for found in references(item)]
    if not isinstance(tree, dict):
        return []
    own = [tree["reference"]] if isinstance(tree.get("reference"), str) else []
    return own + references(list(tree.values()))


# ---- valid, whole, deterministic


@pytest.fixture(params=["one person", "cohort"])
def whole(request, one, cohort):
    """Return the text of a document of each kind."""
    if request.param == "cohort":
        return to_fhir(None, cohort, PDF, pseudonymised=False)
    return to_fhir(one, person_findings(one), PDF, pseudonymised=True)


def test_the_document_is_valid(whole):
    # fhir.resources has R4B, which has these resources as R4 has them; it refuses unknown members.
    bundle = Bundle.model_validate_json(whole)
    assert bundle.type == "document"
    broken = json.loads(whole)
    del broken["entry"][0]["resource"]["date"]
    with pytest.raises(ValueError, match="date"):
        Bundle.model_validate(broken)


def test_what_only_the_prose_of_the_standard_asks_for(whole):
    bundle = json.loads(whole)
    places = [entry["fullUrl"] for entry in bundle["entry"]]
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"  # bdl-11
    assert bundle["identifier"]["system"] == "urn:ietf:rfc:3986"  # bdl-9
    uuid = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, bundle["identifier"]["value"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bundle["timestamp"])  # bdl-10
    assert len(set(places)) == len(places)  # bdl-7
    assert places == [f"urn:uuid:{entry['resource']['id']}" for entry in bundle["entry"]]
    assert all(re.fullmatch(uuid, place) for place in places)
    assert set(references(bundle)) == set(places[1:])  # all there, and none that nothing leads to
    assert all(words(section) and section["title"] for section in sections(bundle))  # txt-2


def test_the_same_report_gives_the_same_bytes_and_another_another_identifier(one, tmp_path):
    results = person_findings(one)
    again = read_log(example_of_one(), as_of=AS_OF, pseudonyms=tmp_path / "key")
    text = to_fhir(one, results, PDF, pseudonymised=True)
    assert to_fhir(again, person_findings(again), PDF, pseudonymised=True) == text
    other = to_fhir(one, results, PDF + b" ", pseudonymised=True)
    assert json.loads(other)["identifier"] != json.loads(text)["identifier"]
    corrected = one._replace(sessions=one.sessions.assign(pain_after=1.0))
    third = to_fhir(corrected, results, PDF, pseudonymised=True)
    assert json.loads(third)["identifier"] != json.loads(text)["identifier"]


def test_a_composition_says_what_and_when(private):
    log = private("P1,2026-03-01 18:40,feet,yoga,6,4,,,", "P1,2026-03-04 07:00,feet,yoga,5,4,,,")
    first = resources(document(log), "Composition")[0]
    (patient,) = resources(document(log), "Patient")
    del first["section"], first["id"]
    assert first == {
        "resourceType": "Composition",
        "language": "en",
        "status": "final",
        "type": {
            "coding": [
                {
                    "system": "http://loinc.org",
                    "code": "53576-5",
                    "display": "Personal health monitoring report Document",
                }
            ]
        },
        "subject": {
            "reference": f"urn:uuid:{patient['id']}",
            "identifier": patient["identifier"][0],
        },
        "date": "2026-03-04",
        "author": [{"type": "Device", "display": "reliefbook 0.1.0"}],
        "title": "Self-massage and stretching log of one person: 1 Mar 2026 to 4 Mar 2026 (4 days)",
    }


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        ("2026-03-01 18:40", "2026-03-01T00:00:00Z"),
        ("2026-03-01T18:40-05:00", "2026-03-01T23:40:00Z"),
        ("2026-03-01T20:40-05:00", "2026-03-02T01:40:00Z"),
        ("2026-03-01T05:00+13:00", "2026-03-01T00:00:00Z"),
    ],
)
def test_no_session_with_a_known_instant_is_later_than_its_document(private, start, moment):
    bundle = document(private(f"P1,{start},feet,yoga,6,4,,,"))
    assert bundle["timestamp"] == moment
    assert resources(bundle, "DocumentReference")[0]["date"] == moment


def test_only_the_shipped_example_is_marked_as_test_data(one, private):
    assert document(one)["meta"] == {
        "security": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                "code": "HTEST",
                "display": "test health data",
            }
        ]
    }
    assert "meta" not in document(private("P1,2026-03-01,feet,yoga,6,4,,,"))


# ---- ratings


def test_a_rating_is_an_observation(private):
    log = private("P1,2026-03-01T18:40+01:00,lower back,pressure,6,4.5,,,")
    bundle = document(log)
    (patient,) = resources(bundle, "Patient")
    person = {"reference": f"urn:uuid:{patient['id']}", "identifier": patient["identifier"][0]}
    before, after = resources(bundle, "Observation")
    assert after.pop("id") != before.pop("id")
    assert before == {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "survey",
                        "display": "Survey",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {
                    "system": "http://loinc.org",
                    "code": "72514-3",
                    "display": "Pain severity - 0-10 verbal numeric rating [Score] - Reported",
                }
            ],
            "text": "Pain before the session",
        },
        "subject": person,
        "effectiveDateTime": "2026-03-01T18:40:00+01:00",
        "performer": [person],
        "valueQuantity": {
            "value": 6,
            "unit": "score",
            "system": "http://unitsofmeasure.org",
            "code": "{score}",
        },
        "component": [
            {"code": {"text": "session"}, "valueString": log.sessions["session_id"][0]},
            {"code": {"text": "phase"}, "valueString": "before"},
            {"code": {"text": "region worked on"}, "valueString": "lower back"},
            {"code": {"text": "technique"}, "valueString": "sustained pressure"},
        ],
    }
    assert after["code"]["text"] == "Pain after the session"
    assert after["valueQuantity"]["value"] == 4.5
    assert isinstance(before["valueQuantity"]["value"], int)  # 6.0 is another decimal in FHIR
    assert after["component"][1] == {"code": {"text": "phase"}, "valueString": "after"}
    same = ("effectiveDateTime", "subject", "category", "performer")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_a_visual_analog_scale_has_its_own_code_in_mm(private):
    log = private("P1,2026-03-01,feet,yoga,61,40,VAS0-100,,")
    before, after = resources(document(log), "Observation")
    assert before["code"]["coding"] == [
        {
            "system": "http://loinc.org",
            "code": "38214-3",
            "display": "Pain severity [Score] Visual analog score",
        }
    ]
    mm = {"unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"}
    assert before["valueQuantity"] == {"value": 61} | mm
    assert after["valueQuantity"] == {"value": 40} | mm


@pytest.mark.parametrize(
    ("start", "written"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01 18:40", "2026-03-01"),
        ("2026-03-01T18:40:00+01:00", "2026-03-01T18:40:00+01:00"),
        ("2026-03-01T18:40:30-03:30", "2026-03-01T18:40:30-03:30"),
        ("2026-03-01T18:40:00Z", "2026-03-01T18:40:00+00:00"),
        ("2026-03-01T18:40:00+14:00", "2026-03-01T18:40:00+14:00"),
        # The kit reads it, but no FHIR time may have it.
        ("2026-03-01T18:40:00+14:30", "2026-03-01"),
    ],
)
def test_a_time_has_its_offset_or_is_a_day(private, start, written):
    found = resources(document(private(f"P1,{start},feet,yoga,6,4,,,")), "Observation")
    assert [each["effectiveDateTime"] for each in found] == [written] * 2


def test_a_zone_of_the_mapping_gives_each_day_its_own_offset(private):
    log = private(
        "P1,2026-03-28 09:00,feet,yoga,6,4,,,",
        "P1,2026-03-29 09:00,feet,yoga,6,4,,,",
        mapping="time: {timezone: Europe/Berlin}",
    )
    found = resources(document(log), "Observation")
    assert [each["effectiveDateTime"] for each in found[::2]] == [
        "2026-03-28T09:00:00+01:00",
        "2026-03-29T09:00:00+02:00",
    ]


def test_a_missing_rating_has_no_observation(private):
    log = private("P1,2026-03-01,feet,yoga,6,,,,", "P1,2026-03-02,feet,yoga,0,0,,,")
    found = resources(document(log), "Observation")
    values = [(each["code"]["text"], each["valueQuantity"]["value"]) for each in found]
    assert values == [
        ("Pain before the session", 6),
        ("Pain before the session", 0),
        ("Pain after the session", 0),
    ]


def test_a_persons_document_has_nobody_elses_ratings(private):
    log = private(
        "P2,2026-03-01,feet,yoga,6,4,,,",
        "P1,2026-03-02,feet,yoga,5,3,,,",
        "P2,2026-02-01,feet,yoga,8,7,,,",
    )
    other, person = log.sessions["participant"][:2][::-1]
    bundle = document(log, person_findings(log, person=person))
    found = resources(bundle, "Observation")
    assert [each["valueQuantity"]["value"] for each in found] == [8, 7, 6, 4]
    assert other not in json.dumps(bundle)
    (patient,) = resources(bundle, "Patient")
    assert patient["identifier"][0]["value"] == person


def test_the_kit_reads_the_ratings_back(private, write):
    log = private(
        "P1,2026-03-01,lower back,pressure,6,4.5,,1",
        "P1,2026-03-01,feet,stretching,7,6,,2",
        "P1,2026-03-02T08:00+01:00,feet,tennis ball,5,,,",
        "P1,2026-03-03T08:00Z,hip,own way,61,40.5,VAS0-100,",
        header=f"{HEADER},scale,session",
        mapping="terms: {technique: [own way]}",
    )
    assert len(log.sessions) == 4
    text = to_fhir(log, person_findings(log), PDF, pseudonymised=True)
    mapping = write(f"{BACK}terms: {{technique: [own way]}}", name="back.yml")
    again = read_log(write(text, name="report.fhir.json"), mapping=mapping, as_of=AS_OF)
    assert again.refused.empty
    same = ["participant", "region", "technique", "pain_before", "pain_after", "scale",
            "pain_reduction", "started_at_utc"]  # fmt: skip
    assert_frame_equal(again.sessions[same], log.sessions[same])
    days = again.sessions["started_at"].dt.normalize()
    assert list(days) == list(log.sessions["started_at"].dt.normalize())


def test_the_kit_reads_the_example_back(one, write):
    text = to_fhir(one, person_findings(one), PDF, pseudonymised=True)
    mapping = write(BACK, name="back.yml")
    again = read_log(write(text, name="report.fhir.json"), mapping=mapping, as_of=AS_OF)
    pains = ["pain_before", "pain_after"]
    wanted = one.sessions.sort_values("started_at", kind="stable", ignore_index=True)
    assert len(again.sessions) == 79
    assert_frame_equal(again.sessions[pains], wanted[pains])


# ---- sections


def test_warning_signs_come_first_in_full(private):
    header = f"{HEADER},bladder_bowel"
    log = private(
        "P1,2026-03-01,feet,yoga,6,4,no", "P1,2026-03-02,feet,yoga,6,4,yes", header=header
    )
    first, second, *_ = sections(document(log))
    assert first["title"] == "Warning signs"
    assert words(first) == [
        emergency_text(),
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, 1 of 2 sessions, last on "
        "2 Mar 2026. This can need emergency care. Your local emergency number or nearest "
        "emergency department.",
        "Not asked in this log: numbness, tingling, where it is numb, side of the symptoms, weakness "
        "of a leg or foot. Not asked is not absent.",
    ]
    assert second["title"].startswith("Self-massage and stretching log of one person")


def test_every_sentence_and_cell_of_the_report_stands_in_a_section(whole, one, cohort):
    bundle = json.loads(whole)
    results = person_findings(one) if resources(bundle, "Patient") else cohort
    told = {text for section in sections(bundle) for text in words(section)}
    shown = blocks(results)
    del shown["warnings"]
    shown.pop("question", None)
    for name, block in {"warnings": blocks(results)["warnings"], **shown}.items():
        cells = [cell for row in block.table.rows for cell in row] if block.table else []
        missing = {*block.alarms, *block.sentences, *filter(None, cells)} - told
        assert missing == set(), name
        if block.alt:
            assert f"Figure, see the PDF. {block.alt}" in told


def test_the_sections_are_in_the_reports_language_and_the_observations_in_english(
    private, monkeypatch
):
    class Brackets(gettext.NullTranslations):
        def gettext(self, message):
            return f"⟦{message}⟧"

    catalogs = {"en": gettext.NullTranslations(), "de": Brackets()}
    monkeypatch.setattr("analysis.language._catalog", catalogs.__getitem__)
    log = private("P1,2026-03-01,lower back,pressure,6,4.5,,,")
    english = document(log)
    german = document(log, with_page(person_findings(log), language="de", locale="NZ"))
    composition, *_rest = resources(german, "Composition")
    assert composition["language"] == "de"
    assert composition["title"].startswith("⟦")
    told = words(sections(german)[0])
    assert told[0].startswith("⟦Get emergency help (111, ⟦New Zealand⟧) for any")
    assert all(section["title"].startswith("⟦") for section in sections(german))
    assert sections(german)[-2]["title"] == "⟦Ratings of pain, session by session⟧"
    assert resources(german, "Observation") == resources(english, "Observation")
    (attached,) = resources(german, "DocumentReference")
    assert attached["content"][0]["attachment"]["language"] == "de"


def test_the_ratings_stand_in_words_beside_their_observations(private):
    log = private(
        "P1,2026-03-01,lower back,pressure,6,4.5,,,", "P1,2026-03-02,feet,yoga,61,,VAS0-100,,"
    )
    bundle = document(log)
    ratings, attached = sections(bundle)[-2:]
    assert words(ratings) == [
        "Region and technique say where and what the person worked, not where the pain was.",
        "A rating after has the start of its session as its time.",
        "Pain before and after each session",
        *("day", "region, technique", "before", "after"),
        *("1 Mar 2026", "lower back, sustained pressure", "6", "4.5"),
        *("2 Mar 2026", "feet, yoga (mm of 100)", "61", "–"),
    ]
    found = [f"urn:uuid:{each['id']}" for each in resources(bundle, "Observation")]
    assert references(ratings) == found
    assert words(attached) == ["Attached."]
    pdf = resources(bundle, "DocumentReference")[0]
    assert references(attached) == [f"urn:uuid:{pdf['id']}"]


def test_a_question_stands_there_when_it_was_asked(private):
    log = private("P1,2026-03-01,feet,yoga,6,4,,,")
    titles = [section["title"] for section in sections(document(log))]
    assert "My question for this visit" not in titles
    asked = person_findings(log, question="May I go on?")
    found = {section["title"]: section for section in sections(document(log, asked))}
    assert words(found["My question for this visit"]) == ["May I go on?"]


def test_a_block_that_says_nothing_is_no_section(private, monkeypatch):
    log = private("P1,2026-03-01,feet,yoga,6,4,,,")
    usual = [section["title"] for section in sections(document(log))]
    with_empty = {**blocks(person_findings(log)), "empty": Block("Nothing to say")}
    monkeypatch.setattr(fhir, "blocks", lambda results: with_empty)
    assert [section["title"] for section in sections(document(log))] == usual


# ---- hostile words, names, notes

HOSTILE = """<script>alert(1)</script>&amp;"']]>"""


def test_hostile_words_are_text(private):
    lines = [f"P1,2026-03-0{n},feet,{{}},6,4,,," for n in range(1, 8)]
    log = private(*(line.format("yoga") for line in lines))
    log = log._replace(sessions=log.sessions.assign(technique=HOSTILE))
    log.sources["file"] = f"{HOSTILE}.csv"
    results = person_findings(log, question=f"{HOSTILE} \0\x07\ud800\uffff?")
    text = to_fhir(log, results, PDF, pseudonymised=True)
    text.encode()  # no half of a pair is left
    Bundle.model_validate_json(text)
    bundle = json.loads(text)
    shown = [section["text"]["div"] for section in sections(bundle)]
    assert "<script" not in "".join(shown)
    tags = set(re.findall(r"<(\w+)", "".join(shown)))
    assert tags == {"div", "p", "b", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    told = [text for section in sections(bundle) for text in words(section)]
    assert f"{HOSTILE} □□□□?" in told
    assert f"{HOSTILE}.csv" in told
    assert f"feet, {HOSTILE}" in told
    (named,) = {each["component"][3]["valueString"] for each in resources(bundle, "Observation")}
    assert named == HOSTILE


def test_an_own_term_of_a_mapping_may_be_hostile_too(private):
    term = "<script>alert(1)</script>"
    mapping = f"terms: {{technique: ['{term}']}}"
    bundle = document(private(f"P1,2026-03-01,feet,{term},6,4,,,", mapping=mapping))
    shown = "".join(section["text"]["div"] for section in sections(bundle))
    assert "feet, &lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert term not in shown
    assert resources(bundle, "Observation")[0]["component"][3]["valueString"] == term


def test_notes_and_medicines_are_never_told(private):
    log = private("P1,2026-03-01,feet,yoga,6,4,,my secret note,my secret medicine")
    assert "secret" in "".join(log.sessions["notes"] + log.sessions["medicine"])
    assert "secret" not in json.dumps(document(log))


def test_a_patient_is_a_pseudonym_and_nothing_else(private):
    log = private("Anna_Smith,2026-03-01,feet,yoga,6,4,,,")
    bundle = document(log)
    (patient,) = resources(bundle, "Patient")
    assert patient == {
        "resourceType": "Patient",
        "id": patient["id"],
        "identifier": [
            {
                "system": "urn:uuid:ca18d641-545e-5421-b59e-8b999df62618",
                "value": log.sessions["participant"][0],
            }
        ],
    }
    assert "Anna" not in json.dumps(bundle)


def test_a_cohort_has_neither_patients_nor_ratings_nor_codes(log, cohort):
    text = to_fhir(None, cohort, PDF, pseudonymised=False)
    bundle = json.loads(text)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds == ["Composition", "DocumentReference"]
    assert not any("subject" in entry["resource"] for entry in bundle["entry"])
    assert [code for code in log.sessions["participant"].unique() if code in text] == []


def test_the_pdf_is_attached_whole(private):
    log = private("P1,2026-03-01,feet,yoga,6,4,,,")
    (found,) = resources(document(log), "DocumentReference")
    attachment = found["content"][0]["attachment"]
    assert base64.b64decode(attachment.pop("data"), validate=True) == PDF
    assert base64.b64decode(attachment.pop("hash")) == hashlib.sha1(PDF).digest()
    assert attachment == {
        "contentType": "application/pdf",
        "language": "en",
        "size": len(PDF),
        "title": "Self-massage and stretching log of one person: 1 Mar 2026 to 1 Mar 2026 (1 day)",
        "creation": "2026-03-01",
    }


# ---- refused

NAMED = (
    "report.fhir.json: a FHIR document names a person by a pseudonym only; found the log's own code, "
    "which can be a name. Add --pseudonymise with the path of a key file"
)


@pytest.mark.parametrize("pseudonymised", [False, True])
def test_a_code_of_the_log_is_refused_and_not_quoted(small_log, pseudonymised):
    log = small_log("Anna_Smith,2026-03-01,feet,yoga,6,4")
    with pytest.raises(UserError) as refused:
        to_fhir(log, person_findings(log), PDF, pseudonymised=pseudonymised)
    assert str(refused.value) == NAMED


def test_a_name_in_the_form_of_a_pseudonym_is_refused_too(small_log):
    log = small_log("psmithjohnson,2026-03-01,feet,yoga,6,4")
    with pytest.raises(UserError) as refused:
        to_fhir(log, person_findings(log), PDF, pseudonymised=False)
    assert str(refused.value) == NAMED


def test_every_pseudonym_has_the_form_that_is_asked_for():
    made = pseudonyms([f"P{n}" for n in range(100)], b"0123456789abcdef").values()
    assert all(fhir._PSEUDONYM.fullmatch(code) for code in made)


def test_a_log_without_a_session_has_no_date(private):
    log = private("P1,2026-03-01,feet,yoga,eleven,4,,,")
    with pytest.raises(UserError) as refused:
        document(log)
    assert str(refused.value) == (
        "report.fhir.json: a FHIR document has the date of the log's last day; found no session that "
        "could be used. Correct the refused rows (reliefbook check names each), or make the report "
        "without --fhir"
    )


def test_a_check_is_no_report(one):
    with pytest.raises(UserError) as refused:
        document(one, check_findings(one))
    assert str(refused.value) == (
        "report.fhir.json: a FHIR document is made of the report of one person or of a cohort; found "
        "'check'. Use --notebook one_person or --notebook pain_reduction"
    )
