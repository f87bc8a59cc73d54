"""WaveSpeed in a hurry."""

from generator.providers.wavespeed import WaveSpeed
from tests.fakes.hasty import hasty


def provider() -> WaveSpeed:
    return hasty(WaveSpeed(), "WAVESPEED")
