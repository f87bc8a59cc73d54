"""Projects and their people: started, renamed, shared, handed over, left, put away; never without an owner."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator import access, workflow
from generator.models import AuditLine, Invitation, Membership, PrivateTrack, Project, Role, Track


def page(client, door, project, /, **sent):
    where = reverse(door, args=[project.ref])
    return client.post(where, sent) if sent else client.get(where)


def roles(project) -> dict[str, str]:
    return {row.user.email.partition("-")[0]: row.role for row in project.memberships.select_related("user")}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- the list ---


def test_the_list_names_every_project_with_my_role(browser, project, member):
    member("viewer")
    shown = browser.get(reverse("projects")).content.decode()
    assert "Kitchen stories" in shown
    assert "Owner · 2 members" in shown
    assert "Yours alone" in shown


def test_the_list_shows_what_one_is_invited_to(client, stranger, user, project):
    made = workflow.people.invite("EVE@example.com", user, project, Role.VIEWER)
    client.force_login(stranger)
    accept = reverse("accept-invitation", args=[made.ref])
    assert accept in client.get(reverse("projects")).content.decode()
    assert client.get(accept).status_code == 405
    assert client.post(accept).url == reverse("studio", args=[project.ref])
    assert access.role(stranger, project) == Role.VIEWER
    assert accept not in client.get(reverse("projects")).content.decode()


# --- name, archive ---


def test_a_project_is_renamed_by_its_owner(browser, project):
    page(browser, "project-rename", project, name="  Kitchen   tales ")
    project.refresh_from_db()
    assert project.name == "Kitchen tales"


@pytest.mark.parametrize("name", [" ", "x" * 81])
def test_a_bad_name_is_refused_and_kept_in_the_form(browser, project, name):
    reply = page(browser, "project-rename", project, name=name)
    assert reply.status_code == 422
    assert b"at most 80 characters" in reply.content
    project.refresh_from_db()
    assert project.name == "Kitchen stories"


def test_an_archived_project_is_gone_for_everyone_and_comes_back_whole(browser, project, track, member):
    editor = signed_in(member("editor"))
    page(browser, "project-archive", project, sure="1")
    for client in (browser, editor):
        assert client.get(reverse("studio", args=[project.ref])).status_code == 404
        assert client.get(track.get_absolute_url()).status_code == 404
        assert client.get(reverse("audio", args=[track.ref])).status_code == 404
    assert "Fetch back" in browser.get(reverse("projects")).content.decode()
    assert project.name not in editor.get(reverse("projects")).content.decode()
    assert editor.post(reverse("project-unarchive", args=[project.ref])).status_code == 404
    browser.post(reverse("project-unarchive", args=[project.ref]))
    assert browser.get(track.get_absolute_url()).status_code == 200


def test_an_archived_project_takes_nobody_in(client, stranger, user, project):
    made = workflow.people.invite(stranger.email, user, project)
    workflow.projects.archive(project, user)
    client.force_login(stranger)
    assert client.get(reverse("join", args=[made.token])).status_code == 410


def test_ones_own_project_is_neither_archived_nor_left_nor_shared(browser, user):
    own = user.personal_project
    assert page(browser, "project-archive", own, sure="1").status_code == 422
    assert page(browser, "leave", own, sure="1").status_code == 422
    assert page(browser, "project-invite", own, email="x@example.com", role="editor").status_code == 422
    assert access.can_manage(user, own)


# --- roles ---


def test_an_owner_changes_roles(browser, project, member):
    person = member("viewer")
    page(browser, "member-role", project, person=person.pk, role="editor")
    assert access.can_edit(person, project)


@pytest.mark.parametrize("role", ["king", ""])
def test_there_are_no_other_roles(browser, project, member, role):
    person = member("viewer")
    assert page(browser, "member-role", project, person=person.pk, role=role).status_code == 422
    assert access.role(person, project) == Role.VIEWER


def test_a_project_is_never_without_an_owner(browser, project, user, member):
    member("editor")
    for reply in (
        page(browser, "member-role", project, person=user.pk, role="editor"),
        page(browser, "member-remove", project, person=user.pk),
        page(browser, "leave", project, sure="1"),
    ):
        assert reply.status_code == 422
        assert b"needs an owner" in reply.content
    assert access.role(user, project) == Role.OWNER


def test_one_of_two_owners_may_go(browser, project, user, member):
    other = member("owner")
    page(browser, "leave", project, sure="1")
    assert list(project.members.all()) == [other]


def test_a_project_is_handed_over(browser, project, user, member):
    heir = member("viewer")
    page(browser, "project-transfer", project, person=heir.pk)
    assert (access.role(heir, project), access.role(user, project)) == (Role.OWNER, Role.EDITOR)


def test_a_project_is_not_handed_to_oneself_or_to_a_stranger(browser, project, user, stranger):
    assert page(browser, "project-transfer", project, person=user.pk).status_code == 422
    assert page(browser, "project-transfer", project, person=stranger.pk).status_code == 404
    assert access.role(user, project) == Role.OWNER


# --- going ---


def test_a_removed_member_sees_nothing_and_their_tracks_stay_under_their_name(browser, project, member, make_track):
    person = member("editor")
    track = make_track("Theirs", author=person)
    page(browser, "member-remove", project, person=person.pk)
    assert signed_in(person).get(track.get_absolute_url()).status_code == 404
    shown = browser.get(reverse("studio", args=[project.ref])).content.decode()
    assert "Theirs" in shown
    assert person.label in shown


def test_a_leavers_private_tracks_go_with_them(project, member, make_track):
    person = member("editor")
    shared, private = make_track("Shared", author=person), make_track("Secret", author=person)
    workflow.library.tag(Track.objects.filter(pk=private.pk), "idea")
    PrivateTrack.objects.create(track=private, author=person)
    client = signed_in(person)
    assert b"1 private track goes with you" in page(client, "leave", project).content
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


def test_an_invitation_can_be_copied_renewed_and_withdrawn(browser, project):
    link = link_on(page(browser, "project-invite", project, email="New@Example.com", role="viewer"))
    made = Invitation.objects.get()
    assert not mail.outbox
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    assert b"ran out on" in page(browser, "project-people", project).content
    assert Client().get(link).status_code == 410
    renewed = link_on(browser.post(reverse("resend", args=[made.ref])))
    assert Client().get(renewed).status_code == 302
    assert Client().get(link).status_code == 410
    browser.post(reverse("withdraw", args=[made.ref]))
    assert Client().get(renewed).status_code == 410
    assert b"Not used yet" not in page(browser, "project-people", project).content


def test_sending_again_mails_again(browser, project, settings):
    settings.EMAIL_CONFIGURED = True
    page(browser, "project-invite", project, email="new@example.com", role="viewer")
    browser.post(reverse("resend", args=[Invitation.objects.get().ref]))
    assert [message.to for message in mail.outbox] == [["new@example.com"]] * 2
    before, now = (message.body.splitlines()[2] for message in mail.outbox)
    assert (Client().get(before).status_code, Client().get(now).status_code) == (410, 302)


def test_a_bad_invitation_keeps_what_was_typed(browser, project):
    reply = page(browser, "project-invite", project, email="nonsense", role="viewer")
    assert reply.status_code == 422
    assert b'value="nonsense"' in reply.content
    assert not Invitation.objects.exists()


def test_members_without_the_role_see_no_addresses_and_no_buttons(project, member, user):
    shown = page(signed_in(member("editor")), "project-people", project).content.decode()
    assert user.label in shown
    assert user.email not in shown
    assert "Invite" not in shown
    assert reverse("member-role", args=[project.ref]) not in shown


# --- the record ---


def test_every_change_is_on_record_for_the_owners(browser, project, member, user):
    person = member("viewer")
    page(browser, "member-role", project, person=person.pk, role="editor")
    page(browser, "project-rename", project, name="Other")
    page(browser, "member-remove", project, person=person.pk)
    said = [line.text for line in project.audit.all()]
    assert said == [f"Removed {person.label}", "Renamed it from “Kitchen stories” to “Other”",
                    f"Made {person.label} an editor (was viewer)"]  # fmt: skip
    assert {line.actor for line in project.audit.all()} == {user}
    assert said[1] in page(browser, "project-settings", project).content.decode()
    assert said[1] not in page(signed_in(member("editor")), "project-settings", project).content.decode()


def test_a_change_that_changes_nothing_leaves_no_line(browser, project, member):
    person = member("viewer")
    page(browser, "member-role", project, person=person.pk, role="viewer")
    page(browser, "project-rename", project, name=project.name)
    assert not project.audit.exists()


def test_the_record_cannot_be_changed(project, user):
    workflow.audit.record(project, user, AuditLine.Kind.MEMBERS, "Something")
    for write in (lambda: AuditLine.objects.update(text="Nothing"), lambda: AuditLine.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_starting_and_joining_are_on_record(browser, user, stranger):
    browser.post(reverse("new-project"), {"name": "Summer"})
    project = Project.objects.get(name="Summer")
    workflow.people.accept(workflow.people.invite(stranger.email, user, project), stranger)
    assert [(line.actor, line.text) for line in project.audit.all()] == [
        (stranger, "Joined as editor"),
        (user, "Invited eve@example.com as editor"),
        (user, "Started the project"),
    ]
    assert Membership.objects.get(project=project, user=stranger).role == Role.EDITOR
