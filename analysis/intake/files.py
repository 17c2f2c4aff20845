"""What a user gives -> the files of a log: folders and patterns opened out, corrections apart."""

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.intake.cells import is_database, log_name
from analysis.intake.corrections import is_corrections, load_corrections
from analysis.sessions import UserError

#: What a folder is searched for.
_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".json", ".jsonl", ".zip", ".parquet")


def flat(paths: Iterable) -> list:
    """Return paths, and those in lists of paths, as one list."""
    return [
        path for item in paths for path in ([item] if isinstance(item, str | Path) else flat(item))
    ]


def expanded(paths: list[str | Path]) -> Iterable[str | Path]:
    """Yield the files of folders and patterns, by name; everything else as it is."""
    for given in paths:
        path = Path(given)
        # os.path says no, where pathlib raises, for a name that no file system can hold.
        if is_database(given) or os.path.isfile(path):
            yield given if is_database(given) else path
        elif os.path.isdir(path):
            found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in _SUFFIXES]
            if not found:
                raise UserError(
                    f"{path}: no log in this folder; logs end in {', '.join(_SUFFIXES)}"
                )
            yield from found
        elif glob.has_magic(str(given)):
            matches = sorted(glob.glob(str(given)))
            if not matches:
                raise UserError(f"{given}: no file matches this pattern")
            yield from map(Path, matches)
        else:
            yield path


def corrections_apart(files: list[str | Path]) -> tuple[list[str | Path], pd.DataFrame]:
    """Return the logs, and the corrections of all corrected ``refused.csv`` among them."""
    found = [path for path in files if _holds_corrections(path)]
    logs = [path for path in files if path not in found]
    if not logs:
        raise UserError(
            f"{found[0].name}: these are corrections; give the log that they correct too"
        )
    empty = pd.DataFrame(columns=["file", "line", "column", "value", "by"])
    fixes = [load_corrections(path).assign(by=path.name) for path in found]
    return logs, pd.concat([empty, *fixes], ignore_index=True)


def _holds_corrections(path: str | Path) -> bool:
    """Return whether a file is a refused.csv; one that cannot be read is told of as a log."""
    if is_database(path) or path.suffix.lower() != ".csv" or not os.path.isfile(path):
        return False
    try:
        with path.open("rb") as stream:
            first = stream.readline(4096).decode("utf-8-sig", "replace")
    except OSError:
        return False
    return is_corrections([name.strip('" \r\n') for name in re.split("[,;\t]", first)])


def names_of(files: list[str | Path]) -> list[str]:
    """Return each file's name, with as many of its folders as tell it from the others."""
    parts = [
        (log_name(file),) if is_database(file) else Path(file).absolute().parts for file in files
    ]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(path[-depth:]) for path in parts]
        if len(set(names)) == len(set(parts)):
            break
    return [name.lstrip("/") for name in names]
