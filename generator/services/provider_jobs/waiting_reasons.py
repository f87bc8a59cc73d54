"""Reasons why remote work waits: a code for programs, a message for people, and the time of the next attempt.

A reason of one generation is stored in its row (`wait_reason`, a `providers.errors.Cause` or a code of `Reason`). A
reason of a whole provider or model is read from the account, the catalog or the price list.
"""

import datetime as dt
import enum
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generator.models import Generation, MusicModel, Price, State
from generator.providers.base import Provider
from generator.services.connectors import pinning
from generator.services.errors import NOT_CHARGED
from generator.services.provider_jobs import catalog
from generator.translation import translate


class Reason(enum.StrEnum):
    """Codes in addition to those of `Cause`."""

    BUSY = "busy"  # the provider requested a later attempt
    UNKNOWN_JOB = "unknown_job"  # accepted, but the provider does not know it, or no longer does
    AMBIGUOUS = "ambiguous"  # the job in the provider's list may belong to another generation
    RESTING = "provider_resting"  # after failures
    PRICE_CHANGED = "price_changed"
    FILE_UNAVAILABLE = "file_unavailable"  # made, but its file cannot be downloaded
    SWITCHED_OFF = "switched_off"
    NOT_INSTALLED = "not_installed"
    NO_KEY = "no_key"


MIN_REPORTED_ATTEMPTS = 2  # download attempts before a wait is shown; a single failure is not


@dataclass(frozen=True)
class Wait:
    code: str
    sentence: str
    until: dt.datetime | None  # time of the next attempt; None: after a person has acted

    @property
    def in_words(self) -> str:
        """Return the sentence with the time of the next attempt."""
        if self.until is None:
            return self.sentence
        return _("{reason} Next attempt: {time}.").format(reason=self.sentence, time=retry_time(self.until))


def retry_time(moment: dt.datetime) -> str:
    """Return a moment relative to now: "in 12 s", "in about 9 min"."""
    seconds = (moment - timezone.now()).total_seconds()
    if seconds < 2:
        return _("now")
    if seconds < 90:
        return _("in {seconds} s").format(seconds=round(seconds))
    if seconds < 5400:
        return _("in about {minutes} min").format(minutes=round(seconds / 60))
    return _("in about {hours} hr").format(hours=round(seconds / 3600))


_HALTED = {
    "key_refused": gettext_noop("{provider} does not accept the studio’s key."),
    "no_credit": gettext_noop("The studio’s credit with {provider} is used up."),
    "not_allowed": gettext_noop("The studio’s key for {provider} does not have permission for this request."),
    "misconfigured": gettext_noop("The studio’s settings for {provider} are incorrect."),
}


def _held_back(problem: str) -> str:
    """Return a sentence with the fact that nothing was sent, for a wait that ends without the administrator."""
    return _("{problem} Nothing was sent, and you were not charged.").format(problem=problem)


def _for_admin(problem: str) -> str:
    """Return a sentence with the facts about a wait that the administrator has to end."""
    sentence = _(
        "{problem} The request waits until an administrator fixes the problem. Nothing was sent, "
        "and you were not charged."
    )
    return sentence.format(problem=problem)


def reason_for(generation: Generation) -> Wait | None:
    """Return a generation's unusual wait; None for local work or normal progress."""
    state = generation.state
    if state == State.COLLECTING and not is_local(generation):
        return _of_the_files(generation)
    if state not in (State.QUEUED, State.RUNNING, State.IN_DOUBT) or is_local(generation):
        return None
    if isinstance(reason := provider_of(generation), Reason):
        return Wait(reason, _unavailable_sentence(generation, reason), None)
    queued = state == State.QUEUED
    if queued and (wait := _of_the_account(generation)):
        return wait
    if not generation.wait_reason:
        return None
    return Wait(generation.wait_reason, translate(generation.wait_message), generation.due_at)


def _of_the_files(generation: Generation) -> Wait | None:
    late = generation.remote_outputs.filter(attempts__gte=MIN_REPORTED_ATTEMPTS, due_at__gt=timezone.now()).exclude(
        error=""
    )
    if (delivery := late.order_by("due_at").first()) is None:
        return None
    sentence = _(
        "{provider} has finished the request, but one of the files cannot be downloaded yet. "
        "{problem} The studio keeps trying for as long as the provider keeps the file."
    )
    problem = translate(delivery.error.removesuffix(f" {NOT_CHARGED}"))
    message = sentence.format(provider=generation.model.provider.title, problem=problem)
    return Wait(Reason.FILE_UNAVAILABLE, message, delivery.due_at)


def is_local(generation: Generation) -> bool:
    """Return whether a generation is made on this machine."""
    return generation.model.provider.key in catalog.local_keys()


def provider_of(generation: Generation) -> Provider | Reason:
    """Return a generation's provider with the operator's account, or the reason why it is unavailable."""
    try:
        provider = catalog.provider_for(generation)
    except KeyError:
        return Reason.NOT_INSTALLED
    if not (catalog.is_installed(generation.model) or pinning.has_model(provider, generation.model.key)):
        return Reason.NOT_INSTALLED
    return provider if getattr(provider, "has_key", True) else Reason.NO_KEY


def _unavailable_sentence(generation: Generation, code: str) -> str:
    title = generation.model.provider.title
    if code == Reason.NO_KEY:
        problem = _("The studio has no readable key for {provider}. An administrator must enter it again.").format(
            provider=title
        )
    else:
        problem = _("{model} is no longer installed here.").format(model=generation.model.title)
    if generation.state == State.QUEUED:
        return _for_admin(problem)
    sentence = _(
        "{problem} {provider} has already accepted this request. The amount stays on hold, and the "
        "request continues once the problem is fixed."
    )
    return sentence.format(problem=problem, provider=title)


def _of_the_account(generation: Generation) -> Wait | None:
    account = generation.model.provider
    if not account.enabled:
        off = _("An administrator has turned off {provider}.").format(provider=account.title)
        return Wait(Reason.SWITCHED_OFF, _held_back(off), None)
    if account.halt_code:
        return Wait(account.halt_code, _for_admin(halted(account.title, account.halt_code)), None)
    if generation.model.quoted_at and generation.model_id in disputed_models():
        sentence = _(
            "{provider} has changed the price of {model}. The request waits until an administrator "
            "confirms the new price."
        )
        sentence = sentence.format(provider=account.title, model=generation.model.title)
        return Wait(Reason.PRICE_CHANGED, _held_back(sentence), None)
    if account.is_resting:
        if generation.wait_reason:
            return Wait(generation.wait_reason, translate(generation.wait_message), account.resting_until)
        failing = _("{provider} is not responding properly right now.").format(provider=account.title)
        return Wait(Reason.RESTING, _held_back(failing), account.resting_until)
    return None


def halted(title: str, code: str) -> str:
    """Return a sentence on why a provider is halted."""
    return _(_HALTED.get(code, _HALTED["misconfigured"])).format(provider=title)


def disputed_models() -> set[int]:
    """Return the models whose provider quotes another price than the list; they wait for a newer price row."""
    quoted = MusicModel.objects.filter(quoted_at__isnull=False).values_list("pk", "quoted_at")
    prices = {
        price.model_id: price for price in Price.objects.filter(model__quoted_at__isnull=False).newest(timezone.now())
    }
    return {pk for pk, quoted_at in quoted if quoted_at and pk in prices and quoted_at > prices[pk].created_at}
