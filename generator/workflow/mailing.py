"""The one way out for mail: a subject of one line, and no message that keeps the next one from being sent."""

import logging

from django.core.mail import send_mail

from generator.models.one_line import cleaned

log = logging.getLogger(__name__)
MOST_SUBJECT = 150


def send(subject: str, text: str, address: str) -> bool:
    """Send a mail; False: it could not be sent, and the log says why."""
    subject = cleaned(subject)
    if len(subject) > MOST_SUBJECT:
        subject = f"{subject[: MOST_SUBJECT - 1]}…"
    try:
        send_mail(subject, text, None, [address])
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; a header that cannot be is a ValueError
        log.warning("the mail to %s could not be sent: %s", cleaned(address), error)
        return False
    return True
