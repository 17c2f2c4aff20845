"""Pseudonyms: the same for the holder of the key, on every machine; two people never become one."""

import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake import privacy
from analysis.intake.privacy import load_key, pseudonyms, refuse_key_in
from analysis.intake.readers import code
from analysis.sessions import UserError

KEY = b"0123456789abcdef"


def test_a_missing_key_file_is_made_for_its_owner_alone(tmp_path):
    path = tmp_path / "study.key"
    key = load_key(path)
    assert re.fullmatch(b"[0-9a-f]{64}", key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path) == key


def test_two_new_keys_differ(tmp_path):
    assert load_key(tmp_path / "one") != load_key(tmp_path / "two")


def test_the_line_end_of_an_editor_is_no_part_of_a_key(tmp_path):
    (tmp_path / "key").write_bytes(KEY + b"\r\n")
    assert load_key(tmp_path / "key") == KEY
    assert (tmp_path / "key").read_bytes() == KEY + b"\r\n"


@pytest.mark.parametrize(("content", "found"), [(b"", 0), (b"\n\n", 0), (KEY[:15] + b"\n", 15)])
def test_a_key_that_is_too_short_is_refused(tmp_path, content, found):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        load_key(path)
    assert str(refusal.value) == (
        f"{path}: a key has at least 16 characters; found {found}. Name a file that does not exist yet, "
        "and a new key is made"
    )


def test_a_key_that_cannot_be_read_or_made_is_refused(tmp_path):
    for path, reason in (
        (tmp_path, "Is a directory"),
        (tmp_path / "absent" / "key", "No such file or directory"),
    ):
        with pytest.raises(UserError) as refusal:
            load_key(path)
        assert str(refusal.value) == (
            f"{path}: the key file cannot be read or made ({reason}); name another file"
        )


def test_a_link_to_nowhere_makes_no_key(tmp_path):
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError):
        load_key(tmp_path / "key")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_in_the_folder_of_a_report_is_refused(tmp_path):
    target = tmp_path / "report"
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "key_link").symlink_to(target / "key")
    for path in (target / "key", target / "deep" / "key", tmp_path / "key_link"):
        for folder in (target, tmp_path / "link"):
            with pytest.raises(UserError) as refusal:
                refuse_key_in(path, folder)
            assert str(refusal.value) == (
                f"{path}: the key file lies in {folder}, which is passed on; keep the key elsewhere"
            )
    refuse_key_in(tmp_path / "key", target)
    refuse_key_in(tmp_path / "report.key", target)


def test_pseudonyms_are_those_of_another_program():
    # printf P01 | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base32
    assert pseudonyms(["P01", "p01", "P01"], KEY) == {
        "P01": "pzyefp3hdfcsy",
        "p01": "px4cimxtqyahl",
    }


def test_another_key_gives_other_pseudonyms():
    one, two = pseudonyms(["P01"], KEY), pseudonyms(["P01"], KEY + b"x")
    assert one["P01"] != two["P01"]


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]))))
def test_every_pseudonym_is_a_participants_code_and_its_own(codes):
    given_ = pseudonyms(codes, KEY)
    assert set(given_) == codes
    assert len(set(given_.values())) == len(codes)
    assert all(code(name) == name and len(name) == 13 for name in given_.values())


def test_two_people_never_become_one(monkeypatch):
    monkeypatch.setattr(privacy, "_LENGTH", 1)
    with pytest.raises(UserError) as refusal:
        pseudonyms([f"P{number}" for number in range(33)], KEY)
    assert str(refusal.value) == (
        "two participants would get the same pseudonym; use another key file"
    )
