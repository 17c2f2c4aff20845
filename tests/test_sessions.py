"""The sessions table: its columns, its rules, and tenths without a rounding error."""

from decimal import ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sessions import (
    ADDED,
    COLUMN,
    COLUMNS,
    ROW_REPORT,
    RULES,
    SCALES,
    SOURCES,
    UnusableLog,
    UserError,
    empty_sessions,
    in_tenths,
)
from analysis.vocabulary import vocabulary


def by_decimals(written: str) -> int:
    """Return the tenths of a rating as written, halves upwards, without a float."""
    tenths = (Decimal(written) * 10 + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
    return int(tenths)


# Columns and rules


def test_the_columns_of_the_table_are_those_of_a_log_and_the_added_ones():
    assert tuple(empty_sessions()) == tuple(column.name for column in COLUMNS) + ADDED
    assert len(empty_sessions()) == 0


def test_the_names_are_those_that_everything_shares():
    # architecture.md, "Names that everything shares", with `tool`, and the column's own order.
    shared = [
        *("participant", "session_id", "started_at", "started_at_utc", "region", "subregion"),
        *("side", "technique"),
        *("tool", "minutes", "strength", "pain_before", "pain_after", "scale", "pain_reduction"),
        *("numbness_before", "numbness_after", "tingling_before", "tingling_after"),
        *("numbness_place", "symptom_side", "weakness", "bladder_bowel", "medicine", "notes"),
        *("source_file", "source_line"),
    ]
    assert set(shared) == set(empty_sessions()) - {"session_number", "parts", "parts_named"}


def test_the_required_columns():
    required = [column.name for column in COLUMNS if column.required]
    assert required == ["participant", "started_at", "region", "technique", "pain_before"]


def test_the_types_of_an_empty_table():
    types = empty_sessions().dtypes.astype("str").to_dict()
    numbers = dict.fromkeys(["minutes", "pain_before", "pain_after", "pain_reduction"], "float64")
    other = dict.fromkeys(("started_at", "started_at_utc"), "datetime64[us]") | {
        "parts": "int64",
        "source_line": "int64",
    }
    text = dict.fromkeys(set(types) - set(numbers) - set(other), "str")
    assert types == numbers | other | text


def test_every_column_has_a_known_kind_and_a_meaning():
    kinds = {"code", "time", "term", "answer", "rating", "symptom", "number", "text"}
    assert {column.kind for column in COLUMNS} == kinds
    assert [column.name for column in COLUMNS if not column.meaning or not column.allowed] == []
    assert len(COLUMN) == len(COLUMNS)


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.kind == "answer"])
def test_the_answers_allowed_are_those_of_the_vocabulary(column):
    assert column.allowed.split(", ") == list(
        dict.fromkeys(vocabulary().words[column.name].values())
    )


def test_every_rule_has_a_level_and_a_sentence():
    assert {level for level, _ in RULES.values()} == {"file", "row", "warning", "note"}
    assert [rule for rule, (_, meaning) in RULES.items() if not meaning.strip()] == []


def test_the_reports_have_the_columns_of_the_formats():
    assert ROW_REPORT == ("file", "line", "column", "value", "rule", "message")
    assert (
        *("file", "sha256", "bytes", "rows", "kept", "refused", "dropped", "skipped", "blank"),
    ) == SOURCES


def test_a_scale_is_in_tenths_of_its_own_unit():
    # statistics.md, 1: 2 points are 20 mm, the floor is 1 point or 10 mm.
    assert SCALES["NRS0-10"] == {"top": 100, "two_points": 20, "floor": 10, "unit": "points"}
    assert SCALES["VAS0-100"] == {"top": 1000, "two_points": 200, "floor": 100, "unit": "mm"}
    assert list(SCALES) == COLUMN["scale"].allowed.split(", ")


# Errors


def test_an_unusable_log_says_file_line_and_reason_in_one_line():
    error = UnusableLog("log.csv", "row-width", "too wide", line=7, column="a", value="b")
    assert str(error) == "log.csv line 7: too wide"
    assert error.fault == dict(
        zip(ROW_REPORT, ("log.csv", 7, "a", "b", "row-width", "too wide"), strict=True)
    )
    assert isinstance(error, UserError)
    assert isinstance(error, ValueError)


def test_an_unusable_log_without_a_line_means_the_file():
    error = UnusableLog("log.csv", "empty", "nothing in it")
    assert str(error) == "log.csv: nothing in it"
    assert error.fault["line"] is None


# Tenths


@pytest.mark.parametrize(
    ("written", "tenths"),
    [
        ("0", 0),
        ("0.04", 0),
        ("0.05", 1),
        ("0.15", 2),
        ("0.25", 3),
        ("0.35", 4),  # 0.35 * 10 is 3.5 in floats, 3.499... in binary
        ("1.005", 10),
        ("2.25", 23),
        ("2.35", 24),
        ("2.449", 24),
        ("7.25", 73),
        ("8.35", 84),
        ("9.95", 100),
        ("10", 100),
        ("-0.05", 0),
        ("-1", -10),
        ("99.95", 1000),
    ],
)
def test_halves_go_up(written, tenths):
    assert in_tenths(pd.Series([float(written)])).tolist() == [tenths] == [by_decimals(written)]


def test_every_rating_of_three_decimals_agrees_with_decimal_arithmetic():
    written = [f"{thousandths / 1000:.3f}" for thousandths in range(10_001)]
    ratings = pd.Series([float(text) for text in written])
    assert in_tenths(ratings).tolist() == [by_decimals(text) for text in written]


@settings(deadline=None)
@given(st.decimals(0, 100, places=2))
def test_every_millimetre_of_two_decimals_agrees_with_decimal_arithmetic(millimetres):
    written = str(millimetres)
    assert in_tenths(pd.Series([float(written)])).tolist() == [by_decimals(written)]


@pytest.mark.parametrize(("rating", "tenths"), [(7.25, 73), (0.05, 1), (99.95, 1000)])
def test_a_half_that_was_computed_a_hair_too_low_goes_up(rating, tenths):
    # A spreadsheet's 7.25 may be 7.249999999999999; 7.2499999 is none.
    ratings = pd.Series([np.nextafter(rating, 0), rating - 1e-12, rating - 1e-7])
    assert in_tenths(ratings).tolist() == [tenths, tenths, tenths - 1]


def test_a_missing_rating_is_zero_tenths_and_the_type_is_whole():
    tenths = in_tenths(pd.Series([np.nan, 3.0]))
    assert tenths.tolist() == [0, 30]
    assert tenths.dtype == np.int64


def test_the_threshold_that_floats_miss():
    # statistics.md, 1: (7.0 - 4.9) / 7.0 >= 0.3 is false in floats; 21 >= 0.3 * 70 is true.
    before, after = in_tenths(pd.Series([7.0])), in_tenths(pd.Series([4.9]))
    assert (7.0 - 4.9) / 7.0 < 0.3
    assert (10 * (before - after) >= 3 * before).all()
