"""Deep calls do not ask the system for memory again and again (`bgmsite.call_stack`)."""

import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from bgmsite.call_stack import with_room

CALLS = 1000  # at each depth
DEPTHS = range(5, 400)  # a template is rendered a hundred calls deep and more


def nothing(a: int, b: int, c: int, d: int) -> None:
    return None


def faults_at(depth: int) -> int:
    """Return how often the system had to give memory during many calls at that depth."""
    if depth:
        return faults_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        nothing(1, 2, 3, 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_no_depth_asks_for_memory_with_every_call():
    with ThreadPoolExecutor(1) as thread:  # tests have room already; a thread has none of its own
        assert max(thread.map(lambda depth: with_room(faults_at, depth), DEPTHS)) < CALLS / 10


def test_what_is_called_gets_what_is_given_and_its_answer_comes_back():
    assert with_room(dict, [("a", 1)], b=2) == {"a": 1, "b": 2}
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 1, 0)
