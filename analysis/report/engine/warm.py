"""``Warm``: holds a process that has imported what reports import; work is done in forks of it."""

import atexit
import contextlib
import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.report.engine.server import HEADER

_SERVER = Path(__file__).with_name("server.py")

#: What a kernel is made of, and what the notebooks import.
OF_KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "ipykernel.compiler",
    "ipykernel.heartbeat",
    "ipykernel.subshell_manager",
    "IPython.display",
    "analysis.display",
    "analysis.display.guide",
    "analysis.findings",
    "analysis.intake",
    "analysis.intake.plan_file",
    "analysis.shipped",
    "matplotlib.pyplot",
    "seaborn",
    "scipy.stats",
)
#: What else it takes to make a whole report, for ``Warm.call``.
OF_REPORT = ("analysis.report.run", "papermill.execute", "nbconvert.exporters.html")


class Refused(Exception):
    """The warm process cannot stand in for a fresh one; the message says why."""


def can_fork() -> bool:
    """Return whether forks of a warm process are used here: on Linux.

    Windows has no fork; macOS has one, but its own frameworks (Accelerate, which numpy uses there)
    may break in a fork that does not start another program.
    """
    return sys.platform == "linux"


class Process:
    """A forked process, with as much of ``subprocess.Popen`` as a kernel's manager asks for."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket):
        self._connection = connection
        # Without a buffer: what is unread stays in the socket, where poll() sees it.
        self._reader = connection.makefile("rb", buffering=0)
        self._lock = threading.Lock()
        self.returncode: int | None = None
        try:
            word, _space, rest = self._reader.readline().decode().rstrip("\n").partition(" ")
        except OSError:
            word, rest = "", ""
        if word != "started":
            self.close()
            raise Refused(rest or "the warm process ended")
        self.pid = int(rest)

    def poll(self) -> int | None:
        """Return how the process ended, as ``Popen`` tells it; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Return how the process ended, after at most ``timeout`` seconds."""
        return self._ended(timeout)

    def result(self) -> Any:
        """Return what a called function returned; raise what it raised."""
        line = self._reader.readline().decode().split()
        if line[:1] != ["result"]:
            self.returncode = _code(line)
            self.close()
            raise RuntimeError(f"the process ended before its work, with status {self.returncode}")
        fine, value = pickle.loads(self._read(int(line[1])))
        self.wait()
        if fine:
            return value
        raise value

    def _read(self, length: int) -> bytes:
        body = bytearray()
        while len(body) < length:
            chunk = self._reader.read(length - len(body))
            if not chunk:
                raise RuntimeError("the process ended before its result was whole")
            body += chunk
        return bytes(body)

    def send_signal(self, number: int) -> None:
        """Send a signal to the process."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Close the connection: the warm process then kills what still runs."""
        self._reader.close()
        self._connection.close()

    def _ended(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and _readable(self._connection, timeout):
                self.returncode = _code(self._reader.readline().decode().split())
                self.close()
            return self.returncode


def _readable(connection: socket.socket, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def _code(line: list[str]) -> int:
    """Return a return code from the last line; the warm process itself was killed without one."""
    return os.waitstatus_to_exitcode(int(line[1])) if line[:1] == ["ended"] else -signal.SIGKILL


class Warm:
    """A warm process and what is asked of it; a context manager.

    It is started without waiting: what is asked meanwhile is done when it is ready. Threads may
    share it; a pickled copy in another process of this computer asks the same warm process, but
    does not own it. It needs no help of ``multiprocessing``, so a Dask worker can hold one.

    Parameters
    ----------
    modules : sequence of str, optional
        What it imports; what the notebooks of reports do by default.
    """

    def __init__(self, modules: tuple[str, ...] = OF_KERNEL):
        self.modules = tuple(modules)
        self._server: subprocess.Popen | None = None
        self._folder: str | None = None
        self._alive: int | None = None
        self._owner = 0

    @property
    def address(self) -> str | None:
        """Where the warm process listens; None before it is started."""
        return None if self._folder is None else os.path.join(self._folder, "door")

    def is_lost(self) -> bool:
        """Return whether the warm process is not there any more, or is another process's own."""
        inherited = self._owner not in (0, os.getpid())
        return inherited or (self._server is not None and self._server.poll() is not None)

    def start(self) -> "Warm":
        """Start the warm process, where there are forks; return this object at once."""
        if self._folder is not None or not can_fork():
            return self
        self._folder = tempfile.mkdtemp(prefix="rb-")  # only this user can look into it
        self._owner = os.getpid()
        read, self._alive = os.pipe()
        # This process's own parent may itself be a kernel: its mark is not for the new ones.
        env = {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"}
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(self.address)
            door.listen(128)
            self._server = subprocess.Popen(
                [sys.executable, str(_SERVER), str(door.fileno()), str(read), *self.modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(door.fileno(), read),
                start_new_session=True,
                env=env,
            )
        os.close(read)
        return self

    def kernel(self, arguments: list[str], *, cwd: str, env: dict[str, str]) -> Process:
        """Return a forked process that is a kernel, as ``ipykernel_launcher`` would be."""
        return self._ask({"kernel": arguments, "cwd": cwd, "env": env})

    def call(self, function: Callable, *arguments: Any) -> Any:
        """Return what a function returns that is run in a forked process of its own.

        What the function needs should be among the modules (``OF_KERNEL + OF_REPORT`` for
        ``run_report``), or each process imports it anew.

        Parameters
        ----------
        function : callable
            Of a module: it is found by its name.
        *arguments
            Anything that can be pickled.

        Raises
        ------
        Exception
            What the function raised; RuntimeError when its process was killed.
        """
        pickled = pickle.dumps((_in_fork, (self, function, arguments)))
        here = {"cwd": os.getcwd(), "env": dict(os.environ), "path": sys.path}
        request = {"call": pickled, **here}
        return self._ask(request).result()

    def _ask(self, request: dict[str, Any]) -> Process:
        if self.address is None:
            raise Refused("the warm process was not started")
        body = pickle.dumps(request)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.address)
            socket.send_fds(connection, [HEADER.pack(len(body))], [1, 2])
            connection.sendall(body)
        except OSError as error:
            connection.close()
            raise Refused("the warm process ended") from error
        return Process(connection)

    def close(self) -> None:
        """End the warm process and all that it forked; return when they are gone."""
        if self._server is not None and self._owner == os.getpid():
            os.close(self._alive)
            self._server.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
        self._server = self._folder = self._alive = None

    def __enter__(self) -> "Warm":
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"modules": self.modules, "_folder": self._folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["modules"])
        self._folder = state["_folder"]


def _in_fork(warm: Warm, function: Callable, arguments: tuple) -> Any:
    """Run a function in a forked process, whose own notebooks ask the same warm process."""
    use(warm)
    return function(*arguments)


_in_use: list[Warm] = []


def use(warm: Warm) -> None:
    """Let the notebooks of this process be run by a given warm process."""
    _in_use[:] = [warm]


def shared() -> Warm:
    """Return the warm process in use here; the first call starts one, which ends with this process.

    Call it early, before slow imports: it gets warm meanwhile.
    """
    if not _in_use or _in_use[0].is_lost():
        for lost in _in_use:
            lost.close()
        use(Warm().start())
        atexit.register(_in_use[0].close)
    return _in_use[0]
