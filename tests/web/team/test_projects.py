"""Projects and their members: created, renamed, shared, transferred, left, archived; never without an owner."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator import permissions
from generator.models import AuditLogEntry, Invitation, Membership, PrivateTrack, Project, Role, Track
from generator.services import audit_log
from generator.services.library import tracks
from generator.services.team import invitations, projects
from tests.refusals import code_of


def page(client, door, project, /, **sent):
    where = reverse(door, args=[project.public_id])
    return client.post(where, sent) if sent else client.get(where)


def roles(project) -> dict[str, str]:
    return {row.user.email.partition("-")[0]: row.role for row in project.memberships.select_related("user")}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- the list ---


def test_the_list_names_every_project_with_my_role(user_client, project, member):
    member("viewer")
    shown = user_client.get(reverse("projects"))
    assert "Kitchen stories" in shown.content.decode()
    cards = {card.project: (card.role, card.members) for card in shown.context["cards"]}
    own = Project.objects.get(personal_to__email="ada@example.com")
    assert cards == {project: (Role.OWNER, 2), own: (Role.OWNER, 1)}


def test_the_list_shows_what_one_is_invited_to(client, stranger, user, project):
    made = invitations.invite("EVE@example.com", user, project, Role.VIEWER)
    client.force_login(stranger)
    accept = reverse("accept-invitation", args=[made.public_id])
    assert accept in client.get(reverse("projects")).content.decode()
    assert client.get(accept).status_code == 405
    assert client.post(accept).url == reverse("studio", args=[project.public_id]) + "#library"
    assert permissions.role(stranger, project) == Role.VIEWER
    assert accept not in client.get(reverse("projects")).content.decode()


# --- name, archive ---


def test_a_project_is_renamed_by_its_owner(user_client, project):
    page(user_client, "project-rename", project, name="  Kitchen   tales ")
    project.refresh_from_db()
    assert project.name == "Kitchen tales"


@pytest.mark.parametrize("name", [" ", "x" * 81])
def test_a_bad_name_is_refused_and_kept_in_the_form(user_client, project, name):
    reply = page(user_client, "project-rename", project, name=name)
    assert reply.status_code == 422
    assert code_of(reply) == "invalid_name"
    project.refresh_from_db()
    assert project.name == "Kitchen stories"


def test_an_archived_project_is_gone_for_everyone_and_comes_back_whole(user_client, project, track, member):
    editor = signed_in(member("editor"))
    page(user_client, "project-archive", project, sure="1")
    for client in (user_client, editor):
        assert client.get(reverse("studio", args=[project.public_id])).status_code == 404
        assert client.get(track.get_absolute_url()).status_code == 404
        assert client.get(reverse("audio", args=[track.public_id])).status_code == 404
    assert (
        reverse("project-unarchive", args=[project.public_id]) in user_client.get(reverse("projects")).content.decode()
    )
    assert project.name not in editor.get(reverse("projects")).content.decode()
    assert editor.post(reverse("project-unarchive", args=[project.public_id])).status_code == 404
    user_client.post(reverse("project-unarchive", args=[project.public_id]))
    assert user_client.get(track.get_absolute_url()).status_code == 200


def test_an_archived_project_takes_nobody_in(client, stranger, user, project):
    made = invitations.invite(stranger.email, user, project)
    projects.archive(project, user)
    client.force_login(stranger)
    assert client.get(reverse("join", args=[made.token])).status_code == 410


def test_ones_own_project_is_neither_archived_nor_left_nor_shared(user_client, user):
    own = user.personal_project
    assert page(user_client, "project-archive", own, sure="1").status_code == 422
    assert page(user_client, "leave", own, sure="1").status_code == 422
    assert page(user_client, "project-invite", own, email="x@example.com", role="editor").status_code == 422
    assert permissions.can_manage(user, own)


# --- roles ---


def test_an_owner_changes_roles(user_client, project, member):
    person = member("viewer")
    page(user_client, "member-role", project, person=person.pk, role="editor")
    assert permissions.can_edit(person, project)


@pytest.mark.parametrize("role", ["king", ""])
def test_there_are_no_other_roles(user_client, project, member, role):
    person = member("viewer")
    assert page(user_client, "member-role", project, person=person.pk, role=role).status_code == 422
    assert permissions.role(person, project) == Role.VIEWER


def test_a_project_is_never_without_an_owner(user_client, project, user, member):
    member("editor")
    for reply in (
        page(user_client, "member-role", project, person=user.pk, role="editor"),
        page(user_client, "member-remove", project, person=user.pk),
        page(user_client, "leave", project, sure="1"),
    ):
        assert reply.status_code == 422
        assert code_of(reply) == "last_owner"
    assert permissions.role(user, project) == Role.OWNER


def test_one_of_two_owners_may_go(user_client, project, user, member):
    other = member("owner")
    page(user_client, "leave", project, sure="1")
    assert list(project.members.all()) == [other]


def test_a_project_is_handed_over(user_client, project, user, member):
    heir = member("viewer")
    page(user_client, "project-transfer", project, person=heir.pk)
    assert (permissions.role(heir, project), permissions.role(user, project)) == (Role.OWNER, Role.EDITOR)


def test_a_project_is_not_handed_to_oneself_or_to_a_stranger(user_client, project, user, stranger):
    assert page(user_client, "project-transfer", project, person=user.pk).status_code == 422
    assert page(user_client, "project-transfer", project, person=stranger.pk).status_code == 404
    assert permissions.role(user, project) == Role.OWNER


# --- leaving ---


def test_a_removed_member_sees_nothing_and_their_tracks_stay_under_their_name(user_client, project, member, make_track):
    person = member("editor")
    track = make_track("Theirs", author=person)
    page(user_client, "member-remove", project, person=person.pk)
    assert signed_in(person).get(track.get_absolute_url()).status_code == 404
    shown = user_client.get(reverse("studio", args=[project.public_id])).content.decode()
    assert "Theirs" in shown
    assert person.label in shown


def test_a_leavers_private_tracks_go_with_them(project, member, make_track):
    person = member("editor")
    shared, private = make_track("Shared", author=person), make_track("Secret", author=person)
    tracks.tag(Track.objects.filter(pk=private.pk), "idea")
    PrivateTrack.objects.create(track=private, author=person)
    client = signed_in(person)
    assert page(client, "leave", project).context["private"] == 1
    page(client, "leave", project, sure="1")
    private.refresh_from_db()
    shared.refresh_from_db()
    assert (private.project, shared.project) == (person.personal_project, project)
    assert [tag.project for tag in private.tags.all()] == [person.personal_project]
    assert client.get(private.get_absolute_url()).status_code == 200
    assert client.get(shared.get_absolute_url()).status_code == 404


# --- invitations ---


def link_on(reply) -> str:
    return re.search(r"/join/[^/]+/", reply.content.decode())[0]


def test_an_invitation_can_be_copied_renewed_and_withdrawn(user_client, project):
    link = link_on(page(user_client, "project-invite", project, email="New@Example.com", role="viewer"))
    made = Invitation.objects.get()
    assert not mail.outbox
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    assert b"data-expired" in page(user_client, "project-members", project).content
    assert Client().get(link).status_code == 410
    renewed = link_on(user_client.post(reverse("resend", args=[made.public_id])))
    assert Client().get(renewed).status_code == 302
    assert Client().get(link).status_code == 410
    user_client.post(reverse("withdraw", args=[made.public_id]))
    assert Client().get(renewed).status_code == 410
    assert b'id="pending-invitations"' not in page(user_client, "project-members", project).content


def test_sending_again_mails_again(user_client, project, settings):
    settings.EMAIL_CONFIGURED = True
    page(user_client, "project-invite", project, email="new@example.com", role="viewer")
    user_client.post(reverse("resend", args=[Invitation.objects.get().public_id]))
    assert [message.to for message in mail.outbox] == [["new@example.com"]] * 2
    before, now = (message.body.splitlines()[2] for message in mail.outbox)
    assert (Client().get(before).status_code, Client().get(now).status_code) == (410, 302)


def test_a_bad_invitation_keeps_what_was_typed(user_client, project):
    reply = page(user_client, "project-invite", project, email="nonsense", role="viewer")
    assert reply.status_code == 422
    assert b">nonsense</textarea>" in reply.content
    assert not Invitation.objects.exists()


def test_members_without_the_role_see_no_addresses_and_no_buttons(project, member, user):
    shown = page(signed_in(member("editor")), "project-members", project).content.decode()
    assert user.label in shown
    assert user.email not in shown
    assert 'id="invite"' not in shown
    assert reverse("member-role", args=[project.public_id]) not in shown


# --- the audit log ---


def test_every_change_is_on_record_for_the_owners(user_client, project, member, user):
    person = member("viewer")
    page(user_client, "member-role", project, person=person.pk, role="editor")
    page(user_client, "project-rename", project, name="Other")
    page(user_client, "member-remove", project, person=person.pk)
    said = [line.text for line in project.audit_log.project_changes()]
    assert said == [f"Removed {person.label}", "Renamed the project from “Kitchen stories” to “Other”",
                    f"Changed the role of {person.label} from viewer to editor"]  # fmt: skip
    assert {line.actor for line in project.audit_log.project_changes()} == {user}
    assert said[1] in page(user_client, "project-settings", project).content.decode()
    assert said[1] not in page(signed_in(member("editor")), "project-settings", project).content.decode()


def test_a_change_that_changes_nothing_leaves_no_line(user_client, project, member):
    person = member("viewer")
    page(user_client, "member-role", project, person=person.pk, role="viewer")
    page(user_client, "project-rename", project, name=project.name)
    assert not project.audit_log.project_changes().exists()


def test_the_record_cannot_be_changed(project, user):
    audit_log.record(user, AuditLogEntry.Action.MEMBERS, "Something", project=project)
    for write in (lambda: AuditLogEntry.objects.update(text="Nothing"), lambda: AuditLogEntry.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_starting_and_joining_are_on_record(user_client, user, stranger):
    user_client.post(reverse("new-project"), {"name": "Summer"})
    project = Project.objects.get(name="Summer")
    invitations.accept(invitations.invite(stranger.email, user, project), stranger)
    assert [(line.actor, line.text) for line in project.audit_log.project_changes()] == [
        (stranger, "Joined as editor"),
        (user, "Invited eve@example.com as editor"),
        (user, "Created the project"),
    ]
    assert Membership.objects.get(project=project, user=stranger).role == Role.EDITOR
