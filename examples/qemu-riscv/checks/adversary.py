"""Servers that are not authentic get nothing, and a stream that breaks on the way is resumed.

Each scenario puts a server that shows a certificate, or does something wrong in TLS, in front of a sandbox without
TLS. `adversary list` says what a client must do with each of them; here is what the image prints.
"""

import contextlib
import re
import subprocess
import time

from checks import comparison
from checks.programs import IMAGE, Adversary, Sandbox, Wrong, stream

# Why it must not accept a certificate.
CERTIFICATES = {
    "issuer unknown": r"issuer unknown: the server sent \d certificates?, (not|none) signed by your roots",
    "bad signature": "certificate not signed by the issuer that it names",
    "expired": r"certificate expired on \d{4}-\d\d-\d\d",
    "not yet valid": r"certificate not valid before \d{4}-\d\d-\d\d",
    "wrong name": "certificate is for another name",
    "issuer is no authority": "certificate signed by one that is not an authority",
    "authority as a leaf": "certificate is an authority's, not a server's",
    "path too long": "certificate signed by more authorities than one of them allows",
    "not for servers": "certificate is not for servers",
    "name outside the constraints": "certificate signed by an authority that may not sign for this name",
    "too many certificates": "the server sent 7 certificates, more than are looked at",
    "unknown critical extension": "certificate has a critical extension that is not known",
    # Which of them it is depends on who has the weak key.
    "weak key": "(the server does not hold the key of its|certificate not signed by the issuer that it names)",
    "weak signature": "certificate has a key or signature of a kind that is not built in",
    "old version": "certificate of X.509 version 1 or 2, not 3",
    "malformed": "certificate malformed",
}

# Handshakes that it must not complete.
HANDSHAKES = {
    "tls12-only": "the server broke off: protocol_version",
    "plaintext-server": "a record of type 72",
    "hello-retry": "the server did not answer with TLS 1.3, or chose what was not offered",
    "certificate-empty": "the server sent no certificate",
    "certificate-garbage": "a handshake message is malformed",
    "certificate-tampered": "a record was changed, repeated or left out on the way",
    "certificate-verify-wrong": "the server does not hold the key of its certificate",
    "certificate-verify-other-key": "the server does not hold the key of its certificate",
    "certificate-verify-other-transcript": "the server does not hold the key of its certificate",
    "certificate-verify-as-client": "the server does not hold the key of its certificate",
    "certificate-verify-pkcs1": "the server signs with scheme 1025, which is not built in",
    "finished-wrong": "the handshake was changed on the way",
}

# What breaks a body.
BODIES = {
    "cut": "the connection was cut: it ended without close_notify",
    "tampered-body": "a record was changed",
    "tampered-tag": "a record was changed",
    "tampered-header": "a record was changed",
    "replayed": "a record was changed",
    "left-out": "a record was changed",
    "large-record": "a record of type 23 with 16641 bytes",
    "largest-record": "a record of type 23 with 65535 bytes",
    "short-record": "a record of type 23",
    "empty-record": "a record of type 23 with 0 bytes",
    "alert": "the server broke off",
    # In order, but in the middle of the body.
    "close": "the connection failed",
    "close-then-data": "the connection failed",
}

# What must not be noticed.
ALLOWED = [
    "no-change-cipher-spec", "flight-in-one-record", "certificate-request", "empty-data", "ticket", "tickets",
    "writes-of-one-byte", "records-of-each-size", "padded-records", "hello-split", "certificate-split", "ticket-split",
    "change-cipher-spec-early", "change-cipher-spec-twice", "change-cipher-spec-late", "key-update",
]

# A body is broken after so many bytes, so often.
AFTER = 70_000
TIMES = 2


@contextlib.contextmanager
def scenarios(desktop, program):
    """What each is called, and what runs it."""
    listed = subprocess.run([program, "list"], check=True, capture_output=True, text=True).stdout
    certificates = [line.split(None, 2)[1:] for line in listed.splitlines() if line.startswith("certificate ")]
    large = ["--runs", "100", "--output-bytes", "3000"]
    with Sandbox(desktop, ["--runs", "5"]) as few, Sandbox(desktop, large) as many:
        whole_few, whole_many = stream(desktop, few, []), stream(desktop, many, [])
        found = []

        def add(run, name, *arguments, **shown):
            found.append((name, lambda: run(program, *arguments, **shown)))

        for name, expected in certificates:
            if expected == "accepted":
                add(accepted, f"accepted: {name}", few, whole_few, certificate=name)
            else:
                words = CERTIFICATES[expected.removeprefix("refused: ")]
                add(refused, f"refused: {name}", few, words, certificate=name)
        for name, words in HANDSHAKES.items():
            add(refused, f"refused: {name}", few, words, fault=name)
        for name in ALLOWED:
            add(accepted, f"allowed: {name}", many, whole_many, fault=name)
        for name, words in BODIES.items():
            add(gone_on, f"broken: {name}", many, whole_many, words, fault=name)
        yield found


def refused(program, sandbox, words, **shown):
    """The image says why, and sends the server nothing."""
    image, connections = to_server(program, sandbox, ["--max-attempts", "1"], 1, **shown)
    comparison.ended("the image", image, 1, {})
    if not re.search(f"TLS with .*: {words}", image.stderr):
        raise Wrong(f"the image did not say {words!r}: {image.stderr}")
    if image.stdout != "" or connections[0]["received"] != 0:
        raise Wrong(f"the image has printed {image.stdout!r} and sent {connections}")
    return 0


def accepted(program, sandbox, whole, **shown):
    """The image does not notice anything: one handshake, and two requests, of which the second asks whether that was all."""
    image, connections = to_server(program, sandbox, [], 1, **shown)
    comparison.ended("the image", image, 0, {})
    if connections[0]["requests"] != 2:
        raise Wrong(f"there were other requests than the stream's and the check's: {connections}")
    if image.stderr != "":
        raise Wrong(f"the image has said {image.stderr}")
    return comparison.same(whole, image)


def gone_on(program, sandbox, whole, words, fault):
    """The image notices each time, and prints every event once."""
    image, _ = to_server(program, sandbox, [], TIMES + 1, fault=fault)
    comparison.ended("the image", image, 0, {words: TIMES, "tries again": TIMES, "continues after event": TIMES})
    return comparison.same(whole, image)


def to_server(program, sandbox, arguments, count, certificate="good", fault=None):
    """How the image ended when it streamed from a server with this certificate and fault, and what has come of
    its `count` connections."""
    about = ["--certificate", certificate, "--now", str(int(time.time()))]
    if fault is not None:
        about += ["--fault", fault, "--after", str(AFTER), "--times", str(TIMES)]
    with Adversary(program, sandbox, about) as server:
        image = stream(IMAGE, server, arguments)
        connections = server.connections(count)
    struck = [connection["fault"] for connection in connections[:TIMES]]
    if any(has != fault for has in struck):
        raise Wrong(f"{fault} was to come on each connection, but there was {struck}")
    return image, connections
