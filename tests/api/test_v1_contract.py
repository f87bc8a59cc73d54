"""Requests that the OpenAPI document allows, and many that it does not, are answered as it says: never a 5xx.

The default run sends a few fixed generated requests to the operations on one resource, and `-m live` to
all others, which take long to generate. `-m slow` sends many more, with the boundaries of every field (schemathesis'
coverage phase).
"""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from generator.models import Scope
from tests.api.test_every_address import things  # noqa: F401

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SETTINGS = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)


def _contract(examples: int, *, boundaries: bool):
    generation = {"deterministic": True, "max-examples": examples, "database": "none", "no-shrink": True}
    config = {"generation": generation, "phases": {"coverage": {"enabled": boundaries}}}
    address = "/api/v1/openapi.json"
    return schemathesis.openapi.from_wsgi(address, get_wsgi_application(), config=SchemathesisConfig.from_dict(config))


@pytest.fixture
def short_contract(db):
    return _contract(2, boundaries=False)


@pytest.fixture
def long_contract(db):
    return _contract(25, boundaries=True)


@pytest.fixture
def asked(program, things, settings):  # noqa: F811
    """Send a generated request with a key that may do everything, and check the answer against the document."""
    settings.STUDIO_API_RATE = 0
    headers = {"Authorization": f"Bearer {program(Scope.MANAGE).token}"}

    def _asked(case) -> None:
        known = {name: things[name] for name in case.path_parameters or {} if name in things}
        if len(str(case.path_parameters)) % 2:  # half of them about existing objects
            case.path_parameters |= known
        case.call_and_validate(headers=headers, checks=CHECKS)

    return _asked


short = schemathesis.pytest.from_fixture("short_contract")
SOME = r"/projects/{project_id}/"
long = schemathesis.pytest.from_fixture("long_contract")


@short.include(path_regex=SOME).parametrize()
@SETTINGS
def test_the_document_is_kept(case, asked):
    asked(case)


@pytest.mark.live
@short.exclude(path_regex=SOME).parametrize()
@SETTINGS
def test_the_document_is_kept_by_all_others(case, asked):
    asked(case)


@pytest.mark.slow
@long.parametrize()
@SETTINGS
def test_the_document_is_kept_at_its_boundaries(case, asked):
    asked(case)
