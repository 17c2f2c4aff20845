"""Texts and codes -> names of files that are safe on every system, and that stay in their folder."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import groupby, pairwise
from pathlib import Path

from analysis.sessions import UserError

_LONGEST = 32
_DIGITS = 12
_MARKED = re.compile(f".*-[0-9a-f]{{{_DIGITS}}}", re.IGNORECASE)
# Windows opens a device, not a file, whatever ending follows.
_DEVICE = re.compile("(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)


def slug(text: str) -> str:
    """Return a file-name part made of a text: 1 to 32 of the letters A-Z, digits, ``_`` and ``-``.

    A participant's code stays as it is, unless Windows keeps it for a device.

    >>> slug("Müller, Anna"), slug("nul"), slug("../..")
    ('Muller-Anna', '_nul', 'unnamed')
    """
    letters = (
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    kept = re.sub("^[^A-Za-z0-9_]+|[^A-Za-z0-9_-]+$", "", "".join(letters))
    name = re.sub("[^A-Za-z0-9_-]+", "-", kept)[:_LONGEST] or "unnamed"
    return f"_{name}" if _DEVICE.fullmatch(name) else name


def slugs(texts: Iterable[str]) -> dict[str, str]:
    """Return one slug for each distinct text; no two are equal, also where letter case is ignored.

    Texts whose slugs would be equal get the beginning of their own hash, whatever their order. So
    does a text that ends like such a hash: nobody can take the name of another.
    """
    plain = {text: slug(text) for text in sorted(set(texts))}
    uses = Counter(name.casefold() for name in plain.values())
    return {
        text: _marked(text, name) if uses[name.casefold()] > 1 or _MARKED.fullmatch(name) else name
        for text, name in plain.items()
    }


def inside(folder: str | Path, name: str) -> Path:
    """Return the place of a file below a folder, links resolved.

    Raises
    ------
    UserError
        When the name leads anywhere else, by ``..``, a root or a link.
    """
    try:
        root = Path(folder).resolve()
        path = (root / name).resolve()
    except (OSError, ValueError, RuntimeError):  # a NUL, a name that is too long, a loop of links
        path = root
    if path == root or not path.is_relative_to(root):
        raise UserError(f"{name[:60]!a} is no name for a file in {folder}; use letters and digits")
    return path


def case_collisions(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of different codes that only letter case tells apart, by alphabet."""
    ordered = sorted(set(codes), key=lambda code: (code.casefold(), code))
    alike = (list(group) for _, group in groupby(ordered, key=str.casefold))
    return [pair for group in alike for pair in pairwise(group)]


def _marked(text: str, name: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name[: _LONGEST - _DIGITS - 1]}-{digest[:_DIGITS]}"
