"""Texts that people see are marked for translation where they are written, below Django too."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import translation
from generator.messages import Message
from generator.providers import errors
from generator.providers.base import ActionSpec, Field, ModelSpec
from generator.providers.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("audio", "composer", "providers", "services/generation", "services/provider_jobs", "services/library")
INCLUDED = Registry(f"generator.providers.{name}" for name in ("builtin", "soundverse", "wavespeed"))
ERRORS = [name for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.ProviderError)]
# callable → the positions of arguments that are shown to people, and their names
SHOWN: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys((*ERRORS, "NotAudio", "DownloadFailed", "TooSlow", "BriefError"), ((0,), ("sentence",))),
    "ActionSpec": ((1, 2), ("title", "summary", "unverified")),
    "Decision": ((1,), ("meaning",)),
    "Field": ((2, 3), ("label", "help")),
    "Finding": ((2,), ("sentence",)),
    "ModelSpec": ((2,), ("summary", "unverified")),
    "Purpose": ((1,), ("title",)),
    "Snapshot": ((2,), ("stage",)),
    "Start": ((0,), ("sentence",)),
    "advance": ((2,), ("text", "stage")),
    "note": ((1,), ("text",)),
    "report": ((0,), ()),
    "write": ((), ("stage",)),
}


def _unmarked(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the arguments that are written as plain texts."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        positions, names = SHOWN.get(name, ((), ()))
        arguments = [call.args[position] for position in positions if position < len(call.args)]
        arguments += [keyword.value for keyword in call.keywords if keyword.arg in names]
        yield from (argument for argument in arguments if _is_plain(argument))


def _is_plain(argument: ast.expr) -> bool:
    if isinstance(argument, ast.IfExp):
        return _is_plain(argument.body) or _is_plain(argument.orelse)
    return isinstance(argument, ast.JoinedStr) or (
        isinstance(argument, ast.Constant) and isinstance(argument.value, str) and bool(argument.value)
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_no_shown_text_is_a_plain_literal(package):
    files = sorted((ROOT / "generator" / package).rglob("*.py"))
    trees = {file: ast.parse(file.read_text("utf-8")) for file in files}
    unmarked = [f"{file.relative_to(ROOT)}:{text.lineno}" for file, tree in trees.items() for text in _unmarked(tree)]
    assert files
    assert unmarked == []


def test_a_plain_literal_is_found():
    assert len(list(_unmarked(ast.parse('raise Rejected(f"No {name}")\nField("a", kind, "Label", "")')))) == 2


def test_what_the_create_form_shows_of_a_model_is_marked():
    specs: list[ModelSpec | ActionSpec] = [*INCLUDED.specs(), *INCLUDED.actions()]
    for spec in specs:
        assert isinstance(spec.summary, Message)
        for field in spec.fields:
            assert all(isinstance(text, Message) for text in _texts(field)), (spec.key, field.name)


def _texts(field: Field) -> Iterator[str]:
    """Yield the words of a field; names of meters are numbers, and units such as % and BPM are the same everywhere."""
    yield field.label
    if field.help:
        yield field.help
    if field.name != "meter":
        yield from (title for _, title in field.choices)


def test_the_templates_of_stored_texts_are_written_somewhere():
    files = [file for file in (ROOT / "generator").rglob("*.py") if file.name != "translation.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    written = {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert [text for text in (*translation.STAGES, *translation.SENTENCES) if text not in written] == []
