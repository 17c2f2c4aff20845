"""The parameters of a notebook: those it has, of the type of its defaults."""

import ast
import difflib
import re
from pathlib import Path
from typing import Any

import papermill

from analysis.sessions import UserError

#: What a report is made of: one of these parameters, which no other way can set.
MATERIALS = ("log", "sums")
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}


def checked(notebook: Path, given: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return all parameters of a notebook, with defaults; refuse what it does not have.

    papermill only warns of an unknown parameter and enforces no type, so both are refused here,
    before anything runs. What the report is made of is still None.

    Parameters
    ----------
    notebook : Path
        With a cell tagged ``parameters``.
    given : dict
        Name -> value, of its type or as text.
    kind : str
        What the report is made of: "log" or "sums".

    Raises
    ------
    UserError
        For a name that the notebook does not have, or a value of another type.
    """
    cells = papermill.inspect_notebook(str(notebook))
    if kind not in cells:
        instead = {
            "log": "open it in JupyterLab instead",
            "sums": "sums make a report by pain_reduction",
        }
        raise UserError(f"{notebook.stem}: the notebook takes no {kind}; {instead[kind]}")
    defaults = {
        name: _default(name, cell["default"])
        for name, cell in cells.items()
        if name not in MATERIALS
    }
    unknown = next((name for name in given if name not in defaults), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, defaults, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UserError(
            f"{unknown}: {notebook.stem} has no such parameter; it has {', '.join(defaults)}{hint}"
        )
    typed = {name: _typed(name, value, defaults[name]) for name, value in given.items()}
    return {name: None for name in MATERIALS if name in cells} | defaults | typed


def _default(name: str, source: str) -> Any:
    try:
        return ast.literal_eval(source)
    except (ValueError, SyntaxError) as error:
        raise UserError(
            f"{name}: a parameter's default must be a plain value; the notebook has {source}"
        ) from error


def _typed(name: str, value: Any, default: Any) -> Any:
    """Return a value of the default's type; text is read, as the command line gives it.

    A parameter without a default takes text: "007" stays a code.
    """
    expected = str if default is None else type(default)
    if isinstance(value, str) and expected is int and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if isinstance(value, str) and expected is bool and value.casefold() in _TRUTH:
        return _TRUTH[value.casefold()]
    if value is None and default is None:
        return None
    if not isinstance(value, expected) or isinstance(value, bool) != (expected is bool):
        words = {str: "text", int: "a whole number", bool: "yes or no"}
        raise UserError(
            f"{name}: must be {words.get(expected, expected.__name__)}; found {value!r}"
        )
    return value
