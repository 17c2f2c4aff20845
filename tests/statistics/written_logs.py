"""Sessions for tests, as they are written down.

``{"P1": {"pressure": "6>4 8>"}}``: P1 used pressure twice, pain went from 6 to 4, then from 8 to a
rating that is missing.
"""

from random import Random

import numpy as np
import pandas as pd
from hypothesis import Phase, settings
from hypothesis import strategies as st

from analysis.statistics import person_sums

PEOPLE = ["P1", "P2", "P3", "P4", "P5"]
COLUMNS = ["participant", "region", "technique", "scale", "pain_before", "pain_after"]

#: Every run draws the same logs.
steady = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
)


def written(people: dict, region: str = "hip", scale: str = "NRS0-10") -> pd.DataFrame:
    """Return the sessions that ``people`` describes."""
    rows = [
        [name, region, technique, scale, *(float(rating or "nan") for rating in pair.split(">"))]
        for name, techniques in people.items()
        for technique, pairs in techniques.items()
        for pair in pairs.split()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sums_of(people: dict, **where: str) -> pd.DataFrame:
    return person_sums(written(people, **where))


def alike(n_people: int, **techniques: str) -> dict:
    """Return so many people with the same sessions."""
    return {f"P{number:02}": dict(techniques) for number in range(n_people)}


def shuffled(sessions: pd.DataFrame, random: Random) -> pd.DataFrame:
    """Return the sessions in another order, and the codes of ``logs`` dealt out anew."""
    codes = dict(zip(PEOPLE, random.sample(PEOPLE, len(PEOPLE)), strict=True))
    renamed = sessions.replace({"participant": codes})
    return renamed.iloc[random.sample(range(len(sessions)), len(sessions))]


@st.composite
def logs(draw, *, complete: bool = False) -> pd.DataFrame:
    """Return sessions of one to five people: points on the hip, millimetres on the calf."""
    # Few ratings, so that zeros, ties and thresholds that are just met are common.
    rating = st.sampled_from([0, 3, 20, 30, 41, 50, 70, 100])
    session = st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(["hip", "calf"]),
        st.sampled_from(["pressure", "rest"]),
        rating,
        rating if complete else st.one_of(rating, rating, rating, st.none()),
    )
    names = ["participant", "region", "technique", "pain_before", "pain_after"]
    sessions = pd.DataFrame(draw(st.lists(session, min_size=1, max_size=40)), columns=names)
    hip = sessions["region"] == "hip"
    unit = np.where(hip, 10, 1)
    ratings = {name: sessions[name].astype("float64") / unit for name in names[3:]}
    return sessions.assign(scale=np.where(hip, "NRS0-10", "VAS0-100"), **ratings)[COLUMNS]
