"""What administrators may do: set budgets and prices, switch providers, create people, manage projects."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from generator.currency import dollars
from generator.models import (
    AuditLogEntry,
    Budget,
    Invitation,
    Membership,
    MusicModel,
    Price,
    Project,
    ProviderAccount,
    Role,
    User,
)
from generator.services.generation.submit import quote
from generator.services.provider_jobs import catalog
from generator.services.team import invitations
from tests.conftest import COMPOSER, POLL
from tests.refusals import refused


def url(name: str, *args) -> str:
    return reverse(f"admin:generator_{name}", args=args)


def errors(reply) -> dict:
    assert reply.status_code == 200
    return reply.context["adminform"].form.errors


# --- budgets ---


def test_a_cap_is_written_in_dollars_and_holds_at_once(desk, user, project, ask):
    desk.post(url("budget_add"), {"user": user.pk, "cap": "0.05"})
    assert Budget.objects.get().cap == dollars("0.05")
    assert quote(user, project, POLL, 1).left == dollars("0.05")
    with refused("budget_exceeded"):
        ask(takes=2)
    assert b"$0.05" in desk.get(url("budget_changelist")).content
    shown = desk.get(url("budget_change", Budget.objects.get().pk)).content
    assert b'value="0.05"' in shown


def test_a_cap_of_whole_dollars_is_shown_as_it_was_written(desk, user):
    desk.post(url("budget_add"), {"user": user.pk, "cap": "100"})
    cap = Budget.objects.get()
    assert cap.cap == dollars("100")
    assert b'value="100"' in desk.get(url("budget_change", cap.pk)).content


@pytest.mark.parametrize("cap", ["", "a lot", "-1", "0.0000001", "1e3", "NaN", "9" * 30])
def test_a_cap_that_is_no_amount_is_refused(desk, user, cap):
    assert errors(desk.post(url("budget_add"), {"user": user.pk, "cap": cap}))
    assert not Budget.objects.exists()


def test_a_cap_needs_exactly_one_kind_of_target(desk, user):
    assert errors(desk.post(url("budget_add"), {"cap": "1"}))
    assert errors(desk.post(url("budget_add"), {"cap": "1", "user": user.pk, "provider_key": "fakepoll"}))
    desk.post(url("budget_add"), {"cap": "1", "provider_key": "fakepoll"})
    assert errors(desk.post(url("budget_add"), {"cap": "2", "provider_key": "fakepoll"}))
    assert Budget.objects.count() == 1


# --- prices ---


def add_price(desk, amount, **more):
    now = timezone.now()
    asked = {
        "model": MusicModel.objects.get(key=POLL).pk,
        "per_take": amount,
        "valid_from_0": f"{now:%Y-%m-%d}",
        "valid_from_1": f"{now:%H:%M:%S}",
        "note": "their new list",
    }
    return desk.post(url("price_add"), asked | more)


def test_a_new_price_is_added_beside_the_old_one_and_says_who_set_it(desk, user, project):
    before = Price.objects.filter(model__key=POLL).get()
    add_price(desk, "0.045")
    assert quote(user, project, POLL, 2).total == dollars("0.09")
    before.refresh_from_db()
    assert before.per_take == dollars("0.03")
    assert Price.objects.get(per_take=dollars("0.045")).created_by.email == "boss@example.com"


@pytest.mark.parametrize("amount", ["", "-0.01", "free", "0.0000001", "9" * 30])
def test_a_price_that_is_no_amount_is_refused(desk, amount):
    assert "per_take" in errors(add_price(desk, amount))


def test_a_price_from_tomorrow_does_not_hold_today(desk, user, project):
    add_price(desk, "9", valid_from_0="2999-01-01")
    assert quote(user, project, POLL, 1).total == dollars("0.03")


# --- providers and models ---


def test_a_provider_is_switched_off_and_its_models_say_so(desk):
    account = ProviderAccount.objects.get(key="fakepoll")
    desk.post(url("provideraccount_change", account.pk), {"resting_until_0": "", "resting_until_1": ""})
    assert catalog.choice(POLL).reason == "An administrator has turned off Fake poll one."


def test_a_resting_provider_is_tried_again_at_once(desk):
    ProviderAccount.objects.update(resting_until=timezone.now() + dt.timedelta(hours=1), failures_in_a_row=5)
    account = ProviderAccount.objects.get(key="fakepoll")
    open_until = date_format(timezone.localtime(account.resting_until), "DATETIME_FORMAT")
    assert open_until in desk.get(url("provideraccount_changelist")).content.decode()
    sent = {"action": "try_again_now", "_selected_action": account.pk}
    desk.post(url("provideraccount_changelist"), sent)
    assert catalog.choice(POLL).available
    assert not catalog.choice(COMPOSER).available


def test_a_single_model_is_switched_off(desk):
    model = MusicModel.objects.get(key=POLL)
    assert desk.post(url("musicmodel_change", model.pk), {}).status_code == 302
    assert not catalog.choice(POLL).available


# --- people and projects ---


def test_a_person_made_here_can_sign_in_and_has_a_project(desk, client):
    made = {
        "email": "New@Example.com",
        "name": "Nia",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    assert desk.post(url("user_add"), made).status_code == 302
    person = User.objects.get(email__iexact="new@example.com")
    assert person.personal_project.memberships.get().role == Role.OWNER
    client.logout()
    reply = client.post("/accounts/login/", {"login": "new@example.com", "password": "a long enough one"})
    assert (reply.status_code, reply.url) == (302, "/")


def test_an_address_is_not_given_twice_whatever_its_case(desk, user):
    made = {"email": "ADA@example.com", "password1": "a long enough one", "password2": "a long enough one"}
    assert errors(desk.post(url("user_add"), made))


def test_a_person_with_money_behind_them_is_switched_off_not_deleted(desk, user, ask):
    ask()
    shown = desk.get(url("user_delete", user.pk)).content
    assert b"Cannot delete user" in shown
    desk.post(url("user_delete", user.pk), {"post": "yes"})
    assert User.objects.filter(pk=user.pk).exists()


def test_a_projects_members_are_changed_there(desk, project, stranger):
    membership = project.memberships.get()
    rows = {
        "name": "Kitchen stories",
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": membership.pk,
        "memberships-0-project": project.pk,
        "memberships-0-user": membership.user_id,
        "memberships-0-role": "owner",
        "memberships-1-project": project.pk,
        "memberships-1-user": stranger.pk,
        "memberships-1-role": "viewer",
    }
    assert desk.post(url("project_change", project.pk), rows).status_code == 302
    assert Membership.objects.get(project=project, user=stranger).role == Role.VIEWER


def test_an_invitation_is_withdrawn_but_never_readdressed(desk, user, project):
    invitation = invitations.invite("guest@example.com", user, project)
    later = {"expires_at_0": "2999-01-01", "expires_at_1": "00:00:00", "email": "evil@example.com", "role": "owner"}
    desk.post(url("invitation_change", invitation.pk), later)
    invitation.refresh_from_db()
    assert (invitation.email, invitation.role, invitation.expires_at.year) == ("guest@example.com", "editor", 2999)
    desk.post(url("invitation_delete", invitation.pk), {"post": "yes"})
    assert not Invitation.objects.exists()


def test_an_archived_project_disappears_from_the_studio_and_keeps_its_money(desk, client, project, user, ask):
    ask()
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    client.force_login(user)
    assert client.get(f"/projects/{project.public_id}/").status_code == 404
    assert client.get("/spend/").context["figures"].held == dollars("0.03")


def test_who_set_a_cap_is_written_down(desk, user):
    desk.post(url("budget_add"), {"user": user.pk, "cap": "5"})
    cap = Budget.objects.get()
    desk.post(url("budget_change", cap.pk), {"user": user.pk, "cap": "6"})
    chosen = {"action": "delete_selected", "_selected_action": cap.pk, "post": "yes"}
    desk.post(url("budget_changelist"), chosen)
    assert not Budget.objects.exists()
    audit_log = AuditLogEntry.objects.order_by("id")
    assert [entry.text.partition(": ")[2] for entry in audit_log] == [
        "$5.00 per month",
        "$6.00 per month",
        "none (was $6.00 per month)",
    ]
    assert {entry.actor.email for entry in audit_log} == {"boss@example.com"}


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("base_price * duration * takes", None),
        ("", None),
        ("base_price * length", "formula"),  # the model has none
        ("base_price *", "formula"),
        ("get_duration(audio) * 900", "formula"),
    ],
)
def test_a_price_by_formula_is_checked_when_it_is_saved(desk, paid_providers, formula, code):
    model = MusicModel.objects.get(key="soundverse/music")
    typed = {"model": model.pk, "per_take": "0.0003", "formula": formula}
    typed |= {"valid_from_0": "2026-11-01", "valid_from_1": "10:00", "note": ""}
    before = Price.objects.count()
    page = desk.post(url("price_add"), typed)
    if code:
        assert list(errors(page)) == [code]
    assert Price.objects.count() == before + (code is None)
