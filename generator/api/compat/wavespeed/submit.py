"""POST /api/v3/<model path>: a body in WaveSpeed's words becomes a generation of the studio, once.

path ─► contract ─► asking ─► the model that answers: its own, or the key's model override ─► generation.submit
                         └──► actions: create-upload-id, stem-song                  ─► provider_actions
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import transaction

from generator import permissions
from generator.api import auth, idempotency
from generator.api.compat.wavespeed import media, model_schemas, request_parser
from generator.api.compat.wavespeed.endpoint import Call, Problem
from generator.api.compat.wavespeed.files import wait_until_read
from generator.api.compat.wavespeed.model_schemas import DEFAULT_PURPOSE, Contract
from generator.api.compat.wavespeed.predictions import prediction, visible
from generator.api.compat.wavespeed.request_parser import ParsedBody
from generator.api.long_polling import AccessEnded, NoFreeSlot, open_connection, worker_slot
from generator.models import ApiKey, ClientRequest, Generation, Project, Track
from generator.providers.wavespeed.models import REGISTER, STEMS
from generator.services.errors import UserError
from generator.services.generation import submit as generation_submit
from generator.services.generation.checkout import Quote
from generator.services.library import references
from generator.services.provider_jobs import catalog, provider_actions
from generator.services.webhooks import events

SYNC_TIMEOUT_S = 60.0  # as long as a proxy usually lets a request wait
SYNC_TIMEOUT_CODE = 5004  # the vendor's code for it
Submission = Callable[[], Generation]
_OUTPUT = re.compile(r"/o/([A-Za-z0-9_-]{16})~")


def submit(call: Call, path: str) -> dict[str, Any]:
    """Submit a generation. Raises Problem and UserError; in both cases nothing is kept."""
    path = path.strip("/")
    contract = model_schemas.contract_of(path, call.key)
    if contract is None:
        raise Problem(404, f"There is no model “{path[:100]}”. GET /api/v3/models lists them.")
    project = call.editable_project
    parsed = request_parser.read(contract, call.body)
    webhook = call.request.GET.get("webhook", "").strip() or parsed.webhook
    header = idempotency.header_of(call.request)
    token = idempotency.token_of(call.user, header, ["wavespeed", path, call.body])
    run = (_action_submission if contract.is_action else _generation_submission)(call, project, contract, parsed, token)
    with idempotency.lock_key(call.user, header, token), transaction.atomic():
        generation = run()
        _save_client_request(generation, path, parsed, webhook, call.base)
    if parsed.waits:
        return _wait(call, generation)
    return prediction(visible(call.user).get(pk=generation.pk), call.base, call.user)


def _save_client_request(generation: Generation, path: str, parsed: ParsedBody, webhook: str, base: str) -> None:
    """Store what was requested; if it is requested again, a hidden prediction becomes visible."""
    row, is_new = ClientRequest.objects.get_or_create(
        generation=generation, defaults={"path": path, "inputs": parsed.inputs}
    )
    if row.hidden_at:
        ClientRequest.objects.filter(pk=row.pk).update(hidden_at=None)
    if webhook and is_new:
        events.request_delivery(generation, webhook, base)


# Each of these checks its inputs first and returns what is to be done in the transaction.

# --- music ---


def model_for(key: ApiKey, contract: Contract) -> str:
    """Return the key of the model that answers a path."""
    return key.model_override if contract.is_vendors and key.model_override else contract.key


def _generation_submission(
    call: Call, project: Project, contract: Contract, parsed: ParsedBody, token: str
) -> Submission:
    key = model_for(call.key, contract)
    choice = catalog.choice(key)
    if choice is None or not choice.available:
        raise _unavailable(contract, choice.reason if choice else "")
    fields = {name: value for name, value in parsed.fields.items() if choice.spec.field(name)}
    default_format = next(iter(contract.formats), "")
    format = parsed.format or (default_format if default_format in choice.spec.formats else None)
    prefix = f"{choice.spec.title}: " if key != contract.key else ""

    def run() -> Generation:
        try:
            return auth.submit_generation(
                call.user, project, key, parsed.prompt, token, takes=parsed.takes, format=format, fields=fields
            )
        except UserError as error:
            raise _to_problem(error, generation_submit.quote(call.user, project, key, parsed.takes), prefix) from error

    return run


def _to_problem(error: UserError, quote: Quote, prefix: str) -> Problem:
    if quote.blocked_by:
        return Problem(402, error.sentence)
    return Problem(403 if quote.refusal == error.sentence else 400, prefix + error.sentence)


def _unavailable(contract: Contract, reason: str) -> Problem:
    explanation = reason or f"This studio has no account for {contract.title}."
    if contract.is_action:
        return Problem(400, f"{contract.path} is not available now. {explanation}")
    hint = "To use another model instead, use a key with a model override such as composer/studio, which is free."
    return Problem(400, f"{contract.path} is not available now. {explanation} {hint}")


# --- actions ---


def _action_submission(call: Call, project: Project, contract: Contract, parsed: ParsedBody, token: str) -> Submission:
    choice = catalog.action(contract.key)
    if choice is None or choice.reason:
        raise _unavailable(contract, choice.reason if choice else "")
    perform = _ACTIONS[contract.key](call, parsed, token)

    def run() -> Generation:
        try:
            return perform()
        except UserError as error:
            raise _to_problem(error, provider_actions.quote(call.user, project, choice), "") from error

    return run


def _registration(call: Call, parsed: ParsedBody, token: str) -> Submission:
    address = parsed.fields["audio"]
    track = _track(call, address)
    reference = references.from_track(call.user, track) if track else media.reference_at(call.user, address)
    if reference is None:
        raise Problem(400, "audio must be the URL of an upload (media/uploads) or of an output of this studio.")
    return partial(
        provider_actions.register,
        user=call.user,
        reference=wait_until_read(reference),
        provider_key=REGISTER.provider,
        purpose=parsed.fields.get("purpose") or DEFAULT_PURPOSE,
        idempotency_key=token,
    )


def _separation(call: Call, parsed: ParsedBody, token: str) -> Submission:
    track = _track(call, parsed.fields["audio"])
    if track is None:
        raise Problem(400, "audio must be the URL of an output of this studio that this key can edit.")
    settings = {name: value for name, value in parsed.fields.items() if name != "audio"}
    return partial(
        provider_actions.separate_stems,
        user=call.user,
        track=track,
        action_key=STEMS.key,
        settings=settings,
        idempotency_key=token,
    )


_ACTIONS = {REGISTER.key: _registration, STEMS.key: _separation}


def _track(call: Call, address: str) -> Track | None:
    """Return the track behind one of our own output addresses; permissions decide, so its signature is not checked."""
    match = _OUTPUT.search(address)
    return permissions.editable_tracks(call.user).kept().filter(public_id=match[1]).first() if match else None


# --- waiting ---


def _wait(call: Call, generation: Generation) -> dict[str, Any]:
    """Return the prediction when it has ended, or as it is after SYNC_TIMEOUT_S or if too many requests are waiting."""
    try:
        with (
            suppress(NoFreeSlot),
            open_connection(lambda: generation, SYNC_TIMEOUT_S, keepalive_s=None, user=call.user) as connection,
        ):
            for _ in connection:
                pass
    except AccessEnded:
        raise Problem(404, "There is no such prediction.") from None
    with worker_slot():
        result = prediction(visible(call.user).get(pk=generation.pk), call.base, call.user)
    if result["status"] in ("created", "processing"):
        error_text = "Sync mode timed out; the task continues, and its result can be requested."
        result |= {"status": "processing", "code": SYNC_TIMEOUT_CODE, "error": error_text}
    return result
