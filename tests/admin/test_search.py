"""Search in the admin pages: words in any spelling, also in scripts without spaces."""

import pytest
from django.urls import reverse

from generator.models import Project, User

NAMES = ["夏の音楽祭", "İSTANBUL", "Straße", "Cafe\u0301", "Søren Ærø", "ＢＧＭ", "50% (a.b)"]
FOUND = [
    *(("音楽", 0), ("istanbul", 1), ("ıstanbul", 1), ("strasse", 2), ("STRASSE", 2), ("aße", 2)),
    *(("caf\u00e9", 3), ("CAFE", 3), ("aero soren", 4), ("bgm", 5), ("(a.b)", 6), ("50%", 6)),
]


@pytest.fixture
def desk(client, db):
    client.force_login(User.objects.create_superuser("boss@example.com", "a long enough password"))
    return client


@pytest.fixture
def projects(desk) -> list[Project]:
    return [Project.objects.create(name=name) for name in NAMES]


def test_every_spelling_finds_it(desk, projects):
    for words, place in FOUND:
        page = desk.get(reverse("admin:generator_project_changelist"), {"q": words})
        assert [row.name for row in page.context["cl"].result_list] == [NAMES[place]], words


@pytest.mark.parametrize("words", ["(", "[", "\\", "*", "a|b", "^", "e{9999}", "$", "\\d", "?"])
def test_nothing_of_a_pattern_gets_through(desk, projects, words):
    page = desk.get(reverse("admin:generator_project_changelist"), {"q": words})
    assert [row.name for row in page.context["cl"].result_list] == ([NAMES[6]] if words == "(" else [])


def test_a_person_is_found_for_a_field_that_names_one(desk, projects):
    User.objects.create_user("zoe@example.com", "a long enough password", name="Zoë")
    named = {"app_label": "generator", "model_name": "membership", "field_name": "user", "term": "zoe"}
    assert [one["text"] for one in desk.get(reverse("admin:autocomplete"), named).json()["results"]]
