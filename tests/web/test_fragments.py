"""What htmx is answered says that it is the studio's own; a proxy's page in between does not."""

import pytest

from generator.api.refused import refuse
from generator.web.middleware import FRAGMENT

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/none", "/p/{0}/", "/p/{0}/running/", "/p/none/", "/t/x/edit/"]
)
def test_every_answer_to_htmx_is_marked_and_no_other(browser, project, path):
    for client in (browser, type(browser)()):
        assert client.get(path.format(project.ref), headers=HTMX)[FRAGMENT]
        assert client.post(path.format(project.ref), headers=HTMX)[FRAGMENT]
        assert FRAGMENT not in client.get(path.format(project.ref))


def test_a_stale_form_and_a_crash_are_ours_too(client, monkeypatch, db):
    client.handler.enforce_csrf_checks = True
    assert client.post("/accounts/login/", headers=HTMX)[FRAGMENT]
    client.raise_request_exception = False
    monkeypatch.setattr("allauth.account.views.LoginView.dispatch", lambda *about, **more: 1 / 0)
    reply = client.get("/accounts/login/", headers=HTMX)
    assert (reply.status_code, reply[FRAGMENT]) == (500, "1")


def test_a_refused_body_is_ours():
    assert refuse("/p/x/references/", 413, "Too large.")[FRAGMENT]
