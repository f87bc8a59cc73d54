"""What a model understood of a text, for models that can tell, and what a text asks of any model."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.composer.text.parsing.facts import read
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.understanding import Understanding
from generator.providers.base import Explaining, ModelSpec, Request, Value
from generator.providers.errors import Rejected
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.translation import translate


@dataclass(frozen=True)
class Wishes:
    """What a text asks of any model."""

    length_s: float | None
    singing: bool
    loop: bool


def understand(spec: ModelSpec, text: str, settings: Mapping[str, Value]) -> Understanding | None:
    """Return what a model understood of a text; None if it cannot tell.

    Raises:
        UserError: the model rejects the request.
    """
    provider = catalog.provider_of(spec.key)
    if not isinstance(provider, Explaining):
        return None
    try:
        return provider.understand(
            Request(spec.key, text[: spec.prompt_limit], 1, spec.formats[0], settings, "", "", "")
        )
    except Rejected as error:
        raise UserError(translate(error.sentence), code="rejected") from error


def wishes_of(text: str) -> Wishes:
    """Return what a text asks of any model, as far as words tell."""
    facts = read(text)
    lengths = (fact.number for fact in facts.lengths)
    return Wishes(next(lengths, None), bool(facts.find(Kind.VOICE)), bool(facts.find(Kind.LOOP)))
