"""Dates with the year last -> which of day and month comes first, proven or stated, never guessed."""

import csv

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from analysis.intake.date_order import Evidence, decide_order, merge_evidence, order_evidence
from analysis.intake.times import FAULTS, TimeRules, Times, read_times
from analysis.sessions import UnusableLog

STATE = (
    'write dates as 2026-03-31, or state the order: save a line such as time: {formats: ["%d/%m/%Y"]} '
    '(day first) or time: {formats: ["%m/%d/%Y"]} (month first) as my.yml and add --mapping my.yml'
)


def evidence(*cells: str, first_line: int = 2) -> Evidence:
    lines = np.arange(first_line, first_line + len(cells))
    return order_evidence(pa.array(cells, pa.string()), lines)


def order(*cells: str, formats: tuple[str, ...] = ()) -> tuple[bool | None, str]:
    return decide_order(evidence(*cells), TimeRules(formats=formats), "log.csv", "date")


def read(*cells: str, day_first: bool | None) -> Times:
    return read_times(pa.array(cells, pa.string()), TimeRules(), day_first=day_first)


@pytest.mark.parametrize(
    ("cells", "day_first", "proof", "walls"),
    [
        (
            ("13/04/2025", "01/02/2025"),
            True,
            "13/04/2025",
            ["2025-04-13 00:00", "2025-02-01 00:00"],
        ),
        (
            ("04/13/2025", "01/02/2025"),
            False,
            "04/13/2025",
            ["2025-04-13 00:00", "2025-01-02 00:00"],
        ),
        (
            ("31.1.2025 8:05 pm", "01.02.2025 18:40"),
            *(True, "31.1.2025 8:05 pm", ["2025-01-31 20:05", "2025-02-01 18:40"]),
        ),
        (
            ("1-2-2025", "2025-05-01", "13-2-2025"),
            *(True, "13-2-2025", ["2025-02-01 00:00", "2025-05-01 00:00", "2025-02-13 00:00"]),
        ),
        (
            ("3. 2. 2025", "13. 2. 2025"),
            True,
            "13. 2. 2025",
            ["2025-02-03 00:00", "2025-02-13 00:00"],
        ),
        (
            ("1/2/2025, 18:40:10", "1/13/2025, 6:40"),
            *(False, "1/13/2025, 6:40", ["2025-01-02 18:40:10", "2025-01-13 06:40"]),
        ),
    ],
)
def test_the_file_proves_which_comes_first(cells, day_first, proof, walls):
    words = "day first" if day_first else "month first"
    assert order(*cells) == (day_first, f"dates were read {words}, as {proof!r} proves")
    wall = read(*cells, day_first=day_first).wall
    assert wall.tolist() == np.array(walls, "datetime64[us]").tolist()


def test_an_impossible_date_is_a_fault_of_its_row_once_the_order_is_proven():
    cells = ["13/04/2025", "31/04/2025", "30/02/2025", "00/01/2025", "01/00/2025", "30/20/2025"]
    day_first, _ = order(*cells)
    rules = [FAULTS[fault][0] for fault in read(*cells, day_first=day_first).fault]
    assert rules == ["", *["not-a-time"] * 5]


def test_without_a_date_with_the_year_last_there_is_no_order():
    assert order("2025-03-01", "1 May 2025", "3/4/25", "", "13/04/2025 yoga") == (None, "")
    assert evidence("2025-03-01") == Evidence()


def test_dates_that_prove_opposite_orders_are_named_with_their_lines():
    with pytest.raises(UnusableLog) as caught:
        order("1/2/2025", "13/04/2025", "14/04/2025", "04/13/2025")
    assert caught.value.fault == {
        "file": "log.csv",
        "line": None,
        "column": "date",
        "value": "04/13/2025",
        "rule": "date-order",
        "message": "'13/04/2025' (line 3) has the day first and '04/13/2025' (line 5) the month; "
        + STATE,
    }


@pytest.mark.parametrize("formats", [(), ("%Y-%m-%d",), ("%Y/%m/%d %I:%M:%S %p", "%d %B %Y")])
@pytest.mark.parametrize("cell", ["01/02/2025", "01/02/2025 6:40 PM EST"])
def test_an_order_that_nothing_proves_has_to_be_stated(formats, cell):
    with pytest.raises(UnusableLog) as caught:
        order("2025-03-13", cell, "02/02/2025", formats=formats)
    assert (caught.value.fault["rule"], caught.value.fault["value"]) == ("date-order", cell)
    assert caught.value.fault["message"] == (
        f"{cell!r} could have the day or the month first, and no date in the file proves which; {STATE}"
    )


@pytest.mark.parametrize(
    ("formats", "day_first"),
    [
        (("%d/%m/%Y",), True),
        (("%m/%d/%y %H:%M",), False),
        (("%Y-%m-%d", "%m.%d.%Y"), False),
        (("%d.%m. %H:%M %Y",), True),
    ],
)
def test_a_format_with_the_year_last_states_the_order(formats, day_first):
    assert order("01/02/2025", "13/01/2025", formats=formats) == (day_first, "")


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%Y/%m/%d %I:%M:%S %p", "%Y-%d-%m", "%d %m", "%%d%m%y"]
)
def test_any_other_format_leaves_the_order_to_the_file(form):
    proven = (True, "dates were read day first, as '13/1/2025' proves")
    assert order("01/02/2025", "13/1/2025", formats=(form,)) == proven


def test_evidence_of_two_parts_is_the_evidence_of_the_whole():
    cells = ["2025-03-01", "1/2/2025", "14/2/2025", "2/14/2025", "15/2/2025", "3/3/2025"]
    for cut in range(len(cells) + 1):
        parts = evidence(*cells[:cut]), evidence(*cells[cut:], first_line=2 + cut)
        assert merge_evidence(*parts) == evidence(*cells)
    assert evidence(*cells) == (("14/2/2025", 4), ("2/14/2025", 5), ("1/2/2025", 3))


def test_day_first_then_month_first():
    with shared("hostile", "time_dmy_then_mdy_mixed.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        cells = [row["started_at"] for row in csv.DictReader(file)]
    with pytest.raises(UnusableLog) as caught:
        order(*cells)
    assert caught.value.fault["message"].startswith(
        "'13/04/2025 18:40' (line 2) has the day first and '04/13/2025 07:10' (line 3) the month; "
    )


def test_evidence_of_a_column_in_chunks_is_that_of_the_column():
    cells = ["2025-03-01", "1/2/2025", "14/2/2025", "2/14/2025"]
    chunked = pa.chunked_array([cells[:2], [], cells[2:]], pa.string())
    assert order_evidence(chunked, np.arange(2, 6)) == evidence(*cells)


@given(st.lists(st.text() | st.text("0123456789-/.:+ TZAPMESd\u202f٣", max_size=30)))
def test_any_text_proves_an_order_or_none_or_is_refused(cells):
    try:
        day_first, note = order(*cells)
    except UnusableLog:
        return
    assert (day_first is None) == (note == "")
