"""Runs a notebook from top to bottom in a fresh kernel and writes it, with its outputs, to another file.

    execute.py SOURCE TARGET [FOLDER]   runs it in FOLDER, or else in its own
    execute.py --format FILE            writes a notebook anew, laid out as Jupyter does

Prints the first error and exits with 3 where a cell fails."""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


# How long a cell may take, in seconds.
PATIENCE = 240


def execute(source, target, folder=None):
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=PATIENCE,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder or source.parent)}},
    )
    code = 0
    try:
        client.execute()
    except CellExecutionError as error:
        print(error)
        code = 3
    nbformat.validate(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return code


if sys.argv[1] == "--format":
    nbformat.write(nbformat.read(sys.argv[2], as_version=4), sys.argv[2])
else:
    sys.exit(execute(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:4]))
