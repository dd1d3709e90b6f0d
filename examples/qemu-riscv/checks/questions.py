"""The image asks questions, and prints the answer of each, once, over one connection if nothing breaks.

What it prints is held against the runs that the sandbox has in the end.
"""

import json
import pathlib
import re
import tempfile

from checks import comparison
from checks.programs import Sandbox, Wrong, run

ONE = ["Who founded Acme?"]
SOME = ["Who founded Acme?", 'And "Globex", 50 % of it?', "Wie heißt der Gründer von Müller & Söhne?", "x" * 3000, "5"]
# Bytes that the image shows of a content.
SHOWN = 400
LOST = ["--lose-answers", "1", "--lose-times", "2"]
CUT = ["--cut-random", "4000", "--cut-random-least", "800", "--cut-times", "6"]

# The name of the scenario, the arguments of the sandbox, the questions, and whether one connection is enough.
SCENARIOS = [
    ("a question", ["--failed", "0"], ONE, True),
    ("five questions", ["--failed", "0"], SOME, True),
    ("questions whose runs fail", ["--failed", "1"], SOME, True),
    ("questions whose runs are cancelled, or fail", ["--failed", "0.4", "--cancelled", "0.4"], SOME, True),
    ("questions, answers of POSTs lost", [*LOST, "--failed", "0"], SOME, False),
    ("questions, cut at random bytes", CUT, SOME, False),
    ("questions, 429", ["--answer", "429", "--answer-times", "2", "--retry-after", "1"], SOME, False),
]


def scenarios(desktop):
    """What each is called, and what runs it."""
    for name, *scenario in SCENARIOS:
        yield name, lambda scenario=scenario: ask(desktop, [], *scenario)
        yield f"{name}, TLS", lambda scenario=scenario: ask(desktop, ["--tls"], *scenario)


def ask(desktop, tls, faults, questions, once):
    """How many answers there were, over how many connections."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report")
        with Sandbox(desktop, ["--output-bytes", "1500", "--report", report, *tls, *faults]) as sandbox:
            image = run(sandbox, ["ask", *questions])
            comparison.ended("the image", image, 0, {"asks in group": 1})
            group = re.search("asks in group (\\S+)", image.stderr)[1]
            status, stream = sandbox.ask(f"groups/{group}/runs?include_input=true&include_output=true")
            asked = sandbox.asked
        counts = json.loads(report.read_text())
    if status != 200:
        raise Wrong(f"the sandbox has answered {status}: {stream}")
    compare(questions, re.findall("(?m)^data: (.*)$", stream), image.stdout.splitlines())
    connections = counts["connections"] - asked
    if tls and counts["handshakes"] != counts["connections"]:
        raise Wrong(f"{counts['handshakes']} handshakes on {counts['connections']} connections")
    if once and connections != 1:
        raise Wrong(f"{connections} connections instead of 1: {image.stderr}")
    return f"{len(questions):4} answers over {connections} connection{'s'[:connections != 1]}"


def compare(questions, events, lines):
    """Each question has one run, and each run one line, which says what the run gave."""
    runs = sorted(events, key=lambda event: number(json.loads(event)))
    if [json.loads(event)["input"]["input"] for event in runs] != questions:
        raise Wrong(f"other questions were asked: {runs}")
    answers = sorted((json.loads(line) for line in lines), key=lambda answer: answer["input"])
    if len(answers) != len(questions):
        raise Wrong(f"{len(answers)} answers instead of {len(questions)}: {lines}")
    for place, (event, answer) in enumerate(zip(runs, answers)):
        error = json.loads(event)["run"].get("error")
        whole = comparison.text(event)
        wants = comparison.summary(event) | {"input": place, "error": error["message"][:160] if error else None}
        has = answer | {"type": wants["type"], "event_id": wants["event_id"]}
        shown = has.pop("content")
        if has != wants or not whole.startswith(shown):
            raise Wrong(f"the answer is {answer} instead of {wants}")
        if min(SHOWN, len(whole.encode())) - len(shown.encode()) not in range(4):
            raise Wrong(f"{len(shown.encode())} bytes of the content are shown")
        if answer["status"] == "completed" and questions[place][:20] not in unescaped(whole):
            raise Wrong(f"the answer to {questions[place]!r} is {whole!r}")


def number(event):
    """The number of the input of a run."""
    return event["run"]["metadata"]["input_number"]


def unescaped(content):
    """The texts in a content, which may be JSON."""
    return content.replace('\\"', '"')
