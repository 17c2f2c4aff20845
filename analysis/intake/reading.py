"""How a file is read, and what reading its columns gives: what the rooms of validation share."""

import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intake.mapping import ColumnRule, Mapping

_PLAIN_RULE = ColumnRule()


class Reading(NamedTuple):
    """How the chunks of one file are read.

    Attributes
    ----------
    rules : dict
        Canonical name -> its rule, where the mapping has one.
    mapping : Mapping
        Its terms and time rules.
    headers : dict
        Canonical name -> header as written, for the faults.
    decimal_comma : bool
        Whether "6,5" is a number here.
    person : str
        The participant of a log without a participant column.
    as_of : date
        The day of reading: a session may start up to one day after it.
    day_first : bool or None
        Which part of a date with the year last is the day; None where there is no such date.
    """

    rules: dict[str, ColumnRule]
    mapping: Mapping
    headers: dict[str, str]
    decimal_comma: bool
    person: str
    as_of: datetime.date
    day_first: bool | None

    def rule(self, column: str) -> ColumnRule:
        """Return what the mapping says of a column; a plain rule where it says nothing."""
        return self.rules.get(column, _PLAIN_RULE)


class ReadColumn(NamedTuple):
    """One column as read: what each row holds, and which rows are faulty.

    Attributes
    ----------
    codes : ndarray of int
        Each row's place among the values.
    values : list
        By distinct text; what cannot be read is blank.
    faults : DataFrame
        As ``faults.PLACED``.
    """

    codes: np.ndarray
    values: list
    faults: pd.DataFrame


def categories(codes: np.ndarray, values: list[str]) -> pd.Categorical:
    """Return words as categories; several texts may have the same value."""
    distinct = list(dict.fromkeys(values))
    place = {value: place for place, value in enumerate(distinct)}
    small = np.array([place[value] for value in values], dtype="int32")
    return pd.Categorical.from_codes(small[codes], pd.Index(distinct, dtype="str"))


def filled(values: list) -> np.ndarray:
    """Return which values are not blank."""
    return np.array([bool(value) for value in values], dtype=bool)
