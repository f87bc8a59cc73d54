"""Error pages in plain words and the studio's layout; and never a whole page inside a part of another."""

import pytest
from django.conf import settings as configured
from django.test import Client

from generator import permissions
from tests.conftest import COMPOSER

PART = {"HX-Request": "true", "HX-Target": "live"}
BOOSTED = {"HX-Request": "true", "HX-Boosted": "true"}
TYPED = {"text": "warm lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"}
WAY_BACK = b'<a class="button" href="/">'


def templates_of(reply) -> list[str]:
    """Return the names of the templates that rendered a response."""
    return [template.name for template in reply.templates]


@pytest.fixture
def broken(user_client, monkeypatch):
    """A studio with a bug."""

    def burst(user):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(permissions, "tracks", burst)
    user_client.raise_request_exception = False
    return user_client


# --- whole pages ---


@pytest.mark.parametrize("headers", [{}, BOOSTED], ids=["plain", "boosted"])
def test_what_is_not_there_is_a_page_with_a_way_back(user_client, project, headers):
    reply = user_client.get("/tracks/nowhere/", headers=headers)
    assert reply.status_code == 404
    assert "404.html" in templates_of(reply)
    assert b'href="/static/css/tokens.css"' in reply.content
    assert WAY_BACK in reply.content


def test_a_role_one_does_not_have_is_said(client, project, member):
    client.force_login(member("viewer"))
    reply = client.post(f"/projects/{project.public_id}/generate/", TYPED)
    assert reply.status_code == 403
    assert "403.html" in templates_of(reply)
    assert b'href="/static/css/tokens.css"' in reply.content


def test_a_defect_of_ours_is_owned_up_to_without_its_details(broken, track):
    reply = broken.get(f"/tracks/{track.public_id}/")
    assert reply.status_code == 500
    assert WAY_BACK in reply.content
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
    assert b"Too many failed attempts" in reply.content
    assert b'href="/static/css/tokens.css"' in reply.content
    assert b'name="login"' in reply.content, "the form stays"


def test_asking_for_too_many_new_passwords_is_a_429_too(client, user, settings):
    settings.EMAIL_CONFIGURED = True
    replies = [client.post("/accounts/password/reset/", {"email": user.email}) for _ in range(30)]
    assert replies[-1].status_code == 429
    assert "429.html" in templates_of(replies[-1])
    assert b'href="/static/css/tokens.css"' in replies[-1].content


def test_a_stale_form_says_so_and_was_not_carried_out(user, project):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    reply = careful.post("/projects/new/", {"name": "Forged"})
    assert reply.status_code == 403
    assert b'id="csrf-expired"' in reply.content
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
    assert b'id="csrf-proxy"' in reply.content
    assert b'id="csrf-expired"' not in reply.content


# --- parts of a page: the script never inserts a whole page, and shows its first sentence as a toast ---


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_part_that_went_wrong_is_a_whole_page_whose_first_sentence_says_what(
    client, user, member, stranger, project, track, request, status
):
    person, method, address, sent, sentence = {
        400: (
            user,
            "post",
            f"/projects/{project.public_id}/bulk/",
            {"action": "explode"},
            "That action is not available for tracks",
        ),
        403: (
            member("viewer"),
            "post",
            f"/projects/{project.public_id}/generate/",
            TYPED,
            "This page or action requires a role",
        ),
        404: (stranger, "get", f"/tracks/{track.public_id}/", {}, "This page does not exist"),
        500: (user, "get", f"/tracks/{track.public_id}/", {}, "The error was logged"),
    }[status]
    if status == 500:
        request.getfixturevalue("broken")
    client.force_login(person)
    reply = getattr(client, method)(address, sent, headers=PART)
    shown = reply.content.decode()
    assert reply.status_code == status
    assert shown.lstrip().lower().startswith("<!doctype html>")
    assert shown.partition("<main")[2].partition("<p>")[2].startswith(sentence)


def test_a_refusal_is_an_answer_and_is_shown_in_its_place(user_client, project):
    reply = user_client.post(f"/projects/{project.public_id}/generate/", TYPED | {"text": ""}, headers=PART)
    assert reply.status_code == 422
    assert b"<html" not in reply.content


# --- a session that expired during an action ---


def test_pressing_generate_after_the_session_ended_leads_to_sign_in_and_back(user_client, project):
    user_client.logout()
    here = {"HX-Current-URL": f"http://testserver/projects/{project.public_id}/?q=tea"}
    reply = user_client.post(f"/projects/{project.public_id}/generate/", TYPED, headers=PART | here)
    assert reply.headers["HX-Redirect"] == f"/accounts/login/?next=/projects/{project.public_id}/%3Fq%3Dtea"
    assert reply.status_code == 200
    back = user_client.post(
        reply.headers["HX-Redirect"], {"login": "ada@example.com", "password": "a long enough password"}
    )
    assert back.status_code == 302


# --- characters that cannot be stored ---


@pytest.mark.parametrize(
    "address",
    ["/projects/a%00b/", "/tracks/a%00b/", "/tracks/a%00b/audio", "/generations/a%00b/cancel/", "/join/a%00b/",
     "/spend/?project=a%00b", "/spend/ledger-entries/?model=a%00b", "/invitations/?project=a%00b", "/?a%00b=1"],
)  # fmt: skip
def test_a_nul_anywhere_in_an_address_is_a_400_with_a_sentence(user_client, project, address):
    reply = user_client.get(address)
    assert reply.status_code == 400
    assert b"cannot be stored" in reply.content


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/projects/new/", "/account/", "/invitations/", "/accounts/password/reset/"]
)
def test_a_nul_in_any_form_is_a_400_with_a_sentence(user_client, project, address):
    reply = user_client.post(address, {"email": "a\x00b", "login": "a\x00b", "name": "a\x00b"})
    assert reply.status_code == 400
    assert b"cannot be stored" in reply.content


def test_the_admin_sends_people_to_an_administrator(client, member):
    client.force_login(member("owner"))
    reply = client.get("/admin/", follow=True)
    assert reply.status_code == 403
    assert b"administrator" in reply.content
    assert b"owner of the project" not in reply.content


# --- links to continue ---


def test_the_sign_in_page_offers_one_way_to_a_new_password(client):
    page = client.get("/accounts/login/").content.decode()
    assert page.count('href="/accounts/password/reset/"') == 1


def test_the_admin_is_reached_from_a_phone_through_the_account(user_client, user):
    assert b'href="/admin/"' not in user_client.get("/account/").content
    user.is_staff = True
    user.save()
    reply = user_client.get("/account/").content.decode()
    assert 'href="/admin/"' in reply.partition("<main")[2]


def test_the_admin_names_its_icon(user_client, user):
    user.is_staff = user.is_superuser = True
    user.save()
    assert b'rel="icon"' in user_client.get("/admin/").content
    assert user_client.get("/admin/review/").content.count(b'rel="icon"') == 1


@pytest.mark.parametrize("address", ["/tracks/nowhere/share/", "/account/sign-out-elsewhere/"])
def test_an_address_that_takes_only_forms_is_a_page_with_a_way_back(user_client, address):
    reply = user_client.get(address)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert WAY_BACK in reply.content
    assert user_client.get(address, headers=PART).content == b""


def test_a_reset_link_that_is_over_leads_back_to_signing_in(client, db):
    reply = client.get("/accounts/password/reset/key/1-set-password/").content.decode()
    assert 'href="/accounts/login/"' in reply.partition("<main")[2]
