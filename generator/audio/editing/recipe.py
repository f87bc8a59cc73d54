"""Recipes: what is done to a track, as a small frozen value in JSON.

    {"version": 1, "steps": [{"step": "fit", "length_s": 28.5}, {"step": "level", "destination": "podcast"}]}

A recipe has at most one step of each kind, in the order of STEPS. Two recipes that mean the same have the same
`digest`: defaults are written out, and numbers are rounded to a millionth. A `grid` beside the
steps is the correction of the bar grid they rely on. Codes of RecipeError:

    not_an_object   unsupported_version   unknown_step   unknown_key   missing_key   wrong_type   out_of_range
    unknown_choice  repeated_step   out_of_order   conflict   too_many   bad_region   bad_digest

and those that only applying a recipe to a track can find:

    beyond_end      no_plan   no_loop   missing_voice
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from generator.audio.editing.destinations import DESTINATIONS
from generator.audio.structure import GridCorrection

VERSION = 1
MAX_LENGTH_S = 900.0
MAX_REGIONS = 200
DECIMALS = 6
SNAPS = ("bar", "beat", "none")
CURVES = ("linear", "equal_power", "s")
DUCK_OUTPUTS = ("bed", "mix")
FORMATS = ("mp3", "m4a", "ogg", "opus", "flac", "wav", "aiff")
ID3_FORMATS = ("mp3", "wav", "aiff")
RATES_HZ = (44_100, 48_000, 96_000)
BITS = (16, 24, 32)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecipeError(ValueError):
    """A recipe that cannot be followed; `field` is its path, "steps[1].tempo", and `values` explain the code."""

    def __init__(self, code: str, field: str, **values: Any) -> None:
        self.code, self.field, self.values = code, field, values
        details = ", ".join(f"{name}: {value}" for name, value in values.items())
        super().__init__(f"{field}: {code.replace('_', ' ')}{f' ({details})' if details else ''}")


def _number(low: float, high: float, default: Any = MISSING, *, is_optional: bool = False) -> Any:
    return field(default=default, metadata={"kind": "number", "low": low, "high": high, "is_optional": is_optional})


def _whole(low: int, high: int, default: Any = MISSING, *, is_optional: bool = False) -> Any:
    return field(default=default, metadata={"kind": "whole", "low": low, "high": high, "is_optional": is_optional})


def _choice(choices: tuple[Any, ...], default: Any = MISSING, *, is_optional: bool = False) -> Any:
    return field(default=default, metadata={"kind": "choice", "choices": choices, "is_optional": is_optional})


@dataclass(frozen=True)
class Cut:
    """Keep these ranges of the track, in this order; their edges move to the nearest bar line or beat."""

    step: ClassVar[str] = "cut"
    regions: tuple[tuple[float, float], ...] = field(metadata={"kind": "regions"})
    snap: str = _choice(SNAPS, "bar")


@dataclass(frozen=True)
class Fit:
    """Fit to a length; `hit_at_s` is where the loudest moment is put, `plan` which of the offered plans is used."""

    step: ClassVar[str] = "fit"
    length_s: float = _number(1.0, MAX_LENGTH_S)
    hit_at_s: float | None = _number(0.0, MAX_LENGTH_S, None, is_optional=True)
    plan: int = _whole(0, 9, 0)


@dataclass(frozen=True)
class Loop:
    """Make a loop whose length lies between two bounds; `candidate` is which of the loops found is used."""

    step: ClassVar[str] = "loop"
    min_s: float = _number(0.5, MAX_LENGTH_S, 4.0)
    max_s: float = _number(0.5, MAX_LENGTH_S, MAX_LENGTH_S)
    candidate: int = _whole(0, 9, 0)


@dataclass(frozen=True)
class Fades:
    step: ClassVar[str] = "fades"
    in_s: float = _number(0.0, 120.0, 0.0)
    in_curve: str = _choice(CURVES, "equal_power")
    out_s: float = _number(0.0, 120.0, 0.0)
    out_curve: str = _choice(CURVES, "equal_power")


@dataclass(frozen=True)
class Speed:
    """Change tempo and pitch separately: 1.02 is 2 % faster at the same pitch."""

    step: ClassVar[str] = "speed"
    tempo: float = _number(0.92, 1.08, 1.0)
    semitones: float = _number(-12.0, 12.0, 0.0)


@dataclass(frozen=True)
class Bed:
    """Leave space for speech between 1 and 4 kHz, at the same loudness."""

    step: ClassVar[str] = "bed"
    depth_db: float = _number(1.0, 12.0, 6.0)


@dataclass(frozen=True)
class Duck:
    """Turn the music down under a voice-over, named by the SHA-256 of its file; `output` "mix" includes the voice."""

    step: ClassVar[str] = "duck"
    voice: str = field(metadata={"kind": "digest"})
    depth_db: float = _number(1.0, 24.0, 8.0)
    voice_at_s: float = _number(0.0, MAX_LENGTH_S, 0.0)
    attack_s: float = _number(0.02, 2.0, 0.1)
    hold_s: float = _number(0.0, 5.0, 0.4)
    release_s: float = _number(0.05, 5.0, 0.6)
    look_ahead_s: float = _number(0.0, 1.0, 0.1)
    thin_db: float = _number(0.0, 12.0, 3.0)
    output: str = _choice(DUCK_OUTPUTS, "bed")


@dataclass(frozen=True)
class Level:
    """Bring to the loudness of a destination, or to one given in numbers; numbers replace those of the destination."""

    step: ClassVar[str] = "level"
    destination: str | None = _choice(tuple(DESTINATIONS), None, is_optional=True)
    lufs: float | None = _number(-40.0, -5.0, None, is_optional=True)
    true_peak_dbtp: float | None = _number(-12.0, 0.0, None, is_optional=True)


@dataclass(frozen=True)
class Format:
    """The file format; values left out are the format's defaults. `vbr_quality` 0 is the best, 9 the smallest.

    `stems`: not the mix alone, but a zip of the mix and of every stem in this format. `id3_version`: 3 for programs
    that do not read version 4. `starts_at_s`: where a WAV belongs, in seconds since midnight (the time reference of EBU
    Tech 3285).
    """

    step: ClassVar[str] = "format"
    format: str = _choice(FORMATS)
    rate: int | None = _choice(RATES_HZ, None, is_optional=True)
    bits: int | None = _choice(BITS, None, is_optional=True)
    channels: int | None = _choice((1, 2), None, is_optional=True)
    bit_rate: int | None = _whole(32_000, 320_000, None, is_optional=True)
    vbr_quality: int | None = _whole(0, 9, None, is_optional=True)
    stems: bool | None = _choice((True,), None, is_optional=True)
    id3_version: int | None = _choice((3, 4), None, is_optional=True)
    starts_at_s: float | None = _number(0.0, 86_399.999, None, is_optional=True)


Step = Cut | Fit | Loop | Fades | Speed | Bed | Duck | Level | Format
STEPS: tuple[type[Step], ...] = (Cut, Fit, Loop, Fades, Speed, Bed, Duck, Level, Format)
# Of a corrected bar grid: the lowest and the highest value, whole where these are.
_GRID: Mapping[str, tuple[float, float]] = {
    "shift_s": (-10.0, 10.0),
    "beat_shift": (-420, 420),
    "bpm": (30.0, 300.0),
    "first_beat_s": (0.0, MAX_LENGTH_S),
    "beats_per_bar": (2, 12),
}
_LATER_KEYS = ("stems", "id3_version", "starts_at_s")  # left out of the digest where they are not given
_KINDS: Mapping[str, type[Step]] = {kind.step: kind for kind in STEPS}
_StepT = TypeVar("_StepT", bound=Step)


@dataclass(frozen=True)
class Recipe:
    """Steps in the order in which they are applied; made by `parse` or directly from steps."""

    steps: tuple[Step, ...] = ()
    grid: GridCorrection | None = None

    @property
    def uses_grid(self) -> bool:
        """Return whether a step looks for beats or bar lines."""
        cut = self.get(Cut)
        return bool(self.get(Fit) or self.get(Loop) or (cut and cut.snap != "none"))

    def get(self, kind: type[_StepT]) -> _StepT | None:
        """Return the step of a kind, or None."""
        return next((step for step in self.steps if isinstance(step, kind)), None)

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as `parse` reads it, with every value written out."""
        steps = [{"step": step.step, **_listed(asdict(step))} for step in self.steps]
        return {"version": VERSION, "steps": steps, **({"grid": asdict(self.grid)} if self.grid else {})}

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON: the same for recipes that mean the same."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def parse(data: Any) -> Recipe:
    """Read a recipe from decoded JSON.

    Raises:
        RecipeError: with the code, the field and the values that explain it.
    """
    if not isinstance(data, Mapping):
        raise RecipeError("not_an_object", "recipe")
    _refuse_unknown(data, ("version", "steps", "grid"), "")
    if type(data.get("version")) is not int or data["version"] != VERSION:
        raise RecipeError("unsupported_version", "version", supported=VERSION)
    steps = data.get("steps")
    if not isinstance(steps, list):
        raise RecipeError("wrong_type", "steps", expected="list")
    if len(steps) > len(STEPS):
        raise RecipeError("too_many", "steps", most=len(STEPS))
    parsed = tuple(_parse_step(step, f"steps[{number}]") for number, step in enumerate(steps))
    recipe = Recipe(parsed, parse_grid(data["grid"]) if data.get("grid") is not None else None)
    _check_order(recipe)
    _check_conflicts(recipe)
    return recipe


def parse_grid(data: Any) -> GridCorrection:
    """Read the correction of a bar grid from decoded JSON. Raises RecipeError."""
    if not isinstance(data, Mapping):
        raise RecipeError("not_an_object", "grid")
    _refuse_unknown(data, tuple(_GRID), "grid.")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if value is not None:
            low, high = _GRID[key]
            values[key] = _parse_number(value, low, high, f"grid.{key}", is_whole=isinstance(low, int))
    return GridCorrection(**values)


def _parse_step(data: Any, path: str) -> Step:
    if not isinstance(data, Mapping):
        raise RecipeError("not_an_object", path)
    name = data.get("step")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise RecipeError("unknown_step", f"{path}.step", choices=list(_KINDS))
    known = {item.name: item for item in fields(kind)}
    _refuse_unknown(data, ("step", *known), f"{path}.")
    values = {}
    for key, item in known.items():
        if key in data:
            values[key] = _parse_value(data[key], item, f"{path}.{key}")
        elif item.default is MISSING:
            raise RecipeError("missing_key", f"{path}.{key}")
    return kind(**values)


def _parse_value(value: Any, item: "Field[Any]", path: str) -> Any:
    rule = item.metadata
    if value is None and rule.get("is_optional"):
        return None
    match rule["kind"]:
        case "number" | "whole":
            return _parse_number(value, rule["low"], rule["high"], path, is_whole=rule["kind"] == "whole")
        case "choice":
            if not any(type(value) is type(choice) and value == choice for choice in rule["choices"]):
                raise RecipeError("unknown_choice", path, choices=list(rule["choices"]))
            return value
        case "digest":
            if not isinstance(value, str) or not _SHA256.fullmatch(value):
                raise RecipeError("bad_digest", path)
            return value
        case _:
            return _parse_regions(value, path)


def _parse_number(value: Any, low: float, high: float, path: str, *, is_whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int if is_whole else (int, float)):
        raise RecipeError("wrong_type", path, expected="whole number" if is_whole else "number")
    if not low <= value <= high or not math.isfinite(value):  # the comparison is false for NaN
        raise RecipeError("out_of_range", path, low=low, high=high)
    return value if is_whole else round(float(value), DECIMALS) + 0.0  # −0.0 becomes 0.0


def _parse_regions(value: Any, path: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple):
        raise RecipeError("wrong_type", path, expected="list")
    if not value or len(value) > MAX_REGIONS:
        raise RecipeError("too_many" if value else "bad_region", path, most=MAX_REGIONS)
    regions = []
    for number, region in enumerate(value):
        where = f"{path}[{number}]"
        if not isinstance(region, list | tuple) or len(region) != 2:
            raise RecipeError("bad_region", where)
        start, end = (_parse_number(edge, 0.0, MAX_LENGTH_S, where) for edge in region)
        if end <= start:
            raise RecipeError("bad_region", where, start=start, end=end)
        regions.append((start, end))
    return tuple(regions)


def _refuse_unknown(data: Mapping[Any, Any], known: tuple[str, ...], prefix: str) -> None:
    for key in data:
        if key not in known:
            raise RecipeError("unknown_key", f"{prefix}{key}", choices=list(known))


def _check_order(recipe: Recipe) -> None:
    last = -1
    for number, step in enumerate(recipe.steps):
        place = STEPS.index(type(step))
        if place == last:
            raise RecipeError("repeated_step", f"steps[{number}].step", step=step.step)
        if place < last:
            raise RecipeError("out_of_order", f"steps[{number}].step", order=list(_KINDS))
        last = place


def _check_conflicts(recipe: Recipe) -> None:
    """Refuse steps that contradict each other, and values that contradict each other within one."""
    paths = {type(step): f"steps[{number}]" for number, step in enumerate(recipe.steps)}
    loop, fades, fit, level = recipe.get(Loop), recipe.get(Fades), recipe.get(Fit), recipe.get(Level)
    if loop and fades and (fades.in_s or fades.out_s):
        raise RecipeError("conflict", paths[Fades], other="loop")
    if loop and loop.max_s < loop.min_s:
        raise RecipeError("out_of_range", f"{paths[Loop]}.max_s", low=loop.min_s, high=MAX_LENGTH_S)
    if fit and fit.hit_at_s is not None and fit.hit_at_s > fit.length_s:
        raise RecipeError("out_of_range", f"{paths[Fit]}.hit_at_s", low=0.0, high=fit.length_s)
    if level and level.destination is None and level.lufs is None and level.true_peak_dbtp is None:
        raise RecipeError("missing_key", f"{paths[Level]}.destination")
    if (form := recipe.get(Format)) and form.bit_rate is not None and form.vbr_quality is not None:
        raise RecipeError("conflict", f"{paths[Format]}.vbr_quality", other="bit_rate")
    if form and form.id3_version and form.format not in ID3_FORMATS:
        raise RecipeError("conflict", f"{paths[Format]}.id3_version", other="id3")
    if form and form.starts_at_s is not None and form.format != "wav":
        raise RecipeError("conflict", f"{paths[Format]}.starts_at_s", other="timeline")


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with lists for tuples, as JSON has them; without later keys that were not asked for."""
    return {
        name: [list(region) for region in value] if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None or name not in _LATER_KEYS
    }
