"""Why remote work waits: a code for programs, a sentence for people, and when it goes on.

What concerns one generation is kept in its row (`wait_reason`, a `providers.errors.Cause` or a code of `Reason`); what
concerns all work of a provider or a model is read where it is kept: the account, the catalogue, the price list.
"""

import datetime as dt
import enum
from dataclasses import dataclass

from django.utils import timezone

from generator.models import Generation, MusicModel, Price, State
from generator.providers.base import Provider
from generator.workflow import catalogue


class Reason(enum.StrEnum):
    """Codes beside those of `Cause`."""

    BUSY = "busy"  # the provider asked us to come back later
    UNKNOWN_JOB = "unknown_job"  # accepted, and the provider does not know it (any more)
    AMBIGUOUS = "ambiguous"  # what is in the provider's list may be another run's
    RESTING = "provider_resting"  # after failures
    PRICE_CHANGED = "price_changed"
    FILE_UNAVAILABLE = "file_unavailable"  # made, and its file does not come
    SWITCHED_OFF = "switched_off"
    NOT_INSTALLED = "not_installed"
    NO_KEY = "no_key"


SAID_FROM = 2  # tries for a file; one that fails is not worth a word


@dataclass(frozen=True)
class Wait:
    code: str
    sentence: str
    until: dt.datetime | None  # when it is tried again; None: once somebody has acted

    @property
    def in_words(self) -> str:
        """The sentence, with when it goes on."""
        if self.until is None:
            return self.sentence
        return f"{self.sentence} The next try is {soon(self.until)}."


def soon(moment: dt.datetime) -> str:
    """When something is, from now: "in 12 s", "in about 9 min"."""
    seconds = (moment - timezone.now()).total_seconds()
    if seconds < 2:
        return "now"
    if seconds < 90:
        return f"in {round(seconds)} s"
    return f"in about {round(seconds / 60)} min" if seconds < 5400 else f"in about {round(seconds / 3600)} h"


_PAID_NOTHING = "Nothing was sent, and nothing was paid."
_HALTED = {
    "key_refused": "{} does not accept the studio’s key.",
    "no_credit": "The studio’s credit at {} is used up.",
    "not_allowed": "The studio’s key may not use this at {}.",
    "misconfigured": "The studio’s settings for {} are not right.",
}
_ADMIN = f"It waits until the administrator has mended that. {_PAID_NOTHING}"


def of(generation: Generation) -> Wait | None:
    """What a generation waits for besides its turn or its maker; None for local work, and when all is as usual."""
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
    return Wait(generation.wait_reason, generation.wait_sentence, generation.due_at)


def _of_the_files(generation: Generation) -> Wait | None:
    late = generation.deliveries.filter(attempts__gte=SAID_FROM, due_at__gt=timezone.now()).exclude(error="")
    if (delivery := late.order_by("due_at").first()) is None:
        return None
    made = f"{generation.model.provider.title} has made this, but a file of it does not come."
    why = delivery.error.removesuffix(" It cost nothing.")
    said = f"{made} {why} The studio goes on asking for as long as the file can be there."
    return Wait(Reason.FILE_UNAVAILABLE, said, delivery.due_at)


def is_local(generation: Generation) -> bool:
    """Whether it is made on this machine."""
    return generation.model.provider.key in catalogue.local_keys()


def provider_of(generation: Generation) -> Provider | Reason:
    """The provider of a generation with the operator's account, or why it cannot be asked at all."""
    key = generation.model.key
    if catalogue.spec_of(key) is None and catalogue.action_of(key) is None:
        return Reason.NOT_INSTALLED
    try:
        provider = catalogue.provider_for(generation)
    except KeyError:
        return Reason.NOT_INSTALLED
    return provider if getattr(provider, "has_key", True) else Reason.NO_KEY


def _unavailable_sentence(generation: Generation, code: str) -> str:
    title = generation.model.provider.title
    if code == Reason.NO_KEY:
        what = f"The studio has no key for {title} that it can read."
    else:
        what = f"{generation.model.title} is not among what is installed here any more."
    if generation.state == State.QUEUED:
        return f"{what} {_ADMIN}"
    return f"{what} {title} has accepted this: it waits, with its hold, and goes on once that is mended."


def _of_the_account(generation: Generation) -> Wait | None:
    account = generation.model.provider
    if not account.enabled:
        return Wait(Reason.SWITCHED_OFF, f"{account.title} is switched off by the administrator. {_PAID_NOTHING}", None)
    if account.halt_code:
        return Wait(account.halt_code, f"{halted(account.title, account.halt_code)} {_ADMIN}", None)
    if generation.model.quoted_at and generation.model_id in disputed_models():
        what = f"{account.title} asks another price for {generation.model.title} than before."
        return Wait(
            Reason.PRICE_CHANGED, f"{what} It waits until the administrator has confirmed it. {_PAID_NOTHING}", None
        )
    if account.is_resting:
        if generation.wait_reason:
            return Wait(generation.wait_reason, generation.wait_sentence, account.resting_until)
        said = f"{account.title} is not answering properly just now. {_PAID_NOTHING}"
        return Wait(Reason.RESTING, said, account.resting_until)
    return None


def halted(title: str, code: str) -> str:
    """What a halted provider's trouble is, in a sentence."""
    return _HALTED.get(code, _HALTED["misconfigured"]).format(title)


def disputed_models() -> set[int]:
    """The models whose provider asks another price than the list: they rest until a newer price row is there."""
    quoted = MusicModel.objects.filter(quoted_at__isnull=False).values_list("pk", "quoted_at")
    prices = {
        price.model_id: price for price in Price.objects.filter(model__quoted_at__isnull=False).newest(timezone.now())
    }
    return {pk for pk, at in quoted if at and pk in prices and at > prices[pk].created_at}
