"""Remember what functions that only read have returned, while one page is rendered.

A page asks the same questions in several places: its form, the price on its button, its header. Within `remembering()`
each answer of a `remembered` function is kept; outside it, the functions always read. Use it only around a page that
changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_answers: ContextVar[dict[object, object] | None] = ContextVar("page_memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def is_remembering() -> bool:
    return _answers.get() is not None


def remembered(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Keep the answers of a function within `remembering()`; its arguments have to be hashable."""

    @wraps(function)
    def wrapped(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        answers = _answers.get()
        if answers is None:
            return function(*args, **kwargs)
        question = (function, args, tuple(sorted(kwargs.items())))
        if question not in answers:
            answers[question] = function(*args, **kwargs)
        return answers[question]  # type: ignore[return-value]

    return wrapped
