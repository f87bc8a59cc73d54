"""Names that every engine takes as a file, an object and an identifier: ASCII letters, digits and underscores."""

import re
import unicodedata

MAX_CHARS = 48
DEFAULT_NAME = "Music"
_OTHER = re.compile(r"[^A-Za-z0-9]+")


def engine_name(title: str, default: str = DEFAULT_NAME) -> str:
    """Return a title as a name: "Rain on the Window" is "Rain_on_the_Window", and "3 a.m." is "Music_3_a_m"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", plain).strip("_")[:MAX_CHARS].strip("_")
    if not name:
        return default
    return name if name[0].isalpha() else f"{default}_{name}"


def unused(name: str, taken: set[str]) -> str:
    """Return the name, or the first free one with a number; case is ignored, as some file systems do."""
    number, candidate = 1, name
    while candidate.lower() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.lower())
    return candidate
