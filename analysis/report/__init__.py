"""A notebook and its parameters -> a report bundle.

``run`` lets papermill execute the notebook and publishes what it shows; ``parameters`` checks what a
notebook is given; ``engine`` is the fast papermill engine; ``page`` makes the HTML file, ``pdf`` the
two-page PDF, ``bundle`` the manifest and the one step in which a bundle appears. ``batch`` makes many
reports, ``listing`` the page that links them. ``share`` makes the de-identified copy of a bundle,
``email`` the draft that it is attached to.
"""

import importlib

__all__ = ["Made", "Report", "run_batch", "run_report"]

_HOMES = {"Report": "run", "run_report": "run", "Made": "batch", "run_batch": "batch"}


def __getattr__(name: str):
    """Return a public name from its module when it is asked for.

    papermill finds the engine in this package by an entry point: whoever imports papermill should
    not have to wait for pandas and matplotlib.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"analysis.report.{_HOMES[name]}"), name)
