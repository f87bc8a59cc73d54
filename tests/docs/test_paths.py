"""Names in the docs' code spans and code blocks exist: files, modules and their members, commands, settings.

Names are recognized by their shape. `test_pages` checks links; the vendors' own pages check their addresses.
"""

import ast
import builtins
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands

from bgmsite.environment import OTHERS, OUTSIDE
from tests.docs.test_pages import PAGES, SETTINGS
from tests.management.tree import ROOT
from tests.providers.test_docs import NAMES as ACCOUNTS

pytestmark = pytest.mark.xdist_group("sources")  # read once
TOPS = r"\.ci|\.github|benchmarks|bgmsite|docs|generator|static|templates|tests"
SOURCES = ("benchmarks", "bgmsite", "generator", "static", "templates", "tests", ".ci", ".github")
ENDINGS = r"py|md|html|css|js|json|toml|lock|yml"
PATH = re.compile(rf"(?<![\w./<-])((?:{TOPS})/[\w./-]*|(?:[\w-]+/)*[\w.-]+\.(?:{ENDINGS}))(?![\w/<{{(…])")
DOTTED = re.compile(r"(?<![\w./@])((?:generator|bgmsite|tests|benchmarks)(?:\.[A-Za-z_]\w*)+)(?![\w/])")
MANAGED = re.compile(r"\bmanage(?:\.py)? +([a-z_]+)\b")
MADE = re.compile(r"^\s*make +([a-z]+(?: +[a-z]+)*)")
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
CLASS = re.compile(r"(?:[A-Z][a-z0-9]+){2,}")
PAGE_NAMES = [path for path in PAGES if path.name != "CHANGELOG.md"]  # which also names what no longer exists
PLACEHOLDER = re.compile(r"NAME|NNNN")
# Names from clients' own programs: files they write, variables that they read.
ELSEWHERE = {"made.json", "openapi.json", "py/wavespeed_api/client.py", "WAVESPEED_API_BASE"}


def code_in(page: Path) -> tuple[list[str], list[str]]:
    """Return the code spans of a page, and the lines of its blocks."""
    prose, block, fenced = [], [], False
    for line in page.read_text().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        else:
            (block if fenced or line.startswith("    ") else prose).append(line)
    return re.findall(r"`([^`]+)`", "\n".join(prose)), block


@cache
def files() -> tuple[str, ...]:
    """Return every file of the checkout, as `/its/path`."""
    below = [path for top in (*SOURCES, "docs") for path in (ROOT / top).rglob("*")]
    return tuple(f"/{path.relative_to(ROOT)}" for path in (*below, *ROOT.glob("*")) if path.is_file())


@cache
def words() -> frozenset[str]:
    """Return every word of the code, except in these tests."""
    here = "/tests/docs/"
    texts = [(ROOT / name[1:]).read_text() for name in files() if name.endswith(".py") and here not in name]
    return frozenset(re.findall(r"\w+", "\n".join(texts)))


def is_there(path: str) -> bool:
    """Return whether a path exists, from the root or as the end of one, as pages about one folder name files."""
    path = path.rstrip("/.")
    return (ROOT / path).exists() or any(name.endswith(f"/{path}") for name in files())


@cache
def resolves(name: str) -> bool:
    """Return whether a dotted name is a module, or a name in one."""
    try:
        import_module(name)
    except ImportError:
        module, _, last = name.rpartition(".")
        return bool(module) and resolves(module) and hasattr(_thing(module), last)
    return True


def _thing(name: str) -> object:
    try:
        return import_module(name)
    except ImportError:
        module, _, last = name.rpartition(".")
        return getattr(_thing(module), last)


@cache
def code() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return each page with its code spans and the lines of its blocks."""
    return tuple((str(page.relative_to(ROOT)), *map(tuple, code_in(page))) for page in PAGE_NAMES)


def named(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """Return what the code of the pages names, each with its page."""
    return {
        (page, name) for page, spans, lines in code() for text in (*spans, *lines) for name in pattern.findall(text)
    }


def test_every_path_exists():
    paths = {(page, path) for page, path in named(PATH) if path not in ELSEWHERE}
    assert sorted((page, path) for page, path in paths if not PLACEHOLDER.search(path) and not is_there(path)) == []


def test_every_module_and_what_is_in_it_exists():
    assert sorted((page, name) for page, name in named(DOTTED) if not is_there(name) and not resolves(name)) == []


def test_every_command_exists():
    commands = set(get_commands())
    assert sorted((page, name) for page, name in named(MANAGED) if name not in commands) == []


def test_every_task_of_the_task_file_exists():
    tasks = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert sorted((page, group) for page, group in named(MADE) if not set(group.split()) <= tasks) == []


def test_every_setting_constant_and_class_exists():
    settings = {*SETTINGS, *OTHERS, *OUTSIDE}
    spans = {(page, span) for page, spans, _ in code() for span in spans}
    known = words() | ACCOUNTS | ELSEWHERE
    assert (
        sorted(
            (page, span)
            for page, span in spans
            if (CONSTANT.fullmatch(span) or CLASS.fullmatch(span))
            and span not in (settings if span.startswith("STUDIO_") and CONSTANT.fullmatch(span) else known)
        )
        == []
    )


BESIDE = re.compile(rf"`([a-z_]\w*)(?:\([^`]*\))?`,?\s+(?:in\s+|\()`((?:{TOPS})/[\w./]+\.py)`")
EXCEPTION = re.compile(r"\bRaises?:?\s+((?:[\w.]+(?:, (?:or )?| or | and )?)+)")
INTERNAL_NAME = re.compile(r"(?:[a-z_]\w*\.)*[a-z]\w*_\w+(?:\([^`]*\))?")
# Names of libraries, of SQL and of other programs.
OUTSIDE_NAMES = {"post_model_price", "post_migrate", "proxy_read_timeout"}


def test_a_name_beside_a_file_is_in_that_file():
    beside = [(page, *pair) for page in PAGE_NAMES for pair in BESIDE.findall(page.read_text())]
    assert beside
    assert [
        (str(page.relative_to(ROOT)), name)
        for page, name, path in beside
        if not re.search(rf"\b{name}\b", (ROOT / path).read_text())
    ] == []


def test_every_function_exists():
    """Decisions also name what was replaced."""
    spans = {(page, span) for page, spans, _ in code() for span in spans if INTERNAL_NAME.fullmatch(span)}
    names = {(page, span.partition("(")[0].rpartition(".")[2]) for page, span in spans}
    known = words() | OUTSIDE_NAMES
    assert sorted((page, name) for page, name in names if "/decisions/" not in page and name not in known) == []


def test_docstrings_name_only_what_exists():
    defined, docstrings = _code()
    spans = [(name, span) for name, text in docstrings for span in re.findall(r"`([^`\n]+)`", text)]
    called = [
        (name, span.partition("(")[0].rpartition(".")[2]) for name, span in spans if INTERNAL_NAME.fullmatch(span)
    ]
    assert called
    assert sorted({(name, word) for name, word in called if word not in defined and word not in OUTSIDE_NAMES}) == []


def test_docstrings_name_only_exceptions_that_exist():
    defined, docstrings = _code()
    raised = {
        (name, word.rpartition(".")[2])
        for name, text in docstrings
        for group in EXCEPTION.findall(text)
        for word in re.findall(r"[\w.]*[A-Z]\w+", group)
    }
    existing = defined | {*dir(builtins)}
    assert sorted((name, word) for name, word in raised if word not in existing) == []


@cache
def _code() -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Return every identifier of the code, and the docstrings of the product with their files.

    Strings that look like identifiers count as such; the words of docstrings do not.
    """
    defined: set[str] = set()
    docstrings: list[tuple[str, str]] = []
    for name in files():
        if name.endswith(".py") and "/tests/docs/" not in name:
            tree = ast.parse((ROOT / name[1:]).read_text())
            documented = _collect(tree, defined)
            if name.startswith(("/generator/", "/bgmsite/")) and "/migrations/" not in name:
                docstrings += [(name, ast.get_docstring(node) or "") for node in documented]
    return frozenset(defined), tuple(docstrings)


def _collect(tree: ast.Module, defined: set[str]) -> list[ast.AST]:
    """Add the identifiers of a file to `defined`; return what may have a docstring. One pass: it sees every file."""
    documented: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            documented.append(node)
        for field, value in vars(node).items():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, str) and field in ("id", "attr", "name", "arg"):
                defined.update(value.split("."))
            elif isinstance(value, str) and field == "value":
                defined.update(re.findall(r"\w+", value))
    return documented
