"""Clients."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.access.selectors import applications
from apps.audit.services.changes import Writing
from apps.core.api.errors import Conflict
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.scopes import rights_of
from apps.core.api.views import ApiView
from apps.oauth.api.scopes import ADD_CLIENTS, CHANGE_CLIENTS, DELETE_CLIENTS, SEE_CLIENTS
from apps.oauth.api.word_list import WordList
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, rotate_client_secret
from apps.oauth.services.clients_in_name import (
    change_client_as,
    delete_client,
    register_client_as,
    switch_client,
)

MOST_URIS = 50
WORDS = {"redirect_uris", "post_logout_redirect_uris", "scopes"}


class ClientShown(Output):
    id = serializers.UUIDField()
    client_id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Client.Kind.choices)
    application = serializers.UUIDField(source="application_id")
    redirect_uris = WordList()
    post_logout_redirect_uris = WordList()
    scopes = WordList()
    algorithm = serializers.ChoiceField(Client.SigningAlgorithm.choices)
    is_pkce_required = serializers.BooleanField()
    is_par_required = serializers.BooleanField()
    is_resource_server = serializers.BooleanField()
    skip_authorization = serializers.BooleanField()
    website_url = serializers.CharField()
    policy_url = serializers.CharField()
    tos_url = serializers.CharField()
    is_enabled = serializers.BooleanField()
    secret_changed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField(source="created")
    updated_at = serializers.DateTimeField(source="updated")


class ClientWithSecret(Output):
    client = ClientShown()
    secret = serializers.CharField(
        help_text="In clear here and never again. Empty for clients that have none."
    )


class ClientsQuery(PageQuery):
    client_id = serializers.CharField(max_length=255, required=False)
    application = serializers.UUIDField(required=False)


class NewClientBody(Input):
    name = serializers.CharField(max_length=255)
    kind = serializers.ChoiceField(Client.Kind.choices)
    application = serializers.UUIDField(help_text="Who may sign in through it is decided there.")
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=2000), max_length=MOST_URIS, required=False
    )
    post_logout_redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=2000), max_length=MOST_URIS, required=False
    )
    scopes = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    algorithm = serializers.ChoiceField(Client.SigningAlgorithm.choices, required=False)
    is_pkce_required = serializers.BooleanField(required=False, help_text="Public clients always must.")
    is_par_required = serializers.BooleanField(
        required=False, help_text="Its authorization requests must be pushed first (RFC 9126)."
    )
    is_resource_server = serializers.BooleanField(required=False)
    skip_authorization = serializers.BooleanField(required=False)
    website_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    policy_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    tos_url = serializers.URLField(max_length=200, allow_blank=True, required=False)


class ClientChange(Input):
    name = serializers.CharField(max_length=255, required=False)
    application = serializers.UUIDField(
        required=False, help_text="Another one lets other people in: one that whoever acts answers for."
    )
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=2000), max_length=MOST_URIS, required=False
    )
    post_logout_redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=2000), max_length=MOST_URIS, required=False
    )
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=100, required=False
    )
    algorithm = serializers.ChoiceField(Client.SigningAlgorithm.choices, required=False)
    is_pkce_required = serializers.BooleanField(required=False, help_text="Public clients always must.")
    is_par_required = serializers.BooleanField(
        required=False, help_text="Its authorization requests must be pushed first (RFC 9126)."
    )
    is_resource_server = serializers.BooleanField(required=False)
    skip_authorization = serializers.BooleanField(required=False)
    website_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    policy_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    tos_url = serializers.URLField(max_length=200, allow_blank=True, required=False)


class ClientsApi(ApiView):
    tag = "Clients"
    shown: ClassVar[type[Output]] = ClientShown

    def expect_theirs(self, client: Client) -> None:
        """Whoever changes it could have what it may do: no more than whoever acts, and no more than their token."""
        self.expect_guards_pass("client", client)
        self.expect_token_carries_what_it_gives("client", client)


class ClientsView(ClientsApi):
    @operation(
        "list_clients", "List clients", SEE_CLIENTS, query=ClientsQuery, answer=ClientShown, is_list=True
    )
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("client_id", "application") if name in self.query}
        return self.show_page(page_of(Client.objects.filter(**wanted), self.query))

    @operation(
        "create_client",
        "Register a client",
        ADD_CLIENTS,
        body=NewClientBody,
        answer=ClientWithSecret,
        status=HTTPStatus.CREATED,
        has_etag=True,
        shows_secret=True,
    )
    def post(self, request: Any) -> HttpResponse:
        """The secret is in this answer and nowhere else, ever again."""
        values = self.body()
        application = there(applications(), values.pop("application"), "#/application")
        values["scopes"] = " ".join(values["scopes"])
        registered = register_client_as(
            details=NewClient(**values),
            application=application,
            by=self.caller.by,
            carried=rights_of(self.caller.scopes),
            writing=Writing.of(self),
        )
        client = Client.objects.get(pk=registered.client.pk)
        return self.show(
            {"client": client, "secret": registered.secret},
            as_one=ClientWithSecret,
            status=HTTPStatus.CREATED,
            location=reverse("api:client", args=(client.pk,)),
        )


class ClientView(ClientsApi):
    @operation("get_client", "One client", SEE_CLIENTS, answer=ClientShown, has_etag=True)
    def get(self, request: Any, client_key: UUID) -> HttpResponse:
        return self.show(self.one_of(Client.objects.all(), client_key))

    @operation(
        "change_client",
        "Change a client",
        CHANGE_CLIENTS,
        body=ClientChange,
        is_partial=True,
        answer=ClientShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, client_key: UUID) -> HttpResponse:
        """Its kind stays. It gets nothing that whoever acts, or their token, could not do themselves."""
        changes = self.body()
        if "application" in changes:
            changes["application"] = there(applications(), changes["application"], "#/application")
        for name in WORDS & changes.keys():
            changes[name] = " ".join(changes[name])
        with transaction.atomic():
            client = self._to_be_changed(client_key)
            change_client_as(
                client=client,
                changes=changes,
                by=self.caller.by,
                carried=rights_of(self.caller.scopes),
                writing=Writing.of(self),
            )
            return self.show(self.one_of(Client.objects.all(), client_key))

    @operation(
        "delete_client",
        "Delete a client",
        DELETE_CLIENTS,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, client_key: UUID) -> HttpResponse:
        """One that nobody has used: what people allowed others is evidence, so these are disabled instead."""
        with transaction.atomic():
            delete_client(client=self._to_be_changed(client_key), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, client_key: UUID) -> Client:
        client: Client = self.locked(Client.objects.select_related("application"), client_key)
        self.expect_theirs(client)
        self.expect_unchanged(client)
        return client


class NewSecretView(ClientsApi):
    shown = ClientWithSecret

    @operation(
        "rotate_client_secret",
        "Make a new secret for a client",
        CHANGE_CLIENTS,
        answer=ClientWithSecret,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, client_key: UUID) -> HttpResponse:
        """The old one stops working at once. The new one is in this answer and nowhere else, ever again."""
        with transaction.atomic():
            client = self.locked(Client.objects.all(), client_key)
            self.expect_theirs(client)
            if client.is_public:
                raise Conflict("a public client")
            secret = rotate_client_secret(
                client=client, actor=self.caller.actor, origin=self.origin, now=self.now
            )
        return self.show({"client": self.one_of(Client.objects.all(), client_key), "secret": secret})


class SwitchView(ClientsApi):
    on: bool

    def switch(self, client_key: UUID) -> HttpResponse:
        client = self.one_of(Client.objects.all(), client_key)
        self.expect_theirs(client)
        if not switch_client(client=client, on=self.on, writing=Writing.of(self)):
            raise Conflict("it is so already")
        return self.show(self.one_of(Client.objects.all(), client_key))


class EnableView(SwitchView):
    on = True

    @operation(
        "enable_client",
        "Enable a client",
        CHANGE_CLIENTS,
        answer=ClientShown,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, client_key: UUID) -> HttpResponse:
        return self.switch(client_key)


class DisableView(SwitchView):
    on = False

    @operation(
        "disable_client",
        "Disable a client",
        CHANGE_CLIENTS,
        answer=ClientShown,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, client_key: UUID) -> HttpResponse:
        """Its tokens are refused at their next use, and nobody can sign in through it."""
        return self.switch(client_key)
