"""A real nginx with the configuration from docs/operating.md, TLS on its own port, and a studio behind it."""

import os
import re
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import httpx
import pytest

from tests.management.tree import ADMIN, ROOT, Studio, free_port, wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
HOST = "studio.example.com"
BLOCK = re.compile(r"^    (location /[^\n]* \{\n(?:    .*\n)+?    \}\n)", re.M)
CONF = """
{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl; server_name {host};
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
{blocks}
    }}
}}
"""
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.skipif(not NGINX, reason="there is no nginx here"),
    pytest.mark.xdist_group("nginx"),
]


class WebOnly(Studio):
    """A studio without background work, so that generations stay where they are."""

    def start(self) -> "WebOnly":
        command = [sys.executable, "manage.py", "studio", "--only", "web", "--port", str(self.port)]
        env = self.env | {"STUDIO_DATA": str(self.folder)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        wait_for(lambda: self.answers() or self.process.poll() is not None, 90, "the studio answers")
        assert self.process.poll() is None, self.log.read_text()
        return self

    __enter__ = start


def configured(folder: Path, studio: Studio, port: int) -> Path:
    """Write nginx's configuration: the documented blocks, except for the port and DIR."""
    blocks = "".join(BLOCK.findall((ROOT / "docs" / "operating.md").read_text()))
    assert blocks.count("location /") == 2
    blocks = blocks.replace("http://127.0.0.1:8000", studio.url).replace("/srv/studio/", f"{studio.folder}/")
    user = "user root; " if os.getuid() == 0 else ""
    facts = {"folder": folder, "port": port, "host": HOST, "blocks": blocks, "user": user}
    file = folder / "nginx.conf"
    file.write_text(CONF.format(**facts))
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST} -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def studio(tmp_path_factory, prepared):
    env = {"STUDIO_HTTPS": "on", "ALLOWED_HOSTS": HOST, "STUDIO_TRUSTED_PROXIES": "1", "STUDIO_SENDFILE": "nginx"}
    with WebOnly(tmp_path_factory.mktemp("behind"), prepared, **env) as running:
        yield running


@pytest.fixture(scope="module")
def address(studio, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    file = configured(folder, studio, port)
    nginx = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(file)], stderr=subprocess.PIPE)
    try:
        yield f"https://127.0.0.1:{port}", f"{HOST}:{port}"
        assert nginx.poll() is None
    finally:
        nginx.terminate()
        nginx.wait(10)


@pytest.fixture
def http(address):
    base, host = address
    with httpx.Client(base_url=base, headers={"Host": host}, verify=False, timeout=60) as client:
        wait_for(lambda: _answers(client), 30, "nginx answers")
        yield client


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def key(studio) -> dict[str, str]:
    command = [sys.executable, "manage.py", "key", ADMIN, "--name", "nginx"]
    env = studio.env | {"STUDIO_DATA": str(studio.folder)}
    made = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=240, capture_output=True, text=True)
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def test_one_signs_in_on_a_port_of_its_own(http, address, studio):
    page = http.get("/accounts/login/")
    assert page.status_code == 200
    form = {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]}
    form |= {"login": ADMIN, "password": studio.password()}
    home = f"https://{address[1]}"
    signed_in = http.post("/accounts/login/", data=form, headers={"Origin": home, "Referer": f"{home}/accounts/login/"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (302, "/")
    assert http.get("/", follow_redirects=False).headers["location"].startswith("/projects/")


def test_a_probe_by_address_is_answered_and_another_host_is_not(http, studio):
    assert httpx.get(f"{studio.url}/healthz").status_code == 200
    assert http.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200
    assert http.get("/", headers={"Host": "10.0.0.7"}).status_code == 400
    assert "/healthz" not in studio.log.read_text()


@pytest.mark.parametrize("megabytes", [5, 59])
def test_the_largest_file_arrives(http, key, tmp_path, megabytes):
    file = tmp_path / "theme.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((2, 2, 44_100, 0, "NONE", ""))
        out.writeframes(bytes(megabytes * 1_000_000))
    with file.open("rb") as content:
        taken = http.post("/api/v1/references", headers=key, files={"file": ("theme.wav", content, "audio/wav")})
    assert taken.status_code == 201, taken.text


def test_a_file_over_the_limit_is_refused_by_the_studio(http, key):
    taken = http.post("/api/v1/references", headers=key, files={"file": ("theme.wav", bytes(61_000_000), "audio/wav")})
    assert taken.status_code in (413, 422)
    assert taken.headers["content-type"].startswith("application/")
    assert "nginx" not in taken.text


def test_audio_and_its_ranges_are_sent_by_nginx_itself(http, key):
    track = http.get("/api/v1/tracks", headers=key, params={"limit": 1}).json()["items"][0]
    path = f"/api/v1/tracks/{track['id']}/audio"
    whole = http.get(path, headers=key)
    assert whole.status_code == 200
    assert int(whole.headers["content-length"]) == len(whole.content) > 10_000
    assert "x-accel-redirect" not in whole.headers
    part = http.get(path, headers=key | {"Range": "bytes=1000-"})
    assert part.status_code == 206
    assert part.content == whole.content[1000:]
    assert http.get("/media-internal/identity").status_code == 404


def test_events_are_not_kept_back(http, key):
    """No worker runs, so the stream does not end: whatever is read was passed on while it is open."""
    asked = {"model": "composer/studio", "text": "quiet piano, 10 s", "takes": 1}
    made = http.post("/api/v1/generations", headers=key, json=asked)
    assert made.status_code in (200, 201, 202), made.text
    path = f"/api/v1/generations/{made.json()['id']}/events"
    with http.stream("GET", path, headers=key | {"Accept": "text/event-stream"}) as stream:
        assert stream.status_code == 200
        assert next(line for line in stream.iter_lines() if line.startswith("event:"))
