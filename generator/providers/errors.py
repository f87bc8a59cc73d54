"""Provider errors, and what each one means for the money.

    ProviderError
    ├── Rejected        not accepted, nothing charged; an unchanged retry will not help
    ├── Busy            not accepted, nothing charged; retry after `retry_after` seconds
    ├── OperatorMustAct not accepted: invalid key or no credit left; the studio's operator has to act
    │   └── PriceChanged    nothing was sent: the provider's price differs from the studio's price list
    ├── Failed          accepted, then failed; nothing is charged here, the provider's refund may come later
    └── InDoubt         sent, no answer: may exist and may be billed; never resent automatically

    WebhookRefused      a delivery that fails verification: answer it with HTTP 400 and do nothing else

Each ProviderError carries a plain sentence for the user (`sentence`) and the provider's own message (`words`), which
the pages show one click away. `cause` adds detail where the class is not enough.
"""

import enum
from collections.abc import Mapping


class Cause(enum.StrEnum):
    """The cause of an error, as a code; it also says why a generation is waiting."""

    NONE = ""  # the class is enough
    UNREACHABLE = "unreachable"  # no connection could be made, so nothing was sent
    NO_ANSWER = "no_answer"  # a timeout, a broken connection, a server error: a sign of a problem with the service
    UNUSABLE = "unusable_answer"  # a reply that contains nothing about this job
    KEY_REFUSED = "key_refused"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED = "not_allowed"  # the key is valid but lacks the permission
    MISCONFIGURED = "misconfigured"  # an address, a path or a field of the account is wrong


class ProviderError(Exception):
    """Base class of all errors that a provider may raise."""

    code = "error"

    def __init__(self, sentence: str, *, words: str = "", cause: Cause = Cause.NONE) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words[:2000]
        self.cause = cause


class Rejected(ProviderError):
    """`suggestion`: what the provider proposes instead, as values of the form: `text`, or a field's name."""

    code = "rejected"

    def __init__(
        self, sentence: str, *, words: str = "", cause: Cause = Cause.NONE, suggestion: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence, words=words, cause=cause)
        self.suggestion = dict(suggestion or {})


class Busy(ProviderError):
    code = "busy"

    def __init__(self, sentence: str, *, words: str = "", retry_after: float = 30.0, cause: Cause = Cause.NONE) -> None:
        super().__init__(sentence, words=words, cause=cause)
        self.retry_after = retry_after


class OperatorMustAct(ProviderError):
    code = "operator"


class PriceChanged(OperatorMustAct):
    """The quote differs from the hold; `theirs` and `ours` are micro-dollars for the whole request."""

    def __init__(self, sentence: str, *, theirs: int, ours: int, words: str = "") -> None:
        super().__init__(sentence, words=words)
        self.theirs = theirs
        self.ours = ours


class Failed(ProviderError):
    code = "failed"


class InDoubt(ProviderError):
    code = "in_doubt"


class WebhookRefused(Exception):
    """Verification failed. The message says why, for the log, and never contains a secret."""
