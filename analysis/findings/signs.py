"""Who has which warning sign: a private list for the analyst, never a part of a report."""

from pathlib import Path

import pandas as pd

from analysis.intake.write import write_table
from analysis.safety import person_signs
from analysis.sessions import SessionLog, UserError

# Every bundle and every share copy has these.
_OF_BUNDLE = ("manifest.json", "findings.json")


def signs_of_people(log: SessionLog) -> pd.DataFrame:
    """Return who has which warning sign, as ``person_signs`` does; days are ISO text.

    Parameters
    ----------
    log : SessionLog
        As ``read_log`` returns it; its sessions may be ``screened``.
    """
    signs = person_signs(log.sessions)
    return signs.assign(last=signs["last"].dt.strftime("%Y-%m-%d").astype("str"))


def write_signs(log: SessionLog, path: str | Path) -> None:
    """Write who has which warning sign as a table; the same log gives the same bytes.

    Parameters
    ----------
    log : SessionLog
        As for ``signs_of_people``.
    path : path
        A new file that ends with .csv. Cells are guarded as in ``refused.csv``: a
        spreadsheet runs nothing in them.

    Raises
    ------
    UserError
        As ``check_signs_path``, and for a place that cannot be written to.
    """
    check_signs_path(path)
    write_table(signs_of_people(log), path)


def check_signs_path(path: str | Path, *, to: str | Path | None = None) -> None:
    """Raise a UserError for a file that is there already, or would lie in a report's folder.

    Parameters
    ----------
    path : path
        Where the list is to be written.
    to : path, optional
        The folder of a report that is made in the same run.
    """
    file = Path(path)
    if file.suffix.lower() != ".csv":
        raise UserError(f"{path}: the list of signs is a CSV file; end its name with .csv")
    if file.exists():
        raise UserError(f"{path}: the file is there already; name a new one")
    folders = file.resolve().parents
    published = any(all((folder / name).exists() for name in _OF_BUNDLE) for folder in folders)
    if published or (to is not None and Path(to).resolve() in folders):
        raise UserError(
            f"{path}: the list names people and never lies in the folder of a report, which is passed on; "
            "name a file outside it"
        )
