"""Names in the docs' code spans and code blocks exist: files, modules and their members, commands, settings.

Names are recognized by their shape. `test_pages` checks links; the vendors' own pages check their addresses.
"""

import ast
import builtins
import re
from collections.abc import Iterator
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


@pytest.fixture(params=PAGE_NAMES, ids=lambda page: str(page.relative_to(ROOT)))
def code(request) -> tuple[list[str], list[str]]:
    return code_in(request.param)


def test_every_path_exists(code):
    named = {path for text in (*code[0], *code[1]) for path in PATH.findall(text) if not PLACEHOLDER.search(path)}
    assert sorted(path for path in named - ELSEWHERE if not is_there(path)) == []


def test_every_module_and_what_is_in_it_exists(code):
    named = {name for text in (*code[0], *code[1]) for name in DOTTED.findall(text)}
    assert sorted(name for name in named if not is_there(name) and not resolves(name)) == []


def test_every_command_exists(code):
    named = {name for text in (*code[0], *code[1]) for name in MANAGED.findall(text)}
    assert named <= set(get_commands())


def test_every_task_of_the_task_file_exists(code):
    tasks = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {task for text in (*code[0], *code[1]) for found in MADE.findall(text) for task in found.split()}
    assert named <= tasks


def test_every_setting_constant_and_class_exists(code):
    spans = set(code[0])
    settings = {span for span in spans if span.startswith("STUDIO_") and CONSTANT.fullmatch(span)}
    assert settings <= {*SETTINGS, *OTHERS, *OUTSIDE}
    named = {span for span in spans if CONSTANT.fullmatch(span) or CLASS.fullmatch(span)}
    assert sorted(named - words() - settings - ACCOUNTS - ELSEWHERE) == []


BESIDE = re.compile(rf"`([a-z_]\w*)(?:\([^`]*\))?`,?\s+(?:in\s+|\()`((?:{TOPS})/[\w./]+\.py)`")
EXCEPTION = re.compile(r"\bRaises?:?\s+((?:[\w.]+(?:, (?:or )?| or | and )?)+)")
INTERNAL_NAME = re.compile(r"(?:[a-z_]\w*\.)*[a-z]\w*_\w+(?:\([^`]*\))?")
# Names of libraries, of SQL and of other programs.
OUTSIDE_NAMES = {"post_model_price", "post_migrate", "proxy_read_timeout"}


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield the docstrings of the product, each with its file."""
    for name in files():
        if name.endswith(".py") and name.startswith(("/generator/", "/bgmsite/")) and "/migrations/" not in name:
            for node in ast.walk(ast.parse((ROOT / name[1:]).read_text())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    yield name, ast.get_docstring(node) or ""


@pytest.mark.parametrize("page", PAGE_NAMES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_name_beside_a_file_is_in_that_file(page):
    pairs = [(name, ROOT / path) for name, path in BESIDE.findall(page.read_text())]
    assert [name for name, path in pairs if not re.search(rf"\b{name}\b", path.read_text())] == []


CURRENT_PAGES = [page for page in PAGE_NAMES if page.parent.name != "decisions"]  # which also name what was replaced


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_function_exists(page):
    spans = {span for span in code_in(page)[0] if INTERNAL_NAME.fullmatch(span)}
    named = {re.split(r"\(", span)[0].rpartition(".")[2] for span in spans}
    assert sorted(named - words() - OUTSIDE_NAMES) == []


def test_docstrings_name_only_what_exists():
    spans = [(name, span) for name, text in docstrings() for span in re.findall(r"`([^`\n]+)`", text)]
    called = [
        (name, span.partition("(")[0].rpartition(".")[2]) for name, span in spans if INTERNAL_NAME.fullmatch(span)
    ]
    assert sorted({(name, word) for name, word in called if word not in _defined() | OUTSIDE_NAMES}) == []


def test_docstrings_name_only_exceptions_that_exist():
    raised = {
        (name, word.rpartition(".")[2])
        for name, text in docstrings()
        for group in EXCEPTION.findall(text)
        for word in re.findall(r"[\w.]*[A-Z]\w+", group)
    }
    existing = _defined() | {*dir(builtins)}
    assert sorted((name, word) for name, word in raised if word not in existing) == []


@cache
def _defined() -> frozenset[str]:
    """Return every identifier of the code, and every string that looks like one; not the words of docstrings."""
    found: set[str] = set()
    for name in files():
        if name.endswith(".py") and "/tests/docs/" not in name:
            found |= _identifiers(ast.parse((ROOT / name[1:]).read_text()))
    return frozenset(found)


def _identifiers(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    docs = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg"):
            if isinstance(value := getattr(node, field, None), str):
                found |= set(value.split("."))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
            found |= set(re.findall(r"\w+", node.value))
    return found
