"""The warm process, its forks, and what they leave behind."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill
import pytest
from adversarial import notebook
from papermill.engines import papermill_engines

from analysis.report.engine import OF_KERNEL, Warm, can_fork
from analysis.report.engine.papermill_engine import ReliefbookEngine, execute_forked
from analysis.report.engine.warm import Refused

pytestmark = [
    pytest.mark.xdist_group("engine"),
    pytest.mark.skipif(not can_fork(), reason="no fork here: it is papermill's own engine"),
]

LIGHT = tuple(name for name in OF_KERNEL if name.startswith(("ipykernel", "IPython")))
PARENT = "import os\nos.getppid()"


@pytest.fixture(scope="module")
def warm():
    with Warm((*LIGHT, "numpy.random", "yaml", "analysis.report.run")) as process:
        yield process


def shown(executed) -> str:
    """Return what the last cell that showed something showed."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return outputs[-1]["data"]["text/plain"]


def server_of(warm: Warm) -> int:
    return warm._server.pid


def children(pid: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def until(true, seconds: float = 10) -> bool:
    """Return whether something became true in time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_notebook_runs_in_a_fork_of_the_warm_process(warm):
    assert shown(execute_forked(notebook([PARENT]), warm=warm)) == str(server_of(warm))
    assert until(lambda: children(server_of(warm)) == [])


def _mark() -> str:
    return shown(execute_forked(notebook(["import os, sys\nsys.mark = 1\nos.getpid()"])))


def test_every_notebook_has_a_process_of_its_own_also_side_by_side(warm):
    with ThreadPoolExecutor(3) as threads:
        assert len(set(threads.map(lambda _turn: warm.call(_mark), range(6)))) == 6
    executed = execute_forked(notebook(["import sys\nhasattr(sys, 'mark')"]), warm=warm)
    assert shown(executed) == "False"


def test_on_request_nothing_is_forked(warm):
    executed = execute_forked(notebook([PARENT]), warm=warm, fork=False)
    assert shown(executed) == str(os.getpid())


CHANGED = {"PYTHONHASHSEED": "7", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}


@pytest.mark.parametrize("name", CHANGED)
def test_a_variable_that_is_read_at_import_and_changed_is_not_ignored(warm, monkeypatch, name):
    monkeypatch.setenv(name, CHANGED[name])
    with pytest.raises(Refused, match=f"^{name} changed since the start$"):
        warm.kernel(["-f", "none"], cwd="/", env=dict(os.environ))
    assert shown(execute_forked(notebook([PARENT]), warm=warm)) == str(os.getpid())


def test_other_variables_are_as_they_are_now(warm, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("OWN_MARK", "set")
    cell = (
        "import os, time\nos.environ['OWN_MARK'], time.strftime('%Z'), os.environ['JPY_PARENT_PID']"
    )
    executed = execute_forked(notebook([cell]), warm=warm)
    assert shown(executed) == f"('set', 'JST', '{os.getpid()}')"


def test_a_module_of_the_working_folder_is_not_hidden_by_a_loaded_one(warm, tmp_path):
    (tmp_path / "yaml.py").write_text("own = True")
    with pytest.raises(Refused, match=r"^yaml\.py in the working folder hides a module"):
        warm.kernel([], cwd=str(tmp_path), env=dict(os.environ))
    executed = execute_forked(notebook(["import yaml\nyaml.own"]), warm=warm, cwd=tmp_path)
    assert shown(executed) == "True"


def test_old_random_numbers_differ_from_fork_to_fork(warm):
    for cell in ("import numpy\nnumpy.random.rand()", "import random\nrandom.random()"):
        assert len({shown(execute_forked(notebook([cell]), warm=warm)) for _turn in range(2)}) == 2


def test_the_warm_process_has_no_threads_but_those_that_prepare_for_a_fork(warm):
    """OpenBLAS's, which bear the name of the process, and that of pyarrow's jemalloc, do."""
    warm.call(len, "ready")
    tasks = Path(f"/proc/{server_of(warm)}/task").iterdir()
    names = {(task / "comm").read_text().strip() for task in tasks}
    assert names - {"jemalloc_bg_thd"} == {
        Path(f"/proc/{server_of(warm)}/comm").read_text().strip()
    }


def test_a_function_is_called_in_a_fork_and_its_error_comes_back(warm):
    assert warm.call(os.getppid) == server_of(warm)
    assert warm.call(bytes, 10_000_000) == bytes(10_000_000)
    with pytest.raises(ValueError, match=r"^invalid literal for int"):
        warm.call(int, "x")
    with pytest.raises(RuntimeError, match=r"^the process ended before its work, with status 7$"):
        warm.call(os._exit, 7)
    with pytest.raises(RuntimeError, match=r"^the process ended before its work, with status -9$"):
        warm.call(_kill_itself)


def _kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_called_function_runs_its_notebooks_by_the_same_warm_process(warm):
    assert warm.call(_parent_of_a_notebook) == str(server_of(warm))


def _parent_of_a_notebook() -> str:
    return shown(execute_forked(notebook([PARENT])))


def test_another_process_may_ask_the_same_warm_process(warm):
    copy = pickle.loads(pickle.dumps(warm))
    assert copy.call(os.getppid) == server_of(warm)
    copy.close()
    assert warm.call(os.getppid) == server_of(warm)


def _in_jupyter() -> str:
    async def cell():
        return shown(execute_forked(notebook([PARENT])))

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    seen = asyncio.run(cell())
    stop.set()
    thread.join()
    return seen


def test_it_runs_in_a_process_with_an_event_loop_and_threads(warm):
    assert warm.call(_in_jupyter) == str(server_of(warm))


def test_nothing_is_left_when_it_is_closed():
    before = sorted(os.listdir("/proc/self/fd"))
    warm = Warm(LIGHT).start()
    folder, server = Path(warm.address).parent, server_of(warm)
    execute_forked(notebook(["1"]), warm=warm)
    process = warm.kernel(["-f", str(folder / "none.json")], cwd="/", env=dict(os.environ))
    assert is_running(process.pid)
    warm.close()
    assert not is_running(server)
    assert until(lambda: not is_running(process.pid))
    process.wait(5)
    assert not folder.exists()
    assert sorted(os.listdir("/proc/self/fd")) == before


ENDLESS = notebook(
    [
        "import os\nopen(mark, 'w').write(f'{os.getpid()} {os.environ[\"JPY_PARENT_PID\"]}')\nwhile True: pass"
    ]
)

OWNER = """
import sys, nbformat
sys.path.insert(0, sys.argv[3])
from analysis.report.engine import Warm
from analysis.report.engine.papermill_engine import execute_forked
from test_engine import ENDLESS, LIGHT
with Warm(LIGHT) as warm:
    print(warm._server.pid, flush=True)
    execute_forked(ENDLESS, warm=warm, parameters={"mark": sys.argv[1]})
"""


@pytest.mark.parametrize("killed", ["owner", "server", "both"])
def test_nobody_is_left_behind_by_kill_9(tmp_path, killed):
    mark, here = tmp_path / "pid", str(Path(__file__).parent)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(mark), "", here],
                             env=os.environ | {"TMPDIR": str(tmp_path)},
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    server = int(owner.stdout.readline())
    assert until(lambda: mark.exists() and mark.read_text() != "", 60)
    kernel = int(mark.read_text().split()[0])
    if killed in ("owner", "both"):
        owner.kill()
    if killed in ("server", "both"):
        os.kill(server, signal.SIGKILL)
    assert until(lambda: not is_running(kernel) and not is_running(server))
    owner.wait(20)
    owner.stdout.close()
    if killed == "owner":
        assert until(lambda: not list(tmp_path.glob("rb-*")))


def _endless(mark: str) -> None:
    execute_forked(ENDLESS, parameters={"mark": mark})


def test_the_notebook_of_a_killed_client_ends(warm, tmp_path):
    mark = tmp_path / "pids"
    with ThreadPoolExecutor(1) as thread:
        client = thread.submit(warm.call, _endless, str(mark))
        assert until(lambda: mark.exists() and mark.read_text() != "", 60)
        kernel, caller = map(int, mark.read_text().split())
        os.kill(caller, signal.SIGKILL)
        with pytest.raises(
            RuntimeError, match=r"^the process ended before its work, with status -9$"
        ):
            client.result(20)
    assert until(lambda: not is_running(kernel))


def test_a_lost_warm_process_is_no_loss(tmp_path):
    warm = Warm(LIGHT).start()
    warm.call(len, "")
    os.kill(server_of(warm), signal.SIGKILL)
    assert until(warm.is_lost)
    assert shown(execute_forked(notebook([PARENT]), warm=warm)) == str(os.getpid())
    warm.close()


def test_without_fork_it_is_papermills_own_engine(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert not can_fork()
    assert Warm().start().address is None
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("analysis.report.engine.papermill_engine.can_fork", lambda: False)
    assert shown(execute_forked(notebook([PARENT]))) == str(os.getpid())


def test_an_error_in_a_cell_is_papermills_error_and_is_saved(warm, tmp_path):
    with pytest.raises(
        papermill.PapermillExecutionError, match="ZeroDivisionError: division by zero"
    ):
        execute_forked(notebook(["1 / 0"]), tmp_path / "out.ipynb", warm=warm)
    saved = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert saved.cells[0].metadata.tags == ["papermill-error-cell-tag"]


def test_papermills_command_knows_the_engine_by_its_entry_point(tmp_path):
    """An entry point of our own stands in where the package is not installed with one."""
    about = tmp_path / "site" / "engine_entry-0.dist-info"
    about.mkdir(parents=True)
    target = f"{ReliefbookEngine.__module__}:{ReliefbookEngine.__name__}"
    (about / "entry_points.txt").write_text(f"[papermill.engine]\nreliefbook = {target}\n")
    nbformat.write(notebook(["import sys\n'seaborn' in sys.modules"]), tmp_path / "in.ipynb")
    path = os.pathsep.join(filter(None, [str(about.parent), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-W", "error", "-m", "papermill", "--engine", "reliefbook"]
    done = subprocess.run([*command, "in.ipynb", "out.ipynb"], cwd=tmp_path, text=True,
                          env=os.environ | {"PYTHONPATH": path}, capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert shown(nbformat.read(tmp_path / "out.ipynb", as_version=4)) == "True"


def test_the_engine_can_be_registered_by_hand():
    papermill_engines.register("by hand", ReliefbookEngine)
    executed = papermill.execute_notebook(
        notebook(["2"]), None, engine_name="by hand", progress_bar=False
    )
    assert shown(executed) == "2"
