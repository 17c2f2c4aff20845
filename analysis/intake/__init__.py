"""Any log file -> a ``SessionLog``: every row is kept, refused with a reason, or counted.

The way of a row: ``cells`` tells a file by its first bytes; ``text``, ``workbook``, ``ods``, ``archive``,
``documents``, ``fhir`` and ``columns`` read it as a ``table`` of text cells in chunks, ``header`` says
which row names the columns. ``recognise`` knows the tools that people export from, ``mapping`` what a
YAML file says; ``corrections`` puts corrected cells in, ``reshape`` and ``canonical`` give the columns
their names. ``readers`` and ``times`` read a cell by explicit rules, ``validate`` all rows of a chunk;
``gather`` and ``conclude`` bring chunks and files together, ``duplicates`` settles rows of one session.
``read`` is the door. Beside it: ``suggest`` starts a mapping, ``write`` writes sessions so that they
read back the same, ``privacy`` makes pseudonyms, ``names`` makes file names.
"""

from analysis.intake.mapping import load_mapping
from analysis.intake.read import check_log, read_log, suggested
from analysis.intake.write import write_sessions

__all__ = ["check_log", "load_mapping", "read_log", "suggested", "write_sessions"]
