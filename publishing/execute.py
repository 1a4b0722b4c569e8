"""Runs a notebook from top to bottom in a fresh kernel and writes it, with its outputs, to another file.

    execute.py SOURCE TARGET [SECONDS]   runs; a cell may take SECONDS
    execute.py --format FILE             writes a notebook anew, laid out as Jupyter does

Prints the first error and exits with 1 where a cell fails."""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def execute(source, target, seconds=240):
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=seconds,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(source.parent)}},
    )
    code = 0
    try:
        client.execute()
    except CellExecutionError as error:
        print(error)
        code = 1
    nbformat.validate(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return code


if sys.argv[1] == "--format":
    nbformat.write(nbformat.read(sys.argv[2], as_version=4), sys.argv[2])
else:
    sys.exit(execute(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *map(int, sys.argv[3:4])))
