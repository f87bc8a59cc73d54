"""The optional pack of samples in several strengths: fetched, checked, made, and played."""

import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generator.composer import ComposerControls, Composition, compose, read_brief
from generator.composer.sound.drum_kits import drum
from generator.composer.sound.instruments import play
from generator.composer.sound.layers import installed
from generator.composer.sound.layers.contents import Package
from generator.composer.sound.layers.deb import BadPackage, extract
from generator.composer.sound.layers.playing import REPLACED
from generator.services import composer_samples
from tests.composer.made_packages import deb, packages
from tests.composer.test_samples import centroid, ticks
from tests.composer.test_stems import rest_steps


@pytest.fixture(scope="session")
def made() -> dict[Package, bytes]:
    return packages()


class Mirror:
    """A mirror on a real socket; `send` decides what a request gets: (status, announced length, pieces)."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.ranges = files, []  # type: ignore[var-annotated]
        self.body: Callable[[bytes], Iterator[bytes]] = lambda content: iter([content])
        self.sent, self.go_on = threading.Event(), threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/debian"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        content = self.files.get(request.path.removeprefix("/debian/"))
        if content is None:
            request.send_error(404)
            return
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(content) - first))
        request.end_headers()
        try:
            for piece in self.body(content[first:]):
                request.wfile.write(piece)
                request.wfile.flush()
        except OSError:
            pass

    def half_then_wait(self, content: bytes) -> Iterator[bytes]:
        yield content[: len(content) // 2]
        self.sent.set()
        self.go_on.wait(30)

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def mirror(made, settings, tmp_path, monkeypatch) -> Iterator[Mirror]:
    settings.DATA_DIR = tmp_path
    server = Mirror({package.path: content for package, content in made.items()})
    settings.STUDIO_DEBIAN_MIRROR = server.url
    monkeypatch.setattr(composer_samples, "PACKAGES", tuple(made))
    yield server
    server.close()


@pytest.fixture(scope="session")
def root(made, tmp_path_factory) -> Path:
    """A folder with an installed pack, made of the tiny packages."""
    from generator.composer.sound.layers.builder import build

    folder = tmp_path_factory.mktemp("samples")
    files = []
    for package, content in made.items():
        files.append(folder / package.file_name)
        files[-1].write_bytes(content)
    installed.folder_of(folder).mkdir()
    build(*files, installed.folder_of(folder))
    return folder


def refused() -> str:
    with pytest.raises(CommandError) as caught:
        call_command("samples", "fetch")
    assert caught.value.returncode == 2
    assert composer_samples.number() == 0
    return str(caught.value)


# --- fetching ---


def test_one_command_fetches_and_installs_it_with_its_licenses(mirror, capsys):
    call_command("samples")
    assert composer_samples.number() == 0
    call_command("samples", "fetch")
    assert composer_samples.number() == installed.NUMBER
    folder = installed.folder_of(composer_samples.root())
    assert {file.name for file in folder.glob("LICENSE.*")} == {f"LICENSE.{p.name}" for p in composer_samples.PACKAGES}
    assert not (composer_samples.root() / "downloads").exists()
    requests = len(mirror.ranges)
    call_command("samples", "fetch")  # again: nothing to do
    assert len(mirror.ranges) == requests == 2
    call_command("samples", "remove")
    assert composer_samples.number() == 0


def test_other_contents_are_refused_and_deleted(mirror):
    package = composer_samples.PACKAGES[0]
    content = bytearray(mirror.files[package.path])
    content[len(content) // 2] ^= 1
    mirror.files[package.path] = bytes(content)
    refused()
    assert not list((composer_samples.root() / "downloads").iterdir())


def test_a_larger_file_is_not_stored(mirror):
    mirror.files[composer_samples.PACKAGES[0].path] += b"x" * 1000
    refused()
    assert sum(file.stat().st_size for file in (composer_samples.root() / "downloads").iterdir()) == 0


def test_a_download_that_ends_early_is_continued(mirror):
    mirror.body = lambda content: iter([content[: len(content) // 3]])
    refused()
    (part,) = (composer_samples.root() / "downloads").iterdir()
    have = part.stat().st_size
    assert have > 0
    mirror.body = lambda content: iter([content])
    call_command("samples", "fetch")
    assert mirror.ranges == [None, f"bytes={have}-", None]
    assert composer_samples.number() == installed.NUMBER


def test_a_slow_mirror_is_given_up(mirror, monkeypatch):
    monkeypatch.setattr(composer_samples, "FETCH_TIMEOUT_S", 0.0)
    mirror.body = lambda content: iter([content[:1], content[1:]])
    refused()


def test_a_silent_mirror_is_given_up(mirror, monkeypatch):
    monkeypatch.setattr(composer_samples, "SILENCE_TIMEOUT_S", 0.2)
    mirror.body = mirror.half_then_wait
    refused()


def test_without_a_network_or_a_file_there_is_one_error(mirror, settings):
    mirror.files.clear()
    assert "404" in refused()
    mirror.close()
    assert mirror.url in refused()


def test_only_one_process_fetches(mirror):
    mirror.body = mirror.half_then_wait
    failed: list[Exception] = []
    first = threading.Thread(target=lambda: failed.append(_error_of(composer_samples.fetch)), daemon=True)
    first.start()
    assert mirror.sent.wait(30)
    assert _error_of(composer_samples.fetch).code == "already_requested"
    mirror.go_on.set()
    first.join(30)
    assert failed[0].code == "source_gone"


def _error_of(call: Callable[[], object]):
    with pytest.raises(composer_samples.UserError) as caught:
        call()
    return caught.value


KILLED = """
import json, sys, django
django.setup()
from generator.composer.sound.layers.contents import Package
from generator.services import composer_samples
composer_samples.PACKAGES = tuple(Package(**row) for row in json.loads(sys.argv[1]))
composer_samples.fetch()
"""


def test_a_killed_fetch_leaves_nothing_half_done(mirror, made, tmp_path):
    mirror.body = mirror.half_then_wait
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bgmsite.settings",
        "STUDIO_DATA": str(tmp_path),
        "STUDIO_DEBIAN_MIRROR": mirror.url,
        "SECRET_KEY": "x" * 60,
    }
    rows = json.dumps([asdict(package) for package in made])
    process = subprocess.Popen([sys.executable, "-c", KILLED, rows], env=environment)
    assert mirror.sent.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (composer_samples.root() / "building-left" / "pack").mkdir(parents=True)
    assert composer_samples.number() == 0
    mirror.body = lambda content: iter([content])
    call_command("samples", "fetch")
    assert composer_samples.number() == installed.NUMBER
    assert {path.name for path in composer_samples.root().iterdir()} == {"1", "lock"}


# --- packages ---


@pytest.mark.parametrize("license", ["CC-BY-SA-4.0", "GPL-2+"])
def test_a_sample_under_another_license_is_refused(license, mirror, monkeypatch):
    other = packages(license)
    monkeypatch.setattr(composer_samples, "PACKAGES", tuple(other))
    mirror.files = {package.path: content for package, content in other.items()}
    refused()


def test_nothing_but_the_named_files_is_extracted(tmp_path):
    package = tmp_path / "x.deb"
    package.write_bytes(deb({"usr/share/a.txt": b"a", "../../outside": b"b", "etc/passwd": b"c"}))
    target = tmp_path / "target"
    target.mkdir()
    assert extract(package, ["usr/share/a.txt"], target) == {"usr/share/a.txt": target / "a.txt"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] in (["x.deb", "a.txt"], ["a.txt", "x.deb"])


@pytest.mark.parametrize("content", [b"", b"no package", b"!<arch>\n" + b"x" * 60, deb({"a": b"a"})[:150]])
def test_a_damaged_package_is_one_error(content, tmp_path):
    package = tmp_path / "x.deb"
    package.write_bytes(content)
    with pytest.raises(BadPackage):
        extract(package, ["a"], tmp_path)


# --- playing ---


def piece(style: str, samples: Path | None, **controls: object) -> Composition:
    asked = ComposerControls(style=style, **{"length_s": 10.0, **controls})  # type: ignore[arg-type]
    return compose(read_brief("", asked, seed=5), samples=samples)


def digest(take: Composition) -> str:
    return hashlib.sha256(take.pcm.tobytes()).hexdigest()


@pytest.mark.parametrize("style", ["piano", "orchestral", "rock"])
def test_a_piece_says_which_samples_it_has_and_keeps_its_notes(style, root, tmp_path):
    without, with_pack = piece(style, None), piece(style, root)
    assert (without.samples, with_pack.samples) == (0, installed.NUMBER)
    assert digest(with_pack) != digest(without)
    assert with_pack.midi() == without.midi()
    assert digest(piece(style, tmp_path)) == digest(without)  # a folder without the pack
    assert digest(piece(style, root)) == digest(with_pack)


@pytest.mark.parametrize("controls", [{}, {"loop": True}])
def test_stems_add_up_and_the_length_is_exact(root, controls):
    take = piece("jazz", root, **controls)
    assert rest_steps(take) < 0.9
    assert len(take.pcm) == round(take.form.length_s * 44_100)


@pytest.mark.parametrize("name", REPLACED)
def test_a_hard_note_is_brighter_and_a_held_one_has_no_ticks(name, root):
    installed.open_pack(root)
    for pitch in (48, 60):
        notes = [play(name, pitch, 0.6, velocity=velocity, layered=True) for velocity in (0.35, 0.5, 0.7, 0.9)]
        brightness = [centroid(note) for note in notes]
        assert brightness[-1] > 1.1 * brightness[0]
        assert np.isfinite(notes[0]).all()
    assert not ticks(play(name, 60, 3.0, velocity=0.9, layered=True), 0.25, 3.0)


def test_recordings_of_a_strength_are_what_is_played(root):
    """Without its two recordings a piano's strengths would only be filtered: here the partials themselves differ."""
    installed.open_pack(root)
    soft, hard = (play("piano", 48, 0.6, velocity=velocity, layered=True) for velocity in (0.5, 0.7))
    assert centroid(hard) > 1.4 * centroid(soft)


def test_drums_have_four_strengths_and_no_two_takes_are_alike(root):
    installed.open_pack(root)
    strokes = [drum("rock", "snare", 0, velocity=velocity, layered=True) for velocity in (0.3, 0.5, 0.7, 0.9)]
    assert not any(np.array_equal(one, two) for one, two in itertools.pairwise(strokes))
    takes = [drum("tabla", "ge", take, layered=True) for take in range(4)]
    assert not any(np.array_equal(one, two) for one, two in itertools.combinations(takes, 2))
    assert np.array_equal(drum("house", "kick", 0, layered=True), drum("house", "kick", 0))  # of a synthesized kit


def test_sticks_do_not_replace_brushes(root):
    installed.open_pack(root)
    for name in ("snare", "kick"):
        assert np.array_equal(drum("brushes", name, 0, layered=True), drum("brushes", name, 0))
