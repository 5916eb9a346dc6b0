"""A letter as the message that goes out: plain text and HTML with the same words, one recipient, no tracking."""

import re
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.mail.letter import Letter
from apps.mail.ports import Recipient

MORE_THAN_ONE_BLANK_LINE = re.compile(r"\n{3,}")
# Spec: RFC 3834 §5: nobody's out-of-office answers it.
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def build_message(letter: Letter, *, to: Recipient) -> EmailMultiAlternatives:
    """The recipient's language and time zone are in force."""
    plain = letter.in_plain_lines()
    context = {
        "letter": plain,
        "url": f"{settings.BASE_URL}{plain.button.path}" if plain.button else "",
        "base_url": settings.BASE_URL,
        "host": urlsplit(settings.BASE_URL).hostname,
    }
    message = EmailMultiAlternatives(
        subject=plain.subject,
        body=MORE_THAN_ONE_BLANK_LINE.sub("\n\n", render_to_string("mail/letter.txt", context)).strip()
        + "\n",
        to=[to.address],
        headers=HEADERS | {"Message-ID": make_msgid(domain=urlsplit(settings.BASE_URL).hostname)},
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return message
