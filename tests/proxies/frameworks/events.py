"""What the servers have in common: a generator of the events in a file, which continues after a cursor and fails after a
number of events. The file and the number come from the command line.
"""

import json
import pathlib
import socket
import sys
from collections.abc import Callable, Iterator

GROUP = "/v1beta/tasks/groups/{group}"
RUNS = f"{GROUP}/runs"
HELD = json.loads(pathlib.Path(sys.argv[1]).read_text())
EVENTS: list[str] = HELD["events"]
STATUS: str = HELD["status"]
MOST = int(sys.argv[2])


def after(cursor: str) -> Iterator[str]:
    ids = [json.loads(event)["event_id"] for event in EVENTS]
    for sent, event in enumerate(EVENTS[ids.index(cursor) + 1 if cursor else 0 :]):
        if sent == MOST:
            raise RuntimeError("the generator fails on purpose")
        yield event


def block(event: str) -> str:
    return f"event: task_run.state\ndata: {event}\n\n"


def listening() -> socket.socket:
    """A socket that listens on a free port, when that has been said."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"PORT={listener.getsockname()[1]}", flush=True)
    return listener


def serve(application: Callable[..., object]) -> None:
    """Serves with uvicorn, until it is killed."""
    import uvicorn

    with listening() as listener:
        uvicorn.Server(uvicorn.Config(application, log_level="critical")).run(sockets=[listener])
