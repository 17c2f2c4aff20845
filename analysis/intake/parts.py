"""Where the person worked and what they did: the regions and techniques that a row names."""

from itertools import zip_longest

import numpy as np
import pandas as pd

from analysis.intake.reading import ReadColumn, Reading, categories, filled
from analysis.vocabulary import COMBINED, vocabulary


def terms(read: dict[str, ReadColumn], reading: Reading) -> dict:
    """Return region, subregion, technique and tool with what they imply of each other.

    A muscle is its region with this subregion; a tool stands for a blank technique; several in one
    session are "combined", and ``parts_named`` lists them.
    """
    own = reading.mapping.terms.get("region", [])
    parents = (
        vocabulary().subregions.set_index("code")["region"].drop(own, errors="ignore").to_dict()
    )
    region, part = read["region"], read["subregion"]
    technique, tool = read["technique"], read["tool"]
    regions = [[parents.get(code, code) for code in codes] for codes in region.values]
    implied = [
        codes[0] if len(codes) == 1 and codes[0] in parents else "" for codes in region.values
    ]
    parts = [_one(codes) for codes in part.values]
    is_implied = filled(implied)[region.codes] & ~filled(parts)[part.codes]
    subregions = np.where(is_implied, region.codes, len(implied) + part.codes)
    did = np.where(
        filled(technique.values)[technique.codes],
        technique.codes,
        len(technique.values) + tool.codes,
    )
    done = [*technique.values, *tool.values]
    pairs, distinct = pd.factorize(region.codes.astype("int64") * len(done) + did)
    listed = [
        _listed(
            region.values[pair // len(done)],
            regions[pair // len(done)],
            done[pair % len(done)],
            reading,
        )
        for pair in distinct
    ]
    return {
        "region": categories(region.codes, [_one(codes) for codes in regions]),
        "subregion": categories(subregions, [*implied, *parts]),
        "technique": categories(did, [_one(codes) for codes in done]),
        "tool": categories(tool.codes, [_one(codes) for codes in tool.values]),
        "parts": np.array([n_parts for n_parts, _ in listed], dtype="int64")[pairs],
        "parts_named": categories(pairs, [named for _, named in listed]),
    }


def _listed(
    named: list[str], regions: list[str], techniques: list[str], reading: Reading
) -> tuple[int, str]:
    """Return how many pairs of region and technique a row names, and the pairs in words.

    Numbered blocks name pairs. Two questions with several answers do not: which technique was for
    which region was not asked.
    """
    if reading.mapping.repeat:
        pairs = dict.fromkeys(zip_longest(regions, techniques, fillvalue=""))
        return max(len(pairs), 1), "; ".join(map(", ".join, pairs))
    n_parts = len(set(named)) * len(set(techniques))
    return max(n_parts, 1), ", ".join(
        " + ".join(dict.fromkeys(part)) for part in (regions, techniques)
    )


def _one(codes: list[str]) -> str:
    """Return the one code of a cell, "combined" for several, "" for none."""
    distinct = set(codes)
    return codes[0] if len(distinct) == 1 else COMBINED if distinct else ""
