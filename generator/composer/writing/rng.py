"""A separate random generator per decision: changing one decision leaves all others unchanged.

The same seed and take therefore keep their notes in another key, tempo or length, without some players, or calmer.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class RngFactory:
    """Random generators named after their decisions; the same root and names give the same sequence."""

    root: str

    def derive(self, *names: object) -> random.Random:
        return random.Random("/".join((self.root, *map(str, names))))
