"""Builds and starts the programs, and collects what they print.

They are built if they are missing; TASKGROUP and ADVERSARY name other programs to use.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
IMAGE = HERE / "run"
# How long a server may take to report how a connection has ended.
PATIENCE_S = 20


class Wrong(Exception):
    """What is not as it should be."""


def build():
    """The image, and the paths of the desktop program and of the servers to refuse."""
    subprocess.run([IMAGE, "build"], check=True)
    return found("TASKGROUP", "taskgroup-cli", "taskgroup"), found("ADVERSARY", "taskgroup-adversary", "adversary")


def found(variable, package, program):
    if variable in os.environ:
        return os.environ[variable]
    print(f"building {package}", file=sys.stderr)
    subprocess.run(["cargo", "build", "--locked", "--release", "--quiet", "-p", package], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / program


def stream(client, server, arguments):
    """Streams by this client, to the end."""
    process = started(client, server, ["--include-output", *arguments])
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def started(client, server, arguments):
    """This client, streaming."""
    authorities = ["--ca-file", server.ca_file] if server.ca_file else []
    command = [client, "runs", server.group, "--format", "jsonl", *authorities, *arguments]
    environment = os.environ | {"PARALLEL_BASE_URL": server.base_url, "PARALLEL_API_KEY": server.key}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Server:
    """A program that says on its first lines where it listens, until it is left."""

    def __init__(self, command, lines):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = [self.process.stdout.readline().strip().split("=", 1) for _ in range(lines)]
        if any(len(line) != 2 for line in said):
            self.process.kill()
            raise Wrong(f"{command} did not start")
        self.said = dict(said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        if self.ca_file:
            os.remove(self.ca_file)


class Sandbox(Server):
    """The API on loopback."""

    def __init__(self, program, faults):
        super().__init__([program, "sandbox", *faults], 4 if "--tls" in faults else 3)
        self.base_url = self.said["PARALLEL_BASE_URL"]
        self.key = self.said["PARALLEL_API_KEY"]
        self.group = self.said["TASKGROUP_ID"]
        self.ca_file = self.said.get("TASKGROUP_CA_FILE")


class Adversary(Server):
    """A server with TLS in front of a sandbox without."""

    def __init__(self, program, sandbox, arguments):
        upstream = f"127.0.0.1:{sandbox.base_url.rpartition(':')[2]}"
        super().__init__([program, "--upstream", upstream, *arguments], 4)
        self.base_url = f"https://{self.said['SERVER_NAME']}:{self.said['PORT']}"
        self.key, self.group = sandbox.key, sandbox.group
        self.ca_file = self.said["CA_FILE"]

    def connections(self, count):
        """How its first connections went, and that there were no more."""
        patience = threading.Timer(PATIENCE_S, self.process.terminate)
        patience.start()
        lines = [self.process.stdout.readline() for _ in range(count)]
        patience.cancel()
        self.process.terminate()
        lines += self.process.stdout.readlines()
        if "" in lines or len(lines) != count:
            raise Wrong(f"the server has told of these connections instead of {count}: {lines}")
        return [json.loads(line) for line in lines]
