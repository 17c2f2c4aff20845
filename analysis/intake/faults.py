"""What is wrong with the rows of a chunk, one row a fault."""

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.intake.table import ERROR_CELL, NO_RESULT, SEVERAL

#: Columns of the faults of a chunk; place is that of the row.
PLACED = ("place", "column", "value", "rule", "message")
NO_FAULTS = pd.DataFrame(columns=list(PLACED)).astype({"place": "int64"})
#: What a fault says of a cell: its value as shown, rule and message.
Told = tuple[str, str, str]
_SHOWN = 200


def shown(raw: str) -> str:
    """Return the cell as a fault quotes it, without the mark of an error or a formula."""
    return raw.lstrip(ERROR_CELL + NO_RESULT).replace(SEVERAL, ", ")[:_SHOWN]


def wrong_texts(texts: tuple[np.ndarray, int], wrong: dict[int, Told], header: str) -> pd.DataFrame:
    """Return the faults of all rows that hold a wrong text; each row's text, and their number."""
    codes, n_texts = texts
    if not wrong:
        return NO_FAULTS
    which = np.full(n_texts, -1)
    which[list(wrong)] = np.arange(len(wrong))
    places = np.flatnonzero(which[codes] >= 0)
    if not len(places):
        return NO_FAULTS
    told = pd.DataFrame(list(wrong.values()), columns=["value", "rule", "message"])
    told = told.iloc[which[codes[places]]]
    return told.assign(place=places, column=header)[list(PLACED)]


def faults_of(header: str, rows: list[tuple]) -> pd.DataFrame:
    """Return faults of one column from place, value, rule, message."""
    if not rows:
        return NO_FAULTS
    frame = pd.DataFrame(rows, columns=["place", "value", "rule", "message"])
    return frame.assign(column=header)[list(PLACED)]


def by_mask(
    mask: np.ndarray, texts: pa.ChunkedArray | pa.Array, header: str, told: tuple[str, str]
) -> pd.DataFrame:
    """Return one fault, rule and message, for each row of a mask."""
    places = np.flatnonzero(mask)
    values = texts.take(pa.array(places)).cast(pa.string()).to_pylist()
    rows = [(place, shown(value), *told) for place, value in zip(places, values, strict=True)]
    return faults_of(header, rows)
