"""Notes and medicine: kept as written, never quoted."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.faults import NO_FAULTS, wrong_texts
from analysis.intake.readers import Fault, refuse_marked
from analysis.intake.reading import Reading, categories
from analysis.intake.table import ERROR_CELL, NO_RESULT
from analysis.sessions import Column

_LONGEST = 10_000


def free_text(column: Column, cells: pa.Table, reading: Reading) -> tuple[pd.Series, pd.DataFrame]:
    """Return free text as written, and the rows where it is too long or was never computed.

    Only NUL is removed, which no workbook and few programs can hold. The text is never quoted.
    """
    header = reading.headers.get(column.name, column.name)
    if column.name not in cells.column_names:
        return pd.Series(categories(np.zeros(len(cells), "int64"), [""])), NO_FAULTS
    one = cells[column.name].combine_chunks()
    repeats = pa.types.is_dictionary(one.type)
    texts = one.dictionary if repeats else one
    codes = one.indices.to_numpy() if repeats else np.arange(len(one))
    wrong = {}
    for place in _longer(texts, _LONGEST):
        found = len(texts[place].as_py())
        message = f"must be at most {_LONGEST:,} characters; found {found:,}"
        wrong[place] = ("", "too-long", message)
    for mark in (ERROR_CELL, NO_RESULT):
        for place in np.flatnonzero(pc.starts_with(texts, mark)).tolist():
            try:
                refuse_marked(texts[place].as_py())
            except Fault as fault:
                wrong[place] = ("", fault.rule, fault.message)
    if pc.any(_has_nul(texts)).as_py():
        texts = pc.replace_substring(texts, "\0", "")
    faults = wrong_texts((codes, len(texts)), wrong, header)
    if repeats:
        return pd.Series(categories(codes, texts.to_pylist())), faults
    return pd.Series(pd.array(texts, dtype="str"), copy=False), faults


def _longer(texts: pa.Array, most: int) -> list[int]:
    """Return the places of texts with more characters; most texts have fewer bytes than that."""
    candidates = np.flatnonzero(pc.greater(pc.binary_length(texts), most))
    return [int(place) for place in candidates if len(texts[int(place)].as_py()) > most]


def _has_nul(texts: pa.Array) -> pa.Array:
    return pc.match_substring(texts, "\0")


def n_with_nul(column: pa.Array) -> int:
    """Return how many texts of a column hold the character NUL."""
    if pa.types.is_dictionary(column.type):
        return int(np.asarray(_has_nul(column.dictionary))[column.indices.to_numpy()].sum())
    return pc.sum(_has_nul(column)).as_py() or 0
