"""Any log file -> a ``SessionLog``: every row is kept, refused with a reason, or counted.

The way of a row. ``files`` opens out folders and patterns; ``cells`` tells a file by its first
bytes. ``encoding``, ``text`` and ``reference`` read delimited text, ``archive``, ``workbook``,
``xlsx``, ``ods`` (with ``grid`` and ``xml_parts``) what comes in a zip, ``documents`` and ``fhir``
JSON, ``columns`` Parquet and databases: each gives a ``table`` of text cells in chunks, and
``header`` says which row names its columns. ``recognise`` knows the tools that people export from,
``mapping`` (by its ``grammar``) what a YAML file says; ``corrections`` puts corrected cells in;
``reshape``, ``canonical`` and ``choices`` give the columns their names. ``readers`` and ``times``
(with ``time_forms`` and ``date_order``) read a cell by explicit rules; ``validate`` reads a chunk,
with ``reading``, ``parts``, ``free_text`` and ``faults``; ``gather`` and ``conclude`` bring chunks
and files together, ``duplicates`` settles rows of one session, ``remarks`` says what was noticed.
``read`` is the door. Beside it: ``suggest`` starts a mapping, ``write`` writes sessions so that
they read back the same, ``plan_file`` writes a randomised plan with its calendar and reads it back,
``privacy`` makes pseudonyms, ``names`` makes file names.
"""

from analysis.intake.mapping import load_mapping
from analysis.intake.read import check_log, read_log, suggested
from analysis.intake.write import write_sessions

__all__ = ["check_log", "load_mapping", "read_log", "suggested", "write_sessions"]
