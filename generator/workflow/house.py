"""A project's house style: what the form offers there, and what is added to every prompt.

    models    only these may be asked; none named: all
    format    chosen in the form where the model delivers it
    loudness  downloads can be levelled to it; the original stays as it was made
    words     added to the text of every prompt that does not have them yet
    avoid     refused where a text asks for them ("no drums" does not), and left out where the model can be told to

The form says before the press what will be added; the prompt that is kept is the one that is sent.
"""

import re
from collections.abc import Iterable, Mapping

from django.db import transaction

from generator.audio import FORMATS
from generator.models import AuditLine, HouseStyle, Project
from generator.models.user import User
from generator.providers.base import ModelSpec, Value
from generator.workflow import catalogue
from generator.workflow.audit import record
from generator.workflow.catalogue import ModelChoice
from generator.workflow.lines import one_line
from generator.workflow.refused import Refused

KIND = AuditLine.Kind.SETTINGS
MOST_WORDS = 200  # characters
LEAVE_OUT = "leave_out"  # the field of models that can be told what to leave out
LOUDNESS: dict[str, str] = {
    "-14": "−14 LUFS, as music services play",
    "-16": "−16 LUFS, as podcasts are asked for",
    "-18": "−18 LUFS, under a voice",
    "-23": "−23 LUFS, as European broadcasters ask (EBU R 128)",
    "-24": "−24 LUFS, as American broadcasters ask (ATSC A/85)",
}
_NEGATED = r"\b(?:no|not|without(?: any)?|minus|skip(?: the)?|leave out|zero|never)\s+"


def style_of(project: Project) -> HouseStyle:
    """A project's style; an empty one where it has none."""
    return HouseStyle.objects.filter(project=project).first() or HouseStyle(project=project)


# --- while asking for music ---


def offered(style: HouseStyle, choices: Iterable[ModelChoice]) -> list[ModelChoice]:
    """The models that a project works with."""
    return [choice for choice in choices if not style.allowed or choice.spec.key in style.allowed]


def added(style: HouseStyle, text: str) -> str:
    """What will be added to a text: the words of the house that it does not have yet."""
    return ", ".join(word for word in words_of(style.words) if word.lower() not in text.lower())


def left_out(style: HouseStyle, spec: ModelSpec, asked: Value = None) -> str:
    """What a model will be told to leave out besides what was asked; empty for models that cannot be told."""
    if spec.field(LEAVE_OUT) is None:
        return ""
    known = {word.lower() for word in words_of(str(asked or ""))}
    return ", ".join(word for word in words_of(style.avoid) if word.lower() not in known)


def unwanted(style: HouseStyle, text: str) -> str:
    """Say which avoided word a text asks for; empty where it asks for none."""
    for word in words_of(style.avoid):
        mentions = len(re.findall(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))
        negated = len(re.findall(rf"{_NEGATED}{re.escape(word)}\b", text, re.IGNORECASE))
        if mentions > negated:
            return f"This project does without “{word}”. Take it out of the text; an owner can change the house style."
    return ""


def dress(style: HouseStyle, spec: ModelSpec, text: str, settings: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """A prompt as the house sends it: text and settings.

    Raises:
        Refused: the project does not work with the model, or the text asks for what it does without.
    """
    if style.allowed and spec.key not in style.allowed:
        raise Refused(f"This project does not work with {spec.title}. Its owners can change that.", "model")
    if sentence := unwanted(style, text):
        raise Refused(sentence, "text")
    if text.strip() and (more := added(style, text)):
        text = f"{text.rstrip(' ,.;')}, {more}"
    dressed = dict(settings)
    if out := left_out(style, spec, dressed.get(LEAVE_OUT)):
        dressed[LEAVE_OUT] = ", ".join(part for part in (str(dressed.get(LEAVE_OUT) or ""), out) if part)
    return text, dressed


def words_of(text: str) -> list[str]:
    """Words or phrases with commas between them, each once."""
    found = (" ".join(word.split()) for word in re.split(r"[,;\n]", text))
    return list(dict.fromkeys(word for word in found if word))


# --- changing it ---


def change(
    project: Project, actor: User, *, allowed: Iterable[str], format: str, lufs: str, words: str, avoid: str
) -> None:
    """Give a project a style, and write down what is new in it.

    Raises:
        Refused: something that cannot be kept; `field` names it.
    """
    style, before = style_of(project), style_of(project)
    style.allowed = _models(allowed)
    style.format, style.lufs = _format(format), _loudness(lufs)
    style.words, style.avoid = _kept(words, "words"), _kept(avoid, "avoid")
    clash = {word.lower() for word in words_of(style.words)} & {word.lower() for word in words_of(style.avoid)}
    if clash:
        raise Refused(f"“{min(clash)}” cannot be both added and kept out.", "avoid")
    with transaction.atomic():
        style.save()
        for line in _changes(before, style):
            record(project, actor, KIND, line)


def _models(keys: Iterable[str]) -> list[str]:
    asked, known = set(keys), [choice.spec.key for choice in catalogue.models()]
    if asked - set(known):
        raise Refused("One of those models is no longer offered. Reload the page.", "models")
    return [key for key in known if key in asked and len(asked) < len(known)]


def _format(format: str) -> str:
    if format and format not in FORMATS:
        raise Refused("Choose one of the formats.", "format")
    return format


def _loudness(lufs: str) -> float | None:
    if lufs and lufs not in LOUDNESS:
        raise Refused("Choose one of the loudnesses.", "lufs")
    return float(lufs) if lufs else None


def _kept(text: str, field: str) -> str:
    joined = one_line(", ".join(words_of(text)), field)
    if len(joined) > MOST_WORDS:
        raise Refused(f"At most {MOST_WORDS} characters; these are {len(joined)}.", field)
    return joined


def _changes(before: HouseStyle, after: HouseStyle) -> Iterable[str]:
    if before.allowed != after.allowed:
        titles = ", ".join(catalogue.title_of(key) for key in after.allowed)
        yield f"Models: {titles or 'all'}"
    if before.format != after.format:
        yield f"Usual file: {FORMATS[after.format].title if after.format else 'as the model has it'}"
    if before.lufs != after.lufs:
        yield f"Loudness of downloads: {f'{after.lufs:g} LUFS' if after.lufs is not None else 'as made'}"
    if before.words != after.words:
        yield f"Words added to prompts: {after.words or 'none'}"
    if before.avoid != after.avoid:
        yield f"Words kept out: {after.avoid or 'none'}"
