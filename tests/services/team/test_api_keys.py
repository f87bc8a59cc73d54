"""API keys: shown once, hashed, limited to a project and a scope, with a budget of their own."""

import datetime as dt

import pytest
from django.utils import timezone

from generator import permissions
from generator.models import ApiKey, BudgetAlert, LedgerEntry, Membership, Notification, Project, Role, Scope
from generator.services.billing import budget_alerts
from generator.services.errors import UserError
from generator.services.team import api_keys, members
from tests.conftest import POLL
from tests.refusals import refused


@pytest.fixture
def acting(user, project):
    """Make a key of Ada's and return her acting with it: `acting(Scope.READ, project=project)`."""

    def _acting(scope=Scope.GENERATE, **more):
        _, token = api_keys.make(user, "render farm", scope, **more)
        return api_keys.user_for_token(token)

    return _acting


def test_only_its_hash_is_kept(user):
    key, token = api_keys.make(user, "render farm")
    kept = str(ApiKey.objects.filter(pk=key.pk).values())
    assert token not in kept
    assert token.removeprefix(key.prefix + "_") not in kept
    assert token.startswith(key.prefix + "_")
    assert len(token) >= 40


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "x", lambda t: t.swapcase(), lambda t: "", str.upper]
)
def test_a_wrong_key_opens_nothing(user, change):
    _, token = api_keys.make(user, "render farm")
    assert api_keys.user_for_token(token) == user
    assert api_keys.user_for_token(change(token)) is None


@pytest.mark.parametrize("text", ["\x00", "bgm_\x00_x", "🎵" * 3, "bgm", "bgm__", "_" * 200, "bgm_" + "a" * 500])
def test_nonsense_opens_nothing(user, text):
    assert api_keys.user_for_token(text) is None


def test_it_ends_when_revoked_run_out_or_its_maker_left(user):
    key, token = api_keys.make(user, "one")
    api_keys.revoke(key, user)
    assert api_keys.user_for_token(token) is None
    key, token = api_keys.make(user, "two", expires_at=timezone.now() + dt.timedelta(days=1))
    assert api_keys.user_for_token(token)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert api_keys.user_for_token(token) is None
    _, token = api_keys.make(user, "three")
    user.is_active = False
    user.save()
    assert api_keys.user_for_token(token) is None


def test_its_use_is_known(user):
    key, token = api_keys.make(user, "one")
    assert key.last_used_at is None
    api_keys.user_for_token(token)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_making_and_revoking_is_on_record(user, project):
    key, _ = api_keys.make(user, "render farm", project=project)
    api_keys.revoke(key, user)
    api_keys.revoke(key, user)
    lines = [line.text for line in project.audit_log.project_changes()]
    assert [line.split()[0] for line in lines] == ["Revoked", "Created"]


@pytest.mark.parametrize(
    ("scope", "edits", "manages"),
    [(Scope.READ, False, False), (Scope.GENERATE, True, False), (Scope.MANAGE, True, True)],
)
def test_a_scope_is_a_ceiling(acting, project, scope, edits, manages):
    program = acting(scope)
    assert project in permissions.projects(program)
    assert permissions.can_edit(program, project) is edits
    assert (project in permissions.editable_projects(program)) is edits
    assert permissions.can_manage(program, project) is manages
    assert (project in permissions.managed_projects(program)) is manages


def test_a_key_never_gives_more_than_its_maker_has(member, project):
    _, token = api_keys.make(member("viewer"), "eager", Scope.MANAGE)
    program = api_keys.user_for_token(token)
    assert project in permissions.projects(program)
    assert not permissions.can_edit(program, project)


def test_a_key_of_a_project_sees_that_project_alone(acting, user, project):
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    program = acting(Scope.MANAGE, project=project)
    assert list(permissions.projects(program)) == [project]
    assert permissions.role(program, other) is None
    assert not permissions.can_edit(program, other)
    assert api_keys.home(program) == project


def test_one_key_neither_sees_nor_revokes_another(acting, user):
    program = acting(Scope.MANAGE)
    assert not permissions.own_keys(program)
    assert not permissions.revocable_keys(program)
    assert permissions.own_keys(user).count() == 1


def test_an_owner_revokes_the_keys_of_the_project(member, project, user):
    key, _ = api_keys.make(member("editor"), "theirs", project=project)
    personal, _ = api_keys.make(member("editor"), "their own")
    assert key in permissions.revocable_keys(user)
    assert personal not in permissions.revocable_keys(user)


def test_what_it_spends_is_under_its_name_and_its_cap(acting, user, project, ask, priced):
    price = priced(POLL, "0.03").per_take
    program = acting(cap=2 * price)
    made = ask(user=program, takes=2)
    assert made.key == program.api_key
    assert LedgerEntry.objects.get(generation=made).key == program.api_key
    with refused("budget_exceeded") as refusal:
        ask(user=program)
    assert "To continue before then, raise the key’s budget." in refusal.value.sentence
    assert ask(user=user).key is None  # the key does not limit the person
    api_keys.set_cap(program.api_key, None, user)
    ask(user=program)


def test_its_maker_is_told_when_its_cap_fills_up(acting, user, ask, priced):
    price = priced(POLL, "0.03").per_take
    ask(user=acting(cap=2 * price), takes=2)
    budget_alerts.send(BudgetAlert.objects.get(percent=95).pk)
    told = Notification.objects.get(recipient=user)
    assert "render farm" in told.text


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "x" * 61}, {"cap": -1}, {"model_override": "no/such"}, {"expires_at": timezone.now()}],
)
def test_what_makes_no_sense_is_refused(user, wrong):
    with pytest.raises(UserError):
        api_keys.make(user, **({"name": "one"} | wrong))
    assert not ApiKey.objects.exists()


def test_a_project_key_of_somebody_who_left_opens_nothing_there(member, project):
    person = member("editor")
    _, token = api_keys.make(person, "theirs", project=project)
    members.remove(project, person, project.memberships.get(role=Role.OWNER).user)
    assert api_keys.user_for_token(token) is None
