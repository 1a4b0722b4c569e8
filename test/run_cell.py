"""Starts the kernel `typescript` as Jupyter would, runs the cell that it is given, and prints as one JSON object what came
of it: the text on stdout, the results as text, the first error, and the kernel's command line."""

import json
import sys

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel

heard = {"argv": KernelSpecManager().get_kernel_spec("typescript").argv, "stdout": "", "results": [], "error": None}


def hear(message):
    kind, content = message["msg_type"], message["content"]
    if kind == "stream" and content["name"] == "stdout":
        heard["stdout"] += content["text"]
    if kind == "execute_result":
        heard["results"].append(content["data"]["text/plain"])
    if kind == "error":
        heard["error"] = heard["error"] or f"{content['ename']}: {content['evalue']}"


manager, client = start_new_kernel(kernel_name="typescript", startup_timeout=60)
try:
    client.execute_interactive(sys.argv[1], timeout=120, output_hook=hear, allow_stdin=False)
finally:
    client.stop_channels()
    manager.shutdown_kernel()
print(json.dumps(heard))
