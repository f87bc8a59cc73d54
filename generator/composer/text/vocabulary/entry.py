"""The form of a language's vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.composer.text.parsing.kinds import Kind


@dataclass(frozen=True)
class Language:
    """Phrases separated by commas: of facts by kind and value, and of connecting words by kind.

    In a Romance language the main word of a phrase comes first ("rock latino"), elsewhere last ("latin rock").
    """

    code: str
    facts: Mapping[Kind, Mapping[str, str]]
    words: Mapping[Kind, str]
    is_head_first: bool = False
