"""The safety texts stand word for word, and the screen raises what it must."""

from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis import safety, shipped
from analysis.sessions import empty_sessions
from analysis.wording import blocks

ROOT = Path(__file__).resolve().parents[1]
M0 = (
    "Get emergency help (your local emergency number or nearest emergency department) for any of these: "
    "numbness or pins and needles between the legs, round the genitals, buttocks or back passage; new "
    "trouble with bladder, bowels or sexual function; pain, numbness, tingling or weakness in both legs. "
    "Do not massage and do not wait. No flag ticked does not mean safe. Talk to your healthcare provider "
    "before starting, changing or stopping anything."
)
OTHERS = {
    "M1": "WARNING SIGN IN THIS LOG: {sign}, {n} of {total} sessions, last on {date}. This can need "
    "emergency care. {emergency_contact}.",
    "M2": "CHECK NOW: numbness or tingling was logged, but not where (or on which side). Between the legs, "
    "or in both legs, it is an emergency. {emergency_contact}.",
    "M1 of people": "WARNING SIGN IN THIS LOG: {sign}, {n} of {people}. This can need emergency care. "
    "{emergency_contact}.",
    "M1 of some": "WARNING SIGN IN THIS LOG: {sign}, at least one person. This can need emergency care. "
    "{emergency_contact}.",
    "M3": "See a clinician soon: {sign}, {n} of {total} sessions.",
    "M3 of people": "See a clinician soon: {sign}, {n} of {people}.",
    "M3 of some": "See a clinician soon: {sign}, at least one person.",
    "M3 of pain": "See a clinician soon: {sign}, median {now} against {then}.",
    "M4 of some": "Words in the notes may describe a warning sign (some notes). Please read them. This is "
    "only a word search.",
    "M4": "Words in the notes may describe a warning sign ({n} notes). Please read them. This is only a "
    "word search.",
    "M5": "Not asked in this log: {fields}. Not asked is not absent.",
    "M6": "Stop if pain shoots down the leg, or numbness, tingling or weakness starts or grows.",
}


def test_the_emergency_text_is_whole():
    assert safety.emergency_text() == M0


def test_the_other_texts_are_whole():
    assert safety.TEXTS.keys() - {"M0"} == OTHERS.keys()
    assert {name: safety.TEXTS[name] for name in OTHERS} == OTHERS
    assert safety.NOT_ADVICE == (
        "Self-reported log. Not a diagnosis, not medical advice, not a medical device."
    )


def test_the_readme_shows_the_emergency_text_right_under_title_and_first_sentence():
    parts = (ROOT / "README.md").read_text("utf-8").split("\n\n")
    assert parts[0].startswith("# ")
    assert parts[2] == f"> {M0}"


@pytest.mark.parametrize("name", shipped.notebooks())
def test_each_notebook_opens_with_the_emergency_text(name):
    first = nbformat.read(shipped.notebooks()[name], as_version=4).cells[0]
    assert first.source.split("\n\n")[1] == f"> {M0}"


def test_the_guide_ends_with_when_to_stop():
    last = nbformat.read(shipped.notebooks()["guide"], as_version=4).cells[-1]
    assert OTHERS["M6"] in last.source


def sessions(*rows: dict) -> pd.DataFrame:
    """Return sessions of P01 on following days; what a row does not say is blank."""
    blank = {"participant": "P01", "region": "feet", "technique": "pressure", "scale": "NRS0-10",
             "pain_before": 5.0, "pain_after": 4.0}  # fmt: skip
    days = pd.date_range("2026-03-01", periods=len(rows), unit="us")
    frame = pd.DataFrame(
        [{"started_at": day} | blank | row for day, row in zip(days, rows, strict=True)]
    )
    text = frame.astype(object).reindex(columns=list(empty_sessions()))
    for name, dtype in empty_sessions().dtypes.items():
        text[name] = text[name].where(text[name].notna(), "" if dtype == "str" else 0).astype(dtype)
    return text


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"numbness_place": "saddle"}, "S1"),
        ({"numbness_place": "buttock"}, "S1"),
        ({"bladder_bowel": "yes"}, "S2"),
        ({"symptom_side": "both"}, "S3"),
        ({"weakness": "both"}, "S3"),
        ({"tingling_before": "3", "region": "thighs"}, "S4"),
        ({"numbness_after": "yes", "region": "combined", "symptom_side": "left"}, "S4"),
        ({"tingling_after": "yes", "side": "both", "numbness_place": "foot"}, "S5"),
        ({"weakness": "same", "side": "both"}, "S5"),
        ({"weakness": "new_or_worse", "symptom_side": "left"}, "S6"),
        ({"tingling_before": "2", "tingling_after": "3", "numbness_place": "leg"}, "S7"),
        ({"numbness_before": "no", "numbness_after": "yes", "numbness_place": "leg"}, "S7"),
        ({"notes": "Bladder was slow"}, "S9"),
        ({"notes": "incontinence"}, "S9"),
    ],
)
def test_a_warning_sign_in_one_session_is_raised(row, rule):
    flags = safety.screen(sessions({}, row, {}))
    assert rule in list(flags["rule"])
    flag = flags.set_index("rule").loc[rule]
    assert (flag["n"], flag["total"], flag["last"]) == (1, 3, pd.Timestamp("2026-03-02"))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {
            "numbness_place": "foot",
            "numbness_before": "2",
            "numbness_after": "2",
            "symptom_side": "left",
        },
        {"side": "both"},
        {"tingling_before": "0", "tingling_after": "no", "region": "thighs", "side": "both"},
        {"bladder_bowel": "no", "weakness": "no"},
        {"tingling_before": "yes", "tingling_after": "4", "numbness_place": "leg"},
        {"notes": "long drive, - better"},
    ],
)
def test_nothing_is_raised_without_a_sign(row):
    assert safety.screen(sessions(row, {})).empty


def test_pain_that_is_no_lower_after_four_weeks_is_raised():
    steady = sessions(*[{} for _ in range(30)])
    assert list(safety.screen(steady)["rule"]) == ["S8"]
    falling = steady.assign(pain_before=[6.0] * 15 + [5.0] * 15)
    assert safety.screen(falling).empty
    assert list(safety.screen(steady.head(28))["rule"]) == ["S8"]  # four weeks, day by day
    assert safety.screen(steady.head(27)).empty


def test_questions_that_nobody_answered_are_named():
    assert safety.not_asked(sessions({"weakness": "no", "tingling_before": "0"})) == [
        "numbness_before", "numbness_place", "symptom_side", "bladder_bowel"]  # fmt: skip


def test_an_emergency_sign_takes_the_place_of_the_summary(small_log, write):
    from analysis.findings import findings, person_findings
    from analysis.intake import read_log

    rows = [f"P0{person},2026-03-0{day} 10:00,buttocks,pressure,6,4,yes"
            for person in range(1, 8) for day in range(1, 4)]  # fmt: skip
    header = "participant,started_at,region,technique,pain_before,pain_after,bladder_bowel"
    log = read_log(write(header, *rows), as_of="2026-07-01")
    cohort = blocks(findings(log))
    assert cohort["warnings"].alarms == (
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, 7 of 7 people. This can need "
        "emergency care. Your local emergency number or nearest emergency department.",
    )
    assert cohort["summary"].sentences == (
        "21 sessions logged. A warning sign stands in this log: read it first.",
    )
    one = blocks(person_findings(log, person="P02"))
    assert one["warnings"].alarms[0] == (
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, 3 of 3 sessions, last on 3 Mar 2026. "
        "This can need emergency care. Your local emergency number or nearest emergency department."
    )
    assert not any("drop" in sentence for sentence in one["summary"].sentences)


def test_a_sign_in_few_people_of_a_cohort_gives_no_count(write):
    from analysis.findings import findings
    from analysis.intake import read_log

    header = "participant,started_at,region,technique,pain_before,pain_after,weakness"
    rows = [f"P0{person},2026-03-01 10:00,buttocks,pressure,6,4,{'new' if person < 3 else 'no'}"
            for person in range(1, 8)]  # fmt: skip
    shown = blocks(findings(read_log(write(header, *rows), as_of="2026-07-01")))["warnings"]
    assert shown.sentences[0] == (
        "See a clinician soon: new or growing weakness of a leg or foot, at least one person."
    )


@pytest.mark.parametrize(("locale", "contact"), [
    (None, "Your local emergency number or nearest emergency department"), ("NZ", "111, New Zealand"),
    ("DE", "112, European Union"), ("XX", "Your local emergency number or nearest emergency department"),
])  # fmt: skip
def test_an_alarm_names_the_number_of_the_country_that_was_stated(locale, contact, write):
    from analysis.findings import person_findings, with_page
    from analysis.intake import read_log

    header = "date,place,what I did,before,after,bladder,tingling before,side"
    rows = ["2026-03-01,thigh,stretch,6,4,yes,3,both", "2026-03-20,xyz,stretch,6,4,yes,0,left"]
    results = person_findings(read_log(write(header, *rows), as_of="2026-07-01"))
    alarms = blocks(with_page(results, locale=locale))["warnings"].alarms
    assert len(alarms) == 3  # M1, M2 and the refused row
    assert all(sentence.endswith(f" {contact}.") for sentence in alarms)


def test_who_has_which_sign_is_listed_person_by_person_emergencies_first():
    log = sessions(
        {"participant": "P02", "bladder_bowel": "yes"},
        {"participant": "P01", "weakness": "new_or_worse", "symptom_side": "left"},
        {"participant": "P02", "weakness": "new_or_worse", "symptom_side": "left"},
        {"participant": "P02", "bladder_bowel": "yes"},
        {"participant": "P03"},
    )
    signs = safety.person_signs(log)
    weak = "new or growing weakness of a leg or foot"
    assert list(signs.itertuples(index=False, name=None)) == [
        ("P02", "S2", "M1", "new trouble with bladder or bowels", 2, 3, pd.Timestamp("2026-03-04")),
        ("P01", "S6", "M3", weak, 1, 1, pd.Timestamp("2026-03-02")),
        ("P02", "S6", "M3", weak, 1, 3, pd.Timestamp("2026-03-03")),
    ]
    assert list(signs) == ["participant", "rule", "text", "sign", "n", "total", "last"]
    # The same sessions and people as the flags of the report count.
    flags = safety.screen(log)
    assert list(flags["n"]) == list(signs.groupby("rule")["n"].sum())
    assert list(flags["n_people"]) == list(signs.groupby("rule").size())
    assert safety.person_signs(sessions({})).empty
