#!/usr/bin/env python3
"""Calls with their arguments in, the requests that the service's official client writes for them out: `tests/cases/requests.json`.

Each call of `client.task_group` and `client.task_run` is made with each of its fields, against a sandbox that records what
it gets. The sandbox must accept every one of them. What it recorded must be what the table holds.

    venv/bin/python tests/python/requests_of_the_client.py target/debug/taskgroup            # compare
    venv/bin/python tests/python/requests_of_the_client.py target/debug/taskgroup --write    # make the table again

A row has `id`, `call` (a method of the client), `arguments` (by keyword) and `request`: `method`, `path`, `query` (a list of
`[name, value]`, decoded), `headers` (`accept`, `content-type` and `parallel-beta`, if sent) and `body` (null: none).

Exit codes: 0 the same, 1 not the same.

Limits: the ids of groups and runs are replaced by `tgrp_1` and `trun_1`. Headers that depend on the client's version or on
the machine are left out.
"""

import argparse
import json
import pathlib
import sys
import tempfile

from server import client, expect, sandbox

TABLE = pathlib.Path(__file__).resolve().parent.parent / "cases" / "requests.json"
GROUP, RUN = "tgrp_1", "trun_1"
# What the sandbox is asked to call its first run and its first event: with all that a query has to encode.
CURSOR, EVENT_CURSOR = "1+/=&% é", "e1+/=&% é"
HEADERS = ["accept", "content-type", "parallel-beta"]
STATUSES = ["queued", "action_required", "running", "completed", "failed", "cancelling", "cancelled"]

JSON_SCHEMA = {
    "type": "json",
    "json_schema": {
        "type": "object",
        "properties": {
            "gdp": {"type": "string", "description": "GDP in USD, such as '$3.1 trillion (2023)'"},
            "größe": {"type": "number", "minimum": 0.5},
            "cities": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        },
        "required": ["gdp"],
        "additionalProperties": False,
    },
}
TEXT_SCHEMA = {"type": "text", "description": "Ein Bericht über \"alles\": größer, 🚀,\nzwei Zeilen"}
METADATA = {"team": "größe 🚀", "row": 7, "share": 0.5, "checked": True, "empty": ""}
SERVER = {
    "type": "url",
    "url": "https://mcp.example.org/sse?a=b",
    "name": "atlas",
    "headers": {"Authorization": "Bearer x", "X-Two": "2"},
    "allowed_tools": ["look_up", "compare"],
}

# Each field of a RunInput besides `input` and `processor`: its name, and values that show its forms.
FIELDS = {
    "metadata": [METADATA, {}, None],
    "source_policy": [
        {"include_domains": ["example.org", ".gov"], "exclude_domains": [], "after_date": "2024-01-31"},
        {"exclude_domains": ["reddit.com", "youtube.com/shorts"]},
        {"after_date": None},
        {},
        None,
    ],
    "task_spec": [
        {"output_schema": JSON_SCHEMA, "input_schema": JSON_SCHEMA},
        {"output_schema": TEXT_SCHEMA, "input_schema": {"type": "text", "description": "A country"}},
        {"output_schema": {"type": "text"}},
        {"output_schema": {"type": "text", "description": None}, "input_schema": None},
        {"output_schema": {"type": "auto"}},
        {"output_schema": "The GDP of the country", "input_schema": "A country"},
        None,
    ],
    "mcp_servers": [
        [SERVER, {"url": "https://mcp.example.net", "name": "other"}],
        [{"type": "url", "url": "https://mcp.example.net", "name": "other", "headers": None, "allowed_tools": None}],
        [],
        None,
    ],
    "enable_events": [True, False, None],
    "webhook": [
        {"url": "https://hooks.example.org/done?x=1", "event_types": ["task_run.status"]},
        {"url": "https://hooks.example.org/done"},
        None,
    ],
    "previous_interaction_id": ["trun_1", None],
    "advanced_settings": [
        {"location": "de"},
        {"data_sources": {"free": ["atlas"], "pay_per_use": ["ledger"]}, "location": None},
        {},
        None,
    ],
    "memory_scope_key": ["scope-1", None],
}
ALL_FIELDS = {name: values[0] for name, values in FIELDS.items()}
OBJECT = {"company": "Größe & Söhne", "year": 2023, "share": -0.25, "listed": True, "parent": None, "cities": ["Zürich", {"id": 1}]}
MINIMAL = {"input": "France (2023)", "processor": "core"}
LONG = "Größe? 🚀 \"quoted\" \\ tab\there\u2028 " * 200


def cases():
    """The rows without their requests: an id, a call, its arguments."""
    group, run = {"task_group_id": GROUP}, {"run_id": RUN}
    yield "create group", "task_group.create", {}
    for number, metadata in enumerate(FIELDS["metadata"]):
        yield f"create group, metadata {number}", "task_group.create", {"metadata": metadata}
    yield "retrieve group", "task_group.retrieve", group

    inputs = {**group, "inputs": [MINIMAL]}
    yield "add runs", "task_group.add_runs", inputs
    yield "add runs, several", "task_group.add_runs", {**group, "inputs": [MINIMAL, {"input": OBJECT, "processor": "lite"}, {"input": LONG, "processor": "ultra8x"}]}
    for refresh in True, False:
        yield f"add runs, refresh_status {refresh}", "task_group.add_runs", {**inputs, "refresh_status": refresh}
    for number, spec in enumerate(FIELDS["task_spec"]):
        yield f"add runs, default_task_spec {number}", "task_group.add_runs", {**inputs, "default_task_spec": spec}
    yield "add runs, betas", "task_group.add_runs", {**inputs, "betas": ["webhook-2025-08-12", "field-basis-2025-11-25"]}
    for name, values in FIELDS.items():
        for number, value in enumerate(values):
            yield f"add runs, {name} {number}", "task_group.add_runs", {**group, "inputs": [{**MINIMAL, name: value}]}
    everything = {"inputs": [{**MINIMAL, **ALL_FIELDS}], "default_task_spec": FIELDS["task_spec"][1], "refresh_status": False, "betas": ["mcp-server-2025-07-17"]}
    yield "add runs, everything", "task_group.add_runs", {**group, **everything}

    yield "events of a group", "task_group.events", group
    yield "events of a group, last_event_id", "task_group.events", {**group, "last_event_id": EVENT_CURSOR}
    for timeout in 30, 0.5, 0.0, None:
        yield f"events of a group, timeout {timeout}", "task_group.events", {**group, "api_timeout": timeout}
    yield "events of a group, everything", "task_group.events", {**group, "last_event_id": EVENT_CURSOR, "api_timeout": 12.5}

    yield "runs of a group", "task_group.get_runs", group
    yield "runs of a group, last_event_id", "task_group.get_runs", {**group, "last_event_id": CURSOR}
    for name in "include_input", "include_output":
        for value in True, False:
            yield f"runs of a group, {name} {value}", "task_group.get_runs", {**group, name: value}
    for status in STATUSES:
        yield f"runs of a group, status {status}", "task_group.get_runs", {**group, "status": status}
    everything = {"include_input": True, "include_output": True, "last_event_id": CURSOR, "status": "completed"}
    yield "runs of a group, everything", "task_group.get_runs", {**group, **everything}
    yield "run of a group", "task_group.retrieve_run", {**run, **group}

    yield "create run", "task_run.create", MINIMAL
    yield "create run, object", "task_run.create", {"input": OBJECT, "processor": "pro-fast"}
    yield "create run, long", "task_run.create", {"input": LONG, "processor": "base"}
    for name, values in FIELDS.items():
        for number, value in enumerate(values):
            yield f"create run, {name} {number}", "task_run.create", {**MINIMAL, name: value}
    yield "create run, betas", "task_run.create", {**MINIMAL, "betas": ["events-sse-2025-07-24"]}
    yield "create run, everything", "task_run.create", {**MINIMAL, **ALL_FIELDS, "betas": ["mcp-server-2025-07-17", "webhook-2025-08-12"]}
    yield "retrieve run", "task_run.retrieve", run
    yield "input of a run", "task_run.retrieve_input", run
    yield "events of a run", "task_run.events", run
    yield "result of a run", "task_run.result", run
    yield "result of a run, timeout", "task_run.result", {**run, "api_timeout": 30}
    yield "result of a run, betas", "task_run.result", {**run, "betas": ["field-basis-2025-11-25"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="`taskgroup`, or `taskgroup-sandbox` with --sandbox")
    parser.add_argument("--sandbox", action="store_true", help="the program is the sandbox itself")
    parser.add_argument("--write", action="store_true", help="write the table instead of comparing with it")
    arguments = parser.parse_args()
    rows = record([arguments.program] if arguments.sandbox else [arguments.program, "sandbox"])
    if arguments.write:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        TABLE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        print(f"wrote {len(rows)} requests of {len({row['call'] for row in rows})} calls to {TABLE.name}")
        return 0
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    expect("the ids of the rows", [row["id"] for row in rows], [row["id"] for row in table])
    for have, want in zip(rows, table):
        expect(f"the request of {have['id']!r}; --write makes the table again", have, want)
    print(f"the official client writes the {len(rows)} requests of {len({row['call'] for row in rows})} calls that the table holds")
    return 0


def record(server):
    """The rows, with what the sandbox recorded of each call."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "requests.jsonl")
        flags = ["--runs", "1", "--failed", "0", "--awkward-ids", "--record", str(file)]
        with sandbox(server, *flags) as settings:
            # Another client than the one that is recorded must not count.
            api = client(settings, max_retries=0)
            group = settings["TASKGROUP_ID"]
            # To the end of the stream, so that nothing of it is left to be closed during the calls below.
            [run] = [event.run.run_id for event in api.task_group.get_runs(group)]
            before = len(lines_of(file))
            rows = []
            for name, call, arguments in cases():
                make(api, call, json.loads(json.dumps(arguments).replace(GROUP, group).replace(RUN, run)))
                rows.append({"id": name, "call": call, "arguments": arguments})
            lines = lines_of(file)[before:]
    expect("the number of requests", len(lines), len(rows))
    for row, line in zip(rows, lines):
        request = json.loads(line.replace(group, GROUP).replace(run, RUN))
        request["headers"] = {name: request["headers"][name] for name in HEADERS if name in request["headers"]}
        row["request"] = request
    return rows


def lines_of(file):
    """The lines of a file. Only LF ends one: `splitlines` would split at U+2028 as well."""
    return file.read_text(encoding="utf-8").rstrip("\n").split("\n")


def make(api, call, arguments):
    """Makes one call. A stream is left as soon as its head is there."""
    resource, method = call.split(".")
    answer = getattr(getattr(api, resource), method)(**arguments)
    if hasattr(answer, "response"):
        answer.response.close()


if __name__ == "__main__":
    sys.exit(main())
