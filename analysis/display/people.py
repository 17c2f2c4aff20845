"""What is of people -> figures: fixed axes, shapes that survive greyscale, direct labels.

Ratings in points and in mm never share an axis: each scale has a panel of its own, the whole of it.
No statistic is computed and nothing rounded here, as in ``figures``.
"""

from textwrap import fill

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.display.style import BLUE, INK, ORDINARY, PALE, SOFT, TINT, Look
from analysis.language import _
from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.wording import numbers

_CELL = ["region", "technique", "scale"]
# More dots than this in a row would make the file heavy: they become a picture.
_MANY = 300
_DASHED, _DOTTED = (0, (4, 3)), (0, (1, 2))


def plot_reduction(
    cells: pd.DataFrame, person_means: pd.DataFrame, *, vas_two: int = 20, look: Look = ORDINARY
) -> Figure:
    """Return one row a cell: a dot a person, the mean as a ring, the 95 % interval as a bar.

    Parameters
    ----------
    cells : DataFrame
        Of ``findings``: cells with a reason are left out here and stand in the table.
    person_means : DataFrame
        region, technique, scale, value.
    vas_two : int
        Where the line of "2 points" stands on a VAS, in mm.
    look : Look
        Of ordinary or of large print, as for every figure.

    Notes
    -----
    The axis is the whole scale, from -10 to 10 points (statistics.md, 15), and the same in every
    report: one that is cut or chosen by the data would let the same drop look larger in another log,
    and two reports could not be laid side by side. A VAS has a panel of its own in mm, ten times as
    wide.
    """
    shown = cells[cells["estimate"].notna()]
    scales = sorted(shown["scale"].unique())
    heights = [0.65 + 0.14 * (shown["scale"] == scale).sum() for scale in scales]
    with mpl.rc_context(look.style):
        height = max(0.8, sum(heights)) * look.height
        figure = Figure(figsize=(look.width, height), layout="constrained")
        panels = figure.subplots(len(scales), squeeze=False, height_ratios=heights)[:, 0]
        for axes, scale in zip(panels, scales, strict=True):
            rows = shown[shown["scale"] == scale].reset_index(drop=True)
            everybody = person_means[person_means["scale"] == scale]
            for place, row in enumerate(rows.itertuples()):
                here = (everybody["region"] == row.region) & (
                    everybody["technique"] == row.technique
                )
                _estimate(axes, place, row, everybody.loc[here, "value"].to_numpy())
            _reduction_axis(axes, scale, vas_two)
            axes.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
            axes.set_yticklabels(
                [
                    f"{numbers.cell_name(row)}  ({numbers.count(row.n_people)})"
                    for row in rows.itertuples()
                ]
            )
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
    return figure


def _reduction_axis(axes, scale: str, vas_two: int) -> None:
    """Give an axis of reductions its limits, its lines at 0 and at "2 points", and its words."""
    points = scale == "NRS0-10"
    limit, two = (10, 2) if points else (100, vas_two)
    axes.axvline(0, color=SOFT, linewidth=0.8, zorder=0)
    axes.axvline(two, color=SOFT, linewidth=0.8, linestyle=_DASHED, zorder=0)
    words = (
        _("pain reduction within a session, points")
        if points
        else _("pain reduction within a session, mm on the 0 to 100 scale")
    )
    ticks = [-limit, -limit // 2, 0, limit // 2, limit]
    axes.set(xlim=(-limit, limit), xticks=ticks, xlabel=words)
    axes.set_xticklabels(map(numbers.count, ticks))
    above = {"xytext": (0, 3), "textcoords": "offset points", "color": SOFT}
    for place, ha, words in ((0, "left", _("← more pain")), (1, "right", _("less pain →"))):
        axes.annotate(words, (place, 1), xycoords="axes fraction", ha=ha, **above)
    axes.annotate(
        f"{numbers.count(two)}*", (two, 1), xycoords=("data", "axes fraction"), ha="center", **above
    )


def _estimate(axes, place: int, row, own: np.ndarray) -> None:
    axes.scatter(
        own,
        np.full(len(own), place) + _spread(own),
        s=11,
        color=TINT,
        edgecolor=BLUE,
        linewidth=0.5,
        zorder=2,
        rasterized=len(own) > _MANY,
    )
    axes.plot(
        [row.low, row.high],
        [place, place],
        color=INK,
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
        markeredgecolor=INK,
        markeredgewidth=1.6,
        zorder=4,
    )


def _spread(own: np.ndarray) -> np.ndarray:
    """Return small fixed shifts, alternating up and down, so that equal dots stay visible."""
    turn = np.arange(len(own))
    return np.where(turn % 2 == 0, 1, -1) * (0.08 + 0.05 * (turn // 2 % 4))


def plot_curve(curve: pd.DataFrame, *, vas_two: int = 20, look: Look = ORDINARY) -> Figure:
    """Return the cumulative curve: the share of people whose mean change was at least so large.

    Parameters
    ----------
    curve : DataFrame
        scale, value, share: ascending values, as ``responder_curve`` returns them over all cells.
    vas_two : int
        As in ``plot_reduction``.
    look : Look
        Likewise.
    """
    shown = curve[curve["value"].notna()]
    scales = sorted(shown["scale"].unique())
    with mpl.rc_context(look.style):
        size = (look.width, 2.3 * look.height * len(scales))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(len(scales), squeeze=False)[:, 0]
        for axes, scale in zip(panels, scales, strict=True):
            steps = shown[shown["scale"] == scale]
            _reduction_axis(axes, scale, vas_two)
            low, high = axes.get_xlim()
            # At least v holds up to and with the step's own value: the line drops after it.
            axes.step(
                [low, *steps["value"], high],
                [1, *steps["share"], 0],
                where="pre",
                color=BLUE,
                linewidth=1.8,
            )
            axes.set(ylim=(0, 1.02), yticks=[0, 0.5, 1], ylabel=_("people"))
            axes.set_yticklabels(map(numbers.percent, (0, 0.5, 1)))
    return figure


def plot_slopes(person_means: pd.DataFrame, look: Look = ORDINARY) -> Figure:
    """Return one small panel a cell: each person's mean pain before and after, joined by a line.

    Parameters
    ----------
    person_means : DataFrame
        region, technique, scale, value, mean_before, mean_after. A line is dashed where the mean after
        is not lower.
    look : Look
        As in ``plot_reduction``.
    """
    cells = list(person_means.groupby(_CELL, sort=False))
    n_rows = -(-len(cells) // _COLUMNS)
    with mpl.rc_context(look.style):
        size = (look.width, look.panel * n_rows)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(n_rows, _COLUMNS, squeeze=False).ravel()
        for axes in panels[len(cells) :]:
            axes.set_axis_off()
        for axes, (_cell, people) in zip(panels, cells, strict=False):
            _slopes(axes, people, look.letters)
        figure.supylabel(_("pain, higher is worse"), fontsize=look.text)
    return figure


#: Panels beside each other.
_COLUMNS = 4


def _slopes(axes, people: pd.DataFrame, letters: int) -> None:
    row = next(people.itertuples())
    top = SCALES[row.scale]["top"] // 10
    ends = people[["mean_before", "mean_after"]].to_numpy().T
    for lower, line in ((True, "-"), (False, (0, (3, 2)))):
        drawn = ends[:, (people["value"] > 0).to_numpy() == lower]
        axes.plot(
            [0, 1], drawn, color=BLUE, linewidth=0.9, linestyle=line, marker="o", markersize=2.5
        )
    axes.set(
        xlim=(-0.25, 1.25), xticks=[0, 1], ylim=(-0.04 * top, 1.04 * top), yticks=[0, top / 2, top]
    )
    axes.set_xticklabels([_("before"), _("after")])
    axes.set_yticklabels(map(numbers.count, (0, top / 2, top)))
    axes.set_title(fill(f"{numbers.cell_name(row)} ({numbers.count(len(people))})", letters))
    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def plot_missing(totals: pd.DataFrame, look: Look = ORDINARY) -> Figure:
    """Return one bar a technique: the share of its sessions without a rating after, counts beside it.

    Parameters
    ----------
    totals : DataFrame
        label, share, n_missing, n_sessions; a technique without a share is left out.
    look : Look
        As in ``plot_reduction``.
    """
    shown = totals[totals["share"].notna()].reset_index(drop=True)
    with mpl.rc_context(look.style):
        size = (look.width, (0.6 + 0.22 * len(shown)) * look.height)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.barh(
            shown.index, shown["share"], height=0.6, color=TINT, edgecolor=BLUE, linewidth=0.6
        )
        for row in shown.itertuples():
            axes.annotate(
                numbers.counted(row.n_missing, row.n_sessions),
                (row.share, row.Index),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                bbox={"facecolor": "white", "linewidth": 0, "pad": 1},
            )
        for share, line in ((enough.MISSING_WARNED, _DASHED), (enough.MISSING_REFUSED, _DOTTED)):
            axes.axvline(share, color=SOFT, linewidth=0.8, linestyle=line, zorder=0)
        axes.set(
            xlim=(0, 1),
            xticks=[0, 0.2, 0.4, 0.6, 0.8, 1],
            ylim=(len(shown) - 0.4, -0.6),
            yticks=shown.index,
            xlabel=_("sessions without a rating after"),
        )
        axes.set_xticklabels([*map(numbers.count, (0, 20, 40, 60, 80)), numbers.percent(1)])
        axes.set_yticklabels(shown["label"])
        axes.tick_params(axis="y", length=0)
    return figure
