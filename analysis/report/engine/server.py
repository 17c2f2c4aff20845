"""The warm process: imports what reports import, then forks a process for each request.

It is run as a file, ``python server.py LISTENER ALIVE MODULE...``, and imports only the standard
library itself. It runs nothing of a report, so it has no thread pool that a fork could break
(typst and polars have one as soon as they are used).

A client connects to the listening Unix socket, sends a pickled request with descriptors of its own
standard output and error, and reads lines: ``started PID`` from the forked process, or
``refused REASON``; of a call ``result LENGTH`` and a pickle; at the end ``ended STATUS``, as
``os.waitpid`` says it. When a client goes away its process is killed; when the owner goes away
(ALIVE comes to its end) all are.
"""

import atexit
import builtins
import contextlib
import gc
import importlib
import os
import pickle
import selectors
import signal
import socket
import struct
import sys
import threading
import time
import types
import warnings
from typing import Any, NamedTuple

#: Variables that libraries read once, at import: for another value it takes another process.
READ_AT_IMPORT = ("PYTHON", "MPL", "OMP_", "OPENBLAS_", "MKL_", "LC_", "LANG", "LD_")
#: Seconds in which a client has to send its request.
PATIENCE = 10
HEADER = struct.Struct("!Q")


class Job(NamedTuple):
    """What a client asked for.

    Attributes
    ----------
    connection : socket
        To the client.
    request : dict
        ``cwd``, ``env`` and either ``kernel``, the arguments of a kernel, or ``call``, a pickle of
        a function and its arguments, with ``path``, where its module is found.
    streams : list of int
        Descriptors of the client's standard output and error.
    """

    connection: socket.socket
    request: dict[str, Any]
    streams: list[int]


class Running(NamedTuple):
    """A forked process: its number, the connection to who asked, and whether they are gone."""

    pid: int
    connection: socket.socket
    abandoned: bool = False


def main(arguments: list[str]) -> None:
    """Return when the owner is gone, and in a forked process when its work is done."""
    del sys.path[0]  # the folder of this file is no place to import from
    started_with = dict(os.environ)
    preload(arguments[2:])
    gc.collect()
    gc.freeze()  # collections in a child then leave alone what it shares with the others
    with socket.socket(fileno=int(arguments[0])) as door:
        job = Server(door, int(arguments[1])).serve()
    if job is None:
        return
    _settle(job, started_with)
    if "kernel" in job.request:
        _kernel(job.connection, job.request["kernel"])
    else:
        _call(job.connection, job.request)


def preload(modules: list[str]) -> None:
    """Import modules as a kernel would: pandas asks at import whether it is in one."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    builtins.get_ipython = lambda: types.SimpleNamespace(kernel=None, config={})
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # a notebook that needs it will say so itself
            continue
    del builtins.get_ipython


class Server:
    """The loop of the warm process."""

    def __init__(self, door: socket.socket, alive: int):
        self.door, self.alive = door, alive
        self.running: list[Running] = []
        self.selector = selectors.DefaultSelector()
        self.wake, self.wake_write = os.pipe()
        for descriptor in (self.wake, self.wake_write):
            os.set_blocking(descriptor, False)

    def serve(self) -> Job | None:
        """Return a job in each forked process; in the server None, when the owner is gone."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        for source in (self.door, self.alive, self.wake):
            self.selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _events in self.selector.select()}
            if self.alive in ready:
                return self._end()
            self._reap()
            for connection in ready - {self.door, self.wake}:
                self._abandon(connection)
            job = self._accept() if self.door in ready else None
            if job is not None:
                return job

    def _accept(self) -> Job | None:
        """Return the job in the forked process, None in the server."""
        connection = self.door.accept()[0]
        try:
            job = _receive(connection)
        except (OSError, EOFError, pickle.UnpicklingError):
            connection.close()
            return None
        with warnings.catch_warnings():
            # Python 3.12 warns of any thread; those of OpenBLAS are made ready for it by OpenBLAS.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            self._leave()
            return job
        for descriptor in job.streams:
            os.close(descriptor)
        self.running.append(Running(pid, connection))
        self.selector.register(connection, selectors.EVENT_READ)
        return None

    def _leave(self) -> None:
        """Let go, in a forked process, of what is the server's."""
        os.setsid()  # an interrupt goes to the process and all that it starts, as of a kernel
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        self.door.close()
        for descriptor in (self.alive, self.wake, self.wake_write):
            os.close(descriptor)
        for process in self.running:
            process.connection.close()

    def _reap(self) -> None:
        """Tell the clients of processes that ended how they ended."""
        try:
            while os.read(self.wake, 4096):
                continue
        except BlockingIOError:
            pass
        for process in list(self.running):
            ended, status = os.waitpid(process.pid, os.WNOHANG)
            if ended:
                self.running.remove(process)
                if not process.abandoned:
                    self.selector.unregister(process.connection)
                    say(process.connection, f"ended {status}")
                process.connection.close()

    def _abandon(self, connection: socket.socket) -> None:
        """Kill the process of a client that is gone."""
        for index, process in enumerate(self.running):
            if process.connection is connection:
                self.selector.unregister(connection)
                self.running[index] = process._replace(abandoned=True)
                _kill(process.pid)

    def _end(self) -> None:
        """Leave nothing: the owner may have been killed before it could tidy up."""
        for process in self.running:
            _kill(process.pid)
        for process in self.running:
            os.waitpid(process.pid, 0)
            process.connection.close()
        address = self.door.getsockname()
        with contextlib.suppress(OSError):
            os.unlink(address)
            os.rmdir(os.path.dirname(address))


def _kill(pid: int) -> None:
    """Kill a process and what it started; before it has its own group, itself."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _receive(connection: socket.socket) -> Job:
    """Return what a client sent."""
    connection.settimeout(PATIENCE)
    head, streams, _flags, _address = socket.recv_fds(connection, HEADER.size, 2)
    if len(head) < HEADER.size:
        for descriptor in streams:
            os.close(descriptor)
        raise EOFError
    body = bytearray()
    (length,) = HEADER.unpack(head)
    while len(body) < length:
        chunk = connection.recv(length - len(body))
        if not chunk:
            raise EOFError
        body += chunk
    connection.settimeout(None)
    return Job(connection, pickle.loads(body), streams)


def say(connection: socket.socket, line: str, body: bytes = b"") -> None:
    """Send a line, and bytes after it, to a client that may be gone."""
    with contextlib.suppress(OSError):
        connection.sendall(line.encode() + b"\n" + body)


def _settle(job: Job, started_with: dict[str, str]) -> None:
    """Make the forked process what the client would have started, or end it."""
    reason = _unfit(job.request, started_with)
    if reason:
        say(job.connection, f"refused {reason}")
        os._exit(0)
    for descriptor, standard in zip(job.streams, (1, 2), strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job.request["env"])
    time.tzset()
    os.chdir(job.request["cwd"])
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # its old generator would be the same in all children


def _unfit(request: dict[str, Any], started_with: dict[str, str]) -> str:
    """Return why this process is not as a fresh one would be; nothing when it is."""
    env = request["env"]
    for name in sorted(env.keys() | started_with.keys()):
        if name.startswith(READ_AT_IMPORT) and env.get(name) != started_with.get(name):
            return f"{name} changed since the start"
    # A kernel imports from its working folder first.
    for entry in sorted(os.listdir(request["cwd"])):
        module = sys.modules.get(entry.removesuffix(".py"))
        path = os.path.join(request["cwd"], entry)
        if module is not None and _is_importable(path) and not _is_of(module, path):
            return f"{entry} in the working folder hides a module that is loaded"
    return ""


def _is_importable(path: str) -> bool:
    return path.endswith(".py") or os.path.exists(os.path.join(path, "__init__.py"))


def _is_of(module: types.ModuleType, path: str) -> bool:
    """Return whether a module comes from a file or folder."""
    file = getattr(module, "__file__", None) or ""
    return os.path.realpath(file).startswith(os.path.realpath(path))


def _kernel(connection: socket.socket, arguments: list[str]) -> None:
    """Be a kernel, as ``python -m ipykernel_launcher`` with these arguments would."""
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [ipykernel_launcher.__file__, *arguments]
    app = IPKernelApp.instance()

    def told() -> None:
        # Its sockets listen by now: a client that came before would try again only after 0.1 s.
        say(connection, f"started {os.getpid()}")
        connection.close()
        IPKernelApp.log_connection_info(app)

    app.log_connection_info = told
    # It ends itself should the server be killed; JPY_PARENT_PID has the client's number.
    app.initialize([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
    del app.log_connection_info
    # Through exec as runpy does it: the stack below a cell is then as deep as in a fresh kernel.
    exec("app.start()", {"app": app})


def _call(connection: socket.socket, request: dict[str, Any]) -> None:
    """Run a function and send what it returned or raised; end without tearing down the modules."""
    say(connection, f"started {os.getpid()}")
    sys.path[:] = request["path"]
    try:
        function, arguments = pickle.loads(request["call"])
        outcome = (True, function(*arguments))
    except BaseException as error:
        outcome = (False, error)
    try:
        body = pickle.dumps(outcome)
        pickle.loads(body)  # an exception with a signature of its own may not come back
    except Exception:
        body = pickle.dumps((False, RuntimeError(repr(outcome[1]))))
    say(connection, f"result {len(body)}", body)
    connection.close()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
