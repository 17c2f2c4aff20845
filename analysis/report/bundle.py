"""The files of a report bundle: what it came from, and how it takes its place in one step."""

import ctypes
import errno
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from analysis import __version__
from analysis.findings import PooledSums
from analysis.intake.write import guarded
from analysis.sessions import SessionLog, UserError

#: The report as a FHIR document, where it was asked for.
FHIR_FILE = "report.fhir.json"

#: The files of a bundle, in the order in which they are named to the user.
FILES = (
    "report.html",
    "report.pdf",
    "report.ipynb",
    FHIR_FILE,
    "findings.json",
    "refused.csv",
    "manifest.json",
)

# What may lie in a bundle's place; a share copy can have a draft of an e-mail.
_OWN = (*FILES, "email.eml")

_PACKAGES = ("papermill", "nbconvert", "pandas", "numpy", "scipy", "matplotlib", "seaborn", "typst")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def manifest(
    material: SessionLog | PooledSums,
    parameters: dict,
    notebook: str,
    folder: Path,
    *,
    previous: str | Path | None = None,
) -> str:
    """Return the manifest as JSON: inputs and outputs with their SHA-256, parameters, versions.

    Parameters
    ----------
    material : SessionLog or PooledSums
        What the report was made from: its sources, and how many faults and remarks by rule.
    parameters : dict
        All parameters of the notebook, with defaults; files by name, not by path.
    notebook : str
        Its name.
    folder : Path
        With the finished outputs.
    previous : path, optional
        The bundle of the last report, whose findings were compared.
    """
    outputs = {
        path.name: {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.iterdir())
    }
    counted = {"rows": "in", "kept": "used"} | {
        name: name for name in ("refused", "dropped", "skipped", "blank")
    }
    totals = material.sources[list(counted)].sum()
    content = {
        "schema": 1,
        "notebook": notebook,
        "parameters": parameters,
        "rows": {name: int(totals[count]) for count, name in counted.items()},
        "faults": _by_rule(material.refused),
        "remarks": _by_rule(material.remarks),
        "inputs": material.sources.to_dict("records") + _previous(previous),
        "outputs": outputs,
        "versions": {"reliefbook": __version__, "python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _previous(folder: str | Path | None) -> list[dict]:
    """Return the findings of the last report as an input."""
    if folder is None:
        return []
    content = (Path(folder) / "findings.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return [{"file": "previous/findings.json", "sha256": digest, "bytes": len(content)}]


def _by_rule(rows: pd.DataFrame) -> dict[str, int]:
    return {rule: int(n) for rule, n in rows["rule"].value_counts().sort_index().items()}


def refused_csv(refused: pd.DataFrame) -> str:
    """Return the refused rows as CSV that a spreadsheet cannot run: live cells get a quote."""
    text = refused.astype(object).where(refused.notna(), "").astype("str")
    # A value may hold a lone CR, which is quoted for certain only where the line ends with one.
    return text.map(guarded).to_csv(index=False, lineterminator="\r\n")


@contextmanager
def published(target: Path) -> Iterator[Path]:
    """Give a folder to build a bundle in; on success it takes the target's place in one step.

    Parameters
    ----------
    target : Path
        The bundle's folder: absent, empty, or an earlier bundle, which is replaced.

    Raises
    ------
    UserError
        When the target holds anything that is not a bundle's: nothing of a user's is ever removed.
    """
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    try:
        yield staging
        staging.chmod(0o777 & ~_umask())
        _replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def refuse_foreign(target: Path) -> None:
    """Raise when a folder cannot be a bundle's place."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UserError(f"{target}: the report goes into a folder of its own; found a file there")
    _refuse_unwritable(target)
    foreign = (
        sorted(path.name for path in target.iterdir() if path.name not in _OWN)
        if target.exists()
        else []
    )
    if foreign:
        raise UserError(
            f"{target}: the folder holds other files ({', '.join(foreign[:3])}); a report "
            "replaces its folder, name a new one with --to"
        )


def _refuse_unwritable(target: Path) -> None:
    """Raise before a run whose bundle could not be written, or would leave the old one behind."""
    place = target.absolute()
    while not place.exists():
        place = place.parent
    folders = [place, place.parent] if place == target.absolute() else [place]
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(
                f"{target}: {folder} cannot be written to; choose another folder with --to"
            )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _replace(staging: Path, target: Path) -> None:
    """Put the new folder in the target's place; the old one is then in the new one's, to be removed.

    Linux exchanges two folders in one step. Elsewhere an instant remains between two renames, in
    which the old bundle stands beside the target under the new one's name.
    """
    if not target.exists() or not any(target.iterdir()):
        if target.exists():
            target.rmdir()
        staging.rename(target)
    elif not _exchange(staging, target):
        aside = staging.with_name(staging.name.replace(".new-", ".old-"))
        target.rename(aside)
        staging.rename(target)
        aside.rename(staging)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders by renameat2; return False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if done != 0 and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), "the report folder cannot be replaced", str(other))
    return done == 0
