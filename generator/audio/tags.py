"""What a file says of itself: ID3v2.4 in MP3 and WAV, Vorbis comments in FLAC, the same facts in each."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mutagen import MutagenError
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TALB, TBPM, TCOP, TDRC, TIT2, TKEY, TPE1, TSSE, TXXX
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

_FRAMES: dict[str, Any] = {
    "title": TIT2,
    "artist": TPE1,
    "album": TALB,
    "date": TDRC,
    "bpm": TBPM,
    "key": TKEY,
    "encoder": TSSE,
    "licence": TCOP,
}
_OWN = {
    "prompt": "PROMPT",
    "generator": "GENERATOR",
    "track_id": "STUDIO_TRACK",
    "digital_source": "DIGITAL_SOURCE_TYPE",  # the IPTC term for how it came to be: the machine-readable AI mark
}
_VORBIS = {"key": "initialkey", "licence": "license", "comment": "comment"}
_MODES = {"major": "", "minor": "m"}


@dataclass(frozen=True)
class Tags:
    """The facts a file carries. `bpm` is rounded to a whole number; `key` is "A minor"."""

    title: str = ""
    artist: str = ""
    album: str = ""
    date: str = ""
    comment: str = ""
    bpm: float | None = None
    key: str | None = None
    encoder: str = ""
    licence: str = ""
    prompt: str = ""
    generator: str = ""
    track_id: str = ""
    digital_source: str = ""


def write_tags(path: str | Path, tags: Tags, cover: bytes | None = None, *, format: str = "") -> None:
    """Replace a file's tags and front cover (JPEG); the format is taken from the name unless given.

    Raises:
        ValueError: not an MP3, WAV or FLAC file.
    """
    file = _open(path, format)
    if isinstance(file, FLAC):
        _write_vorbis(file, tags, cover)
    else:
        _write_id3(file, tags, cover)
    file.save()


def read_tags(path: str | Path) -> Tags:
    """Read what `write_tags` wrote; facts that are not there stay empty."""
    file = _open(path)
    found: dict[str, Any] = _read_vorbis(file) if isinstance(file, FLAC) else _read_id3(file)
    if bpm := found.get("bpm"):
        found["bpm"] = float(bpm)
    if key := found.get("key"):
        found["key"] = f"{key[:-1]} minor" if key.endswith("m") else f"{key} major"
    return Tags(**found)


def read_cover(path: str | Path) -> bytes | None:
    file = _open(path)
    if isinstance(file, FLAC):
        return file.pictures[0].data if file.pictures else None
    pictures = file.tags.getall("APIC") if file.tags else []
    return pictures[0].data if pictures else None


def _open(path: str | Path, format: str = "") -> Any:
    kinds = {"mp3": MP3, "wav": WAVE, "flac": FLAC}
    kind = kinds.get(format or Path(path).suffix.lstrip(".").lower())
    if kind is None:
        raise ValueError(f"{Path(path).name}: tags are written to MP3, WAV and FLAC only")
    try:
        return kind(path)
    except MutagenError as error:
        raise ValueError(f"{Path(path).name}: {error}") from error


def _as_text(tags: Tags) -> dict[str, str]:
    facts = {field.name: getattr(tags, field.name) for field in fields(tags)}
    facts["bpm"] = f"{tags.bpm:.0f}" if tags.bpm else ""
    tonic, _, mode = (tags.key or "").partition(" ")
    facts["key"] = f"{tonic}{_MODES.get(mode, '')}"  # "Am", as players and DJ software read it
    return {name: str(value) for name, value in facts.items() if value}


def _write_id3(file: Any, tags: Tags, cover: bytes | None) -> None:
    if file.tags is None:
        file.add_tags()
    id3: ID3 = file.tags
    id3.clear()
    for name, text in _as_text(tags).items():
        if name in _FRAMES:
            id3.add(_FRAMES[name](encoding=3, text=[text]))
        elif name == "comment":
            id3.add(COMM(encoding=3, lang="eng", desc="", text=[text]))
        else:
            id3.add(TXXX(encoding=3, desc=_OWN[name], text=[text]))
    if cover:
        id3.add(APIC(encoding=3, mime="image/jpeg", type=3, desc="Cover", data=cover))


def _read_id3(file: Any) -> dict[str, Any]:
    if file.tags is None:
        return {}
    found = {name: file.tags.getall(frame.__name__) for name, frame in _FRAMES.items()}
    found |= {name: file.tags.getall(f"TXXX:{desc}") for name, desc in _OWN.items()}
    found["comment"] = file.tags.getall("COMM")
    return {name: str(frames[0].text[0]) for name, frames in found.items() if frames}


def _write_vorbis(file: FLAC, tags: Tags, cover: bytes | None) -> None:
    file.delete()
    file.clear_pictures()
    if file.tags is None:
        file.add_tags()
    for name, text in _as_text(tags).items():
        file[_VORBIS.get(name, _OWN.get(name, name))] = [text]
    if cover:
        picture = Picture()
        picture.type, picture.mime, picture.desc, picture.data = 3, "image/jpeg", "Cover", cover
        file.add_picture(picture)


def _read_vorbis(file: FLAC) -> dict[str, Any]:
    names = {field.name: _VORBIS.get(field.name, _OWN.get(field.name, field.name)) for field in fields(Tags)}
    return {name: file[there][0] for name, there in names.items() if there in file}
