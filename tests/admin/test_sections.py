"""The index of the admin: every record in one section, the review's figures for finance, the studio's own layout."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from generator.admin.sections import SECTIONS
from generator.models import User
from generator.services.billing import roles


@pytest.fixture
def reviewer(db) -> Client:
    roles.ensure_groups()
    person = User.objects.create_user("rae@example.com", "a long enough password", is_staff=True, theme="dark")
    person.groups.add(Group.objects.get(name="Reviewer"))
    client = Client()
    client.force_login(person)
    return client


def test_every_record_is_in_one_section(desk):
    named = [label for section in SECTIONS for label in section.models]
    assert sorted(named) == sorted(model._meta.label for model in admin.site._registry)
    shown = desk.get(reverse("admin:index")).context["app_list"]
    assert [section["app_label"] for section in shown] == [section.key for section in SECTIONS]
    assert sum(len(section["models"]) for section in shown) == len(named)


def test_people_see_the_sections_they_may_open(reviewer):
    sections = {
        one["app_label"]: len(one["models"]) for one in reviewer.get(reverse("admin:index")).context["app_list"]
    }
    assert sections == {"people": 2, "providers": 2, "money": 5, "work": 2}


def test_a_record_that_a_package_adds_is_technical(desk):
    admin.site.register(Permission)
    try:
        shown = desk.get(reverse("admin:index")).context["app_list"]
        assert [one["object_name"] for one in shown[-1]["models"]][-1] == "Permission"
    finally:
        admin.site.unregister(Permission)


def test_the_review_comes_first_for_those_who_may_open_it(reviewer, client, stranger):
    assert reviewer.get(reverse("admin:index")).context["review"].issues == 0
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    client.force_login(stranger)
    assert "review" not in client.get(reverse("admin:index")).context


def test_the_admin_wears_the_studios_layout_in_the_persons_theme(reviewer):
    for address in (reverse("admin:index"), reverse("admin:review"), reverse("admin:generator_track_changelist")):
        page = reviewer.get(address).content.decode()
        assert 'data-theme="dark"' in page
        assert 'class="shell-header"' in page
        assert 'id="bell"' in page
        assert 'hx-boost="false"' in page
        assert "<style" not in page
        assert "style=" not in page


def test_a_popup_has_no_navigation(desk):
    page = desk.get(reverse("admin:generator_user_changelist"), {"_popup": "1"}).content.decode()
    assert "shell-header" not in page
    assert 'class="popup ' in page


def test_a_list_of_one_app_is_still_there(desk):
    assert desk.get(reverse("admin:app_list", args=["generator"])).status_code == 200
