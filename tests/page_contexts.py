"""A faster test client: of each answer it keeps the context of the page, not a copy for every part of it.

`reply.context` holds what the view and the context processors gave, under the names of the page's own template.
"""

from copy import copy
from typing import Any

from django.test import client
from django.test.utils import ContextList


def _keep_page(store: dict[str, Any], signal: object, sender: object, template: object, context: Any, **_: Any) -> None:
    if "context" not in store:
        store["templates"], store["context"] = [template], ContextList([copy(context)])


def keep_page_contexts() -> None:
    """Let every client of this process keep pages' contexts only."""
    client.store_rendered_templates = _keep_page
