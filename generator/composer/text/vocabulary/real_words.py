"""English words, which are no typos: 49,000 of the Spell Checker Oriented Word Lists (SCOWL, sizes up to 60).

`real_words.txt.gz` holds the words in lower case of Debian's packages wamerican and wbritish (2020.12.07),
without possessives, proper names, and plurals in -s; `real_words.LICENSE` is their license.
"""

import gzip
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("real_words.txt.gz")


@cache
def real_words() -> frozenset[str]:
    """Return the words; read once, when a text has a word that is in no vocabulary."""
    return frozenset(gzip.decompress(_FILE.read_bytes()).decode("ascii").split())
