"""What a file says of itself: ID3v2.4 in MP3 and WAV, Vorbis comments in FLAC, the same facts in each."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from mutagen import MutagenError
from mutagen.flac import FLAC, Picture, VCFLACDict
from mutagen.id3 import APIC, COMM, ID3, TALB, TBPM, TCOP, TDRC, TIT2, TKEY, TPE1, TSRC, TSSE, TXXX, WOAF
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

FLAC_PADDING = 2048  # room for a changed title without moving the music


@dataclass(frozen=True)
class Tags:
    """The facts a file carries. `bpm` is rounded to a whole number; `key` is "A minor".

    `digital_source` is the IPTC term for how the sound came to be, such as
    http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia: the machine-readable mark of AI.
    `ai_generated` is the same in a word, for programs that look no further; None says nothing.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    date: str = ""
    comment: str = ""
    bpm: float | None = None
    key: str | None = None
    isrc: str = ""
    encoder: str = ""
    licence: str = ""
    prompt: str = ""
    generator: str = ""
    url: str = ""
    track_id: str = ""
    digital_source: str = ""
    ai_generated: bool | None = None


# fact: its ID3v2.4 frame, its Vorbis comment. Facts without a frame are TXXX frames of the Vorbis name in capitals.
_TEXT_FRAMES: Mapping[str, Any] = {
    "title": TIT2,
    "artist": TPE1,
    "album": TALB,
    "date": TDRC,
    "bpm": TBPM,
    "key": TKEY,
    "isrc": TSRC,
    "encoder": TSSE,
    "licence": TCOP,
}
_VORBIS: Mapping[str, str] = {
    "key": "initialkey",
    "licence": "license",
    "url": "contact",
    "track_id": "studio_track",
    "digital_source": "digital_source_type",
}
_NAMES: Mapping[str, str] = {field.name: _VORBIS.get(field.name, field.name) for field in fields(Tags)}
_OWN = {
    name: there.upper() for name, there in _NAMES.items() if name not in _TEXT_FRAMES and name not in ("comment", "url")
}
_MODES = {"major": "", "minor": "m"}
_PICTURE_STARTS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))


def write_tags(path: str | Path, tags: Tags, cover: bytes | None = None, *, format: str = "") -> None:
    """Replace a file's tags and front cover (JPEG is what every player shows); `format` overrides the file's name.

    Raises:
        ValueError: not an MP3, WAV or FLAC file.
    """
    file = _open(path, format)
    try:
        (_write_vorbis if isinstance(file, FLAC) else _write_id3)(file, tags, cover)
    except (MutagenError, struct.error, AttributeError) as error:
        raise ValueError(f"{Path(path).name}: {error}") from error


def read_tags(path: str | Path) -> Tags:
    """Read what `write_tags` wrote; facts that are not there stay empty."""
    file = _open(path)
    found: dict[str, Any] = _read_vorbis(file) if isinstance(file, FLAC) else _read_id3(file)
    if "bpm" in found:
        found["bpm"] = _number(found["bpm"])
    if key := found.get("key"):
        found["key"] = f"{key[:-1]} minor" if key.endswith("m") else f"{key} major"
    if "ai_generated" in found:
        found["ai_generated"] = found["ai_generated"] == "1"
    return Tags(**found)


def read_cover(path: str | Path) -> bytes | None:
    """The picture inside a file, or None."""
    file = _open(path)
    if isinstance(file, FLAC):
        return bytes(file.pictures[0].data) if file.pictures else None
    pictures = file.tags.getall("APIC") if file.tags else []
    return bytes(pictures[0].data) if pictures else None


def _open(path: str | Path, format: str = "") -> Any:
    kinds = {"mp3": MP3, "wav": WAVE, "flac": FLAC}
    kind = kinds.get(format or Path(path).suffix.lstrip(".").lower())
    if kind is None:
        raise ValueError(f"{Path(path).name}: tags are written to MP3, WAV and FLAC only")
    try:
        return kind(path)
    except Exception as error:  # of a broken file mutagen raises whatever comes first, AttributeError among it
        raise ValueError(f"{Path(path).name}: {error}") from error


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _as_text(tags: Tags) -> dict[str, str]:
    facts = {field.name: getattr(tags, field.name) for field in fields(tags)}
    facts["bpm"] = f"{tags.bpm:.0f}" if tags.bpm else ""
    tonic, _, mode = (tags.key or "").partition(" ")
    facts["key"] = f"{tonic}{_MODES.get(mode, '')}"  # "Am", as players and DJ software read it
    facts["ai_generated"] = "" if tags.ai_generated is None else str(int(tags.ai_generated))
    return {name: str(value).replace("\0", " ") for name, value in facts.items() if value}


def _mime(picture: bytes) -> str:
    return next((mime for start, mime in _PICTURE_STARTS if picture.startswith(start)), "image/jpeg")


def _write_id3(file: MP3 | WAVE, tags: Tags, cover: bytes | None) -> None:
    if file.tags is None:
        file.add_tags()
    id3 = cast(ID3, file.tags)
    id3.clear()
    for name, text in _as_text(tags).items():
        if name in _TEXT_FRAMES:
            id3.add(_TEXT_FRAMES[name](encoding=3, text=[text]))
        elif name == "comment":
            id3.add(COMM(encoding=3, lang="eng", desc="", text=[text]))
        elif name == "url":
            id3.add(WOAF(url=text))
        else:
            id3.add(TXXX(encoding=3, desc=_OWN[name], text=[text]))
    if cover:
        id3.add(APIC(encoding=3, mime=_mime(cover), type=3, desc="Cover", data=cover))
    file.save(v2_version=4)


def _read_id3(file: MP3 | WAVE) -> dict[str, Any]:
    if file.tags is None:
        return {}
    found = {name: file.tags.getall(frame.__name__) for name, frame in _TEXT_FRAMES.items()}
    found |= {name: file.tags.getall(f"TXXX:{desc}") for name, desc in _OWN.items()}
    found["comment"] = file.tags.getall("COMM")
    texts = {name: str(frames[0].text[0]) for name, frames in found.items() if frames and frames[0].text}
    if links := file.tags.getall("WOAF"):
        texts["url"] = links[0].url
    return texts


def _write_vorbis(file: FLAC, tags: Tags, cover: bytes | None) -> None:
    if file.tags is None:
        file.add_tags()
    cast(VCFLACDict, file.tags).clear()
    file.clear_pictures()
    for name, text in _as_text(tags).items():
        file[_NAMES[name]] = [text]
    if cover:
        picture = Picture()
        picture.type, picture.mime, picture.desc, picture.data = 3, _mime(cover), "Cover", cover
        file.add_picture(picture)
    file.save(padding=lambda info: FLAC_PADDING if info.padding < 0 else info.padding)


def _read_vorbis(file: FLAC) -> dict[str, Any]:
    return {name: file[there][0] for name, there in _NAMES.items() if file.tags and there in file}
