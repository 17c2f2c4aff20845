"""The table of edge cases (statistics.md, 14): what the reader of a page is told, in whole sentences.

Pages are made of a log file, through intake, findings and wording.
"""

import pytest
from written_logs import alike

from analysis.findings import findings
from analysis.intake import read_log
from analysis.wording import appendix_tables, blocks

HEADER = "participant,started_at,region,technique,pain_before,pain_after,scale"


@pytest.fixture
def page(write):
    """Return what a page says, block by block, of the sessions that ``people`` describes."""

    def maker(people: dict, scale: str = "NRS0-10", **parameters) -> dict[str, list[str]]:
        rows = [
            f"{who},2026-01-{day:02} {hour}:00,buttocks,{technique},{pair.replace('>', ',')},{scale}"
            for who, used in people.items()
            for hour, (technique, pairs) in enumerate(used.items(), start=10)
            for day, pair in enumerate(pairs.split(), start=1)
        ]
        results = findings(read_log(write(HEADER, *rows), as_of="2026-07-01"), **parameters)
        shown = blocks(results) | appendix_tables(results)
        return {name: told(block) for name, block in shown.items()}

    return maker


def told(block) -> list[str]:
    rows = block.table.rows if block.table is not None else []
    lines = [*block.sentences, *(" | ".join(row) for row in rows)]
    return [line.replace("\u00a0", " ") for line in lines]


def test_no_session(page):
    said = page({})
    assert said["summary"] == ["Nothing to summarise: no session could be used."]
    assert said["done"] == ["No session to show."]


def test_no_session_with_both_ratings(page):
    said = page(alike(7, pressure="5>"))
    assert said["summary"][0] == (
        "Sessions of all techniques together: 7 sessions logged, none with both ratings."
    )


def test_one_person_in_a_cohort_report(page):
    said = page(alike(1, pressure="8>6 8>5 8>7 8>4 8>6 8>5"))
    assert said["summary"][0] == (
        "Sessions of all techniques together: 6 sessions logged; not enough people (1 of 6) to "
        "summarise."
    )


def test_fewer_than_6_people(page):
    said = page(alike(5, pressure="5>3"))
    row = "buttocks, sustained pressure | 5 | – | 0 of 5 | – | not enough people (5 of 6)"
    assert said["done"] == [f"{row} | – | – | – | –"]
    assert said["responders"] == ["Not shown: not enough people (5 of 6)."]


@pytest.mark.parametrize(
    ("pairs", "drop", "p_value"),
    [("5>5 6>6", "0.0", "–"), ("5>3 6>4", "2.0", "0.016")],  # exact signed-rank: 2/2^7
)
def test_changes_that_are_all_equal(page, pairs, drop, p_value):
    said = page(alike(7, pressure=pairs))
    line = f"buttocks, sustained pressure | 7 | {drop} (no variation, no interval) few people | – | {p_value}"
    assert said["from_zero"][-1] == line
    moved = "change" if drop == "0.0" else "drop"
    assert said["summary"][0] == (
        f"Sessions of all techniques together were followed by an average {moved} of {drop} points "
        "(no variation between people, few people; 7 people, both ratings in 14 of 14 sessions); average "
        "starting pain 5.5."
    )


@pytest.mark.parametrize(
    ("repeats", "why"),
    [
        ("", "starting pain cannot be adjusted for: too few repeated sessions"),
        (
            " 6>3 6>2",
            "starting pain cannot be adjusted for: it never varied within a person and technique",
        ),
    ],
)
def test_no_slope(page, repeats, why):
    people = {f"P{n}": {"pressure": f"6>{n % 4}" + repeats, "rest": f"5>{n % 3}"} for n in range(8)}
    row = page(people)["contrasts"][-1]
    assert why in row
    assert row.split(" | ")[5].startswith(("+", "−"))


def test_none_and_all_meet_a_rule(page):
    said = page(alike(7, pressure="5>3"))
    assert said["responders"][0] == (
        "Sessions other than rest, average of 7 people's shares (few people, 95 % interval): 30 % or more lower "
        "after 100 % (65 to 100 %); 2 points or more lower* after 100 % (65 to 100 %); both after "
        "100 % (65 to 100 %); 2 points or more higher after 0 % (0 to 35 %) of sessions."
    )


def test_every_session_started_at_0(page):
    said = page(alike(7, pressure="0>0 0>0"))
    assert said["responders"][0] == (
        "Sessions other than rest, average of 7 people's shares (few people, 95 % interval): 30 % or more "
        "lower: no session started above 0; 2 points or more lower* after 0 % (0 to 35 %); both "
        "after 0 % (0 to 35 %); 2 points or more higher after 0 % (0 to 35 %) of sessions."
    )


def test_all_of_one_group_meet_a_rule(page):
    people = {f"A{n}": {"pressure": "6>3"} for n in range(7)}
    people |= {f"B{n}": {"rest": "6>3" if n < 2 else "6>6"} for n in range(8)}
    # DescTools::BinomDiffCI(7, 7, 2, 8, method = "score"): the formula of Newcombe's method 10.
    assert page(people)["contrasts"][1] == (
        "Between different people, exploratory, never pooled with the lines above: buttocks: "
        "sustained pressure − rest +2.2 (1.1 to 3.4), Hedges g 2.08; 7 people (few) with only the one, 8 "
        "(few) with only the other; people whose mean drops by 30 % or more: 7 of 7 against 2 of 8, +75 "
        "percentage points (26 to 93)."
    )


def test_more_than_40_percent_missing(page):
    said = page(alike(7, pressure="5>3 5> 6>"))
    assert said["missing"] == [
        "14 of 21 sessions other than rest have no after rating: not enough data: 67 % have no "
        "after rating. People often stop logging when a session went badly."
    ]
    assert "not enough data: 67 % have no after rating" in said["done"][-1]


def test_millimetres_are_said_to_be_millimetres(page):
    said = page(alike(7, pressure="60>40"), scale="VAS0-100")
    assert said["summary"][0] == (
        "Sessions of all techniques together were followed by an average drop of 20.0 mm of 100 "
        "(no variation between people, few people; 7 people, both ratings in 7 of 7 sessions); average "
        "starting pain 60.0."
    )
    assert "20 mm or more lower* after 100 % (65 to 100 %)" in said["responders"][0]
    fifteen = page(alike(7, pressure="60>44"), scale="VAS0-100", vas_two=15)["responders"][0]
    assert "15 mm or more lower* after 100 % (65 to 100 %)" in fifteen
    assert "20 mm or more higher after 0 % (0 to 35 %)" in fifteen


def test_bootstrap_and_mixed_model_of_too_few(page):
    people = {f"P{n}": {"pressure": f"6>{n % 4} 7>3", "rest": f"5>{n % 3} 6>5"} for n in range(8)}
    said = page(people, more_checks=True)["refitted"]
    assert said[-1] == (
        "buttocks: sustained pressure − rest | 8 | bootstrap only from 15 people | model not "
        "usable: fewer than 20 people logged both"
    )


def test_a_p_value_is_never_0(page):
    people = {f"P{n:02}": {"pressure": f"9>{2 + n % 2}"} for n in range(20)}
    assert page(people)["from_zero"][-1] == (
        "buttocks, sustained pressure | 20 | 6.5 (6.3 to 6.7) | <0.001 | <0.001"
    )


@pytest.mark.parametrize(
    "people",
    [
        {},
        alike(7, pressure="0>0"),
        alike(20, pressure="5>3 5>3", rest="5>3 5>3"),
        {f"P{n:02}": {"pressure": f"{n % 9}>0", "rest": "5>5"} for n in range(30)},
    ],
)
def test_nothing_that_is_no_number_reaches_the_reader(page, people):
    # Warnings are errors here, so none of a library's was raised either.
    words = " ".join(line for lines in page(people, more_checks=True).values() for line in lines)
    for word in ("nan", "inf ", "infinity", "None", "ConvergenceWarning", "e-0", "0.000"):
        assert word.lower() not in words.lower().replace("finding", "")
