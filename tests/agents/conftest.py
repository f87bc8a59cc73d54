"""One running studio for the assistants, in which a composer take costs a cent, and its administrator's keys."""

import json
from collections.abc import Iterator

import pytest

from tests.management.tree import Studio

MAKE = """
import json
from django.utils import timezone
from generator.models import MusicModel, Price, Scope, User
from generator.services.team import api_keys
composer = MusicModel.objects.get(key="composer/studio")
Price.objects.create(model=composer, per_take=10_000, valid_from=timezone.now())
user = User.objects.first()
made = {"generate": api_keys.make(user, "agent"), "read": api_keys.make(user, "reader", Scope.READ)}
made["capped"] = api_keys.make(user, "poor agent", cap=0)
json.dump({name: token for name, (_, token) in made.items()}, open("%s", "w"))
"""


@pytest.fixture(scope="package")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("agents"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.fixture(scope="package")
def keys(studio, tmp_path_factory) -> dict[str, str]:
    """A key that may generate, one that may read, and one with a budget of zero."""
    place = tmp_path_factory.mktemp("keys") / "keys.json"
    studio.shell(MAKE % place)
    return json.loads(place.read_text())
