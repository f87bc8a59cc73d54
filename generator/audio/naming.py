"""File names a person can find again and every system accepts."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from generator.audio.encode import FORMATS

MOST_BYTES = 120
NAMELESS = "Track"
# What Windows, macOS, Linux or a URL give a meaning to.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]+')
_INVISIBLE = (
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
)  # Unicode categories: controls, direction marks, lone surrogates, unassigned
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
_EDGES = " .-"  # Windows drops a last dot, a first one hides the file, a first dash is an option to a program


def file_name(
    title: str,
    *,
    bpm: float | None = None,
    key: str | None = None,
    take: int | None = None,
    lufs: float | None = None,
    ext: str,
) -> str:
    """Name a download: "Rain on the Window - take 2 - 82 BPM - A minor.flac"; at most 120 bytes before the dot.

    `lufs`: the loudness it was brought to, so that two files of one track never share a name.
    """
    loudness = "" if lufs is None else f"{lufs:g} LUFS"
    details = (f"take {take}" if take else "", f"{bpm:.0f} BPM" if bpm else "", key or "", loudness)
    tail = "".join(f" - {_tidy(detail)}" for detail in details if detail)
    room = MOST_BYTES - len(tail.encode())
    stem = _cut(_safe(title), room) or NAMELESS
    if stem.partition(".")[0].strip().lower() in _RESERVED:
        stem = f"{_cut(stem, room - 1)}_" if "." not in stem else f"_{_cut(stem, room - 1)}"
    return f"{stem}{tail}.{ext}"


def unused_name(name: str, taken: Iterable[str]) -> str:
    """The name, or the first "name (2)" that is not taken: by systems that make no difference of case, either."""
    known = {_folded(one) for one in taken}
    stem, dot, ending = name.rpartition(".")
    number, found = 1, name
    while _folded(found) in known:
        number += 1
        mark = f" ({number})"
        found = f"{_cut(stem, MOST_BYTES - len(mark))}{mark}{dot}{ending}"
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def disposition(name: str, *, inline: bool = False) -> str:
    """Content-Disposition of a file with this name (RFC 6266): in ASCII for old programs, and as it is for others."""
    kind = "inline" if inline else "attachment"
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    stem, dot, ending = plain.rpartition(".")
    stem = " ".join(re.sub(r'[^ -~]+|["\\%]', "_", stem if dot else plain).split()).strip(_EDGES)
    ascii_name = f"{stem if re.search('[A-Za-z0-9]', stem) else NAMELESS}{dot}{ending if dot else ''}"
    if ascii_name == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{ascii_name}\"; filename*=utf-8''{quote(name, safe='')}"


def _safe(text: str) -> str:
    return _tidy(text).strip(_EDGES)


def _tidy(text: str) -> str:
    text = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", text))
    visible = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _cut(text: str, room: int) -> str:
    """As many whole letters as fit."""
    return text.encode()[:room].decode(errors="ignore").strip(_EDGES)


_CODEC_TITLES = {
    "mp3float": "MP3",
    "mp3": "MP3",
    "mp2float": "MPEG layer 2",
    "mp2": "MPEG layer 2",
    "pcm_alaw": "A-law",
    "pcm_mulaw": "µ-law",
    "vorbis": "Ogg Vorbis",
    "pcm_f64le": "64 bit floating point",
    "pcm_f32le": "32 bit floating point",
}


def codec_title(codec: str) -> str:
    """What people call a codec: "MP3", "AAC", "ADPCM"."""
    return _CODEC_TITLES.get(codec) or ("ADPCM" if codec.startswith("adpcm") else codec.upper())


def is_lossy(codec: str) -> bool:
    """Whether a codec's name is that of one that loses something."""
    return codec in ("pcm_alaw", "pcm_mulaw") or not codec.startswith(("pcm_", "flac", "alac"))


def label(format: str, *, bits: int | None = None, bit_rate: int | None = None, source: str = "") -> str:
    """What a file is called: "WAV · 24 bit", "MP3 · 192 kb/s", "FLAC (converted from MP3)".

    `source`: the lossy codec that its sound went through before it became this file.
    """
    if source:
        return f"{format.upper()} (converted from {codec_title(source)})"
    if format == "mp3" and bit_rate:
        return f"MP3 · {round(bit_rate / 1000)} kb/s"
    if format == "wav" and bits:
        return f"WAV · {bits} bit"
    return FORMATS[format].title if format in FORMATS else format.upper()
