"""Soundverse in a hurry."""

from generator.providers.soundverse import Soundverse
from tests.fakes.hasty import hasty


def provider() -> Soundverse:
    return hasty(Soundverse(), "SOUNDVERSE")
