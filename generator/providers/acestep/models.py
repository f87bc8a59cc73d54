"""What ACE-Step 1.5 can be asked for, and the body of a request.

The contract is the API server of ACE-Step 1.5 (`acestep/api_server.py` and `docs/en/API.md` of its repository). The
server validates nothing, so everything is checked here; what it would decide by itself is always sent.
"""

from typing import Any

from generator.currency import ZERO
from generator.messages import gettext_noop as _
from generator.providers.base import Field, Kind, ModelSpec, Request

MAX_TAKES = 4  # the server makes up to 8 at a time, as far as its memory allows
LENGTH_S = 60
KEYS = tuple(
    f"{tonic} {mode}"
    for mode in ("major", "minor")
    for tonic in ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
)
METERS = {"2": "2/4", "3": "3/4", "4": "4/4", "6": "6/8"}
INSTRUMENTAL = "[inst]"  # as lyrics: there is no other way to ask for music without a voice

STUDIO = ModelSpec(
    key="acestep/ace-step-1.5",
    title="ACE-Step 1.5",
    summary=_("Instrumental music from an AI model on your own machine, free of charge. Exact tempo, key, and length."),
    prompt_limit=512,
    takes_max=MAX_TAKES,
    formats=("flac", "wav", "mp3"),
    list_price=ZERO,
    fields=(
        Field("duration", Kind.WHOLE, _("Length"), "", 10, 600, _("seconds"), default=LENGTH_S),
        Field("bpm", Kind.WHOLE, _("Tempo"), _("If empty, the model decides."), 30, 300, "BPM"),
        Field("key", Kind.CHOICE, _("Key"), choices=tuple((name, name) for name in KEYS), advanced=True),
        Field("meter", Kind.CHOICE, _("Meter"), choices=tuple(METERS.items()), advanced=True),
        Field(
            "seed",
            Kind.WHOLE,
            _("Seed"),
            _("The same seed and settings give the same music again."),
            0,
            2**31 - 1,
            advanced=True,
        ),
    ),
    usual_seconds=30.0,
    unverified=_("It was never tried with a running ACE-Step server, only with a copy of its interface."),
    license=(
        "Made with ACE-Step 1.5 (MIT license) on the studio's own machine. Its authors ask to mention that AI was used."
    ),
    checked="2026-11-29",
)


def body_of(request: Request) -> dict[str, Any]:
    """Return the body of /release_task. The names differ from the obvious: `format` would mean something else."""
    settings = request.settings
    body: dict[str, Any] = {
        "prompt": request.prompt,
        "lyrics": INSTRUMENTAL,
        "audio_duration": settings.get("duration") or LENGTH_S,
        "batch_size": request.takes,
        "audio_format": request.format,
        "thinking": False,
        "use_cot_caption": False,  # its language model would rewrite the prompt
    }
    names = {"bpm": "bpm", "key": "key_scale", "meter": "time_signature"}
    body |= {names[name]: settings[name] for name in names if settings.get(name)}
    if (seed := settings.get("seed")) is not None:
        body |= {"seed": seed, "use_random_seed": False}
    return body
