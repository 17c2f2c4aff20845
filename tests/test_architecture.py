"""The house stands as its plan says: rooms import only from rooms above them."""

import ast
import re
from pathlib import Path

import pytest

import analysis

PACKAGE = Path(analysis.__file__).parent
ROOMS = ("shipped", "language", "vocabulary", "sessions", "example", "intake", "statistics", "safety",
         "findings", "wording", "display", "report", "cli")  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """Return the rooms that a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("analysis."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "analysis":
            found |= {alias.name for alias in node.names if not alias.name.startswith("__")}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names
                      if alias.name.startswith("analysis.")}  # fmt: skip
    return found


def upward(room: str, source: str) -> set[str]:
    """Return the imports of a room that are neither itself nor above it."""
    above = set(ROOMS[: ROOMS.index(room) + 1])
    return imported_rooms(source) - above


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stem not in ("__init__", "__main__")
                 or path.parent != PACKAGE)  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_above_it(path):
    assert upward(room_of(path), path.read_text("utf-8")) == set()


def test_the_walk_sees_an_upward_import():
    assert upward("statistics", "from analysis.findings import findings") == {"findings"}
    assert upward("sessions", "def f():\n    import analysis.report.run") == {"report"}
    assert upward("safety", "from analysis import wording") == {"wording"}


def test_every_room_is_named_in_the_map_of_the_package():
    rooms = {room_of(path) for path in MODULES}
    named = set(re.findall(r"^``(\w+)``", analysis.__doc__, re.MULTILINE))
    assert rooms == named == set(ROOMS)


def test_no_room_is_a_room_of_leftovers():
    assert not [path for path in MODULES if path.stem in ("utils", "common", "misc", "helpers")]


def test_every_public_function_says_what_comes_back():
    silent = []
    for path in MODULES:
        for node in ast.parse(path.read_text("utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            if public and not ast.get_docstring(node):
                silent.append(f"{path.name}: {node.name}")
    assert silent == []
