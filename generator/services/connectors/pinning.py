"""Which version of a connector a generation keeps: the one it was sent with, whatever is saved afterwards.

`pin` and `load` read the database; `pinned` does not for rows that were loaded, so the poller may call it while a reply
is awaited.
"""

from collections.abc import Sequence

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import prefetch_related_objects

from generator.models import ConnectorUse, Generation, State
from generator.providers.base import Provider
from generator.providers.connectors import Connector
from generator.services.connectors import versions


def pin(generation: Generation, provider: Provider) -> None:
    """Keep the connector that a generation is about to be sent with."""
    if isinstance(provider, Connector):
        version = versions.version_of(provider)
        ConnectorUse.objects.update_or_create(generation=generation, defaults={"version": version})


def load(generations: Sequence[Generation], connector_keys: set[str]) -> None:
    """Load what `pinned` needs for generations whose `model` is loaded; no query if none uses a connector."""
    rows = [row for row in generations if row.model.key.partition("/")[0] in connector_keys]
    if rows:
        prefetch_related_objects(rows, "connector_use__version")


def pinned(generation: Generation, provider: Provider) -> Provider:
    """Return the version of a connector that a generation was sent with, or the provider as it is.

    What is queued has not been accepted, even if it was sent before: it is sent with the version in use.
    """
    if not isinstance(provider, Connector) or generation.state == State.QUEUED:
        return provider
    try:
        text = generation.connector_use.version.text
    except ObjectDoesNotExist:
        return provider
    if text == provider.text:
        return provider
    return versions.connector_of(text).allowing(provider.document.hosts)


def has_model(provider: Provider, key: str) -> bool:
    """Return whether a connector has a model, which the version in use may no longer have."""
    return isinstance(provider, Connector) and any(spec.key == key for spec in provider.models)
