"""A kind of proxy and an origin in, a running instance out: each with its own configuration, in a temporary folder, on a
free port of loopback. Proxies that the machine runs itself are left alone.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

from checks.programs import PATIENCE_S, Server, Wrong
from origins import Waiting

NGINX = """
daemon off;
pid {folder}/pid;
error_log stderr crit;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            {settings}
        }}
    }}
}}
"""
NGINX_TLS = """ ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem"""

CADDY = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{origin} {{
        {settings}
    }}
}}
"""

LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}"
server.upload-dirs = ("{folder}")
server.modules = ("mod_proxy")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {origin})))
{settings}
"""

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend here
    bind 127.0.0.1:{port}
    default_backend there
backend there
    server origin 127.0.0.1:{origin}
    {settings}
"""

# Of each: its configuration, and the command that takes it.
KINDS = {
    "nginx": (NGINX, ["nginx", "-p", "{folder}", "-e", "stderr", "-c", "{file}"]),
    "caddy": (CADDY, ["caddy", "run", "--adapter", "caddyfile", "--config", "{file}"]),
    "lighttpd": (LIGHTTPD, ["lighttpd", "-D", "-f", "{file}"]),
    "haproxy": (HAPROXY, ["haproxy", "-q", "-db", "-f", "{file}"]),
}


class Proxy:
    """In front of an origin on loopback, until it is left."""

    def __init__(self, kind: str, origin: Server | Waiting, settings: str = "", tls: bool = False) -> None:
        template, command = KINDS[kind]
        self.group, self.key = origin.group, origin.key
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"taskgroup-{kind}-"))
        self.port = free_port()
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.ca_file = certified(self.folder) if tls else None
        behind = urllib.parse.urlsplit(origin.base_url).port
        values = {"folder": self.folder, "port": self.port, "origin": behind, "settings": settings}
        values["tls"] = NGINX_TLS.format(**values) if tls else ""
        values["user"] = "user root root;" if os.getuid() == 0 else ""
        file = self.folder / "configuration"
        file.write_text(template.format(**values))
        homes = {name: str(self.folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [word.format(folder=self.folder, file=file) for word in command],
                env=os.environ | homes, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise

    def wait(self) -> None:
        """Until it listens."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Wrong(f"{self.process.args[0]} did not start: {(self.folder / 'log').read_text()}")

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def certified(folder: pathlib.Path) -> pathlib.Path:
    """The certificate of 127.0.0.1, which vouches for itself; it and its key lie in the folder."""
    certificate = folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", folder / "key.pem", "-out", certificate],
        check=True, capture_output=True,
    )
    return certificate
