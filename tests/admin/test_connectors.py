"""Connectors in the admin: a dry run that sends nothing, problems with their places, versions, and keys."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from generator.models import ConnectorVersion, ProviderAccount
from generator.providers.connectors import shipped_texts
from generator.services.provider_jobs import catalog
from tests.fakes.connectors.texts import WORKFLOW
from tests.providers.connectors.conftest import connected, saved_connectors, shops  # noqa: F401

ADD = "admin:generator_connectorversion_add"
KEY = "sk-of-fal-0123456789-0123456789"


@pytest.fixture
def fal(connected, desk):  # noqa: F811
    account = ProviderAccount.objects.get(key="fal")
    account.secret = KEY
    account.save()
    return json.loads(shipped_texts()["fal"])


def press(desk, text: str, button: str, **more) -> str:
    return desk.post(reverse(ADD), {"text": text, "note": "", button: "1", **more}).content.decode()


def save(desk, django_capture_on_commit_callbacks, text: str):
    with django_capture_on_commit_callbacks(execute=True):
        return desk.post(reverse(ADD), {"text": text, "note": "why"})


def test_the_form_begins_with_the_connector_in_use(fal, desk):
    page = desk.get(reverse(ADD), {"key": "fal"}).content.decode()
    assert "queue.fal.run" in page
    assert "queue.fal.run" not in desk.get(reverse(ADD)).content.decode()


def test_a_dry_run_shows_the_requests_and_sends_and_saves_nothing(fal, desk, connected):  # noqa: F811
    page = press(desk, json.dumps(fal), "_dry_run")
    assert "POST https://queue.fal.run/fal-ai/minimax-music/v2.6" in page
    assert "Authorization: Key •••" in page
    assert "is_instrumental" in page
    assert KEY not in page
    assert not ConnectorVersion.objects.filter(key="fal").exists()
    assert connected.seen == []


@pytest.mark.parametrize("button", ["_dry_run", "_save"])
def test_a_problem_is_told_with_its_place(fal, desk, button):
    fal["poll"][0]["status"]["path"] = "status"
    page = press(desk, json.dumps(fal), button)
    assert "$.poll[0].status.path" in page
    assert not ConnectorVersion.objects.filter(key="fal").exists()


def test_a_workflow_becomes_a_model(connected, desk):  # noqa: F811
    text = shipped_texts()["comfyui"]
    file = SimpleUploadedFile("workflow_api.json", json.dumps(WORKFLOW).encode())
    page = press(desk, text, "_add_workflow", workflow=file, workflow_title="Night drive")
    assert "night-drive" in page
    assert f"POST {connected.address('comfyui')}/prompt" in page
    assert "id_workflow" in press(desk, text, "_add_workflow")


def test_a_saved_connector_is_used_at_once_and_given_up_again(fal, desk, django_capture_on_commit_callbacks):
    fal["title"] = "fal, ours"
    save(desk, django_capture_on_commit_callbacks, json.dumps(fal))
    version = ConnectorVersion.objects.get(key="fal")
    assert (version.note, version.created_by.name) == ("why", "Boss")
    assert catalog.provider_of("fal").title == "fal, ours"
    page = desk.get(reverse("admin:generator_connectorversion_change", args=[version.pk])).content.decode()
    assert "fal, ours" in page
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(
            reverse("admin:generator_connectorversion_changelist"),
            {"action": "use_shipped_again", "_selected_action": [version.pk]},
        )
    assert catalog.provider_of("fal").title == "fal"


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [({"title": "x"}, True), ({"hosts": ["*.fal.media"]}, True), ({"base": "https://elsewhere.example"}, False)],
)
def test_a_key_is_not_sent_to_hosts_that_it_was_not_entered_for(
    fal, desk, django_capture_on_commit_callbacks, change, is_kept
):
    save(desk, django_capture_on_commit_callbacks, json.dumps(fal | change))
    assert ProviderAccount.objects.get(key="fal").secret == (KEY if is_kept else "")
    assert catalog.has_key(ProviderAccount.objects.get(key="fal")) == is_kept  # nor is the environment's


def test_a_provider_leads_to_its_connector(fal, desk):
    account = ProviderAccount.objects.get(key="fal")
    page = desk.get(reverse("admin:generator_provideraccount_change", args=[account.pk])).content.decode()
    assert f"{reverse(ADD)}?key=fal" in page


def test_a_person_without_the_permission_tries_nothing_out(connected, client, user):  # noqa: F811
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert client.post(reverse(ADD), {"text": "{}", "_dry_run": "1"}).status_code == 403
