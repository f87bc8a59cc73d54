"""Connectors: providers described by data instead of code, as JSON documents (docs/development/connectors.md).

`document` reads and checks one, `client.Connector` runs it, and `shipped/` has those that come with the studio. What an
operator adds or changes in the admin is stored in the database (`generator.models.ConnectorVersion`).
"""

from pathlib import Path

from generator.providers.connectors.client import Connector

__all__ = ["Connector", "providers", "shipped_texts"]

SHIPPED = Path(__file__).parent / "shipped"


def shipped_texts() -> dict[str, str]:
    """Return the connectors that come with the studio: key → document."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(SHIPPED.glob("*.json"))}


def providers() -> list[Connector]:
    return [Connector(text) for text in shipped_texts().values()]
