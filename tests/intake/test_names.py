"""Names of files: safe on every system, distinct, and below their folder."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.names import case_collisions, inside, slug, slugs
from analysis.sessions import UserError

SAFE = re.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,31}")
DEVICES = {"con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt1"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("P01", "P01"),
        ("a--b_c-", "a--b_c-"),
        ("Müller, Anna", "Muller-Anna"),
        ("Where did you work?", "Where-did-you-work"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("", "unnamed"),
        ("痛み", "unnamed"),
        ("nul", "_nul"),
        ("COM¹", "_COM1"),
        ("con.csv", "con-csv"),
        ("x" * 40, "x" * 32),
    ],
)
def test_a_text_becomes_a_safe_name(text, name):
    assert slug(text) == name


@given(st.text() | st.sampled_from(sorted(DEVICES)))
def test_any_text_becomes_a_safe_name_and_stays_it(text):
    name = slug(text)
    assert SAFE.fullmatch(name)
    assert name.casefold() not in DEVICES
    assert slug(name) == name


def test_distinct_texts_keep_their_slugs():
    assert slugs(["P01", "P02", "P01"]) == {"P01": "P01", "P02": "P02"}


def test_texts_that_differ_by_case_or_cleaning_get_a_hash_each():
    # sha256sum of "P 1", "P-1" and "p-1", the first 12 digits.
    assert slugs(["P-1", "p-1", "P 1", "P2"]) == {
        "P 1": "P-1-6b906186b9a7",
        "P-1": "P-1-82988760f79b",
        "P2": "P2",
        "p-1": "p-1-1dee6e3ec67d",
    }


@pytest.mark.parametrize("change", [str, str.upper])
def test_nobody_can_take_the_marked_name_of_another(change):
    marked = slugs(["P01", "p01"])["P01"]
    names = slugs(["P01", "p01", change(marked)])
    assert names["P01"] == marked
    assert len({name.casefold() for name in names.values()}) == 3


@given(st.lists(st.text("Pp1-é ", max_size=4)), st.randoms())
def test_any_texts_have_distinct_names_whatever_their_order(texts, random):
    names = slugs(texts)
    assert set(names) == set(texts)
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all(SAFE.fullmatch(name) for name in names.values())
    random.shuffle(texts)
    assert slugs(texts) == names


def test_a_name_inside_is_resolved(tmp_path):
    assert inside(tmp_path / "x" / "..", "P01.html") == tmp_path.resolve() / "P01.html"


@pytest.mark.parametrize("name", ["../out", "..", ".", "", "/etc/passwd", "a/../../out", "a\0b"])
def test_a_name_that_leads_outside_is_refused(tmp_path, name):
    with pytest.raises(UserError) as refusal:
        inside(tmp_path, name)
    assert str(refusal.value) == (
        f"{name!a} is no name for a file in {tmp_path}; use letters and digits"
    )


def test_a_link_that_leads_outside_is_refused(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    for name in ("out/x", "loop/x"):
        with pytest.raises(UserError, match="is no name for a file"):
            inside(folder, name)


@given(st.text())
def test_any_name_is_inside_or_refused(name):
    try:
        path = inside("reports", name)
    except UserError:
        return
    assert path.is_relative_to(inside(".", "reports"))


def test_codes_that_only_case_tells_apart():
    codes = ["P01", "p02", "p01", "P01", "PA", "Pa", "pa"]
    assert case_collisions(codes) == [("P01", "p01"), ("PA", "Pa"), ("Pa", "pa")]
    assert case_collisions(["P01", "P02"]) == []


@given(st.lists(st.sampled_from(["ab", "Ab", "aB", "AB", "b", "B", "c"])))
def test_a_code_is_in_a_pair_when_another_differs_by_case(codes):
    alike = {
        code
        for code, other in itertools.permutations(set(codes), 2)
        if code.casefold() == other.casefold()
    }
    assert {code for pair in case_collisions(codes) for code in pair} == alike
