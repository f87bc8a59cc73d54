"""Key pages: made, shown once, listed with their spend, limited, revoked; the admin shows no secrets."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from generator.models import ApiKey, Scope
from generator.services.billing import ledger
from generator.services.team import api_keys
from tests.conftest import BGM, COMPOSER, POLL
from tests.refusals import code_of

FORM = {"name": "render farm", "scope": "generate", "model_override": "named"}


def shown_token(reply) -> str:
    return re.search(r'id="token"[^>]*value="([^"]+)"', reply.content.decode())[1]


def test_a_key_is_shown_once_and_works(user_client, user):
    reply = user_client.post("/account/api-keys/", FORM | {"cap": "12.50", "expires": "2999-01-31"})
    token = shown_token(reply)
    assert api_keys.user_for_token(token) == user
    key = ApiKey.objects.get()
    assert (key.project, key.scope, key.budget.cap) == (None, Scope.GENERATE, 12_500_000)
    assert token not in user_client.get("/account/api-keys/").content.decode()


def test_a_key_of_one_project_is_made_from_either_page(user_client, project):
    user_client.post("/account/api-keys/", FORM | {"of": project.public_id})
    user_client.post(f"/projects/{project.public_id}/api-keys/", FORM)
    assert [key.project for key in ApiKey.objects.all()] == [project, project]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "invalid_name"),
        ({"scope": "root"}, "invalid_choice"),
        ({"model_override": "no/such"}, "invalid_choice"),
        ({"cap": "much"}, "invalid_amount"),
        ({"cap": "-1"}, "invalid_amount"),
        ({"expires": "soon"}, "invalid_date"),
        ({"expires": "2001-01-01"}, "invalid_date"),
        ({"of": "not-mine"}, "not_a_member"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_stays(user_client, wrong, code):
    reply = user_client.post("/account/api-keys/", FORM | wrong)
    assert reply.status_code == 422
    assert code_of(reply) == code
    assert 'value="read" checked' not in reply.content.decode()
    assert not ApiKey.objects.exists()


def test_vendors_clients_are_answered_by_the_composer_where_nothing_else_is(user_client, paid_providers, monkeypatch):
    page = user_client.get("/account/api-keys/").content.decode()
    assert 'name="model_override" value="named" checked' in page
    monkeypatch.delenv("WAVESPEED_API_KEY")
    monkeypatch.delenv("SOUNDVERSE_API_KEY")
    page = user_client.get("/account/api-keys/").content.decode()
    assert f'name="model_override" value="{COMPOSER}" checked' in page
    user_client.post("/account/api-keys/", FORM | {"model_override": COMPOSER})
    assert ApiKey.objects.get().model_override == COMPOSER
    assert BGM not in page


def test_an_owner_sees_and_revokes_all_keys_of_the_project(user_client, member, project):
    editor = member("editor")
    theirs, token = api_keys.make(editor, "theirs", project=project)
    api_keys.make(editor, "personal")
    page = user_client.get(f"/projects/{project.public_id}/api-keys/").content.decode()
    assert "theirs" in page
    assert "personal" not in page
    user_client.post(f"/api-keys/{theirs.public_id}/revoke/")
    assert api_keys.user_for_token(token) is None
    page = user_client.get(f"/projects/{project.public_id}/api-keys/").content.decode()
    assert 'class="key is-over"' in page
    assert reverse("key-revoke", args=[theirs.public_id]) not in page


def test_an_editor_sees_their_own_alone(client, member, project, user):
    api_keys.make(user, "the owners", project=project)
    editor = member("editor")
    api_keys.make(editor, "mine", project=project)
    client.force_login(editor)
    page = client.get(f"/projects/{project.public_id}/api-keys/").content.decode()
    assert "mine" in page
    assert "the owners" not in page


def test_a_cap_is_set_changed_and_taken_away(user_client, user):
    key, _ = api_keys.make(user, "farm")
    url = reverse("key-budget", args=[key.public_id])
    user_client.post(url, {"cap": "3"})
    assert ApiKey.objects.get().budget.cap == 3_000_000
    user_client.post(url, {"cap": "-3"})
    user_client.post(url, {"cap": "x"})
    assert ApiKey.objects.get().budget.cap == 3_000_000
    user_client.post(url, {"cap": ""})
    assert not hasattr(ApiKey.objects.get(), "budget")


def test_what_a_key_spent_is_on_its_row_on_spend_and_in_the_review(
    user_client, user, ask, project, client, admin_client
):
    _, token = api_keys.make(user, "render farm", project=project)
    ledger.settle(ask("warm", model=POLL, user=api_keys.user_for_token(token), takes=2), 2, "all")
    ledger.settle(ask("by hand", model=POLL), 1, "all")
    key = ApiKey.objects.get()
    assert [row.spent for row in user_client.get("/account/api-keys/").context["rows"]] == [60_000]
    page = user_client.get("/spend/", {"project": project.public_id})
    assert [(one.title, one.spent, one.takes) for one in page.context["by_key"]] == [("render farm", 60_000, 2)]
    lines = user_client.get(
        "/spend/ledger-entries/", {"project": project.public_id, "with": key.public_id, "kind": "spent"}
    )
    assert lines.context["total"].spent == 60_000
    assert "key “render farm”" in lines.content.decode()
    month = f"{timezone.localdate():%Y-%m}"
    glance = admin_client.get(reverse("admin:review"), {"month": month})
    assert [one.title for one in glance.context["by_key"]] == ["render farm"]
    review = admin_client.get(reverse("admin:review-lines"), {"with": key.public_id, "kind": "spent"})
    assert review.context["total"].spent == 60_000


def test_the_admin_reads_keys_without_their_secrets(admin_client, user):
    key, token = api_keys.make(user, "farm")
    page = admin_client.get(f"/admin/generator/apikey/{key.pk}/change/").content.decode()
    assert key.prefix in page
    for secret in (token, key.digest, key.webhook_secret):
        assert secret not in page


def test_the_command_makes_a_key_and_prints_it_alone(user, project, capsys):
    call_command(
        "key", "ADA@example.com", "--name", "ci", "--project", project.public_id, "--budget", "2.50", "--days", "30"
    )
    key = ApiKey.objects.get()
    assert api_keys.user_for_token(capsys.readouterr().out.strip()) == user
    assert (key.name, key.project, key.budget.cap, key.expires_at is None) == ("ci", project, 2_500_000, False)


@pytest.mark.parametrize(
    "wrong", [["nobody@example.com"], ["ada@example.com", "--project", "x"], ["ada@example.com", "--budget", "x"],
              ["ada@example.com", "--model-override", "x"]],
)  # fmt: skip
def test_the_command_says_what_is_wrong(user, wrong):
    with pytest.raises(CommandError):
        call_command("key", *wrong, "--name", "ci")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "2026-02-30", "x", "-1", "9" * 30])
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_day_that_no_key_can_end_on_is_refused(user_client, user, day, zone):
    user.time_zone = zone
    user.save()
    assert user_client.post("/account/api-keys/", FORM | {"expires": day}).status_code == 422
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("days", ["-5", "99999999999", "3650000"])
def test_the_command_refuses_such_days_too(user, days):
    with pytest.raises(CommandError):
        call_command("key", user.email, "--name", "ci", "--days", days)
