"""What can go wrong at a provider, and what it means for the money.

    ProviderError
    ├── Rejected        not accepted, nothing charged; asking again unchanged will not help
    ├── Busy            not accepted, nothing charged; try again after `retry_after` seconds
    ├── OperatorMustAct not accepted: the key is wrong or the credit is gone; a person at the studio has to act
    ├── Failed          accepted, then failed; nothing is charged here, their refund may come later
    └── InDoubt         sent, no answer: may exist and may be billed; never sent again by itself

Each carries a plain sentence for the person who asked (`sentence`) and the provider's own words (`words`), which the
pages show one click away.
"""


class ProviderError(Exception):
    """Base of everything a provider may raise."""

    code = "error"

    def __init__(self, sentence: str, *, words: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words[:2000]


class Rejected(ProviderError):
    code = "rejected"


class Busy(ProviderError):
    code = "busy"

    def __init__(self, sentence: str, *, words: str = "", retry_after: float = 30.0) -> None:
        super().__init__(sentence, words=words)
        self.retry_after = retry_after


class OperatorMustAct(ProviderError):
    code = "operator"


class Failed(ProviderError):
    code = "failed"


class InDoubt(ProviderError):
    code = "in_doubt"
