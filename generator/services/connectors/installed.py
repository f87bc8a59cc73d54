"""The registry of providers: the modules in the settings, and the connectors that an administrator saved."""

import asyncio

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from generator.providers.registry import NoProvider, Registry
from generator.providers.stem_rendering import SamplePlayer
from generator.services import composer_samples
from generator.services.connectors import versions


class Installed:
    """Return the registry when called; it is made again after a connector was saved."""

    def __init__(self) -> None:
        self._made: tuple[int, Registry] | None = None

    def __call__(self) -> Registry:
        stamp = versions.stamp()
        if self._made and (self._made[0] == stamp or _is_awaiting()):
            return self._made[1]
        self._made = stamp, _registry(is_saved=stamp > 0)
        return self._made[1]

    def cache_clear(self) -> None:
        self._made = None


def _is_awaiting() -> bool:
    """Return whether this is called from a coroutine, where the database cannot be read; the next call will do it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _registry(*, is_saved: bool) -> Registry:
    takes_connectors = versions.MODULE in settings.STUDIO_PROVIDERS
    try:
        registry = Registry(
            settings.STUDIO_PROVIDERS, versions.saved_connectors() if is_saved and takes_connectors else ()
        )
    except NoProvider as error:
        raise ImproperlyConfigured(str(error)) from error
    for provider in registry:
        if isinstance(provider, SamplePlayer):
            provider.samples_root = composer_samples.root()
    return registry
