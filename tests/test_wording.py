"""Sentences and cells: rounding, reasons, and the words that never stand anywhere."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from shared import CLAIMS

from analysis import safety
from analysis.findings import (
    check_findings,
    findings,
    person_findings,
    read_sums,
    with_page,
    write_sums,
)
from analysis.intake import read_log
from analysis.shipped import example_log, notebooks
from analysis.statistics import enough
from analysis.wording import Block, appendix_figures, appendix_tables, blocks, numbers
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
        (numbers.counted(31, 40), "31 of 40"),
        (numbers.counted(pd.NA, 40), "–"),
        (numbers.share(0.323, 0.275, 0.372), "32\u00a0% (28\u00a0to\u00a037\u00a0%)"),
        (numbers.share(float("nan"), float("nan"), float("nan")), "–"),
        (
            numbers.percentage_points(0.1958, -0.1146, 0.4955),
            "+20 percentage points (−11\u00a0to\u00a050)",
        ),
        (numbers.percentage_points(-0.001, -0.2, 0.2), "0 percentage points (−20\u00a0to\u00a020)"),
        (numbers.two("NRS0-10", 15), "2 points"),
        (numbers.two("VAS0-100", 15), "15 mm"),
        (numbers.moved(-3, "VAS0-100"), "rise of 3.0 mm of 100"),
        (numbers.moved(0.04, "NRS0-10"), "change of 0.0 points"),
        (numbers.mean(1.25, 0.6, 1.8), "1.2 (0.6\u00a0to\u00a01.8)"),
        (numbers.difference(0.38, -0.33, 1.09), "+0.4 (−0.3\u00a0to\u00a01.1)"),
        (numbers.difference(-0.04, -1, 1), "0.0 (−1.0\u00a0to\u00a01.0)"),
        (numbers.difference(-0.4, float("nan"), float("nan")), "−0.4 (no variation)"),
        (numbers.two_decimals(-0.004), "0.00"),
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


def banned(texts: list[str]) -> list[str]:
    return [text for text in texts if CLAIMS["en"].search(text)]


def test_no_text_of_a_report_claims_anything(cohort, person, log):
    for results in (cohort, person, check_findings(log)):
        assert banned(texts_of(blocks(results))) == []
    checked = findings(log, more_checks=True)
    assert banned(texts_of(appendix_figures(checked) | appendix_tables(checked))) == []


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
        "0.9\u00a0to\u00a01.9, few people; 7 people, both ratings in 14 of 14 sessions); average starting pain "
        "6.0.",
        "High pain tends to fall by itself: this log cannot show that massage was why.",
    )


def test_a_rise_is_called_a_rise(small_log):
    # The mirror of the drop above: 1, 2, 1, 2, 1, 2, 1, R's t.test 0.93 to 1.92.
    shown = cohort_of(small_log, lambda n, day: (4, 5 + n % 2))
    assert (
        shown["summary"]
        .sentences[0]
        .startswith(
            "Sessions of all techniques together were followed by an average rise of 1.4 points (95 % interval "
            "0.9\u00a0to\u00a01.9, few people; "
        )
    )


def test_changes_that_are_all_equal_have_no_interval(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, 6))
    assert shown["summary"].sentences[0] == (
        "Sessions of all techniques together were followed by an average change of 0.0 points (no variation "
        "between people, few people; 7 people, both ratings in 14 of 14 sessions); average starting pain 6.0."
    )
    assert shown["done"].table.rows[0][5] == "0.0 (no variation, no interval) few people"


def test_no_after_at_all_is_a_result(small_log):
    shown = cohort_of(small_log, lambda n, day: (6, ""))
    assert shown["summary"].sentences[0] == (
        "Sessions of all techniques together: 14 sessions logged, none with both ratings."
    )
    assert shown["done"].table.rows[0][5] == "not enough data: 100 % have no after rating"


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
        "Not enough sessions other than rest to summarise: both ratings in 1 of 2, 5 needed.",
    )  # fmt: skip
    assert shown["groups"].table.rows == [
        (
            "feet, sustained pressure",
            "1 of 2",
            "1",
            *["–"] * 3,
            "not enough sessions (n = 1) to summarise",
        )
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


HEADER = "participant,started_at,region,technique,pain_before,pain_after"


def up_in(write, n_people: int):
    """Return the findings of eight people on two scales; pain and tingling rise in some, on one day."""
    rows = []
    for n in range(8):
        for day in (1, 2):
            up = n < n_people and day == 1
            rows.append(
                f"P{n},2026-03-0{day},feet,pressure,4,{6 if up else 3},NRS,2,{3 if up else 1}"
            )
            rows.append(f"P{n},2026-03-1{day},feet,pressure,40,{55 if up else 20},VAS,,")
    header = f"{HEADER},scale,tingling_before,tingling_after"
    return findings(read_log(write(header, *rows), as_of="2026-07-01"), vas_two=15)


def test_who_got_worse_is_counted_in_sessions_and_in_people_and_by_scale(write):
    assert blocks(up_in(write, 6))["coverage"].sentences[1:] == (
        "Pain was up by 1 point or more after 6 of 16 (38 %) sessions in 6 of 8 people; by 2 points or more "
        "after 6 of 16 (38 %) sessions in 6 of 8 people. "
        "Pain on the 0 to 100 scale was up by 10 mm or more after 6 of 16 (38 %) sessions in 6 of 8 people; "
        "by 20 mm or more after 0 of 16 (0 %) sessions in 0 of 8 people. "
        "Answers before and after: numbness or tingling was new or higher after 6 of 16 (38 %) sessions in 6 "
        "of 8 people.",
    )


def test_who_got_worse_is_not_counted_where_it_was_few_people(write, small_log):
    # One person of eight: a harm is counted wherever the group has people enough.
    shown = blocks(up_in(write, 1))
    assert (
        shown["coverage"]
        .sentences[1]
        .startswith(
            "Pain was up by 1 point or more after 1 of 16 (6 %) sessions in 1 of 8 people; by 2 points or more "
            "after 1 of 16 (6 %) sessions in 1 of 8 people."
        )
    )
    assert shown["symptoms"].table.rows[1] == (
        "tingling", "16 of 32", "0 of 32", "16 of 32",
        "more after 1, less 15, same 0, one answer missing 0")  # fmt: skip
    assert shown["worse_after"].table.rows[0] == (
        "sustained pressure", "8", "1 of 16", "1 of 16", "1 of 16")  # fmt: skip
    two = blocks(findings(small_log(*[f"P{n},2026-03-01,feet,yoga,5,7" for n in range(2)])))
    assert two["worse_after"].table.rows == [("yoga", "2", "few", "few", "not asked")]
    assert two["worse_after"].sentences == (
        "“few”: of a group of fewer than 6 people; not counted here.",
    )  # fmt: skip
    assert two["coverage"].sentences[1] == (
        "Pain was up by 1 point or more after – of 2 sessions, not enough people (2 of 6); by 2 points or "
        "more after – of 2 sessions, not enough people (2 of 6)."
    )
    assert two["symptoms"].table.rows[0] == (
        "numbness", "not enough people (2 of 6)", "–", "–", "–")  # fmt: skip


def test_symptoms_are_counted_worse_first(cohort, write):
    # Counts of the example's rows but those of cells that are left out, by a pivot of its CSV.
    table = blocks(cohort)["symptoms"].table
    assert table.caption == (
        "In how many sessions each was logged; counts, no test. Not answered is not absent."
    )
    assert table.columns == ("symptom", "present", "absent", "not asked or not answered",
                             "after the session, of those with it")  # fmt: skip
    not_asked = ("not asked", "not asked", "1,542 of 1,542", "–")
    assert table.rows == [
        ("numbness", *not_asked),
        ("tingling", "456 of 1,542", "1,007 of 1,542", "79 of 1,542",
         "more after 126, less 144, same 45, one answer missing 141"),
        ("weakness of a leg or foot", *not_asked),
        ("symptoms in both legs", "0 of 1,542", "645 of 1,542", "897 of 1,542", "–"),
        ("trouble with bladder or bowels", *not_asked),
    ]  # fmt: skip
    none = findings(read_log(write(f"{HEADER},numbness_before", *[
        f"P{n},2026-03-01,feet,yoga,5,4,0" for n in range(6)]), as_of="2026-07-01"))  # fmt: skip
    assert blocks(none)["symptoms"].table.rows[0] == ("numbness", "0 of 6", "6 of 6", "0 of 6", "–")


@pytest.mark.parametrize(("n_people", "present", "absent"), [
    (5, "in 1 to 5 people", "–"), (6, "6 of 16", "10 of 16"), (0, "0 of 16", "16 of 16")])  # fmt: skip
def test_a_sign_of_few_people_is_not_counted_nor_told_by_subtraction(
    n_people, present, absent, write
):
    rows = [f"P{n},2026-03-0{day},feet,yoga,5,4,{'new' if n < n_people and day == 1 else 'no'}"
            for n in range(8) for day in (1, 2)]  # fmt: skip
    results = findings(read_log(write(f"{HEADER},weakness", *rows), as_of="2026-07-01"))
    assert blocks(results)["symptoms"].table.rows[2] == (
        "weakness of a leg or foot", present, absent, "0 of 16", "–")  # fmt: skip


def test_medicine_the_same_day_is_counted_where_it_was_asked(write):
    rows = [f"P{n},2026-03-0{day},feet,yoga,5,4,{('yes', 'no', 'x-1000', '')[n % 4]}"
            for n in range(8) for day in (1, 2)]  # fmt: skip
    notes = {}
    for name, chosen in (("words", rows), ("few", rows[:8]), ("yes", [*rows[:4], *rows[6:]])):
        told = [row.replace("x-1000", "no") for row in chosen] if name == "yes" else chosen
        log = read_log(write(f"{HEADER},medicine", *told), as_of="2026-07-01")
        notes[name] = blocks(findings(log))["done"].sentences
    assert notes["words"] == (
        "Medicine the same day: yes 4, another answer 4, no 4, not recorded 4 of 16 sessions.",
    )  # fmt: skip
    assert notes["few"] == ("Medicine the same day: not enough people (4 of 6).",)
    assert notes["yes"] == ("Medicine the same day: yes 4, no 6, not recorded 4 of 14 sessions.",)
    none = read_log(write(HEADER, *[row.rpartition(",")[0] for row in rows]), as_of="2026-07-01")
    assert blocks(findings(none))["done"].sentences == ()


def test_a_technique_has_its_counts_of_worse_by_scale(write):
    table = blocks(up_in(write, 6))["worse_after"]
    assert table.sentences == (
        "On the 0 to 100 scale, by 10 and 20 mm; symptoms are of both scales together.",
    )  # fmt: skip
    assert table.table.rows == [
        ("sustained pressure", "8", "6 of 16", "6 of 16", "6 of 16"),
        ("sustained pressure (mm of 100)", "8", "6 of 16", "0 of 16", "6 of 16"),
    ]


def test_the_check_says_nothing_of_who_got_worse(log):
    block = blocks(check_findings(log))["coverage"]
    assert block.title == "How complete is the log?"
    assert len(block.sentences) == 1


def test_two_points_of_a_scale_of_mm_are_what_the_setting_says(write):
    shown = blocks(up_in(write, 6))
    assert shown["done"].sentences == (
        "On the 0 to 100 scale, 2 less is 15 mm less, 2 more is 20 mm more.",
    )  # fmt: skip
    assert "15 mm or more lower* after 62" in shown["responders"].sentences[3]
    assert "20 mm or more higher after 0" in shown["responders"].sentences[3]
    assert "2 points or more lower* after 0" in shown["responders"].sentences[0]


def test_responders_are_said_with_both_intervals_and_what_they_leave_out(small_log):
    # Ten people, one session each: three from 0, the others from 6 to 4 (33 %, 2 points) or 5.
    rows = [f"P{n},2026-03-01,feet,pressure,{0 if n < 3 else 6},{0 if n < 3 else 4 + n % 2}"
            for n in range(10)]  # fmt: skip
    shown = blocks(findings(small_log(*rows)))["responders"].sentences
    # Wilson, R: prop.test(3, 7, correct = FALSE) 0.158 to 0.750; prop.test(3, 10, ...) 0.108 to 0.603.
    # t: t.test(c(rep(1, 3), rep(0, 4))) -0.066 to 0.923, clipped; of ten -0.046 to 0.646.
    assert shown[:3] == (
        "Sessions other than rest, average of 10 people's shares (few people, 95 % interval): 30 % or more "
        "lower after 43\u00a0% (0\u00a0to\u00a092\u00a0%); 2 points or more lower* after "
        "30\u00a0% (0\u00a0to\u00a065\u00a0%); both after 30\u00a0% (0\u00a0to\u00a065\u00a0%); 2 points or more "
        "higher after 0\u00a0% (0\u00a0to\u00a028\u00a0%) of sessions.",
        "People's own mean change (95 % interval): 30 % or more lower in 3 of 7 (16\u00a0to\u00a075\u00a0%); "
        "2 points or more lower* in 3 of 10 (11\u00a0to\u00a060\u00a0%).",
        "Left out of the 30 %: 3 sessions that started at 0, so that it is of the 7 people who ever started "
        "above 0. 3 of 10 started at 1 or below, 3 of 10 ended at 0. Only those that started at 4 or above: "
        "30 % or more lower after 43 %, 2 points or more lower* after 43 %; 7 people (few), 7 sessions.",
    )


def test_what_is_missing_is_warned_of_and_counted_as_not_reached(small_log):
    # Eight people: of four sessions from 4 one has no after, the others fall by 2 or by 1.
    rows = [f"P{n},2026-03-0{day},feet,pressure,4,{'' if day == 1 else 2 + n % 2}"
            for n in range(8) for day in (1, 2, 3, 4)]  # fmt: skip
    assert blocks(findings(small_log(*rows)))["missing"].sentences == (
        "8 of 32 sessions other than rest have no after rating, over 20 %: read with care. Average drop in "
        "points: complete sessions only 1.5; if those had no change 1.1; 2 points worse 0.6; 2 points better "
        "1.6. Missing counted as not reached: 30 % or more lower after 38 % instead of 50 %, 2 points or more "
        "lower after 38 % instead of 50 %. People often stop logging when a session went badly.",
    )


def test_too_much_missing_is_said_and_not_called_complete(small_log):
    rows = [f"P{n},2026-03-0{day},feet,pressure,4,{'' if day < 3 else 3}"
            for n in range(8) for day in (1, 2, 3, 4)]  # fmt: skip
    shown = blocks(findings(small_log(*rows)))
    assert shown["missing"].sentences == (
        "16 of 32 sessions other than rest have no after rating: not enough data: 50 % have no after rating. "
        "People often stop logging when a session went badly.",
    )  # fmt: skip
    assert shown["responders"].sentences == (
        "Not shown: not enough data: 50 % have no after rating.",
    )


def test_the_next_session_stands_beside_the_immediate_change(small_log):
    # Each of six people: 6 > 4, a day later 5 > 4 (odd people 6 > 4): next start 1 or 0 lower.
    rows = [f"P{n},2026-03-0{day} 10:00,feet,pressure,{6 if day == 1 or n % 2 else 5},4"
            for n in range(6) for day in (1, 2)]  # fmt: skip
    # R: t.test(c(1, 0, 1, 0, 1, 0)) -0.075 to 1.075.
    assert blocks(findings(small_log(*rows)))["next"].sentences == (
        "Sessions other than rest: average drop of 2.0 points right after, average drop of 0.5 points (95 % "
        "interval −0.1\u00a0to\u00a01.1) at the start of the next; 6 people (few), 6 pairs, median 24 "
        "hours apart.",
        "Next: the same person's next session in the region within 7 days; both drops are from the start of "
        "the first, in the same pairs. People start again when it hurts; this can hide a lasting change.",
    )
    one = blocks(findings(small_log(rows[0])))["next"].sentences[0]
    assert one == ("Sessions other than rest: no session with both ratings was followed by another in time "
                   "(0 people, 0 pairs).")  # fmt: skip


def test_people_with_only_one_of_two_techniques_are_compared_apart(small_log):
    rows = [f"{who}{n},2026-03-01,feet,{technique},6,{after + n % 2}" for n in range(6)
            for who, technique, after in (("A", "pressure", 3), ("B", "rest", 5))]  # fmt: skip
    results = findings(small_log(*rows))
    block = blocks(results)["contrasts"]
    # Means 2.5 and 0.5, both SDs sqrt(0.3): R's t.test(a, b) 1.295 to 2.705; g = 2/sqrt(0.3)*(1 - 3/39);
    # Newcombe 6/6 - 0/6: both Wilson limits are 0.390 from the shares, sqrt(2)*0.390 = 0.552.
    assert block.sentences[1] == (
        "Between different people, exploratory, never pooled with the lines above: feet: sustained pressure − "
        "rest +2.0 (1.3\u00a0to\u00a02.7), Hedges g 3.37; 6 people (few) with only the one, 6 (few) with only "
        "the other; "
        "people whose mean drops by 30 % or more: 6 of 6 against 0 of 6, +100 percentage points "
        "(45\u00a0to\u00a0100)."
    )
    pair, *refused = block.table.rows[0][:5]
    assert pair == "feet: sustained pressure − rest; used by different people"
    assert refused == ["0", "–", "–", "not enough people (0 of 6)"]
    assert appendix_tables(results)["between"].table.rows == [
        ("feet: sustained pressure − rest", "6 (few), 6 (few)", "+2.0 (1.3\u00a0to\u00a02.7)", "3.37",
         "starting pain cannot be adjusted for: it is the same, on average, in all people of a technique",
         "6 of 6 against 0 of 6, +100 percentage points (45\u00a0to\u00a0100)")]  # fmt: skip


@pytest.mark.parametrize(
    ("month", "said"),
    [("03", "used on the same days by most people: cannot be told apart"), ("06", "used at different times")],
)  # fmt: skip
def test_techniques_that_cannot_be_told_apart_are_marked_beside_the_pair(month, said, small_log):
    rows = [f"A{n},2026-{when}-{day:02} {hour}:00,feet,{technique},{6 - day % 2},{3 + n % 2}"
            for n in range(6) for day in range(1, 6)
            for when, hour, technique in (("03", 10, "pressure"), (month, 11, "rest"))]  # fmt: skip
    results = findings(small_log(*rows))
    row = blocks(results)["contrasts"].table.rows[0]
    assert row[:3] == (f"feet: sustained pressure − rest; {said}", "6 (few)", "30, 30")
    assert appendix_tables(results)["all_pairs"].table.rows[0][0] == row[0]


def test_what_stands_behind_a_comparison_by_hand(write):
    # The worked example of statistics.md, 5 (four people), and two more with A from 5 to 4 and B alike.
    given = {"P1": ("6>4 8>5 5>4", "4>3 5>5"), "P2": ("7>6 9>6", "6>5 4>4 5>3"),
             "P3": ("5>5 8>6 6>5", "3>3 7>5"), "P4": ("4>3 7>4", "5>4 6>6 2>2"),
             "P5": ("5>4", "5>4"), "P6": ("5>4", "5>4"), "P7": ("5>4", "")}  # fmt: skip
    rows = [f"{who},2026-0{month}-{day:02},feet,{technique},{pair.replace('>', ',')}"
            for who, logged in given.items()
            for month, technique, pairs in zip((3, 4), ("pressure", "rest"), logged, strict=True)
            for day, pair in enumerate(pairs.split(), 1)]  # fmt: skip
    shown = appendix_tables(findings(read_log(write(HEADER, *rows), as_of="2026-07-01")))
    # beta 0.461905 and df 12 as in the worked example: the people added have one session of each.
    assert shown["behind"].table.rows == [
        ("feet: sustained pressure − rest", "6", "12, 12", "2", "1, 0", "6.0, 4.8", "0 %, 0 %",
         "0.46 from 12 repeated sessions", "3 of 6")]  # fmt: skip
    # D = 0.653175, -0.385714, -0.615873, 1.127778 and two zeros; scipy's ttest_1samp: p 0.646, -0.554 to
    # 0.814, as R's t.test(D).
    line, known, p = (shown["intervals"].table.rows[0][place] for place in (1, 4, 5))
    assert (line, known, p) == ("adjusted", "+0.1 (−0.6\u00a0to\u00a00.8)", "0.65")


def test_the_appendix_tests_zero_under_a_title_that_limits_it(small_log):
    rows = [f"P{n},2026-03-01,feet,pressure,6,{4 + n % 2}" for n in range(6)]
    block = appendix_tables(findings(small_log(*rows)))["from_zero"]
    assert block.title == (
        "Is the average recorded change different from zero? (This does not test the technique.)")  # fmt: skip
    # Changes 2, 1, 2, 1, 2, 1: R's t.test p 0.00111; all of one sign, so exact p = 2/2^6 = 0.03125.
    assert block.table.rows == [
        ("feet, sustained pressure", "6", "1.5 (0.9\u00a0to\u00a02.1) few people", "0.001", "0.031")]  # fmt: skip


def test_the_appendix_counts_people_and_sessions_of_a_group(cohort):
    shown = appendix_tables(cohort)
    # Counted in the example's CSV: 21 people, 150 rated sessions of circular strokes on the lower back.
    assert shown["spread"].table.rows[0] == (
        "lower back, deep circular strokes", "21", "1.2 (0.9)", "19 / 0 / 2", "5 (24)", "16 %",
        "1.0 (0.7\u00a0to\u00a01.2)", "6 of 150", "3 of 150", "3 of 150")  # fmt: skip
    assert shown["spread"].table.rows[-2][:3] == (
        "feet, acupressure",
        "5",
        "not enough people (5 of 6)",
    )
    # R: binom.test(7, 47) 0.062 to 0.283, prop.test(7, 47, correct = FALSE) 0.074 to 0.277.
    assert shown["people"].table.rows[0] == (
        "all but rest", "30 % or more lower", "7 of 47 (15 %)", "7\u00a0to\u00a028\u00a0%",
        "6\u00a0to\u00a028\u00a0%")  # fmt: skip
    region, _, *refused = shown["complete_blocks"].table.rows[0]
    assert (region, refused) == ("lower back", ["3", "not enough people (3 of 6)", "–"])


def test_a_hidden_group_is_said_once_in_the_appendix(cohort):
    hidden = [
        row for row in appendix_tables(cohort)["shares"].table.rows if row[0] == "feet, acupressure"
    ]
    assert hidden == [
        ("feet, acupressure", "30 % or more lower", *["not enough people (5 of 6)"] * 3)
    ]


def test_more_checks_stand_beside_each_other_or_say_how_to_get_them(cohort, log):
    assert appendix_tables(cohort)["refitted"].sentences == (
        "Not computed: run the report with more_checks=True (-p more_checks=true).",
    )  # fmt: skip
    rows = {
        row[0]: row
        for row in appendix_tables(findings(log, more_checks=True))["refitted"].table.rows
    }
    assert rows["feet, acupressure"][1:] == ("5", "not enough people (5 of 6)", "–")
    assert rows["lower back: deep circular strokes − rest"][1:] == (
        "10", "bootstrap only from 15 people", "model not usable: fewer than 20 people logged both")  # fmt: skip
    assert rows["buttocks: sustained pressure − rest"][1] == "18 (few)"


def test_a_report_of_sums_says_what_it_cannot_hold(log, tmp_path):
    of_site = read_log(example_log(), as_of="2026-07-01", pseudonyms=tmp_path / "key")
    write_sums(of_site, tmp_path / "site.parquet")
    results = findings(read_sums(tmp_path / "site.parquet"))
    shown = blocks(results)
    for name in ("start_pain", "symptoms", "worse_after", "next"):
        assert shown[name].sentences == (
            "The sums of the sites do not hold this; it needs the sessions.",
        )
        assert (shown[name].table, shown[name].figure) == (None, "")
    assert shown["coverage"].sentences[1:] == (
        "Pain was up by 2 points or more after 51 of 1,426 (4 %) sessions in 26 of 48 people.",
        "Days with a session, and single symptoms: The sums of the sites do not hold this; it needs the "
        "sessions.",
    )
    with_rows = blocks(findings(log))
    assert shown["responders"] == with_rows["responders"]
    # What the sums do not hold is said where the report of rows would say it.
    needs = "The sums of the sites do not hold this; it needs the sessions."
    assert shown["contrasts"].table == with_rows["contrasts"].table
    assert shown["contrasts"].sentences == (
        *with_rows["contrasts"].sentences,
        f"Whether two techniques were used at other times or together: {needs}",
    )
    *notes, medicine = with_rows["done"].sentences
    assert medicine.startswith("Medicine the same day: yes 323, no 617, not recorded 602 of 1,542")
    assert shown["done"].sentences == (*notes, f"Median minutes: {needs}")
    assert appendix_tables(results) == appendix_tables(findings(log))


def test_one_person_of_several_sees_nothing_of_the_others_refused_rows(small_log):
    log = small_log("P1,2026-03-01,feet,pressure,5,4", "P2,2026-03-01,feet,pressure,5,4",
                    "P2,2026-03-02,feet,secret dance,5,4")  # fmt: skip
    results = person_findings(log, person="P1")
    assert results.tables["refused"].empty
    assert blocks(results)["coverage"].sentences[0] == (
        "3 rows in the log of 2 people: used 2, refused 1. Both ratings in 1 of 1 sessions. Sessions on 1 of "
        "1 day; at the longest 0 days without a session.")  # fmt: skip
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
    assert none == (
        "A warning sign stands in this log: read it first. Less pain does not make it safe. High pain tends to "
        "fall by itself: this log cannot show that massage was why."
    )


def test_a_rise_is_written_with_the_interval_of_a_rise():
    assert numbers.moved_interval(0.9, 0.2, 1.6) == "95 % interval 0.2\u00a0to\u00a01.6"
    assert numbers.moved_interval(-0.9, -1.6, -0.2) == "95 % interval 0.2\u00a0to\u00a01.6"
    assert numbers.moved_interval(0.04, -0.5, 0.6) == (
        "95 % interval of the drop −0.5\u00a0to\u00a00.6"
    )


def test_one_person_whose_pain_rose_and_rose_again(small_log):
    # 3 to 4, 5, 6 in turn over 30 days, then 1 higher at each next start: both are rises.
    rows = [f"P1,2026-{3 + day // 15:02}-{1 + day % 15:02} 10:00,feet,pressure,3,{4 + day % 3}"
            for day in range(30)]  # fmt: skip
    shown = blocks(person_findings(small_log(*rows)))
    assert "average rise of 2.0 points (95 % interval 1." in shown["summary"].sentences[1]
    # R: t.test of 1, 2, 3, 1 over six people: their mean rise of the next start, 1 or 2.
    rows = [f"P{n},2026-03-0{day} 10:00,feet,pressure,{3 + (day - 1) * (1 + n % 2)},4"
            for n in range(6) for day in (1, 2)]  # fmt: skip
    following = blocks(findings(small_log(*rows)))["next"].sentences[0]
    # R: t.test(c(1, 2, 1, 2, 1, 2)) 0.925 to 2.075.
    assert (
        "average rise of 1.5 points (95 % interval 0.9\u00a0to\u00a02.1) at the start" in following
    )


@pytest.mark.parametrize(("share", "limit", "written"), [
    (0.302, 0.3, "30.2 %"), (0.31, 0.3, "31 %"), (0.404, 0.4, "40.4 %")])  # fmt: skip
def test_a_share_above_a_limit_is_not_written_as_the_limit(share, limit, written):
    assert numbers.above(share, limit) == written


def test_the_headline_carries_every_warning_of_its_average(small_log):
    # Ten people with 3 sessions, one with 60 and a larger drop: 60 of 90; 520 points over 90 sessions.
    rows = [f"P{n},2026-03-0{day + 1},{('lower_back', 'feet')[n % 2]},pressure,5,{4 - day % 2}"
            for n in range(10) for day in range(3)]  # fmt: skip
    rows += [f"H,2026-0{4 + day // 30}-{1 + day % 30:02},{('lower_back', 'feet')[day % 2]},pressure,9,1"
             for day in range(60)]  # fmt: skip
    shown = blocks(findings(small_log(*rows)))
    summary = shown["summary"].sentences
    assert ", few people, too imprecise; 11 people" in summary[0]
    assert summary[1:4] == (
        "One person gave over 30 % of the sessions in: sessions of all techniques together (67 %).",
        "Counting sessions instead of people, dominated by heavy loggers, would give: sessions of all "
        "techniques together (5.8).",
        "Too imprecise: the interval reaches more than 1 point to each side, too imprecise to tell a useless "
        "from a useful difference.",
    )
    regions = appendix_figures(findings(small_log(*rows)))["regions"]
    assert "lower back (67 %); feet (67 %)." in regions.sentences[1]


def test_the_note_on_weights_asks_the_same_of_mm_as_of_points(write):
    # One person of six gave 12 sessions of 20 mm, five one of 17: 17.5 against 19.1, 1.6 mm apart.
    rows = [f"P0,2026-03-{day:02},feet,pressure,60,40,VAS" for day in range(1, 13)]
    rows += [f"P{n},2026-03-01,feet,pressure,60,43,VAS" for n in range(1, 6)]
    results = findings(read_log(write(f"{HEADER},scale", *rows), as_of="2026-07-01"))
    notes = blocks(results)["done"].sentences
    assert not any("Counting sessions" in note for note in notes)
    assert "drop (mm of 100)" in blocks(results)["done"].table.caption
    assert (
        "(mm of 100; positive is less pain)" in appendix_figures(results)["regions"].table.caption
    )
    responders = blocks(results)["responders"].sentences
    assert responders[-1] == "* Like the 30 %, set for change over weeks, not one session."
    assert not any("54 %" in sentence for sentence in responders)


def test_the_benchmark_stands_wherever_a_share_of_the_0_to_10_scale_does(small_log):
    rows = [
        f"P{n},2026-03-0{day},feet,rest,{5 + n % 3},{3 + day}" for n in range(8) for day in (1, 2)
    ]
    results = findings(small_log(*rows))
    shown = blocks(results)
    assert shown["done"].table.rows[0][6] != "–"
    assert shown["responders"].sentences[0] == "Not shown: no session other than rest."
    assert shown["responders"].sentences[1].endswith("54 % (≥2), 36 % (≥30 %); see note.")
    regions = appendix_figures(results)["regions"].sentences[0]
    assert regions.startswith(
        "No session other than rest was of one region. After sessions of rest, "
    )
    tables = appendix_tables(results)
    for name in ("shares", "people"):
        assert tables[name].sentences[1] == shown["responders"].sentences[1]


def test_a_log_of_combined_sessions_is_counted_and_said_to_be(small_log):
    rows = [f"P{n},2026-03-0{day},combined,combined,5,3" for n in range(7) for day in (1, 2, 3)]
    results = findings(small_log(*rows))
    shown = blocks(results) | appendix_figures(results)
    only = ("Every session has several regions or techniques: counted, not summarised.",)
    assert [shown[name].sentences for name in ("summary", "responders", "regions")] == [only] * 3


def test_a_chart_that_takes_no_mm_says_so(write):
    rows = [f"P1,2026-03-{day:02},feet,pressure,60,50,VAS" for day in range(1, 13)]
    results = person_findings(read_log(write(f"{HEADER},scale", *rows), as_of="2026-07-01"))
    assert blocks(results)["sessions"].sentences == (
        "No session with both ratings from 0 to 10 to draw: this chart takes no other scale.",
    )  # fmt: skip


def test_unadjusted_numbers_say_so_where_starting_pain_cannot_be_adjusted_for(small_log):
    # One session each: no slope. Drops 2 or 3 against 0 or 1.
    rows = [f"P{n},2026-03-0{1 + (technique == 'rest')},feet,{technique},6,{after + n % 2}"
            for n in range(8) for technique, after in (("pressure", 3), ("rest", 5))]  # fmt: skip
    results = findings(
        small_log(*[*rows, "P8,2026-03-01,feet,pressure,6,3", "P8,2026-03-02,feet,rest,6,3"])
    )
    row = blocks(results)["contrasts"].table.rows[0]
    assert row[3] == "– (0)"
    assert (row[6].endswith(" unadjusted"), row[8].endswith(" unadjusted")) == (True, True)
    assert appendix_tables(results)["behind"].table.rows[0][-1] == "8.5 of 9 unadjusted"


def test_the_rows_whose_slope_is_from_few_sessions_are_named(cohort):
    shown = with_contrast(cohort, few_repeats=True)
    assert shown.sentences[-1] == (
        "Slope from few sessions, fewer than 20 repeated: lower back: deep circular strokes − rest.")  # fmt: skip
    assert "signed-rank: of symmetry about 0, not of the mean" in shown.table.caption


@pytest.mark.parametrize(("n_days", "banner"), [(60, ", not randomised"), (26, ", few sessions")])
def test_one_persons_comparison_without_a_plan_carries_its_banner(n_days, banner, small_log):
    rows = [f"P1,2026-{3 + day // 30:02}-{1 + day % 30:02},feet,{('pressure', 'rest')[day % 2]},"
            f"{5 + day * day % 3},{3 + day * 7 % 5 % 3}" for day in range(n_days)]  # fmt: skip
    results = person_findings(small_log(*rows))
    contrasts = results.tables["contrasts"]
    cell = blocks(results)["contrasts"].table.rows[0][-1]
    assert banner in cell
    drawn = results._replace(tables=results.tables | {"contrasts": contrasts.assign(few=False)})
    assert banner not in blocks(drawn)["contrasts"].table.rows[0][-1]
    assert "or below 3 switches" in blocks(results)["contrasts"].sentences[0]


def test_one_person_with_few_pairs_has_no_average_of_them(small_log):
    rows = [f"P1,2026-03-{day:02} 10:00,feet,pressure,6,4" for day in range(1, 8)]
    assert blocks(person_findings(small_log(*rows)))["next"].sentences[0] == (
        "Sessions other than rest: not enough sessions with a next one (6 pairs; 10 needed).")  # fmt: skip


def test_a_log_of_one_person_points_to_the_report_made_for_it(small_log):
    shown = blocks(findings(small_log("P1,2026-03-01,feet,pressure,5,4")))["summary"].sentences
    assert shown[1] == "This log is of one person: the report “one_person” is made for it."


def test_draws_that_were_dropped_are_counted_in_words(log):
    results = findings(log, more_checks=True)
    draws = results.tables["bootstrap"].assign(n_dropped=3, n_draws=9999)
    rows = appendix_tables(results._replace(tables=results.tables | {"bootstrap": draws}))
    assert rows["refitted"].table.rows[0][2].endswith("; 3 of 9,999 draws dropped")


def test_one_persons_pages_go_from_pain_to_what_followed(person):
    shown = blocks(person)
    assert list(shown) == [
        "head", "warnings", "question", "summary", "coverage", "worse", "start_pain", "symptoms", "since",
        "data", "groups", "sessions", "contrasts", "responders", "worse_after", "next", "limits"]  # fmt: skip
    first = [shown[name] for name in list(shown)[4:10]]
    assert not any("drop" in text for block in first for text in texts_of({"": block}))
    assert shown["coverage"] == Block("How complete is the log?", (
        "80 rows in the log: used 79, refused 1. Both ratings in 71 of 79 (90 %) sessions. Sessions on 63 of 148 "
        "days; at the longest 8 days without a session.",))  # fmt: skip
    # Counted in the example's CSV.
    assert shown["worse"] == Block("Worse after a session", (
        "Pain was up by 1 point or more after 10 of 71 (14 %) sessions; by 2 points or more after 4 of 71 (6 %) "
        "sessions.",))  # fmt: skip


def test_nothing_worse_is_said_with_its_zero(small_log):
    worse = blocks(person_findings(small_log("P1,2026-03-01,feet,pressure,5,4")))["worse"]
    assert worse.sentences == (
        "Pain was up by 1 point or more after 0 of 1 sessions; by 2 points or more after 0 of 1 sessions.",
    )  # fmt: skip
    none = blocks(person_findings(small_log("P1,2026-03-01,feet,pressure,5,")))["worse"]
    assert none.sentences == ("No session has both ratings.",)


def test_under_five_sessions_are_listed_and_not_drawn(small_log):
    rows = [f"P1,2026-03-0{day},feet,pressure,{4 + day},{3 + day}" for day in range(1, 6)]
    few, five = (blocks(person_findings(small_log(*rows[:n]))) for n in (4, 5))
    assert few["start_pain"] == Block("Pain at the start of each session", (
        "Too few sessions to draw, higher is worse: 1 Mar 2026: 5; 2 Mar 2026: 6; 3 Mar 2026: 7; 4 Mar 2026: 8.",
    ))  # fmt: skip
    assert few["sessions"].figure == ""
    assert few["sessions"].table.rows == [
        (f"{day} Mar 2026", "feet, sustained pressure", f"{4 + day}", f"{3 + day}")
        for day in range(1, 5)
    ]
    assert (five["start_pain"].figure, five["sessions"].figure) == ("start_pain", "sessions")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({}, ()),
        ({"made_on": "2026-05-31", "made_by": "Dr A. Example"}, ("Made 31 May 2026 by Dr A. Example.",)),
        ({"made_on": "2026-05-31"}, ("Made 31 May 2026.",)),
        ({"made_by": "Dr A. {Example}"}, ("Made by Dr A. {Example}.",)),
    ],
)  # fmt: skip
def test_the_head_says_who_made_the_report_and_when_if_asked(made, said, cohort, person):
    for results in (cohort, person):
        synthetic, *others, _advice = blocks(with_page(results, **made))["head"].sentences
        assert synthetic.startswith("SYNTHETIC EXAMPLE")
        assert tuple(others) == said


def test_a_report_of_sums_says_that_pain_was_compared_at_each_site(log, tmp_path):
    of_site = read_log(example_log(), as_of="2026-07-01", pseudonyms=tmp_path / "key")
    write_sums(of_site, tmp_path / "site.parquet")
    said = "Starting pain in the first and in the last 14 days was compared site by site."
    warned = blocks(findings(read_sums(tmp_path / "site.parquet")))["warnings"].sentences
    assert said in warned
    assert warned.index(said) < len(warned) - 1  # before what was not asked
    assert said not in blocks(findings(log))["warnings"].sentences


@pytest.mark.parametrize(("n", "written"), [
    ("under 8", "under 8 people"), ("all but under 8", "all but under 8 people"),
    ("15", "15 people"), (1, "1 person"),
])  # fmt: skip
def test_the_people_of_a_share_copy_are_counted_in_its_words(n, written):
    assert numbers.people(n) == written
