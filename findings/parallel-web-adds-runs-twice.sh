#!/usr/bin/env bash
# parallel-web 1.3.7, the service's client for Python, repeats a request that adds runs when its answer is lost: the runs are in
# the group twice, and the client tells of one set. So does parallel-cli 0.9.4, which adds runs by it.
#
# The server here does what a POST asks for and closes the connection before the first byte of the answer, once. The client takes
# that for a failure to connect and sends the same POST again, without anything by which a server could tell that it is the same
# one: no Idempotency-Key. The same happens for a 502 that a proxy makes when it has lost the server behind it.
#
#                                   POSTs that were acted on     run_ids in the answer
#     max_retries=2, the default    2                            1
#     max_retries=0                 1                            none: APIConnectionError
#
# A program that must not ask twice sets max_retries=0 where it adds runs, and looks by itself which runs are there.
#
# Needs Python 3.9 or later with venv, and PyPI; takes half a minute. Exit code: 0 it is still so, 1 it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check parallel-web==1.3.7

cat >"$folder/try.py" <<'PYTHON'
import http.server
import json
import sys
import threading

import parallel


class Service(http.server.BaseHTTPRequestHandler):
    """Adds the inputs of each POST; the answer to the first one is lost."""

    protocol_version = "HTTP/1.1"
    added: list[str] = []
    posts = 0
    keys: list[str | None] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        ids = [f"trun_{len(Service.added) + place}" for place, _ in enumerate(body["inputs"])]
        Service.added += ids
        Service.posts += 1
        Service.keys.append(self.headers["idempotency-key"])
        if Service.posts == 1:
            self.close_connection = True
            return
        status = {"num_task_runs": len(Service.added), "task_run_status_counts": {}, "is_active": True}
        answer = json.dumps({"status": status, "run_ids": ids, "run_cursor": None, "event_cursor": None}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


def added(retries: int) -> tuple[int, object]:
    """How many POSTs the server acted on, and what the client says."""
    Service.added, Service.posts, Service.keys = [], 0, []
    client = parallel.Parallel(api_key="key", base_url=url, max_retries=retries)
    try:
        answer = client.task_group.add_runs("tgrp_1", inputs=[{"processor": "lite", "input": "Who?"}])
        said = len(answer.run_ids)
    except parallel.APIConnectionError as error:
        said = type(error).__name__
    return Service.posts, said


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
found = {"max_retries=2": added(2), "keys": Service.keys, "max_retries=0": added(0)}
for name, what in found.items():
    print(f"{name}: {what}")
is_so = found["max_retries=2"] == (2, 1) and found["keys"] == [None, None] and found["max_retries=0"] == (1, "APIConnectionError")
sys.exit(0 if is_so else 1)
PYTHON
"$folder/venv/bin/python" "$folder/try.py"
