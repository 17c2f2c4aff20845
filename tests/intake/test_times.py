"""Text -> wall time, instant, or the one sentence that says what is wrong."""

import csv
import datetime
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shared import shared

from analysis.intake.times import (
    FAULTS,
    TimeRules,
    Times,
    known_zone,
    read_times,
)
from analysis.sessions import UserError

TIME = "must be a date, or a date with a time, such as 2026-03-31 18:40"
NOTHING_STATED = TimeRules()
BERLIN = TimeRules(timezone="Europe/Berlin")


def read(*cells: str, rules: TimeRules = NOTHING_STATED, zones=None, day_first=None) -> Times:
    zones = None if zones is None else pa.array(zones, pa.string())
    return read_times(pa.array(cells, pa.string()), rules, day_first=day_first, zones=zones)


def texts(times: np.ndarray) -> list[str | None]:
    """Return times as text without zeros at their end; None where there is none."""
    whole = [None if np.isnat(time) else str(time).replace("T", " ") for time in times]
    return [time and time.removesuffix(".000000").removesuffix(":00") for time in whole]


def rules_of(times: Times) -> list[str]:
    return [FAULTS[fault][0] for fault in times.fault]


# Forms


@pytest.mark.parametrize(
    ("cell", "wall"),
    [
        ("2025-03-01", "2025-03-01 00:00"),
        ("2024-02-29", "2024-02-29 00:00"),
        ("2000-02-29", "2000-02-29 00:00"),
        ("2025/3/1", "2025-03-01 00:00"),
        ("2025.03.01", "2025-03-01 00:00"),
        ("1 March 2025", "2025-03-01 00:00"),
        ("1st Mar 2025", "2025-03-01 00:00"),
        ("1-MAR-2025", "2025-03-01 00:00"),
        ("30th Nov 2021", "2021-11-30 00:00"),
        ("March 1, 2025", "2025-03-01 00:00"),
        ("May 2nd, 2025", "2025-05-02 00:00"),
        ("2025-03-01+01:00", "2025-03-01 00:00"),
        ("0001-01-01", "0001-01-01 00:00"),
        ("9999-12-31", "9999-12-31 00:00"),
    ],
)
def test_a_date_alone(cell, wall):
    times = read(cell, rules=BERLIN)
    assert (texts(times.wall), times.date_only.tolist()) == ([wall], [True])
    assert (texts(times.utc), rules_of(times)) == ([None], [""])
    assert (times.with_offset, times.without_offset) == (0, 0)


@pytest.mark.parametrize(
    ("cell", "wall"),
    [
        ("2025-03-01 00:00", "2025-03-01 00:00"),
        ("2025-03-01 18:40", "2025-03-01 18:40"),
        ("2025-03-01T18:40:30", "2025-03-01 18:40:30"),
        ("2025-03-01 18:40:30.25", "2025-03-01 18:40:30.250000"),
        ("2025-03-01 18:40:30.123456789", "2025-03-01 18:40:30.123456"),
        ("2025-3-1 8:05", "2025-03-01 08:05"),
        ("2025-3-1T18:40", "2025-03-01 18:40"),
        ("2025/03/01 6.40", "2025-03-01 06:40"),
        ("2. Sept. 2025 7:05", "2025-09-02 07:05"),
        ("Mar 1 2025 6:40 PM", "2025-03-01 18:40"),
        ("2025-03-01 12:15 AM", "2025-03-01 00:15"),
        ("2025-03-01 12:15 PM", "2025-03-01 12:15"),
        ("2025-03-01 6:40 p.m.", "2025-03-01 18:40"),
        ("2025-03-01 06:40:30pm", "2025-03-01 18:40:30"),
        ("2025-03-01 6:40\u202fPM", "2025-03-01 18:40"),
    ],
)
def test_a_time_without_an_offset(cell, wall):
    times = read(cell)
    assert (texts(times.wall), times.date_only.tolist()) == ([wall], [False])
    assert (texts(times.utc), rules_of(times)) == ([None], [""])
    assert (times.with_offset, times.without_offset) == (0, 1)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2025-03-01T18:40:00Z", "2025-03-01 18:40"),
        ("2025-03-01T18:40+01:00", "2025-03-01 17:40"),
        ("2025-03-01 18:40-0500", "2025-03-01 23:40"),
        ("2025-03-01 18:40 +05:30", "2025-03-01 13:10"),
        ("2025-03-01T18:40:00.000+01:00", "2025-03-01 17:40"),
        ("2025-03-01T18:40:00.123456789-01:00", "2025-03-01 19:40:00.123456"),
    ],
)
@pytest.mark.parametrize("rules", [TimeRules(), TimeRules(timezone="Asia/Tokyo")])
def test_an_offset_gives_the_instant_and_the_wall_time_stays_as_written(cell, utc, rules):
    times = read(cell, rules=rules)
    assert texts(times.wall)[0].startswith("2025-03-01 18:40")
    assert (texts(times.utc), rules_of(times)) == ([utc], [""])
    assert (times.with_offset, times.without_offset) == (1, 0)


@pytest.mark.parametrize(
    "cell",
    [
        *("yesterday", "now", "today", "2025-02-29", "1900-02-29", "2025-04-31", "2025-13-01"),
        *(
            "2025-03-01 24:00",
            "2025-03-01 23:60",
            "2025-03-01 10:00:60",
            "0000-01-01",
            "0000-00-00",
            "0000-02-29",
        ),
        *(
            "18:40",
            "3pm",
            "2025-03-01 13:40 PM",
            "2025-03-01 0:40 am",
            "2025-03-01 noon",
            "2025-03",
        ),
        *("2025/02/30", "31 April 2025", "1 Foo 2025", "1 ma 2025", "1/3/25", "1/3/2025", "2025"),
        *("1740850800", "2025-03-01 18:40+15:00", "2025-03-01 18:40+01:60", "٢٠٢٥-٠٣-٠١"),
        *("٠١/٠٢/٢٠٢٥", "2025-03-01 YOGA", "2025-02-30 18:40 EST", "-1"),
    ],
)
@pytest.mark.parametrize("formats", [(), ("%d.%m.%Y", "%d %B %Y %H:%M")])
def test_what_is_no_time(cell, formats):
    times = read(cell, rules=BERLIN._replace(formats=formats))
    assert [FAULTS[fault] for fault in times.fault] == [("not-a-time", TIME)]
    assert (texts(times.wall), texts(times.utc), times.date_only.tolist()) == (
        [None],
        [None],
        [False],
    )


def test_a_blank_is_missing_and_no_fault():
    times = read("", "2025-03-01 18:40", "", "soon", "1 May 2025", "soon")
    assert texts(times.wall) == [None, "2025-03-01 18:40", None, None, "2025-05-01 00:00", None]
    assert rules_of(times) == ["", "", "", "not-a-time", "", "not-a-time"]


def test_no_row_gives_no_time():
    assert [len(column) for column in read(rules=BERLIN, zones=[])[:4]] == [0, 0, 0, 0]


def test_the_times_may_be_changed_by_who_gets_them():
    assert all(column.flags.writeable for column in read("2025-03-01 18:40")[:4])


def test_a_column_in_chunks_is_one_column():
    chunked = pa.chunked_array(
        [["2025-03-01 18:40", "1 May 2025"], [], ["2025-03-02"]], pa.string()
    )
    zones = pa.chunked_array([["Asia/Tokyo"], ["", ""]], pa.string())
    times = read_times(chunked, TimeRules(), day_first=None, zones=zones)
    assert texts(times.wall) == ["2025-03-01 18:40", "2025-05-01 00:00", "2025-03-02 00:00"]
    assert texts(times.utc) == ["2025-03-01 09:40", None, None]


# Stated formats


@pytest.mark.parametrize(
    ("formats", "cell", "wall", "date_only"),
    [
        (("%d/%m/%Y",), "01/02/2025", "2025-02-01 00:00", True),
        (("%m/%d/%Y",), "01/02/2025", "2025-01-02 00:00", True),
        (("%d.%m.%y %H:%M",), "01.02.25 18:40", "2025-02-01 18:40", False),
        (("%d.%m.%y",), "01.02.69", "1969-02-01 00:00", True),
        (("%m/%d/%Y", "%m/%d/%Y %I:%M %p"), "01/02/2025 6:40 PM", "2025-01-02 18:40", False),
        (("%d/%m/%Y",), "2025-03-04", "2025-03-04 00:00", True),
        (("%Y-%d-%m",), "2025-03-04", "2025-03-04 00:00", True),
        (("%Y%m%d",), "20250304", "2025-03-04 00:00", True),
        (("%Y年%m月%d日",), "2025年3月4日", "2025-03-04 00:00", True),
        (("%Y/%m/%d %H:%M EST",), "2025/03/04 18:40 EST", "2025-03-04 18:40", False),
    ],
)
def test_a_stated_format_is_read_after_iso_8601(formats, cell, wall, date_only):
    times = read(cell, rules=TimeRules(formats=formats))
    assert (texts(times.wall), times.date_only.tolist()) == ([wall], [date_only])


@pytest.mark.parametrize("form", ["%d/%d/%Y", "%Y-%m-%d %"])
def test_a_format_that_cannot_be_used_is_refused(form):
    with pytest.raises(UserError) as caught:
        read("01/02/2025", rules=TimeRules(formats=(form,)))
    assert str(caught.value) == (
        f"the time format {form!r} cannot be used; name each part of a time once, as in %d/%m/%Y %H:%M"
    )


# Zones


def test_a_stated_zone_gives_the_instant_of_a_time_without_an_offset():
    times = read("2025-03-01 18:40", "2025-07-01 18:40", "2025-07-01", rules=BERLIN)
    assert texts(times.utc) == ["2025-03-01 17:40", "2025-07-01 16:40", None]
    assert texts(times.wall) == ["2025-03-01 18:40", "2025-07-01 18:40", "2025-07-01 00:00"]


def test_each_row_may_have_its_own_zone():
    cells = ["2025-07-01 18:40"] * 3 + ["2025-07-01T18:40Z", "2025-07-01", "", "soon"]
    zones = ["Asia/Tokyo", "", "Mars/Base", "Mars/Base", "Mars/Base", "Mars/Base", "Mars/Base"]
    times = read(*cells, rules=BERLIN, zones=zones)
    assert texts(times.utc) == ["2025-07-01 09:40", "2025-07-01 16:40", *[None] * 5]
    assert rules_of(times) == ["", "", *["time-zone-unknown"] * 3, "", "not-a-time"]
    assert FAULTS[times.fault[2]][1] == (
        "the time zone of this row is not a known one; write a name such as Europe/Berlin"
    )
    assert (times.with_offset, times.without_offset) == (0, 2)


def test_the_fault_of_a_text_comes_before_that_of_its_zone():
    rules = TimeRules(date_only="refuse")
    assert rules_of(read("2025-07-01", rules=rules, zones=["Mars/Base"])) == ["date-only"]


def test_a_row_without_a_zone_has_a_wall_time_only():
    times = read("2025-07-01 18:40", zones=[""])
    assert (texts(times.utc), rules_of(times)) == ([None], [""])


@pytest.mark.parametrize(
    "name", ["", "localtime", "europe/berlin", "../Berlin", "Europe", "\0", "?"]
)
def test_what_is_no_zone(name):
    assert not known_zone(name)


def test_an_unknown_stated_zone_is_a_fault_of_the_row():
    assert rules_of(read("2025-07-01", rules=TimeRules(timezone="CEST"))) == ["time-zone-unknown"]


# The clocks change by an hour in Berlin and Dublin (whose summer is its standard time), by half an
# hour on Lord Howe Island.
CHANGES = [
    ("Europe/Berlin", "2025-10-26 02:30", "2025-10-26 00:30", "2025-10-26 01:30"),
    ("Europe/Dublin", "2025-10-26 01:30", "2025-10-26 00:30", "2025-10-26 01:30"),
    ("Australia/Lord_Howe", "2025-04-06 01:45", "2025-04-05 14:45", "2025-04-05 15:15"),
    ("Europe/Berlin", "2045-10-29 02:30", "2045-10-29 00:30", "2045-10-29 01:30"),
]


@pytest.mark.parametrize(("zone", "cell", "earlier", "later"), CHANGES)
def test_a_time_that_came_twice_is_a_fault_unless_stated(zone, cell, earlier, later):
    rules = TimeRules(timezone=zone)
    refused = read(cell, rules=rules)
    assert [FAULTS[fault] for fault in refused.fault] == [
        (
            "time-ambiguous",
            "the clocks were put back and this time came twice; write it with its offset from UTC, "
            "such as 2026-10-25T02:30+01:00, or state time: {ambiguous: earlier} or "
            "time: {ambiguous: later} in a mapping",
        )
    ]
    assert (texts(refused.utc), refused.chosen, refused.without_offset) == ([None], 0, 0)
    for choice, utc in (("earlier", earlier), ("later", later)):
        times = read(cell, rules=rules._replace(ambiguous=choice))
        assert (texts(times.utc), rules_of(times), times.chosen) == ([utc], [""], 1)
        assert texts(times.wall) == [cell]


@pytest.mark.parametrize(
    ("zone", "cell", "utc"),
    [
        ("Europe/Berlin", "2025-03-30 02:30", "2025-03-30 01:30"),
        ("Europe/Dublin", "2025-03-30 01:30", "2025-03-30 01:30"),
        ("Australia/Lord_Howe", "2025-10-05 02:15", "2025-10-04 15:45"),
    ],
)
def test_a_time_that_never_came_is_a_fault_unless_stated(zone, cell, utc):
    rules = TimeRules(timezone=zone, ambiguous="earlier")
    refused = read(cell, rules=rules)
    assert [FAULTS[fault] for fault in refused.fault] == [
        (
            "time-nonexistent",
            "the clocks were put forward and this time never came; correct it, or state "
            "time: {nonexistent: later} in a mapping",
        )
    ]
    times = read(cell, rules=rules._replace(nonexistent="later"))
    assert (texts(times.utc), rules_of(times), times.chosen) == ([utc], [""], 1)
    assert texts(times.wall) == [cell]


def test_an_offset_settles_a_change_of_clocks():
    times = read("2025-10-26 02:30+01:00", "2025-10-26 02:30+02:00", rules=BERLIN)
    assert texts(times.utc) == ["2025-10-26 01:30", "2025-10-26 00:30"]
    assert (rules_of(times), times.chosen) == (["", ""], 0)


def test_a_date_alone_knows_no_change_of_clocks():
    # In Beirut the clocks are put forward at midnight: 2025-03-30 00:00 never came.
    times = read("2025-03-30", "2025-03-30 00:00", rules=TimeRules(timezone="Asia/Beirut"))
    assert rules_of(times) == ["", "time-nonexistent"]


@pytest.mark.parametrize("cell", ["0001-01-01 00:30", "9999-12-31 23:30", "9999-12-31T23:30-05:00"])
@pytest.mark.parametrize("zone", ["", "America/New_York", "Pacific/Auckland"])
def test_at_the_ends_of_the_calendar_there_is_a_wall_time_only(cell, zone):
    times = read(cell, rules=TimeRules(timezone=zone))
    assert (texts(times.wall), texts(times.utc)) == ([cell[:16].replace("T", " ")], [None])
    assert rules_of(times) == [""]


GOOGLE = TimeRules(timezone="America/New_York", formats=("%Y/%m/%d %I:%M:%S %p",))


@pytest.mark.parametrize("zone", ["EST", "GMT-4", "GMT+1", "UTC", "(EDT)", "GMT-04:00"])
def test_the_name_of_a_zone_is_refused_or_dropped_and_never_trusted(zone):
    cell = f"2025/07/01 6:40:11 PM {zone}"
    refused = read(cell, rules=GOOGLE)
    assert [FAULTS[fault] for fault in refused.fault] == [
        (
            "time-zone-text",
            "a word such as EST or GMT+1 after a time does not say for certain which zone is meant; "
            "remove it, or state time: {timezone: America/New_York, trailing_zone: drop} in a mapping",
        )
    ]
    assert (texts(refused.utc), refused.dropped_zone) == ([None], 0)
    times = read(cell, "", cell, rules=GOOGLE._replace(trailing_zone="drop"))
    assert texts(times.wall) == ["2025-07-01 18:40:11", None, "2025-07-01 18:40:11"]
    assert texts(times.utc) == ["2025-07-01 22:40:11", None, "2025-07-01 22:40:11"]
    assert (times.dropped_zone, times.without_offset) == (2, 2)


def test_an_offset_before_the_name_of_a_zone_is_used():
    rules = TimeRules(trailing_zone="drop")
    times = read("2025-03-01 18:40+01:00 CET", "1/2/2025 6:40 pm EST", rules=rules, day_first=True)
    assert texts(times.wall) == ["2025-03-01 18:40", "2025-02-01 18:40"]
    assert texts(times.utc) == ["2025-03-01 17:40", None]
    assert (times.with_offset, times.without_offset, times.dropped_zone) == (1, 1, 2)


# Dates alone and serial numbers


def test_a_date_alone_may_be_refused():
    rules = TimeRules(date_only="refuse", excel_serials=True)
    times = read("2025-03-01", "1 May 2025", "45717", "2025-03-01 00:00", rules=rules)
    assert rules_of(times) == ["date-only", "date-only", "date-only", ""]
    assert FAULTS[times.fault[0]][1] == (
        "a date without a time of day; add the time, such as 2026-03-31 18:40"
    )


@pytest.mark.parametrize(
    ("cell", "wall", "date_only"),
    [
        ("1", "1900-01-01 00:00", True),
        ("59", "1900-02-28 00:00", True),
        ("61", "1900-03-01 00:00", True),
        ("45717", "2025-03-01 00:00", True),
        ("45717.7777", "2025-03-01 18:39:53", False),
        ("45717.0000001", "2025-03-01 00:00", False),
        ("2958465.5", "9999-12-31 12:00", False),
    ],
)
def test_a_serial_number_is_a_date_where_it_is_stated(cell, wall, date_only):
    times = read(cell, rules=TimeRules(excel_serials=True))
    assert (texts(times.wall), times.date_only.tolist()) == ([wall], [date_only])


@pytest.mark.parametrize(
    "cell",
    ["0", "0.5", "60", "60.5", "59.999999", "2958465.999999", "2958466", "-1", "1e4", "9" * 999],
)
def test_what_is_no_serial_number(cell):
    times = read(cell, rules=TimeRules(excel_serials=True))
    assert [FAULTS[fault] for fault in times.fault] == [("not-a-time", TIME)]


@pytest.mark.parametrize("cell", ["45717", "45717.7777"])
def test_a_serial_number_is_told_what_to_state(cell):
    assert [FAULTS[fault] for fault in read(cell).fault] == [
        (
            "not-a-time",
            "a serial number of a spreadsheet, not a date; write dates as 2026-03-31, or state "
            "time: {excel_serials: true} in a mapping",
        )
    ]


# Hostile files: their mappings say timezone, and what else stands here.


def started(name: str) -> list[str]:
    with shared("hostile", name).open(encoding="utf-8", newline="") as file:
        return [row.get("started_at", row.get("Timestamp")) for row in csv.DictReader(file)]


def test_a_clock_of_twelve_hours():
    rules = BERLIN._replace(formats=("%Y-%m-%d %I:%M %p",))
    times = read(*started("time_12_hour.csv"), rules=rules)
    assert rules_of(times) == ["", "", "", *["not-a-time"] * 3]
    walls = ["2025-03-01 00:15", "2025-03-01 12:15", "2025-03-01 18:40"]
    assert texts(times.wall)[:3] == walls
    assert texts(times.utc)[:3] == ["2025-02-28 23:15", "2025-03-01 11:15", "2025-03-01 17:40"]


def test_impossible_times():
    cells = started("time_impossible.csv")
    times = read(*cells, rules=BERLIN)
    assert len(cells) == 11
    # The validator refuses the two that are out of range, and the blank one.
    assert [cell for cell, fault in zip(cells, times.fault, strict=True) if not fault] == [
        *("2099-01-01 10:00", "1899-12-30 10:00", "")
    ]
    serial = cells.index("45717.7777")
    assert "excel_serials: true" in FAULTS[times.fault[serial]][1]


def test_mixed_offsets():
    times = read(*started("time_mixed_offsets.csv"), rules=BERLIN)
    assert texts(times.utc) == [
        *("2025-03-01 17:40", "2025-07-02 16:40", "2025-07-03 16:40", "2025-07-04 16:40")
    ]
    assert texts(times.wall) == [
        *("2025-03-01 18:40", "2025-07-02 18:40", "2025-07-03 16:40", "2025-07-04 18:40")
    ]
    assert (rules_of(times), times.with_offset, times.without_offset) == ([""] * 4, 3, 1)


def test_google_writes_est_in_summer():
    rules = GOOGLE._replace(trailing_zone="drop")
    times = read(*started("time_google_forms_EST_in_summer.csv"), rules=rules)
    assert (texts(times.utc), times.dropped_zone) == (["2025-07-01 22:40:11"], 1)


# Invariants

ANY_RULES = st.builds(
    TimeRules,
    timezone=st.sampled_from(["", "Europe/Berlin", "Mars/Base"]),
    formats=st.sampled_from([(), ("%d/%m/%y %H:%M",), ("%Y-%m-%d", "%B %d %Y %I %p", "%f %S")]),
    excel_serials=st.booleans(),
    ambiguous=st.sampled_from(["error", "earlier", "later"]),
    nonexistent=st.sampled_from(["error", "later"]),
    trailing_zone=st.sampled_from(["refuse", "drop"]),
    date_only=st.sampled_from(["accept", "refuse"]),
)
ANY_TEXT = st.text() | st.text("0123456789-/.:+ TZAPMESd\u202f٣", max_size=30)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT)), ANY_RULES, st.sampled_from([None, True, False]))
@example([("9999-12-31 23:59", ""), ("0001-01-01 00:00Z", "x")], BERLIN, None)
def test_any_text_is_read_missing_or_a_fault(rows, rules, day_first):
    cells, zones = [row[0] for row in rows], [row[1] for row in rows]
    times = read(*cells, rules=rules, day_first=day_first, zones=zones)
    unread = np.isnat(times.wall)
    assert (
        unread
        == [
            cell == "" or FAULTS[fault][0] == "not-a-time"
            for cell, fault in zip(cells, times.fault, strict=True)
        ]
    ).all()
    assert np.isnat(times.utc[unread | times.date_only | (times.fault != 0)]).all()
    counted = ~unread & ~times.date_only & (times.fault == 0)
    assert times.with_offset + times.without_offset == counted.sum()


@given(
    st.datetimes(), st.sampled_from(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d %B %Y, %I:%M %p"])
)
def test_what_is_written_is_read(time, form):
    # strftime leaves out the leading zeros of a year.
    cell = time.strftime(form.replace("%Y", f"{time.year:04}"))
    expected = time.replace(second=time.second if "%S" in form else 0, microsecond=0)
    assert read(cell).wall.tolist() == [expected]


@given(st.integers(0, 10_000), st.integers(0, 13), st.integers(0, 32))
def test_the_calendar_has_the_days_that_it_has(year, month, day):
    try:
        expected = datetime.datetime(year, month, day)
    except ValueError:
        expected = None
    assert read(f"{year:04}-{month:02}-{day:02}").wall.tolist() == [expected]


@given(
    st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2099, 1, 1)),
    st.sampled_from(sorted(zone for zone in available_timezones() if known_zone(zone))),
)
def test_instants_agree_with_the_standard_library(time, zone):
    time = time.replace(microsecond=0)
    earlier, later = (
        time.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(datetime.UTC).replace(tzinfo=None)
        for fold in (0, 1)
    )
    cell = str(time)
    rules = TimeRules(timezone=zone, ambiguous="earlier", nonexistent="later")
    assert read(cell, rules=rules).utc.tolist() == [earlier]
    assert read(cell, rules=TimeRules(timezone=zone)).fault.any() == (earlier != later)
