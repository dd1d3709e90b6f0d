"""The image makes each call of the API once, and meets each of the API's errors once.

The check itself asks the sandbox for the same; the answer must be the same JSON, and the words of the error the same.
"""

import json
import re

from checks.programs import Sandbox, Wrong, run

INPUT = '{"processor": "base", "input": "Who founded Acme?", "enable_events": true, "metadata": {"note": "a, b"}}'
INPUTS = f'{{"inputs": [{INPUT}]}}'
NO_RUN, NO_GROUP = "trun_" + 32 * "0", "tgrp_" + 32 * "0"
ONCE = ["--max-attempts", "1"]
UNKNOWN = '{"processor": "none", "input": "?"}'

# The name of the scenario, the arguments of the sandbox, the call, its path, its body, the status, and whether the
# server is asked with a key that is not its own.
ERRORS = [
    ("401, a wrong key", [], ["group", NO_GROUP], f"groups/{NO_GROUP}", None, 401, True),
    ("402, no credit", ["--answer", "402"], ["create_run", INPUT], "runs", INPUT, 402, False),
    ("403, not allowed", ["--answer", "403"], ["create_run", INPUT], "runs", INPUT, 403, False),
    ("404, no such group", [], ["add_runs", NO_GROUP, INPUTS], f"groups/{NO_GROUP}/runs", INPUTS, 404, False),
    ("404, no such run", [], ["run_result", NO_RUN], f"runs/{NO_RUN}/result", None, 404, False),
    ("422, mistakes by their places", [], ["create_run", "{}"], "runs", "{}", 422, False),
    ("422, what cannot be done", [], ["create_run", UNKNOWN], "runs", UNKNOWN, 422, False),
    ("429, too many", ["--answer", "429"], ["group", NO_GROUP], f"groups/{NO_GROUP}", None, 429, False),
    ("500, its own fault", ["--answer", "500"], ["group", NO_GROUP], f"groups/{NO_GROUP}", None, 500, False),
    ("503, not there", ["--answer", "503"], ["events", NO_GROUP], f"groups/{NO_GROUP}/events", None, 503, False),
]


def scenarios(desktop):
    """What each is called, and what runs it."""
    yield "each call", lambda: each(desktop, [])
    yield "each call, TLS", lambda: each(desktop, ["--tls"])
    for name, *scenario in ERRORS:
        yield f"error {name}", lambda scenario=scenario: refused(desktop, *scenario)
    yield "error 408, not in time", lambda: late(desktop)
    yield "error 404, no result", lambda: failed(desktop)
    yield "a call that there is not", lambda: unknown(desktop)


def each(desktop, tls):
    """How many calls there were."""
    with Sandbox(desktop, ["--output-bytes", "1500", "--failed", "0", *tls]) as sandbox:
        calls = []

        def call(*words):
            calls.append(words[0])
            image = run(sandbox, ["call", *words])
            if image.returncode != 0 or image.stderr:
                raise Wrong(f"{words[0]} has ended with {image.returncode}: {image.stderr}")
            return [json.loads(line) for line in image.stdout.splitlines()]

        def get(path):
            status, text = sandbox.ask(path)
            events = re.findall("(?m)^data: (.*)$", text)
            return [json.loads(event) for event in events] if events else [json.loads(text)]

        def same(path, *words):
            has, wants = call(*words), get(path)
            if has != wants:
                raise Wrong(f"{words[0]} gave {has} instead of {wants}")
            return has

        group = call("create_group", '{"metadata": {"k": "v"}}')[0]["taskgroup_id"]
        run_id = call("add_runs", group, INPUTS)[0]["run_ids"][0]
        # Until the run has ended, which a result waits for.
        result = same(f"runs/{run_id}/result", "run_result", run_id)[0]
        if "Who founded Acme?" not in json.dumps(result["output"]):
            raise Wrong(f"the result is {result}")
        state = same(f"groups/{group}", "group", group)[0]
        if state["metadata"] != {"k": "v"} or state["status"]["num_task_runs"] != 1:
            raise Wrong(f"the group is {state}")
        same(f"groups/{group}/runs", "runs", group)
        same(f"groups/{group}/events", "events", group, "--timeout", "5")
        same(f"groups/{group}/runs/{run_id}", "group_run", group, run_id)
        same(f"runs/{run_id}", "run", run_id)
        same(f"runs/{run_id}/events", "run_events", run_id)
        alone = call("create_run", INPUT)[0]["run_id"]
        asked = same(f"runs/{alone}/input", "run_input", alone)[0]
        if asked["input"] != "Who founded Acme?" or asked["metadata"] != {"note": "a, b"}:
            raise Wrong(f"it was asked {asked}")
        if len(set(calls)) != 11:
            raise Wrong(f"not every call was made, but {calls}")
        return f"{len(calls):4} calls"


def refused(desktop, faults, words, path, body, status, is_foreign):
    """What the server has said to both."""
    with Sandbox(desktop, faults) as sandbox:
        return same_refusal(sandbox, words, path, body, status, "another-key" if is_foreign else None)


def same_refusal(sandbox, words, path, body, status, key=None):
    """What the server has said to both."""
    has, text = sandbox.ask(path, body, key)
    if has != status:
        raise Wrong(f"the sandbox has answered {has}: {text}")
    answer = json.loads(text)
    message = answer["error"]["message"] if "error" in answer else answer["detail"][0]["msg"]
    image = run(sandbox, ["call", *words, *ONCE], key)
    if image.returncode != 1 or image.stdout or f"status {status}" not in image.stderr or message not in image.stderr:
        raise Wrong(f"the image has ended with {image.returncode}, without {message!r}: {image.stderr}")
    return f"{status} {message[:24]}"


def late(desktop):
    """A result that is not there in time."""
    with Sandbox(desktop, ["--running", "9000..9000"]) as sandbox:
        run_id = json.loads(sandbox.ask("runs", INPUT)[1])["run_id"]
        words = ["run_result", run_id, "--timeout", "1"]
        return same_refusal(sandbox, words, f"runs/{run_id}/result?timeout=1", None, 408)


def failed(desktop):
    """The result of a run that has failed."""
    with Sandbox(desktop, ["--failed", "1"]) as sandbox:
        run_id = json.loads(sandbox.ask("runs", INPUT)[1])["run_id"]
        return same_refusal(sandbox, ["run_result", run_id], f"runs/{run_id}/result", None, 404)


def unknown(desktop):
    """One that the image does not know, and one that lacks an id."""
    with Sandbox(desktop, []) as sandbox:
        for words in (["dance"], ["group_run", NO_GROUP], []):
            image = run(sandbox, ["call", *words])
            if image.returncode != 2 or image.stderr.count("\n") != 1 or sandbox.asked:
                raise Wrong(f"the image has ended with {image.returncode}: {image.stderr}")
    return "   3 of them"
