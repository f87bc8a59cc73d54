"""The form of the finishing room: fields as typed, the steps of a recipe they mean, and the jobs that fill it in."""

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio.editing import DESTINATIONS, RecipeError
from generator.durations import parse_duration, show_duration
from generator.services.errors import UserError
from generator.translation import translate

FIELDS = (
    "start", "end", "skip", "snap", "length", "hit_at", "loop_min", "loop_max", "fade_in", "fade_out", "curve", "tempo",
    "semitones", "bed", "voice", "voice_at", "depth", "output", "destination", "lufs", "plan", "candidate", "choice_of",
)  # fmt: skip
MAX_FIELD = {"skip": 1000}  # characters; 64 for the others
_RANGES, _RANGE = re.compile(r"\s*;\s*|,\s+"), re.compile(r"\s*[-–—]\s*")
SWITCHES = ("loop",)
SNAPS: Mapping[str, Promise] = {
    "bar": gettext_lazy("the nearest bar line"),
    "beat": gettext_lazy("the nearest beat"),
    "none": gettext_lazy("exactly there"),
}
CURVES: Mapping[str, Promise] = {
    "equal_power": gettext_lazy("Equal power"),
    "linear": gettext_lazy("Linear"),
    "s": gettext_lazy("S-shaped"),
}
BEDS: Mapping[str, Promise] = {
    "3": gettext_lazy("Slightly (3 dB)"),
    "6": gettext_lazy("Clearly (6 dB)"),
    "9": gettext_lazy("Strongly (9 dB)"),
}
DEPTHS: Mapping[str, Promise] = {
    "4": gettext_lazy("Slightly (4 dB)"),
    "8": gettext_lazy("Clearly (8 dB)"),
    "14": gettext_lazy("Strongly (14 dB)"),
}
OUTPUTS: Mapping[str, Promise] = {
    "bed": gettext_lazy("the music alone"),
    "mix": gettext_lazy("the music with the voice"),
}
DEFAULT_DEPTH_DB = 8.0
MIN_LOOP_S, MAX_LOOP_S = 8.0, 60.0


@dataclass(frozen=True)
class Job:
    """A common job: one press fills in the form and renders the preview; the first ones lead on a phone."""

    key: str
    title: str | Promise
    fields: Mapping[str, str]


def _length_job(seconds: int) -> Job:
    return Job(f"{seconds}s", show_duration(seconds), {"length": show_duration(seconds)})


FIRST_JOBS: tuple[Job, ...] = (  # before a voice-over
    _length_job(30),
    Job("loop", gettext_lazy("Seamless loop"), {"loop": "on"}),
)
MORE_JOBS: tuple[Job, ...] = (
    Job("broadcast", gettext_lazy("For broadcast"), {"destination": "broadcast_ebu"}),
    *(_length_job(seconds) for seconds in (6, 15, 60, 90)),
    Job("bed", gettext_lazy("Bed under speech"), {"bed": "6", "destination": "podcast"}),
    Job("podcast", gettext_lazy("For a podcast"), {"destination": "podcast"}),
    Job("web", gettext_lazy("For the web"), {"destination": "streaming"}),
)
JOBS: tuple[Job, ...] = (*FIRST_JOBS, *MORE_JOBS)


def typed(form: QueryDict, *, with_job: bool = True) -> dict[str, str]:
    """Return the fields as they were typed; those of a pressed job come last, unless it is to be ignored."""
    values = {name: form.get(name, "").strip()[: MAX_FIELD.get(name, 64)] for name in (*FIELDS, *SWITCHES)}
    job = next((job for job in JOBS if job.key == form.get("job")), None) if with_job else None
    return values | dict(job.fields) if job else values


def recipe_of(values: Mapping[str, str], length_s: float) -> dict[str, Any]:
    """Return the recipe that the fields mean, as `generator.audio.editing.parse` takes it; `length_s`: the track's.

    Raises:
        UserError: a field holds no number or no time; `field` names it.
    """
    others = (build(values) for build in (_fit, _loop, _fades, _speed, _bed, _duck, _level))
    steps = [step for step in (_cut(values, length_s), *others) if step]
    if values["choice_of"] == choice_key(steps):
        _choose(values, steps)
    return {"version": 1, "steps": steps}


def choice_key(steps: Iterable[Mapping[str, Any]]) -> str:
    """Return what identifies the steps for which a plan or a loop was chosen; another length has other plans."""
    chosen = ("plan", "candidate")
    kept = [step for step in steps if step["step"] in ("cut", "fit", "loop")]
    plain = [{name: value for name, value in step.items() if name not in chosen} for step in kept]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _choose(values: Mapping[str, str], steps: Sequence[dict[str, Any]]) -> None:
    """Put the chosen plan and loop into their steps; what is no number is the first one."""
    for step, name in (("fit", "plan"), ("loop", "candidate")):
        for one in steps:
            if one["step"] == step and re.fullmatch("[1-9]", values[name]):
                one[name] = int(values[name])


def in_words_of_the_form(error: UserError) -> UserError:
    """Return an error about a value of the recipe as one about the field that was typed; other errors as they are."""
    cause = error.__cause__
    field = _FIELD_OF.get(str(error.field).rpartition(".")[2])
    if field is None or not isinstance(cause, RecipeError) or cause.code != "out_of_range":
        return error
    low, high = (field.shown(float(cause.values[end])) for end in ("low", "high"))
    sentence = _("{label}: enter a value from {low} to {high}.").format(label=field.label, low=low, high=high)
    return UserError(sentence, field.name, code=error.code)


def typed_of(recipe: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that mean this recipe, to go on from an edit."""
    steps = {step["step"]: step for step in recipe.get("steps", ())}
    values = dict.fromkeys((*FIELDS, *SWITCHES), "")
    if cut := steps.get("cut"):
        regions = cut["regions"]
        gaps = [(before[1], after[0]) for before, after in itertools.pairwise(regions)]
        values |= {"start": _clock(regions[0][0]), "end": _clock(regions[-1][1]), "snap": cut.get("snap", "bar")}
        values["skip"] = "; ".join(f"{_clock(start)}–{_clock(end)}" for start, end in gaps if end > start)
    if fit := steps.get("fit"):
        values |= {"length": _clock(fit["length_s"]), "hit_at": _clock(fit.get("hit_at_s"))}
        values["plan"] = str(fit.get("plan", 0))
    if loop := steps.get("loop"):
        values |= {"loop": "on", "loop_min": _clock(loop["min_s"]), "loop_max": _clock(loop["max_s"])}
        values["candidate"] = str(loop.get("candidate", 0))
    if fades := steps.get("fades"):
        values |= {"fade_in": _number(fades["in_s"]), "fade_out": _number(fades["out_s"])}
        values["curve"] = fades.get("in_curve", "equal_power")
    if speed := steps.get("speed"):
        values["tempo"] = _number(round(100 * (speed["tempo"] - 1), 2))
        values["semitones"] = _number(speed["semitones"])
    if bed := steps.get("bed"):
        values["bed"] = _number(bed["depth_db"])
    if duck := steps.get("duck"):
        values |= {"voice": duck["voice"], "depth": _number(duck["depth_db"]), "output": duck["output"]}
        values["voice_at"] = _clock(duck.get("voice_at_s") or None)
    if level := steps.get("level"):
        values |= {"destination": level.get("destination") or "own", "lufs": _number(level.get("lufs"))}
    return values | {"choice_of": choice_key(recipe.get("steps", ()))}


def destinations(channels: int = 2) -> list[tuple[str, str, float | None]]:
    """Return the destinations as (key, title, LUFS of such a track), without those that change nothing."""
    return [
        (one.code, f"{translate(one.title)} (−{abs(one.lufs):g} LUFS)", one.target_lufs(channels))
        for one in DESTINATIONS.values()
        if one.lufs is not None
    ]


def _cut(values: Mapping[str, str], length_s: float) -> dict[str, Any] | None:
    if not values["start"] and not values["end"] and not values["skip"]:
        return None
    start = _time(values, "start", _("Start")) or 0.0
    end = _time(values, "end", _("End"))
    regions = [[start, length_s if end is None else end]]
    for first, last in _skipped(values["skip"]):
        kept = [[[low, min(high, first)], [max(low, last), high]] for low, high in regions]
        regions = [part for pair in kept for part in pair if part[1] > part[0]]
    if values["skip"] and not regions:
        raise UserError(_("Nothing would be left of the track."), "skip", code="out_of_range")
    return {"step": "cut", "regions": regions, "snap": values["snap"] or "bar"}


def _skipped(text: str) -> Iterator[tuple[float, float]]:
    """Yield the ranges in a text such as "0:20–0:35; 1:10–1:20". Raises UserError."""
    for part in filter(None, _RANGES.split(text)):
        try:
            start, end = (parse_duration(edge) for edge in _RANGE.split(part))
        except ValueError:
            start = end = 0.0
        if end <= start:
            sentence = _("Leave out: “{text}” is not a part of the track. Write 0:20–0:35; separate several with “;”.")
            raise UserError(sentence.format(text=part[:20]), "skip", code="invalid_duration") from None
        yield start, end


def _fit(values: Mapping[str, str]) -> dict[str, Any] | None:
    length = _time(values, "length", _("Length"))
    if length is None:
        return None
    return {"step": "fit", "length_s": length, "hit_at_s": _time(values, "hit_at", _("Loudest moment at"))}


def _loop(values: Mapping[str, str]) -> dict[str, Any] | None:
    if not values["loop"]:
        return None
    shortest = _time(values, "loop_min", _("At least"))
    longest = _time(values, "loop_max", _("At most"))
    return {
        "step": "loop",
        "min_s": MIN_LOOP_S if shortest is None else shortest,
        "max_s": max(MAX_LOOP_S, shortest or 0.0) if longest is None else longest,
    }


def _fades(values: Mapping[str, str]) -> dict[str, Any] | None:
    start, end = _time(values, "fade_in", _("Fade in")), _time(values, "fade_out", _("Fade out"))
    if not start and not end:
        return None
    curve = values["curve"] or "equal_power"
    return {"step": "fades", "in_s": start or 0.0, "in_curve": curve, "out_s": end or 0.0, "out_curve": curve}


def _speed(values: Mapping[str, str]) -> dict[str, Any] | None:
    percent = _float(values, "tempo", _("Tempo")) or 0.0
    semitones = _float(values, "semitones", _("Pitch")) or 0.0
    if not percent and not semitones:
        return None
    return {"step": "speed", "tempo": round(1 + percent / 100, 6), "semitones": semitones}


def _bed(values: Mapping[str, str]) -> dict[str, Any] | None:
    depth = _float(values, "bed", _("Bed"))
    return {"step": "bed", "depth_db": depth} if depth else None


def _duck(values: Mapping[str, str]) -> dict[str, Any] | None:
    if not values["voice"]:
        return None
    depth = _float(values, "depth", _("Music under speech")) or DEFAULT_DEPTH_DB
    step = {"step": "duck", "voice": values["voice"], "depth_db": depth, "output": values["output"] or "bed"}
    at = _time(values, "voice_at", _("Voice begins at"))
    return step | ({"voice_at_s": at} if at else {})


def _level(values: Mapping[str, str]) -> dict[str, Any] | None:
    if values["destination"] == "own" or (values["lufs"] and not values["destination"]):
        lufs = _float(values, "lufs", _("Loudness"))
        return None if lufs is None else {"step": "level", "lufs": lufs}
    return {"step": "level", "destination": values["destination"]} if values["destination"] else None


def _time(values: Mapping[str, str], name: str, label: str) -> float | None:
    text = values[name]
    if not text:
        return None
    try:
        return parse_duration(text)
    except ValueError:
        sentence = _("{label}: “{text}” is not a time. Write seconds, such as 28.5, or 1:30.")
        raise UserError(sentence.format(label=label, text=text[:20]), name, code="invalid_duration") from None


def _float(values: Mapping[str, str], name: str, label: str) -> float | None:
    text = values[name].replace(",", ".").replace("−", "-")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e6:
        sentence = _("{label}: “{text}” is not a number.").format(label=label, text=text[:20])
        raise UserError(sentence, name, code="invalid_number")
    return number


@dataclass(frozen=True)
class _Shown:
    """The field of a value of the recipe: its name, its label, and how its limits are written."""

    name: str
    label: str | Promise
    shown: Callable[[float], str] = "{:g}".format


_FIELD_OF: Mapping[str, _Shown] = {
    "length_s": _Shown("length", gettext_lazy("Fit to length"), show_duration),
    "hit_at_s": _Shown("hit_at", gettext_lazy("Loudest moment at"), show_duration),
    "min_s": _Shown("loop_min", gettext_lazy("At least"), show_duration),
    "max_s": _Shown("loop_max", gettext_lazy("At most"), show_duration),
    "in_s": _Shown("fade_in", gettext_lazy("Fade in")),
    "out_s": _Shown("fade_out", gettext_lazy("Fade out")),
    "tempo": _Shown("tempo", gettext_lazy("Tempo"), lambda tempo: f"{100 * (tempo - 1):+.0f}%"),
    "voice_at_s": _Shown("voice_at", gettext_lazy("Voice begins at"), show_duration),
    "bpm": _Shown("bpm", gettext_lazy("Beats per minute")),
    "first_beat_s": _Shown("first_beat", gettext_lazy("First beat of a bar at"), show_duration),
    "shift_s": _Shown("shift", gettext_lazy("Move the grid"), lambda seconds: f"{1000 * seconds:.0f} ms"),
    "beats_per_bar": _Shown("beats_per_bar", gettext_lazy("Beats per bar")),
    "semitones": _Shown("semitones", gettext_lazy("Pitch")),
    "lufs": _Shown("lufs", gettext_lazy("Own loudness")),
}


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else show_duration(seconds)


def _number(value: float | None) -> str:
    return f"{value:g}" if value else ""
