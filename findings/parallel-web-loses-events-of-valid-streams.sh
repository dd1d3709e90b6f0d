#!/usr/bin/env bash
# parallel-web 1.3.7, the service's client for Python, reads some valid event streams otherwise than the standard says (WHATWG
# HTML, "Server-sent events"). Each stream below has the same three events; a proxy or another server may write any of them.
#
#                                                     events seen   then
#     as the service writes it                        3             the end
#     a comment first, as keep-alives are             3             the end
#     an `id` in each event                           3             the end
#     an `id` in each event, and a comment after one  1             JSONDecodeError
#     a block of `retry` alone                        1             JSONDecodeError
#     a byte order mark at the front                  2             the end: the first is lost without an error
#     lines end with LF, and blank ones with CR LF    3             the end, and none before it: a live stream stays silent
#
# The last id that was seen makes an event of every block, also of one that has no data, and the client takes "" for JSON. So
# a stream that is in order is lost at the first keep-alive after an `id`.
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
import threading

import parallel

EVENTS = [
    json.dumps({"type": "task_group_status", "event_id": None, "status": {
        "num_task_runs": count, "task_run_status_counts": {}, "is_active": True,
        "status_message": None, "modified_at": "2026-01-01T00:00:00Z"}})
    for count in (1, 2, 3)
]
PLAIN = [f"data: {event}\n\n" for event in EVENTS]
NAMED = [f"id: {number}\n{event}" for number, event in enumerate(PLAIN)]

STREAMS = {
    "as the service writes it": PLAIN,
    "a comment first": [": ping\n\n", *PLAIN],
    "ids": NAMED,
    "ids and a comment": [NAMED[0], ": ping\n\n", *NAMED[1:]],
    "retry": [PLAIN[0], "retry: 3000\n\n", *PLAIN[1:]],
    "a byte order mark": ["\ufeff", *PLAIN],
    "two line ends": [f"data: {event}\n\r\n" for event in EVENTS],
}


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stream: list[str] = []
    may_end = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write("".join(self.stream).encode())
        self.wfile.flush()
        # All is written, and the stream stays open until the client has had a second.
        self.may_end.wait(5)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = parallel.Parallel(api_key="key", base_url=f"http://127.0.0.1:{server.server_port}", max_retries=0)
for name, stream in STREAMS.items():
    Service.stream = stream
    Service.may_end.clear()
    seen: list[int] = []
    how: list[str] = []

    def read() -> None:
        try:
            for event in client.task_group.events("tgrp_1"):
                seen.append(event.status.num_task_runs)
            how.append("the end")
        except Exception as error:  # noqa: BLE001, which one is what is asked
            how.append(type(error).__name__)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(1)
    while_open = len(seen)
    Service.may_end.set()
    reader.join(10)
    print(f"{name}: {while_open} while it is open, {len(seen)} in all, {''.join(how)}")
PYTHON

cat >"$folder/expected" <<'TEXT'
as the service writes it: 3 while it is open, 3 in all, the end
a comment first: 3 while it is open, 3 in all, the end
ids: 3 while it is open, 3 in all, the end
ids and a comment: 1 while it is open, 1 in all, JSONDecodeError
retry: 1 while it is open, 1 in all, JSONDecodeError
a byte order mark: 2 while it is open, 2 in all, the end
two line ends: 0 while it is open, 3 in all, the end
TEXT
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
if ! diff "$folder/expected" "$folder/seen"; then
    echo "it has changed" >&2
    exit 1
fi
echo "it is still so: parallel-web 1.3.7 loses events of valid streams"
