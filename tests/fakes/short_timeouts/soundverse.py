"""Soundverse with short timeouts."""

from generator.providers.soundverse.client import Soundverse
from tests.fakes.short_timeouts import with_short_timeouts


def provider() -> Soundverse:
    return with_short_timeouts(Soundverse(), "SOUNDVERSE")
