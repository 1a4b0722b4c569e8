"""Starts the kernel `typescript` as Jupyter would, runs one cell, and prints its result as text."""

import sys
import time

from jupyter_client.manager import start_new_kernel

started = time.monotonic()
manager, client = start_new_kernel(kernel_name="typescript", startup_timeout=60)
try:
    results = []

    def hear(message):
        content = message["content"]
        if message["msg_type"] == "execute_result":
            results.append(content["data"]["text/plain"])
        if message["msg_type"] == "error":
            results.append(f"{content['ename']}: {content['evalue']}")

    client.execute_interactive(
        "const half: number = 21;\nhalf * 2", timeout=60, output_hook=hear, allow_stdin=False
    )
    print(" ".join(results), f"after {time.monotonic() - started:.1f} s")
    sys.exit(0 if results == ["42"] else 1)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
