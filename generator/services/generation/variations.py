"""Versions of a track: the same piece, for example slower, longer or without drums.

A version is a free generation of its own; the original stays.

    original ◄── 10% slower                      settings: variation "10% slower", take 2, the original's seed
       ▲   ◄──── 10% slower; without drums       a version of a version adds a step; its parent is the original
       ├──────── in A minor
       └──────── Drums −6 dB, no Whistle          a mix of the original's players, saved from the mixer

A model that supports versions has a field for the variation and one for the take; one that supports mixes has a field
for the mix. A version's history records its source track, which it is named after. What if the process dies here? A
version is a generation like any other: `compose` resumes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from generator.messages import Message
from generator.models import Generation, Project, Track, User
from generator.models.track import TrackQuerySet
from generator.providers import mix_text
from generator.services.errors import UserError
from generator.services.generation import states
from generator.services.generation.checkout import CheckoutRequest
from generator.services.generation.submit import submit
from generator.services.library import composer_stems
from generator.services.library.version_history import (
    BALANCE,
    OF,
    TAKE,
    VARIATION,
    changes_of,
    describe_change,
    number_of,
    original_of,
)
from generator.services.provider_jobs import catalog
from generator.services.team import project_defaults
from generator.services.text_input import one_line

MAX_VERSIONS_LISTED = 60
NO_MIX = gettext_noop(
    "You can save a mix only for a track that was made by the built-in composer and whose stems are ready."
)
UNCHANGED = gettext_noop("The mix has not changed. Mute a part or change a level first.")
ALL_MUTED = gettext_noop("Every part is muted. Unmute at least one.")
# Variations offered as buttons: the composer's wording and the label.
LENGTHS: tuple[tuple[str, str], ...] = tuple((f"{s} s long", f"{s // 60}:{s % 60:02d}") for s in (15, 30, 60, 90))
CHOICES: tuple[tuple[str, Promise], ...] = (
    ("10% slower", gettext_lazy("10% slower")),
    ("10% faster", gettext_lazy("10% faster")),
    ("2 semitones up", gettext_lazy("Two semitones higher")),
    ("2 semitones down", gettext_lazy("Two semitones lower")),
    ("15 s longer", gettext_lazy("15 s longer")),
    ("15 s shorter", gettext_lazy("15 s shorter")),
    ("calmer", gettext_lazy("Calmer")),
    ("more energy", gettext_lazy("More energy")),
    ("without drums", gettext_lazy("Without drums")),
    ("without melody", gettext_lazy("Without melody")),
    ("as a bed", gettext_lazy("As a bed under a voice-over")),
    ("as a loop", gettext_lazy("As a seamless loop")),
)


@dataclass(frozen=True)
class Family:
    """A piece and its versions, as one person sees them."""

    original: Track | None
    versions: tuple[tuple[Track, str], ...]  # each with a description of its changes
    under_way: tuple[str, ...]  # descriptions of the versions being made

    @property
    def has_several(self) -> bool:
        return bool(self.versions or self.under_way)


def can_vary(track: Track) -> bool:
    """Return whether the track's model supports variations of it, and would still make the same piece."""
    return has_variations(track) and not composer_stems.is_outdated(track)


def has_variations(track: Track) -> bool:
    """Return whether the track's model supports variations."""
    spec = catalog.spec_of(track.generation.model.key)
    return bool(spec and spec.field(VARIATION) and spec.field(TAKE)) and not track.generation.is_blind


def can_mix(track: Track) -> bool:
    """Return whether the track can be remixed: its model supports mixes, and its stems exist."""
    spec = catalog.spec_of(track.generation.model.key)
    return can_vary(track) and bool(spec and spec.field(BALANCE)) and composer_stems.notes(track) is not None


def make_variation(user: User, track: Track, change: str, idempotency_key: str | CheckoutRequest) -> Generation:
    """Request a version of a track in the track's project; a repeated key returns the first one.

    Raises:
        UserError: the version cannot be made, or as for `submit`.
    """
    generation = track.generation
    composer_stems.check_rules(track)
    if not can_vary(track):
        sentence = _("Versions are available only for tracks made by the built-in composer.")
        raise UserError(sentence, code="not_composed_here")
    change = one_line(change.replace(";", ","), "change")
    if not change:
        raise UserError(_("Describe the change, such as “slower” or “without drums”."), code="required")
    variation = "; ".join(step for step in (describe_change(generation, VARIATION), change) if step)
    return _submit_version(user, track, VARIATION, variation, change, idempotency_key)


def save_mix(
    user: User, track: Track, levels: Mapping[str, float], idempotency_key: str | CheckoutRequest
) -> Generation:
    """Save a mix as a version; `levels` maps each stem's public ID to a linear gain.

    Raises:
        UserError: the mix changes nothing or mutes every player, or as for `make`.
    """
    composer_stems.check_rules(track)
    if not can_mix(track):
        raise UserError(_(NO_MIX), code="not_composed_here")
    stems = {stem.title: levels.get(stem.public_id, 1.0) for stem in track.stems.filter(generation=track.generation)}
    if not mix_text.format_gains(stems):
        raise UserError(_(UNCHANGED), code="unchanged")
    if not any(stems.values()):
        raise UserError(_(ALL_MUTED), code="all_muted")
    mix = mix_text.format_gains(
        mix_text.combine_gains(mix_text.read(describe_change(track.generation, BALANCE)), stems)
    )
    if not mix:
        sentence = _("This is the original mix, which already exists as a track.")
        raise UserError(sentence, code="unchanged")
    return _submit_version(user, track, BALANCE, mix, mix, idempotency_key)


def _submit_version(
    user: User, track: Track, name: str, text: str, change: str, idempotency_key: str | CheckoutRequest
) -> Generation:
    generation = track.generation
    settings = dict(generation.prompt.settings)
    settings.pop("takes")
    format = settings.pop("format")
    settings |= {name: _fitting(generation, name, text), TAKE: number_of(track)}
    with transaction.atomic():
        version = submit(
            user=user,
            project=track.project,
            model_key=generation.model.key,
            text=_same_text(track.project, generation.prompt.text),
            takes=1,
            format=format,
            settings=settings,
            idempotency_key=idempotency_key,
            parent=original_of(generation),
        )
        if not version.events.filter(data__has_key=OF).exists():
            made_of = {OF: track.public_id, "words": change, "changed": name}
            states.note(
                version,
                Message("A version of “{title}”: {change}", title=track.title, change=change),
                actor=user,
                data=made_of,
            )
    return version


def _fitting(generation: Generation, name: str, text: str) -> str:
    spec = catalog.spec_of(generation.model.key)
    field = spec.field(name) if spec else None
    if field and field.maximum and len(text) > field.maximum:
        sentence = _("This version already has too many changes. Start from the original or an earlier version.")
        raise UserError(sentence, code="limit_reached")
    return text


def _same_text(project: Project, text: str) -> str:
    """Return the text unchanged; raise if the project would add words, which would make a different piece."""
    if added := project_defaults.added(project_defaults.defaults_of(project), text):
        sentence = _(
            "This project now adds “{words}” to every prompt, so a version would be a different piece. Reuse the "
            "prompt for a new generation instead."
        )
        raise UserError(sentence.format(words=added), code="project_adds_words")
    return text


def family(track: Track, visible: TrackQuerySet) -> Family:
    """Return a track's original and versions, limited to the tracks in `seen`."""
    root, number = original_of(track.generation), number_of(track)
    related = Generation.objects.filter(parent=root) | Generation.objects.filter(parent__parent=root)
    generations = [
        generation for generation in related.select_related("prompt").order_by("id") if _is_version(generation, number)
    ][-MAX_VERSIONS_LISTED:]
    rows = visible.kept().select_related("generation__prompt", "generation__model").defer("peaks", "measured")
    originals = [version for version in rows.filter(generation=root).order_by("take") if number_of(version) == number]
    versions = rows.filter(generation__in=[generation.pk for generation in generations]).order_by("id")
    return Family(
        original=originals[0] if originals else None,
        versions=tuple(
            (version, describe(changes_of(version.generation))) for version in versions if number_of(version) == number
        ),
        under_way=tuple(describe(changes_of(generation)) for generation in _under_way(generations, track.project)),
    )


def describe(variation: str) -> str:
    return variation.replace("; ", ", ")


def _is_version(generation: Generation, number: int) -> bool:
    return bool(changes_of(generation)) and int(generation.prompt.settings.get(TAKE) or 1) == number


def _under_way(generations: Iterable[Generation], project: Project) -> list[Generation]:
    return [generation for generation in generations if generation.is_active and generation.project_id == project.pk]
