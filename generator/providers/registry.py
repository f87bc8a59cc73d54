"""Registry of providers: every module in the settings has a `provider()` function, or `providers()` for several."""

from collections.abc import Iterable, Iterator
from importlib import import_module

from generator.providers.base import Acting, ActionSpec, ModelSpec, Provider


class NoProvider(Exception):
    """A module named in the settings has no provider; the message is for an administrator."""


class Registry:
    """The providers of this studio, and their models by key."""

    def __init__(self, modules: Iterable[str], others: Iterable[Provider] = ()) -> None:
        """Load the modules' providers; `others` come after them, or in the place of one of their kind and key."""
        self._providers: dict[str, Provider] = {}
        for name in modules:
            for provider in _load(name):
                self._providers[provider.key] = provider
        for other in others:
            if type(self._providers.get(other.key, other)) is type(other):
                self._providers[other.key] = other
        self._specs = {spec.key: spec for provider in self for spec in provider.models}
        self._actions = {
            spec.key: spec for provider in self if isinstance(provider, Acting) for spec in provider.actions
        }

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def provider(self, key: str) -> Provider:
        """Return the provider of a provider or model key; raises KeyError if there is none."""
        return self._providers[key.partition("/")[0]]

    def spec(self, model_key: str) -> ModelSpec | None:
        """Return the spec of a model, or None if it no longer exists."""
        return self._specs.get(model_key)

    def action(self, key: str) -> ActionSpec | None:
        """Return the spec of an action, or None if it no longer exists."""
        return self._actions.get(key)

    def actions(self) -> list[ActionSpec]:
        return list(self._actions.values())

    def specs(self) -> list[ModelSpec]:
        return list(self._specs.values())


RENAMED = {"generator.providers.composer": "generator.providers.builtin"}  # names in settings from before 0.1


def _load(name: str) -> list[Provider]:
    """Load the providers of a module, which may be third-party.

    Raises:
        NoProvider: there is no such module, or it has no provider.
    """
    try:
        module = import_module(RENAMED.get(name, name))
        providers: list[Provider] = module.providers() if hasattr(module, "providers") else [module.provider()]
        _ = [(provider.key, provider.models) for provider in providers]
    except Exception as error:
        cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise NoProvider(f"STUDIO_PROVIDERS: the module {name} offers no provider ({cause}).") from error
    return providers
