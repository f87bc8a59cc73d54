"""A free sketch first: what the composer's take has settled, in words that a paid model's prompt can hold."""

from collections.abc import Iterable

from generator.composer import STYLES
from generator.models import Track
from generator.workflow.catalogue import ModelChoice

KEPT = ("left hand",)  # families that are no word for an instrument


def settled(track: Track) -> str:
    """Style, tempo, key and players of a composed take: "lo-fi hip-hop, 79 BPM, A major, with drums and bass"."""
    known = track.made_of
    style = STYLES.get(str(known.get("style")))
    players = [name for name in known.get("players") or () if name not in KEPT]
    facts = [style.title.lower()] if style else []
    if track.bpm:
        facts.append(f"{track.bpm:.0f} BPM")
    if track.musical_key:
        facts.append(track.musical_key)
    if players:
        facts.append(f"with {' and '.join(filter(None, (', '.join(players[:-1]), players[-1])))}")
    return ", ".join(facts)


def text_for(track: Track, choice: ModelChoice) -> str:
    """The brief with what the sketch has settled, within the model's limit; the brief is what is cut."""
    facts = f"Instrumental: {settled(track)}."
    brief = track.generation.prompt.text.strip().rstrip(".")
    room = choice.spec.prompt_limit - len(facts) - 2
    return f"{brief[: max(room, 0)].rstrip()}. {facts}" if room > 0 else facts[: choice.spec.prompt_limit]


def paid(choices: Iterable[ModelChoice]) -> ModelChoice | None:
    """The model a sketch is offered to first: the cheapest that can be used and does not sing."""
    fits = [one for one in choices if one.available and not one.is_local and one.spec.instrumental]
    return min(fits, key=lambda one: one.price.per_take, default=None)
