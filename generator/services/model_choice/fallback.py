"""Fallbacks: what a project takes when the chosen model is unavailable.

    a request       the model is down, halted, turned off, or over its provider's budget
                    offer: refused, and the form offers the next model of the order first
                    use:   the next model takes the same request, if that does not cost more than was confirmed
    queued work     the provider refused it for certain and free of charge, so that it waits for an administrator
                    offer: its card offers the next model, at its price, with one press
                    use:   the next model takes its place, once, if that does not cost more than was confirmed

A fallback is recorded with its generation (`Fallback`), in its history, and on its tracks. Candidates of comparisons
are never replaced, since that would show which model is which. What programs have queued is not replaced by itself: a
program that sees its generation fail requests it again, and would pay twice.

Money: the ended generation is settled, and the next one held, in one transaction, behind a guarded update of the state.
What if the process dies here? Either all of it is written or nothing; `follow_up_waiting` finds what still waits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.conf import settings as site
from django.db import transaction
from django.utils.translation import gettext as _

from generator import permissions
from generator.messages import Message, gettext_noop, join_texts
from generator.models import (
    BatchItem,
    Fallback,
    Generation,
    MusicModel,
    Project,
    ProjectDefaults,
    ProviderAccount,
    State,
    Suspension,
    User,
)
from generator.models.fallback import CAUSES
from generator.models.project_defaults import FallbackMode
from generator.providers.base import ModelSpec, Value
from generator.services.billing import budgets
from generator.services.billing.ledger import settle
from generator.services.errors import NOT_CHARGED, UserError
from generator.services.generation import completion, states, submit
from generator.services.generation.checkout import CheckoutRequest, Order, placed_before
from generator.services.generation.comparisons import settings_for
from generator.services.provider_jobs import catalog, waiting_reasons
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.services.team.project_defaults import defaults_of

MAX_FOLLOW_UPS = 50  # per beat
SEED = "seed"  # says nothing to another model
FORMAT_LABEL = gettext_noop("Format")


@dataclass(frozen=True)
class Problem:
    """Why a model cannot take a request now."""

    cause: str  # a key of CAUSES
    sentence: str


@dataclass(frozen=True)
class Substitute:
    """What another model makes of a request."""

    order: Order
    choice: ModelChoice
    lost: Sequence[str]  # labels of the settings that do not carry over, in English


RawFor = Callable[[ModelChoice], Mapping[str, object]]
Clean = Callable[[ModelSpec, Mapping[str, object]], dict[str, Value]]


@dataclass(frozen=True)
class Wanted:
    """A request in terms of any model.

    `raw_for` returns the values of a model's own fields. `is_strict`: an invalid one is refused, as in a form that
    shows it; otherwise it does not carry over, and that is said.
    """

    user: User
    project: Project
    text: str
    takes: int
    format: str
    raw_for: RawFor
    is_strict: bool = False


# --- is a model unavailable, and what comes next ---


def find_choice(defaults: ProjectDefaults, model_key: str) -> ModelChoice | None:
    """Return a model as it is offered; in a project with a fallback order also one whose key was refused."""
    return catalog.choice(model_key) or (catalog.refused_choice(model_key) if defaults.fallback_models else None)


def choice_of(project: Project, model_key: str) -> ModelChoice:
    """Return the same.

    Raises:
        UserError: the model is not offered.
    """
    return find_choice(defaults_of(project), model_key) or submit.choice_of(model_key)


def problem_of(user: User, project: Project, choice: ModelChoice, total: int | None) -> Problem | None:
    """Return why a model cannot take a request of this price now (micro-dollars; None: unknown); None if it can."""
    if choice.reason:
        return Problem(_cause_of(choice), choice.reason)
    provider_key = choice.model.provider.key
    if Suspension.objects.in_force().filter(provider_key=provider_key).exists():
        return Problem("suspended", _("New generations with this provider are suspended."))
    for status in budgets.statuses(user, project, provider_key) if total else ():
        if status.budget.provider_key == provider_key and total and total > status.left:
            return Problem("over_ceiling", budgets.exceeded_message(status, total))
    return None


def _cause_of(choice: ModelChoice) -> str:
    account = choice.model.provider
    if not (account.enabled and choice.model.enabled):
        return "switched_off"
    if account.halt_code:
        return account.halt_code if account.halt_code in CAUSES else "misconfigured"
    if site.STUDIO_OFFLINE and not choice.is_local:
        return "offline"
    return "provider_resting" if account.is_resting else "price_changed"


def next_choices(defaults: ProjectDefaults, model_key: str) -> list[ModelChoice]:
    """Return the available models that a project takes instead of one: those after it in the order, then the others."""
    order = defaults.fallback_models
    place = order.index(model_key) + 1 if model_key in order else 0
    keys = [key for key in (*order[place:], *order[:place]) if key != model_key]
    choices = (
        {choice.spec.key: choice for choice in project_defaults.offered(defaults, catalog.models())} if keys else {}
    )
    return [choices[key] for key in keys if key in choices and choices[key].available]


def does_use(defaults: ProjectDefaults) -> bool:
    """Return whether a project uses the next model by itself."""
    return bool(defaults.fallback_models) and defaults.fallback_mode == FallbackMode.USE


# --- the same request to another model ---


def without_references(spec: ModelSpec | None, raw: Mapping[str, object]) -> dict[str, object]:
    """Return the values of a model's fields that can mean something to another: no references, and no seed."""
    own = {field.name for field in spec.fields if field.purpose} if spec else set()
    return {name: value for name, value in raw.items() if name not in own and name != SEED}


def carry_over(wanted: Wanted, choice: ModelChoice) -> dict[str, Value]:
    """Return the values that another model accepts.

    Raises:
        UserError: the request is strict, and a value is invalid.
    """
    raw = wanted.raw_for(choice)
    return settings_for(choice.spec, raw) if wanted.is_strict else submit.valid_settings(choice.spec, raw)


def lost_labels(
    wanted: ModelSpec, raw: Mapping[str, object], taken: ModelSpec, settings: Mapping[str, Value]
) -> list[str]:
    """Return the labels, in English, of the values that were set for one model and that another does not get."""
    given = submit.valid_settings(wanted, raw)
    return [
        str(field.label)
        for field in wanted.fields
        if field.name != SEED
        and given.get(field.name) not in (None, "", False, field.default)
        and settings.get(field.name) != given[field.name]
    ]


def total_of(choice: ModelChoice, wanted: Wanted, settings: Mapping[str, Value]) -> int | None:
    """Return what a model's request costs with the project defaults; None if it has no price or is not allowed."""
    try:
        text, merged = project_defaults.apply(defaults_of(wanted.project), choice.spec, wanted.text, settings)
        return choice.total(merged, wanted.takes, text)
    except UserError:
        return None


def _order(
    wanted: Wanted,
    choice: ModelChoice,
    settings: Mapping[str, Value],
    request: CheckoutRequest,
    parent: Generation | None,
) -> Order:
    spec = choice.spec
    return submit.build_order(
        choice,
        wanted.text,
        wanted.takes,
        wanted.format if wanted.format in spec.formats else spec.formats[0],
        settings,
        user=wanted.user,
        project=wanted.project,
        idempotency_key=request,
        parent=parent,
    )


def _substitutes(
    wanted: Wanted,
    original: ModelSpec | None,
    raw: Mapping[str, object],
    model_key: str,
    request: CheckoutRequest,
    parent: Generation | None,
) -> Iterable[Substitute]:
    """Yield what the next models make of a request, those that accept it. `raw`: the values for the original model.

    Raises:
        UserError: as for `carry_over`.
    """
    for choice in next_choices(defaults_of(wanted.project), model_key):
        settings = carry_over(wanted, choice)
        try:
            order = _order(wanted, choice, settings, request, parent)
        except UserError:
            continue
        if problem_of(wanted.user, wanted.project, choice, order.total):
            continue
        lost = lost_labels(original, raw, choice.spec, settings) if original else []
        lost += [str(FORMAT_LABEL)] if order.format != wanted.format else []
        yield Substitute(order, choice, lost)


def _within(substitutes: Iterable[Substitute], ceiling: int) -> Substitute | None:
    """Return the first that does not cost more than was confirmed."""
    return next((found for found in substitutes if found.order.total <= ceiling), None)


# --- a request ---


def submit_or_fall_back(
    wanted: Wanted,
    model_key: str,
    idempotency_key: str | CheckoutRequest,
    *,
    clean: Clean = submit.clean_settings,
    parent: Generation | None = None,
) -> Generation:
    """Submit a request, or what the project uses instead if the model is unavailable; a repeated key returns the first.

    `clean` validates the values for the chosen model. The price that was confirmed is the expected one of the checkout
    request; without one it is the price of the chosen model.

    Raises:
        UserError: as for `submit`; nothing is written.
    """
    if first := placed_before(wanted.user, idempotency_key):
        return first
    request, defaults = CheckoutRequest.from_key(idempotency_key), defaults_of(wanted.project)
    chosen = find_choice(defaults, model_key) if does_use(defaults) else None
    if chosen and (found := _substitute_for(wanted, chosen, request, parent, clean)):
        substitute, problem = found
        model = chosen.model
        return submit.place_once(
            substitute.order, lambda generation: _record(generation, model, problem.cause, substitute.lost)
        )
    choice = submit.choice_of(model_key)
    return submit.submit(
        user=wanted.user,
        project=wanted.project,
        model_key=model_key,
        text=wanted.text,
        takes=wanted.takes,
        format=wanted.format,
        settings=clean(choice.spec, wanted.raw_for(choice)),
        idempotency_key=idempotency_key,
        parent=parent,
    )


def _substitute_for(
    wanted: Wanted, choice: ModelChoice, request: CheckoutRequest, parent: Generation | None, clean: Clean
) -> tuple[Substitute, Problem] | None:
    """Return what takes the place of a model, and why; None if it is available, or nothing does."""
    try:
        raw = wanted.raw_for(choice)
    except UserError:  # about a field of this model, which is not used
        raw = {}
    total = total_of(choice, wanted, submit.valid_settings(choice.spec, raw))
    ceiling = total if request.expected_price is None else request.expected_price
    problem = problem_of(wanted.user, wanted.project, choice, total)
    if problem is None or ceiling is None:
        return None
    if not wanted.is_strict:
        clean(choice.spec, raw)  # a mistake in the request is one, whichever model takes it
    unpriced = replace(request, expected_price=None)  # it is at most the confirmed one instead
    substitute = _within(_substitutes(wanted, choice.spec, raw, choice.spec.key, unpriced, parent), ceiling)
    return (substitute, problem) if substitute else None


def _record(
    generation: Generation,
    model: MusicModel,
    cause: str,
    lost: Sequence[str],
    *,
    replaces: Generation | None = None,
    actor: User | None = None,
) -> None:
    """Write why a generation uses another model; call in the transaction that creates it."""
    row = Fallback.objects.create(generation=generation, wanted=model, cause=cause, replaces=replaces, lost=list(lost))
    states.note(generation, row.message, actor=actor, data={"wanted": model.key, "cause": cause})
    if lost:
        states.note(generation, Message("Did not carry over: {settings}.", settings=", ".join(lost)))


# --- queued work ---


@dataclass(frozen=True)
class Offer:
    """The model that can take the place of a queued generation with one press, at its price in micro-dollars."""

    choice: ModelChoice
    total: int


def offer_for(generation: Generation, actor: User) -> Offer | None:
    """Return what can take the place of a generation that waits for its provider; None if nothing can."""
    if not _may_be_replaced(generation):
        return None
    found = next(iter(_replacements(generation, actor, CheckoutRequest(_key(generation)))), None)
    return Offer(found.choice, found.order.total) if found else None


def use_next(generation: Generation, actor: User, request: CheckoutRequest, *, model_key: str = "") -> Generation:
    """Let the next model, or the named one of the order, take the place of a queued generation; once, at its price.

    The expected price of `request` is compared with the price of the new generation. A repeated press returns it.

    Raises:
        UserError: the generation does not wait any longer, no other model can take it, or it is over budget.
    """
    if first := Generation.objects.filter(fallback__replaces=generation).first():
        return first
    if not _may_be_replaced(generation):
        sentence = _("This generation no longer waits for its provider, so nothing takes its place.")
        raise UserError(sentence, code="already_finished")
    keyed = replace(request, key=_key(generation))
    substitutes = _replacements(generation, actor, keyed)
    found = next((one for one in substitutes if model_key in ("", one.choice.spec.key)), None)
    if found is None:
        raise UserError(
            _("No other model of this project can take this request now."), "model", code="model_unavailable"
        )
    made = _take_over(generation, found, actor)
    if made is None:
        if first := Generation.objects.filter(fallback__replaces=generation).first():
            return first  # of a concurrent press
        raise UserError(_("This generation was sent in the meantime."), code="already_finished")
    return made


def follow_up(generation: Generation) -> Generation | None:
    """Let the next model take the place of a generation that its provider has refused, if the project says so.

    Return None if it does not, or if every other model costs more than was confirmed.
    """
    generation = _FRESH.get(pk=generation.pk)
    author = generation.author
    is_refused = bool(generation.model.provider.halt_code) and generation.key_id is None
    if not is_refused or not does_use(defaults_of(generation.project)) or not _may_be_replaced(generation):
        return None
    is_first = not Fallback.objects.filter(generation=generation).exists()
    if not is_first or not author.is_active or not permissions.can_edit(author, generation.project):
        return None
    found = _within(_replacements(generation, author, CheckoutRequest(_key(generation))), generation.price_total)
    try:
        return _take_over(generation, found) if found else None
    except UserError:  # a budget or a suspension of the author; the generation keeps its place
        return None


def follow_up_waiting() -> None:
    """Do the same for everything that waits for halted providers; cheap enough to run on every beat."""
    halted = list(ProviderAccount.objects.exclude(halt_code="").values_list("pk", flat=True))
    if not halted:
        return
    waiting = Generation.objects.filter(
        due_at__isnull=False,
        state=State.QUEUED,
        model__provider__in=halted,
        key=None,
        fallback=None,
        comparison=None,
        project__defaults__fallback_mode=FallbackMode.USE,
    )
    for generation in waiting.order_by("id")[:MAX_FOLLOW_UPS]:
        follow_up(generation)


_FRESH = Generation.objects.select_related("project", "author", "prompt", "price", "model__provider")


def _may_be_replaced(generation: Generation) -> bool:
    """Return whether a generation waits for its provider, and nothing was sent that could still be made."""
    is_plain = generation.comparison_id is None and not generation.model.is_action
    if generation.state != State.QUEUED or not is_plain or generation.cancel_requested_at:
        return False
    return waiting_reasons.reason_for(generation) is not None


def _key(generation: Generation) -> str:
    """Return the idempotency key of what takes a generation's place: always the same, and never a form's."""
    return sha256(f"fallback\n{generation.public_id}".encode()).hexdigest()


def _replacements(generation: Generation, actor: User, request: CheckoutRequest) -> Iterable[Substitute]:
    settings = dict(generation.prompt.settings)
    takes, format = settings.pop("takes"), settings.pop("format")
    original = catalog.spec_of(generation.model.key)
    others = without_references(original, settings)
    wanted = Wanted(actor, generation.project, generation.prompt.text, takes, format, lambda _choice: others)
    return _substitutes(wanted, original, settings, generation.model.key, request, generation)


def _take_over(generation: Generation, substitute: Substitute, actor: User | None = None) -> Generation | None:
    """End a queued generation and place what takes its place, both or neither; None if it was no longer queued."""
    account = generation.model.provider
    cause = account.halt_code or ("provider_resting" if account.is_resting else "no_answer")
    problem = Message(
        "{model} was used instead of {wanted}.", model=substitute.choice.spec.title, wanted=generation.model.title
    )
    with transaction.atomic():
        if not completion.replace(generation, join_texts(problem, NOT_CHARGED), actor=actor):
            return None
        settle(generation, 0, str(problem)[:300], actor)

        def record(made: Generation) -> None:
            known_cause = cause if cause in CAUSES else "misconfigured"
            _record(made, generation.model, known_cause, substitute.lost, replaces=generation, actor=actor)
            BatchItem.objects.filter(generation=generation).update(generation=made)

        return submit.place_once(substitute.order, record)
