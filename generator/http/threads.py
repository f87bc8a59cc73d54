"""A thread pool for an event loop: threads start on demand, end when idle, and never delay process exit."""

import asyncio
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

IDLE_TIMEOUT_S = 60.0

_Job = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class Threads:
    def __init__(self, max_threads: int, name: str) -> None:
        self._max_threads, self._name = max_threads, name
        self._queue: SimpleQueue[_Job] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = self._jobs = 0  # jobs: waiting or running

    async def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Return the result of `work(*args)`, run in a thread; wait while all threads are busy."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._lock:
            self._jobs += 1
            self._queue.put((loop, future, work, args))
            is_short = self._jobs > self._threads < self._max_threads
            self._threads += is_short
        if is_short:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return await future

    def _work(self) -> None:
        while True:
            try:
                loop, future, work, args = self._queue.get(timeout=IDLE_TIMEOUT_S)
            except Empty:
                with self._lock:
                    if self._jobs < self._threads:
                        self._threads -= 1
                        return
                continue
            try:
                result, error = work(*args), None
            except BaseException as raised:
                result, error = None, raised
            with self._lock:
                self._jobs -= 1
            loop.call_soon_threadsafe(_settle, future, result, error)
            del loop, future, work, args, result, error


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
