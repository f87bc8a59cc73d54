"""A provider that is run from a connector: submit once, then poll; cancel and find where the API has them.

Addresses, hosts and headers come only from the connector and the operator's account, never from an answer: an address
in an answer is used only if it is at the base or at a host that the connector names. A submit is sent once. Whatever
its answer, unless the connector says what it means, the job is in doubt.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Self

import httpx

from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers import http as calls
from generator.providers import own_server
from generator.providers.base import (
    CanceledJob,
    FileAccess,
    OnAccount,
    Progress,
    ProviderConfig,
    Request,
    Snapshot,
)
from generator.providers.connectors import replies, requests
from generator.providers.connectors.document import read_document
from generator.providers.connectors.model_schema import Model
from generator.providers.connectors.models import specs_of
from generator.providers.connectors.paths import read_path
from generator.providers.connectors.requests import Prepared
from generator.providers.connectors.schema import Call, Document, Error, Step
from generator.providers.errors import Busy, Cause, Failed, InDoubt, OperatorMustAct, ProviderError, Rejected
from generator.providers.sanitize import plain, tidy

_FREE = _("You were not charged.")
_UNCLEAR = (
    "{title} did not confirm the request after it was sent. The music may still be made. The studio looks for it and "
    "never sends a request twice."
)
_CHARGES = {"no": CanceledJob.FREE, "yes": CanceledJob.CHARGED, "unknown": CanceledJob.UNKNOWN}


class Connector(OnAccount):
    """A connector's API; implements `base.PollProvider`, `Configurable`, `Guarded`, `Testable` and `Cancelling`.

    `text` is the document as written: what is kept with each generation.
    """

    def __init__(
        self,
        text: str,
        config: ProviderConfig | None = None,
        more_hosts: tuple[str, ...] = (),
        *,
        uses_environment: bool = True,
    ) -> None:
        super().__init__(config)
        document = read_document(text)
        hosts = [*document.hosts, *(host for host in more_hosts if host not in document.hosts)]
        self.text = text
        self.document: Document = document.model_copy(update={"hosts": hosts})
        self.key = document.key
        self.title = document.title
        self.vendor_url = document.base
        self.models = specs_of(document)
        self.key_is_optional = document.auth.key != "required"
        self._models = {f"{document.key}/{model.name}": model for model in document.models}
        self._more_hosts = more_hosts
        self._uses_environment = uses_environment

    def using(self, config: ProviderConfig) -> Self:
        return type(self)(self.text, config, self._more_hosts, uses_environment=self._uses_environment)

    def allowing(self, hosts: Collection[str]) -> Self:
        """Return the same with further hosts: an operator may have corrected those of a connector that is in use."""
        return type(self)(self.text, self._given, tuple(hosts), uses_environment=self._uses_environment)

    def without_environment(self) -> Self:
        """Return the same without the account of the environment: it needs one of its own."""
        return type(self)(self.text, self._given, self._more_hosts, uses_environment=False)

    @property
    def _account(self) -> ProviderConfig:
        return super()._account if self._given or self._uses_environment else ProviderConfig()

    @property
    def has_key(self) -> bool:
        """Return whether everything that the connector needs is set: the key, the address."""
        account, document = self._account, self.document
        has_address = bool(document.base or account.base_url.strip())
        return has_address and (document.auth.key != "required" or bool(account.key.strip()))

    # --- jobs ---

    def check(self, request: Request) -> None:
        """Reject a request for a model that the connector does not have."""
        self._model_of(request)

    async def dry_run(self, request: Request) -> Prepared:
        """Return the request that a submit would send, with the key hidden; nothing is sent.

        Raises:
            OperatorMustAct: there is no address, or it may not be used.
        """
        prepared = await self._prepare(self.document.submit, self._submit_values(request))
        auth = self.document.auth
        key = {auth.header: auth.value.replace("{{key}}", requests.HIDDEN_KEY)} if auth.key != "none" else {}
        return replace(prepared, headers={**prepared.headers, **key})

    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot:
        prepared = await self._prepare(self.document.submit, self._submit_values(request))
        try:
            reply = await self._send(prepared, self._account.patience.submit, http)
        except calls.NotSent as error:
            raise self._unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise InDoubt(Message(_UNCLEAR, title=self.title), words=str(error), cause=Cause.NO_ANSWER) from None
        return await self._accepted(request, reply)

    async def _accepted(self, request: Request, reply: calls.Reply) -> Snapshot:
        """Interpret the answer to a submit: an id that the provider chose means acceptance, whatever else it says."""
        document, account = self.document, self._account
        ours = requests.our_id(document, request.reference) if document.submit.is_id_ours else ""
        job, content = replies.job_of(document, await self._base(), reply, ours)
        meaning = replies.meaning_of(document, "submit", reply, content)
        if job and not (document.submit.is_id_ours and meaning):
            is_fine = 200 <= reply.status < 300
            submit = document.submit
            position = replies.place_in_queue(submit.position, content, job, submit.position_from) if is_fine else None
            progress = Progress.WAITING if is_fine else Progress.RUNNING
            return Snapshot(progress, job, position=position, raw={"answer": tidy(content, account.key)})
        words = replies.words_of(document, reply, content, account.key)
        if meaning:
            suggestion = replies.suggestion_of(meaning, content, account.key)
            raise self._error(meaning, reply, words, suggestion=suggestion, at_submit=True)
        cause = Cause.NO_ANSWER if reply.status >= 500 or content is None else Cause.UNUSABLE
        raise InDoubt(Message(_UNCLEAR, title=self.title), words=words, cause=cause)

    async def poll(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask the steps in order until one knows the job; with several, it may have moved on in between: ask again."""
        for _attempt in range(2 if len(self.document.poll) > 1 else 1):
            for step in self.document.poll:
                if snapshot := await self._ask(step, provider_job_id, http):
                    return snapshot
        return None

    async def _ask(self, step: Step, job: str, http: httpx.AsyncClient) -> Snapshot | None:
        document, key = self.document, self._account.key
        reply = await self._call(step, job, http)
        content = replies.content_of(reply, step.parse)
        if meaning := replies.meaning_of(document, "poll", reply, content):
            return self._job_error(meaning, reply, replies.words_of(document, reply, content, key, step.words), job)
        try:
            reading = replies.read_step(document, step, reply, job)
            if reading.state == replies.ABSENT:
                return None
            snapshot = replies.snapshot_of(document, step, reading, job, key, reply)
            if snapshot.progress != Progress.COMPLETED:
                return snapshot
            if document.fetch:
                return await self._fetch(snapshot, http)
            outputs = replies.outputs_of(document, await self._base(), reading.content, job)
            return replace(snapshot, outputs=outputs)
        except replies.Unusable as error:
            raise self._unusable(reply, str(error)) from None

    async def _fetch(self, done: Snapshot, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask for the files of a completed job."""
        document, key, job = self.document, self._account.key, done.provider_job_id
        fetch = document.fetch
        assert fetch is not None
        reply = await self._call(fetch, job, http)
        content = replies.content_of(reply, fetch.parse)
        words = replies.words_of(document, reply, content, key, fetch.words)
        if error := replies.meaning_of(document, "fetch", reply, content):
            return self._job_error(error, reply, words, job)
        if not 200 <= reply.status < 300 or content is None:
            raise self._unusable(reply)
        raw = {**done.raw, "files": tidy(content, key)}
        cost = replies.cost_in(fetch, content, job)
        if fetch.failed_if and read_path(fetch.failed_if).first(content, job):
            return replace(done, progress=Progress.FAILED, error=words, raw=raw, cost=cost)
        outputs = replies.outputs_of(document, await self._base(), content, job)
        return replace(done, outputs=outputs, raw=raw, cost=cost if cost is not None else done.cost)

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        """Look up the job under our own id, where the provider takes one.

        Raises:
            Rejected: it is not there, and by what the connector says, it would be by now.
        """
        rule = self.document.find
        if rule is None:
            return None
        ours = requests.our_id(self.document, request.reference)
        if rule.by == "poll":
            found = await self.poll(ours, http)
        else:
            reply = await self._call(rule, ours, http)
            content = replies.content_of(reply)
            found = None
            if error := replies.meaning_of(self.document, "find", reply, content):
                words = replies.words_of(self.document, reply, content, self._account.key)
                found = self._job_error(error, reply, words, ours)
            elif not 200 <= reply.status < 300 or content is None:
                raise self._unusable(reply)
            elif any(ours in read_path(path).all(content, ours) for path in rule.found_if):
                found = Snapshot(Progress.RUNNING, ours, raw={"answer": tidy(content, self._account.key)})
        if found:
            return replace(found, provider_job_id=ours, is_certain=True)
        if rule.absent_after_s is not None and time.time() > since + rule.absent_after_s:
            sentence = Message("{title} never received the request.", title=self.title)
            raise Rejected(join_texts(sentence, _FREE))
        return None

    @property
    def canceled_job(self) -> CanceledJob | None:
        return _CHARGES[self.document.cancel.charged] if self.document.cancel else None

    async def cancel(self, provider_job_id: str, http: httpx.AsyncClient) -> bool:
        rule = self.document.cancel
        if rule is None:
            return False
        for call in rule.calls:
            reply = await self._call(call, provider_job_id, http)
            content = replies.content_of(reply)
            is_refused = replies.meaning_of(self.document, "cancel", reply, content)
            accepts = not rule.accepted_if or read_path(rule.accepted_if).first(content)
            if 200 <= reply.status < 300 and accepts and not is_refused:
                return True
        return False

    # --- the account ---

    def access(self, url: str) -> FileAccess:
        """Let files at the account's own address come from the private network, and with the key if they need it."""
        base = self._account.base_url.strip().rstrip("/") or self.document.base
        is_own = bool(base) and url.startswith(base + "/")
        if not is_own and not (self.document.outputs.send_key and requests.may_reach(self.document, base, url)):
            return FileAccess()
        headers = self._key_header() if self.document.outputs.send_key else {}
        return FileAccess(headers=headers, private_ok=is_own and self.document.is_private)

    async def test(self, http: httpx.AsyncClient) -> str:
        """Return a sentence for the operator; a connector may have no free call that tells more than that."""
        if self.document.test is None:
            return Message(
                "{title} is set up. It has no free call, so only a generation can test it.", title=self.title
            )
        reply = await self._call(self.document.test, "", http)
        content = replies.content_of(reply)
        if error := replies.meaning_of(self.document, "poll", reply, content):
            raise self._error(error, reply, replies.words_of(self.document, reply, content, self._account.key))
        if not 200 <= reply.status < 300:
            raise self._unusable(reply)
        return Message("{title} answers.", title=self.title)

    # --- calls ---

    def _model_of(self, request: Request) -> Model:
        model = self._models.get(request.model)
        if model is None:
            sentence = Message("{title} no longer offers this model here.", title=self.title)
            raise Rejected(join_texts(sentence, _FREE))
        return model

    def _submit_values(self, request: Request) -> dict[str, Any]:
        return requests.values_of(self.document, self._model_of(request), request)

    async def _base(self) -> str:
        account, document = self._account, self.document
        if document.is_private:
            return await asyncio.to_thread(own_server.address_of, account.base_url or document.base, self.title)
        return calls.base_url(account, document.base, self.title)

    async def _prepare(self, call: Call, values: dict[str, Any]) -> Prepared:
        try:
            return requests.build_request(self.document, call, await self._base(), values)
        except requests.HostNotAllowed as error:
            sentence = Message("The connector for {title} does not allow the host it has to reach.", title=self.title)
            raise OperatorMustAct(sentence, words=str(error), cause=Cause.MISCONFIGURED) from None

    def _key_header(self) -> dict[str, str]:
        auth, account = self.document.auth, self._account
        if auth.key == "none" or (auth.key == "optional" and not account.key.strip()):
            return {}
        return {auth.header: auth.value.replace("{{key}}", calls.key_of(account, self.title))}

    async def _send(self, prepared: Prepared, seconds: float, http: httpx.AsyncClient) -> calls.Reply:
        return await calls.send_request(
            http,
            prepared.method,
            prepared.url,
            patience=self._account.patience,
            seconds=seconds,
            headers={**prepared.headers, **self._key_header()},
            **prepared.options,
        )

    async def _call(self, call: Call, job: str, http: httpx.AsyncClient) -> calls.Reply:
        """Make a call about a job. A failure says nothing about the job, so it is Busy."""
        values = {"id": job, "our_id": job, "our_uuid": job}
        prepared = await self._prepare(call, values)
        try:
            return await self._send(prepared, self._account.patience.poll, http)
        except calls.NotSent as error:
            raise self._unreachable(error.why) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            sentence = Message("{title} did not answer. The studio will ask again automatically.", title=self.title)
            raise Busy(sentence, words=str(error), retry_after=10.0, cause=cause) from None

    # --- errors ---

    def _unreachable(self, reason: str) -> Busy:
        sentence = Message("{title} could not be reached: {reason}.", title=self.title, reason=reason)
        nothing_sent = _("The studio will try again automatically.")
        return Busy(join_texts(sentence, nothing_sent), words=reason, retry_after=10.0, cause=Cause.UNREACHABLE)

    def _unusable(self, reply: calls.Reply, words: str = "") -> Busy:
        words = words or f"HTTP {reply.status}: {plain(reply.text, self._account.key)[:500]}"
        sentence = Message("{title} gives no usable answer about this job.", title=self.title)
        cause = calls.cause_of(reply.status)
        return Busy(sentence, words=words, retry_after=calls.retry_after(reply.headers, 10.0), cause=cause)

    def _job_error(self, error: Error, reply: calls.Reply, words: str, job: str) -> Snapshot | None:
        """Return what an error says about an accepted job, or raise it if it says nothing."""
        if error.meaning in ("rejected", "failed"):
            return Snapshot(Progress.FAILED, job, error=words, raw={"status": reply.status})
        if error.meaning == "unknown":
            return None
        if error.meaning == "in_doubt":
            raise self._unusable(reply, words)
        raise self._error(error, reply, words)

    def _error(
        self,
        error: Error,
        reply: calls.Reply,
        words: str,
        *,
        suggestion: Mapping[str, str] | None = None,
        at_submit: bool = False,
    ) -> ProviderError:
        title = self.title
        match error.meaning:
            case "rejected":
                sentence = join_texts(Message("{title} rejected the request.", title=title), _FREE)
                return Rejected(sentence, words=words, suggestion=suggestion)
            case "failed":
                return Failed(join_texts(Message("{title} could not make this.", title=title), _FREE), words=words)
            case "operator":
                sentence = Message("{title} did not accept the studio’s account or its settings.", title=title)
                return OperatorMustAct(sentence, words=words, cause=Cause(error.cause or Cause.MISCONFIGURED))
            case "busy":
                wait = calls.retry_after(reply.headers, 30.0)
                sentence = Message(
                    "{title} has no capacity right now. The studio will try again automatically.", title=title
                )
                return Busy(sentence, words=words, retry_after=wait)
        if at_submit:
            return InDoubt(Message(_UNCLEAR, title=title), words=words, cause=calls.cause_of(reply.status))
        return self._unusable(reply, words)
