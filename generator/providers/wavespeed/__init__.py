"""WaveSpeedAI: submitted once, then polled by id (docs/providers.md)."""

from generator.providers.wavespeed.client import provider

__all__ = ["provider"]
