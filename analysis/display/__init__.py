"""Finished frames -> tables and figures; computes nothing, rounds nothing.

``tables`` writes a block as an HTML table, ``figures`` and ``body_map`` draw, ``show`` is what a
notebook cell calls: ``show_head``, ``show_block``, ``show_figure``.
"""

from analysis.display.show import draw, show_block, show_figure, show_head

__all__ = ["draw", "show_block", "show_figure", "show_head"]
