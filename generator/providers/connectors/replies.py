"""The answers of a connector's calls: what they mean, where the job's id, state and files are in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from generator.currency import micros_of
from generator.messages import Message
from generator.providers.base import Output, Progress, Snapshot
from generator.providers.connectors import requests, templates
from generator.providers.connectors.paths import read_path
from generator.providers.connectors.schema import (
    ByContentType,
    ByField,
    ByHttp,
    ByList,
    Document,
    Error,
    Fetch,
    Step,
)
from generator.providers.http import Reply
from generator.providers.sanitize import beginning, identifier, loads, plain, tidy, web_address

ABSENT = "unknown"
MAX_WORDS_CHARS, MAX_SUGGESTION_CHARS = 500, 4000
_PROGRESS = {
    "waiting": Progress.WAITING,
    "running": Progress.RUNNING,
    "completed": Progress.COMPLETED,
    "failed": Progress.FAILED,
    "canceled": Progress.CANCELED,
}


class Unusable(Exception):
    """An answer that says nothing about the job; the message is for the history."""


def content_of(reply: Reply, parse: str | None = None) -> Any:
    """Return an answer's JSON, with what `parse` leads to read as JSON once more; None if there is none."""
    try:
        content = reply.json()
    except ValueError:
        return None
    if not parse:
        return content
    text = read_path(parse).first(content)
    if not isinstance(text, str):
        return text
    try:
        return loads(text)
    except ValueError:
        return None


def meaning_of(document: Document, at: str, reply: Reply, content: Any) -> Error | None:
    """Return the first row of the errors that fits an answer."""
    codes = read_path(document.error_code).all(content) if document.error_code else []
    shown = {templates.written(code) for code in codes if isinstance(code, str | int | float)}
    for row in document.errors:
        if row.at and at not in row.at:
            continue
        fits = (
            not row.http or str(reply.status) in row.http or f"{reply.status // 100}xx" in row.http,
            not row.code or bool(shown & {templates.written(code) for code in row.code}),
            not row.has or bool(read_path(row.has).first(content)),
        )
        if all(fits):
            return row
    return None


def words_of(document: Document, reply: Reply, content: Any, key: str, path: str | None = None) -> str:
    """Return the provider's own words in an answer, else how it begins; never the key."""
    for source in (path, document.error_words):
        found = read_path(source).first(content) if source else None
        if found not in (None, "", [], {}):
            return plain(str(found), key)[:MAX_WORDS_CHARS]
    return f"HTTP {reply.status}: {plain(reply.text, key)[:MAX_WORDS_CHARS]}"


def suggestion_of(error: Error, content: Any, key: str) -> dict[str, str]:
    """Return the prompt that a rejection proposes, as a value of the form; empty if there is none."""
    found = read_path(error.suggestion).first(content) if error.suggestion else None
    text = plain(found, key).strip()[:MAX_SUGGESTION_CHARS] if isinstance(found, str) else ""
    return {"text": text} if text else {}


def job_of(document: Document, base: str, reply: Reply, ours: str) -> tuple[str, Any]:
    """Return the job's id in the answer to a submit, empty if there is none, and the answer's content."""
    content = content_of(reply)
    if content is None:
        content = beginning(reply.text)
    submit = document.submit
    if submit.is_id_ours:
        found = read_path(submit.accepted_if).first(content) if submit.accepted_if else None
        if not 200 <= reply.status < 300 or not found:
            return "", content
        return identifier(found) or ours, content  # an older server may have chosen its own
    found = read_path(submit.id).first(content)
    if not submit.id_is_address:
        return identifier(found), content
    address = web_address(found)
    is_plain = address and len(address) <= 200 and not (urlsplit(address).query or urlsplit(address).fragment)
    return (address if is_plain and requests.may_reach(document, base, address) else ""), content


def place_in_queue(path: str | None, content: Any, job: str, first: int = 1) -> int | None:
    """Return a job's place in the queue from 1, if the answer has it."""
    place = read_path(path).first(content, job) if path else None
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < 1_000_000:
        return None
    return place + 1 - first or None


@dataclass(frozen=True)
class Reading:
    """What one step's answer says about a job."""

    state: str
    content: Any
    position: int | None = None
    stage: str = ""


def read_step(document: Document, step: Step, reply: Reply, job: str) -> Reading:
    """Return the state in a step's answer.

    Raises:
        Unusable: it has none.
    """
    by = step.status
    content = content_of(reply, step.parse)
    if isinstance(by, ByHttp):
        state = by.map.get(str(reply.status)) or by.map.get(f"{reply.status // 100}xx")
        if state is None:
            raise Unusable
        return _reading(step, state, content, job)
    if not 200 <= reply.status < 300:
        raise Unusable
    if isinstance(by, ByContentType):
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        state = by.map.get(kind) or by.map.get(f"{kind.partition('/')[0]}/*")
        if state is None:
            raise Unusable
        return _reading(step, state, content, job)
    if content is None and step.parse is None:
        raise Unusable
    if isinstance(by, ByList):
        return _in_lists(by, content, job)
    return _by_field(document, step, by, content, job)


def _by_field(document: Document, step: Step, by: ByField, content: Any, job: str) -> Reading:
    status = read_path(by.path).first(content, job)
    if status is None:
        return _reading(step, by.absent or ABSENT, content, job)
    shown = templates.written(status) if isinstance(status, str | int | float) else ""
    if shown in by.map:
        return _reading(step, by.map[shown], content, job)
    if not shown:
        raise Unusable
    stage = Message("{provider} reports “{status}”", provider=document.title, status=plain(shown)[:40])
    return Reading("running", content, stage=stage)


def _reading(step: Step, state: str, content: Any, job: str) -> Reading:
    if step.failed_if and read_path(step.failed_if).first(content, job):
        state = "failed"
    position = place_in_queue(step.position, content, job, step.position_from) if state == "waiting" else None
    return Reading(state, content, position)


def _in_lists(by: ByList, content: Any, job: str) -> Reading:
    if by.running and job in read_path(by.running).all(content):
        return Reading("running", content)
    waiting = read_path(by.waiting).all(content) if by.waiting else []
    if job not in waiting:
        return Reading(ABSENT, content)
    at = waiting.index(job)
    numbers = read_path(by.order).all(content) if by.order else []
    if len(numbers) == len(waiting) and all(isinstance(number, int | float) for number in numbers):
        at = sum(number < numbers[at] for number in numbers)
    return Reading("waiting", content, at + 1)


def snapshot_of(document: Document, step: Step | Fetch, reading: Reading, job: str, key: str, reply: Reply) -> Snapshot:
    """Return a job's snapshot, as yet without its files."""
    content = reading.content
    raw = tidy(content, key) if isinstance(content, Mapping) else {"answer": tidy(content, key)}
    progress = _PROGRESS[reading.state]
    percent = None
    if isinstance(step, Step) and step.percent:
        done = read_path(step.percent).first(content, job)
        if isinstance(done, int | float) and not isinstance(done, bool) and 0 <= done <= step.percent_of:
            percent = round(100 * done / step.percent_of)
    return Snapshot(
        progress,
        job,
        reading.stage,
        percent,
        error=words_of(document, reply, content, key, step.words) if progress == Progress.FAILED else "",
        position=reading.position,
        cost=cost_in(step, content, job),
        raw=raw,
    )


def cost_in(step: Step | Fetch, content: Any, job: str) -> Any:
    """Return what the answer says that the job cost, or None."""
    if not step.cost:
        return None
    amounts = [micros_of(value) for value in read_path(step.cost).all(content, job)]
    usable = [amount for amount in amounts if amount is not None and amount >= 0]
    return sum(usable) if usable else None


def outputs_of(document: Document, base: str, content: Any, job: str) -> tuple[Output, ...]:
    """Return a finished job's files.

    Raises:
        Unusable: there are some, but none that may be fetched.
    """
    rule = document.outputs
    items = [item for item in read_path(rule.path).all(content, job) if item not in (None, "")]
    titles = read_path(rule.title).all(content, job) if rule.title else []
    outputs = []
    for number, item in enumerate(items):
        if url := _file_url(document, base, item, job):
            title = titles[number] if number < len(titles) and isinstance(titles[number], str) else ""
            outputs.append(Output(url, plain(title)[:200]))
    if items and not outputs:
        raise Unusable("the files are at addresses that the connector does not allow: " + plain(str(items))[:300])
    return tuple(outputs)


def _file_url(document: Document, base: str, item: Any, job: str) -> str:
    """Return the address of a file, empty if it is none or not one of the connector's."""
    kind = document.outputs.kind
    if kind == "built":
        parts = item.items() if isinstance(item, Mapping) else ()
        values = {f"item.{name}": part for name, part in parts if isinstance(part, str | int)}
        url = templates.fill_url(document.outputs.url, {**values, "item": item, "id": job, "base": base})
    elif kind == "relative":
        is_path = isinstance(item, str) and item.startswith("/") and not item.startswith("//")
        url = base + item if is_path else ""
    else:
        url = item if isinstance(item, str) else ""
    return url if web_address(url) and requests.may_reach(document, base, url) else ""
