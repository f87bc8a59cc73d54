"""The built-in composer as a provider: free, offline, made in a worker process of ours."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from generator.audio import FORMATS, encode
from generator.composer import (
    STYLES,
    Brief,
    BriefError,
    ComposerControls,
    Composition,
    again,
    changes,
    compose,
    read_brief,
    read_reference,
)
from generator.composer.vocabulary import METERS
from generator.money import ZERO
from generator.providers import balance, composer_follow
from generator.providers.base import Field, Kind, LocalTake, ModelSpec, Report, Request
from generator.providers.composer_parts import parts, titles
from generator.providers.errors import Rejected
from generator.providers.following import FOLLOW
from generator.providers.parting import LocalPart

KEYS = tuple(
    f"{tonic} {mode}"
    for mode in ("major", "minor")
    for tonic in ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
)

LOSSLESS = "flac"  # what the original is where a lossy file was asked for, which the library makes of it

STUDIO = ModelSpec(
    key="composer/studio",
    title="Built-in composer",
    summary="Composes on this machine: free, exact length, ready in seconds.",
    prompt_limit=2000,
    takes_max=3,
    takes_default=2,
    formats=("flac", "wav", "mp3"),
    list_price=ZERO,
    usual_seconds=2.0,
    instrumental=False,  # nothing in it can sing, so there is nothing to listen for
    licence=(
        "Composed and played by this studio's own software; some instruments are recorded single notes of the FluidR3 "
        "SoundFont (MIT licence). The studio claims no rights in it: use it anywhere, commercially too, without credit."
    ),
    fields=(
        Field("length", Kind.NUMBER, "Length", "Exact to the sample; empty: what the text says.", 5, 600, 1, "seconds"),
        Field("style", Kind.CHOICE, "Style", choices=tuple((style.key, style.title) for style in STYLES.values())),
        Field("bpm", Kind.NUMBER, "Tempo", minimum=40, maximum=220, step=1, unit="BPM"),
        Field("key", Kind.CHOICE, "Key", choices=tuple((name, name) for name in KEYS), advanced=True),
        Field("energy", Kind.NUMBER, "Energy", "0 is calm, 100 is driving.", 0, 100, 1, "%"),
        Field(
            "energy_curve",
            Kind.LEVELS,
            "Energy over time",
            "Such as: 20 40 90 60",
            maximum=120,
            unit="%",
            advanced=True,
        ),
        Field("leave_out", Kind.WORDS, "Leave out", "Such as: drums, bass", maximum=200),
        Field("bring_in", Kind.WORDS, "Bring in", "Such as: strings, flute", maximum=200, advanced=True),
        Field("loop", Kind.SWITCH, "Seamless loop", "The end leads back into the beginning.", default=False),
        Field("bed", Kind.SWITCH, "Under a voice", "Less tune, and room where speech is.", default=False),
        Field(
            "density",
            Kind.NUMBER,
            "Density",
            "How many notes a tune has: 0 is sparse, 100 busy.",
            0,
            100,
            1,
            "%",
            advanced=True,
        ),
        Field("meter", Kind.CHOICE, "Meter", choices=tuple((name, name) for name in METERS), advanced=True),
        Field(
            "loudness",
            Kind.NUMBER,
            "Loudness",
            "Usual for the web: −14.",
            -24,
            -9,
            0.5,
            "LUFS",
            (("-14", "Web and video"), ("-16", "Podcasts"), ("-23", "Broadcast")),
            advanced=True,
        ),
        Field(
            "follow",
            Kind.WORDS,
            "Follow a sound",
            "Its tempo, key, brightness and energy are followed, not its tune. Free.",
            maximum=composer_follow.MOST,
            advanced=True,
            purpose=FOLLOW,
        ),
        Field(
            "variation",
            Kind.WORDS,
            "Again, but …",
            "With the same seed and take: 10 % slower, in A minor, without drums; calmer. What is after a “;” changes "
            "what came before it.",
            maximum=200,
            advanced=True,
        ),
        Field(
            "balance",
            Kind.WORDS,
            "Balance",
            "Players as the mixer names them: Drums −6 dB, no Whistle",
            maximum=400,
            advanced=True,
        ),
        Field("take", Kind.WHOLE, "First take", "Takes are counted from here.", 1, 99, 1, advanced=True),
        Field(
            "seed",
            Kind.WHOLE,
            "Seed",
            "The same seed and text make the same music.",
            0,
            2**31 - 1,
            1,
            advanced=True,
        ),
    ),
)

COMPOSING = {"flac": 0.8, "wav": 0.95}  # of the time until the file is there


def _brief(request: Request) -> Brief:
    asked = request.settings
    energy = asked.get("energy")
    controls = ComposerControls(
        length_s=_number(asked.get("length")),
        style=str(asked["style"]) if asked.get("style") else None,
        bpm=_number(asked.get("bpm")),
        key=str(asked["key"]) if asked.get("key") else None,
        energy=_curve(str(asked.get("energy_curve") or "")) or (None if energy is None else float(energy) / 100),
        density=None if asked.get("density") is None else float(str(asked["density"])) / 100,
        leave_in=_words(asked.get("bring_in")),
        leave_out=_words(asked.get("leave_out")),
        loop=bool(asked.get("loop")),
        loudness_lufs=-14.0 if asked.get("loudness") is None else float(str(asked["loudness"])),
        meter=str(asked["meter"]) if asked.get("meter") else None,
        bed=bool(asked.get("bed")),
        reference=read_reference(str(asked.get("follow") or "")),
    )
    try:
        brief = read_brief(request.prompt, controls, seed=int(asked.get("seed") or 0))
        for step in steps(asked.get("variation")):
            brief = again(brief, **changes(step))
        balance.read(_balance(request))
        return brief
    except (BriefError, ValueError) as error:
        raise Rejected(str(error)) from error


def _part_of(report: Report, share: float) -> Report:
    return lambda stage, done: report(stage, done * share)


def _writing(report: Report, begin: float) -> Callable[[float], None]:
    return lambda done: report("Writing the file", begin + done * (1 - begin))


def _balance(request: Request) -> str:
    return str(request.settings.get("balance") or "")


def _composed(request: Request, brief: Brief, number: int, report: Report) -> Composition:
    def gains(names: tuple[str, ...]) -> Mapping[str, float]:
        return balance.gains_of(_balance(request), names, titles(names))

    return compose(brief, number, report, gains)


def steps(variation: object) -> tuple[str, ...]:
    """The changes that follow one another: each is one of what the ones before it have made."""
    return tuple(step.strip() for step in str(variation or "").split(";") if step.strip())


def _words(value: object) -> tuple[str, ...]:
    return tuple(word.strip() for word in str(value or "").replace(";", ",").split(",") if word.strip())


def _curve(text: str) -> tuple[float, ...]:
    """Levels in per cent, with spaces or commas between them."""
    try:
        levels = tuple(float(level.rstrip("%")) / 100 for level in text.replace(",", " ").split())
    except ValueError as error:
        raise Rejected(f"“{text}” is not a list of levels such as 20 40 90 60.") from error
    return levels * 2 if len(levels) == 1 else levels


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


class Composer:
    """Implements `base.LocalProvider` over `generator.composer`."""

    key = "composer"
    title = "Built-in composer"
    models = (STUDIO,)

    def heard(self, request: Request) -> str:
        return ", ".join(filter(None, (_brief(request).summary(), _balance(request))))

    def seconds(self, request: Request) -> float:
        return _brief(request).length_s * request.takes

    def followed(self, measured: Mapping[str, Any]) -> str:
        return composer_follow.followed(measured)

    def follows(self, text: str) -> str:
        return composer_follow.follows(text)

    def make(self, request: Request, folder: Path, takes: tuple[int, ...], report: Report) -> Iterator[LocalTake]:
        brief = _brief(request)
        first = int(request.settings.get("take") or 1)
        for take in takes:
            number = first + take - 1
            format = request.format if FORMATS[request.format].lossless else LOSSLESS
            share = COMPOSING[format]
            made = _composed(request, brief, number, _part_of(report, share))
            path = folder / f"take-{take}.{format}"
            encode(made.pcm, made.sample_rate, path, format=format, report=_writing(report, share))
            known = {
                "heard": self.heard(request),
                "style": brief.style,
                "seed": brief.seed,
                "take": number,
                "meter": brief.meter,
                "players": list(made.players),
                "written_bpm": made.bpm,
                "written_key": made.key,
                "sections": [
                    {"name": section.name, "start_s": section.start_s, "end_s": section.end_s}
                    for section in made.sections
                ],
                "asked_seconds": brief.length_s,
                "digital_source": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
            }
            title = ", ".join(filter(None, (made.title, *steps(request.settings.get("variation")), _balance(request))))
            yield LocalTake(take=take, path=path, title=title, known=known)

    def parts(self, request: Request, folder: Path, take: int, format: str, report: Report) -> Iterator[LocalPart]:
        number = int(request.settings.get("take") or 1) + take - 1
        made = _composed(request, _brief(request), number, lambda stage, done: report(stage, done / 2))
        yield from parts(made, folder, format, lambda stage, done: report(stage, 0.5 + done / 2))


def provider() -> Composer:
    return Composer()
