"""Builds and starts the programs, and collects what they print.

They are built if they are missing; TASKGROUP and ADVERSARY name other programs to use.
"""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

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
    return begun(client, server, ["runs", server.group, "--format", "jsonl", *arguments])


def begun(client, server, words, key=None):
    """This client with these words, and with the server's key if there is no other."""
    authorities = ["--ca-file", server.ca_file] if server.ca_file else []
    environment = os.environ | {"PARALLEL_BASE_URL": server.base_url, "PARALLEL_API_KEY": key or server.key}
    # What comes later counts.
    command = [client, *words[:1], *authorities, *words[1:]]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(server, words, key=None):
    """The image with these words, to its end."""
    process = begun(IMAGE, server, words, key)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


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
        # How often the check itself has asked: each time over a connection of its own.
        self.asked = 0

    def ask(self, path, body=None, key=None):
        """Its answer to the check itself, the status and the text; a POST if there is a body."""
        self.asked += 1
        # As the core does: single runs are in v1, except for their events.
        version = "v1" if path.startswith("runs") and not path.endswith("/events") else "v1beta"
        trusted = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        headers = {"x-api-key": key or self.key, "content-type": "application/json"}
        data = None if body is None else body.encode()
        request = urllib.request.Request(f"{self.base_url}/{version}/tasks/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, context=trusted) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


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
