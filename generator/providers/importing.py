"""Models that an operator imports from a vendor's catalog: what it says, and what the studio makes of it.

The vendor's description is frozen when an operator accepts it (`Offer.entry`, `Offer.digest`). From then on the spec,
the request's body, and the price are made from it alone, so that a change at the vendor changes nothing here until it
is accepted too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import httpx

from generator.currency import Micros
from generator.providers.base import Configurable, ModelSpec


@dataclass(frozen=True)
class Offer:
    """One entry of a vendor's catalog. Without a `spec` it cannot be imported, and `problem` says why."""

    path: str  # the vendor's name of the model; empty: it has none that can be used
    title: str
    kind: str = ""  # the vendor's type, which is not reliable
    summary: str = ""
    spec: ModelSpec | None = None
    problem: str = ""
    price: Micros | None = None  # the amount that the formula is given; None: the studio cannot compute this price
    formula: str = ""
    doubts: tuple[str, ...] = ()  # what the operator should know before it is imported
    left_out: tuple[str, ...] = ()  # the vendor's names of fields that are not offered
    is_music: bool = False
    entry: Mapping[str, Any] = field(default_factory=dict, repr=False)
    digest: str = ""  # of everything that a request or a price depends on


@dataclass(frozen=True)
class Change:
    """A difference between two descriptions of a model, in a sentence."""

    subject: str  # price, fields
    sentence: str


@runtime_checkable
class Importing(Configurable, Protocol):
    """A provider with a catalog that models can be imported from."""

    key: str
    title: str

    async def read_catalog(self, http: httpx.AsyncClient) -> Sequence[Mapping[str, Any]]:
        """Return the entries of the account's catalog; free of charge. Raises a ProviderError."""
        ...

    def offer(self, raw: Mapping[str, Any]) -> Offer:
        """Return what the studio makes of an entry as the vendor sent it; never raises."""
        ...

    def frozen_offer(self, entry: Mapping[str, Any], checked: str = "") -> Offer:
        """Return the same of `Offer.entry`; `checked`: the ISO date on which an operator accepted it."""
        ...

    def changes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Change]:
        """Return what differs between two `Offer.entry`."""
        ...
