"""The cards of the Projects page: covers, counts, activity and spend, with the same queries for any number of them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generator.models import Comparison, Membership, PrivateTrack, Project, Role, Track
from generator.services.billing import ledger
from tests.conftest import COMPOSER

PAGE = "projects"


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def card_of(person, project):
    cards = signed_in(person).get(reverse(PAGE)).context["cards"]
    return next(card for card in cards if card.project == project)


def test_a_card_shows_the_newest_covers_first_and_counts_all_kept_tracks(user_client, user, project, make_track):
    made = [make_track(f"Track {number}") for number in range(6)]
    Track.objects.filter(pk=made[5].pk).update(trashed_at=timezone.now())
    card = card_of(user, project)
    assert card.tracks == 5
    assert list(card.covers) == [track.public_id for track in (made[4], made[3], made[2], made[1])]
    assert card.newest_at == made[4].created_at
    shown = user_client.get(reverse(PAGE)).content.decode()
    assert f'id="project-{project.public_id}"' in shown
    assert reverse("cover", args=[made[4].public_id]) in shown
    assert reverse("cover", args=[made[5].public_id]) not in shown


def test_private_tracks_of_others_are_neither_shown_nor_counted(user, project, member, make_track):
    person = member("editor")
    secret = make_track("Secret", author=person)
    PrivateTrack.objects.create(track=secret, author=person)
    assert (card_of(user, project).tracks, card_of(user, project).covers) == (0, ())
    assert (card_of(person, project).tracks, card_of(person, project).covers) == (1, (secret.public_id,))


def test_the_covers_of_blind_candidates_are_not_shown(user, project, make_track):
    track = make_track("Candidate")
    comparison = Comparison.objects.create(project=project, author=user)
    type(track.generation).objects.filter(pk=track.generation_id).update(comparison=comparison, place=0)
    assert card_of(user, project).covers == ()
    assert card_of(user, project).tracks == 1


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
def test_every_member_sees_what_the_project_spent_this_month(project, member, ask, user, role):
    generation = ask(model=COMPOSER)
    ledger.book(
        "adjustment", 250_000, project=project, user=user, generation=generation, model_key=COMPOSER, reason="x"
    )
    assert card_of(member(role), project).spent == 250_000


def test_archived_projects_are_apart(user_client, user):
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    Membership.objects.create(project=old, user=user, role=Role.OWNER)
    shown = user_client.get(reverse(PAGE))
    assert old not in [card.project for card in shown.context["cards"]]
    assert list(shown.context["archived"]) == [old]


def queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        client.get(reverse(PAGE))
    return len(seen)


def test_more_projects_need_no_more_queries(user_client, user, make_track):
    make_track("One")
    user_client.get(reverse(PAGE))
    before = queries(user_client)
    for number in range(12):
        one = Project.objects.create(name=f"Project {number}")
        Membership.objects.create(project=one, user=user, role=Role.EDITOR)
    assert queries(user_client) == before


def test_a_person_alone_is_offered_a_project(client, stranger):
    client.force_login(stranger)
    shown = client.get(reverse(PAGE)).content.decode()
    assert 'id="no-shared-project"' in shown
    assert reverse("new-project") in shown
