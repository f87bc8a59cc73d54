"""Programs download complete files: wget, curl and ffmpeg, at each address, also through nginx."""

import getpass
import http.cookiejar
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from tests.management.tree import Studio, free_port, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("whole files")]

MAKE = """
import hashlib, io, json, wave
from generator.api import signed_files
from generator.api.compat.wavespeed import files
from generator.models import Project, Reference, Stem, Track, User
from generator.services.library import media, sharing
from generator.services.team import api_keys
user = User.objects.first()
sound = io.BytesIO()
with wave.open(sound, "wb") as out:
    out.setparams((2, 2, 48000, 0, "NONE", ""))
    out.writeframes(hashlib.shake_256(b"noise").digest(4_000_000))
track = Track.objects.filter(generation__state="ready").first()
media.path("00").mkdir(exist_ok=True)
media.path("00/noise.wav").write_bytes(sound.getvalue())
digest = hashlib.sha256(sound.getvalue()).hexdigest()
track.file, track.format, track.size, track.sha256 = "00/noise.wav", "wav", len(sound.getvalue()), digest
track.save()
track.renditions.all().delete()
user.api_key, token = api_keys.make(user, "fetch", project=track.project)
link = sharing.share(track, user, 7, allow_download=True)
same = dict(file=track.file, size=track.size, sha256=track.sha256, length_ms=track.length_ms)
stem = Stem.objects.create(track=track, generation=track.generation, number=77, title="Vocals", **same)
reference = Reference.objects.create(
    project=track.project, author=user, title="R", upload_sha256="0" * 64, most_ms=60_000, came_ms=60_000, **same
)
told = signed_files.recipient_of(user)
shared = "/s/" + sharing.address_of(link)
print("MADE=" + json.dumps({
    "token": token, "file": str(media.path(track.file)), "addresses": {
        "page": f"/tracks/{track.public_id}/audio",
        "download": f"/tracks/{track.public_id}/download/wav",
        "stem": f"/stems/{stem.public_id}/audio",
        "reference": f"/references/{reference.public_id}/audio",
        "link": f"{shared}/audio",
        "link download": f"{shared}/download",
        "api": f"/api/v1/tracks/{track.public_id}/audio",
        "api stem": f"/api/v1/stems/{stem.public_id}/audio",
        "output": signed_files.audio_url(track, "", told),
        "signed stem": files.stem_url(stem, "", told),
    }
}))
"""
ADDRESSES = (
    *("page", "download", "stem", "reference", "link", "link download"),
    *("api", "api stem", "output", "signed stem"),
)
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass {url}; proxy_set_header Host $http_host; }}
        location /media-internal/ {{ internal; alias {media}/; }}
    }}
}}
"""


class Fetcher:
    """The file addresses of one studio, as requested at `base`."""

    def __init__(self, studio: Studio, base: str) -> None:
        made = json.loads(studio.output(MAKE).partition("MADE=")[2])
        self.base, self.addresses = base, made["addresses"]
        self.whole = Path(made["file"]).read_bytes()
        assert len(self.whole) > 3_000_000
        self.headers = {"Authorization": f"Bearer {made['token']}", "Cookie": self._sign_in(studio)}

    def _sign_in(self, studio: Studio) -> str:
        jar = http.cookiejar.CookieJar()
        user_client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = f"{self.base}/accounts/login/"
        user_client.open(page)
        token = next(one.value for one in jar if one.name == "studio_csrf")
        form = {"login": "admin@studio.local", "password": studio.password(), "csrfmiddlewaretoken": token}
        user_client.open(urllib.request.Request(page, urllib.parse.urlencode(form).encode(), {"Referer": page}))
        return "; ".join(f"{one.name}={one.value}" for one in jar)

    def url(self, address: str) -> str:
        return self.base + self.addresses[address]

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, capture_output=True, timeout=120, check=True)

    def as_options(self, option: str) -> list[str]:
        return [part for name, value in self.headers.items() for part in (option, f"{name}: {value}")]


@pytest.fixture(scope="module")
def direct(tmp_path_factory, prepared) -> Iterator[Fetcher]:
    with Studio(tmp_path_factory.mktemp("direct"), prepared, STUDIO_STALE_SECONDS="60") as studio:
        yield Fetcher(studio, studio.url)


@pytest.fixture(scope="module")
def by_nginx(tmp_path_factory, prepared) -> Iterator[Fetcher]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        pytest.skip("no nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    folder.chmod(0o755)
    with Studio(folder, prepared, STUDIO_STALE_SECONDS="60", STUDIO_SENDFILE="nginx") as studio:
        about = {"folder": folder, "port": port, "url": studio.url, "media": studio.folder / "media"}
        user = "user root;" if getpass.getuser() == "root" else ""  # it has to read the media folder
        (folder / "conf").write_text(user + NGINX.format(**about))
        server = subprocess.Popen([nginx, "-c", folder / "conf", "-e", folder / "error"])
        try:
            wait_for(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), 10, "nginx answers")
            yield Fetcher(studio, f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(10)


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False


@pytest.fixture(params=["direct", "by_nginx"])
def fetcher(request) -> Fetcher:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("address", ADDRESSES)
def test_curl_and_wget_go_on_where_they_stopped(fetcher, tmp_path, address):
    for name, command in {
        "curl": ["curl", "-sSf", "-C", "-", *fetcher.as_options("-H"), "-o"],
        "wget": ["wget", "-q", "-c", *[f"--header={name}: {value}" for name, value in fetcher.headers.items()], "-O"],
    }.items():
        if shutil.which(name) is None:
            continue
        for begun in (0, 1, 1_500_000):
            target = tmp_path / f"{name}-{begun}"
            if begun:
                target.write_bytes(fetcher.whole[:begun])
            fetcher.run(*command, str(target), fetcher.url(address))
            assert target.read_bytes() == fetcher.whole, (name, begun)


@pytest.mark.parametrize("address", ADDRESSES)
def test_ffmpeg_reads_to_the_end(fetcher, tmp_path, address):
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg")
    headers = "".join(f"{name}: {value}\r\n" for name, value in fetcher.headers.items())
    whole, heard = tmp_path / "whole.wav", []
    whole.write_bytes(fetcher.whole)
    for source in (["-headers", headers, "-i", fetcher.url(address)], ["-i", str(whole)]):
        command = ["ffmpeg", "-v", "error", *source, "-f", "s16le", "-c:a", "pcm_s16le", "-"]
        heard.append(fetcher.run(*command).stdout)
    assert heard[0] == heard[1]
    assert len(heard[0]) == 4_000_000


@pytest.mark.parametrize("address", ADDRESSES)
def test_ranges(fetcher, address):
    size = len(fetcher.whole)

    def get(method: str = "GET", **headers: str) -> tuple[int, bytes, Message]:
        asked = urllib.request.Request(fetcher.url(address), headers=fetcher.headers | headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as reply:
                return reply.status, reply.read(), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    status, body, headers = get("HEAD")
    assert (status, body, int(headers["Content-Length"])) == (200, b"", size)
    tag = headers["ETag"]
    for asked, first, last in (("0-", 0, size - 1), ("2000000-", 2_000_000, size - 1), ("-7", size - 7, size - 1)):
        status, body, headers = get(Range=f"bytes={asked}")
        assert (status, body) == (206, fetcher.whole[first : last + 1])
        assert headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert get(**{"Range": f"bytes={asked}", "If-Range": tag})[0] == 206
        assert get(**{"Range": f"bytes={asked}", "If-Range": '"other"'})[:2] == (200, fetcher.whole)
    assert get(Range=f"bytes={size}-")[0] == 416
    assert get(**{"If-None-Match": tag})[0] == 304
    assert get(Range="bytes=0-4,10-14")[0] in (200, 206)
