"""The examples of docs/development work as they are printed."""

import json
import re

from generator.providers.base import Bookkeeping, PollProvider
from generator.providers.connectors import Connector
from tests.management.tree import ROOT

DEVELOPMENT = ROOT / "docs" / "development"


def printed(page: str, language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", (DEVELOPMENT / page).read_text(), re.DOTALL)
    return block


def test_the_document_is_a_provider():
    connector = Connector(printed("connectors.md", "json"))
    assert isinstance(connector, PollProvider)
    assert [model.key for model in connector.models] == ["example/bed"]


def test_the_class_is_a_provider_with_books(tmp_path):
    code = printed("add-a-provider.md", "python")
    assert len(code.splitlines()) < 70
    (tmp_path / "example.json").write_text(json.dumps(json.loads(printed("connectors.md", "json"))))
    imports = """
from pathlib import Path
import httpx
from generator.currency import ZERO, Micros, micros_of
from generator.providers.base import Bill
from generator.providers.connectors import Connector
from generator.providers.connectors.schema import Call
"""
    names = {"__file__": str(tmp_path / "example.py")}
    exec(imports + code, names)
    assert isinstance(names["provider"](), Bookkeeping)
