"""The one way the workflow says no to a person."""


class Refused(Exception):
    """Something asked for cannot be done; nothing was changed.

    `sentence` is for the person; `field` names the part of the form it is about, when it is about one.
    """

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
