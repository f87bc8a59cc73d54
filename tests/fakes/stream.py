"""The streaming fake, as the registry loads it."""

from tests.fakes.providers import FakeStream


def provider() -> FakeStream:
    return FakeStream()
