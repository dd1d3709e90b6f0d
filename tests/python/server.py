"""A sandbox for the length of a block, the official client for it, and a comparison that says what differs."""

import contextlib
import subprocess

import parallel


@contextlib.contextmanager
def sandbox(server, *flags):
    """A running server's settings, as the environment of a client. `server` is its command."""
    process = subprocess.Popen([*server, *flags], stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline().rstrip("\n") for _ in range(3)]
        yield dict(line.split("=", 1) for line in lines)
    finally:
        process.terminate()
        expect("the server's exit code", process.wait(), 0)


def client(settings, **more):
    """The official client, set up by those settings."""
    return parallel.Parallel(api_key=settings["PARALLEL_API_KEY"], base_url=settings["PARALLEL_BASE_URL"], **more)


def expect(what, have, want):
    """Ends the program when the two differ."""
    # The client's classes tell where they come from; what counts is the JSON.
    have, want = (one.to_dict(mode="json") if hasattr(one, "to_dict") else one for one in (have, want))
    if have != want:
        raise SystemExit(f"{what}:\n  have {str(have)[:2000]}\n  want {str(want)[:2000]}")
