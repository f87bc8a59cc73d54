"""Names are the standard words: of modules, classes, functions, fields, page addresses and the API."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

GENERATOR = Path(__file__).parents[2] / "generator"
MODULES = sorted(path.relative_to(GENERATOR) for path in GENERATOR.rglob("*.py") if "migrations" not in path.parts)
PACKAGES = {part for path in MODULES for part in path.parts[:-1]}
# Names that the glossary replaced (docs/glossary.md).
_REPLACED_MODULES = """
    access accounts actions again alone asked asking attend balance balances beat books bodies calls caller caps
    catalogue chance child closing collect comparing compose contracts control deeds desk desks door ending feel
    follow following frame gate glance guarded handover hold holding hooks house jobs keyset lead limits lineage
    looking meter money moving naming news order outputs outside papers parting parts people picking piece places
    players prepare queue raising reading reel refused reviewing room scenes sent shop shown splits stops struck
    sweep telling told tone triple urls_people warnings watch wording workflow worklist
"""
_REPLACED_CLASSES = """
    ActionRun Asked AuditLine Deed Delivery Desk Desks Entry Event HouseStyle Licence LocalPart Matter NewsKind Notice
    NotificationChoice Papers PartKind Raise ReferenceId Refused Room SealedField Seat Stop Tape Warned WebhookMessage
    WebhookTry
"""
_REPLACED_FUNCTIONS = """
    again ask_for_more asked at_desk attend beat bin books caller caps closing collect follow glance heard house
    keep_balance leave_seat licence_of look mine news of one papers parts people prepare rooms shown sit_down split
    stand_by_desk stumble sweep take_seat tell to_bin told usual_stand_in
"""
_REPLACED_FIELDS = """
    acting_with again_of asked asked_at asked_by binned_at binned_by cancel_asked_at error_sentence failed_looks handle
    house licence matter provider_words ref sealed stand_in takes_asked wait_sentence what
"""
# Of page addresses, and of paths, fields, codes and parameters of the API.
_REPLACED_PUBLIC = """
    again_of asked balance balances bin binned cap caps gone_from handle heard house licence links mine news our_fault
    no_key not_json papers parts people refs ref refusal refused requests runs sentence split splits stand_in
    stops takes_asked told too_many unreadable version whose words
"""
MAX_MODULES = 12


def _words(text: str) -> set[str]:
    return set(text.split())


@cache
def _body(path: Path) -> list[ast.stmt]:
    return ast.parse((GENERATOR / path).read_text()).body


def _definitions() -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes and functions of every module, and the public methods of its classes."""
    for path in MODULES:
        for node in _body(path):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}: {node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{path}: {node.name}.{part.name}", part) for part in node.body if _is_function(part))


def _constants(path: Path) -> Iterator[str]:
    """Yield the names in capitals that a module assigns at its top level."""
    for statement in _body(path):
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
            yield from (name for name in names if name.isupper())


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _page_addresses() -> Iterator[str]:
    """Yield the address patterns of the pages, without the APIs, the admin's own and those that only redirect."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for entry in resolver.url_patterns:
            address = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                name = getattr(entry.urlconf_name, "__name__", "")
                if not name.endswith(("old_addresses", "generator.api.urls")):
                    yield from walk(entry, address)
            elif isinstance(entry, URLPattern):
                yield address

    yield from walk(get_resolver(), "")


def test_no_module_has_a_name_that_was_replaced():
    assert [str(path) for path in MODULES if path.stem in _words(_REPLACED_MODULES)] == []


def test_no_package_has_a_name_that_was_replaced():
    assert set() == PACKAGES & _words(_REPLACED_MODULES)


def test_no_class_or_function_has_a_name_that_was_replaced():
    replaced = {True: _words(_REPLACED_FUNCTIONS), False: _words(_REPLACED_CLASSES)}
    assert [place for place, node in _definitions() if node.name in replaced[_is_function(node)]] == []


def test_no_constant_begins_with_a_word_that_was_replaced():
    """Limits are named MAX_…, MIN_… or DEFAULT_…, with their unit."""
    assert [
        f"{path}: {name}"
        for path in MODULES
        for name in _constants(path)
        if re.match("_?(MOST|LEAST|LONGEST|FEWEST|USUAL)(_|$)", name)
    ] == []


def test_no_record_or_field_has_a_name_that_was_replaced():
    records = apps.get_app_config("generator").get_models()
    names = {record.__name__: {field.name for field in record._meta.get_fields()} for record in records}
    assert set() == names.keys() & _words(_REPLACED_CLASSES)
    assert {name for name, fields in names.items() if fields & _words(_REPLACED_FIELDS)} == set()


def test_no_page_address_has_a_word_that_was_replaced():
    lasting = {"l", "s", "hooks"}  # old share links, today's, and what providers were given
    found = {
        address: {part for part in re.split(r"[/^$]", address) if part in _words(_REPLACED_PUBLIC) or len(part) == 1}
        for address in _page_addresses()
        if not address.startswith(("admin/", "accounts/"))
    }
    assert {address: parts - lasting for address, parts in found.items() if parts - lasting} == {}


def test_no_name_of_the_api_was_replaced(client):
    document = client.get("/api/v1/openapi.json").json()
    parts = {part for path in document["paths"] for part in path.split("/")}
    fields = {name for shape in document["components"]["schemas"].values() for name in shape.get("properties", {})}
    values = set(re.findall(r'"enum": \[([^]]*)\]', json.dumps(document)))
    words = {word for value in values for word in re.findall(r"\w+", value)}
    assert set() == (parts | fields | words) & _words(_REPLACED_PUBLIC)


def test_folders_of_the_product_stay_small():
    counted = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    large = {str(folder): count for folder, count in counted.items() if count > MAX_MODULES}
    kept_small = ("services", "web", "api", "composer")
    assert {folder for folder in large if folder.split("/")[0] in kept_small} == set()


def test_a_package_says_what_is_in_it():
    packages = {path.parent for path in MODULES if path.parent.name not in ("", "commands", "templatetags")}
    assert [
        str(package)
        for package in sorted(packages)
        if not (GENERATOR / package / "__init__.py").read_text().startswith('"""')
    ] == []
