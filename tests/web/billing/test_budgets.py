"""The budget pages: an owner sets budgets and answers requests, a blocked person requests more."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from generator.currency import dollars
from generator.models import Budget, BudgetIncrease, Role
from tests.conftest import POLL
from tests.refusals import amounts, code_of


@pytest.fixture
def cap(project) -> Budget:
    return Budget.objects.create(project=project, cap=dollars("0.05"))


@pytest.fixture
def editor(member):
    return member(Role.EDITOR)


@pytest.fixture
def theirs(editor) -> Client:
    """A client signed in as the editor."""
    client = Client()
    client.force_login(editor)
    return client


def test_a_blocked_press_says_which_cap_and_leads_to_asking(theirs, project, cap, editor, user_client, user):
    form = {"text": "warm lo-fi", "model": POLL, "takes": "2", "format": "wav", "idempotency_key": "k"}
    shown = theirs.post(f"/projects/{project.public_id}/generate/", form).content.decode()
    assert amounts(shown[shown.index('data-code="budget_exceeded"') :])[:3] == ["$0.06", "$0.05", "$0.05"]
    address = f"/budgets/{cap.pk}/request-increase/"
    assert f'href="{address}"' in shown
    assert list(theirs.get(address).context["deciders"]) == [user]
    asked = theirs.post(address, {"amount": "1.50", "reason": "three versions"}, follow=True)
    assert asked.context["open"].requested == dollars("1.5")
    assert 'id="open-request"' in asked.content.decode()
    page = user_client.get(f"/projects/{project.public_id}/budget/").content.decode()
    assert "three versions" in page
    until = timezone.localdate() + dt.timedelta(days=3)
    answer = f"/budget-requests/{BudgetIncrease.objects.get().pk}/answer/"
    done = user_client.post(answer, {"grant": "1", "until": until.isoformat()}, follow=True)
    assert [(row.state, row.granted) for row in done.context["answered"]] == [("granted", dollars("1"))]
    assert 'data-state="granted"' in done.content.decode()
    assert theirs.post(f"/projects/{project.public_id}/generate/", form).status_code == 302


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"grant": "lots", "until": "2999-01-01"}, "invalid_amount"),
        ({"grant": "1", "until": "soon"}, "invalid_date"),
        ({"grant": "1", "until": "2999-01-01"}, "invalid_date"),
        ({"decline": "1", "answer": " "}, "required"),
    ],
)
def test_an_answer_that_makes_no_sense_changes_nothing(user_client, project, cap, editor, sent, code):
    asked = BudgetIncrease.objects.create(budget=cap, requested_by=editor, requested=5, reason="why")
    assert code_of(user_client.post(f"/budget-requests/{asked.pk}/answer/", sent, follow=True)) == code
    assert BudgetIncrease.objects.open().get() == asked


def test_an_editor_cannot_answer_or_set_anything(theirs, project, cap, user):
    asked = BudgetIncrease.objects.create(budget=cap, requested_by=user, requested=5, reason="why")
    assert theirs.post(f"/budget-requests/{asked.pk}/answer/", {"decline": "1", "answer": "no"}).status_code == 404
    assert theirs.post(f"/projects/{project.public_id}/budget/", {"cap": "99"}).status_code == 403
    assert BudgetIncrease.objects.open().exists()
    assert Budget.objects.get().cap == dollars("0.05")


def test_nobody_asks_about_caps_that_are_not_theirs(theirs, user, stranger, project, editor):
    for hidden in (
        Budget.objects.create(user=user, cap=1),
        Budget.objects.create(user=user, project=project, cap=1),
        Budget.objects.create(project=stranger.personal_project, cap=1),
    ):
        assert theirs.get(f"/budgets/{hidden.pk}/request-increase/").status_code == 404
    for mine in (
        Budget.objects.create(user=editor, project=project, cap=1),
        Budget.objects.create(provider_key="fakepoll", cap=1),
    ):
        assert theirs.get(f"/budgets/{mine.pk}/request-increase/").status_code == 200


def test_an_owner_sets_the_projects_cap_and_a_members(user_client, project, editor):
    page = f"/projects/{project.public_id}/budget/"
    user_client.post(page, {"cap": "12.50"})
    user_client.post(page, {"cap": "3", "member": editor.pk})
    assert set(Budget.objects.values_list("user", "cap")) == {(None, dollars("12.5")), (editor.pk, dollars("3"))}
    shown = user_client.get(page).content.decode()
    assert 'value="12.5"' in shown
    assert 'value="3"' in shown
    user_client.post(page, {"cap": ""})
    assert Budget.objects.get().user == editor


@pytest.mark.parametrize("typed", ["-1", "a lot", "0.0000001"])
def test_a_cap_that_is_no_amount_is_kept_to_be_mended(user_client, project, cap, typed):
    reply = user_client.post(f"/projects/{project.public_id}/budget/", {"cap": typed})
    assert reply.status_code == 422
    assert f'value="{typed}"' in reply.content.decode()
    assert Budget.objects.get().cap == dollars("0.05")


def test_members_see_the_caps_on_their_own_work_and_change_none(theirs, project, cap, editor, member):
    own = Budget.objects.create(project=project, user=editor, cap=dollars("0.02"))
    Budget.objects.create(project=project, user=member(Role.VIEWER), cap=dollars("0.01"))
    page = theirs.get(f"/projects/{project.public_id}/budget/")
    assert [status.budget for status in page.context["statuses"]] == [own, cap]
    assert 'name="cap"' not in page.content.decode()
    assert reverse("request-increase", args=[cap.pk]) in page.content.decode()


def test_nobody_sets_the_caps_of_a_personal_project_on_its_page(user_client, user):
    page = f"/projects/{user.personal_project.public_id}/budget/"
    assert 'name="cap"' not in user_client.get(page).content.decode()
    assert user_client.post(page, {"cap": "5"}).status_code == 403


def test_the_budget_is_a_tab_of_the_project(user_client, theirs, project):
    for client in (user_client, theirs):
        for tab in ("members", "budget", "webhooks", "settings"):
            shown = client.get(f"/projects/{project.public_id}/{tab}/").content.decode()
            assert f'href="/projects/{project.public_id}/budget/"' in shown
            assert shown.count('class="chip"') == 5
            assert f'href="/projects/{project.public_id}/{tab}/" aria-current="true"' in shown


def test_what_is_left_stands_in_every_header(user_client, project, cap, ask):
    for page in (f"/projects/{project.public_id}/", f"/projects/{project.public_id}/trash/"):
        assert "$0.05</b><span> left</span>" in user_client.get(page).content.decode()
    ask()
    shown = user_client.get(f"/projects/{project.public_id}/").content.decode()
    assert 'class="left left-50"' in shown
    assert "$0.02</b><span> left</span>" in shown
    assert "cap-level-50" in shown
    Budget.objects.all().delete()
    assert "<span> left</span>" not in user_client.get(f"/projects/{project.public_id}/").content.decode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_days_of_caps_are_the_studios_wherever_it_is_looked_at(user_client, admin_client, project, cap, editor, zone):
    """A day early or late, a grant for a month's last day would count in another month, or be shown so."""
    user_client.cookies["studio_zone"] = admin_client.cookies["studio_zone"] = zone
    asked = BudgetIncrease.objects.create(budget=cap, requested_by=editor, requested=dollars("5"), reason="why")
    for client, address in (
        (user_client, f"/projects/{project.public_id}/budget/"),
        (user_client, f"/budgets/{cap.pk}/request-increase/"),
        (admin_client, reverse("admin:review-budget-requests")),
    ):
        assert settings.TIME_ZONE in client.get(address).content.decode()
    zone, last = timezone.get_default_timezone(), timezone.localdate() + dt.timedelta(days=7)
    user_client.post(f"/budget-requests/{asked.pk}/answer/", {"grant": "1", "until": last.isoformat()})
    asked.refresh_from_db()
    assert asked.expires_at == dt.datetime.combine(last, dt.time(23, 59, 59), zone)
    for client, address in (
        (user_client, f"/projects/{project.public_id}/budget/"),
        (admin_client, reverse("admin:review-budget-requests")),
    ):
        assert date_format(last) in client.get(address).content.decode()
