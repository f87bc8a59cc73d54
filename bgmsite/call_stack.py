"""Room for deep calls in one piece of memory.

CPython keeps the frames of a thread in pieces of 16 KB. A call that needs a new piece asks the system for it, and gives
it back on return: a loop just below such an edge does so with every call. CPython 3.11 and 3.12 are never rid of it
(https://github.com/python/cpython/issues/142183); templates are rendered a hundred calls deep, and it took a fifth of
a page's time. A frame that says that it needs much gets a piece of twice its size, and the calls below it use the rest.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
ROOM_BYTES = 1 << 19  # of addresses; memory is taken only for what is used


def with_room(function: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
    """Call a function whose own calls go deep, and return what it returns."""
    return function(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOM_BYTES // 8)
