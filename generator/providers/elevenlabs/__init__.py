"""ElevenLabs Music: one blocking call whose reply is the audio itself (docs/providers.md)."""

from generator.providers.elevenlabs.client import provider

__all__ = ["provider"]
