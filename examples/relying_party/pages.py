"""The pages of Acme Payroll."""

import logging
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from examples.relying_party import words
from examples.relying_party.conf import Settings
from examples.relying_party.errors import (
    AnswerNotTrusted,
    PayslipsUnavailable,
    Problem,
    RequestRefused,
)
from examples.relying_party.oidc import Gatehouse
from examples.relying_party.payslips import Payslip, fetch_payslips
from examples.relying_party.sessions import VaultSession
from examples.relying_party.tokens import TokenKeeper, Tokens

logger = logging.getLogger("payroll.pages")
pages = Blueprint("pages", __name__)


@dataclass(frozen=True)
class Desk:
    """What the pages work with; kept in app.extensions["payroll"]."""

    settings: Settings
    gatehouse: Gatehouse
    keeper: TokenKeeper


@pages.get("/")
def home() -> str | BaseResponse:
    desk, visit = _desk(), _visit()
    if "state" in request.args:
        # Back from Gatehouse's sign-out. The address is cleaned, so that reloading says nothing false.
        if desk.gatehouse.confirm_sign_out():
            visit["has_just_signed_out"] = True
        return redirect("/")
    if desk.keeper.find(visit.name) is None:
        return render_template("welcome.html", has_just_signed_out=visit.pop("has_just_signed_out", False))
    payslips, apology = _payslips(desk, visit.name)
    tokens = desk.keeper.fresh(visit.name)
    return render_template(
        "payslips.html",
        payslips=payslips,
        apology=apology,
        person=tokens.claims | tokens.person,
        lines=words.in_plain_words(tokens),
        permissions=words.permissions(tokens),
        id_token=words.decoded(tokens.id_token),
        access_token=words.decoded(tokens.access_token) or words.shortened(tokens.access_token),
        refresh_token=words.shortened(tokens.refresh_token) if tokens.refresh_token else "none was given",
        renewals=tokens.renewals,
        are_tokens_open=request.args.get("show") == "tokens",
        expires=words.moment(tokens.expires_at, words.zone_of(tokens)),
        lines_for_developers=words.for_developers(tokens),
    )


@pages.get("/sign-in")
def sign_in() -> BaseResponse:
    """Also the address that a portal may open (OpenID Connect Core §4: iss and login_hint).

    prompt=login lets somebody else sign in, whoever is signed in at Gatehouse.
    """
    desk = _desk()
    if request.args.get("iss", desk.settings.issuer) != desk.settings.issuer:
        raise AnswerNotTrusted("asked to sign in with another issuer")
    return desk.gatehouse.redirect_to_sign_in(
        login_hint=request.args.get("login_hint", "")[:254],
        prompt="login" if request.args.get("prompt") == "login" else "",
    )


@pages.get("/callback")
def callback() -> BaseResponse:
    desk, visit = _desk(), _visit()
    tokens = desk.gatehouse.complete_sign_in(request.args)
    _forget(desk, visit)
    desk.keeper.keep(visit.name, tokens)
    logger.info("signed in subject %s", tokens.claims["sub"])
    return redirect("/")


@pages.post("/renew")
def renew() -> BaseResponse:
    """What happens by itself a minute before the access token runs out."""
    desk, visit = _desk(), _visit()
    tokens = desk.keeper.fresh(visit.name)
    desk.keeper.replace(visit.name, tokens.access_token)
    return redirect("/?show=tokens#tokens")


@pages.post("/sign-out")
def sign_out() -> BaseResponse:
    desk, visit = _desk(), _visit()
    tokens = _forget(desk, visit)
    if tokens is None:
        return redirect("/")
    desk.gatehouse.revoke(tokens)
    return desk.gatehouse.redirect_to_sign_out(id_token=tokens.id_token)


@pages.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "ok"}


@pages.before_app_request
def refuse_foreign_forms() -> None:
    """Forms of other origins are refused; the Lax cookie alone lets other ports of this host through."""
    if request.method not in {"GET", "HEAD"} and request.headers.get("Origin") != _desk().settings.public_url:
        raise RequestRefused(f"{request.method} from origin {request.headers.get('Origin')!r}")


def show_problem(problem: Problem) -> tuple[str, int]:
    logger.warning("%s: %s", type(problem).__name__, problem.detail)
    return render_template("problem.html", problem=problem), problem.status


def show_http_error(error: HTTPException) -> tuple[str, int]:
    problem = Problem()
    problem.title = "This page does not exist" if error.code == 404 else "That did not work"
    problem.message = "Check the address, or start again from the first page."
    problem.action, problem.target = "Back to Acme Payroll", "/"
    return render_template("problem.html", problem=problem), error.code or 500


def register_pages(app: Flask, desk: Desk) -> None:
    app.extensions["payroll"] = desk
    app.add_template_filter(words.money, "money")
    app.register_blueprint(pages)
    app.register_error_handler(Problem, show_problem)
    app.register_error_handler(HTTPException, show_http_error)


def _payslips(desk: Desk, visit: str) -> tuple[list[Payslip], PayslipsUnavailable | None]:
    try:
        return fetch_payslips(api_url=desk.settings.api_url, keeper=desk.keeper, session=visit), None
    except PayslipsUnavailable as problem:
        logger.warning("no payslips: %s", problem)
        return [], problem


def _forget(desk: Desk, visit: VaultSession) -> Tokens | None:
    """Ends what this browser held and gives it a new, empty session."""
    tokens = desk.keeper.drop(visit.name)
    visit.start_afresh()
    return tokens


def _desk() -> Desk:
    desk: Desk = current_app.extensions["payroll"]
    return desk


def _visit() -> VaultSession:
    """The session itself; flask.session is a stand-in that hides its type."""
    return cast("VaultSession", request_ctx.session)
