"""A report -> one FHIR R4 document: what a health record takes in, as JSON.

A Bundle of type document. First the Composition: its sections are the blocks of the report in words,
warning signs first. Then, of one person's report, a Patient who is a pseudonym and nothing else, and
one Observation for each rating of pain; last a DocumentReference with the PDF. A cohort's document
has no Patient and no Observation.

Each rating is an Observation of its own, because every system that knows the LOINC code can then draw
it. The components of an Observation say which session it belongs to (the same word in both ratings of
a session), whether it was rated before or after, and where and what the person worked. Region and
technique are not ``bodySite`` and ``method``: those say where the pain is and how it was rated, which
no log asks. They are text: the vocabulary has no codes, and none is made up here.

The sections are in the report's language. The Observations are data, and in English in every language:
a system that has learned their words reads them from any report.

The tests have a mapping with which ``read_log`` reads the Observations back.
"""

import base64
import hashlib
import json
import re
import uuid
from typing import Any, NamedTuple

import pandas as pd

from analysis import safety
from analysis.findings import Findings, page_of
from analysis.language import N_, _, current, in_language
from analysis.report.narrative import narrative
from analysis.sessions import SCALES, SessionLog, UserError, empty_sessions
from analysis.vocabulary import vocabulary
from analysis.wording import Block, TextTable, blocks, numbers

_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

# Where these LOINC codes and names were seen: 72514-3 and 38214-3 in the eCQM value set "Standardized
# Pain Assessment Tool" (2.16.840.1.113883.3.526.3.1028, update of 2025-05-08); 53576-5 in HL7 Denmark's
# value set dk-core-LoincDiagnosticDocumentTypes, expanded by tx.fhir.org from LOINC 2.82, its full name
# in FHIR's own list of document classes. A "patient note" (51855-5) or a questionnaire response
# (74465-6) would each be of one occasion.
_REPORT = ("53576-5", "Personal health monitoring report Document")
_RATING = {
    "NRS0-10": ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
    "VAS0-100": ("38214-3", "Pain severity [Score] Visual analog score"),
}
_UCUM_UNIT = {"points": ("score", "{score}"), "mm": ("mm", "mm")}

# Of every key's pseudonyms; drawn once, because the kit has no address of its own.
_PSEUDONYMS = "urn:uuid:ca18d641-545e-5421-b59e-8b999df62618"
# As analysis.intake.privacy writes them.
_PSEUDONYM = re.compile("p[a-z2-7]{12}")
# What a string of FHIR R4, or XML 1.0, cannot hold.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FARTHEST_OFFSET = pd.Timedelta(hours=14)


class _Document(NamedTuple):
    """What the resources of one document share.

    ``subject`` is that member of a resource, empty for a cohort; ``day`` the log's last, ``moment`` the
    same as an instant; ``key`` tells documents apart.
    """

    subject: dict[str, Any]
    author: dict[str, str]
    title: str
    day: str
    moment: str
    key: str


def to_fhir(log: SessionLog | None, results: Findings, pdf: bytes, *, pseudonymised: bool) -> str:
    """Return the report as a FHIR R4 document Bundle: JSON, the same text for the same report.

    Parameters
    ----------
    log : SessionLog or None
        What one person's report was made from; notes and medicines are not read. A cohort's document
        needs none.
    results : Findings
        Of one person's report, or of a cohort's.
    pdf : bytes
        The report as ``to_pdf`` returns it.
    pseudonymised : bool
        Whether the log was read with a key for pseudonyms; one person's document needs that.

    Raises
    ------
    UserError
        When the findings are no report, no session could be used (the document would have no date),
        or one person's log is not pseudonymised.

    Notes
    -----
    The Composition's date is the log's last day. The Bundle's timestamp, which must be an instant, is
    the beginning of that day in UTC, or the start of a later session whose instant is known. A rating
    has the start of its session as its time, the one after too: with its offset from UTC where that is
    known, else the day alone. A rating that is missing has no Observation.
    """
    _refuse_no_report(results)
    sessions = empty_sessions()
    if results.about["kind"] == "one_person":
        sessions = _own_sessions(log, results)
        _refuse_names(sessions, pseudonymised)
    with in_language(page_of(results).language):
        return _written(sessions, results, pdf)


def _written(sessions: pd.DataFrame, results: Findings, pdf: bytes) -> str:
    """Return the document in the language that is being written."""
    shown = blocks(results)
    patients = [_patient(code) for code in sessions["participant"].unique()]
    document = _Document(
        subject={"subject": _to_patient(patients[0])} if patients else {},
        author={"type": "Device", "display": f"reliefbook {results.about['kit']}"},
        title=shown["head"].title,
        day=results.about["last"],
        moment=_moment(results, sessions),
        key=hashlib.sha256(pdf).hexdigest(),
    )
    ratings, attached = _ratings(sessions, document), _attached(pdf, document)
    sections = [(block, []) for block in _told(shown, results)]
    sections += [(_rating_block(sessions), ratings)] if ratings else []
    sections.append((Block(_("The report as PDF"), (_("Attached."),)), [attached]))
    first = _composition(sections, document)
    return _bundle([first, *patients, *ratings, attached], results, document)


def _refuse_no_report(results: Findings) -> None:
    """Raise for findings without a person or people to report on, or without a day."""
    if results.about["kind"] not in ("one_person", "cohort"):
        raise UserError(
            "report.fhir.json: a FHIR document is made of the report of one person or of a cohort; found "
            f"{results.about['kind']!r}. Use --notebook one_person or --notebook pain_reduction"
        )
    if not results.about["sessions"]:
        raise UserError(
            "report.fhir.json: a FHIR document has the date of the log's last day; found no session that "
            "could be used. Correct the refused rows (reliefbook check names each), or make the report "
            "without --fhir"
        )


def _refuse_names(sessions: pd.DataFrame, pseudonymised: bool) -> None:
    """Raise unless the participant is a pseudonym; the code itself is not quoted."""
    # The form alone proves nothing, a name may have it; but a code without it is none of a key's.
    made = [bool(_PSEUDONYM.fullmatch(code)) for code in sessions["participant"].unique()]
    if not (pseudonymised and all(made)):
        raise UserError(
            "report.fhir.json: a FHIR document names a person by a pseudonym only; found the log's own "
            "code, which can be a name. Add --pseudonymise with the path of a key file"
        )


def _own_sessions(log: SessionLog, results: Findings) -> pd.DataFrame:
    """Return the sessions of the person whose report it is, by date."""
    person = results.about["parameters"]["person"]
    own = log.sessions["participant"] == person
    chosen = log.sessions if person is None else log.sessions[own]
    return chosen.sort_values("started_at", kind="stable")


def _moment(results: Findings, sessions: pd.DataFrame) -> str:
    """Return the instant of the document: no session with a known one starts later."""
    known = sessions["started_at_utc"].dropna()
    return f"{max([pd.Timestamp(results.about['last']), *known]).isoformat()}Z"


def _bundle(resources: list[dict], results: Findings, document: _Document) -> str:
    entries = _printable(
        [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources]
    )
    content = hashlib.sha256(json.dumps(entries).encode()).hexdigest()
    bundle = {
        "resourceType": "Bundle",
        "id": _uuid(content),
        **_marked_synthetic(results),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{_uuid(content)}"},
        "type": "document",
        "timestamp": document.moment,
        "entry": entries,
    }
    return json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _marked_synthetic(results: Findings) -> dict[str, Any]:
    """Return the label that keeps the shipped example out of real records."""
    if not results.about["synthetic"]:
        return {}
    test = {
        "system": f"{_TERMINOLOGY}/v3-ActReason",
        "code": "HTEST",
        "display": "test health data",
    }
    return {"meta": {"security": [test]}}


# Resources


def _composition(sections: list[tuple[Block, list[dict]]], document: _Document) -> dict[str, Any]:
    """Return the Composition of blocks, each with the resources that it tells of."""
    return _resource(
        "Composition",
        document.key,
        language=current(),
        status="final",
        type=_concept(_LOINC, *_REPORT),
        **document.subject,
        date=document.day,
        author=[document.author],
        title=document.title,
        section=[_section(*each) for each in sections if narrative(each[0])],
    )


def _patient(code: str) -> dict[str, Any]:
    return _resource("Patient", code, identifier=[{"system": _PSEUDONYMS, "value": code}])


def _to_patient(patient: dict[str, Any]) -> dict[str, Any]:
    """Return a reference that also says the pseudonym: an Observation may be taken out alone."""
    return _reference(patient) | {"identifier": patient["identifier"][0]}


def _ratings(sessions: pd.DataFrame, document: _Document) -> list[dict]:
    return [
        _rating(session, phase, document)
        for session in sessions.itertuples()
        for phase in ("before", "after")
        if pd.notna(getattr(session, f"pain_{phase}"))
    ]


def _rating(session, phase: str, document: _Document) -> dict[str, Any]:
    """Return one rating of pain as an Observation; see the top of this module for its shape."""
    told = {
        "session": session.session_id,
        "phase": phase,
        "region worked on": vocabulary().name("region", session.region),
        "technique": vocabulary().name("technique", session.technique),
    }
    return _resource(
        "Observation",
        f"{session.session_id}|{phase}",
        status="final",
        category=[_concept(f"{_TERMINOLOGY}/observation-category", "survey", "Survey")],
        code=_concept(_LOINC, *_RATING[session.scale]) | {"text": f"Pain {phase} the session"},
        **document.subject,
        effectiveDateTime=_start(session),
        performer=list(document.subject.values()),
        valueQuantity=_quantity(float(getattr(session, f"pain_{phase}")), session.scale),
        component=[{"code": {"text": name}, "valueString": text} for name, text in told.items()],
    )


def _quantity(value: float, scale: str) -> dict[str, Any]:
    unit, code = _UCUM_UNIT[SCALES[scale]["unit"]]
    # 6.0 would claim a precision that a whole number has not.
    plain = int(value) if value.is_integer() else value
    return {"value": plain, "unit": unit, "system": _UCUM, "code": code}


def _start(session) -> str:
    """Return when a session started; without a known offset the day, for FHIR has no local time."""
    day = session.started_at.date().isoformat()
    if pd.isna(session.started_at_utc):
        return day
    ahead = session.started_at - session.started_at_utc
    if abs(ahead) > _FARTHEST_OFFSET or ahead % pd.Timedelta(minutes=1):
        return day
    hours, minutes = divmod(int(abs(ahead).total_seconds()) // 60, 60)
    sign = "-" if ahead < pd.Timedelta(0) else "+"
    return f"{session.started_at.isoformat()}{sign}{hours:02}:{minutes:02}"


def _attached(pdf: bytes, document: _Document) -> dict[str, Any]:
    attachment = {
        "contentType": "application/pdf",
        "language": current(),
        "data": base64.b64encode(pdf).decode(),
        "size": len(pdf),
        # R4 asks for SHA-1; it finds damage, nobody relies on it against forgery.
        "hash": base64.b64encode(hashlib.sha1(pdf, usedforsecurity=False).digest()).decode(),
        "title": document.title,
        "creation": document.day,
    }
    return _resource(
        "DocumentReference",
        document.key,
        status="current",
        type=_concept(_LOINC, *_REPORT),
        **document.subject,
        date=document.moment,
        author=[document.author],
        content=[{"attachment": attachment}],
    )


def _resource(kind: str, key: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": _uuid(f"{kind}|{key}"), **content}


def _uuid(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"reliefbook/{text}"))


def _reference(resource: dict[str, Any]) -> dict[str, str]:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


# Sections


def _told(shown: dict[str, Block], results: Findings) -> list[Block]:
    """Return the blocks of the report: M0 and the warning signs before all others."""
    warnings = shown["warnings"]
    emergency = safety.emergency_text(page_of(results).locale)
    first = warnings._replace(alarms=(emergency, *warnings.alarms))
    asked = results.about["parameters"].get("question")  # else the block is a line to write on
    left_out = ("warnings",) if asked else ("warnings", "question")
    return [first, *(block for name, block in shown.items() if name not in left_out)]


#: Above the ratings.
_TOLD = (
    N_("Region and technique say where and what the person worked, not where the pain was."),
    N_("A rating after has the start of its session as its time."),
)


def _rating_block(sessions: pd.DataFrame) -> Block:
    """Return the Observations in words: what a system that reads only the sections shows."""
    rows = [
        (
            numbers.day(session.started_at),
            numbers.cell_name(session),
            numbers.rating(session.pain_before),
            numbers.rating(session.pain_after),
        )
        for session in sessions.itertuples()
    ]
    columns = (_("day"), _("region, technique"), _("before"), _("after"))
    numeric = (False, False, True, True)
    table = TextTable(_("Pain before and after each session"), columns, rows, numeric)
    return Block(_("Ratings of pain, session by session"), tuple(map(_, _TOLD)), table)


def _section(block: Block, resources: list[dict]) -> dict[str, Any]:
    """Return a block in words as a section, with references to the resources that it is about."""
    section = {
        "title": block.title,
        # "generated" is for text that says no more than the resources do.
        "text": {"status": "additional", "div": narrative(block)},
    }
    entries = [_reference(resource) for resource in resources]
    return section | ({"entry": entries} if entries else {})


def _printable(value: Any) -> Any:
    """Return the data with a box for every character that FHIR or XML cannot hold."""
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return _UNPRINTABLE.sub("□", value) if isinstance(value, str) else value
