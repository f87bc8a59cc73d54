"""The goals, and the tables that say which are met and which styles are weakest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.composer.judge.performance import Playing
from generator.composer.judge.pieces import Survey
from generator.composer.judge.understanding import Hearing

AT_LEAST, AT_MOST = "≥", "≤"
WEAKEST = 3
Ranges = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Goal:
    """A figure and what it should be. `figure` is what it is called, `reference` the range that it is compared with."""

    figure: str
    title: str
    sense: str
    value: float
    reference: str = ""


GOALS = (
    Goal("recall_drawn", "facts heard, drawn prompts", AT_LEAST, 0.85),
    Goal("recall_written", "facts heard, written prompts", AT_LEAST, 0.85),
    Goal("precision_drawn", "claims that are right, drawn prompts", AT_LEAST, 0.95),
    Goal("precision_written", "claims that are right, written prompts", AT_LEAST, 0.95),
    Goal("guesses_drawn", "guesses shown as heard, drawn prompts", AT_MOST, 0.05),
    Goal("guesses_written", "guesses shown as heard, written prompts", AT_MOST, 0.05),
    Goal("existing", "existing genre heard", AT_LEAST, 0.8),
    Goal("nearest", "nearest family for a missing genre", AT_LEAST, 0.8),
    Goal("texture_below", "pieces below the references' 10%: texture span", AT_MOST, 0.15, "texture_span"),
    Goal(
        "brightness_below", "pieces below the references' 10%: brightness over time", AT_MOST, 0.15, "brightness_span"
    ),
    Goal("repetition_below", "pieces below the references' 10%: repetition at 2–4 s", AT_MOST, 0.20, "repetition"),
    Goal("pitch_below", "pieces below the references' 10%: pitch motion", AT_MOST, 0.15, "pitch_motion"),
    Goal("likeness", "a note and its repeat: correlation", AT_MOST, 0.97),
    Goal("hard_over_soft", "strong over soft: brightness", AT_LEAST, 1.4),
    Goal("shared_rhythms", "phrases whose rhythm another seed has", AT_MOST, 0.45),
    Goal("different_harmonies", "different progressions in 10 seeds", AT_LEAST, 0.8),
    Goal("bass_rhythms", "bass rhythms in 32 bars", AT_LEAST, 2.5, "bass_rhythms"),
    Goal("root_position", "chords with the root in the bass", AT_MOST, 0.93, "root_position"),
    Goal("pitch_classes", "pitch classes of a piece", AT_LEAST, 8, "pitch_classes"),
    Goal("key_minor", "key heard, minor", AT_LEAST, 0.75),
    Goal("key_major", "key heard, major", AT_LEAST, 0.75),
)
BELOW = {"texture_below": "texture_span", "brightness_below": "brightness_span",
         "repetition_below": "repetition", "pitch_below": "pitch_motion"}  # fmt: skip


def is_met(goal: Goal, value: float) -> bool:
    """Whether a figure reaches its goal; one that could not be measured does not."""
    if not np.isfinite(value):
        return False
    return value >= goal.value if goal.sense == AT_LEAST else value <= goal.value


def hearing_figures(drawn: Hearing, written: Hearing) -> dict[str, float]:
    """Return the figures about prompts. Genres are counted over both sets."""
    figures = {}
    for name in ("recall", "precision", "guesses"):
        figures[f"{name}_drawn"], figures[f"{name}_written"] = drawn.share(name), written.share(name)
    for name in ("existing", "nearest"):
        right, count = np.add(getattr(drawn, name), getattr(written, name))
        figures[name] = float(right / count) if count else float("nan")
    return figures


def music_figures(survey: Survey, ranges: Ranges) -> dict[str, float]:
    """Return the figures about pieces: of all styles or of one."""
    figures = {name: _share_below(survey.values(of), ranges[of]["p10"]) for name, of in BELOW.items()}
    return figures | {
        "shared_rhythms": survey.shared_rhythms(),
        "different_harmonies": survey.different_harmonies(),
        "bass_rhythms": _mean(survey.values("bass_rhythms")),
        "root_position": _mean(survey.values("root_position")),
        "pitch_classes": _mean(survey.values("pitch_classes")),
        "key_minor": survey.key_share("minor"),
        "key_major": survey.key_share("major"),
    }


def playing_figures(playing: Sequence[Playing]) -> dict[str, float]:
    """Return the figures about instruments: medians."""
    return {
        "likeness": float(np.median([each.likeness for each in playing])) if playing else float("nan"),
        "hard_over_soft": float(np.median([each.brightness for each in playing])) if playing else float("nan"),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _share_below(values: np.ndarray, limit: float) -> float:
    return float((values < limit).mean()) if len(values) else float("nan")


def goal_table(figures: dict[str, float], medians: dict[str, float], ranges: Ranges) -> list[str]:
    """Return the lines of the table of goals; a goal without a figure was not measured."""
    lines = [f"{'':58} {'ours':>7}  {'goal':>7}  met   {'ours':>6}  references 5 / 10 / 50 / 90 / 95 %"]
    for goal in GOALS:
        if goal.figure not in figures:
            continue
        value = figures[goal.figure]
        row = (
            f"{goal.title:58} {value:7.2f}  {goal.sense} {goal.value:5.2f}  {'yes' if is_met(goal, value) else 'NO ':3}"
        )
        if goal.reference in ranges:
            limits = " / ".join(f"{ranges[goal.reference][f'p{share}']:.2f}" for share in (5, 10, 50, 90, 95))
            row += f"   {medians.get(goal.reference, float('nan')):6.2f}  {limits}"
        lines.append(row)
    return lines


def medians(survey: Survey, ranges: Ranges) -> dict[str, float]:
    """Return the median of every figure that the references have, too."""
    found = {name: survey.values(name) for name in ranges}
    return {name: float(np.median(values)) for name, values in found.items() if len(values)}


def shortfall(goal: Goal, value: float) -> float:
    """Return how far a figure is from its goal as a share of the goal; 0 if it is met or was not measured."""
    if not np.isfinite(value) or is_met(goal, value):
        return 0.0
    return min(1.0, abs(value - goal.value) / max(goal.value, 1e-9))


def style_table(survey: Survey, playing: dict[str, list[Playing]], ranges: Ranges) -> list[str]:
    """Return the lines of the table of styles, worst first, and a line that names the weakest with their reasons."""
    goals = [goal for goal in GOALS if goal.figure in _style_figures(survey, survey.styles[0], playing, ranges)]
    rows: list[tuple[float, str, dict[str, float]]] = []
    for style in survey.styles:
        figures = _style_figures(survey, style, playing, ranges)
        rows.append((sum(shortfall(goal, figures[goal.figure]) for goal in goals), style, figures))
    rows.sort(key=lambda row: (-row[0], row[1]))
    lines = [f"{'style':12} {'short':>5} " + " ".join(f"{_abbreviated(goal.figure):>8}" for goal in goals)]
    for short, style, figures in rows:
        cells = " ".join(f"{_cell(goal, figures[goal.figure]):>8}" for goal in goals)
        lines.append(f"{style:12} {short:5.2f} {cells}")
    lines += ["", "Weakest styles:"]
    for _short, style, figures in rows[:WEAKEST]:
        reasons = sorted(goals, key=lambda goal: -shortfall(goal, figures[goal.figure]))[:WEAKEST]
        named = [
            f"{goal.title} {figures[goal.figure]:.2f}" for goal in reasons if shortfall(goal, figures[goal.figure])
        ]
        lines.append(f"  {style}: " + "; ".join(named))
    return lines


def _style_figures(survey: Survey, style: str, playing: dict[str, list[Playing]], ranges: Ranges) -> dict[str, float]:
    return music_figures(survey.of_style(style), ranges) | playing_figures(playing.get(style, []))


def _abbreviated(figure: str) -> str:
    return figure.replace("_below", "").replace("different_", "").replace("shared_", "").replace("_over_", "/")[:8]


def _cell(goal: Goal, value: float) -> str:
    return "–" if not np.isfinite(value) else f"{value:.2f}{'' if is_met(goal, value) else '!'}"


def unmet(figures: dict[str, float]) -> list[Goal]:
    """Return the goals that were measured and are not met."""
    return [goal for goal in GOALS if goal.figure in figures and not is_met(goal, figures[goal.figure])]


def as_json(figures: dict[str, float]) -> dict[str, Any]:
    """Return every goal with its figure, for a file."""
    return {
        goal.figure: {"value": round(figures[goal.figure], 4), "goal": f"{goal.sense} {goal.value:g}",
                      "met": is_met(goal, figures[goal.figure])}
        for goal in GOALS if goal.figure in figures
    }  # fmt: skip


def hearing_table(name: str, hearing: Hearing) -> Iterable[str]:
    """Yield recall by kind of fact, language and trait, and what was imagined most."""
    for title, counts in (("kind", hearing.by_kind), ("language", hearing.by_language), ("trait", hearing.by_trait)):
        shares = "  ".join(f"{key} {right / count:.2f} ({count})" for key, (right, count) in sorted(counts.items()))
        yield f"{name}, recall by {title}: {shares}"
    yield f"{name}, wrong claims: " + ", ".join(f"{kind} {count}" for kind, count in hearing.wrong_claims.most_common())
