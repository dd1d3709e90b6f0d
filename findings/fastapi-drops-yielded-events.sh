#!/usr/bin/env bash
# FastAPI 0.165.0 drops events that an EventSourceResponse endpoint has already yielded when the generator then fails, and
# with a middleware that does nothing the rest still ends in order: the client sees 4 of 7 events, and a last chunk.
#
# The generator yields 7 events and raises. What a client sees depends on whether the generator has waited for something
# since its last event, and on whether there is a middleware (one with `@app.middleware("http")`):
#
#                              no middleware          a middleware that does nothing
#     it has waited            7, in order            7, in order
#     it has not waited        6, cut                 4, in order
#     StreamingResponse,       7, cut                 7, in order
#     for comparison
#
# FastAPI reads the generator in a task of its own, ahead of the answer (`_producer` in fastapi/routing.py), and the exception
# cancels what is on its way. So an event that was yielded has not been sent, and a last chunk does not tell a client that
# there is nothing more.
#
# Needs Python 3.10 or later with venv, and PyPI; takes half a minute. Exit code: 0 it is still so, 1 it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
    fastapi==0.165.0 starlette==1.10.0 uvicorn==0.54.0 anyio==4.16.0

cat >"$folder/try.py" <<'PYTHON'
import asyncio
import http.client
import socket
import sys
import threading

import fastapi
import uvicorn
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

COUNT, TIMES = 7, 20
EXPECTED = {
    ("waited", False): (7, "in order"), ("waited", True): (7, "in order"),
    ("not-waited", False): (6, "cut"), ("not-waited", True): (4, "in order"),
    ("streaming", False): (7, "cut"), ("streaming", True): (7, "in order"),
}


def application(has_middleware):
    app = fastapi.FastAPI()

    @app.get("/waited", response_class=EventSourceResponse)
    async def waited():
        for number in range(COUNT):
            yield ServerSentEvent(raw_data=str(number))
            await asyncio.sleep(0.01)
        raise RuntimeError

    @app.get("/not-waited", response_class=EventSourceResponse)
    async def not_waited():
        for number in range(COUNT):
            yield ServerSentEvent(raw_data=str(number))
        raise RuntimeError

    async def blocks():
        for number in range(COUNT):
            yield f"data: {number}\n\n"
        raise RuntimeError

    @app.get("/streaming")
    async def streaming():
        return StreamingResponse(blocks(), media_type="text/event-stream")

    if has_middleware:

        @app.middleware("http")
        async def hand_on(request, call_next):
            return await call_next(request)

    return app


def seen(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    try:
        body, end = connection.getresponse().read(), "in order"
    except http.client.IncompleteRead as cut:
        body, end = cut.partial, "cut"
    connection.close()
    return body.count(b"data: "), end


print(f"FastAPI {fastapi.__version__}: {COUNT} events, then an exception; {TIMES} answers each")
same = True
for has_middleware in False, True:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(has_middleware), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    for name in "waited", "not-waited", "streaming":
        found = {seen(listener.getsockname()[1], f"/{name}") for _ in range(TIMES)}
        same = same and found == {EXPECTED[name, has_middleware]}
        print(f"{name:10}, {'a' if has_middleware else 'no'} middleware: {sorted(found)}")
    server.should_exit = True
    thread.join()
sys.exit(0 if same else "this has changed")
PYTHON
"$folder/venv/bin/python" "$folder/try.py"
