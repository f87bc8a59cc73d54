"""How the layered pack is played: what replaces which zones, by strength."""

from typing import Any

from generator.composer.sound.zones import zones_of

PREFIX = "layered/"  # of the names of the pack's sounds
# The tone of a recording in two strengths, from soft to hard: which one, and the layer of samples.py that shapes it.
_SOFT, _HARD = "soft", "hard"
_TWO_STRENGTHS = ((_SOFT, 0), (_SOFT, 2), (_HARD, 2), (_HARD, 3))
_FOUR_DRUMS = ((_SOFT, True), (_SOFT, False), (_HARD, True), (_HARD, False))  # a recording, and whether it is darkened


def _strengths(name: str) -> tuple[tuple[str, int], ...]:
    return tuple((f"{PREFIX}{name}/{recording}", layer) for recording, layer in _TWO_STRENGTHS)


# Instrument → fields of Sampled that differ from those without the pack; gains keep its level in the mix.
REPLACED: dict[str, dict[str, Any]] = {
    "piano": {"strengths": _strengths("piano"), "gain": 0.98},
    "felt": {"strengths": _strengths("piano"), "gain": 0.91},
    "strings": {"strengths": _strengths("strings"), "gain": 1.0},
    "violins": {"strengths": _strengths("violins"), "gain": 0.95},
    "celli": {"strengths": _strengths("celli"), "gain": 0.81},
    "contrabass": {"strengths": _strengths("basses"), "gain": 0.88, "ensemble": True},
    "spiccato": {"strengths": _strengths("spiccato"), "gain": 3.0, "begin": 0.0},
    **{name: {"zones": PREFIX + name} for name in ("steel", "nylon", "jazzguitar", "upright", "finger", "sax")},
    **{name: {"zones": PREFIX + name} for name in ("accordion", "banjo", "harp")},
    **{name: {"zones": f"{PREFIX}nylon"} for name in ("uke", "oud")},
    **{name: {"zones": f"{PREFIX}clean"} for name in ("crunch", "chug", "distorted", "twang")},
}


def stroke_name(packs: tuple[str, ...], drum: str, strength: int) -> tuple[str, bool]:
    """Return the pack's sound for a drum of these kits in a strength from 0 to 3, and whether it has to be darkened.

    The name is empty if the bundled pack has the drum in a kit that comes first, or no kit of the pack has it.
    """
    for pack in packs:
        name = f"{PREFIX}{pack}/{drum}"
        recording, is_dark = _FOUR_DRUMS[strength]
        for candidate, dark in ((str(strength), False), (recording, is_dark), (_HARD, strength < 2)):
            if zones_of(f"{name}/{candidate}"):
                return f"{name}/{candidate}", dark
        if zones_of(f"{pack}/{drum}"):
            break
    return "", False
