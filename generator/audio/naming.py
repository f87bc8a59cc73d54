"""File names a person can find again and every system accepts."""

import re
import unicodedata

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
    title: str, *, bpm: float | None = None, key: str | None = None, take: int | None = None, ext: str
) -> str:
    """Name a download: "Rain on the Window - take 2 - 82 BPM - A minor.flac"; at most 120 bytes before the dot."""
    details = (f"take {take}" if take else "", f"{bpm:.0f} BPM" if bpm else "", key or "")
    tail = "".join(f" - {_safe(detail)}" for detail in details if detail)
    room = MOST_BYTES - len(tail.encode())
    stem = _cut(_safe(title), room) or NAMELESS
    if stem.partition(".")[0].strip().lower() in _RESERVED:
        stem = f"{_cut(stem, room - 1)}_" if "." not in stem else f"_{_cut(stem, room - 1)}"
    return f"{stem}{tail}.{ext}"


def _safe(text: str) -> str:
    text = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", text))
    visible = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", visible).split()).strip(_EDGES)


def _cut(text: str, room: int) -> str:
    """As many whole letters as fit."""
    return text.encode()[:room].decode(errors="ignore").strip(_EDGES)
