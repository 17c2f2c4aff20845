"""Participants' codes -> pseudonyms that only the holder of a key can give again."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from analysis.sessions import UserError

_SHORTEST_KEY = 16
_LENGTH = 12


def load_key(path: str | Path) -> bytes:
    """Return the key in a file; where there is no such file, make one that only its owner can read.

    Parameters
    ----------
    path : path
        Of at least 16 bytes, blanks at the ends not counted. Who has lost it cannot give the same
        pseudonyms again; who has it can test which pseudonym a code has.

    Raises
    ------
    UserError
        When the file cannot be read or made, or is too short.
    """
    file = Path(path)
    try:
        _make(file)
        key = file.read_bytes().strip()
    except OSError as error:
        raise UserError(
            f"{file}: the key file cannot be read or made ({error.strerror}); name another file"
        ) from error
    if len(key) < _SHORTEST_KEY:
        raise UserError(
            f"{file}: a key has at least {_SHORTEST_KEY} characters; found {len(key)}. Name a file that "
            "does not exist yet, and a new key is made"
        )
    return key


def refuse_key_in(key_path: str | Path, target: str | Path) -> None:
    """Raise ``UserError`` when the key file is in the folder of a report: it would be passed on."""
    if Path(os.path.realpath(key_path)).is_relative_to(os.path.realpath(target)):
        raise UserError(
            f"{key_path}: the key file lies in {target}, which is passed on; keep the key elsewhere"
        )


def pseudonyms(codes: Iterable[str], key: bytes) -> dict[str, str]:
    """Return a pseudonym for each code: "p" and 12 lower-case letters or digits.

    Parameters
    ----------
    codes : iterable of str
        Participants' codes; repeated ones count once.
    key : bytes
        From ``load_key``. The same key and code give the same pseudonym on every machine.

    Raises
    ------
    UserError
        When two codes would get one pseudonym: two people never become one.

    Notes
    -----
    The beginning of HMAC-SHA256 (RFC 2104) in base32. Without the key nobody can tell which code a
    pseudonym stands for, not even by trying all codes. Nothing else is hidden: dates and times,
    a rare technique or a note may still tell those who know a person who it is.
    """
    given = {code: _pseudonym(code, key) for code in sorted(set(codes))}
    if len(set(given.values())) < len(given):
        raise UserError("two participants would get the same pseudonym; use another key file")
    return given


def _make(file: Path) -> None:
    """Write a new key, readable by its owner only from the first moment, unless the file is there."""
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
            new.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass


def _pseudonym(code: str, key: bytes) -> str:
    digest = hmac.digest(key, code.encode(), hashlib.sha256)
    return "p" + base64.b32encode(digest).decode().lower()[:_LENGTH]
