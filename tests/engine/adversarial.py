"""Notebooks that try to tell one engine from another, built in code."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}

RAISES = "raises-exception"

# Each entry is one notebook: sources of code cells; a pair adds tags.
NOTEBOOKS = {
    "values": [
        "1 + 1",
        "_ + 40, _1, Out[1], In[1]",
        "None",
        "x = 3",
        "x;",
        "print('a'); print('b', end=''); 'c'",
        "import pandas\npandas.DataFrame({'a': [1, 2], 'b': ['x', '<b>y</b>']})",
        "pandas.DataFrame([range(50)])",
        "pandas.options.display.max_columns, pandas.options.display.width",
        "class Rich:\n"
        "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'p', 'text/html': '<i>h</i>',\n"
        "                'application/x-own+json': {'a': 1}}, {'m': 1}\n"
        "Rich()",
        ("class Bad:\n    def __repr__(self): raise KeyError('no repr')\nBad()", RAISES),
        "b'bytes', float('nan'), float('inf'), {1, 2}, 1e400",
        "'\\ud83d\\ude00 \\u00e9 \\x00 \\x1b[31mred\\x1b[0m'",
        "import os, sys\nos.path.basename(sys.argv[0]), sys.argv[1], len(sys.argv), __name__, sys.path[0]",
        "import threading\nsorted(t.name for t in threading.enumerate() if 'Thread-' not in t.name)",
        "import signal\nsignal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD)",
        "sorted(name for name in globals() if not name.startswith('_'))",
        "sys.stdin.read(), sys.stdin.isatty(), sys.stdout.isatty(), type(sys.stdout)",
        "os.environ['PAGER'], os.environ['TERM'], os.environ['MPLBACKEND'], 'JPY_PARENT_PID' in os.environ",
        "import matplotlib, logging, warnings\nmatplotlib.get_backend(), logging.getLogger().handlers",
        "import analysis.display, analysis.intake, seaborn, scipy.stats\n"
        "sorted({str(f[:3]) for f in warnings.filters})",
        "import __main__\n__main__.x, sys.modules['__main__'] is __main__, sys.flags",
        "import decimal, locale, gc\ndecimal.getcontext(), locale.getlocale(), gc.isenabled(), gc.get_threshold()",
        "sys.getrecursionlimit(), os.getcwd() == os.path.realpath('.'), os.getpgid(0) == os.getpid()",
        "get_ipython().history_manager.hist_file, get_ipython().colors, len(get_ipython().configurables)",
    ],
    "displays": [
        "from IPython.display import *\ndisplay(1, HTML('<b>2</b>'), Markdown('3'), SVG('<svg xmlns=\"s\"/>'))",
        "display({'text/plain': 'raw'}, raw=True, metadata={'k': 1})",
        "for i in range(3):\n    clear_output()\n    print(i); display(i)",
        "for i in range(3):\n    print(i); display(i)\n    clear_output(wait=True)\nprint('last')",
        "print('gone'); clear_output(wait=True)",
        "handle = display('first', display_id='one'); display('other', display_id='two')",
        "handle.update('second'); update_display(HTML('third'), display_id='two')",
        "display('again', display_id='one')",
        "handle.update('both')",
        "display(display_id=True) is None",
        "Image(data=b'\\x89PNG\\r\\n\\x1a\\n', format='png')",
        "Javascript('1'), Latex('$x$'), JSON({'a': [1]}), Code('x = 1')",
        "display(JSON({'a': [1]}), Code('x = 1'), Latex('$x$'), FileLink('nowhere.csv'))",
        "from IPython.utils.capture import capture_output\n"
        "with capture_output() as c:\n    print('in'); display(7)\nc.stdout, len(c.outputs)",
        "get_ipython().display_formatter.formatters['text/html'].for_type(complex, lambda z: f'<u>{z}</u>')\n1j",
        "threading = __import__('threading')\nt = threading.Thread(target=lambda: (print('t'), display('d')))\n"
        "t.start(); t.join()",
    ],
    "streams": [
        "import sys\nprint('out'); print('err', file=sys.stderr); print('out again')",
        "sys.stdout.write('a'); sys.stdout.flush()\n"
        "sys.stderr.write('b'); sys.stderr.flush(); sys.stdout.write('c')",
        "print('x\\rY'); print('abc\\b\\bd'); print('a\\tb')",
        "for i in range(2000): print(i)",
        "import warnings\nwarnings.warn('careful'); warnings.warn('careful', DeprecationWarning)",
        "import logging\nlogging.warning('logged'); logging.getLogger('own').error('too')",
        "import os, time\nos.write(1, b'descriptor 1\\n'); time.sleep(0.5)",
        "os.write(2, b'descriptor 2\\n'); time.sleep(0.5)",
        "!echo shell; echo shell error >&2",
        "!exit 3\n_exit_code",
        "import subprocess\nsubprocess.run('echo child', shell=True); time.sleep(0.5)",
        "subprocess.run(['cat'], capture_output=True).stdout",
        "os.system('echo system'); time.sleep(0.5)",
        "if os.fork() == 0:\n    print('forked', flush=True); os._exit(0)\nos.wait()[1]; time.sleep(0.5)",
        "import multiprocessing\ndef double(x): return 2 * x\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n    print(pool.map(double, [1, 2, 3]))",
        "from tqdm.auto import tqdm\ntype(tqdm).__name__, tqdm.__name__, tqdm.__module__",
        "sys.stdout = open(os.devnull, 'w'); print('nowhere'); sys.stdout = sys.__stdout__; print('bare')",
    ],
    "errors": [
        ("1 / 0", RAISES),
        ("def f(n):\n    return f(n - 1) if n else [][0]\nf(3)", RAISES),
        ("x = (", RAISES),
        ("  x = 1\n y = 2", RAISES),
        ("raise SystemExit(3)", RAISES),
        ("raise KeyboardInterrupt", RAISES),
        ("class Own(Exception):\n    def __str__(self): return 'two\\nlines \\x1b[0m'\nraise Own", RAISES),
        ("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e", RAISES),
        ("raise ExceptionGroup('g', [ValueError(1), TypeError(2)])", RAISES),
        ("def deep(): return deep()\ndeep()", RAISES),
        ("import pandas\npandas.DataFrame()['missing']", RAISES),
        ("input('who? ')", RAISES),
        ("import getpass\ngetpass.getpass()", RAISES),
        ("assert 1 == 2, 'no'", RAISES),
        ("print('before'); import not_there", RAISES),
        ("exec('1/0')", RAISES),
        ("e = ValueError('noted'); e.add_note('a note'); raise e", RAISES),
        ("raise BaseException('base')", RAISES),
        "2 + 2",
        "1 / 0",
        "'never'",
    ],
    "magics": [
        "%precision 3\n3.14159265",
        "%pwd",
        "%%capture held\nprint('held'); 5",
        "held.stdout, held.outputs",
        "%who",
        "%whos int",
        ("%no_such_magic", RAISES),
        ("%%no_such_cell\nx", RAISES),
        "%%writefile /dev/null\ntext",
        "%xmode Plain",
        ("1 / 0", RAISES),
        "%xmode Verbose",
        ("1 / 0", RAISES),
        "print?",
        "len??",
        "%pinfo str",
        "%env REPORT=1",
        "!echo $REPORT",
        "%history -n 1-3",
        "%lsmagic",
        "%%bash\necho bash; exit 0",
        "%%html\n<b>html</b>",
        ("%%script false\n", RAISES),
        "%load_ext autoreload\n%autoreload 2",
        "%matplotlib --list",
        ("%config InlineBackend.figure_formats", RAISES),
        "%reset -f",
        ("held", RAISES),
        "%cd /\n%pwd",
        "%page 3",
        "from IPython.core import page\npage.page('paged')",
        ("%run nowhere.py", RAISES),
        "get_ipython().set_next_input('x = 1')",
        "exit_later = get_ipython().ask_exit",
    ],
    "async": [
        "import asyncio\nawait asyncio.sleep(0.01, 'slept')",
        "async def f():\n    print('in'); return 5\nawait f()",
        "[await f() for i in range(2)]",
        "task = asyncio.create_task(f())",
        "await task",
        ("await asyncio.wait_for(asyncio.sleep(9), 0.05)", RAISES),
        ("asyncio.run(f())", RAISES),
        "asyncio.get_running_loop().is_running()",
        "async with asyncio.timeout(1):\n    print('with')",
        "import contextvars\nv = contextvars.ContextVar('v', default=0); v.set(1)",
        "v.get()",
        "%autoawait",
    ],
    "figures": [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "fig, ax = plt.subplots(); ax.plot([3, 1])\nfig",
        "plt.figure(); plt.plot([1]); plt.show(); print('after')\nplt.figure(); plt.plot([2])",
        "plt.gcf().get_axes(), plt.get_fignums()",
        "%config InlineBackend.figure_formats = ['svg']\nimport matplotlib\n"
        "import os; os.environ['SOURCE_DATE_EPOCH'] = '0'\n"
        "matplotlib.rcParams['svg.hashsalt'] = 's'\nplt.plot([1, 2]);",
        "%matplotlib inline\nplt.plot([2, 2]);",
        "from matplotlib_inline.backend_inline import set_matplotlib_formats\n"
        "set_matplotlib_formats('retina')\nplt.plot([2, 3]);",
        "from IPython.display import display\ndisplay(fig, metadata={'image/png': {'alt': 'an alt'}})",
        "import seaborn as sns\nsns.lineplot(x=[1, 2], y=[2, 1])",
        "plt.ioff(); plt.plot([1]); print(plt.isinteractive())",
        "plt.show()",
        "dict(matplotlib.rcParams)",
        "len(plt.style.available), sorted(matplotlib.colormaps)[:50]",
        "fig = plt.figure(facecolor='none'); fig.gca(); plt.show()",
        "%matplotlib agg\nplt.plot([1]); matplotlib.get_backend()",
    ],
    "wide": [
        "import pandas, numpy\npandas.DataFrame(numpy.arange(3000).reshape(30, 100))",
        "pandas.Series(range(100))",
        "numpy.arange(2000)",
        "{i: list(range(30)) for i in range(30)}",
        "b = bytearray(2**31); len(b)",
        "del b\nimport resource\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, -1))",
        ("bytearray(2**31)", RAISES),
        "'alive'",
    ],
}  # fmt: skip


def notebook(cells: list) -> nbformat.NotebookNode:
    """Return a notebook of code cells, with an empty one and a text between."""
    made = [new_markdown_cell("# Text")]
    for number, cell in enumerate(cells):
        source, *tags = cell if isinstance(cell, tuple) else (cell,)
        made.append(new_code_cell(source, id=f"code-{number}", metadata={"tags": list(tags)}))
    made.append(new_code_cell("  ", id="empty"))
    made[0]["id"] = "text"
    return new_notebook(cells=made, metadata=KERNEL)
