"""Outgoing mail: all mail is sent here, with a one-line subject; a failed message does not block later ones.

Rate limits on requested mail count mailboxes, not spellings of addresses (`mailbox`).
"""

import logging
import unicodedata
from hashlib import sha256

from django.core.mail import send_mail

from generator.models.one_line import cleaned

log = logging.getLogger(__name__)
MAX_SUBJECT_CHARS = 150


def mailbox(address: str) -> str:
    """Return a hash of an address's mailbox, for rate limits: `A.B+c@Example.com` counts as `ab@example.com`.

    Where a mail provider distinguishes dots or suffixes, two people share a limit, but nothing else.
    """
    local_part, _, domain = unicodedata.normalize("NFKC", address).strip().casefold().rpartition("@")
    local_part = local_part.partition("+")[0].replace(".", "") or local_part
    return sha256(f"{local_part}@{domain.strip('.')}".encode(errors="replace")).hexdigest()


def send(subject: str, text: str, address: str) -> bool:
    """Send a mail; on failure, log the reason and return False."""
    subject = cleaned(subject)
    if len(subject) > MAX_SUBJECT_CHARS:
        subject = f"{subject[: MAX_SUBJECT_CHARS - 1]}…"
    try:
        send_mail(subject, text, None, [address])
    except (OSError, ValueError) as error:  # smtplib raises OSErrors; an invalid header is a ValueError
        log.warning("the mail to %s could not be sent: %s", cleaned(address), error)
        return False
    return True
