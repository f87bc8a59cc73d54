"""POST /api/v3/<model path>: a body in WaveSpeed's words becomes a generation of the studio, once.

path ─► contract ─► asking ─► the model that answers: its own, or the key's stand-in ─► workflow.submit
                         └──► actions: create-upload-id, stem-song                  ─► workflow.actions
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import transaction

from generator import access, workflow
from generator.api import door
from generator.api.holding import Full, at_desk, hold
from generator.api.wavespeed import asking, contracts, media
from generator.api.wavespeed.asking import Asking
from generator.api.wavespeed.contracts import USUAL_PURPOSE, Contract
from generator.api.wavespeed.files import read_by_now
from generator.api.wavespeed.frame import Call, Problem
from generator.api.wavespeed.predictions import prediction, visible
from generator.models import ApiKey, Asked, Generation, Project, Track
from generator.providers.wavespeed_models import REGISTER, STEMS
from generator.workflow.order import MOST_KEY

SYNC_SECONDS = 60.0  # as long as a proxy usually lets a request wait
SYNC_ENDED = 5004  # the vendor's word for it
Press = Callable[[], Generation]
_OUTPUT = re.compile(r"/o/([A-Za-z0-9_-]{16})~")


def submit(call: Call, path: str) -> dict[str, Any]:
    """Raises Problem and Refused; nothing is left behind then."""
    path = path.strip("/")
    contract = contracts.of(path, call.key)
    if contract is None:
        raise Problem(404, f"There is no model “{path[:100]}”. GET /api/v3/models lists them.")
    project = call.workshop
    asked = asking.read(contract, call.body)
    webhook = call.request.GET.get("webhook", "").strip() or asked.webhook
    given = call.request.headers.get("idempotency-key", "").strip()
    if len(given) > MOST_KEY:
        raise Problem(400, f"Idempotency-Key has to have at most {MOST_KEY} characters.")
    once = workflow.CheckoutRequest(door.once(call.user, given), workflow.request_hash([path, call.body]))
    press = (_action if contract.is_action else _music)(call, project, contract, asked, once)
    with transaction.atomic():
        generation = press()
        _remember(generation, path, asked, webhook, call.base)
    if asked.waits:
        return _waited(call, generation)
    return prediction(visible(call.user).get(pk=generation.pk), call.base, call.user)


def _remember(generation: Generation, path: str, asked: Asking, webhook: str, base: str) -> None:
    """Keep what was asked for; asked for again, a hidden prediction is back."""
    row, is_new = Asked.objects.get_or_create(generation=generation, defaults={"path": path, "inputs": asked.inputs})
    if row.hidden_at:
        Asked.objects.filter(pk=row.pk).update(hidden_at=None)
    if webhook and is_new:
        workflow.webhooks.ask_for(generation, webhook, base)


# Each looks for what it needs first and returns what is to be done in the transaction.

# --- music ---


def model_for(key: ApiKey, contract: Contract) -> str:
    """The key of the model that answers a path."""
    return key.stand_in if contract.is_vendors and key.stand_in else contract.key


def _music(call: Call, project: Project, contract: Contract, asked: Asking, once: workflow.CheckoutRequest) -> Press:
    key = model_for(call.key, contract)
    choice = workflow.catalogue.choice(key)
    if choice is None or not choice.available:
        raise _unavailable(contract, choice.reason if choice else "")
    carried = {name: value for name, value in asked.fields.items() if choice.spec.field(name)}
    usual = next(iter(contract.formats), "")
    format = asked.format or (usual if usual in choice.spec.formats else None)
    who = f"{choice.spec.title}: " if key != contract.key else ""

    def press() -> Generation:
        try:
            return door.ask(
                call.user, project, key, asked.prompt, once, takes=asked.takes, format=format, fields=carried
            )
        except workflow.Refused as refused:
            raise _refused(refused, workflow.quote(call.user, project, key, asked.takes), who) from refused

    return press


def _refused(refused: workflow.Refused, quote: workflow.Quote, who: str) -> Problem:
    if isinstance(refused, workflow.KeyReused):
        return Problem(409, refused.sentence)
    if quote.blocked_by:
        return Problem(402, refused.sentence)
    return Problem(403 if quote.refusal == refused.sentence else 400, who + refused.sentence)


def _unavailable(contract: Contract, reason: str) -> Problem:
    why = reason or f"This studio has no account for {contract.title}."
    if contract.is_action:
        return Problem(400, f"{contract.path} cannot be asked here now. {why}")
    hint = "To have another model answer, use a key with a stand-in, such as composer/studio, which is free."
    return Problem(400, f"{contract.path} cannot be asked here now. {why} {hint}")


# --- actions ---


def _action(call: Call, project: Project, contract: Contract, asked: Asking, once: workflow.CheckoutRequest) -> Press:
    choice = workflow.catalogue.action(contract.key)
    if choice is None or choice.reason:
        raise _unavailable(contract, choice.reason if choice else "")
    perform = _ACTIONS[contract.key](call, asked, once)

    def press() -> Generation:
        try:
            return perform()
        except workflow.Refused as refused:
            raise _refused(refused, workflow.actions.quote(call.user, project, choice), "") from refused

    return press


def _register(call: Call, asked: Asking, once: workflow.CheckoutRequest) -> Press:
    address = asked.fields["audio"]
    track = _track(call, address)
    reference = workflow.references.from_track(call.user, track) if track else media.reference_at(call.user, address)
    if reference is None:
        raise Problem(400, "audio has to be the address of an upload (media/uploads) or of an output of this studio.")
    return partial(
        workflow.actions.register,
        user=call.user,
        reference=read_by_now(reference),
        provider_key=REGISTER.provider,
        purpose=asked.fields.get("purpose") or USUAL_PURPOSE,
        idempotency_key=once,
    )


def _split(call: Call, asked: Asking, once: workflow.CheckoutRequest) -> Press:
    track = _track(call, asked.fields["audio"])
    if track is None:
        raise Problem(400, "audio has to be the address of an output of this studio that this key may edit.")
    chosen = {name: value for name, value in asked.fields.items() if name != "audio"}
    return partial(
        workflow.actions.split,
        user=call.user,
        track=track,
        action_key=STEMS.key,
        settings=chosen,
        idempotency_key=once,
    )


_ACTIONS = {REGISTER.key: _register, STEMS.key: _split}


def _track(call: Call, address: str) -> Track | None:
    """The track behind one of our own output addresses; access decides, so its signature need not."""
    found = _OUTPUT.search(address)
    return access.editable_tracks(call.user).kept().filter(ref=found[1]).first() if found else None


# --- waiting ---


def _waited(call: Call, generation: Generation) -> dict[str, Any]:
    """The prediction once it has ended; after SYNC_SECONDS, or at once when too many wait already, as it is then."""
    with suppress(Full), hold(lambda: generation, SYNC_SECONDS, quiet=None) as held:
        for _ in held:
            pass
    with at_desk():
        said = prediction(visible(call.user).get(pk=generation.pk), call.base, call.user)
    if said["status"] in ("created", "processing"):
        words = "Sync mode timed out; the task goes on, and its result can be asked for."
        said |= {"status": "processing", "code": SYNC_ENDED, "error": words}
    return said
