"""The connectors in use: the ones shipped, and those that an administrator saved instead of them or beside them.

Processes learn of a saved one by the time of a file in the data directory, so looking costs no query.
"""

import logging
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max

from generator.models import ConnectorVersion, User
from generator.providers.connectors import Connector, shipped_texts
from generator.providers.connectors.document import DocumentError

log = logging.getLogger(__name__)

MODULE = "generator.providers.connectors"  # in the settings' providers


def _stamp_file() -> Path:
    return Path(settings.DATA_DIR) / "connectors-changed"


def stamp() -> int:
    """Return a number that changes whenever a connector was saved; 0: none ever was."""
    try:
        return _stamp_file().stat().st_mtime_ns
    except OSError:
        return 0


def touch() -> None:
    """Let every process read the connectors again."""
    _stamp_file().touch()


def saved_texts() -> dict[str, str]:
    """Return the text of each connector that an administrator saved last; without those that were given up again."""
    saved = ConnectorVersion.objects.filter(is_saved=True)
    newest = saved.order_by().values("key").annotate(newest=Max("pk")).values("newest")
    return {row.key: row.text for row in saved.filter(pk__in=newest).order_by("key") if row.text}


def saved_connectors() -> list[Connector]:
    """Return the saved connectors that can be read; one from another release may not be."""
    connectors = []
    for key, text in saved_texts().items():
        try:
            connectors.append(connector_of(text))
        except DocumentError as error:
            log.error("the connector %s cannot be used: %s", key, error)
    return connectors


@lru_cache(maxsize=64)
def connector_of(text: str) -> Connector:
    """Return the provider that a document describes; raises DocumentError.

    If it takes the place of a shipped one and reaches further hosts, the key in the environment is not meant for them.
    """
    connector = Connector(text)
    shipped = shipped_texts().get(connector.key)
    if shipped is None or reaches_only(connector, Connector(shipped)):
        return connector
    return connector.without_environment()


def reaches_only(connector: Connector, other: Connector) -> bool:
    """Return whether a connector sends its key nowhere that another one does not."""
    return _hosts(connector) <= _hosts(other)


def _hosts(connector: Connector) -> set[str]:
    document = connector.document
    return {urlsplit(document.base).netloc, *document.hosts} - {""}


def text_in_use(key: str) -> str:
    """Return the text of a connector as it is used now; empty if there is none of this key."""
    return saved_texts().get(key) or shipped_texts().get(key, "")


def store(key: str, text: str, actor: User | None, note: str = "") -> ConnectorVersion:
    """Store a checked text as the one to use, empty for the shipped connector; `touch` puts it into use."""
    digest = sha256(text.encode()).hexdigest()
    return ConnectorVersion.objects.create(key=key, text=text, digest=digest, note=note, created_by=actor)


def version_of(connector: Connector) -> ConnectorVersion:
    """Return the stored version with a connector's text, storing a shipped one when it is first used."""
    digest = sha256(connector.text.encode()).hexdigest()
    same = ConnectorVersion.objects.filter(key=connector.key, digest=digest).order_by("-pk").first()
    if same:
        return same
    return ConnectorVersion.objects.create(key=connector.key, text=connector.text, digest=digest, is_saved=False)
