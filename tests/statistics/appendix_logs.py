"""Sessions for the tests of the appendix: written down, or simulated."""

import numpy as np
import pandas as pd

COLUMNS = ["participant", "region", "technique", "scale", "pain_before", "pain_after"]


def logged(rows: list[tuple], region: str = "hip", scale: str = "NRS0-10") -> pd.DataFrame:
    """Return sessions from (participant, technique, pain before, pain after)."""
    return pd.DataFrame(
        [(row[0], region, row[1], scale, *row[2:]) for row in rows], columns=COLUMNS
    )


def simulated(rng: np.random.Generator, *, people: int, regions: int = 1, sessions: int = 5):
    """Return sessions with pressure and rest, alike at equal starting pain, in every region.

    Pain is higher when pressure is chosen, and falls by .4 points per point whatever is done; people
    differ in level (SD 1) and in how pressure differs from rest (SD .6); ratings are whole points.
    """
    shape = (regions, people, 2, sessions)
    pressure = np.array([1.0, 0.0]).reshape(1, 1, 2, 1)
    before = np.clip(np.rint(rng.normal(5 + pressure, 1.5, shape)), 0, 10)
    level, differs = (
        rng.normal(0, 1, (regions, people, 1, 1)),
        rng.normal(0, 0.6, (regions, people, 1, 1)),
    )
    fall = 0.4 * before + level + differs * pressure + rng.normal(0, 1, shape)
    region, person, technique, _ = np.indices(shape)
    return pd.DataFrame(
        {
            "participant": [f"P{number:03}" for number in person.ravel()],
            "region": [f"R{number:03}" for number in region.ravel()],
            "technique": np.where(technique.ravel() == 0, "pressure", "rest"),
            "scale": "NRS0-10",
            "pain_before": before.ravel(),
            "pain_after": np.clip(np.rint(before - fall), 0, 10).ravel(),
        }
    )


def renamed(sessions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the same sessions in another order, of people with other names."""
    names = sessions["participant"].unique()
    others = dict(
        zip(names, rng.permutation([f"Q{number:03}" for number in range(len(names))]), strict=True)
    )
    mixed = sessions.assign(participant=sessions["participant"].map(others))
    return mixed.iloc[rng.permutation(len(mixed))].reset_index(drop=True)
