"""Edits and structures in words: what a recipe does, what rendering did, what is known of a track."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from generator.audio.editing import DESTINATIONS
from generator.audio.editing.recipe import Format
from generator.audio.structure import Remark, Structure, describe
from generator.durations import show_duration
from generator.models import Edit, Track
from generator.services.finishing.recipe_errors import FAILURES
from generator.translation import translate

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
BEATS_IN_A_BAR: Mapping[int, Promise] = {3: gettext_lazy("three beats a bar"), 4: gettext_lazy("four beats a bar")}
_CLOCK = re.compile(r"\b(\d{1,3}):(\d\d(?:\.\d+)?)\b")
SEAM_GRADES: Mapping[str, Promise] = {
    "A": gettext_lazy("seam {grade}: cannot be heard"),
    "B": gettext_lazy("seam {grade}: hardly audible"),
    "C": gettext_lazy("seam {grade}: can be heard"),
    "D": gettext_lazy("seam {grade}: rough"),
}
AUDIBLE_LIMITING_DB = 3.0  # more than this the limiter is heard on drums


def steps(recipe: Mapping[str, Any]) -> str:
    """Return what a recipe does in a few words: "0:28.5, fade in 1 s, Podcast"."""
    words = (_step(step) for step in recipe.get("steps", ()))
    return ", ".join(word for word in words if word) or _("Unchanged")


def _step(step: Mapping[str, Any]) -> str:
    match step["step"]:
        case "cut":
            start, end = step["regions"][0][0], step["regions"][-1][1]
            return _("{start}–{end}").format(start=show_duration(start), end=show_duration(end))
        case "fit":
            return show_duration(step["length_s"])
        case "loop":
            return _("loop")
        case "fades":
            return ", ".join(_fades(step))
        case "speed":
            return ", ".join(_speed(step))
        case "bed":
            return _("bed")
        case "duck":
            return _("with a voice") if step.get("output") == "mix" else _("under a voice")
        case "level":
            return _level(step)
    return ""


def _fades(step: Mapping[str, Any]) -> Iterator[str]:
    if step["in_s"]:
        yield _("fade in {seconds} s").format(seconds=f"{step['in_s']:g}")
    if step["out_s"]:
        yield _("fade out {seconds} s").format(seconds=f"{step['out_s']:g}")


def _speed(step: Mapping[str, Any]) -> Iterator[str]:
    if step["tempo"] != 1:
        yield _faster(step["tempo"])
    if semitones := step["semitones"]:
        text = ngettext("{count} semitone", "{count} semitones", abs(round(semitones)))
        yield text.format(count=f"{semitones:+g}")


def _faster(tempo: float) -> str:
    percent = f"{abs(100 * (tempo - 1)):.1f}".removesuffix(".0")
    return (_("{percent}% faster") if tempo > 1 else _("{percent}% slower")).format(percent=percent)


def _level(step: Mapping[str, Any]) -> str:
    destination = DESTINATIONS.get(step.get("destination") or "")
    if destination:
        return translate(destination.title)
    return _("{lufs} LUFS").format(lufs=f"{step['lufs']:g}") if step.get("lufs") is not None else ""


def failure(edit: Edit) -> str:
    """Return why an edit could not be made; empty if it was, or is being made."""
    return failure_of(edit.error_code)


def failure_of(code: str) -> str:
    """Return the sentence of an error code; empty for an empty one."""
    return str(FAILURES.get(code, FAILURES["edit_failed"])) if code else ""


def report_facts(report: Mapping[str, Any]) -> list[str]:
    """Return what rendering did, one fact a line."""
    facts = (_length(report), _joins(report), _loop(report), _speech(report), *_loudness(report))
    return [fact for fact in facts if fact]


def _length(report: Mapping[str, Any]) -> str:
    if "seconds" not in report:
        return ""
    words = [show_duration(round(report["seconds"], 3))]
    if report.get("tempo", 1.0) != 1.0:
        words.append(_faster(report["tempo"]))
    if report.get("keeps_ending"):
        words.append(_("ends as written"))
    return ", ".join(words)


def plan_title(plan: Mapping[str, Any]) -> str:
    """Return a way to fit a track to a length in words: "2 joins, 1.2% faster, ends as written"."""
    count = plan["joins"]
    words = [ngettext("{count} join", "{count} joins", count).format(count=count) if count else _("no join")]
    words.append(_faster(plan["tempo"]) if abs(plan["tempo"] - 1) >= 0.0005 else _("same tempo"))
    if plan["off_beat_joins"]:
        words.append(_("a bar is cut short"))
    words.append(_("ends as written") if plan["keeps_ending"] else _("another ending"))
    if plan["hit_s"] is not None:
        words.append(_("loudest at {time}").format(time=show_duration(round(plan["hit_s"], 1))))
    return ", ".join(words)


def loop_title(loop: Mapping[str, Any]) -> str:
    """Return a loop in words: "0:27.9 from 0:12.4, 16 bars, seam A"."""
    length, start = (show_duration(round(loop[name], 1)) for name in ("seconds", "start_s"))
    words = [_("{length} from {start}").format(length=length, start=start)]
    if bars := loop["bars"]:
        words.append(ngettext("{count} bar", "{count} bars", bars).format(count=bars))
    return ", ".join([*words, str(SEAM_GRADES[loop["grade"]]).format(grade=loop["grade"])])


def _joins(report: Mapping[str, Any]) -> str:
    places = report.get("joins", ())
    if not places:
        return ""
    text = ngettext("{count} join, at {places}", "{count} joins, at {places}", len(places))
    return text.format(count=len(places), places=", ".join(show_duration(round(place, 1)) for place in places))


def _loop(report: Mapping[str, Any]) -> str:
    loop = report.get("loop")
    if not loop:
        return ""
    start, end = show_duration(round(loop["start_s"], 2)), show_duration(round(loop["end_s"], 2))
    return _("Loops from {start} to {end}").format(start=start, end=end)


def _speech(report: Mapping[str, Any]) -> str:
    speech = report.get("speech", ())
    if report.get("clear_share") is None:
        return ""
    if not speech:
        return _("No speech was found in the voice-over, so nothing was turned down.")
    seconds = round(sum(end - start for start, end in speech))
    text = _("Turned down under {seconds} s of speech; {percent}% of it stands clear of the music.")
    return text.format(seconds=seconds, percent=round(100 * report["clear_share"]))


def loudness_before_and_after(report: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the loudness of the track and of its edit; None if the edit is silent or not rendered."""
    if report.get("lufs") is None:
        return None
    before = report.get("lufs_before")
    return {"before": "–" if before is None else f"{_signed(before)} LUFS", "after": f"{_signed(report['lufs'])} LUFS"}


def _loudness(report: Mapping[str, Any]) -> Iterator[str]:
    before, after = report.get("lufs_before"), report.get("lufs")
    if after is None:
        return
    text = f"{_signed(after)} LUFS"
    if before is not None and abs(before - after) >= 0.1:
        text = _("{after} LUFS (before: {before})").format(after=_signed(after), before=_signed(before))
    if (peak := report.get("true_peak_dbtp")) is not None:
        text += f", {_signed(peak)} dBTP"
    yield text
    reduction = report.get("limiter_db", 0.0)
    if reduction >= AUDIBLE_LIMITING_DB:
        yield _("The limiter turned peaks down by up to {db} dB, which can be heard.").format(db=f"{reduction:.1f}")
    elif reduction > 0:
        yield _("The limiter turned a few peaks down by up to {db} dB.").format(db=f"{reduction:.1f}")
    if missed := report.get("missed_lu"):
        yield _("{db} LU below the destination: its peaks leave no room for more.").format(db=f"{missed:g}")


def _signed(value: float) -> str:
    """Return a number with one decimal and a real minus sign."""
    return f"{value:.1f}".replace("-", "−")


def structure_facts(structure: Structure) -> list[str]:
    """Return what is known of a track for editing, one fact an entry."""
    if structure.bpm is None:
        return [_("no steady pulse: cuts are made at quiet points, unless you tap a tempo")]
    facts = [ngettext("{count} bar", "{count} bars", len(structure.bars)).format(count=len(structure.bars))]
    if meter := BEATS_IN_A_BAR.get(structure.beats_per_bar or 0):
        facts.append(str(meter))
    return facts


def description(structure: Structure) -> str:
    """Return a track in words, in order of time: "0:00 soft and warm · 0:21 rhythm enters · 1:58 rings out"."""
    return " · ".join(f"{show_duration(round(remark.at_s))} {_remark(remark)}" for remark in describe(structure))


def _remark(remark: Remark) -> str:
    values = remark.values
    match remark.code:
        case "opening":
            level, tone = _LEVELS[str(values["level"])], _TONES[str(values["tone"])]
            words = _("{level} and {tone}").format(level=level, tone=tone)
            return words if values["rhythm"] else _("{words}, no rhythm").format(words=words)
        case "ending":
            return str(_ENDINGS[str(values["how"])])
        case code:
            return str(_REMARKS[code])


_LEVELS: Mapping[str, Promise] = {
    "soft": pgettext_lazy("loudness of a section", "soft"),
    "medium": pgettext_lazy("loudness of a section", "medium loud"),
    "loud": pgettext_lazy("loudness of a section", "loud"),
}
_TONES: Mapping[str, Promise] = {
    "dark": pgettext_lazy("tone of a section", "dark"),
    "warm": pgettext_lazy("tone of a section", "warm"),
    "bright": pgettext_lazy("tone of a section", "bright"),
}
_REMARKS: Mapping[str, Promise] = {
    "rhythm_enters": gettext_lazy("rhythm enters"),
    "rhythm_leaves": gettext_lazy("rhythm drops out"),
    "grows": gettext_lazy("gets louder"),
    "falls": gettext_lazy("gets softer"),
    "loudest": gettext_lazy("loudest"),
}
_ENDINGS: Mapping[str, Promise] = {
    "rings_out": gettext_lazy("last note, rings out"),
    "fades": gettext_lazy("fades out"),
    "stops": gettext_lazy("stops"),
}


def format_title(format: Format) -> str:
    """Return a file format as it is called: "WAV · 48 kHz · 24 bit", "MP3 · 320 kb/s"."""
    details = [format.format.upper()]
    if format.rate:
        details.append(f"{format.rate / 1000:g} kHz")
    if format.bits:
        details.append(_("32 bit float") if format.bits == 32 else _("{bits} bit").format(bits=format.bits))
    if format.bit_rate:
        details.append(f"{format.bit_rate // 1000} kb/s")
    if format.vbr_quality is not None:
        details.append(f"V{format.vbr_quality}")
    if format.channels == 1:
        details.append(_("mono"))
    if format.stems:
        details.append(_("stems"))
    if format.id3_version == 3:
        details.append("ID3v2.3")
    if format.starts_at_s is not None:
        details.append(timecode(format.starts_at_s))
    return " · ".join(details)


def timecode(seconds: float) -> str:
    """Return a time of day as "01:00:00" or "01:00:00.5"."""
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{f'{rest:06.3f}'.rstrip('0').rstrip('.')}"


def format_in_name(format: Format) -> str:
    """Return what tells two files of one format apart in a name: "48 kHz 24 bit"; empty if nothing does."""
    details = [f"{format.rate / 1000:g} kHz"] if format.rate else []
    details += [f"{format.bits} bit"] if format.bits else []
    details += ["mono"] if format.channels == 1 else []
    details += [f"stems {format.format.upper()}"] if format.stems else []
    details += [f"at {timecode(format.starts_at_s).replace(':', '-')}"] if format.starts_at_s is not None else []
    return " ".join(details)


def length_in_name(seconds: float | None) -> str:
    """Return a length for a file name, where colons cannot stand: "28.5s", "1m30s"."""
    return title_in_name(show_duration(round(seconds, 2))) if seconds else ""


def title_in_name(title: str) -> str:
    """Return a title for a file name: its lengths without colons."""
    return _CLOCK.sub(lambda clock: f"{clock[1]}m{clock[2]}s" if int(clock[1]) else f"{float(clock[2]):g}s", title)


def bpm_after(track: Track, report: Mapping[str, Any], recipe: Mapping[str, Any] | None = None) -> float | None:
    """Return the tempo of a version: the track's, or the tapped one, times the change; None if there is none."""
    bpm = ((recipe or {}).get("grid") or {}).get("bpm") or track.bpm
    return bpm * report.get("tempo", 1.0) if bpm else None


def key_after(key: str, semitones: float) -> str:
    """Return the key of a track after transposition; empty if it is between two keys or unknown."""
    tonic, _space, mode = key.partition(" ")
    if not semitones or tonic not in NOTES:
        return key
    if semitones != round(semitones):
        return ""
    return f"{NOTES[(NOTES.index(tonic) + round(semitones)) % 12]} {mode}"
