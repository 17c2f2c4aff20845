"""Pain over time -> figures: fixed axes from 0 to 10, higher is worse, direct labels.

No statistic is computed and nothing rounded here; positions come from ``findings``, words from
``wording``. Every function returns a matplotlib Figure and leaves pyplot alone. ``people`` draws
what is of people, not of days.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure

from analysis.display.months import Months
from analysis.display.style import BLUE, INK, ORDINARY, PALE, SOFT, Look
from analysis.language import _
from analysis.wording import numbers

_GAP = np.timedelta64(7, "D")
_SHORT = pd.Timedelta(days=14)


def plot_weeks(weeks: pd.DataFrame, look: Look = ORDINARY) -> Figure:
    """Return the median starting pain week by week over people, with quartiles and counts.

    Parameters
    ----------
    weeks : DataFrame
        week, n_people, lower_quartile, median, upper_quartile; NaN weeks leave a gap.
    look : Look
        Of ordinary or of large print, as for every figure.
    """
    with mpl.rc_context(look.style):
        figure, axes = _pain_axes(1.3, weeks["week"], look)
        axes.fill_between(
            weeks["week"],
            weeks["lower_quartile"],
            weeks["upper_quartile"],
            color=PALE,
            linewidth=0,
        )
        axes.plot(
            weeks["week"], weeks["median"], color=BLUE, linewidth=1.8, marker="o", markersize=4
        )
        every = max(1, len(weeks) // look.labels)
        for row in weeks.iloc[::every].itertuples():
            axes.annotate(
                numbers.count(row.n_people),
                (row.week, 0),
                xytext=(0, 3),
                ha="center",
                textcoords="offset points",
                color=SOFT,
            )
        axes.annotate(
            _("people"),
            (1, 0),
            xycoords="axes fraction",
            xytext=(4, 3),
            color=SOFT,
            textcoords="offset points",
        )
    return figure


def plot_start_pain(series: pd.DataFrame, median: float, look: Look = ORDINARY) -> Figure:
    """Return one person's starting pain, session by session, with the own median.

    Parameters
    ----------
    series : DataFrame
        started_at, scale, pain_before in order of time. Sessions more than 7 days apart are not
        joined; sessions on a VAS are not drawn.
    median : float
        Of the starting pain drawn.
    """
    rated = series[series["scale"] == "NRS0-10"]
    with mpl.rc_context(look.style):
        figure, axes = _pain_axes(2.4, rated["started_at"], look)
        times, pain = rated["started_at"].to_numpy(), rated["pain_before"].to_numpy()
        breaks = np.flatnonzero(np.diff(times) > _GAP) + 1
        for part_times, part in zip(np.split(times, breaks), np.split(pain, breaks), strict=True):
            axes.plot(part_times, part, color=BLUE, linewidth=1.2, marker="o", markersize=3.5)
        if len(pain):
            axes.axhline(median, color=INK, linewidth=1.1, linestyle=(0, (5, 3)), zorder=1.5)
            axes.annotate(
                _("median {value}").format(value=numbers.rating(median)),
                (1, median),
                xycoords=("axes fraction", "data"),
                xytext=(4, -3),
                textcoords="offset points",
            )
    return figure


def plot_sessions(series: pd.DataFrame, look: Look = ORDINARY) -> Figure:
    """Return one person's sessions as dumbbells: before as a ring, after as a dot, by date.

    Parameters
    ----------
    series : DataFrame
        started_at, scale, pain_before, pain_after, pain_reduction; incomplete ones are left out.
    """
    rated = series[(series["scale"] == "NRS0-10") & series["pain_reduction"].notna()]
    with mpl.rc_context(look.style):
        figure, axes = _pain_axes(2.4, rated["started_at"], look)
        axes.vlines(
            rated["started_at"], rated["pain_before"], rated["pain_after"], color=SOFT, linewidth=1
        )
        axes.plot(
            rated["started_at"],
            rated["pain_before"],
            "o",
            markersize=7,
            color="white",
            markeredgecolor=INK,
            markeredgewidth=1,
            linestyle="none",
            zorder=3,
        )
        axes.plot(
            rated["started_at"],
            rated["pain_after"],
            "o",
            markersize=3.5,
            color=BLUE,
            linestyle="none",
            zorder=4,
        )
        axes.annotate(
            _("○ before   ● after"),
            (1, 1),
            xycoords="axes fraction",
            xytext=(0, -3),
            va="top",
            ha="right",
            textcoords="offset points",
            color=SOFT,
        )
    return figure


def _pain_axes(height: float, times: pd.Series, look: Look) -> tuple:
    """Return a figure with pain from 0 to 10 upwards: higher is worse, never cut, never flipped."""
    figure = Figure(figsize=(look.width, height * look.height), layout="constrained")
    axes = figure.subplots()
    locator = AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(Months(locator))
    axes.set(ylim=(-0.4, 10.4), yticks=[0, 5, 10])
    if len(times) and times.max() - times.min() < _SHORT:  # a few days are not stretched to hours
        axes.set_xlim(times.min() - _SHORT / 2, times.max() + _SHORT / 2)
    axes.set_yticklabels([_("0 no pain"), numbers.count(5), _("10 worst\nimaginable")])
    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.annotate(
        _("↑ higher is worse"),
        (0, 1),
        xycoords="axes fraction",
        xytext=(4, -5),
        va="top",
        textcoords="offset points",
        color=SOFT,
    )
    return figure, axes
