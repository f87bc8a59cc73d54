"""Sketches: describe a free take of the composer in words for a paid model's prompt."""

from collections.abc import Iterable

from generator.composer import STYLES
from generator.models import Track
from generator.services.provider_jobs.catalog import ModelChoice

KEPT = ("left hand",)  # families whose names are not instruments


def settled(track: Track) -> str:
    """Return a composed take's style, tempo, key and players: "lo-fi hip-hop, 79 BPM, A major, with drums and bass"."""
    made_of = track.made_of
    style = STYLES.get(str(made_of.get("style")))
    players = [name for name in made_of.get("players") or () if name not in KEPT]
    facts = [style.title.lower()] if style else []
    if track.bpm:
        facts.append(f"{track.bpm:.0f} BPM")
    if track.musical_key:
        facts.append(track.musical_key)
    if players:
        facts.append(f"with {' and '.join(filter(None, (', '.join(players[:-1]), players[-1])))}")
    return ", ".join(facts)


def text_for(track: Track, choice: ModelChoice) -> str:
    """Return the prompt plus the sketch's properties within the model's limit; the prompt is cut to fit."""
    description = f"Instrumental: {settled(track)}."
    brief = track.generation.prompt.text.strip().rstrip(".")
    limit = choice.spec.prompt_limit - len(description) - 2
    return f"{brief[: max(limit, 0)].rstrip()}. {description}" if limit > 0 else description[: choice.spec.prompt_limit]


def paid(choices: Iterable[ModelChoice]) -> ModelChoice | None:
    """Return the default paid model for a sketch: the cheapest available instrumental one."""
    fits = [choice for choice in choices if choice.available and not choice.is_local and choice.spec.instrumental]
    return min(fits, key=lambda choice: (choice.per_take is None, choice.per_take), default=None)
