"""File names a person can find again and every system accepts."""

import re
import unicodedata

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
MOST_BYTES = 120


def file_name(
    title: str, *, bpm: float | None = None, key: str | None = None, take: int | None = None, ext: str
) -> str:
    """Name a download: "Rain on the Window - take 2 - 82 BPM - A minor.flac"; at most 120 bytes before the dot."""
    details = [
        f"take {take}" if take else "",
        f"{bpm:.0f} BPM" if bpm else "",
        key or "",
    ]
    tail = "".join(f" - {_safe(detail)}" for detail in details if detail)
    room = MOST_BYTES - len(tail.encode())
    stem = _safe(title).encode()[:room].decode(errors="ignore").strip(" .") or "Track"
    if stem.lower().partition(".")[0] in _RESERVED:
        stem = f"{stem}_"[:room] if tail == "" else f"_{stem}"[:room]
    return f"{stem}{tail}.{ext}"


def _safe(text: str) -> str:
    text = unicodedata.normalize("NFC", text.encode(errors="ignore").decode())
    visible = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(_FORBIDDEN.sub(" ", visible).split()).strip(" .")
