"""Answers to htmx are marked as the studio's own; a proxy's error page is not."""

import pytest

from bgmsite.refusals import refuse
from generator.web.site.middleware import FRAGMENT

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/accounts/login/",
        "/none",
        "/projects/{0}/",
        "/projects/{0}/running/",
        "/projects/none/",
        "/tracks/x/edit/",
    ],
)
def test_every_answer_to_htmx_is_marked_and_no_other(user_client, project, path):
    for client in (user_client, type(user_client)()):
        assert client.get(path.format(project.public_id), headers=HTMX)[FRAGMENT]
        assert client.post(path.format(project.public_id), headers=HTMX)[FRAGMENT]
        assert FRAGMENT not in client.get(path.format(project.public_id))


def test_a_stale_form_and_a_crash_are_ours_too(client, monkeypatch, db):
    client.handler.enforce_csrf_checks = True
    assert client.post("/accounts/login/", headers=HTMX)[FRAGMENT]
    client.raise_request_exception = False
    monkeypatch.setattr("allauth.account.views.LoginView.dispatch", lambda *about, **more: 1 / 0)
    reply = client.get("/accounts/login/", headers=HTMX)
    assert (reply.status_code, reply[FRAGMENT]) == (500, "1")


def test_a_refused_body_is_ours():
    assert refuse("/projects/x/references/", 413, "Too large.")[FRAGMENT]
