"""Probes ask `/healthz` by address, over plain HTTP, with any Host, and know nothing of the studio's settings."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["10.0.0.7", "10.0.0.7:8000", "[::1]", "studio_1", "", "a b", "x" * 300])
def test_a_probe_is_answered_whatever_host_it_names(settings, host):
    settings.ALLOWED_HOSTS = ["studio.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    reply = Client().get("/healthz", headers={"host": host})
    assert (reply.status_code, reply.content) == (200, b"ok")
    assert Client().get("/", headers={"host": host}).status_code in (301, 400)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "status"), [("get", 200), ("head", 200), ("post", 405), ("delete", 405)])
def test_it_is_only_read(method, status):
    assert getattr(Client(), method)("/healthz").status_code == status
