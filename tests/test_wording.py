"""Sentences and cells: rounding, reasons, and the words that never stand anywhere."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from analysis import safety
from analysis.findings import check_findings, findings, person_findings
from analysis.intake import read_log
from analysis.shipped import notebooks
from analysis.statistics import enough
from analysis.wording import blocks, numbers
from analysis.wording.guide import guide_blocks


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.points(1.25), "1.2"),
        (numbers.points(-0.26), "−0.3"),
        (numbers.points(-0.04), "0.0"),
        (numbers.points(float("nan")), "–"),
        (numbers.rating(4.0), "4"),
        (numbers.rating(4.5), "4.5"),
        (numbers.rating(-1.0), "−1"),
        (numbers.interval(0.6, 1.8), "0.6\u00a0to\u00a01.8"),
        (numbers.interval(float("nan"), float("nan")), "–"),
        (numbers.count(1643), "1,643"),
        (numbers.percent(0.336), "34 %"),
        (numbers.share_of(3, 9), "3 of 9"),
        (numbers.share_of(31, 40), "31 of 40 (78 %)"),
        (numbers.p_value(0.0004), "<0.001"),
        (numbers.p_value(0.0), "<0.001"),
        (numbers.p_value(0.0123), "0.012"),
        (numbers.p_value(0.22), "0.22"),
        (numbers.p_value(float("nan")), "–"),
        (numbers.people(1), "1 person"),
        (numbers.people(14), "14 people"),
        (numbers.day("2026-03-03"), "3 Mar 2026"),
        (numbers.period("2026-03-03", "2026-05-30"), "3 Mar 2026 to 30 May 2026 (89 days)"),
        (numbers.period("2026-03-03", "2026-03-03"), "3 Mar 2026 to 3 Mar 2026 (1 day)"),
    ],
)
def test_numbers_are_written_so(written, expected):
    assert written == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"reason": enough.FEW, "n_people": 3}, "not enough people (3 of 6)"),
        (
            {"reason": enough.MISSING, "missing_share": 0.46},
            "not enough data: 46 % have no after rating",
        ),
        ({"reason": enough.NO_VARIATION}, "no variation"),
        ({"reason": enough.NO_SESSIONS}, "no sessions"),
    ],
)
def test_a_reason_is_a_sentence(row, expected):
    assert numbers.reason(SimpleNamespace(**row)) == expected


def texts_of(shown) -> list[str]:
    """Return every text of a set of blocks."""
    texts = []
    for block in shown.values():
        texts += [block.title, *block.sentences, block.alt]
        if block.table is not None:
            texts += [block.table.caption, *block.table.columns]
            texts += [cell for row in block.table.rows for cell in row]
    return texts


NEVER = re.compile(
    r"\b(works?|effective(ly)?|relie(ved|ves)|reduces|best|proven|should use|trend|cures?|treats)\b"
    r"|significant improvement|nan\b|\binf\b",
    re.IGNORECASE,
)


def banned(texts: list[str]) -> list[str]:
    return [text for text in texts if NEVER.search(text)]


def test_no_text_of_a_report_claims_anything(cohort, person, log):
    for results in (cohort, person, check_findings(log)):
        assert banned(texts_of(blocks(results))) == []


def test_no_text_of_the_guide_or_of_safety_claims_anything():
    assert banned(texts_of(guide_blocks())) == []
    assert banned(list(safety.TEXTS.values())) == []


def test_no_words_of_a_notebook_or_of_the_readme_claim_anything():
    cells = [cell.source for path in notebooks().values()
             for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]  # fmt: skip
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8").split("\n\n")
    assert banned(cells) == []
    assert banned(readme) == []


def test_the_search_for_claims_finds_them():
    assert banned(["Massage works.", "the best technique", "12.0 (nan to nan)", "fine"]) == [
        "Massage works.", "the best technique", "12.0 (nan to nan)"]  # fmt: skip


def test_every_report_says_what_it_cannot_show(cohort, person):
    limits = blocks(cohort)["limits"].sentences[0]
    assert limits == (
        "People chose when and what to do, knew what they did, and rated themselves. Pain that is high "
        "tends to fall by itself. These numbers cannot show that a technique caused the change."
    )
    assert "cannot show that a technique caused the change" in blocks(person)["limits"].sentences[0]


def cohort_of(small_log, rule) -> dict:
    """Return the blocks of seven people's log, whose ratings a function of person and day gives."""
    rows = [f"P{n},2026-03-0{day},buttocks,pressure,{','.join(map(str, rule(n, day)))}"
            for n in range(7) for day in (1, 2)]  # fmt: skip
    return blocks(findings(small_log(*rows)))


def test_what_followed_is_said_with_all_its_counts(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, 5 - n % 2))
    assert shown["summary"].sentences == (
        "Sessions of all techniques together were followed by an average drop of 1.4 points (95 % interval "
        "0.9\u00a0to\u00a01.9; 7 people, both ratings in 14 of 14 sessions); average starting pain 6.0.",
        "High pain tends to fall by itself: this log cannot show that massage was why.",
    )


def test_a_rise_is_called_a_rise(small_log):
    shown = cohort_of(small_log, lambda n, day: (4, 5 + n % 2))
    assert (
        shown["summary"]
        .sentences[0]
        .startswith(
            "Sessions of all techniques together were followed by an average rise of 1.4 points ("
        )
    )


def test_changes_that_are_all_equal_have_no_interval(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, 6))
    assert shown["summary"].sentences[0] == (
        "Sessions of all techniques together were followed by an average change of 0.0 points (no variation "
        "between people; 7 people, both ratings in 14 of 14 sessions); average starting pain 6.0."
    )
    assert shown["done"].table.rows[0][5] == "0.0 (no variation, no interval)"


def test_no_after_at_all_is_a_result(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, ""))
    assert shown["summary"].sentences[0] == (
        "Sessions of all techniques together: 14 sessions logged, none with both ratings."
    )
    assert shown["done"].table.rows[0][5] == "no sessions"


def test_too_many_missing_are_refused_in_words(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, "" if day == 2 else 4))
    assert shown["done"].table.rows[0][5] == "not enough data: 50 % have no after rating"


def test_few_people_are_counted_only(small_log):
    shown = blocks(
        findings(small_log("P1,2026-03-01,feet,yoga,5,4", "P2,2026-03-01,feet,yoga,5,3"))
    )
    assert shown["done"].table.rows == [
        ("feet, yoga", "2", "–", "0 of 2", "–", "not enough people (2 of 6)", *["–"] * 4)]  # fmt: skip
    assert shown["summary"].sentences[0] == (
        "Sessions of all techniques together: 2 sessions logged; not enough people (2 of 6) to summarise."
    )


def test_a_heavy_logger_and_missing_ratings_are_noted(small_log):
    rows = [f"P{n},2026-03-01,feet,pressure,6,{5 - n % 2}" for n in range(7)]
    rows += [f"P0,2026-03-0{day},feet,pressure,6,{after}"
             for day in range(2, 9) for after in (5 if day < 5 else "",)]  # fmt: skip
    notes = blocks(findings(small_log(*rows)))["done"].sentences
    assert notes == (
        "One person gave over 30 % of the sessions in: feet, sustained pressure (40 %).",
        "Over 20 % of the sessions have no after rating, read with care: feet, sustained pressure (29 %).",
    )


LORD = (
    "Adjusted means: at the same starting pain now. If A and B were used in different months with different "
    "pain levels, the adjusted line credits that difference to the technique; the unadjusted line does not."
)


def with_contrast(cohort, **values):
    """Return the blocks of the example with other values in its first contrast."""
    contrasts = cohort.tables["contrasts"].copy()
    for name, value in values.items():
        contrasts.loc[0, name] = value
    return blocks(cohort._replace(tables=cohort.tables | {"contrasts": contrasts}))["contrasts"]


def test_a_contrast_that_depends_on_the_adjustment_says_so(cohort):
    shown = with_contrast(cohort, depends=True, estimate=0.2, unadjusted=-0.2)
    assert shown.sentences == (
        f"Reference: rest where it was logged, else the technique of most people. {LORD}",
        "lower back: deep circular strokes − rest: Depends on the adjustment for starting pain – not a "
        "robust finding.",
    )


def test_two_lines_that_are_written_alike_do_not_depend(cohort):
    assert cohort.tables["contrasts"]["depends"].sum() == 1  # -0.007 and +0.010, both written 0.0
    assert not any("Depends" in sentence for sentence in blocks(cohort)["contrasts"].sentences)


def test_one_person_with_few_sessions_is_told_so(small_log):
    log = small_log("P1,2026-03-01,feet,pressure,5,4", "P1,2026-03-02,feet,pressure,5,")
    shown = blocks(person_findings(log))
    assert shown["summary"].sentences == (
        "Not enough sessions other than rest to summarise: both ratings in 1 of 2, 5 needed.",)  # fmt: skip
    assert shown["groups"].table.rows == [
        ("feet, sustained pressure", "1 of 2", "–", "–", "not enough sessions (n = 1) to summarise")
    ]


def test_the_report_of_the_shipped_example_says_that_it_is_synthetic(cohort, person, small_log):
    for results in (cohort, person):
        head = blocks(results)["head"].sentences
        assert head[0] == "SYNTHETIC EXAMPLE: nobody's data, made to show the kit."
    own = blocks(person_findings(small_log("P1,2026-03-01,feet,pressure,5,4")))["head"].sentences
    assert own == (
        "Self-tracking log, exploratory. Self-reported log. Not a diagnosis, not medical advice, not a "
        "medical device.",
    )


def test_one_persons_question_stands_in_their_own_words(small_log):
    log = small_log("P1,2026-03-01,feet,pressure,5,4")
    asked = blocks(person_findings(log, question="May I go on <running>?"))["question"]
    assert asked.sentences == ("May I go on <running>?",)
    assert set(blocks(person_findings(log))["question"].sentences[0]) == {"_"}


def test_the_first_and_the_last_fortnight_by_hand(small_log):
    days = [*range(1, 7), *range(24, 30)]
    rows = [f"P1,2026-03-{day:02},feet,pressure,{7 if day < 15 else 4},3" for day in days]
    shown = blocks(person_findings(small_log(*rows)))["summary"].sentences[0]
    assert (
        shown == "Starting pain: median 7 in the first 14 days (6 sessions), 4 in the last 14 (6)."
    )
    steady = [row.replace(",7,3", ",4,3") for row in rows]
    results = person_findings(small_log(*steady))
    assert blocks(results)["warnings"].sentences[0] == (
        "See a clinician soon: starting pain no lower in the last 14 days than in the first 14, median 4 "
        "against 4."
    )


def test_a_scale_of_100_is_not_mixed_into_the_points(small_log, write):
    from analysis.intake import read_log

    header = "participant,started_at,region,technique,pain_before,pain_after,scale"
    rows = [f"P1,2026-03-{day:02},feet,pressure,5,3,NRS" for day in range(1, 8)]
    rows += [f"P1,2026-04-{day:02},feet,pressure,60,50,VAS" for day in range(1, 8)]
    shown = blocks(person_findings(read_log(write(header, *rows), as_of="2026-07-01")))
    assert shown["summary"].sentences[0] == (
        "The median change within sessions other than rest was a drop of 2 points (both ratings in 7 of "
        "7; no interval is given yet)."
    )
    assert shown["start_pain"].sentences[0].endswith(" 7 sessions on another scale are not drawn.")
    assert [row[0] for row in shown["groups"].table.rows] == [
        "feet, sustained pressure", "feet, sustained pressure (mm of 100)"]  # fmt: skip


def test_who_got_worse_is_counted_in_sessions_and_in_people(small_log):
    rows = [
        f"P{n},2026-03-0{day},feet,pressure,4,{7 if n < 2 else 4}"
        for n in range(6)
        for day in (1, 2)
    ]
    assert blocks(findings(small_log(*rows)))["coverage"].sentences[-1] == (
        "Pain was up by 1 point or more after 4 of 12 sessions, by 2 or more after 4, at least once in at "
        "least one of 6 people."
    )


def test_one_person_of_several_sees_nothing_of_the_others_refused_rows(small_log):
    log = small_log("P1,2026-03-01,feet,pressure,5,4", "P2,2026-03-01,feet,pressure,5,4",
                    "P2,2026-03-02,feet,secret dance,5,4")  # fmt: skip
    results = person_findings(log, person="P1")
    assert results.tables["refused"].empty
    assert blocks(results)["coverage"].sentences[0] == (
        "3 rows in the log of 2 people: used 2, refused 1.")  # fmt: skip
    assert not any("secret" in text for text in texts_of(blocks(results)))


def test_a_sign_in_a_refused_row_is_an_alarm_and_leaves_no_relief_on_the_page(write):
    header = "date,place,what I did,before,after,bladder"
    sound = [f"2026-03-{day:02},thigh,stretch,6,4,no" for day in range(1, 13)]
    texts = []
    for last in ("2026-03-20,xyz,stretch,6,4,no", "2026-03-20,xyz,stretch,6,4,yes"):
        results = person_findings(read_log(write(header, *sound, last), as_of="2026-07-01"))
        shown = blocks(results)
        texts.append((shown["warnings"].alarms, " ".join(shown["summary"].sentences)))
    (no_alarm, relief), (alarm, none) = texts
    assert no_alarm == ()
    assert alarm == (
        "CHECK NOW: at least one refused row of this log has an answer that can need emergency care. Read "
        "the refused rows. Your local emergency number or nearest emergency department.",
    )
    assert "a drop of 2 points" in relief
    assert none == "A warning sign stands in this log: read it first."
