"""Medicine the same day, counted by hand: in any language, other words apart, never quoted."""

import pandas as pd

from analysis.sessions import empty_sessions
from analysis.statistics import medicine


def answers(*rows: tuple[str, str]) -> pd.DataFrame:
    return medicine(pd.DataFrame(rows, columns=["participant", "medicine"]))


def test_each_session_has_one_answer():
    table = answers(("P1", "yes"), ("P1", "Ja"), ("P2", "no"), ("P2", "Nein"), ("P2", " NO "),
                    ("P1", "ibuprofen 400"), ("P3", ""), ("P3", "n/a"))  # fmt: skip
    assert list(table.columns) == ["answer", "n_with", "n_sessions", "people_with", "n_people"]
    assert table.to_numpy().tolist() == [
        ["yes", 2, 8, 1, 3],
        ["no", 3, 8, 1, 3],
        ["other", 1, 8, 1, 3],
        ["not recorded", 2, 8, 1, 3],
    ]
    assert "ibuprofen" not in table.to_string()


def test_what_was_never_asked_has_no_row():
    assert answers(("P1", ""), ("P2", "")).empty
    assert medicine(empty_sessions()).empty
