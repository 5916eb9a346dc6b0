"""Puts Acme Payroll together."""

from datetime import timedelta

from flask import Flask, Response

from examples.relying_party.conf import Settings
from examples.relying_party.oidc import Gatehouse
from examples.relying_party.pages import Desk, register_pages
from examples.relying_party.sessions import VaultSessionInterface
from examples.relying_party.tokens import TokenKeeper
from examples.relying_party.vault import Vault, derive_key, load_or_make_key


def create_app(settings: Settings) -> Flask:
    app = Flask(__name__, static_url_path="/static")
    app.config.update(MAX_CONTENT_LENGTH=64 * 1024, SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1))
    key = load_or_make_key(settings.data_dir / "payroll.key")
    vault = Vault(path=settings.data_dir / "payroll.sqlite3", key=key)
    app.session_interface = VaultSessionInterface(
        vault=vault, key=derive_key(key, purpose="session cookie"), is_secure=settings.is_secure
    )
    headers = _security_headers(settings)
    gatehouse = Gatehouse(app, settings)
    register_pages(
        app, Desk(settings=settings, gatehouse=gatehouse, keeper=TokenKeeper(vault=vault, renewer=gatehouse))
    )

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        response.headers.update(headers)
        if not response.cache_control.public:
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _security_headers(settings: Settings) -> dict[str, str]:
    # Browsers hold the redirects after a form to form-action too, and signing out ends at Gatehouse.
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {settings.issuer}"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not no-referrer: that would also blank the Origin header by which forms are recognised as our own.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
