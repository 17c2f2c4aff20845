"""Any log file -> a ``SessionLog``: every row is kept, refused with a reason, or counted.

``cells`` reads bytes as text cells, ``mapping`` names the columns, ``readers`` and ``times`` read a
cell by explicit rules, ``validate`` all rows of a file, ``duplicates`` settles rows of one session.
"""

from analysis.intake.read import read_log

__all__ = ["read_log"]
