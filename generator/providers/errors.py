"""What can go wrong at a provider, and what it means for the money.

    ProviderError
    ├── Rejected        not accepted, nothing charged; asking again unchanged will not help
    ├── Busy            not accepted, nothing charged; try again after `retry_after` seconds
    ├── OperatorMustAct not accepted: the key is wrong or the credit is gone; a person at the studio has to act
    │   └── PriceChanged    nothing was sent: the provider now asks another price than the studio's list
    ├── Failed          accepted, then failed; nothing is charged here, their refund may come later
    └── InDoubt         sent, no answer: may exist and may be billed; never sent again by itself

    WebhookRefused      a delivery that cannot be believed: answer it with HTTP 400 and do nothing else

Each ProviderError carries a plain sentence for the person who asked (`sentence`) and the provider's own words
(`words`), which the pages show one click away. `cause` says more where the class does not say enough.
"""

import enum


class Cause(enum.StrEnum):
    """What is behind an error, as a code; it also says why a generation waits."""

    NONE = ""  # the class says it all
    UNREACHABLE = "unreachable"  # no connection could be made, so nothing was sent
    NO_ANSWER = "no_answer"  # a time-out, a broken connection, a server error: it speaks of the service
    UNUSABLE = "unusable_answer"  # an answer that says nothing about this one job
    KEY_REFUSED = "key_refused"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED = "not_allowed"  # the key is known, and may not do this
    MISCONFIGURED = "misconfigured"  # an address, a path or a field of the account is wrong


class ProviderError(Exception):
    """Base of everything a provider may raise."""

    code = "error"

    def __init__(self, sentence: str, *, words: str = "", cause: Cause = Cause.NONE) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words[:2000]
        self.cause = cause


class Rejected(ProviderError):
    code = "rejected"


class Busy(ProviderError):
    code = "busy"

    def __init__(self, sentence: str, *, words: str = "", retry_after: float = 30.0, cause: Cause = Cause.NONE) -> None:
        super().__init__(sentence, words=words, cause=cause)
        self.retry_after = retry_after


class OperatorMustAct(ProviderError):
    code = "operator"


class PriceChanged(OperatorMustAct):
    """`theirs` and `ours` are micro-dollars for the whole request."""

    def __init__(self, sentence: str, *, theirs: int, ours: int, words: str = "") -> None:
        super().__init__(sentence, words=words)
        self.theirs = theirs
        self.ours = ours


class Failed(ProviderError):
    code = "failed"


class InDoubt(ProviderError):
    code = "in_doubt"


class WebhookRefused(Exception):
    """Its text says what did not hold, for the log; it never holds a secret."""
