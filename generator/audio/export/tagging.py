"""Metadata that other programs see: ID3, Vorbis comments and MP4 atoms, with loudness and loop points.

ReplayGain 2.0 gains lead to −18 LUFS; R128 gains (RFC 7845, Opus) lead to −23 LUFS, in 1/256 dB.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import TXXX
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from generator.audio.editing.marks import LoopPoints
from generator.audio.tags import Tags, as_text, fill_id3, front_cover, vorbis_comments

REPLAY_GAIN_LUFS, R128_LUFS = -18.0, -23.0
ID3_VERSIONS = (3, 4)
_MP4_ATOMS: Mapping[str, str] = {
    "title": "\xa9nam",
    "artist": "\xa9ART",
    "album": "\xa9alb",
    "date": "\xa9day",
    "comment": "\xa9cmt",
    "encoder": "\xa9too",
    "license": "cprt",
}
_MP4_NAMES = {"isrc": "ISRC", "key": "initialkey"}


@dataclass(frozen=True)
class Technical:
    """What is known of the exported sound itself; `peak` is its true peak, 1.0 for full scale."""

    lufs: float | None = None
    peak: float | None = None
    loop: LoopPoints | None = None

    def as_text(self, format: str) -> dict[str, str]:
        """Return the fields under the names that players look for."""
        texts = {}
        if self.lufs is not None and format == "opus":
            texts["R128_TRACK_GAIN"] = str(max(-32768, min(32767, round((R128_LUFS - self.lufs) * 256))))
        elif self.lufs is not None:
            texts["REPLAYGAIN_TRACK_GAIN"] = f"{REPLAY_GAIN_LUFS - self.lufs:+.2f} dB"
            texts["REPLAYGAIN_REFERENCE_LOUDNESS"] = f"{REPLAY_GAIN_LUFS:.2f} LUFS"
        if self.peak is not None and format != "opus":
            texts["REPLAYGAIN_TRACK_PEAK"] = f"{self.peak:.6f}"
        if self.loop is not None:
            texts |= {"LOOPSTART": str(self.loop.start), "LOOPLENGTH": str(self.loop.length)}
        return texts


def write_metadata(
    path: Path, format: str, tags: Tags, cover: bytes | None, technical: Technical, id3_version: int = 4
) -> None:
    """Replace the metadata of an exported file; ID3 version 3 stores its texts in UTF-16, as older programs need it.

    Raises:
        ValueError: the file is not of this format.
    """
    try:
        if format in ("mp3", "wav", "aiff"):
            _write_id3(path, format, tags, cover, technical.as_text(format), id3_version)
        elif format == "m4a":
            _write_mp4(path, tags, cover, technical.as_text(format))
        else:
            _write_vorbis(path, format, tags, cover, technical.as_text(format))
    except mutagen.MutagenError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _write_id3(
    path: Path, format: str, tags: Tags, cover: bytes | None, extra: Mapping[str, str], version: int
) -> None:
    kinds: Mapping[str, Callable[[Path], Any]] = {"mp3": MP3, "wav": WAVE, "aiff": AIFF}
    file = kinds[format](path)
    if file.tags is None:
        file.add_tags()
    fill_id3(file.tags, tags, cover)
    for name, text in extra.items():
        file.tags.add(TXXX(encoding=3, desc=name, text=[text]))
    if version == 3:
        file.tags.update_to_v23()
    file.save(v2_version=version)


def _write_vorbis(path: Path, format: str, tags: Tags, cover: bytes | None, extra: dict[str, str]) -> None:
    kinds: Mapping[str, Callable[[Path], Any]] = {"flac": FLAC, "ogg": OggVorbis, "opus": OggOpus}
    file = kinds[format](path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for name, text in (vorbis_comments(tags) | extra).items():
        file[name] = [text]
    if cover and isinstance(file, FLAC):
        file.clear_pictures()
        file.add_picture(front_cover(cover))
    elif cover:
        file["metadata_block_picture"] = [base64.b64encode(front_cover(cover).write()).decode()]
    file.save()


def _write_mp4(path: Path, tags: Tags, cover: bytes | None, extra: dict[str, str]) -> None:
    file: Any = MP4(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    texts = as_text(tags)
    if bpm := texts.pop("bpm", ""):
        file["tmpo"] = [int(bpm)]
    for name, text in texts.items():
        if name in _MP4_ATOMS:
            file[_MP4_ATOMS[name]] = [text]
    free = {_MP4_NAMES.get(name, name.upper()): text for name, text in texts.items() if name not in _MP4_ATOMS}
    for name, text in (free | extra).items():
        file[f"----:com.apple.iTunes:{name}"] = [MP4FreeForm(text.encode())]
    if cover:
        is_png = cover.startswith(b"\x89PNG")
        file["covr"] = [MP4Cover(cover, MP4Cover.FORMAT_PNG if is_png else MP4Cover.FORMAT_JPEG)]
    file.save()
