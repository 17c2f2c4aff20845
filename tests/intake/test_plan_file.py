"""A plan as a file: it comes back the same, a calendar reads it, and an edited one is refused."""

import datetime

import icalendar
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.intake.plan_file import read_plan, write_plan
from analysis.sessions import UserError
from analysis.statistics.plan import randomised_plan

AGAIN = "take the file as it was written, or make a new plan"


def planned(seed: int = 7, n_days: int = 8, block: int = 2, techniques=("tennis_ball", "rest")):
    return randomised_plan(
        techniques,
        region="lower_back",
        first_day=datetime.date(2026, 3, 2),
        n_days=n_days,
        block=block,
        rng=np.random.default_rng(seed),
    )


# Drawn by hand: blocks of 2 from 2 March.
LINES = [
    "day,block,technique,region,block_size,seed",
    "2026-03-02,1,rest,hip,2,7",
    "2026-03-03,1,yoga,hip,2,7",
    "2026-03-04,2,yoga,hip,2,7",
    "2026-03-05,2,rest,hip,2,7",
]


def test_a_plan_is_a_table_that_a_spreadsheet_reads(tmp_path):
    plan = pd.DataFrame(
        {
            "day": pd.date_range("2026-03-02", periods=4, unit="us"),
            "block": [1, 1, 2, 2],
            "technique": ["rest", "yoga", "yoga", "rest"],
            "region": "hip",
        }
    )
    write_plan(plan, tmp_path / "plan.csv", seed=7)
    content = (tmp_path / "plan.csv").read_bytes().decode()
    assert content == "\r\n".join([*LINES, ""])


@given(st.integers(0, 10**15 - 1), st.sampled_from([(2, 2), (14, 2), (12, 4)]))
@settings(derandomize=True, database=None, deadline=None, max_examples=15)
def test_a_plan_comes_back(tmp_path_factory, seed, scheme):
    n_days, block = scheme
    plan = planned(seed, n_days, block)
    path = tmp_path_factory.mktemp("plans") / "plan.csv"
    write_plan(plan, path, seed=seed)
    assert_frame_equal(read_plan(path), plan.assign(block_size=block, seed=seed))


def test_a_term_that_looks_like_a_formula_is_guarded_and_comes_back(tmp_path):
    plan = planned(techniques=("=1+1", "rest"))
    write_plan(plan, tmp_path / "plan.csv", seed=7)
    assert ",'=1+1," in (tmp_path / "plan.csv").read_text("utf-8")
    assert_frame_equal(read_plan(tmp_path / "plan.csv")[plan.columns], plan)


def test_the_calendar_has_one_event_of_a_day_for_each_session(tmp_path):
    plan = planned()
    path = write_plan(plan, tmp_path / "plan.csv", seed=7)
    assert path == tmp_path / "plan.ics"
    events = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert [event.start for event in events] == [day.date() for day in plan["day"]]
    assert {type(event.start) for event in events} == {datetime.date}
    assert {event.end - event.start for event in events} == {datetime.timedelta(days=1)}
    names = {"tennis_ball": "tennis ball: lower back", "rest": "rest: lower back"}
    titles = [str(event["SUMMARY"]) for event in events]
    assert titles == [names[technique] for technique in plan["technique"]]
    midnight = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    assert {event.stamp for event in events} == {midnight}
    assert {(event["CLASS"], event["TRANSP"]) for event in events} == {("PRIVATE", "TRANSPARENT")}


def test_the_same_plan_gives_the_same_bytes_and_another_one_other_names(tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    calendars = [write_plan(planned(7), path, seed=7) for path in paths[:2]]
    calendars.append(write_plan(planned(8), paths[2], seed=8))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert calendars[0].read_bytes() == calendars[1].read_bytes()
    names = [
        {str(event.uid) for event in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")}
        for path in calendars
    ]
    assert len(names[0]) == 8
    assert not names[0] & names[2]


@pytest.mark.parametrize(
    ("name", "seed", "message"),
    [
        ("plan.xlsx", 7, "{path}: a plan is written as .csv; end the name of the file with it"),
        ("plan.csv", -1, "seed: must be a whole number of up to 15 digits; found -1"),
        ("plan.csv", 10**15, f"seed: must be a whole number of up to 15 digits; found {10**15}"),
        (
            "none/plan.csv",
            7,
            "{path}: the file cannot be written (No such file or directory); choose another place",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, seed, message):
    path = tmp_path / name
    with pytest.raises(UserError) as refused:
        write_plan(planned(), path, seed=seed)
    assert str(refused.value) == message.format(path=path)
    assert not list(tmp_path.iterdir())


def test_a_calendar_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "plan.ics").mkdir()
    with pytest.raises(UserError) as refused:
        write_plan(planned(), tmp_path / "plan.csv", seed=7)
    assert str(refused.value) == (
        f"{tmp_path / 'plan.ics'}: the file cannot be written (Is a directory); choose another place"
    )


# --- read again ---


@pytest.mark.parametrize("change", [lambda lines: [lines[0], *lines[:0:-1]],
                                    lambda lines: [line.replace(",", ";") for line in lines],
                                    lambda lines: [*lines[:3], "", *lines[3:]]])  # fmt: skip
def test_another_order_or_separator_is_the_same_plan(write, change):
    expected = read_plan(write(*LINES))
    assert_frame_equal(read_plan(write(*change(LINES), name="again.csv")), expected)


def test_a_workbook_is_read_too(tmp_path, write):
    plan = read_plan(write(*LINES))
    plan.to_excel(tmp_path / "plan.xlsx", index=False)
    assert_frame_equal(read_plan(tmp_path / "plan.xlsx"), plan)


def edited(line: int, old: str, new: str) -> list[str]:
    """Return the plan with one cell of a line (the header is line 1) changed."""
    lines = LINES.copy()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return lines


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (edited(3, "2026-03-03", "03/03/2026"),
         "plan.csv line 3: day must be a date such as 2026-03-02; found '03/03/2026'"),
        (edited(3, ",1,", ",one,"), "plan.csv line 3: block must be a whole number; found 'one'"),
        (edited(5, "hip", "feet"),
         "plan.csv line 5: region must be the same on every line; found 'feet'"),
        (edited(4, ",7", ",8"), "plan.csv line 4: seed must be the same on every line; found '8'"),
        ([line.replace(",2,7", ",3,7") for line in LINES],
         "plan.csv line 2: block_size must be 2 or 4; found '3'"),
        (edited(3, "2026-03-03", "2026-03-02"),
         "plan.csv line 3: day must stand on one line only; found '2026-03-02'"),
        (edited(4, ",2,yoga", ",1,yoga"),
         "plan.csv line 4: block must count up by one after every 2 days; found '1'"),
        ([*LINES[:2], *LINES[3:]],
         "plan.csv line 3: block must count up by one after every 2 days; found '2'"),
        (edited(5, "rest", "pilates"),
         "plan.csv line 5: technique must be rest or yoga; found 'pilates'"),
        (edited(5, "rest", "yoga"),
         "plan.csv line 5: technique must stand as often as the other one in each block of 2 days; found 'yoga'"),
        ([line.replace("yoga", "rest") for line in LINES],
         "plan.csv line 3: technique must stand as often as the other one in each block of 2 days; found 'rest'"),
        (LINES[:-1], "plan.csv: the last block of the plan is not complete"),
        (LINES[:1], "plan.csv: a plan has a session on every line; found none"),
        ([LINES[0], "", ""], "plan.csv: a plan has a session on every line; found none"),
        ([line.rsplit(",", 1)[0] for line in LINES],
         "plan.csv: a plan has one column seed; found 0"),
        (edited(1, "region", "day"), "plan.csv: a plan has one column day; found 2"),
        ([*LINES, "2026-03-06,3,yoga"],
         "plan.csv line 6: must have 6 cells, as the header; found 3"),
    ],
)  # fmt: skip
def test_what_is_no_plan_or_was_edited_is_refused(write, lines, message):
    with pytest.raises(UserError) as refused:
        read_plan(write(*lines, name="plan.csv"))
    assert str(refused.value) == f"{message}; {AGAIN}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "a plan must be a file that can be read"),
        ("", "the file is empty"),
        (
            "participant,started_at,region,technique\nP1,2026-03-02,hip,rest\n",
            "the first line of a plan names day, block, technique, region, block_size, seed",
        ),
    ],
)
def test_a_file_of_another_kind_is_no_plan(tmp_path, content, message):
    path = tmp_path / "plan.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_plan(path)
    assert str(refused.value) == f"plan.csv: {message}; {AGAIN}"
