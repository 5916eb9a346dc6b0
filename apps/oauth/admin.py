"""Clients, scopes and authorizations in the administration, in place of django-oauth-toolkit's own pages."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from unfold.decorators import display

from apps.audit.admin_audit import (
    BAD,
    DELETE,
    GOOD,
    NOTHING,
    AuditedModelAdmin,
    Consequence,
    NewestPaginator,
    ObjectAction,
    ReadOnlyAdmin,
    add_to_pages,
    administrator,
    badge,
    button,
    know_details,
    moment,
)
from apps.audit.ports import Subject
from apps.core.api.scopes import PREFIX
from apps.core.guards import passes_guards
from apps.core.origin import origin_of
from apps.oauth.admin_actions import (
    CLIENT_ACTIONS,
    REVOKE,
    clients_in_the_way,
    revocation_with_person,
    stopping_with_suspension,
)
from apps.oauth.admin_forms import ClientForm
from apps.oauth.admin_secret import keep_for_display, take_for_display
from apps.oauth.events import OAuthAction
from apps.oauth.models import (
    AccessToken,
    Authorization,
    AuthorizationCode,
    Client,
    IDToken,
    RefreshToken,
    Scope,
)
from apps.oauth.selectors import was_used
from apps.oauth.services.authorizations import ConsentBasis
from apps.oauth.services.clients import CODE_KINDS, rotate_client_secret
from apps.oauth.services.clients_in_name import ALL_APPLICATIONS, FOR_ALL_APPLICATIONS
from apps.oauth.subjects import client_subject
from apps.oauth.token_values import ClientSecretGenerator, digest

# django-unfold asks for a plain string where Django takes a translation.
CLIENT: Any = gettext_lazy("Client")
NEW_SECRET = gettext_lazy("Make a new secret")
ONLY_OWN = gettext_lazy("Without the right to change applications you can only choose one that you own.")


def answers_for_all(request: HttpRequest) -> bool:
    """Whether somebody may give clients what reaches beyond an application of their own."""
    return bool(request.user.has_perm(ALL_APPLICATIONS))


for model in (AccessToken, AuthorizationCode, Client, IDToken, RefreshToken):
    admin.site.unregister(model)


@admin.register(Client)
class ClientAdmin(AuditedModelAdmin):
    audit_created = OAuthAction.CLIENT_CREATED
    audit_changed = OAuthAction.CLIENT_CHANGED
    audit_deleted = OAuthAction.CLIENT_DELETED
    is_found_in_log = True
    audit_secrets = ("client_secret",)
    object_actions = CLIENT_ACTIONS
    form = ClientForm
    list_display = ("client", "kind_label", "application", "secret", "consent", "enabled")
    list_filter = ("kind", "is_enabled", "is_resource_server")
    list_select_related = ("application",)
    search_fields = ("name", "client_id", "application__name")
    search_help_text = gettext_lazy("Name, client ID or application")
    ordering = ("name",)
    autocomplete_fields = ("application",)
    main_fields = (
        "name",
        "kind",
        "application",
        "redirect_uris",
        "post_logout_redirect_uris",
        "scopes",
    )
    more_fields = (
        "algorithm",
        "is_pkce_required",
        "is_par_required",
        "is_resource_server",
        "skip_authorization",
        ("website_url", "policy_url"),
        "tos_url",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        head = ("client_id", *self.main_fields) if obj else self.main_fields
        more = (*self.more_fields, "secret_changed_at", "enabled") if obj else self.more_fields
        return ((None, {"fields": head}), (_("More"), {"classes": ("collapse",), "fields": more}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = () if obj is None else ("client_id", "kind", "secret_changed_at", "enabled")
        if answers_for_all(request):
            return fixed
        # Another application lets other people in.
        is_own = obj is None or obj.application.owner_id == request.user.pk
        return (*fixed, *FOR_ALL_APPLICATIONS) if is_own else (*fixed, "application", *FOR_ALL_APPLICATIONS)

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """None for those who choose among the applications that they own: what it looks up is all of them."""
        return self.autocomplete_fields if answers_for_all(request) else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        is_limited = db_field.name == "application" and not answers_for_all(request)
        if is_limited:
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(owner=request.user.pk)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if is_limited and field is not None:
            field.error_messages["invalid_choice"] = ONLY_OWN
            field.help_text = ONLY_OWN
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.offers_all_scopes = answers_for_all(request)
        form.acting = request.user
        return form

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What people have used is disabled instead: its authorizations are evidence."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or not was_used(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleted one by one."""
        found = super().get_actions(request)
        found.pop(DELETE, None)
        return found

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        return [_("Nobody has signed in through it. Whatever uses its client ID is refused at once.")]

    # Secrets: made here, shown once on a page of their own ------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and not obj.is_public:
            secret = ClientSecretGenerator().hash()
            obj.client_secret, obj.secret_changed_at = digest(secret), timezone.now()
            obj.secret_in_clear = secret
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret = getattr(obj, "secret_in_clear", "")
        if secret:
            return _to_secret_page(request, obj, secret)
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return response

    def get_urls(self) -> list[Any]:
        own = [
            path(
                "<uuid:object_id>/secret/",
                self.admin_site.admin_view(self.secret_view),
                name="oauth_client_secret",
            ),
            path(
                "<uuid:object_id>/new-secret/",
                self.admin_site.admin_view(self.new_secret_view),
                name="oauth_client_new_secret",
            ),
        ]
        return [*own, *super().get_urls()]

    def page_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        address = self._renewal(request, obj)
        calls_api = any(scope.startswith(PREFIX) for scope in obj.allowed_scopes)
        return [
            *([button(NEW_SECRET, "key", address)] if address else []),
            *([button(_("API reference"), "api", reverse("core:api_reference"))] if calls_api else []),
        ]

    def _renewal(self, request: HttpRequest, client: Client) -> str:
        """Where a new secret is made; empty when this administrator cannot, or the client has none."""
        if client.is_public or not self.has_change_permission(request, client):
            return ""
        return reverse("admin:oauth_client_new_secret", args=(client.pk,))

    def _with_secret(self, request: HttpRequest, object_id: Any) -> Client:
        client: Client | None = self.get_object(request, str(object_id))
        if client is None or client.is_public:
            raise Http404
        return client

    def secret_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Shows what was just made, once: reloading this page neither shows nor makes anything."""
        client = self._with_secret(request, object_id)
        if not (self.has_change_permission(request, client) or self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Secret of %(client)s") % {"client": client},
            "opts": self.model._meta,
            "original": client,
            "secret": take_for_display(request, client, now=timezone.now()),
            "back": reverse("admin:oauth_client_change", args=(client.pk,)),
            "renewal": self._renewal(request, client),
        }
        answer = TemplateResponse(request, "admin/oauth/client_secret.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def new_secret_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        client = self._with_secret(request, object_id)
        if not self.has_change_permission(request, client):
            raise PermissionDenied
        if request.method == "POST":
            secret = rotate_client_secret(
                client=client, actor=administrator(request), origin=origin_of(request), now=timezone.now()
            )
            return _to_secret_page(request, client, secret)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Make a new secret for %(client)s") % {"client": client},
            "opts": self.model._meta,
            "original": client,
            "action": {"title": NEW_SECRET, "is_dangerous": True},
            "effects": [
                _(
                    "The old secret stops working at once. Until the application has the new one, nobody can sign in "
                    "through it and its token requests are refused."
                )
            ],
            "objects": [client],
            "back": reverse("admin:oauth_client_change", args=(client.pk,)),
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)

    # How it looks ---------------------------------------------------------------------------------------------------

    def audit_target(self, obj: Client) -> Subject:
        return client_subject(obj)

    def audit_client_id(self, obj: Client) -> str:
        return str(obj.pk)

    @display(description=CLIENT, header=True, ordering="name")
    def client(self, obj: Client) -> list[str]:
        return [obj.name, obj.client_id]

    @admin.display(description=gettext_lazy("Secret made"), ordering="secret_changed_at")
    def secret(self, obj: Client) -> str:
        return pgettext("secret", "None") if obj.is_public else moment(obj.secret_changed_at)

    @admin.display(description=gettext_lazy("Consent"), ordering="skip_authorization")
    def consent(self, obj: Client) -> str:
        if obj.kind not in CODE_KINDS:
            return NOTHING
        return _("Not asked for") if obj.skip_authorization else pgettext("consent", "Asked for")

    @admin.display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_label(self, obj: Client) -> str:
        return obj.get_kind_display()

    @admin.display(description=gettext_lazy("State"), ordering="is_enabled")
    def enabled(self, obj: Client) -> str:
        return badge(_("Enabled"), GOOD) if obj.is_enabled else badge(_("Disabled"), BAD)


def _to_secret_page(request: HttpRequest, client: Client, secret: str) -> HttpResponse:
    keep_for_display(request, client, secret, now=timezone.now())
    return redirect("admin:oauth_client_secret", client.pk)


@admin.register(Scope)
class ScopeAdmin(AuditedModelAdmin):
    audit_created = OAuthAction.SCOPE_CREATED
    audit_changed = OAuthAction.SCOPE_CHANGED
    audit_deleted = OAuthAction.SCOPE_DELETED
    list_display = ("name", "title", "description")

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        names = set(objects.values_list("name", flat=True))
        count = sum(1 for client in Client.objects.only("scopes") if client.allowed_scopes & names)
        if not count:
            return [_("No client may ask for it.")]
        return [
            ngettext(
                "%(count)d client may still ask for it: people then read its bare name when they consent.",
                "%(count)d clients may still ask for it: people then read its bare name when they consent.",
                count,
            )
            % {"count": count}
        ]

    search_fields = ("name", "title")
    fields = ("name", "title", "description")


class StandingFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("In force")), ("revoked", gettext_lazy("Revoked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        states = {"open": Q(revoked_at__isnull=True), "revoked": Q(revoked_at__isnull=False)}
        wanted = states.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnlyAdmin):
    object_actions = (REVOKE,)
    list_display = ("user", "client", "scope", "granted", "state")
    list_filter = (StandingFilter,)
    named_with = ("user", "client")
    search_fields = ("user__username", "user__display_name", "client__name")
    search_help_text = gettext_lazy("Person or client")
    ordering = ("-created_at",)
    paginator = NewestPaginator
    list_disable_select_all = True
    fields = (
        ("user", "client"),
        "scope",
        ("created_at", "auth_time"),
        ("state", "revoked_at"),
        "session",
        "id",
    )
    readonly_fields = ("state", "id")

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return passes_guards(request.user, "user", obj.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("session__user")

    @admin.display(description=gettext_lazy("State"))
    def state(self, obj: Authorization) -> str:
        if obj.revoked_at is None:
            return badge(_("In force"))
        return badge(obj.get_revoke_reason_display() or _("Revoked"), BAD)

    @admin.display(description=gettext_lazy("Granted"), ordering="created_at")
    def granted(self, obj: Authorization) -> str:
        return moment(obj.created_at)


know_details(
    titles={
        "authorization": gettext_lazy("Authorization"),
        "consent": gettext_lazy("Consent"),
        "consent_withdrawn": gettext_lazy("Consent taken back"),
        "endpoint": gettext_lazy("Endpoint"),
        "error": gettext_lazy("Error"),
        "expires_in": gettext_lazy("Valid for, in seconds"),
        "grant_type": gettext_lazy("Grant type"),
        "has_refresh_token": gettext_lazy("With a refresh token"),
        "scope": gettext_lazy("Scope"),
    },
    values={
        "reason": dict(Authorization.RevokeReason.choices),
        "consent": {
            ConsentBasis.GIVEN.value: gettext_lazy("given now"),
            ConsentBasis.REMEMBERED.value: gettext_lazy("remembered"),
            ConsentBasis.NOT_ASKED.value: gettext_lazy("not asked for"),
        },
    },
)
add_to_pages(
    "user",
    consequences={
        "suspend": Consequence(effect=stopping_with_suspension),
        "deprovision": Consequence(effect=revocation_with_person),
    },
)
add_to_pages("application", consequences={DELETE: Consequence(obstacle=clients_in_the_way)})
