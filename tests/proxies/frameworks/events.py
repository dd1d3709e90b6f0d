"""A file of events, and a number, from the command line in; a generator out that goes on after a cursor and fails after so
many; and what all the servers have in common.
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
            raise RuntimeError("the generator fails, as it was told")
        yield event


def block(event: str) -> str:
    return f"event: task_run.state\ndata: {event}\n\n"


def listening() -> socket.socket:
    """A socket that listens on a free port, when that has been said."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"PORT={listener.getsockname()[1]}", flush=True)
    return listener


def serve(application: Callable[..., object]) -> None:
    """By uvicorn, for ever."""
    import uvicorn

    with listening() as listener:
        uvicorn.Server(uvicorn.Config(application, log_level="critical")).run(sockets=[listener])
