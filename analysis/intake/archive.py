"""A zip file -> its members in memory. Its directory is checked before anything in it is unpacked.

Nothing is ever written to disk, and an archive inside an archive is not opened.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from analysis.sessions import UnusableLog

_MOST_BYTES = 64 * 2**20
_MOST_RATIO = 100
_MOST_MEMBERS = 1_000
# zipfile unpacks other methods without a bound on what one read may give.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PASSWORD = 0x1
# An absolute name, a drive, or a step upward.
_OUTSIDE = re.compile(r"/|[A-Za-z]:|(.*/)?\.\.(/|$)", re.DOTALL)
# What zipfile raises for an archive that is damaged.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    OSError,
    EOFError,
    ValueError,
)


class Kind(NamedTuple):
    """How refusals call a zip file, and what they advise when it is too large, or damaged."""

    noun: str
    smaller: str
    again: str


ARCHIVE = Kind("archive", "unpack it and give the CSV file inside", "export it again")
WORKBOOK = Kind("workbook", "save the log sheet as CSV", "save it again")


def read_members(content: bytes, file: str) -> list[tuple[str, bytes]]:
    """Return the CSV files in an archive, name and content, in name order; others are left out.

    Raises
    ------
    UnusableLog
        Rules too-large, unsafe-archive, encrypted, not-a-workbook (damaged) and not-a-session-log
        (no CSV file in it).
    """
    members = unpacked(content, file, ARCHIVE, wanted=_is_csv)
    if not members:
        raise UnusableLog(
            file,
            "not-a-session-log",
            "the archive holds no CSV file; export the log as CSV, or give the file itself",
        )
    return sorted(members.items())


def _is_csv(name: str) -> bool:
    # macOS packs a shadow of every file, under the same name, into this folder.
    return name.lower().endswith(".csv") and not name.startswith("__MACOSX/")


def unpacked(
    content: bytes, file: str, kind: Kind, *, wanted: Callable[[str], bool]
) -> dict[str, bytes]:
    """Return the wanted members of a zip file by name, after the whole directory was checked."""
    if len(content) > _MOST_BYTES:
        raise _too_large(file, kind, f"has {len(content):,} bytes, more than {_MOST_BYTES:,}")
    with opened(content, file, kind) as archive:
        _check(archive.infolist(), len(content), file, kind)
        members = [member for member in archive.infolist() if wanted(member.filename)]
        return {member.filename: _content(archive, member) for member in members}


@contextmanager
def opened(content: bytes, file: str, kind: Kind) -> Iterator[zipfile.ZipFile]:
    """Give a zip file opened; whatever is damaged in it is refused."""
    # zipfile reads the whole directory, so its entries are counted before.
    entries = content.count(b"PK\x01\x02")
    if entries > _MOST_MEMBERS:
        raise _too_large(file, kind, f"holds {entries:,} files, more than {_MOST_MEMBERS:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except UnusableLog:
        raise
    except _DAMAGED as error:
        raise damaged(file, kind, "its contents cannot be unpacked") from error


def damaged(file: str, kind: Kind, why: str) -> UnusableLog:
    """Return the refusal of a zip file that is damaged."""
    return UnusableLog(file, "not-a-workbook", f"the {kind.noun} is damaged ({why}); {kind.again}")


def _too_large(file: str, kind: Kind, what: str) -> UnusableLog:
    return UnusableLog(file, "too-large", f"the {kind.noun} {what}; {kind.smaller}")


def _check(members: list[zipfile.ZipInfo], size: int, file: str, kind: Kind) -> None:
    """Raise for an archive that is too large, or has names or members that no log has."""
    total = sum(member.file_size for member in members)
    if total > _MOST_BYTES:
        raise _too_large(file, kind, f"unpacks to {total:,} bytes, more than {_MOST_BYTES:,}")
    if total > _MOST_RATIO * size:
        what = f"unpacks to more than {_MOST_RATIO} times its size, as no log does"
        raise _too_large(file, kind, what)
    names = [member.filename.replace("\\", "/") for member in members]
    for place, name in enumerate(names):
        if _OUTSIDE.match(name):
            raise _unsafe(file, kind, "holds a file whose name leads out of it", name)
        if name in names[:place]:
            raise _unsafe(file, kind, "holds two files of one name", name)
    if any(member.flag_bits & _PASSWORD for member in members):
        raise UnusableLog(
            file,
            "encrypted",
            f"the {kind.noun} has a password; remove the password and {kind.again}",
        )
    if any(member.compress_type not in _METHODS for member in members):
        raise damaged(file, kind, "it is packed in an unusual way")


def _unsafe(file: str, kind: Kind, what: str, name: str) -> UnusableLog:
    message = f"the {kind.noun} {what}; {kind.again}"
    return UnusableLog(file, "unsafe-archive", message, value=name[:200])


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # Not archive.read: it unpacks what is there, up to 2 GiB, and not only the size that was checked.
    with archive.open(member) as packed:
        return packed.read(member.file_size)
