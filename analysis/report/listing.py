"""What became of a batch -> one HTML page that links its reports: for whoever keeps the logs, no one else."""

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.safety import SIGNS, emergency_text
from analysis.wording import numbers

if TYPE_CHECKING:
    from analysis.report.batch import Made

_TEMPLATES = Path(__file__).parent / "templates"
# Text of a sign -> what it asks for, in two or three words; the report has the sentence.
_ASKS = {"M1": "emergency", "M2": "check now", "M3": "see a clinician", "M4": "read the notes"}


def listing(made: list["Made"]) -> str:
    """Return the page: every report with its counts and warning signs, failures first.

    Parameters
    ----------
    made : list of Made
        As ``run_batch`` returns them.

    Notes
    -----
    It tells of a report neither when it was made nor whether it was made anew, so that a batch that
    had nothing to do leaves the page as it is.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    reports = [each for each in made if each.status != "failed"]
    return environment.get_template("batch.html.j2").render(
        emergency=emergency_text(),
        failed=[each for each in made if each.status == "failed"],
        rows=[(each, _counts(each), _signs(each)) for each in reports],
        total=numbers.count(len(made)),
    )


def _counts(each: "Made") -> tuple[str, str, str]:
    last = numbers.day(each.last) if each.last else numbers.UNKNOWN
    return numbers.count(each.sessions), last, numbers.count(each.refused)


def _signs(each: "Made") -> list[tuple[bool, str]]:
    """Return the warning signs of a report, and whether each is an emergency sign; the gravest first."""
    known = sorted((rule for rule in each.signs if rule in SIGNS), key=lambda rule: SIGNS[rule][0])
    return [
        (SIGNS[rule][0] in ("M1", "M2"), f"{_ASKS[SIGNS[rule][0]]}: {SIGNS[rule][1]}")
        for rule in known
    ]
