"""What the finishing room shows of one edit: its report, what can be chosen, where to listen, and its files."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from generator.durations import show_duration
from generator.models import Edit
from generator.services.finishing import edits, summaries, voice_overs
from generator.web.finishing import edit_form, file_choices

LEAD_S = 3.0  # heard before each join
CLOSE_S = 0.5  # masked stretches this near each other are told as one


def context(edit: Edit | None) -> dict[str, Any]:
    """Return the context of an edit in the templates; `edit` is None where there is none."""
    if edit is None:
        return {"edit": None}
    files = edits.files(edit)
    return {
        "edit": edit,
        "steps": summaries.steps(edit.recipe),
        "report": summaries.report_facts(edit.report),
        "failure": summaries.failure(edit),
        "preview_file": files[0],
        "preselected": file_choices.preselected(edit.recipe),
        "has_stems": edit.track.stems.exists(),
        "files": [(number, summaries.format_title(file.format), file) for number, file in enumerate(files) if number],
        "choice": _choice(edit),
        "parts_json": json.dumps(edit.report.get("parts", ())),
        "looped_json": json.dumps(edit.report.get("looped")),
        "loudness": summaries.loudness_before_and_after(edit.report),
        "joins": _joins(edit.report),
        "duck": _duck(edit),
    }


def _choice(edit: Edit) -> dict[str, Any]:
    """Return the plans and loops that were found, which are in use, and for which steps they were."""
    values = edit_form.typed_of(edit.recipe)
    return {
        "of": values["choice_of"],
        "plan": values["plan"] or "0",
        "candidate": values["candidate"] or "0",
        "plans": [(str(number), summaries.plan_title(one)) for number, one in enumerate(edit.report.get("plans", ()))],
        "loops": [(str(number), summaries.loop_title(one)) for number, one in enumerate(edit.report.get("loops", ()))],
        "lengths": [show_duration(length) for length in edit.report.get("unstretched_lengths_s", ())],
    }


def _joins(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the joins with the millisecond from which each is heard."""
    return [
        {"at": show_duration(round(join_s, 1)), "from_ms": round(1000 * max(0.0, join_s - LEAD_S))}
        for join_s in report.get("joins", ())
    ]


def _duck(edit: Edit) -> dict[str, Any] | None:
    """Return the meter along time of an edit under a voice, in percent of its length; None for other edits."""
    step = next((one for one in edit.recipe.get("steps", ()) if one["step"] == "duck"), None)
    if step is None:
        return None
    length_s = max(0.001, edit.report.get("seconds", 0.0))
    spans = edit.report.get("meter", ())
    return {
        "voice": voice_overs.find(edit.track.project, edit.voice_sha256),
        "output": step["output"],
        "masked": _masked(spans),
        "spans": [
            {"x": f"{100 * start / length_s:.2f}", "width": f"{100 * (end - start) / length_s:.2f}", "state": state}
            for start, end, state in spans
        ],
    }


def _masked(spans: Sequence[tuple[float, float, str]]) -> list[str]:
    """Return where speech is masked, in words."""
    joined: list[tuple[float, float]] = []
    for start, end in ((start, end) for start, end, state in spans if state == "masked"):
        is_near = joined and start - joined[-1][1] < CLOSE_S
        joined.append((joined.pop()[0] if is_near else start, end))
    return [f"{show_duration(round(start, 1))}–{show_duration(round(end, 1))}" for start, end in joined]
