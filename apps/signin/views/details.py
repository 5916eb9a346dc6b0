"""/account/details: what people say of themselves, where the organisation lets them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.origin import origin_of
from apps.directory.selectors.attributes import own_attributes
from apps.directory.services.own_attributes import OwnChange, as_opened, change_own_attributes
from apps.signin.details_form import FIELD, DetailsForm
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required

if TYPE_CHECKING:
    from apps.directory.models import User
    from apps.directory.selectors.attributes import OwnAttribute


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def own_details(request: HttpRequest, current: SignedIn) -> HttpResponse:
    attributes = _editable(current.user)
    if not attributes:
        # The profile says whom to ask.
        return redirect("signin:profile")
    if request.method != "POST":
        return _page(request, current, _form(attributes))
    form = DetailsForm(request.POST, attributes=attributes, opened="")
    if not form.is_valid():
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    outcome = change_own_attributes(
        user=current.user,
        opened=form.cleaned_data["opened"],
        given=form.given(),
        origin=origin_of(request),
        now=timezone.now(),
    )
    if outcome.change is OwnChange.OVERTAKEN:
        problem = _("This was changed since you opened the page. This is how it is now; nothing was saved.")
        form = _form(_editable(current.user))
        return _page(request, current, form, status=HTTPStatus.CONFLICT, problem=problem)
    if outcome.change is OwnChange.REFUSED:
        for slug, why in outcome.problems.items():
            form.add_error(FIELD + slug, why)
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    if outcome.change is OwnChange.MADE:
        messages.success(request, _("Saved."))
    return redirect("signin:profile")


def _editable(user: User) -> list[OwnAttribute]:
    return [one for one in own_attributes(user=user) if one.is_editable]


def _form(attributes: Sequence[OwnAttribute]) -> DetailsForm:
    return DetailsForm(attributes=attributes, opened=as_opened(attributes))


def _page(
    request: HttpRequest,
    current: SignedIn,
    form: DetailsForm,
    *,
    status: int = HTTPStatus.OK,
    problem: str = "",
) -> HttpResponse:
    return render(
        request,
        "signin/details.html",
        {"person": current.user, "form": form, "problem": problem},
        status=status,
    )
