"""Separate dice for every decision: changing one leaves all the others as they fell.

So the same seed and take keep their notes in another key, tempo or length, with players left out or in a calmer mood.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Chance:
    """Dice named after what they decide; the same root and names fall the same."""

    root: str

    def of(self, *names: object) -> random.Random:
        return random.Random("/".join((self.root, *map(str, names))))
