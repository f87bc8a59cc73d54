"""Probes request `/healthz` by IP address, over plain HTTP, with any Host, whatever the studio's settings."""

import logging
from io import StringIO

import pytest
from django.test import Client

from bgmsite.logs import Brief, Line


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


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/accounts/login/", "text/html"), ("/api/v1/models", "json"), ("/v5/x", "json")],
)
@pytest.mark.parametrize("host", ["10.0.0.1", "other.example.com:8443", "[::9]", "a b", "<script>"])
def test_a_name_the_studio_does_not_answer_to_is_said_to_whoever_asked(client, db, settings, caplog, path, kind, host):
    settings.ALLOWED_HOSTS = ["studio.example.com"]
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert kind in answer.headers["Content-Type"]
    assert "ALLOWED_HOSTS" in answer.content.decode()
    assert "<script>" not in answer.content.decode()
    if kind == "text/html":
        assert "stylesheet" in answer.content.decode(), "in the studio's clothes"
    records = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert len(records) == 1
    printed = StringIO()
    handler = logging.StreamHandler(printed)
    handler.addFilter(Brief())
    handler.setFormatter(Line())
    handler.handle(records[0])
    assert len(printed.getvalue().splitlines()) == 1
