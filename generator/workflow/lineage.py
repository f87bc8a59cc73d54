"""What a version is a version of, what differs, and what it is called: read from its settings and its history."""

from generator.models import Generation, Track

VARIATION, TAKE, BALANCE = "variation", "take", "balance"  # fields of models that can make a take again, changed
OF = "version_of"  # in the history: the track that a version was made of
DEEPEST = 20  # versions tried again and again


def said(generation: Generation, field: str) -> str:
    """What one field of a run held."""
    return str(generation.prompt.settings.get(field) or "")


def changes_of(generation: Generation) -> str:
    """What is different from the original, step by step; empty for an original."""
    return "; ".join(filter(None, (said(generation, VARIATION), said(generation, BALANCE))))


def title_of(generation: Generation) -> str:
    """What a version is called: as the track it was made of is called today, and what is different. Empty for others.

    A retry of a version is called as that would have been.
    """
    run = generation
    for _ in range(DEEPEST):
        if made_of := run.events.filter(data__has_key=OF).first():
            return _titled(made_of.data)
        if run.again_of is None or changes_of(run.again_of) != changes_of(generation):
            break
        run = run.again_of
    return ""


def _titled(made_of: dict[str, str]) -> str:
    track = Track.objects.select_related("generation__prompt").filter(ref=made_of[OF]).first()
    if track is None:
        return ""
    title, before = track.title, said(track.generation, BALANCE)
    if before and made_of["changed"] == BALANCE:  # one balance takes the place of another
        title = title.removesuffix(f", {before}")
    return f"{title}, {made_of['words']}"


def number_of(track: Track) -> int:
    """Which of the composer's takes it is: a run may begin to count at any."""
    first = int(track.generation.prompt.settings.get(TAKE) or 1)
    return int(track.made_of.get("take") or first + track.take - 1)


def original_of(generation: Generation) -> Generation:
    """The run that a version is a version of; an original is its own."""
    for _ in range(DEEPEST):
        if not changes_of(generation) or generation.again_of is None:
            break
        generation = generation.again_of
    return generation
