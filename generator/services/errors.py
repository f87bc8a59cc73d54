"""Errors of the services that are shown to users.

`code` names the situation: the same situation has the same code everywhere, whatever the sentence.

    input        required, invalid, invalid_name, invalid_choice, invalid_number, invalid_duration, invalid_date,
                 invalid_amount, needs_confirmation, invalid_url, invalid_text, out_of_range, too_long, too_large,
                 empty_file, excluded_word, conflicting_words, unchanged, all_muted, nothing_selected
    limits       limit_reached, rate_limited, budget_exceeded, suspended
    models       model_unavailable, model_not_allowed, action_unavailable, unsupported_format, unsupported_use, rejected
    requests     form_expired, key_reused, price_changed, no_api_key
    state        not_finished, already_finished, already_settled, already_answered, already_requested,
                 already_suspended, already_picked, already_exists, already_owner, already_closed, not_sent
    people       not_permitted, not_a_member, last_owner, personal_project, invitation_expired, wrong_address,
                 unverified_address
    tracks       not_found, in_trash, private_track, approved, blind_comparison, not_composed_here, silent_track,
                 composed_earlier, other_samples, project_adds_words, rendition_failed, source_gone
    references   not_ready, not_uploaded, not_registered, reference_unusable, too_short
    months       month_not_over, nothing_booked, earlier_month_open, issues_open, ledger_differs
"""

from generator.messages import gettext_noop

NOT_CHARGED = gettext_noop("You were not charged.")  # the end of a stored sentence about a generation that failed
_COST_PHRASES = ("charged", "cost nothing")  # in stored sentences that say what a generation cost


def states_cost(sentence: str) -> bool:
    """Return whether a stored sentence about a generation says what it cost, so that it need not be said again."""
    return any(phrase in sentence for phrase in _COST_PHRASES)


class UserError(Exception):
    """A request that cannot be carried out; nothing was changed.

    `sentence` is the message for the user, `code` the situation for programs and tests. `field` names the form field
    that it concerns, if any.
    """

    status = 422  # HTTP status of the response
    code: str = "invalid"

    def __init__(self, sentence: str, field: str | None = None, *, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        if code:
            self.code = code


class KeyReused(UserError):
    """An idempotency key was sent again with a different request."""

    status = 409
    code = "key_reused"


class PriceChanged(UserError):
    """The price differs from the one that the request was made at."""

    status = 409
    code = "price_changed"
