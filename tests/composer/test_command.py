"""The command, and progress and cancellation for programs that compose."""

import subprocess
import sys
import time
import wave

import pytest

from generator.audio import decode
from generator.composer import Cancelled, ComposerControls, compose, gallery, read_brief
from generator.composer.__main__ import main


def test_it_writes_audio_stems_and_midi(tmp_path, capsys) -> None:
    out, stems, notes = tmp_path / "out.wav", tmp_path / "stems", tmp_path / "out.mid"
    assert main(["rainy lo-fi, 5 s", "-o", str(out), "--stems", str(stems), "--midi", str(notes)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("heard: lo-fi hip-hop, rainy, 5 s\n")
    assert "BPM" in said
    with wave.open(str(out)) as file:
        assert (file.getnframes(), file.getnchannels(), file.getframerate()) == (5 * 44_100, 2, 44_100)
    names = {path.name for path in stems.iterdir()}
    assert "drums.wav" in names
    assert len(names) >= 3
    assert notes.read_bytes().startswith(b"MThd")


@pytest.mark.parametrize(
    ("ending", "magic"),
    [
        (".flac", b"fLaC"),
        (".mp3", b"ID3"),
        (".ogg", b"OggS"),
        (".opus", b"OggS"),
        (".m4a", b"\0\0\0"),
        (".WAV", b"RIFF"),
    ],
)
def test_it_writes_other_formats(tmp_path, ending, magic) -> None:
    out = tmp_path / f"out{ending}"
    assert main(["felt piano, 5 s", "-o", str(out)]) == 0
    assert out.read_bytes().startswith(magic)
    assert decode(out).seconds == pytest.approx(5, abs=0.06)


def test_it_refuses_a_format_it_has_not_before_it_begins(tmp_path, capsys) -> None:
    assert main(["felt piano, 5 s", "-o", str(tmp_path / "out.aiff")]) == 2
    said = capsys.readouterr()
    assert "out.aiff" in said.err
    assert ".flac" in said.err
    assert not said.out
    assert not list(tmp_path.iterdir())


def test_stems_and_notes_go_beside_the_output(tmp_path) -> None:
    assert main(["felt piano, 5 s", "-o", str(tmp_path / "calm.flac"), "--stems", "--midi"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"calm.flac", "calm.mid", "calm-stems"}
    assert all(path.suffix == ".wav" for path in (tmp_path / "calm-stems").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--stems", "--midi"]])
def test_the_command_needs_less_than_400_megabytes_for_ten_minutes(tmp_path, more) -> None:
    code = (
        "import sys\nfrom generator.composer.__main__ import main\nmain(sys.argv[1:])\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", code, "orchestral, ten minutes", "-o", str(tmp_path / "long.wav"), *more]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(said.split()[-1]) < 400 * 1024  # kB


def test_it_takes_every_control(tmp_path, capsys) -> None:
    wishes = ["--energy", "0.2", "0.9", "--density", "0.3", "--meter", "3/4", "--bed"]
    wishes += ["--with", "strings", "--no", "drums"]
    said = ["--follow", "100 BPM, E minor", "--again", "10% slower, 2 semitones up"]
    assert main(["piano, 6 s", "-o", str(tmp_path / "out.wav"), *wishes, *said]) == 0
    assert (
        "3/4, 100 BPM, E minor, room for a voice, with piano, with strings, no drums, 90 BPM, 6.66667 s, F# minor"
        in capsys.readouterr().out
    )


def test_a_gallery_is_a_page_with_files_of_its_own(tmp_path) -> None:
    assert gallery.main([str(tmp_path), "--styles", "piano", "--seeds", "1", "--length", "5"]) == 0
    page = (tmp_path / "index.html").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "piano-1.mp3", "piano-1.png"}
    assert 'src="piano-1.mp3"' in page
    assert "http" not in page
    assert "3-lead-felt" in page


def test_it_says_what_is_impossible(tmp_path, capsys) -> None:
    assert main(["jazz", "--length", "1000", "-o", str(tmp_path / "x.wav")]) == 2
    assert "Length must be between 5 and 600 seconds" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_it_lists_its_styles(capsys) -> None:
    assert main(["--list-styles"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) >= 20
    assert any(line.startswith("orchestral") for line in listed)


def test_progress_goes_forward_through_the_stages() -> None:
    told: list[tuple[str, float]] = []
    compose(read_brief("folk", ComposerControls(length_s=8), seed=1), progress=lambda *seen: told.append(seen))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == ["Planning the structure", "Writing the notes", "Playing and mixing", "Mastering", "Finished"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("style", ["trailer"])
def test_cancelling_stops_within_a_second(style: str) -> None:
    """The callback comes often enough, even during a piece of ten minutes: measured in CPU time."""
    began = last = time.process_time()
    longest = 0.0

    def progress(stage: str, share: float) -> None:
        nonlocal last, longest
        now = time.process_time()
        longest, last = max(longest, now - last), now
        if now - began > 0.8:
            raise Cancelled

    with pytest.raises(Cancelled):
        compose(read_brief("", ComposerControls(length_s=600, style=style), seed=1), progress=progress)
    assert longest < 1
