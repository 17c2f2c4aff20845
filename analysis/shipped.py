"""Where the files that come with the package lie: its notebooks and the example log.

In a checkout they are beside the package, in an installed wheel inside it.
"""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def example_log() -> Path:
    """Return the path of the synthetic example log of 48 people."""
    return _folder("data") / "example_log.csv"


def example_of_one() -> Path:
    """Return the path of the synthetic log of one person, as people keep it by hand."""
    return _folder("data") / "example_one_person.csv"


@cache
def example_hashes() -> frozenset[str]:
    """Return the SHA-256 of the synthetic logs: a report of them says that they are nobody's."""
    paths = (example_log(), example_of_one())
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)


def notebooks() -> dict[str, Path]:
    """Return the shipped notebooks, name -> path, by name."""
    return {path.stem: path for path in sorted(_folder("notebooks").glob("*.ipynb"))}
