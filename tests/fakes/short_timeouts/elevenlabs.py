"""ElevenLabs with short timeouts."""

from generator.providers.elevenlabs.client import ElevenLabs
from tests.fakes.short_timeouts import with_short_timeouts


def provider() -> ElevenLabs:
    return with_short_timeouts(ElevenLabs(), "ELEVENLABS")
