"""A real nginx with the site file that we ship, in front of a real site; and a certificate that only tests believe."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.serving import PATIENCE_S, ROOT, Site, free_port

DEPLOY = ROOT / "chatsite" / "deploy"
MAIN = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class ProxiedSite(Site):
    """A site as it is set up behind a proxy: it believes the proxy, and answers for another name only there."""

    def __init__(self, folder: Path, **environment: str) -> None:
        production = {
            "DJANGO_HTTPS": "1",
            "DJANGO_TRUSTED_PROXY": "1",
            "DJANGO_ALLOWED_HOSTS": "localhost",
            "DJANGO_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough-for-the-checks-0123456789",
        }
        super().__init__(folder, **(production | environment))

    def manage(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The same, believing whom this process believes now."""
        self._environment["SSL_CERT_FILE"] = os.environ.get("SSL_CERT_FILE", "")
        return super().manage(*arguments)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz?ready=1", timeout=10):
                return True
        except OSError:
            return False


def make_certificate(folder: Path) -> None:
    """A key and a certificate for localhost."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "privkey.pem"]
    command = ["openssl", "req", "-x509", "-days", "30", *key, "-out", folder / "fullchain.pem", *subject]
    subprocess.run(command, check=True, capture_output=True)


def render(folder: Path, backend: int, tls: int, plain: int, changes: Mapping[str, str]) -> str:
    """The site file with the ports and folders of a test. The second process of the upstream is one that is down."""
    text = (DEPLOY / "nginx.conf").read_text()
    replaced = {
        "127.0.0.1:8001": f"127.0.0.1:{backend}",
        "127.0.0.1:8002": f"127.0.0.1:{free_port()}",
        "/etc/letsencrypt/live/chat.example.com": str(folder),
        "/var/log/nginx": str(folder),
        "/var/www/html": str(folder),
        "/srv/duologue/.staticfiles/": f"{ROOT}/static/",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;",
        "chat.example.com": "localhost",
        **changes,
    }
    for old, new in replaced.items():
        assert old in text, f"the shipped file has no {old!r}"
        text = text.replace(old, new)
    return re.sub(r"\n *listen \[::\].*", "", text)


class Proxy:
    """nginx with that file, as an ordinary process on free ports."""

    def __init__(self, folder: Path, backend: int, changes: Mapping[str, str]) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        self.url, self.plain_url = f"https://localhost:{self.port}", f"http://localhost:{self.plain_port}"
        make_certificate(folder)
        (folder / "site.conf").write_text(render(folder, backend, self.port, self.plain_port, changes))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "nginx is missing: apt-get install nginx-light"
        self.process = subprocess.Popen(
            [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        )
        self._wait()

    @property
    def log(self) -> str:
        """What nginx wrote down about requests."""
        return (self.folder / "duologue.log").read_text()

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def _wait(self) -> None:
        begun = time.monotonic()
        while True:
            assert self.process.poll() is None, (self.folder / "error.log").read_text()
            assert time.monotonic() - begun < PATIENCE_S
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                time.sleep(0.02)


@contextmanager
def believed(certificate: Path) -> Iterator[None]:
    """Within it, Python's clients take this certificate for an authority's."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificate)
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


@contextmanager
def proxied(folder: Path, backend: int, changes: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """A started nginx, whose certificate this process believes."""
    folder.mkdir(exist_ok=True)
    proxy = Proxy(folder, backend, changes or {})
    try:
        with believed(folder / "fullchain.pem"):
            yield proxy
    finally:
        proxy.end()
