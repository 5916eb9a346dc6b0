"""The Acme Payroll API: one protected resource and the metadata that tells clients how to get in."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from examples.resource_server.bearer import (
    IssuerUnavailable,
    Refusal,
    TokenValidator,
    authenticate,
    challenge,
)
from examples.resource_server.conf import Settings
from examples.resource_server.introspection import IntrospectionValidator
from examples.resource_server.payroll import CURRENCY, Payslip, payslips

logger = logging.getLogger("payroll_api")

SCOPE = "payroll:read"
METADATA_PATH = "/.well-known/oauth-protected-resource"


def create_app(settings: Settings, *, validators: Sequence[TokenValidator] | None = None) -> Flask:
    """`validators` are asked in order; introspection is the only one unless others are given."""
    app = Flask(__name__)
    chosen = [IntrospectionValidator(settings)] if validators is None else validators
    _add_routes(app, settings, chosen)
    _add_errors(app, settings)

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return response

    return app


def _add_routes(app: Flask, settings: Settings, validators: Sequence[TokenValidator]) -> None:
    @app.get("/")
    def describe() -> Response:
        return jsonify(
            description="The Acme Payroll API, a sample: GET /payslips with an access token of Gatehouse.",
            metadata=f"{settings.public_url}{METADATA_PATH}",
        )

    @app.get("/payslips")
    def list_payslips() -> Response:
        grant = authenticate(request.headers, validators=validators, scope=SCOPE)
        slips = payslips(subject=grant.subject, today=datetime.now(UTC).date())
        employee = {"sub": grant.subject, "username": grant.username}
        return jsonify(employee=employee, currency=CURRENCY, payslips=[_as_json(slip) for slip in slips])

    @app.get(METADATA_PATH)
    def describe_resource() -> Response:
        """Spec: RFC 9728 §2."""
        return jsonify(
            resource=settings.public_url,
            resource_name="Acme Payroll API",
            authorization_servers=[settings.issuer],
            scopes_supported=[SCOPE],
            bearer_methods_supported=["header"],
        )

    @app.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok")


def _add_errors(app: Flask, settings: Settings) -> None:
    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        response = _problem(refusal.status, refusal.message)
        response.headers["WWW-Authenticate"] = challenge(
            refusal, scope=SCOPE, metadata_url=f"{settings.public_url}{METADATA_PATH}"
        )
        return response

    @app.errorhandler(IssuerUnavailable)
    def postpone(error: IssuerUnavailable) -> Response:
        logger.warning("%s", error)
        response = _problem(503, "The access token cannot be checked right now.")
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Response:
        return _problem(error.code or 500, error.name)


def _problem(status: int, title: str) -> Response:
    """Spec: RFC 9457."""
    response = jsonify(type="about:blank", title=title, status=status)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _as_json(slip: Payslip) -> dict[str, Any]:
    return {
        "reference": slip.reference,
        "paid_on": slip.paid_on.isoformat(),
        "gross": str(slip.gross),
        "deductions": {name: str(amount) for name, amount in slip.deductions.items()},
        "net": str(slip.net),
    }
