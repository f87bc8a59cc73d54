"""Who plays: what is left out, players that join the style's own, and the background texture."""

from collections.abc import Collection, Iterable

from generator.composer.exclusions import exclusion_of, is_left_out
from generator.composer.styles import EXTRAS, STYLES, Style
from generator.composer.text.brief import ComposerControls, Decision
from generator.composer.text.parsing.facts import Fact, Facts, phrases_of, read
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.style_choice import GENRE, StyleChoice
from generator.composer.text.vocabulary import INSTRUMENTS, title_of
from generator.composer.text.vocabulary.families import player_of
from generator.messages import Message
from generator.messages import gettext_noop as _

_DRUMLESS = 1.0  # a style whose drums enter above this energy has none


def named_exclusions(names: Iterable[str]) -> set[str]:
    """Return what words such as "violins" leave out, by the names that `Brief.leave_out` holds."""
    facts = (fact for name in names for fact in read(name).facts if fact.kind in (Kind.INSTRUMENT, Kind.VOICE))
    return {_exclusion(fact) for fact in facts}


def named_players(names: Iterable[str]) -> set[str]:
    """Return the players that words such as "violins" name."""
    return {player_of(fact.value)[0] for name in names for fact in read(name).find(Kind.INSTRUMENT)}


def _exclusion(fact: Fact) -> str:
    return "choir" if fact.kind is Kind.VOICE else exclusion_of(fact.value)


def exclusions(facts: Facts, controls: ComposerControls, decisions: list[Decision]) -> set[str]:
    """Return the names of what is left out: families of parts, single instruments, and strokes of the drum kit."""
    by_text: dict[str, list[Fact]] = {}
    for fact in (*facts.find(Kind.INSTRUMENT, wanted=False), *facts.find(Kind.VOICE, wanted=False)):
        by_text.setdefault(_exclusion(fact), []).append(fact)
    by_setting, kept = named_exclusions(controls.leave_out), named_exclusions(controls.leave_in)
    excluded = (set(by_text) | by_setting) - kept
    for name in sorted(excluded):
        phrase = "" if name in by_setting else phrases_of(by_text[name])
        meaning = Message(_("no {instrument}"), instrument=title_of(name))
        decisions.append(Decision(phrase, meaning, "leave_out", name in by_setting, name))
    return excluded


def included_players(
    facts: Facts, controls: ComposerControls, choice: StyleChoice, excluded: set[str], decisions: list[Decision]
) -> set[str]:
    """Return the requested players that the style does not have."""
    style, included = STYLES[choice.style], set()
    used = {fact.start for fact in choice.facts if choice.source == GENRE}
    by_text: dict[str, list[Fact]] = {}
    for fact in facts.find(Kind.INSTRUMENT):
        is_said = fact.start in used and plays(style, player_of(fact.value)[0])  # by the chip of the style
        if fact.value not in ("beat", "melody") and not is_said:
            by_text.setdefault(player_of(fact.value)[0], []).append(fact)
    by_setting = named_players(controls.leave_in)
    for player in sorted({*by_text, *by_setting}):
        if player in excluded or (player not in EXTRAS and not plays(style, player)):
            continue
        is_present = plays(style, player, excluded)
        if not is_present:
            included.add(player)
        elif player in by_setting:
            continue
        phrase = "" if player in by_setting else phrases_of(by_text[player])
        meaning = Message(_("with {instrument}"), instrument=title_of(player))
        decisions.append(Decision(phrase, meaning, "bring_in", player in by_setting, player))
    return included


def plays(style: Style, player: str, excluded: Collection[str] = ()) -> bool:
    """Return whether a style has a player that is not excluded: a family of parts, or a soloist's own instrument."""
    if player == "drums":
        return style.drums_enter < _DRUMLESS
    parts = [part for part in style.parts if not is_left_out(excluded, part.family, part.instrument)]
    if player == "melody" or player not in EXTRAS or player in INSTRUMENTS:
        return player == "melody" or any(part.family == player for part in parts)
    return any(part.instrument == EXTRAS[player].instrument for part in parts)


def background_texture(facts: Facts, controls: ComposerControls, style: Style, decisions: list[Decision]) -> str:
    for fact in facts.find(Kind.TEXTURE):
        decisions.append(
            Decision(
                fact.phrase.lower(), Message("{texture} in the background", texture=title_of(fact.value)), "texture"
            )
        )
        return fact.value
    denied = facts.find(Kind.TEXTURE, wanted=False)
    set_out = {fact.value for name in controls.leave_out for fact in read(name).find(Kind.TEXTURE)}
    if style.texture and (style.texture in set_out or any(fact.value == style.texture for fact in denied)):
        phrase = "" if style.texture in set_out else phrases_of(denied)
        meaning = Message(_("no {instrument}"), instrument=title_of(style.texture))
        decisions.append(Decision(phrase, meaning, "texture", is_set=style.texture in set_out))
        return ""
    return style.texture
