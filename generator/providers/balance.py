"""What a balance of players is in words, as a field of a local model holds it: "Drums −6 dB, no Whistle".

Players go by the names that people see. Who is not named stays as loud as the piece has them.
"""

import math
import re
from collections.abc import Iterable, Mapping

SOFTEST, LOUDEST = -60.0, 12.0  # dB
EVEN_DB = 0.05  # nobody hears less
_MUTED = re.compile(r"no\s+(?P<who>.+)", re.IGNORECASE)
_LEVEL = re.compile(r"(?P<who>.+?)\s+(?P<db>[+-]?\d+(?:\.\d+)?)\s*dB", re.IGNORECASE)


def read(text: str) -> dict[str, float]:
    """Who is changed, and what they are multiplied by; 0 is not heard at all.

    Raises:
        ValueError: a part between commas is neither; the message is for people.
    """
    gains = {}
    for part in (part.strip().replace("−", "-") for part in text.split(",") if part.strip()):
        if said := _MUTED.fullmatch(part):
            gains[said["who"]] = 0.0
        elif (said := _LEVEL.fullmatch(part)) and SOFTEST <= float(said["db"]) <= LOUDEST:
            gains[said["who"]] = 10 ** (float(said["db"]) / 20)
        else:
            raise ValueError(
                f"“{part}” is not a balance. Say for instance: Drums −6 dB, no Whistle; "
                f"between −{-SOFTEST:g} and +{LOUDEST:g} dB."
            )
    return gains


def words(gains: Mapping[str, float]) -> str:
    """Say it; whoever is as loud as before is left out."""
    said = []
    for who, gain in gains.items():
        level = 20 * math.log10(gain) if gain > 0 else -math.inf
        if level < SOFTEST:
            said.append(f"no {who}")
        elif abs(level) >= EVEN_DB:
            said.append(f"{who} {f'{min(level, LOUDEST):+.1f}'.removesuffix('.0').replace('-', '−')} dB")
    return ", ".join(said)


def together(before: Mapping[str, float], then: Mapping[str, float]) -> dict[str, float]:
    """One balance after another."""
    return {who: before.get(who, 1.0) * then.get(who, 1.0) for who in dict.fromkeys((*before, *then))}


def gains_of(text: str, names: Iterable[str], titles: Iterable[str]) -> dict[str, float]:
    """The same by the names that the player's own model uses; who does not play in this piece is left out."""
    asked = {who.lower(): gain for who, gain in read(text).items()}
    known = {title.lower(): name for name, title in zip(names, titles, strict=True)}
    return {known[who]: gain for who, gain in asked.items() if who in known}
