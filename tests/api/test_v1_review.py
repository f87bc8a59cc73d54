"""Comments, approval, privacy, links, moving and stem separation by program: the same rules as on the pages."""

import pytest
from django.core import mail
from django.test import Client

from generator.models import Comment, Invitation, LedgerEntry, Membership, Project, Role, Scope, Track, User
from generator.services.team.projects import name_approver
from tests.api.test_v1_generations import problem


def code(reply) -> int:
    return reply.status_code


# --- comments ---


def test_a_comment_is_made_listed_reworded_resolved_and_deleted(program, track):
    farm, listener = program(), program(Scope.READ)
    said = listener.post(f"tracks/{track.public_id}/comments", {"position_s": 0.25, "text": " Louder here "})
    assert (said["position_s"], said["text"], said["author"], said["resolved_at"]) == (0.25, "Louder here", "Ada", None)
    assert farm.get(f"tracks/{track.public_id}/comments")["items"] == [said]
    changed = farm.ask("PATCH", f"comments/{said['id']}", {"text": "Softer", "resolved": True}).json()
    assert (changed["text"], changed["resolved_by"], bool(changed["edited_at"])) == ("Softer", "Ada", True)
    assert farm.ask("PATCH", f"comments/{said['id']}", {"resolved": False}).json()["resolved_at"] is None
    assert code(farm.ask("DELETE", f"comments/{said['id']}")) == 204
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"text": " "}, "text"), ({"text": "x" * 1001}, "text"), ({"position_s": 60, "text": "x"}, "position_s"),
     ({"position_s": -1, "text": "x"}, "position_s"), ({"position_s": 0}, "text"), ({"at": 1, "text": "x"}, "at")],
)  # fmt: skip
def test_a_comment_that_cannot_be_is_told(program, track, body, field):
    problem(program().ask("POST", f"tracks/{track.public_id}/comments", body), 422, "validation_failed", field)
    assert not Comment.objects.exists()


def test_whose_comment_it_is_decides_who_may_change_it(program, track, member):
    viewer, editor = program(of=member("viewer")), program(of=member("editor"))
    said = viewer.post(f"tracks/{track.public_id}/comments", {"text": "Hm"})["id"]
    assert code(editor.ask("PATCH", f"comments/{said}", {"resolved": True})) == 200
    problem(editor.ask("PATCH", f"comments/{said}", {"text": "Mine"}), 403, "forbidden")
    problem(editor.ask("DELETE", f"comments/{said}"), 403, "forbidden")
    problem(program().ask("DELETE", f"comments/{said}"), 403, "forbidden")  # an owner, whose key lacks scope manage
    theirs = editor.post(f"tracks/{track.public_id}/comments", {"text": "And here"})["id"]
    problem(viewer.ask("PATCH", f"comments/{theirs}", {"resolved": True}), 403, "forbidden")
    assert code(program(Scope.MANAGE).ask("DELETE", f"comments/{said}")) == 204


def test_words_that_are_refused_leave_the_comment_as_it_was(program, track, member):
    farm, editor = program(), program(of=member("editor"))
    said = farm.post(f"tracks/{track.public_id}/comments", {"text": "Hm"})["id"]
    problem(editor.ask("PATCH", f"comments/{said}", {"text": "x", "resolved": True}), 403, "forbidden")
    problem(farm.ask("PATCH", f"comments/{said}", {"text": "", "resolved": True}), 422, "validation_failed", "text")
    row = Comment.objects.get()
    assert (row.text, row.resolved_at) == ("Hm", None)


# --- approval ---


def test_approved_and_withdrawn_by_who_may(program, track, project, member):
    owner = program(Scope.MANAGE)
    assert owner.post(f"tracks/{track.public_id}/approval")["approved"] is True
    assert owner.post(f"tracks/{track.public_id}/approval")["approved"] is True
    assert owner.ask("DELETE", f"tracks/{track.public_id}/approval").json()["approved"] is False
    editor = member("editor")
    theirs = program(of=editor)
    assert (
        "Owners approve"
        in problem(theirs.ask("POST", f"tracks/{track.public_id}/approval"), 403, "forbidden")["detail"]
    )
    name_approver(project, editor, project.members.first())
    assert theirs.post(f"tracks/{track.public_id}/approval")["approved"] is True
    problem(owner.ask("DELETE", f"tracks/{track.public_id}/approval"), 403, "forbidden")


def test_what_is_binned_is_not_approved(program, track):
    owner = program(Scope.MANAGE)
    owner.post(f"tracks/{track.public_id}/trash")
    problem(owner.ask("POST", f"tracks/{track.public_id}/approval"), 422, "validation_failed")


# --- private, and links ---


def test_private_to_its_author_and_back(program, track, member):
    farm, theirs = program(), program(Scope.MANAGE, of=member("owner"))
    assert farm.ask("PATCH", f"tracks/{track.public_id}", {"private": True}).json()["private"] is True
    problem(theirs.ask("GET", f"tracks/{track.public_id}"), 404, "not_found")
    assert farm.ask("PATCH", f"tracks/{track.public_id}", {"private": False}).json()["private"] is False
    change = {"title": "Mine", "private": True}
    problem(theirs.ask("PATCH", f"tracks/{track.public_id}", change), 422, "validation_failed")
    assert Track.objects.get().title == "Tea time"  # all or nothing


def test_a_link_plays_without_a_key_until_it_is_taken_back(program, track):
    farm = program()
    made = farm.post(f"tracks/{track.public_id}/share-links", {"expires_in_days": 30, "allow_download": True})
    opened = Client().get(made["url"].removeprefix("http://testserver"))
    assert code(opened) == 200
    (listed,) = farm.get(f"tracks/{track.public_id}/share-links")["items"]
    assert (listed["id"], listed["visits"], listed["allow_download"]) == (made["id"], 1, True)
    assert code(farm.ask("DELETE", f"share-links/{made['id']}")) == 204
    assert farm.get(f"tracks/{track.public_id}/share-links")["items"] == []
    assert code(Client().get(made["url"].removeprefix("http://testserver"))) == 410
    problem(
        farm.ask("POST", f"tracks/{track.public_id}/share-links", {"expires_in_days": 8}),
        422,
        "validation_failed",
        "expires_in_days",
    )


# --- other projects, and permanent deletion ---


@pytest.fixture
def elsewhere(user) -> Project:
    found = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=found, user=user, role=Role.OWNER)
    return found


def test_moved_and_copied_into_another_project(program, track, project, elsewhere):
    farm = program()
    farm.ask("PATCH", f"tracks/{track.public_id}", {"add_tag": "intro"})
    copied = farm.post(f"tracks/{track.public_id}/copy", {"project": elsewhere.public_id})
    assert (copied["project"], copied["title"], copied["tags"]) == (elsewhere.public_id, "Tea time", ["intro"])
    assert copied["id"] != track.public_id
    moved = farm.post(f"tracks/{track.public_id}/move", {"project": elsewhere.public_id})
    assert (moved["id"], moved["project"], moved["tags"]) == (track.public_id, elsewhere.public_id, ["intro"])
    problem(
        farm.ask("POST", f"tracks/{track.public_id}/move", {"project": elsewhere.public_id}),
        422,
        "validation_failed",
        "project",
    )
    farm.post(f"tracks/{track.public_id}/trash")
    problem(farm.ask("POST", f"tracks/{track.public_id}/copy", {"project": project.public_id}), 409, "conflict")
    assert Track.objects.count() == 2


def test_only_where_the_key_may_make_music(program, track, project, elsewhere, member):
    bound, body = program(project=project), {"project": elsewhere.public_id}
    problem(bound.ask("POST", f"tracks/{track.public_id}/move", body), 404, "not_found", "project")
    editor = member("editor")
    Membership.objects.create(project=elsewhere, user=editor, role=Role.VIEWER)
    problem(program(of=editor).ask("POST", f"tracks/{track.public_id}/copy", body), 403, "forbidden")
    assert Track.objects.get().project == project


def test_deleted_for_good_from_the_bin_alone(program, track):
    owner = program(Scope.MANAGE)
    problem(owner.ask("DELETE", f"tracks/{track.public_id}"), 409, "conflict")
    owner.post(f"tracks/{track.public_id}/trash")
    problem(program().ask("DELETE", f"tracks/{track.public_id}"), 403, "forbidden")
    assert code(owner.ask("DELETE", f"tracks/{track.public_id}")) == 204
    assert not Track.objects.exists()


# --- stems at a price ---


def test_split_at_the_price_that_was_shown(paid_providers, program, track, run_background):
    farm = program()
    offers = {one["action"]: one for one in farm.get(f"tracks/{track.public_id}/stem-separations")["items"]}
    offer = offers["wavespeed/stem-song"]
    ask = {"action": offer["action"]}
    made = [farm.post(f"tracks/{track.public_id}/stem-separations", ask, idempotency_key="once") for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert (made[0]["price_usd"], made[0]["state"]) == (offer["price_usd"], "queued")
    problem(
        farm.ask("POST", f"tracks/{track.public_id}/stem-separations", ask | {"settings": {"depth": 2}}),
        422,
        "validation_failed",
        "depth",
    )
    problem(
        farm.ask("POST", f"tracks/{track.public_id}/stem-separations", {"action": "composer/studio"}),
        422,
        "validation_failed",
    )
    run_background()
    assert farm.get(f"generations/{made[0]['id']}")["charged_usd"] == offer["price_usd"]
    assert farm.get(f"tracks/{track.public_id}/stem-separations")["latest_generation"] == made[0]["id"]
    assert farm.get(f"tracks/{track.public_id}/stems")["stems"]
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


# --- members ---


def test_members_are_seen_by_all_and_looked_after_by_owners(program, project, member):
    editor, viewer = member("editor"), member("viewer")
    seen = program(Scope.READ, of=viewer).get(f"projects/{project.public_id}/members")["items"]
    assert [(one["id"], one["role"]) for one in seen][1:] == [(str(editor.pk), "editor"), (str(viewer.pk), "viewer")]
    assert {one["email"] for one in seen} == {None}
    owner, path = program(Scope.MANAGE), f"projects/{project.public_id}/members"
    assert editor.email in {one["email"] for one in owner.get(path)["items"]}
    changed = owner.ask("PATCH", f"{path}/{viewer.pk}", {"role": "editor"})
    assert (code(changed), changed.json()["role"]) == (200, "editor")
    problem(owner.ask("PATCH", f"{path}/{viewer.pk}", {"role": "queen"}), 422, "validation_failed", "role")
    assert code(owner.ask("DELETE", f"{path}/{viewer.pk}")) == 204
    for nobody in (viewer.pk, "x", "²", "9" * 40):
        problem(owner.ask("DELETE", f"{path}/{nobody}"), 404, "not_found")
    problem(program(of=editor, scope=Scope.MANAGE).ask("DELETE", f"{path}/{editor.pk}"), 403, "forbidden")


def test_a_project_keeps_an_owner(program, project, user):
    owner, path = program(Scope.MANAGE), f"projects/{project.public_id}/members/{user.pk}"
    problem(owner.ask("PATCH", path, {"role": "viewer"}), 422, "validation_failed")
    problem(owner.ask("DELETE", path), 422, "validation_failed")
    assert Membership.objects.get(project=project, user=user).role == Role.OWNER


def test_invited_listed_and_taken_back(program, project, user, settings):
    settings.EMAIL_CONFIGURED = True
    owner, path = program(Scope.MANAGE), f"projects/{project.public_id}/invitations"
    made = owner.post(path, {"email": "Grace@Example.com", "role": "viewer"})
    assert (made["email"], made["role"], made["invited_by"]) == ("grace@example.com", "viewer", "Ada")
    assert Client().get(made["url"].removeprefix("http://testserver")).url == "/accounts/signup/"
    (letter,) = mail.outbox
    assert made["url"] in letter.body
    assert owner.get(path)["items"] == [made | {"url": None}]
    for email in ("Grace@example.com", user.email, "nobody"):
        problem(owner.ask("POST", path, {"email": email}), 422, "validation_failed", "email")
    assert code(owner.ask("DELETE", f"{path}/{made['id']}")) == 204
    assert not Invitation.objects.exists()
    problem(owner.ask("DELETE", f"{path}/{made['id']}"), 404, "not_found")


def test_nobody_is_invited_to_a_personal_project(program, user):
    own = Project.objects.personal_for(User.objects.get(pk=user.pk))
    told = program(Scope.MANAGE).ask("POST", f"projects/{own.public_id}/invitations", {"email": "grace@example.com"})
    problem(told, 422, "validation_failed")
