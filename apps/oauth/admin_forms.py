"""The form for clients: every combination that it accepts is a safe one."""

from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from apps.core.api.scopes import api_scopes, may_give
from apps.oauth.models import Client, Scope
from apps.oauth.services.clients import (
    CODE_KINDS,
    NEEDS_ONE,
    PUBLIC_KINDS,
    conform_to_kind,
    problem_with_redirect_uri,
)
from apps.oauth.standard_scopes import STANDARD_SCOPES

URI_FIELDS = ("redirect_uris", "post_logout_redirect_uris")
LONGEST_QUOTED = 120
PROBLEMS_NAMED = 10

# Also for those who only read the page: Django has no form fields for them.
LABELS = {
    "redirect_uris": gettext_lazy("Redirect URIs"),
    "post_logout_redirect_uris": gettext_lazy("Redirect URIs after sign-out"),
    "scopes": gettext_lazy("Allowed scopes"),
    "skip_authorization": gettext_lazy("Skip the consent page"),
}
HELP_TEXTS = {
    "redirect_uris": gettext_lazy(
        "Where people return to after they have signed in, one a line, compared character by character. "
        "If the application sends another one, its users see an error and cannot sign in. A service needs none."
    ),
    "post_logout_redirect_uris": gettext_lazy(
        "One a line. Without them people stay on our page after they have signed out."
    ),
    "scopes": gettext_lazy("A request for anything else is refused. OpenID Connect needs openid."),
    "name": gettext_lazy("People read it when they sign in and when they are asked for consent."),
    "kind": gettext_lazy(
        "Decides how the client proves itself and cannot be changed later. Browser and mobile applications "
        "cannot keep a secret, so they get none."
    ),
    "algorithm": gettext_lazy("An application that expects another one refuses our ID tokens."),
    "skip_authorization": gettext_lazy(
        "People are not asked whether they allow it. Only for applications of your own organisation."
    ),
}


def _lines(name: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        label=LABELS[name],
        help_text=HELP_TEXTS[name],
    )


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    # Or only those of OpenID Connect, which stand for no application.
    offers_all_scopes = False
    acting: Any = None

    redirect_uris = _lines("redirect_uris")
    post_logout_redirect_uris = _lines("post_logout_redirect_uris")
    scopes = forms.MultipleChoiceField(
        label=LABELS["scopes"],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=HELP_TEXTS["scopes"],
    )

    class Meta:
        model = Client
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        help_texts = HELP_TEXTS
        labels = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" not in self.fields:
            return  # the page is only read
        self.fields["name"].required = True
        given = self.instance.scopes.split()
        choices: list[Any] = [*_scope_choices(given, self.offers_all_scopes)]
        if of_api := _api_scope_choices(given, self.acting):
            choices.append((_("Administers Gatehouse, with the rights of whoever allows it"), of_api))
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]  # it has choices
        self.initial["scopes"] = given
        signs_in = self.instance.kind in CODE_KINDS and not self.instance._state.adding
        self.fields["redirect_uris"].required = signs_in
        self.fields["redirect_uris"].error_messages["required"] = NEEDS_ONE
        for name in URI_FIELDS:
            self.initial[name] = "\n".join(getattr(self.instance, name).split())

    def clean_scopes(self) -> str:
        return " ".join(self.cleaned_data["scopes"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # The model's own checks come after this: they need the type and grant that follow from the kind.
        self.instance.kind = self.cleaned_data.get("kind", self.instance.kind)
        conform_to_kind(self.instance)
        if self.instance.kind in PUBLIC_KINDS and "is_pkce_required" in self.cleaned_data:
            self.cleaned_data["is_pkce_required"] = True
        for name in URI_FIELDS:
            self._clean_lines(name)
        if self.instance.kind in CODE_KINDS and self.cleaned_data.get("redirect_uris") == "":
            self.add_error("redirect_uris", NEEDS_ONE)
        return cleaned

    def _clean_lines(self, name: str) -> None:
        """Here and not field by field: what a URI may be hangs on the kind."""
        lines = self.cleaned_data.get(name, "").splitlines()
        problems = [
            _("Line %(number)d: %(uri)s %(problem)s.")
            % {"number": number, "uri": Truncator(uri).chars(LONGEST_QUOTED), "problem": problem}
            for number, line in enumerate(lines, start=1)
            for uri in line.split()
            if (problem := problem_with_redirect_uri(uri, kind=self.instance.kind))
        ]
        if name in self.cleaned_data:
            self.cleaned_data[name] = " ".join(" ".join(lines).split())
        for problem in problems[:PROBLEMS_NAMED]:
            self.add_error(name, problem)


def _scope_choices(given: list[str], offers_all: bool) -> list[tuple[str, str]]:
    known = {name: str(scope.title) for name, scope in STANDARD_SCOPES.items()}
    defined = Scope.objects.all() if offers_all else Scope.objects.filter(name__in=given)
    known |= dict(defined.values_list("name", "title"))
    # A scope that was deleted since stays visible until somebody takes it away.
    of_api = {scope.name for scope in api_scopes}
    known |= {name: _("no longer defined") for name in given if name not in known and name not in of_api}
    return [(name, f"{name}: {title}") for name, title in known.items()]


def _api_scope_choices(given: list[str], acting: Any) -> list[tuple[str, str]]:
    """Of our own API: those that the client has, and those whose rights the administrator holds."""
    offered = [scope for scope in api_scopes if scope.name in given or may_give(acting, [scope.name])]
    return [(scope.name, f"{scope.name}: {scope.title}") for scope in offered]
