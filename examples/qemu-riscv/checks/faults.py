"""The desktop program and the image stream the same from a sandbox with faults, plain and over TLS.

Each of the two has a sandbox of its own, with the same group and the same faults. The desktop program prints the
events whole; the check computes from them what the image must print.
"""

from checks import comparison
from checks.programs import IMAGE, Sandbox, stream

# Runs of a size that most connections bring some of, however they are cut.
SMALL = ["--runs", "200", "--output-bytes", "3000"]

# The one that is about plaintext.
PLAINTEXT = "plaintext to another machine"

# The name of the scenario, the arguments of the sandbox, those of both programs, the exit code of both, and how
# often both must print some words on stderr.
SCENARIOS = [
    ("no fault", [], [], 0, {}),
    ("inputs, v1, one status", [], ["--include-input", "--api-version", "v1", "--status", "completed"], 0, {}),
    ("from an event on", ["--awkward-ids", "--cut-events", "30", "--cut-times", "2"], [], 0,
     {"continues after": 2}),
    ("cut at random bytes", [*SMALL, "--cut-random", "40000", "--cut-times", "8"], [], 0, {"tries again": 8}),
    ("reset at random bytes", [*SMALL, "--cut-random", "40000", "--cut-times", "5", "--cut-reset"], [], 0,
     {"tries again": 5}),
    ("chunks of one byte", ["--runs", "10", "--chunk-bytes", "1"], [], 0, {}),
    ("writes of one byte", ["--runs", "3", "--output-bytes", "3000", "--write-bytes", "1"], [], 0, {}),
    ("each form of a line", ["--line-end", "cr", "--comments", "--pings", "--id-lines", "--data-lines"], [], 0, {}),
    ("silence beyond the idle timeout", ["--stall-events", "20", "--stall-times", "3"], ["--idle-timeout", "1"], 0,
     {"silent": 3}),
    ("429 with Retry-After", ["--answer", "429", "--answer-times", "3", "--retry-after", "1"], [], 0,
     {"status 429": 3}),
    ("error events", ["--error-events", "30", "--error-times", "2"], [], 0, {"error event": 2}),
    ("the cursor's event repeated", ["--repeat-cursor", "--cut-events", "30", "--cut-times", "2"], [], 0,
     {"continues after": 2}),
    ("the cursor ignored", ["--ignore-cursor", "--cut-events", "30", "--cut-times", "2"], [], 0,
     {"continues after": 2}),
    ("neither length nor chunks", ["--until-close"], [], 0, {}),
    ("broken events", ["--broken-every", "10"], [], 3, {"skipped: event": 10, "10 events were skipped": 1}),
    ("no content", ["--answer", "204"], [], 0, {}),
    ("503 forever", ["--answer", "503"], ["--max-attempts", "2"], 1, {"status 503": 2}),
    ("a wrong content type", ["--content-type", "text/html"], [], 1, {"content type": 1}),
    ("a content encoding", ["--header", "content-encoding: gzip"], [], 1, {"content encoding": 1}),
    ("a redirect elsewhere", ["--redirect", "https://example.org/"], [], 1, {"redirect": 1}),
    ("an id that is refused", [], ["--last-event-id", "x"], 1, {"status 422": 1, "continue with": 0}),
    ("an id with odd characters", ["--answer", "402"], ["--last-event-id", "-a, b\"'é%"], 1,
     {"status 402": 1, r"""continue with --last-event-id '-a, b"'\''é%'""": 1}),
    ("an id that is too long", [], ["--last-event-id", 129 * "x"], 2, {"1 to 128 bytes": 1}),
    (PLAINTEXT, [], ["--base-url", "http://192.0.2.1"], 2, {"plaintext to 192.0.2.1": 1}),
    ("2,000 runs, cut", ["--runs", "2000", "--cut-random", "20000000", "--cut-times", "3"], [], 0, {}),
    ("outputs of 300 KB", ["--runs", "10", "--output-bytes", "300000"], [], 0, {}),
    ("an output of 20 MB", ["--runs", "1", "--output-bytes", "20000000"], [], 0, {}),
    ("a text of 2 MB in it", ["--runs", "1", "--output-bytes", "20000000", "--seed", "64"], [], 0, {}),
]


def scenarios(desktop):
    """What each is called, and what runs it."""
    for name, *scenario in SCENARIOS:
        yield name, lambda scenario=scenario: run(desktop, *scenario)
    for name, faults, *scenario in SCENARIOS:
        if name != PLAINTEXT:
            yield f"{name}, TLS", lambda faults=faults, scenario=scenario: run(desktop, [*faults, "--tls"], *scenario)


def run(desktop, faults, arguments, code, said):
    """How many events both have printed."""
    programs = []
    for name, client in (("the desktop program", desktop), ("the image", IMAGE)):
        with Sandbox(desktop, faults) as sandbox:
            programs.append(stream(client, sandbox, arguments))
        comparison.ended(name, programs[-1], code, said)
    return comparison.same(*programs)
