"""Readable file names that are valid on every system."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from generator.audio.encode import FORMATS
from generator.messages import Message
from generator.messages import gettext_noop as _

MAX_NAME_BYTES = 120
DEFAULT_TITLE = "Track"
# Characters with a special meaning on Windows, macOS, Linux or in a URL.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]+')
# ASCII for what has no accent to be taken off.
_SPELLED = {
    **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"},
    **{"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"},
    **{"–": "-", "—": "-", "−": "-", "‐": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'},
}
_INVISIBLE = (
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
)  # Unicode categories: controls, direction marks, lone surrogates, unassigned
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
_EDGES = " .-"  # Windows drops a trailing dot; a leading one hides the file; a leading dash looks like an option


def file_name(
    title: str,
    *,
    bpm: float | None = None,
    key: str | None = None,
    take: int | None = None,
    lufs: float | None = None,
    ext: str,
) -> str:
    """Return a download name: "Rain on the Window - take 2 - 82 BPM - A minor.flac"; at most 120 bytes before the dot.

    `lufs`: the loudness it was normalized to, so that two files of one track never share a name.
    """
    loudness = "" if lufs is None else f"{lufs:g} LUFS"
    details = (f"take {take}" if take else "", f"{bpm:.0f} BPM" if bpm else "", key or "", loudness)
    tail = "".join(f" - {_tidy(detail)}" for detail in details if detail)
    max_bytes = MAX_NAME_BYTES - len(tail.encode())
    stem = _cut(_safe(title), max_bytes) or DEFAULT_TITLE
    if stem.partition(".")[0].strip().lower() in _RESERVED:
        stem = f"{_cut(stem, max_bytes - 1)}_" if "." not in stem else f"_{_cut(stem, max_bytes - 1)}"
    return f"{stem}{tail}.{ext}"


def unused_name(name: str, used_names: Iterable[str]) -> str:
    """Return the name, or the first free "name (2)"; case is ignored, because some file systems ignore it."""
    taken_folded = {_folded(used_name) for used_name in used_names}
    stem, dot, ending = name.rpartition(".")
    number, candidate = 1, name
    while _folded(candidate) in taken_folded:
        number += 1
        mark = f" ({number})"
        candidate = f"{_cut(stem, MAX_NAME_BYTES - len(mark))}{mark}{dot}{ending}"
    return candidate


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def disposition(name: str, *, inline: bool = False) -> str:
    """Return a Content-Disposition header with this name (RFC 6266): in ASCII for old programs, and in UTF-8."""
    kind = "inline" if inline else "attachment"
    plain = _without_accents(name)
    stem, dot, ending = plain.rpartition(".")
    stem = " ".join(re.sub(r'[^ -~]+|["\\%]', "_", stem if dot else plain).split()).strip(_EDGES)
    ascii_name = f"{stem if re.search('[A-Za-z0-9]', stem) else DEFAULT_TITLE}{dot}{ending if dot else ''}"
    if ascii_name == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{ascii_name}\"; filename*=utf-8''{quote(name, safe='')}"


def as_ascii(text: str) -> str:
    """Return a text in ASCII, for fields that hold nothing else: letters without accents, "?" for other scripts."""
    spelled = "".join(_SPELLED.get(character, character) for character in text)
    return _without_accents(spelled).encode("ascii", "replace").decode()


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _safe(text: str) -> str:
    return _tidy(text).strip(_EDGES)


def _tidy(text: str) -> str:
    text = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", text))
    visible = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _cut(text: str, max_bytes: int) -> str:
    """Truncate to as many whole characters as fit."""
    return text.encode()[:max_bytes].decode(errors="ignore").strip(_EDGES)


_CODEC_TITLES = {
    "mp3float": "MP3",
    "mp3": "MP3",
    "mp2float": _("MPEG layer 2"),
    "mp2": _("MPEG layer 2"),
    "pcm_alaw": "A-law",
    "pcm_mulaw": "µ-law",
    "vorbis": "Ogg Vorbis",
    "pcm_f64le": _("64 bit floating point"),
    "pcm_f32le": _("32 bit floating point"),
}


def codec_title(codec: str) -> str:
    """Return the usual name of a codec: "MP3", "AAC", "ADPCM"."""
    return _CODEC_TITLES.get(codec) or ("ADPCM" if codec.startswith("adpcm") else codec.upper())


def is_lossy(codec: str) -> bool:
    """Return whether the codec is lossy."""
    return codec in ("pcm_alaw", "pcm_mulaw") or not codec.startswith(("pcm_", "flac", "alac"))


def label(format: str, *, bits: int | None = None, bit_rate: int | None = None, source: str = "") -> str:
    """Return a file description: "WAV · 24 bit", "MP3 · 192 kb/s", "FLAC (converted from MP3)".

    `source`: the lossy codec that the audio went through before it became this file.
    """
    if source:
        return Message("{format} (converted from {codec})", format=format.upper(), codec=codec_title(source))
    if format == "mp3" and bit_rate:
        return Message("MP3 · {rate} kb/s", rate=round(bit_rate / 1000))
    if format == "wav" and bits:
        return Message("WAV · {bits} bit", bits=bits)
    return FORMATS[format].title if format in FORMATS else format.upper()
