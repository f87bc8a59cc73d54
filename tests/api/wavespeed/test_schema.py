"""The contract as a document, with generated requests: no answer is outside of it."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from generator.api.compat.wavespeed import submit
from generator.api.compat.wavespeed.predictions import id_of
from tests.conftest import COMPOSER

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("examples", [3, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_asked_the_answer_keeps_to_the_contract(program, ask, monkeypatch, mode, examples):
    monkeypatch.setattr(submit, "SYNC_TIMEOUT_S", 0)
    ours = program(model_override=COMPOSER)
    known = id_of(ask())
    schema = schemathesis.openapi.from_wsgi("/api/v3/openapi.json", get_wsgi_application())
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case) -> None:
            if "id" in case.path_parameters and len(asked) % 2:
                case.path_parameters["id"] = known
            reply = case.call(headers={"Authorization": f"Bearer {ours.token}"})
            asked.add((case.method, case.path, reply.status_code))
            case.validate_response(reply, checks=CHECKS)
            assert "error" not in reply.json()

        if mode == GenerationMode.POSITIVE or operation.body:
            send()
    assert len({path for _, path, _ in asked}) > 15


def test_the_document_needs_no_key_and_names_every_model(synced_catalog):
    reply = Client().get("/api/v3/openapi.json")
    assert reply.status_code == 200
    paths = reply.json()["paths"]
    assert "/api/v3/mureka-ai/mureka-v7.6/generate-bgm" in paths
    assert "/api/v3/composer/studio" in paths
