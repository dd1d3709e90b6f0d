#!/usr/bin/env python3
"""The sandbox and the program `taskgroup` in, one verdict out: does the service's official client see the same?

The official client makes a group in a sandbox, adds runs, follows their events, and fetches them with their outputs.
Then `taskgroup runs` fetches the same group, undisturbed and over connections that are cut all the time, and must print the same.

    python3 -m venv venv && venv/bin/pip install -r tests/python/requirements.txt
    venv/bin/python tests/python/official_client.py target/debug/taskgroup

Exit codes: 0 the same, or skipped, with the reason on stdout; 1 not the same.

Limits: needs Python 3.9. Without the program, `--sandbox target/debug/taskgroup-sandbox` tests the official client alone.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

try:
    import parallel
    import pydantic
    from server import client, expect, sandbox
except ImportError:
    parallel = None

COUNT = 40


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", nargs="?", default=os.environ.get("TASKGROUP_PROGRAM"), help="`taskgroup` [default: $TASKGROUP_PROGRAM]")
    parser.add_argument("--sandbox", help="`taskgroup-sandbox`, to take its place as a server")
    arguments = parser.parse_args()
    if parallel is None:
        return skip("the package parallel-web is not installed")
    program = arguments.program and shutil.which(arguments.program)
    server = [arguments.sandbox] if arguments.sandbox else program and [program, "sandbox"]
    if not server:
        return skip(f"no such program: {arguments.program}")
    follow_a_live_group(server)
    run_alone(server)
    compare(program, server, ["--runs", str(COUNT)])
    compare(program, server, ["--runs", str(COUNT), "--awkward-ids", "--id-lines", "--line-end", "crlf"])
    # Without ids: after one, the official client takes a comment in a block of its own for an event.
    compare(program, server, ["--runs", str(COUNT), "--awkward-ids", "--comments"])
    compare(program, server, ["--runs", "12", "--output-bytes", "400000"])
    compare(program, server, ["--runs", str(COUNT), "--write-bytes", "1000", "--chunk-bytes", "7"])
    check_errors(server)
    return 0


def skip(reason):
    print(f"SKIPPED: {reason}")
    return 0


def follow_a_live_group(server):
    """Everything that one does with a group, while its runs go their way."""
    with sandbox(server, "--live", "--speed", "20", "--runs", "0") as settings:
        api = client(settings)
        group = api.task_group.create(metadata={"team": "größe"})
        expect("the metadata", api.task_group.retrieve(group.task_group_id).metadata, {"team": "größe"})
        inputs = [{"processor": "core", "input": f"Größe von {row}? 🚀", "metadata": {"row": str(row)}} for row in range(COUNT)]
        spec = {"output_schema": {"type": "text", "description": "A report."}}
        first = api.task_group.add_runs(group.task_group_id, inputs=inputs[:30], default_task_spec=spec)
        second = api.task_group.add_runs(group.task_group_id, inputs=inputs[30:])
        ids = first.run_ids + second.run_ids
        expect("the number of runs", second.status.num_task_runs, COUNT)

        events = list(api.task_group.events(group.task_group_id))
        ended = [event.run.run_id for event in events if event.type == "task_run.state"]
        expect("the runs that ended", sorted(ended), sorted(ids))
        expect("the last status", [event for event in events if event.type == "task_group_status"][-1].status.is_active, False)
        middle = len(events) // 2
        rest = list(api.task_group.events(group.task_group_id, last_event_id=events[middle].event_id))
        expect("the events after a cursor", rest, events[middle + 1 :])

        runs = list(api.task_group.get_runs(group.task_group_id, include_input=True, include_output=True))
        expect("the order of the runs", [event.run.run_id for event in runs], ids)
        expect("the inputs", [event.input.input for event in runs], [one["input"] for one in inputs])
        after = list(api.task_group.get_runs(group.task_group_id, last_event_id=second.run_cursor))
        expect("the runs after the cursor of an addition", [event.run.run_id for event in after], second.run_ids)
        for event in runs:
            run = api.task_group.retrieve_run(event.run.run_id, task_group_id=group.task_group_id)
            expect("a run of a group", run, event.run)
            if run.status == "completed":
                expect("a result", api.task_run.result(run.run_id).output, event.output)
            progress = [item.type for item in api.task_run.events(run.run_id)]
            expect("the ends of a run's events", (progress[0], progress[-1]), ("task_run.state", "task_run.state"))
        failed = list(api.task_group.get_runs(group.task_group_id, status="failed"))
        expect("the failed runs", [event.run for event in failed], [event.run for event in runs if event.run.status == "failed"])
        print(f"the official client followed {len(ended)} runs of a live group to their end")


def run_alone(server):
    """A run without a group: created, looked at, waited for; and in one call, with its output as an object."""

    class Answer(pydantic.BaseModel):
        gdp: str = pydantic.Field(description="GDP in USD")
        cities: list[str]

    with sandbox(server, "--failed", "0") as settings:
        api = client(settings)
        run = api.task_run.create(input={"country": "France"}, processor="core", metadata={"row": 1}, enable_events=True)
        expect("a new run", (run.status, run.is_active, run.metadata), ("queued", True, {"row": 1}))
        expect("its input", api.task_run.retrieve_input(run.run_id).input, {"country": "France"})
        events = list(api.task_run.events(run.run_id))
        result = api.task_run.result(run.run_id, api_timeout=60)
        expect("the run of its result", result.run, api.task_run.retrieve(run.run_id))
        expect("the output at the end of its events", events[-1].output, result.output)
        expect("what it answers", result.output.content["answer"], 'Answer to: {"country":"France"}')
        done = api.task_run.execute(input="France", processor="lite", output=Answer)
        expect("a parsed output", done.output.parsed.gdp, "Answer to: France")
        print("the official client ran tasks alone, and parsed an output")


def compare(program, server, flags):
    """The official client and the program on the same group; the program also where connections are cut."""
    with sandbox(server, *flags) as settings:
        stream = client(settings).task_group.get_runs(settings["TASKGROUP_ID"], include_input=True, include_output=True)
        official = [event.to_dict(mode="json") for event in stream]
    if program is None:
        print(f"the official client read {len(official)} runs; SKIPPED: no program to compare with ({' '.join(flags)})")
        return
    # Twice the largest event: sooner or later each one comes through.
    for cuts in [], ["--cut-random", "900000"], ["--cut-events", "3"]:
        with sandbox(server, *flags, *cuts) as settings:
            command = [program, "runs", settings["TASKGROUP_ID"], "--api-version", "v1", "--format", "jsonl"]
            command += ["--include-input", "--include-output", "--max-attempts", "0"]
            done = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        expect("the program's exit code", done.returncode, 0)
        printed = [json.loads(line) for line in done.stdout.splitlines()]
        expect("the program's runs", printed, official)
        print(f"the program printed the same {len(printed)} runs ({' '.join(flags + cuts)})")


def check_errors(server):
    """The client knows each error for what it is, and gets over those that pass."""
    with sandbox(server, "--answer", "429", "--retry-after-ms", "10", "--answer-times", "2") as settings:
        expect("a group after two refusals", client(settings).task_group.retrieve(settings["TASKGROUP_ID"]).status.num_task_runs, 100)
    with sandbox(server, "--runs", "1") as settings:
        api = client(settings, max_retries=0)
        for error, call in [
            (parallel.NotFoundError, lambda: api.task_group.retrieve("tgrp_none")),
            (parallel.UnprocessableEntityError, lambda: api.task_group.add_runs(settings["TASKGROUP_ID"], inputs=[])),
            (parallel.UnprocessableEntityError, lambda: api.task_group.get_runs(settings["TASKGROUP_ID"], status="done")),
            (parallel.UnprocessableEntityError, lambda: api.task_run.create(input="x", processor="mega")),
            (parallel.NotFoundError, lambda: api.task_run.result("trun_none")),
            (parallel.AuthenticationError, lambda: client({**settings, "PARALLEL_API_KEY": "wrong"}).task_group.create()),
        ]:
            try:
                call()
            except error:
                continue
            raise SystemExit(f"no {error.__name__}")
    for status, error in [(402, parallel.APIStatusError), (403, parallel.PermissionDeniedError), (429, parallel.RateLimitError)]:
        with sandbox(server, "--answer", str(status), "--answer-to", "POST /v1/tasks/runs") as settings:
            api = client(settings, max_retries=0)
            try:
                api.task_run.create(input="x", processor="core")
                raise SystemExit(f"no error for {status}")
            except error as refused:
                expect("the code", (refused.status_code, refused.body["error"]["message"]), (status, "Refused on demand"))
    print("the official client knows the errors for what they are")


if __name__ == "__main__":
    sys.exit(main())
