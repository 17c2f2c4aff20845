"""Finished frames -> figures: fixed axes, shapes that survive greyscale, direct labels.

No statistic is computed and nothing rounded here; positions come from ``findings``, words from
``wording``. Every function returns a matplotlib Figure and leaves pyplot alone.
"""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from analysis.wording import numbers

_INK, _SOFT, _PALE = "#2b2b33", "#7b8089", "#d9dde3"
_BLUE, _TINT = sns.color_palette("blend:#cfe0ee,#1f5f8b", 2)[::-1]
_WIDTH = 6.3  # inches: 160 mm, the text width of an A4 page
_GAP = np.timedelta64(7, "D")
_SHORT = pd.Timedelta(days=14)
_STYLE = {
    "font.size": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "axes.edgecolor": _SOFT,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "reliefbook",
    "text.parse_math": False,
}


def plot_reduction(cells: pd.DataFrame, person_means: pd.DataFrame) -> Figure:
    """Return one row a cell: a dot a person, the mean as a ring, the 95 % interval as a bar.

    Parameters
    ----------
    cells : DataFrame
        Of ``findings``: cells with a reason are left out here and stand in the table.
    person_means : DataFrame
        region, technique, scale, value.

    Notes
    -----
    The axis runs from -10 to 10, the whole scale, or from -5 to 5 where every dot lies within; it is
    never fitted to the data. VAS cells are drawn in tenths of their 100 mm.
    """
    shown = cells[cells["estimate"].notna()].reset_index(drop=True)
    limit = 5 if _in_points(person_means)["value"].abs().max() <= 5 else 10
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 0.65 + 0.155 * max(1, len(shown))), layout="constrained")
        axes = figure.subplots()
        everybody = _in_points(person_means)
        for place, row in enumerate(_in_points(shown).itertuples()):
            own = everybody
            own = own[
                (own["region"] == row.region)
                & (own["technique"] == row.technique)
                & (own["scale"] == row.scale)
            ]["value"].to_numpy()
            _estimate(axes, place, row, own)
        axes.axvline(0, color=_SOFT, linewidth=0.8, zorder=0)
        axes.axvline(2, color=_SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.set(
            xlim=(-limit, limit),
            ylim=(len(shown) - 0.4, -0.6),
            yticks=range(len(shown)),
            xlabel="pain reduction within a session, points",
        )
        for place, ha, words in ((0, "left", "← more pain"), (1, "right", "less pain →")):
            axes.annotate(
                words,
                (place, 1),
                xycoords="axes fraction",
                xytext=(0, 3),
                ha=ha,
                textcoords="offset points",
                color=_SOFT,
            )
        axes.annotate(
            "2*",
            (2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            ha="center",
            textcoords="offset points",
            color=_SOFT,
        )
        axes.set_yticklabels(
            [
                f"{numbers.cell_name(row)}  ({numbers.count(row.n_people)})"
                for row in shown.itertuples()
            ]
        )
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return figure


def _in_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Return VAS values on the 0 to 10 axis, for drawing only."""
    columns = frame.columns.intersection(["estimate", "low", "high", "value"])
    factor = np.where(frame["scale"] == "NRS0-10", 1.0, 0.1)
    return frame.assign(**{name: frame[name] * factor for name in columns})


def _estimate(axes, place: int, row, own: np.ndarray) -> None:
    axes.scatter(
        own,
        np.full(len(own), place) + _spread(own),
        s=11,
        color=_TINT,
        edgecolor=_BLUE,
        linewidth=0.5,
        zorder=2,
        rasterized=len(own) > 300,
    )
    axes.plot(
        [row.low, row.high],
        [place, place],
        color=_INK,
        linewidth=2.2,
        solid_capstyle="butt",
        zorder=3,
    )
    axes.plot(
        row.estimate,
        place,
        "o",
        markersize=6,
        markerfacecolor="white",
        markeredgecolor=_INK,
        markeredgewidth=1.6,
        zorder=4,
    )


def _spread(own: np.ndarray) -> np.ndarray:
    """Return small fixed shifts, alternating up and down, so that equal dots stay visible."""
    turn = np.arange(len(own))
    return np.where(turn % 2 == 0, 1, -1) * (0.08 + 0.05 * (turn // 2 % 4))


def plot_weeks(weeks: pd.DataFrame) -> Figure:
    """Return the median starting pain week by week over people, with quartiles and counts.

    Parameters
    ----------
    weeks : DataFrame
        week, n_people, lower_quartile, median, upper_quartile; NaN weeks leave a gap.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _pain_axes(1.5, weeks["week"])
        axes.fill_between(
            weeks["week"],
            weeks["lower_quartile"],
            weeks["upper_quartile"],
            color=_PALE,
            linewidth=0,
        )
        axes.plot(
            weeks["week"], weeks["median"], color=_BLUE, linewidth=1.8, marker="o", markersize=4
        )
        every = max(1, len(weeks) // 11)
        for row in weeks.iloc[::every].itertuples():
            axes.annotate(
                numbers.count(row.n_people),
                (row.week, 0),
                xytext=(0, 3),
                ha="center",
                textcoords="offset points",
                color=_SOFT,
            )
        axes.annotate(
            "people",
            (1, 0),
            xycoords="axes fraction",
            xytext=(4, 3),
            color=_SOFT,
            textcoords="offset points",
        )
    return figure


def plot_start_pain(series: pd.DataFrame, median: float) -> Figure:
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
    with mpl.rc_context(_STYLE):
        figure, axes = _pain_axes(2.4, rated["started_at"])
        times, pain = rated["started_at"].to_numpy(), rated["pain_before"].to_numpy()
        breaks = np.flatnonzero(np.diff(times) > _GAP) + 1
        for part_times, part in zip(np.split(times, breaks), np.split(pain, breaks), strict=True):
            axes.plot(part_times, part, color=_BLUE, linewidth=1.2, marker="o", markersize=3.5)
        if len(pain):
            axes.axhline(median, color=_INK, linewidth=1.1, linestyle=(0, (5, 3)), zorder=1.5)
            axes.annotate(
                f"median {numbers.rating(median)}",
                (1, median),
                xycoords=("axes fraction", "data"),
                xytext=(4, -3),
                textcoords="offset points",
            )
    return figure


def plot_sessions(series: pd.DataFrame) -> Figure:
    """Return one person's sessions as dumbbells: before as a ring, after as a dot, by date.

    Parameters
    ----------
    series : DataFrame
        started_at, scale, pain_before, pain_after, pain_reduction; incomplete ones are left out.
    """
    rated = series[(series["scale"] == "NRS0-10") & series["pain_reduction"].notna()]
    with mpl.rc_context(_STYLE):
        figure, axes = _pain_axes(3.0, rated["started_at"])
        axes.vlines(
            rated["started_at"], rated["pain_before"], rated["pain_after"], color=_SOFT, linewidth=1
        )
        axes.plot(
            rated["started_at"],
            rated["pain_before"],
            "o",
            markersize=7,
            color="white",
            markeredgecolor=_INK,
            markeredgewidth=1,
            linestyle="none",
            zorder=3,
        )
        axes.plot(
            rated["started_at"],
            rated["pain_after"],
            "o",
            markersize=3.5,
            color=_BLUE,
            linestyle="none",
            zorder=4,
        )
        axes.annotate(
            "○ before   ● after",
            (1, 1),
            xycoords="axes fraction",
            xytext=(0, -3),
            va="top",
            ha="right",
            textcoords="offset points",
            color=_SOFT,
        )
    return figure


def _pain_axes(height: float, times: pd.Series) -> tuple:
    """Return a figure with pain from 0 to 10 upwards: higher is worse, never cut, never flipped."""
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.subplots()
    locator = AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set(ylim=(-0.4, 10.4), yticks=[0, 5, 10])
    if len(times) and times.max() - times.min() < _SHORT:  # a few days are not stretched to hours
        axes.set_xlim(times.min() - _SHORT / 2, times.max() + _SHORT / 2)
    axes.set_yticklabels(["0 no pain", "5", "10 worst\nimaginable"])
    axes.grid(axis="y", color=_PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.annotate(
        "↑ higher is worse",
        (0, 1),
        xycoords="axes fraction",
        xytext=(4, -5),
        va="top",
        textcoords="offset points",
        color=_SOFT,
    )
    return figure, axes
