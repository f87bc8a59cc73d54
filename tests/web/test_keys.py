"""Key pages: made, shown once, listed with what they spent, capped, taken back; the admin reads no secrets."""

import html
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from generator.models import ApiKey, Scope
from generator.workflow import keys, money
from tests.conftest import BGM, COMPOSER, POLL

FORM = {"name": "render farm", "scope": "generate", "stand_in": "named"}


def shown_token(reply) -> str:
    return re.search(r'id="token"[^>]*value="([^"]+)"', reply.content.decode())[1]


def test_a_key_is_shown_once_and_works(browser, user):
    reply = browser.post("/account/keys/", FORM | {"cap": "12.50", "expires": "2999-01-31"})
    token = shown_token(reply)
    assert keys.caller(token) == user
    key = ApiKey.objects.get()
    assert (key.project, key.scope, key.budget.cap) == (None, Scope.GENERATE, 12_500_000)
    assert token not in browser.get("/account/keys/").content.decode()


def test_a_key_of_one_project_is_made_from_either_page(browser, project):
    browser.post("/account/keys/", FORM | {"of": project.ref})
    browser.post(f"/p/{project.ref}/keys/", FORM)
    assert [key.project for key in ApiKey.objects.all()] == [project, project]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "name of at most"),
        ({"scope": "root"}, "Choose what the key may do"),
        ({"stand_in": "no/such"}, "answered with"),
        ({"cap": "much"}, "amount in dollars"),
        ({"cap": "-1"}, "below zero"),
        ({"expires": "soon"}, "last day"),
        ({"expires": "2001-01-01"}, "day to come"),
        ({"of": "not-mine"}, "none of your projects"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_stays(browser, wrong, sentence):
    reply = browser.post("/account/keys/", FORM | wrong)
    assert reply.status_code == 422
    assert sentence in html.unescape(reply.content.decode())
    assert 'value="read" checked' not in reply.content.decode()
    assert not ApiKey.objects.exists()


def test_vendors_clients_are_answered_by_the_composer_where_nothing_else_is(browser, shops, monkeypatch):
    page = browser.get("/account/keys/").content.decode()
    assert 'name="stand_in" value="named" checked' in page
    monkeypatch.delenv("WAVESPEED_API_KEY")
    monkeypatch.delenv("SOUNDVERSE_API_KEY")
    page = browser.get("/account/keys/").content.decode()
    assert f'name="stand_in" value="{COMPOSER}" checked' in page
    browser.post("/account/keys/", FORM | {"stand_in": COMPOSER})
    assert ApiKey.objects.get().stand_in == COMPOSER
    assert BGM not in page


def test_an_owner_sees_and_revokes_all_keys_of_the_project(browser, member, project):
    editor = member("editor")
    theirs, token = keys.make(editor, "theirs", project=project)
    keys.make(editor, "personal")
    page = browser.get(f"/p/{project.ref}/keys/").content.decode()
    assert "theirs" in page
    assert "personal" not in page
    browser.post(f"/keys/{theirs.ref}/revoke/")
    assert keys.caller(token) is None
    assert "revoked" in browser.get(f"/p/{project.ref}/keys/").content.decode()


def test_an_editor_sees_their_own_alone(client, member, project, user):
    keys.make(user, "the owners", project=project)
    editor = member("editor")
    keys.make(editor, "mine", project=project)
    client.force_login(editor)
    page = client.get(f"/p/{project.ref}/keys/").content.decode()
    assert "mine" in page
    assert "the owners" not in page


def test_a_cap_is_set_changed_and_taken_away(browser, user):
    key, _ = keys.make(user, "farm")
    url = reverse("key-cap", args=[key.ref])
    browser.post(url, {"cap": "3"})
    assert ApiKey.objects.get().budget.cap == 3_000_000
    browser.post(url, {"cap": "-3"})
    browser.post(url, {"cap": "x"})
    assert ApiKey.objects.get().budget.cap == 3_000_000
    browser.post(url, {"cap": ""})
    assert not hasattr(ApiKey.objects.get(), "budget")


def test_what_a_key_spent_is_on_its_row_on_spend_and_in_the_review(browser, user, ask, project, client, admin_client):
    _, token = keys.make(user, "render farm", project=project)
    money.settle(ask("warm", model=POLL, user=keys.caller(token), takes=2), 2, "all")
    money.settle(ask("by hand", model=POLL), 1, "all")
    key = ApiKey.objects.get()
    assert "$0.06 spent this month" in browser.get("/account/keys/").content.decode()
    page = browser.get("/spend/", {"project": project.ref})
    assert [(one.title, one.spent, one.takes) for one in page.context["by_key"]] == [("render farm", 60_000, 2)]
    lines = browser.get("/spend/lines/", {"project": project.ref, "with": key.ref, "kind": "spent"})
    assert lines.context["total"].spent == 60_000
    assert "with the key “render farm”" in lines.content.decode()
    month = f"{timezone.localdate():%Y-%m}"
    glance = admin_client.get(reverse("admin:review"), {"month": month})
    assert [one.title for one in glance.context["by_key"]] == ["render farm"]
    review = admin_client.get(reverse("admin:review-lines"), {"with": key.ref, "kind": "spent"})
    assert review.context["total"].spent == 60_000


def test_the_admin_reads_keys_without_their_secrets(admin_client, user):
    key, token = keys.make(user, "farm")
    page = admin_client.get(f"/admin/generator/apikey/{key.pk}/change/").content.decode()
    assert key.prefix in page
    for secret in (token, key.digest, key.webhook_secret):
        assert secret not in page


def test_the_command_makes_a_key_and_prints_it_alone(user, project, capsys):
    call_command("key", "ADA@example.com", "--name", "ci", "--project", project.ref, "--cap", "2.50", "--days", "30")
    key = ApiKey.objects.get()
    assert keys.caller(capsys.readouterr().out.strip()) == user
    assert (key.name, key.project, key.budget.cap, key.expires_at is None) == ("ci", project, 2_500_000, False)


@pytest.mark.parametrize(
    "wrong", [["nobody@example.com"], ["ada@example.com", "--project", "x"], ["ada@example.com", "--cap", "x"],
              ["ada@example.com", "--stand-in", "x"]],
)  # fmt: skip
def test_the_command_says_what_is_wrong(user, wrong):
    with pytest.raises(CommandError):
        call_command("key", *wrong, "--name", "ci")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "2026-02-30", "x", "-1", "9" * 30])
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_day_that_no_key_can_end_on_is_refused(browser, user, day, zone):
    user.time_zone = zone
    user.save()
    assert browser.post("/account/keys/", FORM | {"expires": day}).status_code == 422
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("days", ["-5", "99999999999", "3650000"])
def test_the_command_refuses_such_days_too(user, days):
    with pytest.raises(CommandError):
        call_command("key", user.email, "--name", "ci", "--days", days)
