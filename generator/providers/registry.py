"""Which providers exist: every module named in the settings offers one `provider()`."""

from collections.abc import Iterable, Iterator
from importlib import import_module

from generator.providers.base import Acting, ActionSpec, ModelSpec, Provider


class NoProvider(Exception):
    """A module that is named in the settings offers no provider; the message is for an administrator."""


class Registry:
    """The providers of this studio, and their models by key."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._providers: dict[str, Provider] = {}
        for name in modules:
            provider = _load(name)
            self._providers[provider.key] = provider
        self._specs = {spec.key: spec for provider in self for spec in provider.models}
        self._actions = {
            spec.key: spec for provider in self if isinstance(provider, Acting) for spec in provider.actions
        }

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def provider(self, key: str) -> Provider:
        """Raises KeyError: no such provider (any more)."""
        return self._providers[key.partition("/")[0]]

    def spec(self, model_key: str) -> ModelSpec | None:
        """The spec of a model, or None when the model has gone since."""
        return self._specs.get(model_key)

    def action(self, key: str) -> ActionSpec | None:
        """The spec of an action, or None when the action has gone since."""
        return self._actions.get(key)

    def actions(self) -> list[ActionSpec]:
        return list(self._actions.values())

    def specs(self) -> list[ModelSpec]:
        return list(self._specs.values())


def _load(name: str) -> Provider:
    """The provider of a module, which may be somebody else's.

    Raises:
        NoProvider: there is no such module, or it does not offer one.
    """
    try:
        provider: Provider = import_module(name).provider()
        _ = provider.key, provider.models
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise NoProvider(f"STUDIO_PROVIDERS: the module {name} offers no provider ({said}).") from error
    return provider
