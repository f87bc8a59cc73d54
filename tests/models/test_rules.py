"""Invariants that the database enforces for every writer, and properties of rows."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from generator.models import (
    Budget,
    Generation,
    Invitation,
    LedgerEntry,
    Membership,
    MusicModel,
    Price,
    Project,
    Rendition,
    Role,
    Star,
    Tag,
    Track,
    User,
    matching,
)
from generator.models.search import index_terms
from tests.conftest import POLL


def refused(write) -> bool:
    """Return whether the database refuses a write, leaving the test's own transaction usable."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


# --- names ---


def test_public_names_cannot_be_guessed_or_counted(project, stranger):
    public_ids = {Project.objects.create(name="x").public_id for _ in range(50)}
    assert len(public_ids) == 50
    assert all(re.fullmatch(r"[\w-]{16}", public_id) for public_id in public_ids)


def test_an_address_belongs_to_one_person_whatever_its_case(user):
    assert refused(lambda: User.objects.create(email="ADA@EXAMPLE.COM"))


def test_everyone_has_one_project_of_their_own(user):
    assert Project.objects.personal_for(user) == Project.objects.personal_for(user) == user.personal_project
    assert refused(lambda: Project.objects.create(name="second", personal_to=user))


def test_a_person_has_one_role_in_a_project(project, user):
    assert refused(lambda: Membership.objects.create(project=project, user=user, role=Role.VIEWER))


# --- money ---


@pytest.mark.parametrize("cap", [-1, -(10**12)])
def test_a_cap_is_never_below_zero(user, cap):
    assert refused(lambda: Budget.objects.create(user=user, cap=cap))


@pytest.mark.parametrize(
    "targets", [(), ("user", "provider"), ("project", "provider"), ("user", "project", "provider")]
)
def test_a_cap_needs_a_target_that_makes_sense(user, project, targets):
    known = {"user": {"user": user}, "project": {"project": project}, "provider": {"provider_key": "fakepoll"}}
    chosen = {name: value for target in targets for name, value in known[target].items()}
    assert refused(lambda: Budget.objects.create(cap=1, **chosen))


@pytest.mark.parametrize("targets", [("user",), ("project",), ("user", "project"), ("provider",)])
def test_there_is_one_cap_a_target(user, project, targets):
    known = {"user": {"user": user}, "project": {"project": project}, "provider": {"provider_key": "fakepoll"}}
    chosen = {name: value for target in targets for name, value in known[target].items()}
    Budget.objects.create(cap=1, **chosen)
    assert refused(lambda: Budget.objects.create(cap=2, **chosen))


def test_a_price_is_never_below_zero(synced_catalog):
    assert refused(lambda: Price.objects.create(model=MusicModel.objects.first(), per_take=-1))


def test_the_price_of_a_moment_is_the_newest_that_had_begun(synced_catalog):
    model, now = MusicModel.objects.get(key=POLL), timezone.now()
    Price.objects.filter(model=model).delete()
    for days, amount in ((-20, 1), (-10, 2), (-10, 3), (10, 4)):
        Price.objects.create(model=model, per_take=amount, valid_from=now + dt.timedelta(days=days))
    expected = {-21: None, -20: 1, -11: 1, -10: 3, 0: 3, 9: 3, 10: 4}
    for days, amount in expected.items():
        price = Price.objects.at(model, now + dt.timedelta(days=days))
        assert (price and price.per_take) == amount


@pytest.mark.parametrize("kind", ["hold", "charge", "release"])
def test_held_money_belongs_to_a_generation(user, project, kind):
    now = timezone.now()
    entry = {"kind": kind, "amount": 0, "project": project, "user": user, "day": now.date(), "month": f"{now:%Y-%m}"}
    assert refused(lambda: LedgerEntry.objects.create(**entry))


def test_only_corrections_go_below_zero(user, project):
    now = timezone.now()
    entry = {"amount": -1, "project": project, "user": user, "day": now.date(), "month": f"{now:%Y-%m}"}
    assert refused(lambda: LedgerEntry.objects.create(kind="credit", **entry))
    assert not refused(lambda: LedgerEntry.objects.create(kind="adjustment", **entry))


# --- work ---


@pytest.mark.parametrize("column", [{"takes_requested": 0}, {"takes_requested": 11}, {"state": "lost"}])
def test_a_generation_makes_sense(ask, column):
    generation = ask()
    assert refused(lambda: Generation.objects.filter(pk=generation.pk).update(**column))


def test_a_key_submits_once_a_person(ask, user):
    first = ask(idempotency_key="once")
    first.pk, first.public_id = None, "another"
    assert refused(first.save)


def test_nothing_that_has_a_history_can_be_deleted(ask, user, project):
    generation = ask()
    for row in (project, user, generation.prompt, generation.model, generation.price):
        with pytest.raises(ProtectedError):
            row.delete()


# --- tracks ---


def test_a_take_becomes_one_track(track, make_track):
    assert refused(lambda: make_track(generation=track.generation, take=1))


def test_marks_are_made_once(track, user, project):
    Star.objects.create(user=user, track=track)
    assert refused(lambda: Star.objects.create(user=user, track=track))
    Tag.objects.create(project=project, name="calm")
    assert refused(lambda: Tag.objects.create(project=project, name="calm"))
    made = {"track": track, "recipe": {}, "recipe_hash": "x", "file": "x", "size": 1}
    Rendition.objects.create(**made)
    assert refused(lambda: Rendition.objects.create(**made))


def test_tracks_know_where_they_are_and_who_starred_them(make_track, user, stranger):
    kept, trashed = make_track("Kept"), make_track("Binned", trashed_at=timezone.now())
    Star.objects.create(user=user, track=kept)
    assert list(Track.objects.kept()) == [kept]
    assert list(Track.objects.trashed()) == [trashed]
    assert list(Track.objects.starred_by(user)) == [kept]
    assert {track.title: track.starred for track in Track.objects.with_starred(user)} == {"Kept": True, "Binned": False}
    assert not any(track.starred for track in Track.objects.with_starred(stranger))


def test_only_faults_are_faults(make_track):
    findings = [{"code": code, "severity": code, "sentence": "."} for code in ("note", "fault")]
    assert [finding["code"] for finding in make_track(findings=findings).faults] == ["fault"]


def test_the_search_index_follows_every_change_of_a_track(track):
    def found(words):
        return list(matching(Track.objects.all(), words))

    assert found("tea") == [track]
    Track.objects.filter(pk=track.pk).update(search_text=index_terms("Coffee break"))
    assert (found("tea"), found("coffee BREAK"), found("cof")) == ([], [track], [track])
    track.delete()
    assert found("coffee") == []


def test_a_search_without_words_finds_everything(track):
    for text in ("", "   ", "!?"):
        assert list(matching(Track.objects.all(), text)) == [track]


# --- invitations ---


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [({}, True), ({"accepted_at": timezone.now()}, False), ({"expires_at": timezone.now()}, False)],
)
def test_an_invitation_is_open_until_it_is_used_or_runs_out(user, changes, is_open):
    lasting = {"email": "guest@example.com", "invited_by": user, "expires_at": timezone.now() + dt.timedelta(days=1)}
    assert Invitation.objects.create(**lasting | changes).is_open is is_open
