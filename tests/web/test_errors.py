"""What went wrong, in words and in the studio's clothes; and never a whole page inside a corner of another."""

import pytest
from django.conf import settings as configured
from django.test import Client

from generator import access
from tests.conftest import COMPOSER

PART = {"HX-Request": "true", "HX-Target": "live"}
BOOSTED = {"HX-Request": "true", "HX-Boosted": "true"}
TYPED = {"text": "warm lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"}


@pytest.fixture
def broken(browser, monkeypatch):
    """A studio with a defect in it."""

    def burst(user):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(access, "tracks", burst)
    browser.raise_request_exception = False
    return browser


# --- whole pages ---


@pytest.mark.parametrize("headers", [{}, BOOSTED], ids=["plain", "boosted"])
def test_what_is_not_there_is_a_page_with_a_way_back(browser, project, headers):
    reply = browser.get("/t/nowhere/", headers=headers)
    assert reply.status_code == 404
    assert b"Nothing here" in reply.content
    assert b'href="/static/css/tokens.css"' in reply.content
    assert b"To the studio" in reply.content


def test_a_role_one_does_not_have_is_said(client, project, member):
    client.force_login(member("viewer"))
    reply = client.post(f"/p/{project.ref}/generate/", TYPED)
    assert reply.status_code == 403
    assert b"You may not do that" in reply.content
    assert b'href="/static/css/tokens.css"' in reply.content


def test_a_defect_of_ours_is_owned_up_to_without_its_details(broken, track):
    reply = broken.get(f"/t/{track.ref}/")
    assert reply.status_code == 500
    assert b"Something broke on our side" in reply.content
    assert b"css/tokens.css" in reply.content
    assert b"ZeroDivisionError" not in reply.content


def test_the_style_sheets_of_the_last_resort_exist():
    page = (configured.BASE_DIR / "templates" / "500.html").read_text()
    named = [part.partition('"')[0] for part in page.split('href="/static/')[1:]]
    assert len(named) >= 4
    assert [name for name in named if not (configured.BASE_DIR / "static" / name).exists()] == []


def test_too_many_wrong_passwords_are_a_429_in_the_studios_clothes(client, user):
    for _ in range(6):
        reply = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert reply.status_code == 429
    assert b"Too many wrong tries" in reply.content
    assert b'href="/static/css/tokens.css"' in reply.content
    assert b'name="login"' in reply.content, "the form stays"


def test_asking_for_too_many_new_passwords_is_a_429_too(client, user, settings):
    settings.EMAIL_CONFIGURED = True
    replies = [client.post("/accounts/password/reset/", {"email": user.email}) for _ in range(30)]
    assert replies[-1].status_code == 429
    assert b"Too many tries" in replies[-1].content
    assert b'href="/static/css/tokens.css"' in replies[-1].content


def test_a_stale_form_says_so_and_was_not_carried_out(user, project):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    reply = careful.post("/projects/new/", {"name": "Forged"})
    assert reply.status_code == 403
    assert b"This form is out of date" in reply.content
    assert not type(project).objects.filter(name="Forged").exists()


@pytest.mark.parametrize("header", ["origin", "referer"])
def test_a_form_from_another_address_says_which_and_not_that_it_is_stale(user, header):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    sent = {header: "https://studio.example.com:8443/projects/new/"[: 33 if header == "origin" else None]}
    reply = careful.post("/projects/new/", {"name": "Forged"}, headers=sent, secure=True)
    assert reply.status_code == 403
    assert reply.context["elsewhere"] == "https://studio.example.com:8443"
    assert reply.context["ours"] == "https://testserver"
    assert b"Behind a proxy" in reply.content


# --- parts of a page: the script keeps a whole page out of a corner and says its first sentence in passing ---


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_part_that_went_wrong_is_a_whole_page_whose_first_sentence_says_what(
    client, user, member, stranger, project, track, request, status
):
    person, method, address, sent, sentence = {
        400: (user, "post", f"/p/{project.ref}/bulk/", {"action": "explode"}, "That is not something to do"),
        403: (member("viewer"), "post", f"/p/{project.ref}/generate/", TYPED, "This needs a role"),
        404: (stranger, "get", f"/t/{track.ref}/", {}, "There is no such page"),
        500: (user, "get", f"/t/{track.ref}/", {}, "It was written to the studio’s log"),
    }[status]
    if status == 500:
        request.getfixturevalue("broken")
    client.force_login(person)
    reply = getattr(client, method)(address, sent, headers=PART)
    shown = reply.content.decode()
    assert reply.status_code == status
    assert shown.lstrip().lower().startswith("<!doctype html>")
    assert shown.partition("<main")[2].partition("<p>")[2].startswith(sentence)


def test_a_refusal_is_an_answer_and_is_shown_in_its_place(browser, project):
    reply = browser.post(f"/p/{project.ref}/generate/", TYPED | {"text": ""}, headers=PART)
    assert reply.status_code == 422
    assert b"<html" not in reply.content


# --- a session that ended in the middle of something ---


def test_pressing_generate_after_the_session_ended_leads_to_sign_in_and_back(browser, project):
    browser.logout()
    here = {"HX-Current-URL": f"http://testserver/p/{project.ref}/?q=tea"}
    reply = browser.post(f"/p/{project.ref}/generate/", TYPED, headers=PART | here)
    assert reply.headers["HX-Redirect"] == f"/accounts/login/?next=/p/{project.ref}/%3Fq%3Dtea"
    assert reply.status_code == 200
    back = browser.post(
        reply.headers["HX-Redirect"], {"login": "ada@example.com", "password": "a long enough password"}
    )
    assert back.status_code == 302


# --- characters that cannot be stored ---


@pytest.mark.parametrize(
    "address",
    ["/p/a%00b/", "/t/a%00b/", "/t/a%00b/audio", "/g/a%00b/cancel/", "/join/a%00b/", "/spend/?project=a%00b",
     "/spend/lines/?model=a%00b", "/people/invite/?project=a%00b", "/?a%00b=1"],
)  # fmt: skip
def test_a_nul_anywhere_in_an_address_is_a_400_with_a_sentence(browser, project, address):
    reply = browser.get(address)
    assert reply.status_code == 400
    assert b"cannot be stored" in reply.content


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/projects/new/", "/account/", "/people/invite/", "/accounts/password/reset/"]
)
def test_a_nul_in_any_form_is_a_400_with_a_sentence(browser, project, address):
    reply = browser.post(address, {"email": "a\x00b", "login": "a\x00b", "name": "a\x00b"})
    assert reply.status_code == 400
    assert b"cannot be stored" in reply.content


def test_the_admin_sends_people_to_an_administrator(client, member):
    client.force_login(member("owner"))
    reply = client.get("/admin/", follow=True)
    assert reply.status_code == 403
    assert b"administrator" in reply.content
    assert b"owner of the project" not in reply.content
