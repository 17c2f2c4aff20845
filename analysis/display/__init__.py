"""Finished frames -> tables and figures; no statistic is computed, nothing rounded.

``tables`` writes a block as an HTML table, ``figures`` and ``body_map`` draw, ``show`` is what a
notebook cell calls (``show_head``, ``show_block``, ``show_figure``), ``guide`` what the guide does.
"""

from analysis.display.show import draw, show_block, show_figure, show_head

__all__ = ["draw", "show_block", "show_figure", "show_head"]
