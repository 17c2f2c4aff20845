"""A zip file -> the CSV files in it, in memory; what no log export holds is refused."""

import io
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from analysis.intake.archive import read_members
from analysis.sessions import UnusableLog


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members:
            archive.writestr(name, member)
    return content.getvalue()


def refusal(content: bytes) -> tuple[str, str]:
    """Return rule and message of the refusal of an archive."""
    with pytest.raises(UnusableLog) as refused:
        read_members(content, "log.zip")
    assert refused.value.fault["file"] == "log.zip"
    return refused.value.fault["rule"], refused.value.fault["message"]


def test_the_csv_files_come_in_name_order_and_media_are_left_out():
    content = zipped(
        ("log.csv", b"b"), ("log-session.CSV", b"a"), ("media/knee.jpg", b"x"), ("inner.zip", b"y")
    )
    assert read_members(content, "log.zip") == [("log-session.CSV", b"a"), ("log.csv", b"b")]


def test_the_shadow_files_of_a_mac_are_left_out():
    content = zipped(("log.csv", b"a"), ("__MACOSX/._log.csv", b"\0\5\26\7"))
    assert read_members(content, "log.zip") == [("log.csv", b"a")]


def test_an_export_of_odk_central_has_two_tables():
    members = read_members(shared("samples", "odk", "sciatica_log.zip").read_bytes(), "log.zip")
    assert [(name, len(content)) for name, content in members] == [
        ("sciatica_log-session.csv", 344),
        ("sciatica_log.csv", 305),
    ]


def test_an_archive_without_a_csv_file_is_no_log():
    assert refusal(zipped(("log.json", b"{}"), ("log.csv/", b""))) == (
        "not-a-session-log",
        "the archive holds no CSV file; export the log as CSV, or give the file itself",
    )


OUTSIDE = "the archive holds a file whose name leads out of it; export it again"


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv",
        "a/../../b.csv",
        "..",
        "/a.csv",
        "\\a.csv",
        "..\\a.csv",
        "C:a.csv",
        "a\n/../b.csv",
    ],
)
def test_a_name_that_leads_outside_is_refused(name):
    assert refusal(zipped(("log.csv", b""), (name, b""))) == ("unsafe-archive", OUTSIDE)


@pytest.mark.parametrize("name", ["a..b.csv", "...csv", "a/b.csv"])
def test_dots_and_folders_alone_lead_nowhere(name):
    assert read_members(zipped((name, b"")), "log.zip") == [(name, b"")]


def test_the_hostile_export_is_refused_by_its_first_bad_name():
    content = shared("hostile", "zip_slip_odk_export.zip").read_bytes()
    assert refusal(content) == ("unsafe-archive", OUTSIDE)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused():
    assert refusal(zipped(("a.csv", b"1"), ("a.csv", b"2"))) == (
        "unsafe-archive",
        "the archive holds two files of one name; export it again",
    )


def test_what_is_too_large_is_refused_from_the_directory():
    advice = "; unpack it and give the CSV file inside"
    incompressible = zipped(("a.csv", bytes(2**26 - 100)), method=zipfile.ZIP_STORED)
    assert refusal(zipped(("a.csv", bytes(2**26 + 1)))) == (
        "too-large",
        "the archive unpacks to 67,108,865 bytes, more than 67,108,864" + advice,
    )
    assert refusal(zipped(("a.csv", bytes(2**20)))) == (
        "too-large",
        "the archive unpacks to more than 100 times its size, as no log does" + advice,
    )
    assert refusal(incompressible + bytes(100)) == (
        "too-large",
        f"the archive has {len(incompressible) + 100:,} bytes, more than 67,108,864" + advice,
    )
    assert refusal(zipped(*((f"{place}.csv", b"") for place in range(1_001)))) == (
        "too-large",
        "the archive holds 1,001 files, more than 1,000" + advice,
    )
    assert (
        len(read_members(zipped(*((f"{place}.csv", b"") for place in range(1_000))), "x")) == 1_000
    )


DAMAGED = (
    "not-a-workbook",
    "the archive is damaged (its contents cannot be unpacked); export it again",
)


def test_an_archive_that_was_cut_off_or_changed_is_damaged():
    content = zipped(("a.csv", b"a,b\n1,2\n"), method=zipfile.ZIP_STORED)
    assert refusal(content[:-30]) == DAMAGED
    assert refusal(content.replace(b"1,2", b"1,3")) == DAMAGED
    assert refusal(b"PK\3\4") == DAMAGED


def test_a_member_is_never_unpacked_beyond_its_stated_size():
    content = bytearray(zipped(("a.csv", b"1" * 2**25), ("b.bin", bytes(range(256)) * 100)))
    directory = content.index(b"PK\1\2")
    content[directory + 24 : directory + 28] = (1_000).to_bytes(4, "little")
    assert refusal(bytes(content)) == DAMAGED
    content[directory + 16 : directory + 20] = zlib.crc32(b"1" * 1_000).to_bytes(4, "little")
    tracemalloc.start()
    members = read_members(bytes(content), "log.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert members == [("a.csv", b"1" * 1_000)]
    assert peak < 2**20


def test_a_password_or_an_unusual_packing_is_refused():
    content = bytearray(zipped(("a.csv", b"x")))
    content[content.index(b"PK\1\2") + 8] |= 1
    assert refusal(bytes(content)) == (
        "encrypted",
        "the archive has a password; remove the password and export it again",
    )
    assert refusal(zipped(("a.csv", b"x"), method=zipfile.ZIP_LZMA)) == (
        "not-a-workbook",
        "the archive is damaged (it is packed in an unusual way); export it again",
    )


@given(
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    cut=st.floats(0.5, 1),
)
def test_any_bytes_are_read_or_refused(changes, cut):
    content = bytearray(zipped(("a.csv", b"a,b\n" * 20), ("b/c.csv", b""), ("d.jpg", b"\xff")))
    for place, byte in changes:
        content[int(place * len(content))] = byte
    try:
        members = read_members(bytes(content[: int(cut * len(content)) + 1]), "log.zip")
    except UnusableLog:
        return
    assert all(name.lower().endswith(".csv") for name, _ in members)
