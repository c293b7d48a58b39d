"""Sending mail without making the page wait for the mail server."""

import logging
from concurrent.futures import ThreadPoolExecutor
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage

from core.queries import practice_name

logger = logging.getLogger(__name__)

_postman = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def sender() -> str:
    """The practice's name with the configured address."""
    return formataddr((" ".join(practice_name().split()), settings.DEFAULT_FROM_EMAIL))


def send_soon(message: EmailMessage) -> None:
    """Send after the page has answered.

    A sign-in page must answer alike, and as fast, whether or not the address is known to us. So nobody sees a
    failure but the log; the person asks for another mail.
    """
    if settings.MAIL_IN_BACKGROUND:
        _postman.submit(_send, message)
    else:
        _send(message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception:  # every mail service has errors of its own, and this is where their thread ends
        logger.exception("A mail could not be sent: %s", message.subject)
