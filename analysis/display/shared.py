"""The figures of a share copy: the report's own, on an axis of numbered weeks or days.

Nothing here knows a date: weeks and days are counted from the first of the log.
"""

import math

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from analysis.display.body_map import plot_body_map
from analysis.display.figures import plot_sessions, plot_start_pain, plot_weeks
from analysis.display.people import plot_reduction
from analysis.display.style import ORDINARY, Look
from analysis.findings import Findings
from analysis.language import _
from analysis.wording import numbers, region_labels

# Where matplotlib counts days from; only the distance from it is drawn.
_DAY_1 = pd.Timestamp("1970-01-01")
# Steps between two labels, in weeks or days.
_STEPS = (1, 2, 4, 7, 14, 28, 56, 91, 182, 364)
_MOST = 8


def draw_shared(results: Findings, name: str, look: Look = ORDINARY) -> Figure:
    """Return the figure of a block of a share copy.

    Parameters
    ----------
    results : Findings
        As ``shared_findings`` returns them.
    name : str
        start_pain, reduction, regions or sessions.
    look : Look
        Of ordinary or of large print.
    """
    return _DRAWN[name](results, look)


def _start_pain(results: Findings, look: Look) -> Figure:
    tables = results.tables
    if results.about["kind"] == "one_person":
        series = _dated(tables["series"])
        figure = plot_start_pain(series, tables["start"]["median"][0], look)
        return _counted(figure, _("day"), results.about["last"])
    weeks = tables["weeks"]
    starts = _DAY_1 + pd.to_timedelta(7 * (weeks["week"] - 1), "D")
    figure = plot_weeks(weeks.assign(week=starts), look)
    return _counted(figure, _("week"), weeks["week"].max(), length=7)


def _sessions(results: Findings, look: Look) -> Figure:
    figure = plot_sessions(_dated(results.tables["series"]), look)
    return _counted(figure, _("day"), results.about["last"])


def _dated(series: pd.DataFrame) -> pd.DataFrame:
    days = pd.to_timedelta(series["started_at"].astype("int64") - 1, "D")
    return series.assign(started_at=_DAY_1 + days)


def _counted(figure: Figure, unit: str, last: int, *, length: int = 1) -> Figure:
    """Return a figure over time with its weeks or days numbered from 1."""
    axis = figure.axes[0].xaxis
    step = next((step for step in _STEPS if last / step <= _MOST), math.ceil(last / _MOST))
    axis.set_major_locator(MultipleLocator(step * length))
    axis.set_major_formatter(FuncFormatter(lambda place, _tick: _number(place, length)))
    figure.axes[0].set_xlabel(unit)
    return figure


def _number(place: float, length: int) -> str:
    """Return the number of the week or day that starts at a place; none before the first."""
    return numbers.count(round(place / length) + 1) if place > -0.5 else ""


def _regions(results: Findings, look: Look) -> Figure:
    regions = results.tables["regions"]
    points = regions[regions["scale"] == "NRS0-10"]
    return plot_body_map(region_labels(points, results.about["parameters"]["min_people"]), look)


def _reduction(results: Findings, look: Look) -> Figure:
    """Return means and intervals alone: the dots would be people."""
    nobody = pd.DataFrame({"region": [], "technique": [], "scale": [], "value": []})
    return plot_reduction(
        results.tables["cells"],
        nobody.astype({"value": "float64"}),
        vas_two=results.about["parameters"]["vas_two"],
        look=look,
    )


_DRAWN = {
    "start_pain": _start_pain,
    "sessions": _sessions,
    "regions": _regions,
    "reduction": _reduction,
}
