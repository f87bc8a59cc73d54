"""Soundverse: one request, answered by a stream, or by a single response after minutes (docs/providers.md)."""

from generator.providers.soundverse.client import provider

__all__ = ["provider"]
