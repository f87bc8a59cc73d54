"""Prices that depend on the request: a formula of the request's values, in the part of JSONata that prices need.

WaveSpeed publishes such a formula with each model and computes with it what a call costs; the studio's own price list
uses the same language. `base_price` and every constant are micro-dollars. Names are the request's values; a name that
the request lacks is undefined, which arithmetic passes on and a condition takes as false, as in JSONata
(https://docs.jsonata.org). Numbers are IEEE doubles, as they are at the vendor.

Not everything of JSONata is here: paths, filters, functions and loops of a formula's own are refused when it is read,
so a price is exact or unknown, and reading and evaluating take time proportional to the formula's length.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from generator.currency import Micros

MAX_FORMULA_CHARS = 4_000
MAX_DEPTH, MAX_OPERATIONS = 40, 300  # of nested parts, and in all: evaluating takes a few stack frames for each
MAX_TOTAL = 10**12  # micro-dollars: a million dollars for one request is an error in the formula
TOTAL = "total_price"  # the name under which a vendor's formula returns its result
BASE, TAKES = "base_price", "takes"  # names that are always defined: the price list's amount, how many takes


class FormulaError(ValueError):
    """A formula that cannot be read, or that gives no price for these values; the message says which."""


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()
Item = TypeVar("Item")
Scope = Mapping[str, Any]  # values by name; variables as "$name"
Expression = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Formula:
    """A formula that was read, and the names of the request's values it uses."""

    names: frozenset[str]
    expression: Expression = field(repr=False, compare=False)

    def total(self, base_price: Micros, values: Scope) -> Micros:
        """Return the price of a request in micro-dollars, rounded up.

        Raises:
            FormulaError: there is none for these values.
        """
        try:
            result = self.expression({**values, BASE: int(base_price)})
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, FormulaError):
                raise
            raise FormulaError("it divides by zero, or a number is too large") from error
        if isinstance(result, Mapping):
            result = result.get(TOTAL, UNDEFINED)
        if not _is_number(result):
            raise FormulaError(f"it gives {result!r} instead of a number")
        if not (math.isfinite(result) and 0 <= result <= MAX_TOTAL):
            raise FormulaError(f"it gives {result:g}, which is no price")
        return Micros(math.ceil(round(result, 6)))


@lru_cache(maxsize=500)
def read_formula(text: str) -> Formula:
    """Read a formula.

    Raises:
        FormulaError: it is not one, or uses what is not supported.
    """
    if len(text) > MAX_FORMULA_CHARS:
        raise FormulaError(f"it has more than {MAX_FORMULA_CHARS} characters")
    reader = _Reader(_tokens(text))
    expression = reader.expression(0)
    reader.expect("end")
    return Formula(frozenset(reader.names) - {BASE}, expression)


# --- reading ---

_TOKEN = re.compile(
    r"""\s+|/\*.*?\*/
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`[^`]+`|\$?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>:=|!=|<=|>=|[-+*/%=<>?:(),;\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_STRENGTH = {"or": 25, "and": 30, "in": 40} | dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), 40)
_STRENGTH |= dict.fromkeys("+-", 50) | dict.fromkeys("*/%", 60) | {"?": 20, ":=": 10}
_NEGATION = 70


@dataclass(frozen=True)
class _Token:
    kind: str  # number, string, name, end, or a sign or word operator itself
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"“{text[at : at + 12]}” is not supported")
        at = match.end()
        if kind := match.lastgroup:
            word = match.group()
            follows_value = bool(tokens) and tokens[-1].kind in ("number", "string", "name", ")", "]", "}")
            is_operator = kind == "sign" or (word in _STRENGTH and follows_value)
            tokens.append(_Token(word if is_operator else kind, word))
    return [*tokens, _Token("end", "the end")]


class _Reader:
    """Reads tokens by operator precedence and returns functions of the scope."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens, self._at, self._depth, self._operations = tokens, 0, 0, 0
        self._variables: set[str] = set()
        self.names: set[str] = set()

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def expect(self, kind: str) -> None:
        if self._next.kind != kind:
            raise FormulaError(f"“{self._next.text}” stands where “{kind}” should be")
        self._take()

    def _is_next(self, kind: str) -> bool:
        """Take the next token if it is of this kind."""
        if self._next.kind != kind:
            return False
        self._take()
        return True

    def expression(self, strength: int) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError("it is nested too deeply")
        left = self._operand()
        while _STRENGTH.get(self._next.kind, 0) > strength:
            left = self._operation(self._take().kind, left)
        self._depth -= 1
        return left

    def _operand(self) -> Expression:
        token = self._take()
        match token.kind:
            case "number":
                number = float(token.text) if re.search(r"[.eE]", token.text) else int(token.text)
                return lambda scope: number
            case "string":
                string = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token.text[1:-1])
                return lambda scope: string
            case "name":
                return self._name(token.text)
            case "-":
                operand = self.expression(_NEGATION)
                return lambda scope: _calculate("-", 0, operand(scope))
            case "(":
                return self._block()
            case "[":
                items = self._list("]", lambda: self.expression(0))
                return lambda scope: _flat([item(scope) for item in items])
            case "{":
                pairs = self._list("}", self._pair)
                return lambda scope: {
                    key(scope): value for key, item in pairs if (value := item(scope)) is not UNDEFINED
                }
        raise FormulaError(f"“{token.text}” stands where a value should be")

    def _name(self, name: str) -> Expression:
        if self._next.kind == "(":
            return self._call(name)
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda scope: constant
        if name.startswith("$"):
            if name not in self._variables and self._next.kind != ":=":
                raise FormulaError(f"“{name}” is not defined")
            self._variables.add(name)
        else:
            name = name.strip("`")
            self.names.add(name)
        return _Value(name)

    def _call(self, name: str) -> Expression:
        self.expect("(")
        arguments = self._list(")", lambda: self.expression(0))
        function = _FUNCTIONS.get(name)
        if function is None:
            raise FormulaError(f"“{name}” is not supported")
        least, most, compute = function
        if not least <= len(arguments) <= most:
            raise FormulaError(f"“{name}” has {len(arguments)} arguments")
        return lambda scope: compute(*(argument(scope) for argument in arguments))

    def _block(self) -> Expression:
        outer = set(self._variables)
        steps = [self.expression(0)]
        while self._is_next(";"):
            if self._next.kind != ")":
                steps.append(self.expression(0))
        self.expect(")")
        self._variables = outer  # what a block sets is known in it only
        return lambda scope: [step(scope) for step in steps][-1]

    def _pair(self) -> tuple[Expression, Expression]:
        key = self.expression(0)
        self.expect(":")
        return key, self.expression(0)

    def _list(self, end: str, read: Callable[[], Item]) -> list[Item]:
        items: list[Item] = []
        while not self._is_next(end):
            if items:
                self.expect(",")
            items.append(read())
        return items

    def _operation(self, sign: str, left: Expression) -> Expression:
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise FormulaError(f"it has more than {MAX_OPERATIONS} operations")
        if sign == "?":
            then = self.expression(0)
            otherwise = self.expression(0) if self._is_next(":") else _nothing
            return lambda scope: then(scope) if _is_true(left(scope)) else otherwise(scope)
        if sign == ":=":
            if not (isinstance(left, _Value) and left.name.startswith("$")):
                raise FormulaError("only a variable such as “$seconds” can be set")
            value = self.expression(_STRENGTH[sign] - 1)
            return lambda scope: _assign(scope, left.name, value(scope))
        right = self.expression(_STRENGTH[sign])
        if sign == "and":
            return lambda scope: _is_true(left(scope)) and _is_true(right(scope))
        if sign == "or":
            return lambda scope: _is_true(left(scope)) or _is_true(right(scope))
        operate = _calculate if sign in "+-*/%" else _compare
        return lambda scope: operate(sign, left(scope), right(scope))


@dataclass(frozen=True)
class _Value:
    """A value of the request, or a variable."""

    name: str

    def __call__(self, scope: Scope) -> Any:
        return scope.get(self.name, UNDEFINED)


# --- evaluating ---


def _nothing(scope: Scope) -> _Undefined:
    return UNDEFINED


def _assign(scope: dict[str, Any], name: str, value: Any) -> Any:
    scope[name] = value
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_true(value: object) -> bool:
    """Return JSONata's boolean of a value."""
    if isinstance(value, list):
        return any(_is_true(item) for item in value)
    return value is not UNDEFINED and bool(value)


def _flat(values: Sequence[Any]) -> list[Any]:
    """Return an array of values as JSONata builds it: without what is undefined, arrays spread."""
    flat: list[Any] = []
    for value in values:
        flat += value if isinstance(value, list) else [] if value is UNDEFINED else [value]
    return flat


def _calculate(sign: str, left: Any, right: Any) -> Any:
    for value in (left, right):
        if value is not UNDEFINED and not _is_number(value):
            raise FormulaError(f"“{sign}” cannot use {value!r}")
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    if left % 1 or right % 1:
        raise FormulaError("“%” is computed differently by different programs unless both numbers are whole")
    return math.fmod(left, right)


def _compare(sign: str, left: Any, right: Any) -> Any:
    if sign in ("=", "!=", "in"):
        if left is UNDEFINED or right is UNDEFINED:
            return False
        if sign == "in":
            return any(_equal(left, item) for item in (right if isinstance(right, list) else [right]))
        return _equal(left, right) == (sign == "=")
    for value in (left, right):
        if value is not UNDEFINED and not (_is_number(value) or isinstance(value, str)):
            raise FormulaError(f"“{sign}” cannot compare {value!r}")
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    if isinstance(left, str) != isinstance(right, str):
        raise FormulaError(f"“{sign}” cannot compare {left!r} with {right!r}")
    order = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return order[sign]


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


_NUMERAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")


def _number(value: Any) -> Any:
    if value is UNDEFINED or _is_number(value):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        return float(value)
    raise FormulaError(f"{value!r} is not a number")


def _numbers(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [] if value is UNDEFINED else [value]
    if any(not _is_number(item) for item in values):
        raise FormulaError(f"{value!r} are not all numbers")
    return values


def _of_number(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: compute(_numbers(value)[0]) if value is not UNDEFINED else UNDEFINED


def _of_text(compute: Callable[..., Any]) -> Callable[..., Any]:
    def checked(value: Any, *others: Any) -> Any:
        if value is UNDEFINED:
            return UNDEFINED
        if not all(isinstance(text, str) for text in (value, *others)):
            raise FormulaError(f"{value!r} is not a text")
        return compute(value, *others)

    return checked


def _any_of(compute: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    return lambda value: compute(values) if (values := _numbers(value)) else UNDEFINED


def _look_up(table: Any, key: Any) -> Any:
    return table.get(key, UNDEFINED) if isinstance(table, Mapping) else UNDEFINED


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else int(value is not UNDEFINED)


_CONSTANTS = {"true": True, "false": False, "null": None}
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {  # fewest and most arguments
    "$number": (1, 1, _number),
    "$max": (1, 1, _any_of(max)),
    "$min": (1, 1, _any_of(min)),
    "$sum": (1, 1, lambda value: UNDEFINED if value is UNDEFINED else sum(_numbers(value))),
    "$count": (1, 1, _count),
    "$ceil": (1, 1, _of_number(math.ceil)),
    "$floor": (1, 1, _of_number(math.floor)),
    "$round": (1, 1, _of_number(round)),
    "$abs": (1, 1, _of_number(abs)),
    "$length": (1, 1, _of_text(len)),
    "$lowercase": (1, 1, _of_text(str.lower)),
    "$uppercase": (1, 1, _of_text(str.upper)),
    "$contains": (2, 2, _of_text(lambda text, part: part in text)),
    "$exists": (1, 1, lambda value: value is not UNDEFINED),
    "$boolean": (1, 1, lambda value: UNDEFINED if value is UNDEFINED else _is_true(value)),
    "$not": (1, 1, lambda value: UNDEFINED if value is UNDEFINED else not _is_true(value)),
    "$lookup": (2, 2, _look_up),
}
