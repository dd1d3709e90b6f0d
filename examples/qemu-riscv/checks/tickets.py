"""The image resumes its TLS session when a stream breaks: by the server's own count there is one full handshake.

A server that has forgotten its tickets costs full handshakes, and no event.
"""

import json
import pathlib
import tempfile

from checks import comparison
from checks.programs import IMAGE, Sandbox, Wrong, stream

CUTS = 20
# Each connection but the last is cut long before the end of the stream.
MANY = [
    "--tls", "--runs", "2000", "--output-bytes", "3000",
    "--cut-random", "250000", "--cut-random-least", "100000", "--cut-times", str(CUTS),
]


def scenarios(desktop):
    """What each is called, and what runs it."""
    yield "2,000 runs, 20 cuts, resumed", lambda: run(desktop, [], CUTS)
    yield "2,000 runs, 20 cuts, tickets forgotten", lambda: run(desktop, ["--forget-tickets"], 0)


def run(desktop, faults, resumed):
    """How many events came, each once, and over which handshakes."""
    with Sandbox(desktop, [*MANY, *faults]) as sandbox:
        whole = stream(desktop, sandbox, [])
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report")
        with Sandbox(desktop, [*MANY, *faults, "--report", report]) as sandbox:
            image = stream(IMAGE, sandbox, [])
        counts = json.loads(report.read_text())
    for name, program in (("the desktop program", whole), ("the image", image)):
        comparison.ended(name, program, 0, {"tries again": CUTS})
    events = comparison.same(whole, image)
    expected = {"connections": CUTS + 1, "handshakes": CUTS + 1, "resumed": resumed, "cuts": CUTS}
    has = {name: counts[name] for name in expected}
    if has != expected:
        raise Wrong(f"the server has counted {has} instead of {expected}")
    return f"{events:4} events over {CUTS + 1 - resumed} full handshakes and {resumed} resumed ones"
