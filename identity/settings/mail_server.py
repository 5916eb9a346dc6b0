"""EMAIL_URL as the settings of Django's SMTP backend."""

from dataclasses import dataclass

import environ

from identity.env import MAIL_SCHEMES


@dataclass(frozen=True)
class MailServer:
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starts_tls: bool = False
    is_tls: bool = False


def mail_server(url: str) -> MailServer:
    """No host without an address, which was checked when the environment was read.

    django-environ takes smtps:// for STARTTLS; here it means what it means everywhere else.
    """
    if not url:
        return MailServer()
    scheme, _, rest = url.partition("://")
    known = "smtp+ssl" if scheme == "smtps" else scheme
    read = environ.Env.email_url_config(f"{known}://{rest}")
    return MailServer(
        host=read["EMAIL_HOST"],
        port=read["EMAIL_PORT"] or MAIL_SCHEMES[scheme],
        user=read["EMAIL_HOST_USER"] or "",
        password=read["EMAIL_HOST_PASSWORD"] or "",
        starts_tls=read.get("EMAIL_USE_TLS", False),
        is_tls=read.get("EMAIL_USE_SSL", False),
    )
