"""File metadata: ID3v2.4 in MP3 and WAV, Vorbis comments in FLAC, with the same fields in each."""

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

FLAC_PADDING_BYTES = 2048  # space for a longer title without rewriting the audio


@dataclass(frozen=True)
class Tags:
    """The metadata of a file. `bpm` is rounded to a whole number; `key` is "A minor".

    `digital_source` is the IPTC term for the origin of the audio, such as
    http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia: the machine-readable AI label.
    `ai_generated` is the same as a boolean, for simpler programs; None leaves it out.
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
    license: str = ""
    prompt: str = ""
    generator: str = ""
    url: str = ""
    track_id: str = ""
    digital_source: str = ""
    ai_generated: bool | None = None


# field: its ID3v2.4 frame, its Vorbis comment. Fields without a frame are TXXX frames with the Vorbis name in capitals.
_TEXT_FRAMES: Mapping[str, Any] = {
    "title": TIT2,
    "artist": TPE1,
    "album": TALB,
    "date": TDRC,
    "bpm": TBPM,
    "key": TKEY,
    "isrc": TSRC,
    "encoder": TSSE,
    "license": TCOP,
}
_VORBIS: Mapping[str, str] = {
    "key": "initialkey",
    "license": "license",
    "url": "contact",
    "track_id": "studio_track",
    "digital_source": "digital_source_type",
}
_NAMES: Mapping[str, str] = {field.name: _VORBIS.get(field.name, field.name) for field in fields(Tags)}
_CUSTOM_FRAMES = {
    name: vorbis_name.upper()
    for name, vorbis_name in _NAMES.items()
    if name not in _TEXT_FRAMES and name not in ("comment", "url")
}
_MODES = {"major": "", "minor": "m"}
_PICTURE_STARTS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))


def write_tags(path: str | Path, tags: Tags, cover: bytes | None = None, *, format: str = "") -> None:
    """Replace a file's tags and front cover (JPEG is what every player shows); `format` overrides the file's extension.

    Raises:
        ValueError: not an MP3, WAV or FLAC file.
    """
    file = _open(path, format)
    try:
        (_write_vorbis if isinstance(file, FLAC) else _write_id3)(file, tags, cover)
    except (MutagenError, struct.error, AttributeError) as error:
        raise ValueError(f"{Path(path).name}: {error}") from error


def read_tags(path: str | Path) -> Tags:
    """Read what `write_tags` wrote; missing fields stay empty."""
    file = _open(path)
    values: dict[str, Any] = _read_vorbis(file) if isinstance(file, FLAC) else _read_id3(file)
    if "bpm" in values:
        values["bpm"] = _number(values["bpm"])
    if key := values.get("key"):
        values["key"] = f"{key[:-1]} minor" if key.endswith("m") else f"{key} major"
    if "ai_generated" in values:
        values["ai_generated"] = values["ai_generated"] == "1"
    return Tags(**values)


def read_cover(path: str | Path) -> bytes | None:
    """Return the embedded picture, or None."""
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
    except Exception as error:  # mutagen raises arbitrary exceptions for broken files, AttributeError among them
        raise ValueError(f"{Path(path).name}: {error}") from error


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def as_text(tags: Tags) -> dict[str, str]:
    """Return the fields that are set, as players expect them: "Am", "82"."""
    facts = {field.name: getattr(tags, field.name) for field in fields(tags)}
    facts["bpm"] = f"{tags.bpm:.0f}" if tags.bpm else ""
    tonic, _, mode = (tags.key or "").partition(" ")
    facts["key"] = f"{tonic}{_MODES.get(mode, '')}"  # "Am", the notation of players and DJ software
    facts["ai_generated"] = "" if tags.ai_generated is None else str(int(tags.ai_generated))
    return {name: str(value).replace("\0", " ") for name, value in facts.items() if value}


def _mime(picture: bytes) -> str:
    return next((mime for start, mime in _PICTURE_STARTS if picture.startswith(start)), "image/jpeg")


def _write_id3(file: MP3 | WAVE, tags: Tags, cover: bytes | None) -> None:
    if file.tags is None:
        file.add_tags()
    fill_id3(cast(ID3, file.tags), tags, cover)
    file.save(v2_version=4)


def fill_id3(id3: ID3, tags: Tags, cover: bytes | None) -> None:
    """Replace the frames of an ID3 tag."""
    id3.clear()
    for name, text in as_text(tags).items():
        if name in _TEXT_FRAMES:
            id3.add(_TEXT_FRAMES[name](encoding=3, text=[text]))
        elif name == "comment":
            id3.add(COMM(encoding=3, lang="eng", desc="", text=[text]))
        elif name == "url":
            id3.add(WOAF(url=text))
        else:
            id3.add(TXXX(encoding=3, desc=_CUSTOM_FRAMES[name], text=[text]))
    if cover:
        id3.add(APIC(encoding=3, mime=_mime(cover), type=3, desc="Cover", data=cover))


def _read_id3(file: MP3 | WAVE) -> dict[str, Any]:
    if file.tags is None:
        return {}
    frames_of = {name: file.tags.getall(frame.__name__) for name, frame in _TEXT_FRAMES.items()}
    frames_of |= {name: file.tags.getall(f"TXXX:{desc}") for name, desc in _CUSTOM_FRAMES.items()}
    frames_of["comment"] = file.tags.getall("COMM")
    texts = {name: str(frames[0].text[0]) for name, frames in frames_of.items() if frames and frames[0].text}
    if links := file.tags.getall("WOAF"):
        texts["url"] = links[0].url
    return texts


def _write_vorbis(file: FLAC, tags: Tags, cover: bytes | None) -> None:
    if file.tags is None:
        file.add_tags()
    cast(VCFLACDict, file.tags).clear()
    file.clear_pictures()
    for name, text in vorbis_comments(tags).items():
        file[name] = [text]
    if cover:
        file.add_picture(front_cover(cover))
    file.save(padding=lambda info: FLAC_PADDING_BYTES if info.padding < 0 else info.padding)


def vorbis_comments(tags: Tags) -> dict[str, str]:
    """Return the metadata under the names that Vorbis comments have."""
    return {_NAMES[name]: text for name, text in as_text(tags).items()}


def front_cover(cover: bytes) -> Picture:
    """Return a picture as FLAC, Vorbis and Opus files embed it."""
    picture = Picture()
    picture.type, picture.mime, picture.desc, picture.data = 3, _mime(cover), "Cover", cover
    return picture


def _read_vorbis(file: FLAC) -> dict[str, Any]:
    return {name: file[vorbis_name][0] for name, vorbis_name in _NAMES.items() if file.tags and vorbis_name in file}
