"""Version history: a version's original, changes and title, read from its settings and history."""

from generator.models import Generation, Track

VARIATION, TAKE, BALANCE = "variation", "take", "balance"  # fields of models that support versions
OF = "version_of"  # history key: the track that a version was made from
MAX_DEPTH = 20  # longest chain of retried versions


def describe_change(generation: Generation, field: str) -> str:
    """Return the text of one field of a generation, or an empty string."""
    return str(generation.prompt.settings.get(field) or "")


def changes_of(generation: Generation) -> str:
    """Return the changes from the original, in order; empty for an original."""
    return "; ".join(filter(None, (describe_change(generation, VARIATION), describe_change(generation, BALANCE))))


def title_of(generation: Generation) -> str:
    """Return a version's title: its source track's current title plus the changes; empty for other generations.

    A retry of a version gets the same title as that version.
    """
    ancestor = generation
    for _ in range(MAX_DEPTH):
        if made_of := ancestor.events.filter(data__has_key=OF).first():
            return _titled(made_of.data)
        if ancestor.parent is None or changes_of(ancestor.parent) != changes_of(generation):
            break
        ancestor = ancestor.parent
    return ""


def _titled(made_of: dict[str, str]) -> str:
    track = Track.objects.select_related("generation__prompt").filter(public_id=made_of[OF]).first()
    if track is None:
        return ""
    title, before = track.title, describe_change(track.generation, BALANCE)
    if before and made_of["changed"] == BALANCE:  # a new mix replaces the old one
        title = title.removesuffix(f", {before}")
    return f"{title}, {made_of['words']}"


def number_of(track: Track) -> int:
    """Return a track's take number for the composer; a generation may start at any number."""
    first = int(track.generation.prompt.settings.get(TAKE) or 1)
    return int(track.made_of.get("take") or first + track.take - 1)


def original_of(generation: Generation) -> Generation:
    """Return the generation that a version is based on; an original returns itself."""
    for _ in range(MAX_DEPTH):
        if not changes_of(generation) or generation.parent is None:
            break
        generation = generation.parent
    return generation
