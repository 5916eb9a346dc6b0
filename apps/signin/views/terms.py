"""/account/terms: what the organisation asks people to accept before they go on, and what they accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.origin import origin_of
from apps.signin.forms import AcceptanceForm
from apps.signin.ports import Destination, destination_behind
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required
from apps.signin.way_back import is_on_this_site, safe_next
from apps.terms.selectors import accepted_at, readable_version, version_in_force
from apps.terms.services.acceptance import accept_terms

if TYPE_CHECKING:
    from apps.terms.models import TermsVersion


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def terms(request: HttpRequest, current: SignedIn) -> HttpResponse:
    if request.method == "POST":
        return _accept(request, current)
    target = request.GET.get("next", "")
    # Nothing where it was withdrawn at this moment: then there is nothing to accept.
    version = version_in_force(current.terms_to_accept) if current.terms_to_accept else None
    if version is None:
        return redirect(safe_next(target))
    destination = _destination(target)
    # Browsers hold the whole chain of redirects after a form to its page's form-action.
    request.form_action_origins = destination.form_action_origins  # type: ignore[attr-defined]
    wording = version.wording_for(_language(request, version))
    initial = {"version": version.pk, "language": wording.language, "next": target}
    context = {
        **_text(version, wording.language),
        "form": AcceptanceForm(initial=initial),
        "person": current.user,
        "application": destination.application,
        "next": target,
    }
    return render(request, "signin/terms.html", context)


def _accept(request: HttpRequest, current: SignedIn) -> HttpResponse:
    form = AcceptanceForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The form was not filled in on the page of the terms.")
    target = form.cleaned_data["next"]
    accept_terms(
        user=current.user,
        version_id=form.cleaned_data["version"],
        language=form.cleaned_data["language"],
        application=_destination(target).application,
        session_id=str(current.session.pk),
        origin=origin_of(request),
        now=timezone.now(),
    )
    # What else is in force, or came into force meanwhile, is asked on the way.
    return redirect(safe_next(target))


@never_cache
@require_safe
@sign_in_required
def terms_version(request: HttpRequest, current: SignedIn, version_id: UUID) -> HttpResponse:
    """The words of a version, to be read again."""
    version = readable_version(version_id=version_id, user=current.user)
    if version is None:
        raise Http404
    context = {
        **_text(version, _language(request, version)),
        "person": current.user,
        "accepted_at": accepted_at(user=current.user, version=version),
    }
    return render(request, "signin/terms_version.html", context)


def _destination(target: str) -> Destination:
    return destination_behind.get()(target) if is_on_this_site(target) else Destination()


def _language(request: HttpRequest, version: TermsVersion) -> str:
    """That which the reader chose on the page, else that of all pages."""
    chosen = request.GET.get("language", "")
    return chosen if chosen in version.languages else translation.get_language() or ""


def _text(version: TermsVersion, language: str) -> dict[str, object]:
    wording = version.wording_for(language)
    names = dict(settings.LANGUAGES)
    others = [(one, names.get(one, one)) for one in version.languages if one != wording.language]
    return {"version": version, "wording": wording, "others": others}
