"""The papermill engine ``reliefbook``: papermill's own, with kernels forked from a warm process."""

from pathlib import Path
from typing import Any

import papermill
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from analysis.report.engine.kernels import manager_of
from analysis.report.engine.warm import Warm, can_fork

#: The engine's name, of the entry point and of ``papermill --engine``.
NAME = "reliefbook"


class ReliefbookEngine(NBClientEngine):
    """papermill's own engine, but its kernel need not start and import first."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        fork: bool = True,
        warm: Warm | None = None,
        **kwargs: Any,
    ) -> NotebookNode:
        """Return the executed notebook.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            papermill's hold on the notebook.
        kernel_name : str
            A kernel of this interpreter is forked; any other is started as papermill starts it.
        fork : bool
            False: every kernel is started as papermill starts it.
        warm : Warm, optional
            What forks; by default one that this process starts and shares.
        **kwargs
            Every option of papermill's own engine.
        """
        if fork and can_fork():
            kwargs.setdefault("kernel_manager_class", manager_of(warm))
        return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)


def execute_forked(
    notebook: str | Path | NotebookNode,
    output: str | Path | None = None,
    parameters: dict[str, Any] | None = None,
    **options: Any,
) -> NotebookNode:
    """Return a notebook as executed in a fork of a warm process.

    Parameters
    ----------
    notebook : path or NotebookNode
        What to execute.
    output : path, optional
        Where papermill saves it, before and after each cell; without one nothing is saved, and
        that is faster.
    parameters : dict, optional
        Of the notebook.
    **options
        ``warm``, ``fork`` and all that ``papermill.execute_notebook`` takes.

    Raises
    ------
    papermill.PapermillExecutionError, nbclient.exceptions.DeadKernelError, CellTimeoutError
        As papermill does: for an error in a cell, a killed kernel, a cell over ``execution_timeout``.
    """
    if NAME not in papermill_engines._engines:
        papermill_engines.register(NAME, ReliefbookEngine)  # from a checkout: no entry point
    options.setdefault("progress_bar", False)
    return papermill.execute_notebook(
        notebook, output, parameters=parameters, engine_name=NAME, **options
    )
