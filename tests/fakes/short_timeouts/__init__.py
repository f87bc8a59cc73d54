"""The paid providers as the registry loads them for a chaos run: short timeouts, jobs of seconds."""

import dataclasses
from typing import Any

from generator.providers.base import Patience, from_environment

PATIENCE = Patience(connect=5, submit=4, poll=4, gap=4, total=30)


def with_short_timeouts(provider: Any, prefix: str) -> Any:
    """Return the provider with its account from the environment, and models expected to take two seconds."""
    found = provider.using(dataclasses.replace(from_environment(prefix, provider.extra), patience=PATIENCE))
    found.models = tuple(dataclasses.replace(spec, usual_seconds=2.0) for spec in provider.models)
    return found
