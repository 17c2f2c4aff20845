"""A published bundle -> its findings, unchanged since then."""

import hashlib
import json
from pathlib import Path

from analysis.findings.data import Findings, from_json
from analysis.sessions import UserError


def published_findings(folder: str | Path) -> Findings:
    """Return the findings of a bundle: for the next report of a log, and for its share copy.

    Parameters
    ----------
    folder : path
        Of the bundle: ``findings.json``, and ``manifest.json`` with its SHA-256. Nothing else is read.

    Raises
    ------
    UserError
        When the folder is no bundle, a file is damaged, or the findings were changed since: what is
        compared or passed on must be what was published.
    """
    path = Path(folder) / "findings.json"
    content = _bytes(path)
    if hashlib.sha256(content).hexdigest() != _recorded_hash(path.with_name("manifest.json")):
        raise UserError(
            f"{path}: must be as it was published; found another SHA-256 than the manifest's; name an "
            "unchanged bundle, or make the report again"
        )
    try:
        return from_json(content.decode("utf-8"))
    except UserError as error:
        reason = str(error).removeprefix("findings: ")
        raise UserError(f"{path}: {reason}; make that report again with this reliefbook") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path}: must be the findings of a report; found damaged or other text; make the report again"
        ) from error


def _recorded_hash(path: Path) -> str:
    """Return the SHA-256 that a manifest has of findings.json."""
    recorded = _bytes(path)
    try:
        return json.loads(recorded)["outputs"]["findings.json"]["sha256"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path}: must be the manifest of a report; found damaged or other text; name an unchanged "
            "bundle, or make the report again"
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"{path}: a report's folder has this file; found none to read ({reason}); name the folder that "
            "reliefbook report wrote"
        ) from error
