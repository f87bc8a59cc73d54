"""`python -m generator.composer.judge`: whether the goals are met, on prompts and seeds that are drawn afresh.

python -m generator.composer.judge                        all styles; prints the seed, exits with 1 if a goal is missed
python -m generator.composer.judge --quick                a few styles and seeds, under two minutes
python -m generator.composer.judge --seed 12              the prompts and pieces of an earlier run
python -m generator.composer.judge --prompts --show 40    prompts alone, with what was missed and imagined
python -m generator.composer.judge --references ~/.cache/composer-judge    fetch and measure the references again
"""

import argparse
import json
import random
import secrets
import sys
from pathlib import Path

from generator.composer.judge import goals, performance, pieces, prompts, references, understanding
from generator.composer.judge.performance import Playing
from generator.composer.judge.understanding import Hearing

PROMPTS, QUICK_PROMPTS = 600, 200
RENDERED, WRITTEN = 3, 10  # pieces of each style
QUICK_STYLES, QUICK_RENDERED, QUICK_WRITTEN, QUICK_PLAYING = 8, 1, 6, 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generator.composer.judge", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, help="repeats an earlier run; drawn if it is not given")
    parser.add_argument("--quick", action="store_true", help="a few styles and seeds")
    parser.add_argument("--styles", default="", help="styles to judge, separated by commas")
    parser.add_argument("--prompts", action="store_true", help="judge prompts alone")
    parser.add_argument("--music", action="store_true", help="judge music alone")
    parser.add_argument("--show", type=int, default=0, help="how many missed facts and wrong claims to print")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--references", type=Path, help="folder to fetch the references into; measures them and stops")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.references:
        references.fetch(options.references)
        references.save(references.measure(options.references))
        return 0
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"seed {seed}")
    figures: dict[str, float] = {}
    medians: dict[str, float] = {}
    ranges = references.load()["ranges"]
    if not options.music:
        figures |= _judge_prompts(seed, options)
    if not options.prompts:
        measured, medians = _judge_music(seed, options, ranges)
        figures |= measured
    print()
    print("\n".join(goals.goal_table(figures, medians, ranges)))
    missed = goals.unmet(figures)
    print(f"\n{len(figures) - len(missed)} of {len(figures)} goals are met.")
    if options.json:
        options.json.write_text(json.dumps({"seed": seed, **goals.as_json(figures)}, indent=1) + "\n")
    return 1 if missed else 0


def _judge_prompts(seed: int, options: argparse.Namespace) -> dict[str, float]:
    count = QUICK_PROMPTS if options.quick else PROMPTS
    drawn = understanding.judge_prompts(prompts.draw_prompts(seed, count), seed)
    written = understanding.judge_prompts(prompts.written_prompts(), seed)
    for name, hearing in (("drawn", drawn), ("written", written)):
        print("\n".join(goals.hearing_table(name, hearing)))
        _show(hearing, options.show)
    return goals.hearing_figures(drawn, written)


def _show(hearing: Hearing, count: int) -> None:
    for title, cases in (("missed", hearing.missed), ("imagined", hearing.imagined)):
        for kind, value, text in cases[:count]:
            print(f"  {title} {kind} {value}: {text!r}")


def _judge_music(
    seed: int, options: argparse.Namespace, ranges: goals.Ranges
) -> tuple[dict[str, float], dict[str, float]]:
    styles = _styles(seed, options)
    counts = (QUICK_RENDERED, QUICK_WRITTEN) if options.quick else (RENDERED, WRITTEN)
    survey = pieces.survey(styles, seed, *counts, report=_report)
    known: dict[str, Playing | None] = {}
    played = styles[:QUICK_PLAYING] if options.quick else styles
    playing = {style: performance.measure_style(style, seed, known) for style in played}
    print("\n" + "\n".join(goals.style_table(survey, playing, ranges)))
    everything = [each for each in known.values() if each]
    figures = goals.music_figures(survey, ranges) | goals.playing_figures(everything)
    return figures, goals.medians(survey, ranges)


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _styles(seed: int, options: argparse.Namespace) -> list[str]:
    styles = [name for name in options.styles.split(",") if name] or list(pieces.all_styles())
    if options.quick and not options.styles:
        styles = random.Random(seed).sample(styles, min(QUICK_STYLES, len(styles)))
    return styles


if __name__ == "__main__":
    sys.exit(main())
