"""WaveSpeed with short timeouts."""

from generator.providers.wavespeed.client import WaveSpeed
from tests.fakes.short_timeouts import with_short_timeouts


def provider() -> WaveSpeed:
    return with_short_timeouts(WaveSpeed(), "WAVESPEED")
