"""A notebook and its parameters -> a report bundle.

``run`` lets papermill execute the notebook and publishes what it shows; ``page`` makes the HTML
file, ``pdf`` the two-page PDF, ``bundle`` the manifest and the one step in which a bundle appears.
``share`` makes the de-identified copy of a bundle, ``email`` the draft that it is attached to.
"""

from analysis.report.run import Report, run_report

__all__ = ["Report", "run_report"]
