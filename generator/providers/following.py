"""A local provider that follows a sound: its field takes what the studio has measured, and nothing is registered."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

FOLLOW = "follow"  # the purpose of such a field


@runtime_checkable
class Following(Protocol):
    def followed(self, measured: Mapping[str, Any]) -> str:
        """What the field takes of a sound's measurements; empty where there is nothing to follow."""
        ...

    def follows(self, text: str) -> str:
        """What the field holds, as a person would say it: "92 BPM, A minor, dark, rising"."""
        ...
