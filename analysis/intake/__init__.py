"""Any log file -> a ``SessionLog``: every row is kept, refused with a reason, or counted.

``cells`` reads bytes as text cells, ``mapping`` names the columns, ``times`` and ``validate`` read
each column by explicit rules, ``duplicates`` settles rows of one session.
"""

from analysis.intake.read import read_log

__all__ = ["read_log"]
