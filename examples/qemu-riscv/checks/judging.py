"""Scenarios in; a line for each, and the names of those that failed, out."""

import time
from concurrent.futures import ThreadPoolExecutor

from checks.programs import Wrong

FAILED = "FAILED: "


def failures(scenarios, at_once):
    """The names of those that failed. `at_once` of them run at a time."""
    failed = []
    with ThreadPoolExecutor(at_once) as pool:
        for (name, _), (verdict, seconds) in zip(scenarios, pool.map(judged, scenarios)):
            print(f"{name:44} {verdict}, {seconds:4.1f} s", flush=True)
            if verdict.startswith(FAILED):
                failed.append(name)
    return failed


def judged(scenario):
    """The verdict on a scenario, and how many seconds it took."""
    _, run = scenario
    began = time.monotonic()
    try:
        seen = run()
        verdict = seen if isinstance(seen, str) else f"{seen:4} events"
    except Wrong as wrong:
        verdict = f"{FAILED}{wrong}"
    return verdict, time.monotonic() - began
