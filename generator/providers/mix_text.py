"""A mix as text, as a field of a local model holds it: "Drums −6 dB, no Whistle".

Players have their displayed names. Players that are not named keep their level.
"""

import math
import re
from collections.abc import Iterable, Mapping

from generator.messages import Message

MIN_DB, MAX_DB = -60.0, 12.0  # dB
MIN_CHANGE_DB = 0.05  # inaudible below this
_MUTED = re.compile(r"no\s+(?P<who>.+)", re.IGNORECASE)
_LEVEL = re.compile(r"(?P<who>.+?)\s+(?P<db>[+-]?\d+(?:\.\d+)?)\s*dB", re.IGNORECASE)


def read(text: str) -> dict[str, float]:
    """Parse a mix into gain factors by player; 0 is muted.

    Raises:
        ValueError: a comma-separated part is neither; the message is shown to the user.
    """
    gains = {}
    for part in (part.strip().replace("−", "-") for part in text.split(",") if part.strip()):
        if match := _MUTED.fullmatch(part):
            gains[match["who"]] = 0.0
        elif (match := _LEVEL.fullmatch(part)) and MIN_DB <= float(match["db"]) <= MAX_DB:
            gains[match["who"]] = 10 ** (float(match["db"]) / 20)
        else:
            raise ValueError(
                Message(
                    "“{part}” is not a valid mix. Example: Drums −6 dB, no Whistle. Levels are between −{low:g} and "
                    "+{high:g} dB.",
                    part=part,
                    low=-MIN_DB,
                    high=MAX_DB,
                )
            )
    return gains


def format_gains(gains: Mapping[str, float]) -> str:
    """Format gain factors as text, without unchanged players."""
    parts = []
    for player, gain in gains.items():
        level = 20 * math.log10(gain) if gain > 0 else -math.inf
        if level < MIN_DB:
            parts.append(f"no {player}")
        elif abs(level) >= MIN_CHANGE_DB:
            parts.append(f"{player} {f'{min(level, MAX_DB):+.1f}'.removesuffix('.0').replace('-', '−')} dB")
    return ", ".join(parts)


def combine_gains(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Combine two mixes, one applied after the other."""
    return {player: before.get(player, 1.0) * after.get(player, 1.0) for player in dict.fromkeys((*before, *after))}


def gains_of(text: str, names: Iterable[str], titles: Iterable[str]) -> dict[str, float]:
    """Return gain factors by the model's own stem names; players that are not in this piece are left out."""
    gain_of = {player.lower(): gain for player, gain in read(text).items()}
    name_of = {title.lower(): name for name, title in zip(names, titles, strict=True)}
    return {name_of[player]: gain for player, gain in gain_of.items() if player in name_of}
