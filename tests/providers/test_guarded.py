"""Guarded clients over real TLS: they connect to the address that was checked, and the certificate is the name's."""

import asyncio
import datetime as dt
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generator.providers import guarded, http

NAME = "hooks.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for NAME, in a file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    path.write_bytes(key.private_bytes(pem, plain, none) + made.public_bytes(pem))
    return path


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def port(certificate, monkeypatch):
    """A server that answers for NAME on this machine, which counts as public here; every name leads to it."""
    server = HTTPServer(("127.0.0.1", 0), _Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))]
    monkeypatch.setattr(http, "tls", lambda: trusting)
    monkeypatch.setattr(guarded, "is_public", lambda address: True)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    yield server.server_port
    server.shutdown()
    server.server_close()


def asked(url: str) -> str:
    async def _asked() -> str:
        async with http.client(public_only=True) as client:
            return (await client.get(url)).text

    return asyncio.run(_asked())


def test_the_name_is_what_the_certificate_is_asked_for(port):
    assert asked(f"https://{NAME}:{port}/") == f"{NAME}:{port}"


def test_another_name_at_the_same_address_is_not_believed(port):
    with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
        asked(f"https://other.example:{port}/")


def test_downloads_go_the_same_way(port, tmp_path):
    http.download(f"https://{NAME}:{port}/a", tmp_path / "a")
    assert (tmp_path / "a").read_text() == f"{NAME}:{port}"
    with pytest.raises(http.DownloadFailed):
        http.download(f"https://other.example:{port}/a", tmp_path / "b")
