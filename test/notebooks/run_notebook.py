"""Runs a notebook from top to bottom in a fresh kernel and writes it, with its outputs, to another file.
Prints the first error and exits with 1 where a cell fails."""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target = map(pathlib.Path, sys.argv[1:3])
notebook = nbformat.read(source, as_version=4)
client = NotebookClient(
    notebook,
    timeout=int(sys.argv[3]) if len(sys.argv) > 3 else 240,
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
sys.exit(code)
