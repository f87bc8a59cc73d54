"""What ElevenLabs Music can be asked for, and the body of a request.

The contract is the vendor's Python client 2.78.0 (`elevenlabs.music.compose` and its types); nothing was tried live.
"""

from collections.abc import Mapping
from typing import Any

from generator.currency import dollars
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers.base import Field, Kind, ModelSpec, Request, Value
from generator.providers.elevenlabs.sections import (
    FREE,
    MAX_TEXT_CHARS,
    MAX_TOTAL_MS,
    MIN_TOTAL_MS,
    plan_v1,
    plan_v2,
    read_sections,
    total_ms,
)
from generator.providers.errors import Rejected
from generator.providers.sanitize import plain

MAX_CALLS = 4  # takes of one press; each is a request of its own
MAX_PROMPT_CHARS = 2000  # the vendor states no limit
LENGTH_S = 60
STANDARD, HIGH = "standard", "high"
OUTPUT_FORMATS = {  # the vendor's names; the plans that they need are in docs/providers.md
    ("mp3", STANDARD): "mp3_44100_128",
    ("mp3", HIGH): "mp3_44100_192",
    ("wav", STANDARD): "pcm_44100",
    ("wav", HIGH): "pcm_48000",
}
V1, V2, V2_5 = "music_v1", "music_v2", "music_v2_5"
PRICE_PER_MINUTE = dollars("0.30")
FORMULA = "base_price * $ceil(seconds) / 60 * takes"
LICENSE = (
    "Made with ElevenLabs Music. Commercial use depends on the plan of the studio's ElevenLabs account on that day: "
    "the free plan has none; other plans exclude some uses, such as broadcasting, cinema and releases on streaming "
    "services (terms of 26 May 2026 and before, summarized; not legal advice)."
)
_NEVER_TRIED = _("It was never tried with the live service. The price is a third party’s figure of June 2026.")
_V2_5_UNKNOWN = _("Its price and terms are not published; the studio assumes those of Music v2.")

_LENGTH = Field(
    "duration",
    Kind.WHOLE,
    _("Length"),
    _("Not used if there are sections: they have lengths of their own."),
    MIN_TOTAL_MS / 1000,
    MAX_TOTAL_MS / 1000,
    _("seconds"),
    default=LENGTH_S,
)
_SECTIONS = Field(
    "sections",
    Kind.WORDS,
    _("Sections"),
    _("One per line: intro 12 s: soft pads, no drums"),
    maximum=MAX_TEXT_CHARS,
)
_QUALITY = Field(
    "quality",
    Kind.CHOICE,
    _("Quality"),
    _("WAV and high quality need one of ElevenLabs’ larger plans."),
    choices=((STANDARD, _("Standard: MP3 128 kb/s, WAV 44.1 kHz")), (HIGH, _("High: MP3 192 kb/s, WAV 48 kHz"))),
    default=STANDARD,
    advanced=True,
)
_SEED = Field(
    "plan_seed",
    Kind.WHOLE,
    _("Seed"),
    _("Only with sections. The same seed gives similar music again."),
    0,
    2**31 - 1 - MAX_CALLS,  # further takes count up from it
    advanced=True,
)
_LOOSE_LENGTHS = Field(
    "loose_lengths",
    Kind.SWITCH,
    _("Let the model move the boundaries of sections; the whole keeps its length"),
    advanced=True,
)
_ADHERENCE = Field(
    "adherence",
    Kind.CHOICE,
    _("Sections follow each other"),
    _("How much a section continues what is around it. Only with sections."),
    choices=(("low", _("Freely")), ("medium", _("Moderately")), ("high", _("Closely"))),
    advanced=True,
)


def seconds_of(settings: Mapping[str, Value]) -> float:
    """Return the length of the music: that of the sections together, or the length; raises Rejected."""
    sections = read_sections(str(settings.get("sections") or ""))
    length = settings.get("duration")
    return total_ms(sections) / 1000 if sections else float(length if isinstance(length, int | float) else LENGTH_S)


def _spec(model: str, title: str, summary: str, own: Field, unverified: str) -> ModelSpec:
    return ModelSpec(
        key=f"elevenlabs/{model}",
        title=title,
        summary=summary,
        prompt_limit=MAX_PROMPT_CHARS,
        takes_max=1,
        calls_max=MAX_CALLS,
        formats=("mp3", "wav"),
        list_price=PRICE_PER_MINUTE,
        price_formula=FORMULA,
        computed=(("seconds", seconds_of),),
        price_is_estimate=True,
        fields=(_LENGTH, _SECTIONS, own, _QUALITY, _SEED),
        usual_seconds=40.0,
        unverified=unverified,
        license=LICENSE,
        checked="2026-11-29",
    )


_SUMMARY = _("Instrumental music of an exact length, from a prompt or section by section.")
MODELS = (
    _spec(V2, "ElevenLabs Music v2", _SUMMARY, _ADHERENCE, _NEVER_TRIED),
    _spec(V1, "ElevenLabs Music v1", _SUMMARY, _LOOSE_LENGTHS, _NEVER_TRIED),
    _spec(V2_5, "ElevenLabs Music v2.5", _SUMMARY, _ADHERENCE, join_texts(_NEVER_TRIED, _V2_5_UNKNOWN)),
)


def output_format(request: Request) -> str:
    """Return the vendor's name of the requested format; raises Rejected if there is none."""
    quality = str(request.settings.get("quality") or STANDARD)
    try:
        return OUTPUT_FORMATS[request.format, quality]
    except KeyError:
        raise _rejected(_("Choose MP3 or WAV, in standard or high quality.")) from None


def body_of(request: Request) -> dict[str, Any]:
    """Return the body of /v1/music; the model is always named, as the vendor's default is its oldest.

    Raises:
        Rejected: it could not be accepted; raised here, before anything is spent.
    """
    settings = request.settings
    model = request.model.partition("/")[2]
    prompt = plain(request.prompt).strip()
    if not 1 <= len(prompt) <= MAX_PROMPT_CHARS:
        raise _rejected(Message("Describe the music in 1 to {most:,} characters.", most=MAX_PROMPT_CHARS))
    if request.takes != 1:
        raise _rejected(_("ElevenLabs makes one take per request."))
    seconds = seconds_of(settings)
    if not MIN_TOTAL_MS <= seconds * 1000 <= MAX_TOTAL_MS:
        raise _rejected(Message("Choose a length from {least} to {most} seconds.", least=3, most=600))
    sections = read_sections(str(settings.get("sections") or ""))
    seed = settings.get("plan_seed")
    if not sections:
        if seed is not None:
            raise _rejected(_("A seed has an effect only with sections. Remove it, or describe the sections."))
        length = {"music_length_ms": round(seconds * 1000)}
        return {"model_id": model, "prompt": prompt, **length, "force_instrumental": True}
    body: dict[str, Any] = {"model_id": model} | ({} if seed is None else {"seed": seed})
    if model == V1:
        is_exact = not settings.get("loose_lengths")
        return body | {"composition_plan": plan_v1(prompt, sections), "respect_sections_durations": is_exact}
    return body | {"composition_plan": plan_v2(prompt, sections, str(settings.get("adherence") or ""))}


def _rejected(sentence: str) -> Rejected:
    return Rejected(join_texts(sentence, FREE))
