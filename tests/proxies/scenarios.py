"""What the program and the image must do behind each proxy, and with each framework whose generator fails.

Each scenario compares with what the origin sends without a fault and without a proxy.
"""

import json
import pathlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial

from checks import comparison
from checks.programs import IMAGE, Sandbox, Wrong, started
from origins import Framework, Held, Waiting, first_answer
from proxies import Proxy

# What an origin sends before it dies, and a group that takes several answers of that, the last of them shorter.
MOST = 7
RUNS = ["--runs", str(3 * MOST + 2)]
DIES = ["--cut-events", str(MOST)]
OUTPUTS = ["--include-output"]

NGINX_1_1 = "proxy_http_version 1.1;"
NGINX_TLS = f"{NGINX_1_1} proxy_buffering off;"
LIGHTTPD_STREAMS = "server.stream-response-body = 1"


def reset_after(events: int) -> list[str]:
    """A moment later, when the proxy has taken what was sent: with a reset that comes along, nginx may drop that or not."""
    count = str(events)
    return ["--cut-events", count, "--cut-reset", "--stall-events", count, "--stall-seconds", "0.1"]


IS_RESET = reset_after(MOST)

# What it is called, the proxy, its settings, the fault of the origin, and whether the proxy always makes
# an orderly end of it (lighttpd that streams does now and then).
BEHIND = [
    ("nginx as it comes, FIN", "nginx", "", DIES, True),
    ("nginx by HTTP/1.1, FIN", "nginx", NGINX_1_1, DIES, False),
    ("caddy, FIN", "caddy", "", DIES, True),
    ("lighttpd as it comes, FIN", "lighttpd", "", DIES, True),
    ("lighttpd that streams, FIN", "lighttpd", LIGHTTPD_STREAMS, DIES, False),
    ("haproxy, FIN", "haproxy", "", DIES, False),
    ("nginx by HTTP/1.1, RST", "nginx", NGINX_1_1, IS_RESET, False),
    ("caddy, RST", "caddy", "", IS_RESET, True),
    ("lighttpd as it comes, RST", "lighttpd", "", IS_RESET, True),
    ("lighttpd that streams, RST", "lighttpd", LIGHTTPD_STREAMS, IS_RESET, False),
    ("haproxy, RST", "haproxy", "", IS_RESET, False),
]
FOR_THE_IMAGE = ["nginx as it comes, FIN", "caddy, RST"]

# nginx drops what it still holds when it is reset: all of an answer that is shorter than its buffer, the tail of others.
NOTHING_COMES = [
    ("nginx as it comes, RST, nothing", IS_RESET, []),
    ("nginx as it comes, RST, parts", [*reset_after(1), "--output-bytes", "100000"], OUTPUTS),
]
# What the program says then.
HELD_BACK = "proxy"

LIVE = [
    ("nginx by HTTP/1.1, live", "nginx", NGINX_1_1, False),
    ("nginx without buffering over TLS, live", "nginx", NGINX_TLS, True),
    ("lighttpd that streams, live", "lighttpd", LIGHTTPD_STREAMS, False),
    ("caddy, live", "caddy", "", False),
    ("haproxy, live", "haproxy", "", False),
]

# How long a client may take.
LIMIT_S = 90

# How often an answer is looked at, until it is what a scenario is about.
LOOKS = 5


def scenarios(desktop: pathlib.Path, folder: pathlib.Path) -> Iterator[tuple[str, Callable[[], int]]]:
    """What each is called, and what runs it. The folder is theirs."""
    held = Held.by(desktop, RUNS)
    for name, *scenario in BEHIND:
        yield name, partial(behind, desktop, desktop, held, *scenario)
        if name in FOR_THE_IMAGE:
            yield f"{name}, the image", partial(behind, desktop, IMAGE, held, *scenario)
    for name in ("tornado", "fastapi", "starlette"):
        yield f"{name}, a generator that fails", partial(failing, desktop, held, name, folder)
    for name, *scenario in NOTHING_COMES:
        yield name, partial(nothing_comes, desktop, *scenario)
    for name, *scenario in LIVE:
        yield name, partial(live, desktop, held, *scenario)


def behind(
    desktop: pathlib.Path, client: pathlib.Path, held: Held, kind: str, settings: str, fault: list[str], orderly: bool
) -> int:
    with Sandbox(desktop, [*RUNS, *fault]) as origin, Proxy(kind, origin, settings) as proxy:
        is_cut_short(proxy, orderly)
        return whole(client, held, ended(started(client, proxy, OUTPUTS)))


def failing(desktop: pathlib.Path, held: Held, name: str, folder: pathlib.Path) -> int:
    with Framework(name, held, held.saved(folder / f"{name}.json"), MOST) as server:
        is_cut_short(server, True)
        return whole(desktop, held, ended(started(desktop, server, OUTPUTS)))


def nothing_comes(desktop: pathlib.Path, fault: list[str], arguments: list[str]) -> int:
    with Sandbox(desktop, [*RUNS, *fault]) as origin, Proxy("nginx", origin) as proxy:
        done = ended(started(desktop, proxy, [*arguments, "--max-attempts", "3"]))
    comparison.ended("the client", done, 1, {})
    if done.stdout != "" or HELD_BACK not in done.stderr.lower():
        raise Wrong(f"{done.stdout.count(chr(10))} events, and {HELD_BACK!r} is not in: {done.stderr}")
    return 0


def live(desktop: pathlib.Path, held: Held, kind: str, settings: str, tls: bool) -> int:
    """The origin continues when the first event was printed, and not before."""
    with Waiting(held) as origin, Proxy(kind, origin, settings, tls) as proxy:
        client = started(desktop, proxy, OUTPUTS)
        first = client.stdout.readline()
        was_waiting = origin.go_on()
        done = ended(client, first)
    if not was_waiting:
        raise Wrong(f"the first event was held back: {done.stderr}")
    return whole(desktop, held, done)


def is_cut_short(server: Proxy | Framework, orderly: bool) -> None:
    """Is an answer as it has to be, for the scenario to be what it is called?"""
    # A reset may overtake what was sent before it: then there is nothing to be seen, and another try.
    for _ in range(LOOKS):
        events, in_order = first_answer(server)
        if 0 < len(events) <= MOST and (in_order or not orderly):
            return
    raise Wrong(f"an answer has {len(events)} events and ends {'in order' if in_order else 'cut'}: not what is to be tried")


def ended(client: subprocess.Popen, printed: str = "") -> subprocess.CompletedProcess:
    """What the client has printed in all, when it has ended."""
    limit = threading.Timer(LIMIT_S, client.terminate)
    limit.start()
    stdout, stderr = client.stdout.read(), client.stderr.read()
    code = client.wait()
    limit.cancel()
    return subprocess.CompletedProcess(client.args, code, printed + stdout, stderr)


def whole(client: pathlib.Path, held: Held, done: subprocess.CompletedProcess) -> int:
    """How many events were printed: all that are held, each once and in order."""
    comparison.ended("the client", done, 0, {})
    lines = done.stdout.split("\n")[:-1]
    expected = [comparison.summary(event) for event in held.events] if client == IMAGE else held.events
    printed = [json.loads(line) for line in lines] if client == IMAGE else lines
    for place, (wants, has) in enumerate(zip(expected, printed)):
        if wants != has:
            raise Wrong(f"event {place} is {has} instead of {wants}")
    if len(expected) != len(printed):
        raise Wrong(f"{len(printed)} of {len(expected)} events: {done.stderr}")
    return len(printed)
