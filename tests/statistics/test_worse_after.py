"""What was worse after a session: counted by hand, and by invariants.

A session is written as its technique and ratings, "pressure 6>7", and a symptom as its answers
before and after, "0>yes"; nothing on a side of ">" is a blank.
"""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis import safety
from analysis.sessions import empty_sessions
from analysis.statistics.worse_after import higher, present, symptoms, worse_after

COUNTS = ["n_with", "n_sessions", "people_with", "n_people"]
# Blank unless a test says otherwise.
ASKED_ONCE = {"weakness": "", "symptom_side": "", "bladder_bowel": ""}


def log(*rows: tuple[str, str, str, str], scale: str = "NRS0-10") -> pd.DataFrame:
    """Return sessions from person, technique and ratings, numbness, and tingling."""
    told = []
    for person, session, numbness, tingling in rows:
        technique, pain = session.split()
        pain = [float(rating or "nan") for rating in pain.split(">")]
        told.append([person, technique, scale, *pain, *numbness.split(">"), *tingling.split(">")])
    columns = ["participant", "technique", "scale", "pain_before", "pain_after", "numbness_before",
               "numbness_after", "tingling_before", "tingling_after"]  # fmt: skip
    return pd.DataFrame(told, columns=columns).assign(**ASKED_ONCE)


def counts(table: pd.DataFrame, **where: str) -> list[int]:
    """Return the counts of the one row with these values."""
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table[COUNTS].iloc[0].tolist()


SESSIONS = log(
    ("P1", "pressure 5>6", "0>1", ">"),
    ("P1", "pressure 5>7", "0>0", ">"),
    ("P2", "pressure 5>5.9", ">", "2>2"),
    ("P2", "pressure 5>4", "0>0", "2>3"),
    ("P3", "pressure 5>", ">", "1>"),
    ("P3", "rest 5>5", ">", ">"),
)


def test_sessions_counted_by_hand():
    table = worse_after(SESSIONS)
    assert list(table.columns) == ["technique", "event", "scale", *COUNTS]
    where = {"technique": "pressure"}
    assert counts(table, **where, event="pain up by 1") == [2, 4, 1, 2]
    assert counts(table, **where, event="pain up by 2") == [1, 4, 1, 2]
    assert counts(table, **where, event="symptom new or higher") == [2, 4, 2, 2]
    # A zero is printed, also of nothing.
    assert counts(table, technique="rest", event="pain up by 1") == [0, 1, 0, 1]
    assert counts(table, technique="rest", event="symptom new or higher") == [0, 0, 0, 0]


def test_all_sessions_together():
    table = worse_after(SESSIONS, by=())
    assert list(table["event"]) == ["pain up by 1", "pain up by 2", "symptom new or higher"]
    assert counts(table, event="pain up by 1") == [2, 5, 1, 3]


def test_scales_have_rows_of_their_own_and_symptoms_have_none():
    mm = log(("P1", "pressure 50>60", "0>1", ">"), ("P1", "pressure 50>59", "0>0", ">"),
             ("P1", "pressure 50>70", ">", ">"), scale="VAS0-100")  # fmt: skip
    table = worse_after(pd.concat([SESSIONS, mm]))
    where = {"technique": "pressure", "scale": "VAS0-100"}
    assert counts(table, **where, event="pain up by 1") == [2, 3, 1, 1]
    assert counts(table, **where, event="pain up by 2") == [1, 3, 1, 1]
    assert counts(table, technique="pressure", scale="NRS0-10", event="pain up by 1") == [
        2,
        4,
        1,
        2,
    ]
    assert counts(table, technique="pressure", scale="", event="symptom new or higher")[:2] == [
        3,
        6,
    ]


def test_a_rise_is_compared_in_whole_tenths():
    # In floats 2.1 - 1.1 is 1.0 and 4.1 - 3.1 is 0.9999999999999996.
    sessions = log(("P1", "pressure 3.1>4.1", ">", ">"), ("P1", "pressure 1.1>2.1", ">", ">"))
    assert counts(worse_after(sessions), event="pain up by 1")[:2] == [2, 2]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ("0>1", "worse"),
        ("no>yes", "worse"),
        ("0>yes", "worse"),
        ("2>3.5", "worse"),
        ("2>2", "same"),
        ("yes>yes", "same"),
        ("3>1", "better"),
        ("3>0", "better"),
        ("yes>no", "better"),
        ("yes>4", "not comparable"),
        ("4>yes", "not comparable"),
        ("4>", "not comparable"),
        (">yes", "not comparable"),
        ("0>no", "absent"),
        ("0>", "absent"),
        (">no", "absent"),
        (">", "not answered"),
    ],
)
def test_each_session_is_in_its_state(answers, state):
    table = symptoms(log(("P1", "rest 5>5", answers, ">")))
    numbness = table[table["symptom"] == "numbness"].set_index("state")["n_with"]
    is_present = state not in ("absent", "not answered")
    expected = {state, "present"} if is_present else {state}
    assert set(numbness[numbness == 1].index) == expected
    assert numbness.sum() == len(expected)


def test_symptoms_counted_by_hand():
    table = symptoms(SESSIONS)
    once = [name for name in ("weakness", "both legs", "bladder or bowel") for _ in range(3)]
    assert list(table["symptom"]) == ["numbness"] * 7 + ["tingling"] * 7 + once
    assert list(table["state"][:7]) == ["worse", "same", "better", "not comparable", "present",
                                        "absent", "not answered"]  # fmt: skip
    numbness = table[table["symptom"] == "numbness"].set_index("state")
    assert numbness.loc["worse", COUNTS].tolist() == [1, 1, 1, 1]
    assert numbness.loc["absent", COUNTS].tolist() == [2, 6, 2, 3]
    assert numbness.loc["not answered", COUNTS].tolist() == [3, 6, 2, 3]
    tingling = table[table["symptom"] == "tingling"].set_index("state")
    assert tingling.loc["present", COUNTS].tolist() == [3, 6, 2, 3]
    assert tingling.loc["not comparable", COUNTS].tolist() == [1, 3, 1, 2]


@pytest.mark.parametrize(
    ("asked", "symptom", "state"),
    [
        ({"weakness": "same"}, "weakness", "yes"),
        ({"weakness": "new_or_worse"}, "weakness", "yes"),
        ({"weakness": "both"}, "weakness", "yes"),
        ({"weakness": "no"}, "weakness", "no"),
        ({}, "weakness", "not answered"),
        ({"symptom_side": "both"}, "both legs", "yes"),
        ({"weakness": "both", "symptom_side": "left"}, "both legs", "yes"),
        ({"symptom_side": "left"}, "both legs", "no"),
        # Weakness of one leg, or of none, does not say that no other symptom is in both.
        ({"weakness": "same"}, "both legs", "not answered"),
        ({"weakness": "no"}, "both legs", "not answered"),
        ({"bladder_bowel": "yes"}, "bladder or bowel", "yes"),
        ({"bladder_bowel": "no"}, "bladder or bowel", "no"),
        ({}, "bladder or bowel", "not answered"),
    ],
)
def test_a_sign_asked_once_is_in_its_state(asked, symptom, state):
    table = symptoms(log(("P1", "rest 5>5", ">", ">")).assign(**asked))
    told = table[table["symptom"] == symptom].set_index("state")
    assert list(told.index) == ["yes", "no", "not answered"]
    assert told["n_with"].to_dict() == dict.fromkeys(told.index, 0) | {state: 1}
    assert told["n_sessions"].tolist() == [1, 1, 1]


def test_nothing_comes_of_an_empty_log():
    assert worse_after(empty_sessions()).empty
    assert (symptoms(empty_sessions())[COUNTS] == 0).all(axis=None)


# --- invariants ---

ANSWER = st.sampled_from(["", "no", "yes", "0", "1", "2.5", "10"])
RATING = st.integers(0, 100)
QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=15)
SESSION = st.tuples(
    st.sampled_from(["P1", "P2"]), st.sampled_from(["rest", "yoga"]), RATING, st.none() | RATING,
    ANSWER, ANSWER, ANSWER, ANSWER)  # fmt: skip


def frame(rows: list) -> pd.DataFrame:
    columns = ["participant", "technique", "pain_before", "pain_after", "numbness_before",
               "numbness_after", "tingling_before", "tingling_after"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).assign(scale="NRS0-10", **ASKED_ONCE)
    pain = {name: table[name].astype("float64") / 10 for name in ("pain_before", "pain_after")}
    return table.assign(**pain)


@QUICK
@given(st.lists(SESSION, min_size=1, max_size=30))
def test_states_add_up_to_all_sessions(rows):
    table = symptoms(frame(rows))
    for name in ("numbness", "tingling"):
        n = table[table["symptom"] == name].set_index("state")["n_with"]
        assert n[["present", "absent", "not answered"]].sum() == len(rows)
        assert n[["worse", "same", "better", "not comparable"]].sum() == n["present"]


@QUICK
@given(st.lists(SESSION, min_size=1, max_size=30))
def test_before_and_after_swapped_swap_worse_and_better(rows):
    sessions = frame(rows)
    swapped = sessions.rename(columns=lambda name: (
        name.replace("before", "AFTER").replace("after", "before").replace("AFTER", "after")))  # fmt: skip
    found, mirrored = (
        symptoms(table).set_index(["state", "symptom"])["n_with"].sort_index()
        for table in (sessions, swapped)
    )
    assert found["worse"].equals(mirrored["better"])
    assert found["same"].equals(mirrored["same"])


@QUICK
@given(st.lists(SESSION, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_counts_are_those_of_a_plain_loop_in_any_order(rows, random):
    shuffled = random.sample(rows, len(rows))
    table = worse_after(frame(rows))
    assert_frame_equal(table, worse_after(frame(shuffled)))
    for technique in {row[1] for row in rows}:
        rises = [
            (row[0], row[3] - row[2]) for row in rows if row[1] == technique and row[3] is not None
        ]
        for event, tenths in (("pain up by 1", 10), ("pain up by 2", 20)):
            up = [name for name, rise in rises if rise >= tenths]
            assert counts(table, technique=technique, event=event) == [
                len(up), len(rises), len(set(up)), len({name for name, _ in rises})]  # fmt: skip


def test_the_warning_sign_and_the_count_agree():
    # S7 of the safety room and the events here are of one rule.
    before = pd.Series(["0", "no", "yes", "2", "2", "", "0"])
    after = pd.Series(["yes", "1", "4", "3", "1", "5", ""])
    assert list(higher(before, after)) == [True, True, False, True, False, False, False]
    assert list(present(after)) == [True, True, True, True, True, True, False]
    assert safety.higher is higher
