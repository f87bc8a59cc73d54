"""The one way the workflow says no to a person."""


class Refused(Exception):
    """Something asked for cannot be done; nothing was changed.

    `sentence` is for the person; `field` names the part of the form it is about, when it is about one.
    """

    status = 422  # of the answer over HTTP

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class KeyReused(Refused):
    """An idempotency key came with another request than the first time."""

    status = 409


class PriceChanged(Refused):
    """The price is not the one that the request was made at."""

    status = 409
