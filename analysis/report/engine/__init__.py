"""The fast papermill engine: notebooks run in forks of a process that is warm already.

``warm`` holds the process that has imported what reports import, ``server`` is that process,
``kernels`` forks Jupyter kernels from it, ``papermill_engine`` is the engine ``reliefbook``.

A notebook has the same outputs as by papermill's own engine: both run ipykernel, only its start
differs. Every notebook has a process of its own. What a notebook can notice of the fork:

* Modules that reports import are in ``sys.modules`` from the start, in the state of the day the
  warm process began: warnings of their import are not shown, the filters of warnings that they set
  are set, an edit of them is seen by the next warm process.
* ``os.getppid()`` is the warm process; resource limits and umask are those it was started with.
* Without PYTHONHASHSEED all forks of one warm process share one hash seed, as no two fresh
  processes would.

The kernel is started as papermill starts it, by itself: where there is no fork (Windows, macOS);
for the option ``fork=False``; for a kernel of another interpreter or language; when a variable that
libraries read at import has changed since the warm process began; when the working folder has a
module of a name that is loaded from elsewhere; when the warm process is gone.
"""

from analysis.report.engine.warm import OF_KERNEL, OF_REPORT, Warm, can_fork, shared

__all__ = ["OF_KERNEL", "OF_REPORT", "Warm", "can_fork", "shared"]
