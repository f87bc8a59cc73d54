"""API keys: shown once, hashed, narrowed to a project and a scope, with a cap of their own."""

import datetime as dt

import pytest
from django.utils import timezone

from generator import access, workflow
from generator.models import ApiKey, Entry, Membership, Notification, Project, Role, Scope, Warned
from generator.workflow import keys, warnings
from generator.workflow.refused import Refused
from tests.conftest import POLL


@pytest.fixture
def acting(user, project):
    """Make a key of Ada's and come back as a program with it: `acting(Scope.READ, project=project)`."""

    def _acting(scope=Scope.GENERATE, **more):
        _, token = keys.make(user, "render farm", scope, **more)
        return keys.caller(token)

    return _acting


def test_only_its_hash_is_kept(user):
    key, token = keys.make(user, "render farm")
    kept = str(ApiKey.objects.filter(pk=key.pk).values())
    assert token not in kept
    assert token.removeprefix(key.prefix + "_") not in kept
    assert token.startswith(key.prefix + "_")
    assert len(token) >= 40


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "x", lambda t: t.swapcase(), lambda t: "", str.upper]
)
def test_a_wrong_key_opens_nothing(user, change):
    _, token = keys.make(user, "render farm")
    assert keys.caller(token) == user
    assert keys.caller(change(token)) is None


@pytest.mark.parametrize("text", ["\x00", "bgm_\x00_x", "🎵" * 3, "bgm", "bgm__", "_" * 200, "bgm_" + "a" * 500])
def test_nonsense_opens_nothing(user, text):
    assert keys.caller(text) is None


def test_it_ends_when_revoked_run_out_or_its_maker_left(user):
    key, token = keys.make(user, "one")
    keys.revoke(key, user)
    assert keys.caller(token) is None
    key, token = keys.make(user, "two", expires_at=timezone.now() + dt.timedelta(days=1))
    assert keys.caller(token)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert keys.caller(token) is None
    _, token = keys.make(user, "three")
    user.is_active = False
    user.save()
    assert keys.caller(token) is None


def test_its_use_is_known(user):
    key, token = keys.make(user, "one")
    assert key.last_used_at is None
    keys.caller(token)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_making_and_revoking_is_on_record(user, project):
    key, _ = keys.make(user, "render farm", project=project)
    keys.revoke(key, user)
    keys.revoke(key, user)
    lines = [line.text for line in project.audit.all()]
    assert [line.split()[0] for line in lines] == ["Revoked", "Made"]


@pytest.mark.parametrize(
    ("scope", "edits", "manages"),
    [(Scope.READ, False, False), (Scope.GENERATE, True, False), (Scope.MANAGE, True, True)],
)
def test_a_scope_is_a_ceiling(acting, project, scope, edits, manages):
    program = acting(scope)
    assert project in access.projects(program)
    assert access.can_edit(program, project) is edits
    assert (project in access.editable_projects(program)) is edits
    assert access.can_manage(program, project) is manages
    assert (project in access.managed_projects(program)) is manages


def test_a_key_never_gives_more_than_its_maker_has(member, project):
    _, token = keys.make(member("viewer"), "eager", Scope.MANAGE)
    program = keys.caller(token)
    assert project in access.projects(program)
    assert not access.can_edit(program, project)


def test_a_key_of_a_project_sees_that_project_alone(acting, user, project):
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    program = acting(Scope.MANAGE, project=project)
    assert list(access.projects(program)) == [project]
    assert access.role(program, other) is None
    assert not access.can_edit(program, other)
    assert keys.home(program) == project


def test_one_key_neither_sees_nor_revokes_another(acting, user):
    program = acting(Scope.MANAGE)
    assert not access.own_keys(program)
    assert not access.revocable_keys(program)
    assert access.own_keys(user).count() == 1


def test_an_owner_revokes_the_keys_of_the_project(member, project, user):
    key, _ = keys.make(member("editor"), "theirs", project=project)
    personal, _ = keys.make(member("editor"), "their own")
    assert key in access.revocable_keys(user)
    assert personal not in access.revocable_keys(user)


def test_what_it_spends_is_under_its_name_and_its_cap(acting, user, project, ask, priced):
    price = priced(POLL, "0.03").per_take
    program = acting(cap=2 * price)
    made = ask(user=program, takes=2)
    assert made.key == program.acting_with
    assert Entry.objects.get(generation=made).key == program.acting_with
    with pytest.raises(Refused, match=r"render farm.*raise the key's cap"):
        ask(user=program)
    assert ask(user=user).key is None  # the person is not in the key's way
    keys.set_cap(program.acting_with, None, user)
    ask(user=program)


def test_its_maker_is_told_when_its_cap_fills_up(acting, user, ask, priced):
    price = priced(POLL, "0.03").per_take
    ask(user=acting(cap=2 * price), takes=2)
    warnings.send(Warned.objects.get(percent=95).pk)
    told = Notification.objects.get(recipient=user)
    assert "render farm" in told.text


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "x" * 61}, {"cap": -1}, {"stand_in": "no/such"}, {"expires_at": timezone.now()}]
)
def test_what_makes_no_sense_is_refused(user, wrong):
    with pytest.raises(Refused):
        keys.make(user, **({"name": "one"} | wrong))
    assert not ApiKey.objects.exists()


def test_a_project_key_of_somebody_who_left_opens_nothing_there(member, project):
    person = member("editor")
    _, token = keys.make(person, "theirs", project=project)
    workflow.members.remove(project, person, project.memberships.get(role=Role.OWNER).user)
    assert keys.caller(token) is None
