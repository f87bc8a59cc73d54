"""The built-in composer as a provider: free, offline, run in one of our worker processes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from generator.audio import FORMATS, encode
from generator.composer import (
    REVISION,
    STYLES,
    Brief,
    BriefError,
    ComposerControls,
    Composition,
    changes,
    compose,
    read_brief,
    read_reference,
    vary,
)
from generator.composer.sound.layers import installed
from generator.composer.text.prompt_parsing import key_title
from generator.composer.text.stem_titles import earlier_titles, stem_titles
from generator.composer.text.understanding import Understanding, understand
from generator.composer.text.vocabulary import METERS
from generator.currency import ZERO
from generator.messages import Message, join_texts, to_json
from generator.messages import gettext_noop as _
from generator.providers import mix_text
from generator.providers.base import Field, Kind, LocalTake, ModelSpec, Report, Request
from generator.providers.builtin import reference_text
from generator.providers.builtin.stems import write_stems
from generator.providers.errors import Rejected
from generator.providers.local_references import FOLLOW
from generator.providers.stem_rendering import RenderedFile

KEYS = tuple(
    f"{tonic} {mode}"
    for mode in ("major", "minor")
    for tonic in ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
)

LOSSLESS = "flac"  # format of the original when a lossy file is requested; the library converts it

STUDIO = ModelSpec(
    key="composer/studio",
    title="Built-in composer",
    summary=_("Composes on this server: free, exact length, ready in seconds."),
    prompt_limit=2000,
    takes_max=3,
    takes_default=2,
    formats=("flac", "wav", "mp3"),
    list_price=ZERO,
    usual_seconds=2.0,
    instrumental=False,  # the composer cannot sing, so there is no voice to check for
    license=(
        "Composed and played by this studio's own software; some instruments are recorded single notes of the "
        "FluidR3 SoundFont (MIT license). The studio claims no rights in it: use it anywhere, commercially too, "
        "without credit."
    ),
    fields=(
        Field(
            "length",
            Kind.NUMBER,
            _("Length"),
            _("Exact to the sample. Empty: taken from the prompt."),
            5,
            600,
            _("seconds"),
        ),
        Field(
            "style",
            Kind.CHOICE,
            _("Style"),
            choices=tuple((style.key, style.title) for style in STYLES.values()),
        ),
        Field("bpm", Kind.NUMBER, _("Tempo"), minimum=40, maximum=220, unit="BPM"),
        Field(
            "key",
            Kind.CHOICE,
            _("Key"),
            choices=tuple((name, key_title(*name.split())) for name in KEYS),
            advanced=True,
        ),
        Field("energy", Kind.NUMBER, _("Energy"), _("0 is calm, 100 is driving."), 0, 100, "%"),
        Field(
            "energy_curve",
            Kind.LEVELS,
            _("Energy over time"),
            _("For example: 20 40 90 60"),
            maximum=120,
            unit="%",
            advanced=True,
        ),
        Field("leave_out", Kind.WORDS, _("Exclude"), _("For example: drums, bass"), maximum=200),
        Field(
            "bring_in",
            Kind.WORDS,
            _("Include"),
            _("For example: strings, flute"),
            maximum=200,
            advanced=True,
        ),
        Field(
            "ignore",
            Kind.WORDS,
            _("Ignore in the prompt"),
            _("Words of the prompt that have no effect, such as: 102 bpm, drums"),
            maximum=200,
            advanced=True,
        ),
        Field(
            "loop",
            Kind.SWITCH,
            _("Seamless loop"),
            _("The end connects to the beginning."),
            default=False,
        ),
        Field(
            "bed",
            Kind.SWITCH,
            _("Voice-over bed"),
            _("Less melody, and room for speech."),
            default=False,
        ),
        Field(
            "density",
            Kind.NUMBER,
            _("Density"),
            _("How many notes the melody has: 0 is sparse, 100 is busy."),
            0,
            100,
            "%",
            advanced=True,
        ),
        Field("meter", Kind.CHOICE, _("Meter"), choices=tuple((name, name) for name in METERS), advanced=True),
        Field(
            "loudness",
            Kind.NUMBER,
            _("Loudness"),
            _("−14 is common on the web."),
            -24,
            -9,
            "LUFS",
            (
                ("-14", _("Web and video")),
                ("-16", _("Podcasts")),
                ("-23", _("Broadcast")),
            ),
            advanced=True,
        ),
        Field(
            "follow",
            Kind.WORDS,
            _("Follow a reference"),
            _("The music follows its tempo, key, brightness, and energy, but not its melody. Free."),
            maximum=reference_text.MAX_TEXT_CHARS,
            advanced=True,
            purpose=FOLLOW,
        ),
        Field(
            "variation",
            Kind.WORDS,
            _("Variation"),
            _(
                "Changes to the music of the same seed and take: 10% slower, in A minor, without drums; calmer. "
                "Changes after a “;” apply to the result of those before it."
            ),
            maximum=200,
            advanced=True,
        ),
        Field(
            "balance",
            Kind.WORDS,
            _("Mix"),
            _("Levels of the parts, named as in the mixer: Drums −6 dB, no Whistle"),
            maximum=400,
            advanced=True,
        ),
        Field(
            "take",
            Kind.WHOLE,
            _("First take"),
            _("The number of the first take."),
            1,
            99,
            advanced=True,
        ),
        Field(
            "seed",
            Kind.WHOLE,
            _("Seed"),
            _("The same seed and prompt make the same music."),
            0,
            2**31 - 1,
            advanced=True,
        ),
    ),
)

COMPOSING_SHARE = {"flac": 0.8, "wav": 0.95}  # share of the total time spent composing


def _controls(request: Request) -> ComposerControls:
    values = request.settings
    energy = values.get("energy")
    return ComposerControls(
        length_s=_number(values.get("length")),
        style=str(values["style"]) if values.get("style") else None,
        bpm=_number(values.get("bpm")),
        key=str(values["key"]) if values.get("key") else None,
        energy=_curve(str(values.get("energy_curve") or "")) or (None if energy is None else float(energy) / 100),
        density=None if values.get("density") is None else float(str(values["density"])) / 100,
        leave_in=_split_list(values.get("bring_in")),
        leave_out=_split_list(values.get("leave_out")),
        loop=bool(values.get("loop")),
        loudness_lufs=-14.0 if values.get("loudness") is None else float(str(values["loudness"])),
        meter=str(values["meter"]) if values.get("meter") else None,
        bed=bool(values.get("bed")),
        reference=read_reference(str(values.get("follow") or "")),
        ignore=_split_list(values.get("ignore")),
    )


def _brief(request: Request) -> Brief:
    try:
        brief = read_brief(request.prompt, _controls(request), seed=int(request.settings.get("seed") or 0))
        for step in steps(request.settings.get("variation")):
            brief = vary(brief, **changes(step))
        mix_text.read(_balance(request))
        return brief
    except (BriefError, ValueError) as error:
        raise Rejected(error.args[0]) from error


def _scale_progress(report: Report, share: float) -> Report:
    return lambda stage, done: report(stage, done * share)


def _report_writing(report: Report, begin: float) -> Callable[[float], None]:
    return lambda done: report(_("Writing the file"), begin + done * (1 - begin))


def _balance(request: Request) -> str:
    return str(request.settings.get("balance") or "")


def _compose_take(request: Request, brief: Brief, number: int, report: Report, samples: Path | None) -> Composition:
    def gains(names: tuple[str, ...]) -> Mapping[str, float]:
        text = _balance(request)
        earlier = mix_text.gains_of(text, names, earlier_titles(names))
        return earlier | mix_text.gains_of(text, names, stem_titles(names))

    return compose(brief, number, report, gains, samples)


def steps(variation: object) -> tuple[str, ...]:
    """Split a variation into consecutive steps; each is applied to the result of the previous ones."""
    return tuple(step.strip() for step in str(variation or "").split(";") if step.strip())


def _split_list(value: object) -> tuple[str, ...]:
    return tuple(word.strip() for word in str(value or "").replace(";", ",").split(",") if word.strip())


def _curve(text: str) -> tuple[float, ...]:
    """Parse levels in percent, separated by spaces or commas."""
    try:
        levels = tuple(float(level.rstrip("%")) / 100 for level in text.replace(",", " ").split())
    except ValueError as error:
        raise Rejected(
            Message("“{text}” is not a valid energy curve. Enter levels in percent, such as 20 40 90 60.", text=text)
        ) from error
    return levels * 2 if len(levels) == 1 else levels


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


class Composer:
    """The built-in composer; implements `base.LocalProvider` over `generator.composer`."""

    key = "composer"
    title = "Built-in composer"
    models = (STUDIO,)
    revision = REVISION
    samples_root: Path | None = None

    @property
    def samples(self) -> int:
        return installed.number_in(self.samples_root)

    def interpret(self, request: Request) -> str:
        return join_texts(_brief(request).summary(), _balance(request), separator=", ")

    def understand(self, request: Request) -> Understanding:
        return understand(request.prompt, _controls(request), _brief(request))

    def seconds(self, request: Request) -> float:
        return _brief(request).length_s * request.takes

    def followed(self, measured: Mapping[str, Any]) -> str:
        return reference_text.followed(measured)

    def follows(self, text: str) -> str:
        return reference_text.follows(text)

    def make(self, request: Request, folder: Path, takes: tuple[int, ...], report: Report) -> Iterator[LocalTake]:
        brief = _brief(request)
        first = int(request.settings.get("take") or 1)
        for take in takes:
            number = first + take - 1
            format = request.format if FORMATS[request.format].lossless else LOSSLESS
            share = COMPOSING_SHARE[format]
            composition = _compose_take(request, brief, number, _scale_progress(report, share), self.samples_root)
            path = folder / f"take-{take}.{format}"
            encode(composition.pcm, composition.sample_rate, path, format=format, report=_report_writing(report, share))
            heard = self.interpret(request)
            columns = {
                "heard": str(heard),
                "heard_parts": to_json(heard),
                "style": brief.style,
                "seed": brief.seed,
                "revision": self.revision,
                "samples": composition.samples,
                "take": number,
                "meter": brief.meter,
                "players": list(composition.players),
                "written_bpm": composition.bpm,
                "written_key": composition.key,
                "sections": [
                    {
                        "name": section.name,
                        "title": section.title,
                        "start_s": section.start_s,
                        "end_s": section.end_s,
                        "energy": round(section.energy, 2),
                        "players": [player.capitalize() for player in section.players],
                    }
                    for section in composition.sections
                ],
                "asked_seconds": brief.length_s,
                "loop": composition.form.loop,
                "digital_source": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
            }
            title = ", ".join(
                filter(None, (composition.title, *steps(request.settings.get("variation")), _balance(request)))
            )
            yield LocalTake(take=take, path=path, title=title, known=columns)

    def render_stems(
        self, request: Request, folder: Path, take: int, format: str, report: Report
    ) -> Iterator[RenderedFile]:
        number = int(request.settings.get("take") or 1) + take - 1
        half = _scale_progress(report, 0.5)
        composition = _compose_take(request, _brief(request), number, half, self.samples_root)
        yield from write_stems(composition, folder, format, lambda stage, done: report(stage, 0.5 + done / 2))


def provider() -> Composer:
    return Composer()
