"""Who plays: families of parts that are left out, players that join the style's own, and the background texture."""

from collections.abc import Iterable

from generator.composer.styles import EXTRAS, STYLES, Style
from generator.composer.text.brief import ComposerControls, Decision
from generator.composer.text.parsing.facts import Fact, Facts, phrases_of, read
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.style_choice import INSTRUMENT, StyleChoice, is_solo
from generator.composer.text.vocabulary import INSTRUMENTS, title_of
from generator.composer.text.vocabulary.families import family_of, player_of
from generator.messages import Message
from generator.messages import gettext_noop as _

_DRUMLESS = 1.0  # a style whose drums enter above this energy has none


def named_families(names: Iterable[str]) -> set[str]:
    """Return the families of parts that words such as "violins" name."""
    facts = (fact for name in names for fact in read(name).facts if fact.kind in (Kind.INSTRUMENT, Kind.VOICE))
    return {family for fact in facts if (family := _family(fact))}


def named_players(names: Iterable[str]) -> set[str]:
    """Return the players that words such as "violins" name."""
    return {player_of(fact.value)[0] for name in names for fact in read(name).find(Kind.INSTRUMENT)}


def _family(fact: Fact) -> str:
    return "choir" if fact.kind is Kind.VOICE else family_of(fact.value)


def excluded_families(facts: Facts, controls: ComposerControls, decisions: list[Decision]) -> set[str]:
    wanted = {fact.value for fact in facts.find(Kind.INSTRUMENT)}
    wanted_families = {family_of(name) for name in wanted if name not in ("melody", "beat")}
    by_text: dict[str, list[Fact]] = {}
    for fact in (*facts.find(Kind.INSTRUMENT, wanted=False), *facts.find(Kind.VOICE, wanted=False)):
        family = _family(fact)
        is_contradicted = family in wanted_families and fact.value not in wanted  # "acoustic, no electric guitar"
        if family and not is_contradicted:
            by_text.setdefault(family, []).append(fact)
    by_setting, kept = named_families(controls.leave_out), named_families(controls.leave_in)
    excluded = (set(by_text) | by_setting) - kept
    for family in sorted(excluded):
        phrase = "" if family in by_setting else phrases_of(by_text[family])
        meaning = Message(_("no {instrument}"), instrument=title_of(family))
        decisions.append(Decision(phrase, meaning, "leave_out", family in by_setting, family))
    return excluded


def included_players(
    facts: Facts, controls: ComposerControls, choice: StyleChoice, excluded: set[str], decisions: list[Decision]
) -> set[str]:
    """Return the requested players that the style does not have."""
    style, included = STYLES[choice.style], set()
    used = {fact.start for fact in choice.facts if choice.source != INSTRUMENT or is_solo(choice, facts)}
    by_text: dict[str, list[Fact]] = {}
    for fact in facts.find(Kind.INSTRUMENT):
        is_said = fact.start in used and plays(style, player_of(fact.value)[0])  # by the chip of the style
        if fact.value not in ("beat", "melody") and not is_said:
            by_text.setdefault(player_of(fact.value)[0], []).append(fact)
    by_setting = named_players(controls.leave_in)
    for player in sorted({*by_text, *by_setting}):
        is_present = plays(style, player)
        family = EXTRAS[player].family if player in EXTRAS else player
        if family in excluded or (player not in EXTRAS and not is_present):
            continue
        if not is_present:
            included.add(player)
        elif player in by_setting:
            continue
        phrase = "" if player in by_setting else phrases_of(by_text[player])
        meaning = Message(_("with {instrument}"), instrument=title_of(player))
        decisions.append(Decision(phrase, meaning, "bring_in", player in by_setting, player))
    return included


def plays(style: Style, player: str) -> bool:
    """Return whether a style has a player already: a family of parts, or a soloist's own instrument."""
    if player == "drums":
        return style.drums_enter < _DRUMLESS
    if player == "melody" or player not in EXTRAS or player in INSTRUMENTS:
        return player == "melody" or any(part.family == player for part in style.parts)
    return any(part.instrument == EXTRAS[player].instrument for part in style.parts)


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
