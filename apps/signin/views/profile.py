"""/account/profile: what Gatehouse knows about the person, and the little of it that they set themselves."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.access.selectors import roles_held
from apps.core.origin import origin_of
from apps.directory.selectors import language_of, person
from apps.directory.selectors.attributes import own_attributes
from apps.directory.selectors.groups import groups_of
from apps.directory.selectors.links import awaited_address
from apps.directory.services.preferences import PreferenceChange, Preferences, change_preferences
from apps.mail.selectors import is_mail_sent
from apps.signin.forms import PreferencesForm
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required
from apps.terms.selectors import acceptances_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def profile(request: HttpRequest, current: SignedIn) -> HttpResponse:
    user = current.user
    if request.method != "POST":
        return _page(request, current, PreferencesForm(locale=user.locale, time_zone=user.time_zone))
    form = PreferencesForm(request.POST, locale=user.locale, time_zone=user.time_zone)
    if not form.is_valid():
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    sent = form.cleaned_data
    change = change_preferences(
        user=user,
        opened=Preferences(sent["opened_locale"], sent["opened_time_zone"]),
        wanted=Preferences(sent["locale"], sent["time_zone"]),
        origin=origin_of(request),
        now=timezone.now(),
    )
    if change is PreferenceChange.OVERTAKEN:
        form = PreferencesForm(locale=user.locale, time_zone=user.time_zone)
        problem = _(
            "Your language or time zone was changed since you opened this page. This is how it is now; nothing was "
            "saved."
        )
        return _page(request, current, form, status=HTTPStatus.CONFLICT, problem=problem)
    if change is PreferenceChange.MADE:
        _say_saved(request, current)
    return redirect("signin:profile")


@require_safe
@sign_in_required
def account(request: HttpRequest, current: SignedIn) -> HttpResponse:
    return redirect("signin:profile")


def _say_saved(request: HttpRequest, current: SignedIn) -> None:
    """In the language that the next page is in."""
    changed = person(current.user.pk)
    with translation.override((changed and language_of(changed)) or translation.get_language()):
        messages.success(request, _("Saved."))


def _page(
    request: HttpRequest,
    current: SignedIn,
    form: PreferencesForm,
    *,
    status: int = HTTPStatus.OK,
    problem: str = "",
) -> HttpResponse:
    attributes = own_attributes(user=current.user)
    context = {
        "form": form,
        "attributes": attributes,
        "may_change_details": any(one.is_editable for one in attributes),
        "person": current.user,
        "manager": current.user.manager,
        "groups": list(groups_of(user_id=current.user.pk).values_list("name", flat=True)),
        "roles": roles_held(user=current.user, now=timezone.now()),
        "problem": problem,
        "has_mail": is_mail_sent(),
        "acceptances": acceptances_of(user=current.user),
        "awaited": awaited_address(user_id=current.user.pk, now=timezone.now()),
    }
    return render(request, "signin/profile.html", context, status=status)
