"""Places in the piece that a text names: "no drums in the first 10 seconds", "hit at 12 s", "builds at 0:20"."""

from dataclasses import dataclass

# Kinds of moments. `out` and `enter` are about players; the others are about the whole piece.
OUT, ENTER, HIT, BUILD, DROP, QUIET, FULL, STOP, SECTION = (
    "out",
    "enter",
    "hit",
    "build",
    "drop",
    "quiet",
    "full",
    "stop",
    "section",
)


@dataclass(frozen=True)
class Moment:
    """What happens where: from `start_s` to `end_s`, in seconds from the beginning; equal for a point in time.

    A negative time counts from the end of the piece; an `end_s` of 0 after a negative start is the end itself.
    `players` are names as in `Brief.leave_out` ("drums", "strings", "violin"); `name` is that of a section ("intro").
    """

    kind: str
    start_s: float
    end_s: float
    players: frozenset[str] = frozenset()
    name: str = ""
    phrase: str = ""
