"""The servers behind a proxy, or without one: a sandbox's group, as it is without any fault; web frameworks whose
generator fails; and an origin that waits in the middle until the test lets it continue.
"""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checks.programs import PATIENCE_S, ROOT, Sandbox, Server, Wrong

FRAMEWORKS = pathlib.Path(__file__).resolve().parent / "frameworks"
# Where .ci/proxies installs them.
PYTHON = ROOT / "target/proxies/bin/python"


@dataclasses.dataclass(frozen=True)
class Held:
    """A sandbox's group: the JSON of each event in order, byte for byte, and that of the group itself."""

    group: str
    key: str
    events: list[str]
    status: str

    @classmethod
    def by(cls, desktop: pathlib.Path, arguments: list[str]) -> "Held":
        """A sandbox with these arguments, which have no fault in them. One with faults, too, holds the same."""
        with Sandbox(desktop, arguments) as sandbox:
            events, _ = first_answer(sandbox)
            status, _ = answer(sandbox, "")
        if len(events) != json.loads(status)["status"]["num_task_runs"]:
            raise Wrong(f"{len(events)} events in {status}")
        return cls(sandbox.group, sandbox.key, events, status)

    def after(self, cursor: str) -> list[str]:
        ids = [json.loads(event)["event_id"] for event in self.events]
        return self.events[ids.index(cursor) + 1 :] if cursor else self.events

    def saved(self, file: pathlib.Path) -> pathlib.Path:
        """The file, with all of it in it."""
        file.write_text(json.dumps({"events": self.events, "status": self.status}))
        return file


def first_answer(server: Server) -> tuple[list[str], bool]:
    """The JSON of each whole event of an answer about the runs, and whether that ended in order."""
    body, in_order = answer(server, "/runs?include_output=true")
    blocks = body.split("\n\n")[:-1]
    return [line.removeprefix("data: ") for block in blocks for line in block.split("\n") if line.startswith("data: ")], in_order


def answer(server: Server, path: str) -> tuple[str, bool]:
    """What there is of the body, and whether it ended in order."""
    url = urllib.parse.urlsplit(server.base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE_S)
    connection.request("GET", f"/v1beta/tasks/groups/{server.group}{path}", headers={"x-api-key": server.key})
    with contextlib.closing(connection):
        try:
            return connection.getresponse().read().decode(), True
        except http.client.IncompleteRead as cut:
            return cut.partial.decode(errors="replace"), False
        except ConnectionError:
            return "", False


class Framework(Server):
    """A program of the folder `frameworks`: its generator fails after a number of events of each answer."""

    ca_file = None

    def __init__(self, name: str, held: Held, file: pathlib.Path, events: int) -> None:
        super().__init__([PYTHON, "-B", FRAMEWORKS / f"{name}_origin.py", file, str(events)], 1)
        self.group, self.key = held.group, held.key
        self.base_url = f"http://127.0.0.1:{self.said['PORT']}"


class Waiting(ThreadingHTTPServer):
    """An origin that sends the first event, and the others when the test lets it continue, or after a while anyway."""

    ca_file = None
    daemon_threads = True

    def __init__(self, held: Held) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.held = held
        self.group, self.key = held.group, held.key
        self.base_url = f"http://127.0.0.1:{self.server_port}"
        self.went_on = threading.Event()
        self.was_told = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def go_on(self) -> bool:
        """Whether it was still waiting."""
        self.was_told = not self.went_on.is_set()
        self.went_on.set()
        return self.was_told

    def __exit__(self, *_: object) -> None:
        self.went_on.set()
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    server: Waiting
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if not path.endswith("/runs"):
            body = self.server.held.status.encode()
            self.head("application/json", ("Content-Length", str(len(body))))
            self.wfile.write(body)
            return
        chunked = self.request_version != "HTTP/1.0"
        self.head("text/event-stream", *[("Transfer-Encoding", "chunked")] * chunked)
        self.close_connection = self.close_connection or not chunked
        for block in self.blocks(dict(urllib.parse.parse_qsl(query)).get("last_event_id", "")):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block) if chunked else block)
        self.wfile.write(b"0\r\n\r\n" * chunked)

    def head(self, content_type: str, *more: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in (("Content-Type", content_type), *more):
            self.send_header(name, value)
        self.end_headers()

    def blocks(self, cursor: str) -> Iterator[bytes]:
        for place, event in enumerate(self.server.held.after(cursor)):
            if cursor == "" and place == 1:
                self.server.went_on.wait(PATIENCE_S)
                self.server.went_on.set()
            yield f"event: task_run.state\ndata: {event}\n\n".encode()

    def log_message(self, *_: object) -> None:
        pass
