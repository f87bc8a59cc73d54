"""Local providers that follow a reference: a field takes the studio's measurements, and nothing is registered."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

FOLLOW = "follow"  # purpose of such a field


@runtime_checkable
class Following(Protocol):
    def followed(self, measured: Mapping[str, Any]) -> str:
        """Return the field's value for a sound's measurements; empty if there is nothing to follow."""
        ...

    def follows(self, text: str) -> str:
        """Describe the field's value for people: "92 BPM, A minor, dark, rising"."""
        ...
