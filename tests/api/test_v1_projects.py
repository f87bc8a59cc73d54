"""A project through the API: created, its settings, archived and restored, transferred, left."""

import pytest
from django.core import mail
from django.test import Client

from generator.models import Membership, Role, Scope
from generator.services.team import api_keys
from tests.conftest import COMPOSER


@pytest.fixture
def manager(program):
    return program(Scope.MANAGE)


def test_a_project_is_started_filled_and_found(manager, user):
    made = manager.answer("POST", "projects", {"name": "  Summer  films "}, status=201)
    assert (made["name"], made["role"], made["is_personal"]) == ("Summer films", "owner", False)
    assert made["id"] in [one["id"] for one in manager.get("projects")["items"]]
    assert [line["message"] for line in manager.get(f"projects/{made['id']}/audit-log")["items"]] == [
        "Created the project"
    ]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_project_needs_a_name(manager, name):
    refused = manager.answer("POST", "projects", {"name": name}, status=422)
    assert refused["field"] == "name"
    assert "name" in refused["detail"]


def test_a_key_of_one_project_starts_no_other(program, project):
    bound = program(Scope.MANAGE, project=project)
    assert bound.answer("POST", "projects", {"name": "New"}, status=403)["code"] == "forbidden"


def test_settings_are_changed_one_by_one(manager, project, member):
    where, editor = f"projects/{project.public_id}/settings", member("editor")
    usual = {"fallback_models": [], "fallback_mode": "offer"}
    usual |= {"allowed_models": [], "format": "", "lufs": None, "prompt_suffix": "", "excluded_terms": ""}
    assert manager.get(where) == {"name": project.name, "approver": None, "defaults": usual}
    asked = {"name": "Kitchen", "approver": str(editor.pk), "defaults": {"prompt_suffix": "warm, calm", "lufs": -16}}
    changed = manager.answer("PATCH", where, asked)
    house = usual | {"prompt_suffix": "warm, calm", "lufs": -16}
    assert changed == manager.get(where) == {"name": "Kitchen", "approver": str(editor.pk), "defaults": house}
    assert manager.answer("PATCH", where, {"defaults": {"allowed_models": [COMPOSER]}})["defaults"] == house | {
        "allowed_models": [COMPOSER]
    }
    back = manager.answer("PATCH", where, {"approver": "", "defaults": {"lufs": None}})
    assert (back["approver"], back["defaults"]["lufs"]) == (None, None)
    told = [line["message"] for line in manager.get(f"projects/{project.public_id}/audit-log")["items"]]
    assert told[0] == "Loudness of downloads: unchanged"
    assert "Renamed the project from “Kitchen stories” to “Kitchen”" in told


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"defaults": {"allowed_models": ["no/such"]}}, "allowed_models"),
        ({"defaults": {"format": "ogg?"}}, "format"),
        ({"defaults": {"lufs": -15}}, "lufs"),
        ({"defaults": {"prompt_suffix": "x" * 300}}, "prompt_suffix"),
        ({"defaults": {"prompt_suffix": "drums", "excluded_terms": "drums"}}, "excluded_terms"),
        ({"defaults": {"colour": "red"}}, "defaults.colour"),
    ],
)
def test_a_refused_part_leaves_everything_as_it_was(manager, project, asked, field):
    where = f"projects/{project.public_id}/settings"
    before = manager.get(where)
    refused = manager.answer("PATCH", where, {"name": "Other"} | asked, status=422)
    assert refused["field"].endswith(field)
    assert manager.get(where) == before


def test_it_is_put_away_and_fetched_back(manager, project):
    manager.answer("POST", f"projects/{project.public_id}/archive", status=204)
    manager.answer("GET", f"projects/{project.public_id}", status=404)
    assert manager.post(f"projects/{project.public_id}/unarchive")["id"] == project.public_id
    manager.get(f"projects/{project.public_id}")


def test_a_personal_project_stays(manager, user):
    home = api_keys.home(user).public_id
    assert "personal project" in manager.answer("POST", f"projects/{home}/archive", status=422)["detail"]
    assert "personal project" in manager.answer("POST", f"projects/{home}/leave", status=422)["detail"]


def test_it_is_handed_over(manager, project, member, user):
    editor = member("editor")
    manager.answer("POST", f"projects/{project.public_id}/transfer", {"member": str(editor.pk)}, status=204)
    roles = dict(Membership.objects.filter(project=project).values_list("user", "role"))
    assert roles == {editor.pk: Role.OWNER, user.pk: Role.EDITOR}
    manager.answer("POST", f"projects/{project.public_id}/transfer", {"member": str(user.pk)}, status=403)


def test_a_viewer_leaves_with_a_key_that_manages_and_with_no_other(program, project, member):
    viewer = member("viewer")
    assert (
        "scope “manage”"
        in program(of=viewer).answer("POST", f"projects/{project.public_id}/leave", status=403)["detail"]
    )
    program(Scope.MANAGE, of=viewer).answer("POST", f"projects/{project.public_id}/leave", status=204)
    assert not project.memberships.filter(user=viewer).exists()


def test_the_last_owner_stays(manager, project):
    assert manager.answer("POST", f"projects/{project.public_id}/leave", status=422)["code"] == "validation_failed"
    assert project.memberships.filter(role=Role.OWNER).exists()


def test_an_invitation_runs_anew_under_a_new_link(manager, project, settings):
    settings.EMAIL_CONFIGURED = True
    asked = {"email": "grace@example.com", "role": "viewer"}
    made = manager.answer("POST", f"projects/{project.public_id}/invitations", asked, status=201)
    project.invitations.update(expires_at="2020-01-01T00:00:00Z")
    again = manager.post(f"projects/{project.public_id}/invitations/{made['id']}/renew")
    opens = [Client().get(one["url"].removeprefix("http://testserver")).status_code for one in (made, again)]
    assert opens == [410, 302]
    assert again["expires_at"] >= made["expires_at"]
    assert [one.to for one in mail.outbox] == [["grace@example.com"]] * 2
