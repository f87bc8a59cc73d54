"""Another version of a track: the same piece, slower, longer, without drums. A free run of its own; the first stays.

    original ◄── 10 % slower                      settings: variation "10 % slower", take 2, the original's seed
       ▲   ◄──── 10 % slower; without drums       a version of a version adds a step, and points at the original
       ├──────── in A minor
       └──────── Drums −6 dB, no Whistle          a balance that was kept from the mixer, of the original's players

A model that can do it has a field for what changes and one for the take, and one for a balance if it can do that. The
history of a version says which track it was made of: that is what it is called after. What if the process dies here? It
is a run like any other: `compose` takes it up again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from generator.models import Generation, Project, Track, User
from generator.models.track import TrackQuerySet
from generator.providers import balance
from generator.workflow import catalogue, house, parts, states
from generator.workflow.lineage import BALANCE, OF, TAKE, VARIATION, changes_of, number_of, original_of, said
from generator.workflow.lines import one_line
from generator.workflow.order import CheckoutRequest
from generator.workflow.refused import Refused
from generator.workflow.submit import submit

MOST_SHOWN = 60
# What can be pressed: what the composer understands, and how a person says it.
CHOICES: tuple[tuple[str, str], ...] = (
    ("10 % slower", "10 % slower"),
    ("10 % faster", "10 % faster"),
    ("2 semitones up", "Two semitones higher"),
    ("2 semitones down", "Two semitones lower"),
    ("15 s longer", "15 s longer"),
    ("15 s shorter", "15 s shorter"),
    ("calmer", "Calmer"),
    ("more energy", "More energy"),
    ("without drums", "Without drums"),
    ("without melody", "Without melody"),
    ("as a bed", "As a bed under a voice"),
)


@dataclass(frozen=True)
class Family:
    """A piece and its versions, as one person sees them."""

    original: Track | None
    versions: tuple[tuple[Track, str], ...]  # each with what is different in it
    under_way: tuple[str, ...]  # what is different in those being made

    @property
    def has_several(self) -> bool:
        return bool(self.versions or self.under_way)


def can(track: Track) -> bool:
    """Whether the model that made it can make it again, changed."""
    spec = catalogue.spec_of(track.generation.model.key)
    return bool(spec and spec.field(VARIATION) and spec.field(TAKE)) and not track.generation.is_blind


def can_balance(track: Track) -> bool:
    """Whether its players can be mixed again: the model takes a balance, and they are there to be heard."""
    spec = catalogue.spec_of(track.generation.model.key)
    return can(track) and bool(spec and spec.field(BALANCE)) and parts.notes(track) is not None


def make(user: User, track: Track, words: str, idempotency_key: str | CheckoutRequest) -> Generation:
    """Ask for one version of a track, in its own project; the same press again returns the first one.

    Raises:
        Refused: it cannot be made, or as `submit`.
    """
    generation = track.generation
    if not can(track):
        raise Refused("Only what the built-in composer made can be made again with a change.")
    words = one_line(words.replace(";", ","), "change")
    if not words:
        raise Refused("Say what should be different.")
    variation = "; ".join(step for step in (said(generation, VARIATION), words) if step)
    return _make(user, track, VARIATION, variation, words, idempotency_key)


def rebalance(
    user: User, track: Track, levels: Mapping[str, float], idempotency_key: str | CheckoutRequest
) -> Generation:
    """Keep a balance of the players as a version: by each stem's ref, what it is multiplied by.

    Raises:
        Refused: nothing is different, nobody is left, or as `make`.
    """
    if not can_balance(track):
        raise Refused("Only what the built-in composer made can be mixed again.")
    stems = {stem.title: levels.get(stem.ref, 1.0) for stem in track.stems.filter(generation=track.generation)}
    if not balance.words(stems):
        raise Refused("That is the balance it has. Mute a player or move a level first.")
    if not any(stems.values()):
        raise Refused("Nobody would be heard. Leave at least one player in.")
    words = balance.words(balance.together(balance.read(said(track.generation, BALANCE)), stems))
    if not words:
        raise Refused("That is the balance before any change: there is a track of it already.")
    return _make(user, track, BALANCE, words, words, idempotency_key)


def _make(
    user: User, track: Track, name: str, text: str, words: str, idempotency_key: str | CheckoutRequest
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
            again_of=original_of(generation),
        )
        if not version.events.filter(data__has_key=OF).exists():
            made_of = {OF: track.ref, "words": words, "changed": name}
            states.note(version, f"A version of “{track.title}”: {words}", actor=user, data=made_of)
    return version


def _fitting(generation: Generation, name: str, text: str) -> str:
    spec = catalogue.spec_of(generation.model.key)
    field = spec.field(name) if spec else None
    if field and field.maximum and len(text) > field.maximum:
        raise Refused(
            "This is changed so often already that no more fits. Begin at the original or an earlier version."
        )
    return text


def _same_text(project: Project, text: str) -> str:
    """The text as it was: another word in it would be another piece."""
    if added := house.added(house.style_of(project), text):
        raise Refused(
            f"This project adds “{added}” to every prompt by now, which would make another piece of it. "
            "Use “Same again, but…” for that."
        )
    return text


def family(track: Track, seen: TrackQuerySet) -> Family:
    """The original of a track and every version of it, among the tracks a person sees."""
    root, number = original_of(track.generation), number_of(track)
    again = Generation.objects.filter(again_of=root) | Generation.objects.filter(again_of__again_of=root)
    runs = [run for run in again.select_related("prompt").order_by("id") if _is_version(run, number)][-MOST_SHOWN:]
    rows = seen.kept().select_related("generation__prompt", "generation__model").defer("peaks", "measured")
    first = [one for one in rows.filter(generation=root).order_by("take") if number_of(one) == number]
    made = rows.filter(generation__in=[run.pk for run in runs]).order_by("id")
    return Family(
        original=first[0] if first else None,
        versions=tuple((one, in_words(changes_of(one.generation))) for one in made if number_of(one) == number),
        under_way=tuple(in_words(changes_of(run)) for run in _under_way(runs, track.project)),
    )


def in_words(variation: str) -> str:
    return variation.replace("; ", ", ")


def _is_version(run: Generation, number: int) -> bool:
    return bool(changes_of(run)) and int(run.prompt.settings.get(TAKE) or 1) == number


def _under_way(runs: Iterable[Generation], project: Project) -> list[Generation]:
    return [run for run in runs if run.is_active and run.project_id == project.pk]
