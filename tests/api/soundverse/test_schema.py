"""The surface as its own OpenAPI document describes it, asked with whatever schemathesis can think of."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from generator.api.soundverse import openapi

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("soundverse")]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
schema = schemathesis.openapi.from_dict(openapi.document("http://localhost"))


@pytest.mark.parametrize("examples", [5, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", list(openapi.document("")["paths"]))
def test_whatever_is_asked_the_answer_keeps_to_the_contract(served, path, mode, examples):
    """With a key that may spend nothing, so that what is understood ends at the budget instead of being made."""
    codes = set()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[path]["POST"].as_strategy(generation_mode=mode))
    def send(case) -> None:
        reply = case.call(base_url=served.url, headers={"Authorization": f"Bearer {served.keys['poor']}"}, timeout=60)
        codes.add(reply.status_code)
        case.validate_response(reply, checks=CHECKS)

    send()
    assert codes & {400, 402, 422}


def test_the_document_is_served(served):
    document = httpx.get(f"{served.url}/v5/openapi.json").json()
    assert [server["url"] for server in document["servers"]] == [served.url]
    assert set(document["paths"]) == set(openapi.document("")["paths"])
