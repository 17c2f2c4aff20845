"""The shipped example is what its function makes, and holds what a real log has."""

import io

import numpy as np
import pandas as pd

from analysis.display import draw
from analysis.display.show import to_svg
from analysis.example import SEED, example_log, write_example, write_person_example
from analysis.intake import read_log
from analysis.shipped import example_log as example_path
from analysis.shipped import example_of_one


def test_the_files_are_what_the_functions_write():
    for write, path in ((write_example, example_path()), (write_person_example, example_of_one())):
        made = io.StringIO()
        write(made)
        assert made.getvalue().encode() == path.read_bytes()


def test_the_example_says_that_it_is_synthetic_in_every_row():
    codes = pd.read_csv(example_path(), dtype=str, keep_default_na=False)["participant"]
    assert codes[codes != ""].str.startswith("syn-").all()
    assert (codes == "").sum() == 1  # one of the rows that must be refused


def test_the_example_has_what_a_real_log_has(log):
    sessions = log.sessions
    assert sessions["participant"].nunique() >= 40
    assert len(sessions) >= 1500
    assert (sessions["started_at"].max() - sessions["started_at"].min()).days >= 145
    assert (sessions["technique"] == "rest").sum() > 100
    assert sessions["pain_after"].isna().sum() > 50
    assert (sessions["pain_before"] == 0).any()
    assert (sessions["pain_reduction"] < 0).sum() > 50
    assert log.sources.loc[0, ["refused", "dropped"]].to_list() == [11, 1]
    counts = sessions["participant"].value_counts()
    assert counts.max() > 10 * counts.min()


def test_another_seed_makes_another_log():
    one, other = (example_log(np.random.default_rng(seed), 5) for seed in (SEED, SEED + 1))
    assert not one.reset_index(drop=True).equals(other.reset_index(drop=True))


def test_one_persons_example_is_the_commonest_log():
    log = read_log(example_of_one(), as_of="2026-07-01")
    assert list(pd.read_csv(example_of_one(), nrows=0)) == [
        "Date",
        "Place",
        "What I did",
        "Before",
        "After",
    ]
    assert log.sessions["participant"].unique().tolist() == ["P01"]


def test_the_picture_of_the_readme_is_the_examples_body_map(cohort):
    picture = example_path().with_name("body_map.svg")
    assert to_svg(draw(cohort, "regions")) == picture.read_text("utf-8")
