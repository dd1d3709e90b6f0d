"""What only the image does: how it reads a CA file, and where it connects to.

The CA files are made from that of a sandbox with TLS. Valid ones must bring its events; for the others the image must
say what is wrong.
"""

import contextlib
import pathlib
import re
import tempfile

from checks import comparison
from checks.programs import IMAGE, Sandbox, Wrong, stream

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@contextlib.contextmanager
def scenarios(desktop):
    """What each is called, and what runs it."""
    with Sandbox(desktop, ["--tls", "--runs", "5"]) as sandbox, tempfile.TemporaryDirectory() as folder:
        whole = stream(desktop, sandbox, [])
        pem = pathlib.Path(sandbox.ca_file).read_text()
        port = sandbox.base_url.rpartition(":")[2]
        found = []

        def add(name, arguments, code, words):
            found.append((name, lambda: run(sandbox, arguments, code, words, whole)))

        def ca_file(name, text, code, words):
            path = pathlib.Path(folder, name)
            path.write_text(text, newline="")
            add(name, ["--ca-file", path], code, words)

        comments = "# " + 1000 * "Whom we trust. " + "\n"
        ca_file("a CA file, with text", comments + pem + comments, 0, "")
        ca_file("a CA file, lines by CRLF", pem.replace("\n", "\r\n"), 0, "")
        ca_file("a CA file, in short lines", re.sub("(?m)^([^-]{32})(?=[^-])", r"\1\n", pem), 0, "")
        ca_file("a CA file, without its last end of line", pem.rstrip(), 0, "")
        ca_file("a CA file, with a key", KEY + pem, 0, "")
        ca_file("a CA file, sixteen times", 16 * pem, 0, "")
        ca_file("a CA file, seventeen times", 17 * pem, 2, "--ca-file has more than 16 certificates")
        ca_file("a CA file, too long", f"{BEGIN}\n{400 * (64 * 'A' + chr(10))}{END}\n", 2, "for which there is no room")
        ca_file("a CA file, empty", "", 2, "--ca-file has no certificate in it")
        ca_file("a CA file, cut", pem.replace(END, ""), 2, "--ca-file ends in the middle of a certificate")
        ca_file("a CA file, not in base64", f"{BEGIN}\n!!!!\n{END}\n", 2, "that is not in base64")
        ca_file("a CA file, in one line", f"{BEGIN}\n{160 * 'A'}\n{END}\n", 2, "with a line that is too long")
        ca_file("a CA file, of something else", f"{BEGIN}\nAAAA\n{END}\n", 1, "is not a certificate in DER")
        add("a CA file, a folder", ["--ca-file", folder], 2, "--ca-file has no certificate in it")
        add("another address", ["--connect-to", "127.0.0.1"], 0, "")
        elsewhere = f"https://example.org:{port}"
        add("another name at the address", ["--base-url", elsewhere, "--connect-to", "127.0.0.1"], 1,
            "TLS with example.org: certificate is for another name")
        add("no address", ["--connect-to", "localhost"], 2, "--connect-to is not an IPv4 address")
        add("plaintext to another address", ["--base-url", "http://localhost", "--connect-to", "192.0.2.1"], 2,
            "--connect-to wants https://, or --allow-plaintext")
        yield found


def run(sandbox, arguments, code, words, whole):
    """How many events the image has printed."""
    image = stream(IMAGE, sandbox, arguments)
    comparison.ended("the image", image, code, {})
    if words not in image.stderr or (words == "" and image.stderr != ""):
        raise Wrong(f"the image did not say {words!r}: {image.stderr}")
    return comparison.same(whole, image) if code == 0 else 0
