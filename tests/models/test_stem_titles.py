"""Stems that were made before get the names of today, once, and only those of the composer."""

from importlib import import_module

import pytest
from django.apps import apps

from generator.composer.text.stem_titles import EARLIER, INSTRUMENTS, ROLES
from generator.models import Stem
from tests.conftest import COMPOSER, POLL

titles = import_module("generator.migrations.0071_stem_titles")


@pytest.fixture
def renamed(make_track, make_stem):
    """Rename a track's stems: `renamed(["Game bass", "Drums"])` returns their titles."""

    def _renamed(before: list[str], model: str = COMPOSER) -> list[str]:
        track = make_track(model=model)
        stems = [make_stem(track) for _title in before]
        for stem, title in zip(stems, before, strict=True):
            Stem.objects.filter(pk=stem.pk).update(title=title, generation=track.generation)
        for _ in range(2):  # the second time changes nothing
            titles.rename(apps, None)
        return [Stem.objects.get(pk=stem.pk).title for stem in stems]

    return _renamed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["Game bass", "Game melody", "Game harmony", "Game melody 2"], ["Bass", "Arp", "Lead", "Counter lead"]),
        (["Soft piano", "Soft piano 2", "Drums"], ["Felt piano", "Felt piano 2", "Drums"]),
        (["Synth melody", "Soft synth melody", "Lead"], ["Lead 2", "Lead 3", "Lead"]),
        (["Upright bass", "Piano chords"], ["Upright bass", "Piano chords"]),
    ],
)
def test_stems_made_before_get_the_names_of_today(renamed, before, after):
    assert renamed(before) == after


def test_stems_of_providers_keep_their_names(renamed):
    assert renamed(["Chime"], POLL) == ["Chime"]


def test_every_earlier_name_has_one_of_today():
    known = {*INSTRUMENTS.values(), *ROLES.values()}
    assert {title for title in EARLIER.values() if title not in titles.TITLES} == {"Piano chords"}
    assert set(titles.TITLES.values()) <= known
