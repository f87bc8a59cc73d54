"""Guarded clients over real TLS: they connect to the checked IP address, and verify the certificate by name."""

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

from generator.providers import http, ssrf_guard

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
    """A server for NAME on this machine, which counts as public here; every name resolves to it."""
    server = HTTPServer(("127.0.0.1", 0), _Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))]
    monkeypatch.setattr(http, "tls", lambda: trusting)
    monkeypatch.setattr(ssrf_guard, "is_public", lambda address: True)
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


def each(text: str) -> list[str]:
    return text.split()


CLOSED = each("""
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1
    198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:168.63.129.16 ::ffff:7f00:1 ::ffff:0:8.8.8.8
    64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::168.63.129.16 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1
    2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1
    2002:a83f:8110::1 2a00:1450::5efe:127.0.0.1 2a00:1450::200:5efe:10.0.0.1 5f00::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2a00:1450:4001::1%1 fec0::1 feff::1 ff02::1 ff0e::1
    nonsense 1.2.3 2130706433 0x7f.1 0177.0.0.1 127.1
""")
OPEN = each("""
    1.1.1.1 8.8.8.8 192.0.1.1 168.63.129.17 100.63.255.255 172.32.0.1 223.255.255.255 2a00:1450:4001:82b::200e
    2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
""")
HERE = each("localhost localhost. 127.1 2130706433 0x7f000001 0177.0.0.1 [::1] [::ffff:7f00:1] ①②⑦.0.0.1")


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_of_the_open_internet(address):
    assert not ssrf_guard.is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_address_of_the_open_internet(address):
    assert ssrf_guard.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "①②⑦.0.0.1",
    ],
)
def test_no_spelling_of_this_machine_is_connected_to(host):
    async def get() -> None:
        way = ssrf_guard.async_transport(ssl_context=ssl.create_default_context(), max_connections=1)
        async with httpx.AsyncClient(transport=way) as client:
            await client.get(f"http://{host}:9/")

    with pytest.raises((httpx.ConnectError, httpx.InvalidURL)) as refused:
        asyncio.run(get())
    cause = refused.value.__cause__
    assert cause is None or isinstance(cause, ssrf_guard.PrivateAddress) or "no address" in str(cause)
