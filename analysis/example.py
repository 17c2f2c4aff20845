"""The synthetic example log: the function that made ``data/example_log.csv``, with its seed.

Nobody's data. ``python -m analysis.example`` prints the file again, with the argument
``one_person`` that of ``data/example_one_person.csv``; a test compares the bytes.
"""

import sys
from typing import TextIO

import numpy as np
import pandas as pd

SEED = 20260109

_PERSON = "syn-01"
_FIRST_DAY = pd.Timestamp("2026-01-05")
_DAYS = 150
# How often a person of the example comes to use a pair at all, and the mean change it is given.
# Invented numbers, alike on purpose; rest has a change too: high pain falls by itself.
_PAIRS = pd.DataFrame(
    [
        ("buttocks", "pressure", 0.75, 0.8),
        ("buttocks", "tennis_ball", 0.55, 0.8),
        ("buttocks", "piriformis_stretcher", 0.40, 0.7),
        ("buttocks", "rest", 0.70, 0.6),
        ("lower_back", "circular_strokes", 0.55, 0.7),
        ("lower_back", "stretching", 0.50, 0.8),
        ("lower_back", "rest", 0.60, 0.6),
        ("thighs", "stretching", 0.50, 0.7),
        ("thighs", "rest", 0.45, 0.5),
        ("feet", "pressure", 0.22, 0.2),
        ("feet", "acupressure", 0.10, 0.2),
        ("combined", "combined", 0.12, 0.8),
    ],
    columns=["region", "technique", "share", "change"],
)
_SUBREGIONS = {
    "buttocks": "piriformis",
    "lower_back": "sacrum",
    "thighs": "hamstrings",
    "feet": "arch",
}
_NOTES = (
    "long drive",
    "slept badly",
    "gardening",
    "sat all day",
    "- better than yesterday",
    "stiff",
)
# Rows that intake must refuse: what to break in which column.
_FAULTS = (
    ("pain_after", "eleven"),
    ("pain_before", "11"),
    ("technique", "magic wand"),
    ("participant", ""),
    ("started_at", "2026-02-30 10:00"),
    ("pain_before", ""),
    ("minutes", "600"),
    ("region", "neck"),
    ("technique", "ball"),
    ("pain_after", "4-5"),
    ("started_at", "yesterday"),
)


def example_log(rng: np.random.Generator, n_people: int = 48) -> pd.DataFrame:
    """Return a synthetic log as text, with everything that a real log has.

    Parameters
    ----------
    rng : Generator
        ``default_rng(SEED)`` made the shipped file.
    n_people : int
        People; each logs between two and about a hundred sessions.

    Returns
    -------
    DataFrame
        One row per line of the file, all text, in order of time: unbalanced use of techniques, rest
        sessions, missing ratings after (more often when pain rose), zeros, sessions that ended
        worse, symptoms, a repeated row, and the rows of ``_FAULTS`` that must be refused.
    """
    people = [_person(rng, f"syn-{number:02d}") for number in range(1, n_people + 1)]
    sessions = pd.concat(people, ignore_index=True).sort_values(
        ["started_at", "participant"], ignore_index=True
    )
    text = sessions.assign(started_at=sessions["started_at"].dt.strftime("%Y-%m-%d %H:%M"))
    return _with_faults(rng, text.astype("str"))


def _person(rng: np.random.Generator, code: str) -> pd.DataFrame:
    """Return one person's sessions; a few people log most of them."""
    used = _PAIRS[rng.random(len(_PAIRS)) < _PAIRS["share"]]
    used = used if len(used) else _PAIRS.iloc[[0]]
    n = int(np.clip(rng.lognormal(3.35, 0.75), 2, 130))
    start = np.sort(rng.choice(_DAYS * 30, size=n, replace=False))
    pair = used.iloc[rng.choice(len(used), size=n, p=rng.dirichlet(np.full(len(used), 2.0)))]
    level = rng.normal(5.2, 1.2) - rng.uniform(-0.2, 1.2) * start / start.max()
    before = np.clip(np.round(level + _wandering(rng, n)), 0, 10)
    own = rng.normal(0, 0.5)
    pull = 0.25 * (before - level)  # high pain tends to fall by itself
    change = np.round(pair["change"].to_numpy() + own + pull + rng.normal(0, 1.2, n))
    after = np.clip(before - change, 0, 10)
    missing = rng.random(n) < np.where(after > before, 0.22, 0.04)
    tingles = rng.random() < 0.35
    return pd.DataFrame(
        {
            "participant": code,
            "started_at": _FIRST_DAY
            + pd.to_timedelta(start // 30, unit="D")
            + pd.Timedelta(hours=7)
            + pd.to_timedelta((start % 30) * 30, unit="min"),
            "region": pair["region"].to_numpy(),
            "subregion": np.where(
                rng.random(n) < 0.3, pair["region"].map(_SUBREGIONS).fillna(""), ""
            ),
            "side": rng.choice(["left", "right", "both", ""], size=n, p=[0.35, 0.35, 0.2, 0.1]),
            "technique": pair["technique"].to_numpy(),
            "minutes": rng.choice([5, 8, 10, 12, 15, 20], size=n),
            "pain_before": before.astype(int),
            "pain_after": np.where(missing, "", after.astype(int).astype(str)),
            "tingling_before": _rated(rng, n, tingles),
            "tingling_after": _rated(rng, n, tingles),
            "numbness_place": "leg" if tingles else "",
            "symptom_side": rng.choice(["left", "right"]) if tingles else "",
            "medicine": rng.choice(["yes", "no", ""], size=n, p=[0.2, 0.4, 0.4]),
            "notes": np.where(rng.random(n) < 0.05, rng.choice(_NOTES, size=n), ""),
        }
    )


def _wandering(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return pain around its level: neighbouring sessions are alike."""
    steps = rng.normal(0, 1.1, n)
    for place in range(1, n):
        steps[place] += 0.5 * steps[place - 1]
    return steps


def _rated(rng: np.random.Generator, n: int, has_symptom: bool) -> np.ndarray:
    ratings = rng.choice([0, 0, 1, 2, 3], size=n) if has_symptom else np.zeros(n, dtype=int)
    return np.where(rng.random(n) < 0.25, "", ratings.astype(str))


def _with_faults(rng: np.random.Generator, text: pd.DataFrame) -> pd.DataFrame:
    places = rng.choice(len(text), size=len(_FAULTS) + 1, replace=False)
    faulty = text.copy()
    for place, (column, value) in zip(places[1:], _FAULTS, strict=True):
        faulty.loc[place, column] = value
    repeated = faulty.loc[[places[0]]]
    return pd.concat([faulty.loc[: places[0]], repeated, faulty.loc[places[0] + 1 :]])


def write_example(file: TextIO) -> None:
    """Write the shipped example log to an open text file; line feeds on every system."""
    _shipped().to_csv(file, index=False, lineterminator="\n")


def write_person_example(file: TextIO) -> None:
    """Write one person's part of it, as people keep such a log by hand: five columns, own words."""
    log = _shipped()
    own = log[log["participant"] == _PERSON].drop_duplicates()
    columns = {
        "started_at": "Date",
        "region": "Place",
        "technique": "What I did",
        "pain_before": "Before",
        "pain_after": "After",
    }
    words = own.assign(
        region=own["region"].str.replace("_", " "), technique=own["technique"].str.replace("_", " ")
    )
    words[list(columns)].rename(columns=columns).to_csv(file, index=False, lineterminator="\n")


def _shipped() -> pd.DataFrame:
    return example_log(np.random.default_rng(SEED))


if __name__ == "__main__":
    (write_person_example if sys.argv[1:] == ["one_person"] else write_example)(sys.stdout)
