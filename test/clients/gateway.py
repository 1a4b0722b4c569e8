"""Runs one cell in a kernel of a kernel gateway, over HTTP and a web socket, and prints its result."""

import json
import sys
import urllib.request
import uuid

import websocket

url, token, code = sys.argv[1:4]
headers = {"Authorization": f"token {token}"}


def ask(path, method="GET", data=None):
    request = urllib.request.Request(f"{url}/api/{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read() or "null")


kernel = ask("kernels", "POST", json.dumps({"name": "typescript"}).encode())["id"]
socket = websocket.create_connection(
    f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels", header=headers, timeout=60
)
header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex,
          "username": "", "version": "5.5", "date": "2026-01-01T00:00:00Z"}
content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
           "stop_on_error": True}
socket.send(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {},
                        "content": content, "buffers": []}))
while True:
    message = json.loads(socket.recv())
    if message["parent_header"].get("msg_id") != header["msg_id"]:
        continue
    kind = message["header"]["msg_type"]
    if kind == "execute_result":
        print(message["content"]["data"]["text/plain"])
    if kind == "error":
        sys.exit(message["content"]["evalue"])
    if kind == "status" and message["content"]["execution_state"] == "idle":
        break
socket.close()
ask(f"kernels/{kernel}", "DELETE")
