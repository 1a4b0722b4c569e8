"""Runs JupyterLab, and ends when it has ended.

A thread of the server's may be left waiting for work that never comes (anyio's workers, when a page is closed while
it asks for a file), and Python waits for every thread before it exits: `npm start` would hang after Ctrl-C.
"""

import atexit
import os
import sys

from jupyterlab.labapp import main

code = 0
try:
    main()
except SystemExit as end:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
