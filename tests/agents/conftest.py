"""One running studio for the agents, where a take of the composer costs a cent, and keys of its administrator."""

import json
from collections.abc import Iterator

import pytest

from tests.ops.tree import Studio

MAKE = """
import json
from django.utils import timezone
from generator.models import MusicModel, Price, Scope, User
from generator.workflow import keys
composer = MusicModel.objects.get(key="composer/studio")
Price.objects.create(model=composer, per_take=10_000, valid_from=timezone.now())
user = User.objects.first()
made = {"generate": keys.make(user, "agent"), "read": keys.make(user, "reader", Scope.READ)}
made["capped"] = keys.make(user, "poor agent", cap=0)
json.dump({name: token for name, (_, token) in made.items()}, open("%s", "w"))
"""


@pytest.fixture(scope="package")
def studio(tmp_path_factory, prepared) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("agents"), prepared, STUDIO_STALE_SECONDS="60") as running:
        yield running


@pytest.fixture(scope="package")
def keys(studio, tmp_path_factory) -> dict[str, str]:
    """One that may generate, one that may read, and one whose cap is nothing."""
    place = tmp_path_factory.mktemp("keys") / "keys.json"
    studio.shell(MAKE % place)
    return json.loads(place.read_text())
