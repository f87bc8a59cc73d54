"""The budget pages: an owner sets caps and answers, a blocked person asks."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from generator.models import Budget, Raise, Role
from generator.money import dollars
from tests.conftest import POLL


@pytest.fixture
def cap(project) -> Budget:
    return Budget.objects.create(project=project, cap=dollars("0.05"))


@pytest.fixture
def editor(member):
    return member(Role.EDITOR)


@pytest.fixture
def theirs(editor) -> Client:
    """The editor's browser."""
    client = Client()
    client.force_login(editor)
    return client


def test_a_blocked_press_says_which_cap_and_leads_to_asking(theirs, project, cap, editor, browser, user):
    form = {"text": "warm lo-fi", "model": POLL, "takes": "2", "format": "wav", "idempotency_key": "k"}
    shown = theirs.post(f"/p/{project.ref}/generate/", form).content.decode()
    assert "the monthly cap on Kitchen stories has $0.05 left of $0.05" in shown
    address = f"/budgets/{cap.pk}/more/"
    assert f'href="{address}"' in shown
    assert "This goes to Ada." in theirs.get(address).content.decode()
    asked = theirs.post(address, {"amount": "1.50", "reason": "three versions"}, follow=True)
    assert "You asked for $1.50" in asked.content.decode()
    page = browser.get(f"/p/{project.ref}/budget/").content.decode()
    assert "three versions" in page
    until = timezone.localdate() + dt.timedelta(days=3)
    answer = f"/requests/{Raise.objects.get().pk}/answer/"
    done = browser.post(answer, {"grant": "1", "until": until.isoformat()}, follow=True).content.decode()
    assert "$1.00 granted until" in done
    assert theirs.post(f"/p/{project.ref}/generate/", form).status_code == 302


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"grant": "lots", "until": "2999-01-01"}, "not an amount"),
        ({"grant": "1", "until": "soon"}, "Choose the last day"),
        ({"grant": "1", "until": "2999-01-01"}, "A grant ends"),
        ({"decline": "1", "answer": " "}, "Say why"),
    ],
)
def test_an_answer_that_makes_no_sense_changes_nothing(browser, project, cap, editor, sent, says):
    asked = Raise.objects.create(budget=cap, asked_by=editor, asked=5, reason="why")
    shown = browser.post(f"/requests/{asked.pk}/answer/", sent, follow=True).content.decode()
    assert says in shown
    assert Raise.objects.open().get() == asked


def test_an_editor_cannot_answer_or_set_anything(theirs, project, cap, user):
    asked = Raise.objects.create(budget=cap, asked_by=user, asked=5, reason="why")
    assert theirs.post(f"/requests/{asked.pk}/answer/", {"decline": "1", "answer": "no"}).status_code == 404
    assert theirs.post(f"/p/{project.ref}/budget/", {"cap": "99"}).status_code == 403
    assert Raise.objects.open().exists()
    assert Budget.objects.get().cap == dollars("0.05")


def test_nobody_asks_about_caps_that_are_not_theirs(theirs, user, stranger, project, editor):
    for hidden in (
        Budget.objects.create(user=user, cap=1),
        Budget.objects.create(user=user, project=project, cap=1),
        Budget.objects.create(project=stranger.personal_project, cap=1),
    ):
        assert theirs.get(f"/budgets/{hidden.pk}/more/").status_code == 404
    for mine in (
        Budget.objects.create(user=editor, project=project, cap=1),
        Budget.objects.create(provider_key="fakepoll", cap=1),
    ):
        assert theirs.get(f"/budgets/{mine.pk}/more/").status_code == 200


def test_an_owner_sets_the_projects_cap_and_a_members(browser, project, editor):
    page = f"/p/{project.ref}/budget/"
    browser.post(page, {"cap": "12.50"})
    browser.post(page, {"cap": "3", "member": editor.pk})
    assert set(Budget.objects.values_list("user", "cap")) == {(None, dollars("12.5")), (editor.pk, dollars("3"))}
    shown = browser.get(page).content.decode()
    assert 'value="12.5"' in shown
    assert 'value="3"' in shown
    browser.post(page, {"cap": ""})
    assert Budget.objects.get().user == editor


@pytest.mark.parametrize("typed", ["-1", "a lot", "0.0000001"])
def test_a_cap_that_is_no_amount_is_kept_to_be_mended(browser, project, cap, typed):
    reply = browser.post(f"/p/{project.ref}/budget/", {"cap": typed})
    assert reply.status_code == 422
    assert f'value="{typed}"' in reply.content.decode()
    assert Budget.objects.get().cap == dollars("0.05")


def test_a_personal_project_has_no_page_for_caps(browser, user):
    assert browser.get(f"/p/{user.personal_project.ref}/budget/").status_code == 403


def test_what_is_left_stands_in_every_header(browser, project, cap, ask):
    for page in (f"/p/{project.ref}/", f"/p/{project.ref}/bin/"):
        assert "$0.05</b><span> left</span>" in browser.get(page).content.decode()
    ask()
    shown = browser.get(f"/p/{project.ref}/").content.decode()
    assert 'class="left left-50"' in shown
    assert "$0.02</b><span> left</span>" in shown
    assert "More than 50 % of the cap on Kitchen stories is used." in shown
    Budget.objects.all().delete()
    assert "<span> left</span>" not in browser.get(f"/p/{project.ref}/").content.decode()
