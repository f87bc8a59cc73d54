"""The built-in composer as a provider: free, offline, made in a worker process of ours."""

from collections.abc import Iterator
from pathlib import Path

from generator.audio import encode
from generator.composer import STYLES, Brief, BriefError, ComposerControls, compose, read_brief
from generator.money import ZERO
from generator.providers.base import Field, Kind, LocalTake, ModelSpec, Report, Request
from generator.providers.errors import Rejected

KEYS = tuple(
    f"{tonic} {mode}"
    for mode in ("major", "minor")
    for tonic in ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
)

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
        Field("leave_out", Kind.WORDS, "Leave out", "Such as: drums, bass", maximum=200),
        Field("loop", Kind.SWITCH, "Seamless loop", "The end leads back into the beginning.", default=False),
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


def _brief(request: Request) -> Brief:
    asked = request.settings
    words = str(asked.get("leave_out") or "")
    energy = asked.get("energy")
    controls = ComposerControls(
        length_s=_number(asked.get("length")),
        style=str(asked["style"]) if asked.get("style") else None,
        bpm=_number(asked.get("bpm")),
        key=str(asked["key"]) if asked.get("key") else None,
        energy=None if energy is None else float(energy) / 100,
        leave_out=tuple(word.strip() for word in words.replace(";", ",").split(",") if word.strip()),
        loop=bool(asked.get("loop")),
    )
    try:
        return read_brief(request.prompt, controls, seed=int(asked.get("seed") or 0))
    except BriefError as error:
        raise Rejected(str(error)) from error


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


class Composer:
    """Implements `base.LocalProvider` over `generator.composer`."""

    key = "composer"
    title = "Built-in composer"
    models = (STUDIO,)

    def heard(self, request: Request) -> str:
        return _brief(request).summary()

    def make(self, request: Request, folder: Path, takes: tuple[int, ...], report: Report) -> Iterator[LocalTake]:
        brief = _brief(request)
        for take in takes:
            made = compose(brief, take, report)
            path = folder / f"take-{take}.{request.format}"
            encode(made.pcm, made.sample_rate, path, format=request.format)
            known = {
                "heard": brief.summary(),
                "style": brief.style,
                "seed": brief.seed,
                "written_bpm": made.bpm,
                "written_key": made.key,
                "sections": [
                    {"name": section.name, "start_s": section.start_s, "end_s": section.end_s}
                    for section in made.sections
                ],
                "asked_seconds": brief.length_s,
                "digital_source": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
            }
            yield LocalTake(take=take, path=path, title=made.title, known=known)


def provider() -> Composer:
    return Composer()
