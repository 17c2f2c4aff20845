"""Finished frames -> tables and figures; no statistic is computed, nothing rounded.

``tables`` writes a block as an HTML table; ``figures`` (pain over time), ``people`` and ``body_map``
draw, in the ``style`` of all; ``show`` is what a notebook cell calls (``show_head``, ``show_block``,
``show_figure``, ``show_appendix``), ``guide`` what the guide does.
"""

from analysis.display.show import draw, show_appendix, show_block, show_figure, show_head

__all__ = ["draw", "show_appendix", "show_block", "show_figure", "show_head"]
