"""The polling fake, as the registry loads it."""

from tests.fakes.providers import FakePoll


def provider() -> FakePoll:
    return FakePoll()
